//! The face of the product: what people read, word for word and column for column.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use idac::address::{Address, Name, ObjectId, TenantId};
use idac::declare::Source;
use idac::digest::Digest;
use idac::execute::{Execution, Outcome, Stranded, Trouble};
use idac::finding::{Finding, Origin};
use idac::object::{ObservedObject, Properties};
use idac::plan::{Action, Basis, Inverse, LeftAlone, Plan, Reason, Risk, Step, StepId, Target};
use idac::report::{self, Format, Names, Show};
use serde_json::json;

fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

fn source(shown: &str, text: &str) -> Source {
    Source {
        path: Arc::from("x.yaml"),
        shown: Arc::from(shown),
        bytes: text.as_bytes().to_vec(),
    }
}

fn origin(file: &str, line: u32, column: u32, length: u32) -> Origin {
    Origin {
        file: Arc::from(file),
        line,
        column,
        length,
    }
}

#[track_caller]
fn shows_finding(text: &str, finding: Finding, expected: &str) {
    let sources = [source(&finding.origin.file.clone(), text)];
    let shown = plain(&report::findings(&[finding], &sources, Format::Text));
    assert_eq!(shown, expected, "\n{shown}");
}

#[test]
fn a_finding_shows_its_place_and_what_to_do() {
    let text = format!(
        "{}    - {{ principal: group/payments-operators, appRole: Payments.Proces }}\n",
        "\n".repeat(37)
    );
    let finding = Finding::error(
        "IDAC104",
        &origin("identities/payments/payments-api.yaml", 38, 55, 15),
        "no app role `Payments.Proces` on application/payments-api".to_owned(),
        "declare the app role, or correct the name",
    )
    .with_label("did you mean `Payments.Process`?".to_owned());
    shows_finding(
        &text,
        finding,
        "\
error[IDAC104]: no app role `Payments.Proces` on application/payments-api
   ╭─[identities/payments/payments-api.yaml:38:55]
38 │     - { principal: group/payments-operators, appRole: Payments.Proces }
   ·                                                       ───────┬───────
   ·                                                              ╰── did you mean `Payments.Process`?
   ╰─
  help: declare the app role, or correct the name

1 error
",
    );
}

#[test]
fn tabs_and_wide_characters_stand_over_their_underline() {
    let finding = Finding::warning(
        "IDAC105",
        &origin("a.yaml", 1, 5, 2),
        "the name is wide".to_owned(),
        "",
    );
    shows_finding(
        "\t支払: 社員\n",
        finding,
        "\
warning[IDAC105]: the name is wide
   ╭─[a.yaml:1:5]
 1 │     支払: 社員
   ·          ───
   ╰─

1 warning
",
    );
}

#[test]
fn a_place_that_the_file_does_not_have_breaks_nothing() {
    for (line, column, length) in [
        (0, 0, 0),
        (1, 99, 99),
        (99, 1, 1),
        (1, 1, u32::MAX),
        (1, u32::MAX, u32::MAX),
        (u32::MAX, u32::MAX, 1),
    ] {
        let finding = Finding::note(
            "IDAC101",
            &origin("a.yaml", line, column, length),
            "odd".to_owned(),
            "nothing",
        )
        .with_label("here".to_owned());
        let sources = [source("a.yaml", "kind: group\n")];
        let shown = plain(&report::findings(&[finding], &sources, Format::Text));
        assert!(
            shown.contains("╰── here") || shown.contains("· here"),
            "{shown}"
        );
        assert!(shown.ends_with("\n1 note\n"), "{shown}");
    }
}

#[test]
fn of_a_long_line_the_part_around_the_place_is_shown() {
    let text = format!("{}HERE{}\n", "a".repeat(9_000), "b".repeat(9_000));
    let finding = Finding::error(
        "IDAC101",
        &origin("a.yaml", 1, 9_001, 4),
        "x".to_owned(),
        "y",
    );
    let sources = [source("a.yaml", &text)];
    let shown = plain(&report::findings(&[finding], &sources, Format::Text));
    let lines: Vec<&str> = shown.lines().collect();
    assert!(
        lines[2].starts_with(" 1 │ …aaa") && lines[2].ends_with("bbb…"),
        "{shown}"
    );
    assert!(lines[2].chars().count() < 130, "{shown}");
    let at = lines[2]
        .find("HERE")
        .map(|at| lines[2][..at].chars().count());
    let underline = lines[3].find('─').map(|at| lines[3][..at].chars().count());
    assert_eq!(at, underline, "{shown}");
}

