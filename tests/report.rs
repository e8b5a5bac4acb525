//! The face of the product: what people read, word for word and column for column.

#[path = "report/endings.rs"]
mod endings;
#[path = "report/findings.rs"]
mod findings;
#[path = "report/ledger.rs"]
mod ledger;
#[path = "report/sample.rs"]
mod sample;
#[path = "report/schema.rs"]
mod schema;

use idac::digest::Digest;
use idac::plan::Plan;
use idac::report::{self, Format, Names, Show};
use serde_json::json;

use sample::{create, plain, plan, sample};

const SAMPLE: &str = r#"Plan for sandbox (tenant 6f1d2a54-3c0b-4a57-9d0e-2b7c55f0a1c4)

Look at these first
  ! cannot be undone  delete the federated identity credential ci of application/legacy  (its tokens cannot be asked for again)
  ! deletes           delete application/legacy
  ! takes access      set appRoles (~ Reports.Read) of application/reports
  ! grants access     give app role Payments.Process of application/payments-api to group/operators
  ! grants access     add 33333333-0000-4000-8000-000000000001 to the owners of application/payments-api

- application/legacy  · no longer declared  ! deletes it; the recycle bin keeps it for 30 days, with the same ids
    displayName  Legacy
  - federated identity credential ci  ! cannot be undone: its tokens cannot be asked for again
      issuer   https://ci.contoso.com
      subject  build

+ application/payments-api  · new
    displayName     "Payments API"
    signInAudience  AzureADMyOrg
    appRoles
      + Payments.Process
          allowedMemberTypes  User, Application
          displayName         "Process payments"
    requiredResourceAccess
      + Microsoft Graph
          + User.Read      Scope
          + User.Read.All  Role
    owners
      + 33333333-0000-4000-8000-000000000001  ! grants access
  ~ then  · set later: Graph wants the object stored first
      identifierUris
        + api://${application/payments-api.appId}
  + service principal
  + app role Payments.Process of application/payments-api to group/operators  ! grants access

~ application/reports  · switched off first: Graph refuses to change or remove what is enabled (Reports.Read)  ! takes access
    appRoles  (1 unchanged)
      ~ Reports.Read
          isEnabled  true → false
  ~ then  · declared
      appRoles  (1 unchanged)
        - Reports.Read

~ group/operators  · drifted: description, displayName changed in the tenant since the last apply
    displayName  Ops → Operators
    description
      - "Set by hand"
      + "Operators look into payments that failed, and try them again."

Left alone: 1 member of group/operators, 412 service principals.
Plan: 1 object to create, 2 to change, 1 to delete; 10 steps; 2 grant access; 1 takes access; 1 irreversible
"#;

#[test]
fn a_plan_reads_like_a_difference() {
    let plan = sample();
    let shown = plain(&report::plan(
        &plan,
        &Names::of(&plan),
        Show::Changes,
        Format::Text,
    ));
    assert_eq!(shown, SAMPLE, "\n{shown}");
}

const MARKDOWN: &str = r#"### Plan for `sandbox`

Plan: 1 object to create, 2 to change, 1 to delete; 10 steps; 2 grant access; 1 takes access; 1 irreversible

> [!CAUTION]
> **cannot be undone**
> - delete the federated identity credential ci of application/legacy (its tokens cannot be asked for again)

> [!CAUTION]
> **deletes**
> - delete application/legacy

> [!WARNING]
> **takes access**
> - set appRoles (\~ Reports.Read) of application/reports

> [!WARNING]
> **grants access**
> - give app role Payments.Process of application/payments-api to group/operators
> - add 33333333-0000-4000-8000-000000000001 to the owners of application/payments-api

<details><summary>delete <code>application/legacy</code>: cannot be undone</summary>

```diff
- application/legacy  · no longer declared  ! deletes it; the recycle bin keeps it for 30 days, with the same ids
    displayName  Legacy
-   federated identity credential ci  ! cannot be undone: its tokens cannot be asked for again
      issuer   https://ci.contoso.com
      subject  build
```

