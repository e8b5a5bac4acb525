//! The sample root of the repository, and a second version of it, in a tenant that decides each open point of
//! Microsoft's documentation either way.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use idac::declare::Source;
use idac::emulator::{Behaviour, Founding, Tenant};
use idac::execute::Outcome;
use idac::finding;
use idac::ledger::Folder;

use super::pipeline::{Chain, Looked, Simulated, carry_out, look, rehearse};

/// What people change in the second version: the file, what it says, and what it says then.
const EDITS: [(&str, &str, &str); 8] = [
    // A text of an enabled permission scope, and of an app role.
    (
        "payments/payments-api.yaml",
        "Read the payments of the signed-in user.",
        "Read what the signed-in user paid.",
    ),
    (
        "payments/payments-api.yaml",
        "Settle the payments of a day.",
        "Settle what was paid on a day.",
    ),
    // A credential gets another name and accepts the same token.
    (
        "payments/payments-api.yaml",
        "name: github-deploy",
        "name: github-release",
    ),
    // Consent that was only asked for is given.
    (
        "platform/load-test.yaml",
        "scopes: [ Payments.Read ]",
        "scopes: [ Payments.Read ]\n    adminConsent: true",
    ),
    // A member goes and a rule changes.
    (
        "payments/groups.yaml",
        "members: [ user/ana@contoso.com, user/ben@contoso.com ]",
        "members: [ user/ana@contoso.com ]",
    ),
    (
        "people/groups.yaml",
        " and (user.userType -eq \"Member\")",
        "",
    ),
    // An app role that is assigned goes with its assignments.
    (
        "people/people-directory.yaml",
        "  - value: Directory.Edit\n    displayName: Edit the directory\n    description: Correct what the directory says of people.\n    allowedMemberTypes: [ User ]\n",
        "",
    ),
    (
        "people/people-directory.yaml",
        "    - { principal: group/people-team, appRole: Directory.Edit }\n    - { principal: existing/people-lead, appRole: Directory.Edit }\n",
        "",
    ),
];

/// A file that goes: with it an application, its service principal and its consent.
const GONE: &str = "storefront/checkout-mobile.yaml";
/// What still names that application, in the file that stays.
const NAMES_GONE: (&str, &str) = (
    "storefront/checkout-web.yaml",
    "    - { application: application/checkout-mobile, scopes: [ Checkout.Notify ] }\n",
);

/// Applies both versions in a tenant of this behaviour; what is wrong comes back.
pub(crate) async fn live_through(
    behaviour: Behaviour,
    name: &str,
    presence: Folder,
) -> Vec<String> {
    let mut tenant = Tenant::new(&Founding::sample());
    tenant.set_behaviour(behaviour);
    let graph = Simulated::new(tenant, 1);
    let mut ledger = Chain::new(presence);
    let mut problems = Vec::new();
    for (version, sources) in [("first", first()), ("second", second())] {
        let nonce = format!("{name}-{version}");
        if let Err(problem) = round(&sources, &graph, &mut ledger, &nonce).await {
            problems.push(format!("{name}: the {version} version: {problem}"));
            break;
        }
    }
    problems
}

async fn round(
    sources: &[Source],
    graph: &Simulated,
    ledger: &mut Chain,
    nonce: &str,
) -> Result<(), String> {
    let situation = match look(sources, graph, ledger).await {
        Looked::Here(situation) => situation,
        Looked::Invalid(findings) | Looked::Unplannable(findings) => {
            return Err(format!("{findings:?}"));
        }
    };
    if finding::has_errors(&situation.findings) {
        return Err(format!("{:?}", situation.findings));
    }
    if situation.plan.steps.is_empty() {
        return Err("there is nothing to do".to_owned());
    }
    let tried = rehearse(&situation).await;
    if tried.clearance.is_none() {
        return Err(format!("the dry-run says {:?}", tried.verdict));
    }
    let applied = carry_out(
        &situation.plan,
        tried,
        graph,
        ledger,
        &mut Vec::new(),
        nonce,
    )
    .await;
    let execution = applied.map_err(|error| error.to_string())?.execution;
    if execution.outcome != Outcome::Applied {
        return Err(format!("{execution:?}"));
    }
    match look(sources, graph, ledger).await {
        Looked::Here(again) if again.plan.steps.is_empty() => Ok(()),
        Looked::Here(again) => Err(format!("planned again: {:?}", again.plan.steps)),
        Looked::Invalid(findings) | Looked::Unplannable(findings) => Err(format!("{findings:?}")),
    }
}

fn first() -> Vec<Source> {
    let mut sources = Vec::new();
    read(Path::new("identities"), "", &mut sources);
    sources
}

fn second() -> Vec<Source> {
    let mut sources = first();
    sources.retain(|source| &*source.path != GONE);
    for (path, before, after) in EDITS.into_iter().chain([(NAMES_GONE.0, NAMES_GONE.1, "")]) {
        let source = sources.iter_mut().find(|source| &*source.path == path);
        let source = source.unwrap_or_else(|| panic!("the sample has no {path}"));
        let text = String::from_utf8(source.bytes.clone()).expect("the sample is UTF-8");
        assert!(text.contains(before), "{path} no longer says {before:?}");
        source.bytes = text.replace(before, after).into_bytes();
    }
    sources
}

fn read(folder: &Path, below: &str, sources: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).expect("the sample is there") {
        let entry = entry.expect("it is read");
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if below.is_empty() {
            name
        } else {
            format!("{below}/{name}")
        };
        if entry.path().is_dir() {
            read(&entry.path(), &path, sources);
        } else if path.ends_with(".yaml") {
            sources.push(Source {
                path: Arc::from(path.as_str()),
                shown: Arc::from(format!("identities/{path}")),
                bytes: fs::read(entry.path()).expect("it is read"),
            });
        }
    }
}