#[test]
fn a_source_cannot_move_the_cursor() {
    let finding = Finding::error(
        "IDAC112",
        &origin("a.yaml", 1, 1, 1),
        "a \u{1b}[2J message".to_owned(),
        "\u{202e}help",
    );
    let sources = [source("a.yaml", "na\u{1b}[2Jme: \u{202e}x\n")];
    let shown = report::findings(&[finding], &sources, Format::Text);
    assert!(
        !shown.contains("\u{1b}[2J") && !shown.contains('\u{202e}'),
        "{shown}"
    );
    assert!(plain(&shown).contains("na\u{fffd}[2Jme"), "{shown}");
}

#[test]
fn findings_are_counted_by_severity() {
    let at = origin("a.yaml", 1, 1, 1);
    let error = Finding::error("IDAC101", &at, "x".to_owned(), "");
    let warning = Finding::warning("IDAC105", &at, "x".to_owned(), "");
    let three = [error.clone(), error.clone(), error.clone(), warning.clone()];
    assert_eq!(report::count(&three), "3 errors, 1 warning");
    assert_eq!(report::count(&[error]), "1 error");
    assert_eq!(report::count(&[]), "no findings");
    assert_eq!(report::findings(&[], &[], Format::Json), "[]\n");
    let json: serde_json::Value =
        serde_json::from_str(&report::findings(&[warning], &[], Format::Json)).expect("JSON");
    assert_eq!(json[0]["code"], "IDAC105");
    assert_eq!(json[0]["origin"]["file"], "a.yaml");
}

// ── Plans ────────────────────────────────────────────────────────────────────────────────────────────────

fn address(text: &str) -> Address {
    Address::parse(text).expect("an address")
}

fn existing(id: &str) -> Target {
    Target::Existing(ObjectId::new(id))
}

fn planned(text: &str) -> Target {
    Target::Planned(address(text))
}

fn properties(json: serde_json::Value) -> Properties {
    serde_json::from_value(json).expect("properties")
}

/// A plan of the steps, numbered in their order.
fn plan(steps: Vec<Step>) -> Plan {
    Plan {
        basis: Basis {
            tenant: TenantId::new("6f1d2a54-3c0b-4a57-9d0e-2b7c55f0a1c4"),
            environment: Name::new("sandbox"),
            declaration: Digest::of(&1),
            snapshot: Digest::of(&2),
            observed: BTreeMap::new(),
            version: "0.1.0".to_owned(),
        },
        steps: steps
            .into_iter()
            .enumerate()
            .map(|(at, step)| Step {
                id: StepId(u32::try_from(at).expect("a few steps") + 1),
                ..step
            })
            .collect(),
        left_alone: vec![
            LeftAlone {
                subject: Some(address("group/operators")),
                what: "members".to_owned(),
                count: 1,
            },
            LeftAlone {
                subject: None,
                what: "servicePrincipals".to_owned(),
                count: 412,
            },
        ],
        objects: BTreeMap::new(),
    }
}

fn step(subject: &str, entity: &str, action: Action) -> Step {
    Step {
        id: StepId(0),
        subject: address(subject),
        entity: entity.to_owned(),
        parent: None,
        inverse: match &action {
            Action::Create { .. } => Inverse::DeleteCreated,
            Action::Delete { .. } => Inverse::RestoreDeleted,
            Action::Update { .. } | Action::Link { .. } | Action::Unlink { .. } => {
                Inverse::Undo(Box::new(action.clone()))
            }
        },
        action,
        after: BTreeSet::new(),
        lane: None,
        reason: Reason::Declared,
        risk: Risk::None,
    }
}

fn create(subject: &str, entity: &str, json: serde_json::Value) -> Step {
    let action = Action::Create {
        properties: properties(json),
        revive: None,
    };
    step(subject, entity, action)
}

fn update(subject: &str, entity: &str, was: serde_json::Value, will: serde_json::Value) -> Step {
    let action = Action::Update {
        target: existing("11111111-0000-4000-8000-000000000001"),
        was: properties(was),
        will: properties(will),
    };
    step(subject, entity, action)
}

fn delete(subject: &str, entity: &str, json: serde_json::Value) -> Step {
    let id = ObjectId::new("11111111-0000-4000-8000-000000000002");
    let action = Action::Delete {
        target: Target::Existing(id.clone()),
        was: ObservedObject {
            entity: entity.to_owned(),
            id,
            parent: None,
            properties: properties(json),
            links: BTreeMap::new(),
        },
    };
    let mut step = step(subject, entity, action);
    step.reason = Reason::Undeclared;
    step.risk = Risk::Deletes;
    step
}

