//! A first change, as a library program: declares one application in text, plans it against an embedded tenant,
//! tries the plan on a copy, and prints what would happen. Nothing is written to the tenant.
//!
//! ```sh
//! cargo run --example first_change
//! ```

#![allow(clippy::print_stdout, reason = "the example shows what it found")]

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;

use idac::address::Name;
use idac::declare::{Source, declare};
use idac::dry_run::{Verdict, dry_run};
use idac::emulator::{Emulator, Founding, Tenant};
use idac::finding::{Finding, has_errors};
use idac::guard::{Case, guard};
use idac::observe::{Scope, observe};
use idac::plan::{Action, Applied, Step, plan};
use idac::resolve::resolve;

const ROOT: [(&str, &str); 3] = [
    ("idac.yaml", "project: first\n"),
    ("environments/sandbox.yaml", "tenant: emulator\n"),
    (
        "hello.yaml",
        r#"
kind: application
name: hello
displayName: Hello
identifierUris: [ "api://${self.appId}" ]
owners: [ user/ana@contoso.com ]
requiredResourceAccess:
  - resource: Microsoft Graph
    scopes: [ User.Read ]
    adminConsent: true
"#,
    ),
];

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match first_change().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(findings) => {
            for finding in &findings {
                let Finding {
                    origin,
                    code,
                    message,
                    remedy,
                    ..
                } = finding;
                println!("{}:{}: [{code}] {message}", origin.file, origin.line);
                println!("  help: {remedy}");
            }
            ExitCode::FAILURE
        }
    }
}

async fn first_change() -> Result<(), Vec<Finding>> {
    // Text → declaration → what is desired in one environment.
    let (declaration, findings) = declare(&sources());
    if has_errors(&findings) {
        return Err(findings);
    }
    let Some(environment) = declaration.environments.get(&Name::new("sandbox")) else {
        panic!("bug: the root above has an environment called sandbox");
    };
    let desired = resolve(&declaration, environment)?;

    // A tenant in memory, and what idac sees of it. Nothing was applied before.
    let tenant = Emulator::new(Tenant::new(&Founding::sample()));
    let scope = Scope {
        desired: &desired.objects,
        known: &BTreeMap::new(),
    };
    let snapshot = match observe(&tenant, &scope).await {
        Ok(snapshot) => snapshot,
        Err(error) => panic!("bug: the embedded tenant cannot be observed: {error}"),
    };

    // The plan, what guardrails say of it, and how it fares on a copy of the tenant.
    let applied = Applied::new();
    let plan = plan(&desired, &snapshot, &applied)?;
    println!("{} steps:", plan.steps.len());
    for step in &plan.steps {
        println!("  {:>2}  {} {}", step.id, verb(step), step.subject);
    }
    let findings = guard(&Case {
        desired: &desired,
        snapshot: &snapshot,
        plan: &plan,
        applied: &applied,
    });
    let tried = dry_run(&desired, &plan, &snapshot, &applied, &findings).await;
    match tried.verdict {
        Verdict::Cleared => println!("dry-run: cleared after {} requests", tried.requests),
        Verdict::Stopped { .. }
        | Verdict::Refused { .. }
        | Verdict::NotConverged { .. }
        | Verdict::Failed { .. } => println!("dry-run: {:?}", tried.verdict),
    }
    Ok(())
}

fn sources() -> Vec<Source> {
    ROOT.iter()
        .map(|(path, text)| Source {
            path: Arc::from(*path),
            shown: Arc::from(*path),
            bytes: text.as_bytes().to_vec(),
        })
        .collect()
}

fn verb(step: &Step) -> &'static str {
    match step.action {
        Action::Create { .. } => "create",
        Action::Update { .. } => "update",
        Action::Delete { .. } => "delete",
        Action::Link { .. } => "link",
        Action::Unlink { .. } => "unlink",
    }
}
