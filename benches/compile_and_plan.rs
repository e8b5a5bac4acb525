//! How compiling and planning grow with the declaration.
//!
//! For each size: that many applications, each with two app roles, a permission scope, a federated identity
//! credential and an assignment, are declared as text, compiled, and planned against a tenant that holds exactly
//! them but for one display name. It prints times, the steps of the plan and the most memory that was used, and
//! fails when the plan is not the one update. Each size runs in a process of its own, so that its memory is its own.
//!
//! ```sh
//! cargo bench --bench compile_and_plan             # 1,000, 10,000 and 100,000 applications
//! cargo bench --bench compile_and_plan -- 2500     # one size
//! ```
//!
//! The targets: 10,000 in less than 2 s and 1 GiB, and 100,000 in at most 12 times that. These are the fastest of
//! several runs on a virtual machine with two cores that others used as well (8 runs of 10,000, 5 of 100,000; a row
//! is one run). All runs of 10,000 took 1.5 to 2.9 s, all of 100,000 took 16 to 38 s, and the ratio between neighbouring
//! runs was 10 to 19. Times on a machine that does nothing else have still to be taken; memory was always the same.
//!
//! | applications | declare ms | resolve ms | plan ms | total ms | peak MiB | ratio |
//! |---:|---:|---:|---:|---:|---:|---:|
//! | 1,000 | 29 | 34 | 45 | 109 | 52 | |
//! | 10,000 | 266 | 474 | 770 | 1,511 | 480 | 13.9 |
//! | 100,000 | 2,609 | 5,273 | 8,480 | 16,364 | 4,775 | 10.8 |

#![allow(clippy::print_stdout, reason = "the bench prints what it measured")]
#![allow(clippy::disallowed_methods, reason = "the bench reads the clock")]

#[path = "compile_and_plan/tenant.rs"]
mod tenant;

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use idac::address::{Address, Name};
use idac::declare::{Source, declare};
use idac::finding::{Finding, Severity};
use idac::object::Value;
use idac::plan::{Action, Applied, Plan, plan};
use idac::resolve::{Desired, resolve};

const SIZES: [usize; 3] = [1_000, 10_000, 100_000];

fn main() {
    let sizes: Vec<usize> = std::env::args()
        .skip(1)
        .filter_map(|argument| argument.parse().ok())
        .collect();
    match sizes.as_slice() {
        [] => compare(),
        sizes => {
            for &size in sizes {
                println!("{}", measure(size));
            }
        }
    }
}

/// Runs every size in its own process and says how each compares with the one before.
fn compare() {
    println!("applications  declare ms  resolve ms  plan ms  total ms  steps  peak MiB  ratio");
    let mut before: Option<f64> = None;
    for size in SIZES {
        let line = run(size);
        let total = column(&line, 4);
        let ratio = before.map_or(String::new(), |before| format!("{:.1}", total / before));
        println!("{line}  {ratio:>5}");
        before = Some(total);
    }
}