/// A new application with what belongs to it, a changed group, and an application that goes.
fn sample() -> Plan {
    let mut steps = new_application();
    steps.extend(removed_app_role());
    let mut drifted = update(
        "group/operators",
        "group",
        json!({ "description": "Set by hand", "displayName": "Ops" }),
        json!({ "description": "Operators look into payments that failed, and try them again.", "displayName": "Operators" }),
    );
    drifted.reason = Reason::Drifted {
        properties: vec!["description".to_owned(), "displayName".to_owned()],
    };
    let mut gone = delete(
        "application/legacy/federatedIdentityCredentials/ci",
        "federatedIdentityCredential",
        json!({ "name": "ci", "issuer": "https://ci.contoso.com", "subject": "build" }),
    );
    gone.inverse = Inverse::Irreversible("its tokens cannot be asked for again".to_owned());
    let legacy = delete(
        "application/legacy",
        "application",
        json!({ "displayName": "Legacy" }),
    );
    steps.extend([drifted, gone, legacy]);
    plan(steps)
}

fn new_application() -> Vec<Step> {
    let api = "application/payments-api";
    let application = create(
        api,
        "application",
        json!({
            "displayName": "Payments API",
            "signInAudience": "AzureADMyOrg",
            "appRoles": [{ "id": "22222222-0000-4000-8000-000000000003", "value": "Payments.Process",
                "displayName": "Process payments", "allowedMemberTypes": ["User", "Application"], "isEnabled": true }],
            "requiredResourceAccess": [{ "resourceAppId": "00000003-0000-0000-c000-000000000000", "resourceAccess": [
                { "id": "e1fe6dd8-ba31-4d61-89e7-88639da4683d", "type": "Scope" },
                { "id": "df021288-bdef-4463-88db-98f22de89214", "type": "Role" }]}],
        }),
    );
    let mut owner = step(
        api,
        "application",
        Action::Link {
            from: planned(api),
            relation: "owners".to_owned(),
            to: existing("33333333-0000-4000-8000-000000000001"),
        },
    );
    owner.risk = Risk::GrantsAccess;
    let mut uris = update(
        api,
        "application",
        json!({ "identifierUris": [] }),
        json!({ "identifierUris": ["api://${application/payments-api.appId}"] }),
    );
    uris.reason = Reason::Detached {
        waits_for: vec![address(api)],
    };
    let service_principal = create(
        "application/payments-api/servicePrincipal",
        "servicePrincipal",
        json!({ "appId": "${application/payments-api.appId}" }),
    );
    let mut assignment = create(
        "application/payments-api/servicePrincipal/appRoleAssignedTo/Payments.Process:group/operators",
        "appRoleAssignment",
        json!({
            "appRoleId": "22222222-0000-4000-8000-000000000003",
            "principalId": "${group/operators.id}",
            "resourceId": "${application/payments-api/servicePrincipal.id}",
        }),
    );
    assignment.risk = Risk::GrantsAccess;
    vec![application, owner, uris, service_principal, assignment]
}

/// An enabled app role goes: first it is switched off.
fn removed_app_role() -> Vec<Step> {
    let write = json!({ "id": "22222222-0000-4000-8000-000000000002", "value": "Reports.Write",
        "displayName": "Write reports", "allowedMemberTypes": ["User"], "isEnabled": true });
    let read = |enabled: bool| {
        json!({ "id": "22222222-0000-4000-8000-000000000001", "value": "Reports.Read",
            "displayName": "Read reports", "allowedMemberTypes": ["User"], "isEnabled": enabled })
    };
    let mut off = update(
        "application/reports",
        "application",
        json!({ "appRoles": [read(true), write] }),
        json!({ "appRoles": [read(false), write] }),
    );
    off.reason = Reason::DisableFirst {
        items: vec!["Reports.Read".to_owned()],
    };
    off.risk = Risk::TakesAccess;
    let removed = update(
        "application/reports",
        "application",
        json!({ "appRoles": [read(false), write] }),
        json!({ "appRoles": [write] }),
    );
    vec![off, removed]
}

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
> - set appRoles (~ Reports.Read) of application/reports

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

// ── Endings ──────────────────────────────────────────────────────────────────────────────────────────────

fn refusal() -> Trouble {
    serde_json::from_value(json!({
        "status": 403,
        "code": "Authorization_RequestDenied",
        "message": "Insufficient privileges to complete the operation.",
        "requestId": "8f2e",
    }))
    .expect("a trouble")
}

fn ending(outcome: Outcome, stranded: Vec<Stranded>) -> String {
    let plan = sample();
    let execution = Execution {
        outcome,
        created: BTreeMap::new(),
        refused: (outcome != Outcome::Applied).then(|| (StepId(8), refusal())),
        stranded,
        requests: 12,
    };
    plain(&report::execution(
        &execution,
        &plan,
        &Names::of(&plan),
        Format::Text,
    ))
}