</details>
<details><summary>change <code>application/reports</code>: takes access</summary>

```diff
! application/reports  · switched off first: Graph refuses to change or remove what is enabled (Reports.Read)  ! takes access
    appRoles  (1 unchanged)
!       Reports.Read
          isEnabled  true → false
!   then  · declared
      appRoles  (1 unchanged)
-         Reports.Read
```

</details>
<details><summary>create <code>application/payments-api</code>: grants access</summary>

```diff
+ application/payments-api  · new
    displayName     "Payments API"
    signInAudience  AzureADMyOrg
    appRoles
+       Payments.Process
          allowedMemberTypes  User, Application
          displayName         "Process payments"
    requiredResourceAccess
+       Microsoft Graph
+           User.Read      Scope
+           User.Read.All  Role
    owners
+       33333333-0000-4000-8000-000000000001  ! grants access
!   then  · set later: Graph wants the object stored first
      identifierUris
+         api://${application/payments-api.appId}
+   service principal
+   app role Payments.Process of application/payments-api to group/operators  ! grants access
```

</details>
<details><summary>change <code>group/operators</code></summary>

```diff
! group/operators  · drifted: description, displayName changed in the tenant since the last apply
    displayName  Ops → Operators
    description
-       "Set by hand"
+       "Operators look into payments that failed, and try them again."
```

</details>

Left alone: 1 member of group/operators, 412 service principals.

<sub>tenant 6f1d2a54-3c0b-4a57-9d0e-2b7c55f0a1c4, plan DIGEST</sub>
"#;

#[test]
fn a_plan_in_a_comment_is_folded_and_has_the_most_dangerous_first() {
    let plan = sample();
    let shown = report::plan(&plan, &Names::of(&plan), Show::Changes, Format::Markdown);
    let shown = shown.replace(plan.digest().short(), "DIGEST");
    assert_eq!(shown, MARKDOWN, "\n{shown}");
}

#[test]
fn an_empty_plan_says_so() {
    let plan = plan(Vec::new());
    let names = Names::of(&plan);
    assert_eq!(
        plain(&report::plan(&plan, &names, Show::Changes, Format::Text)),
        "No changes. sandbox is as declared.\n\
         Left alone: 1 member of group/operators, 412 service principals.\n"
    );
}

#[test]
fn a_plan_in_json_is_the_plan() {
    let plan = sample();
    let text = report::plan(&plan, &Names::of(&plan), Show::Changes, Format::Json);
    let read: Plan = serde_json::from_str(&text).expect("a plan");
    assert_eq!(read, plan);
    assert_eq!(Digest::of_bytes(text.trim_end().as_bytes()), plan.digest());
}

#[test]
fn no_value_can_move_the_cursor_or_end_a_code_block() {
    let evil = "x\u{1b}[2J\n```\n<script>\u{202e}";
    let plan = plan(vec![create(
        "group/x",
        "group",
        json!({ "displayName": evil, "tags": [evil], "description": evil }),
    )]);
    let names = Names::of(&plan);
    for format in [Format::Text, Format::Markdown] {
        let shown = report::plan(&plan, &names, Show::Changes, format);
        assert!(
            !shown.contains("\u{1b}[2J") && !shown.contains('\u{202e}'),
            "{shown}"
        );
    }
    let markdown = report::plan(&plan, &names, Show::Changes, Format::Markdown);
    assert!(markdown.contains("````diff"), "{markdown}");
}

#[test]
fn a_comment_never_outgrows_what_github_takes() {
    let steps = (0..3_000)
        .map(|at| {
            let name = format!("group/group-{at:04}");
            create(&name, "group", json!({ "displayName": name.clone() }))
        })
        .collect();
    let plan = plan(steps);
    let shown = report::plan(&plan, &Names::of(&plan), Show::Changes, Format::Markdown);
    assert!(shown.chars().count() < 65_536, "{}", shown.len());
    assert!(
        shown.contains("that this comment has no room for"),
        "{}",
        shown.len()
    );
}