fn run(size: usize) -> String {
    let this = std::env::current_exe().expect("bug: a running program has a path");
    let output = Command::new(this)
        .arg(size.to_string())
        .output()
        .expect("bug: a running program can be started again");
    assert!(
        output.status.success(),
        "{size} applications: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout)
        .trim_end()
        .to_owned()
}

fn column(line: &str, at: usize) -> f64 {
    line.split_whitespace()
        .nth(at)
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(|| panic!("bug: no number in column {at} of: {line}"))
}

/// One size, as a line of the table.
fn measure(size: usize) -> String {
    let sources = sources(size);
    let start = Instant::now();
    let (declaration, findings) = declare(&sources);
    let declared = start.elapsed();
    drop(sources);
    refuse(&findings);

    let sandbox = declaration
        .environments
        .get(&Name::new("sandbox"))
        .expect("bug: the sandbox is declared");
    let start = Instant::now();
    let desired = resolve(&declaration, sandbox).unwrap_or_else(|findings| panic!("{findings:#?}"));
    let resolved = start.elapsed();

    let (snapshot, applied) = prepare(&desired, size);
    let start = Instant::now();
    let plan =
        plan(&desired, &snapshot, &applied).unwrap_or_else(|findings| panic!("{findings:#?}"));
    let planned = start.elapsed();
    check(&plan, size);

    format!(
        "{size:>12}  {:>10}  {:>10}  {:>7}  {:>8}  {:>5}  {:>8}",
        declared.as_millis(),
        resolved.as_millis(),
        planned.as_millis(),
        total(&[declared, resolved, planned]),
        plan.steps.len(),
        peak_mib()
    )
}

/// A tenant that is as desired but for one display name, and what a receipt of it would keep.
fn prepare(desired: &Desired, size: usize) -> (idac::observe::Snapshot, Applied) {
    let mut snapshot = tenant::as_desired(desired);
    let settled = plan(desired, &snapshot, &Applied::new())
        .unwrap_or_else(|findings| panic!("{findings:#?}"));
    assert!(
        settled.steps.is_empty(),
        "the tenant is not as desired: {:#?}",
        settled.steps.first()
    );
    let changed = tenant::object_id(&address(size / 2));
    let object = snapshot
        .objects
        .get_mut(&changed)
        .expect("bug: every declared application is in the tenant");
    object.properties.insert(
        "displayName".to_owned(),
        Value::text("Somebody else's name"),
    );
    (snapshot, settled.objects)
}

fn check(plan: &Plan, size: usize) {
    let [step] = plan.steps.as_slice() else {
        panic!(
            "{} steps instead of one: {:#?}",
            plan.steps.len(),
            plan.steps.first()
        );
    };
    assert_eq!(step.subject, address(size / 2));
    assert!(
        matches!(step.action, Action::Update { .. }),
        "{:#?}",
        step.action
    );
}

fn refuse(findings: &[Finding]) {
    let error = findings
        .iter()
        .find(|finding| finding.severity == Severity::Error);
    assert!(error.is_none(), "{error:#?}");
}

fn total(times: &[Duration]) -> u128 {
    times.iter().sum::<Duration>().as_millis()
}

fn address(number: usize) -> Address {
    Address::new("application", &format!("service-{number:06}"))
}

/// The text of the whole root, a file for each application.
fn sources(size: usize) -> Vec<Source> {
    let fixed = [
        ("idac.yaml".to_owned(), "project: bench\n".to_owned()),
        ("environments/sandbox.yaml".to_owned(), "tenant: emulator\nvariables: { suffix: \" (sandbox)\" }\n".to_owned()),
        ("operators.yaml".to_owned(), "kind: group\nname: operators\ndisplayName: Operators\nmembers: [ user/ana@contoso.com ]\n".to_owned()),
    ];
    let applications = (0..size).map(|number| {
        let team = number / 100;
        (
            format!("team-{team:04}/service-{number:06}.yaml"),
            application(number),
        )
    });
    fixed
        .into_iter()
        .chain(applications)
        .map(|(path, text)| Source {
            shown: Arc::from(format!("identities/{path}")),
            path: Arc::from(path),
            bytes: text.into_bytes(),
        })
        .collect()
}

fn application(number: usize) -> String {
    format!(
        r#"kind: application
name: service-{number:06}
displayName: Service {number}${{suffix}}
description: Does what service {number} does.
signInAudience: AzureADMyOrg
identifierUris: [ "api://${{self.appId}}" ]
owners: [ user/ana@contoso.com ]
api:
  requestedAccessTokenVersion: 2
  oauth2PermissionScopes:
    - value: Service.Use
      type: User
      adminConsentDisplayName: Use service {number}
      adminConsentDescription: Use service {number} for the signed-in user.
appRoles:
  - value: Service.Read
    displayName: Read
    description: Read everything in service {number}.
    allowedMemberTypes: [ User, Application ]
  - value: Service.Write
    displayName: Write
    description: Write everything in service {number}.
    allowedMemberTypes: [ Application ]
web:
  redirectUris: [ "https://service-{number:06}.contoso.com/signin-oidc" ]
federatedIdentityCredentials:
  - name: github-deploy
    issuer: https://token.actions.githubusercontent.com
    subject: repo:contoso/service-{number:06}:environment:${{environment}}
servicePrincipal:
  appRoleAssignmentRequired: true
  appRoleAssignedTo:
    - {{ principal: group/operators, appRole: Service.Read }}
"#
    )
}

/// The most memory that this process has had, where the system says so.
fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kib = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.split_whitespace().next())
        .and_then(|text| text.parse::<u64>().ok());
    kib.unwrap_or(0) / 1024
}