#[test]
fn an_apply_says_how_it_ended() {
    assert_eq!(
        ending(Outcome::Applied, Vec::new()),
        "Applied: sandbox is as declared. 10 steps, 12 requests.\n"
    );
    assert_eq!(
        ending(Outcome::RolledBack, Vec::new()),
        "\
Rolled back: sandbox is as it was before. A step was refused, and every step before it was undone.
  refused: step 8, set displayName, description of group/operators
    Graph: 403 Authorization_RequestDenied: Insufficient privileges to complete the operation. (request-id 8f2e)
Correct what was refused, then run `idac plan` again.
"
    );
}

#[test]
fn a_stranded_apply_says_what_stands_and_what_a_person_must_do() {
    let stranded = Stranded {
        step: StepId(2),
        subject: address("application/payments-api"),
        trouble: refusal(),
    };
    assert_eq!(
        ending(Outcome::Stranded, vec![stranded]),
        "\
Stranded: sandbox is neither as it was nor as declared. A step was refused, and one that took effect could not be undone.
  refused: step 8, set displayName, description of group/operators
    Graph: 403 Authorization_RequestDenied: Insufficient privileges to complete the operation. (request-id 8f2e)
  stands: step 2, add 33333333-0000-4000-8000-000000000001 to the owners of application/payments-api
    Graph: 403 Authorization_RequestDenied: Insufficient privileges to complete the operation. (request-id 8f2e)
    to do: remove 33333333-0000-4000-8000-000000000001 from the owners of application/payments-api
Nothing more is applied to this tenant until this is done; then run `idac recover`.
"
    );
}

// ── The schema of a plan ─────────────────────────────────────────────────────────────────────────────────

#[test]
fn the_schema_of_a_plan_is_the_one_in_the_folder() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/plan.schema.json");
    let expected = serde_json::to_string_pretty(&report::plan_schema()).expect("JSON") + "\n";
    let found = fs::read_to_string(path).unwrap_or_default();
    assert!(
        found == expected,
        "schemas/plan.schema.json is not what the code makes; write it with: idac schema --write schemas"
    );
}

#[test]
fn the_schema_of_a_plan_fits_what_is_written() {
    let schema = report::plan_schema();
    let plan = sample();
    let file = json!({ "idac": "plan/1", "digest": plan.digest(), "plan": plan });
    let mut wrong = Vec::new();
    check(&schema, &schema, &file, "", &mut wrong);
    assert!(wrong.is_empty(), "{wrong:#?}");
    let mut broken = file.clone();
    broken["plan"]["steps"][0]["reason"] = json!("because");
    check(&schema, &schema, &broken, "", &mut wrong);
    assert!(!wrong.is_empty());
}

/// As much of JSON Schema as the schema uses.
fn check(
    root: &serde_json::Value,
    schema: &serde_json::Value,
    value: &serde_json::Value,
    at: &str,
    wrong: &mut Vec<String>,
) {
    if let Some(name) = schema["$ref"].as_str() {
        let target = root.pointer(&name[1..]).expect("a definition");
        return check(root, target, value, at, wrong);
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let fitting = choices
            .iter()
            .filter(|choice| {
                let mut wrong = Vec::new();
                check(root, choice, value, at, &mut wrong);
                wrong.is_empty()
            })
            .count();
        if fitting != 1 {
            wrong.push(format!("{at}: {fitting} choices fit {value}"));
        }
    }
    if let Some(choices) = schema["enum"].as_array()
        && !choices.contains(value)
    {
        wrong.push(format!("{at}: {value} is none of {choices:?}"));
    }
    let fits = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64(),
        Some(other) => panic!("bug: the test knows no type {other}"),
        None => true,
    };
    if !fits {
        wrong.push(format!("{at}: {value} is no {}", schema["type"]));
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        if !schema["items"].is_null() {
            check(
                root,
                &schema["items"],
                item,
                &format!("{at}/{index}"),
                wrong,
            );
        }
    }
    for name in schema["required"].as_array().into_iter().flatten() {
        let name = name.as_str().expect("a name");
        if value.get(name).is_none() {
            wrong.push(format!("{at}: {name} is missing"));
        }
    }
    for (name, member) in value.as_object().into_iter().flatten() {
        let at = format!("{at}/{name}");
        match (&schema["properties"][name], &schema["additionalProperties"]) {
            (serde_json::Value::Null, serde_json::Value::Bool(false)) => {
                wrong.push(format!("{at} is not in the schema"));
            }
            (serde_json::Value::Null, serde_json::Value::Null) => {}
            (serde_json::Value::Null, other) => check(root, other, member, &at, wrong),
            (schema, _) => check(root, schema, member, &at, wrong),
        }
    }
}
