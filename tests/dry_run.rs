//! Plans against an emulated tenant, tried on a copy of it: what is cleared converges, and what is not says why.

use std::sync::Arc;

use idac::address::Name;
use idac::declare::{Source, declare};
use idac::dry_run::{DryRun, Verdict, dry_run};
use idac::emulator::{Emulator, Founding, Hardship, Planted, Tenant};
use idac::execute::{Entry, Outcome, execute, go_on};
use idac::finding::{Finding, Origin, has_errors};
use idac::graph::patience::Patience;
use idac::graph::{Graph, Method, Request};
use idac::observe::{Scope, Snapshot, observe};
use idac::plan::{Applied, ManagedObject, Plan, Target, known_of, plan};
use idac::resolve::{Desired, resolve};
use serde_json::json;

/// What a root with this text desires.
fn desired(text: &str) -> Desired {
    let source = |path: &str, text: &str| Source {
        path: Arc::from(path),
        shown: Arc::from(path),
        bytes: text.as_bytes().to_vec(),
    };
    let sources = [
        source("idac.yaml", "project: contoso\n"),
        source("environments/sandbox.yaml", "tenant: emulator\n"),
        source("objects.yaml", text),
    ];
    let (declaration, findings) = declare(&sources);
    assert!(!has_errors(&findings), "{findings:#?}");
    let environment = &declaration.environments[&Name::new("sandbox")];
    resolve(&declaration, environment).expect("the root is sound")
}

/// A tenant, and what was applied to it.
struct World {
    tenant: Emulator,
    applied: Applied,
}

impl World {
    fn new() -> World {
        World {
            tenant: Emulator::new(Tenant::new(&Founding::sample())),
            applied: Applied::new(),
        }
    }

    async fn see(&self, desired: &Desired) -> Snapshot {
        let known = known_of(&self.applied);
        let scope = Scope {
            desired: &desired.objects,
            known: &known,
        };
        observe(&self.tenant, &scope)
            .await
            .expect("the tenant can be read")
    }

    /// Plans, and tries the plan on a copy.
    async fn rehearse(&self, desired: &Desired) -> (Plan, DryRun) {
        let snapshot = self.see(desired).await;
        let plan = plan(desired, &snapshot, &self.applied).expect("there is a plan");
        let tried = dry_run(desired, &plan, &snapshot, &self.applied, &[]).await;
        (plan, tried)
    }

    /// The same, and then the plan itself; how many steps it had.
    async fn change(&mut self, text: &str) -> usize {
        let desired = desired(text);
        let (plan, tried) = self.rehearse(&desired).await;
        assert_eq!(tried.verdict, Verdict::Cleared, "{text}\n{plan:#?}");
        let clearance = tried.clearance.expect("a cleared plan has a clearance");
        assert_eq!(*clearance.plan(), plan.digest());
        let mut journal: Vec<Entry> = Vec::new();
        let patience = Patience::for_copy();
        let done = execute(&plan, &self.tenant, &mut journal, &patience, &go_on)
            .await
            .expect("memory takes every entry");
        assert_eq!(done.outcome, Outcome::Applied, "{done:#?}");
        let settle = |target: &Target| match target {
            Target::Existing(_) => target.clone(),
            Target::Planned(address) => Target::Existing(done.created[address].clone()),
        };
        self.applied = plan
            .objects
            .iter()
            .map(|(address, object)| {
                let settled = ManagedObject {
                    target: settle(&object.target),
                    parent: object.parent.as_ref().map(settle),
                    ..object.clone()
                };
                (address.clone(), settled)
            })
            .collect();
        plan.steps.len()
    }
}

const COMPANY: &str = "
kind: application
name: api
displayName: API
identifierUris: [ 'api://${self.appId}' ]
owners: [ user/ana@contoso.com ]
appRoles:
  - { value: Read, displayName: Read, description: Read., allowedMemberTypes: [ User, Application ] }
  - { value: Write, displayName: Write, description: Write., allowedMemberTypes: [ Application ] }
api:
  requestedAccessTokenVersion: 2
  oauth2PermissionScopes:
    - { value: access, adminConsentDisplayName: Access, adminConsentDescription: Access. }
federatedIdentityCredentials:
  - { name: main, issuer: 'https://token.example', subject: main }
servicePrincipal:
  appRoleAssignmentRequired: true
  appRoleAssignedTo:
    - { principal: group/staff, appRole: Read }
    - { principal: application/client, appRole: Write }
---
kind: application
name: client
displayName: Client
requiredResourceAccess:
  - resource: Microsoft Graph
    scopes: [ User.Read ]
    appRoles: [ User.Read.All ]
    adminConsent: true
  - resource: application/api
    scopes: [ access ]
---
kind: group
name: staff
displayName: Staff
owners: [ user/ana@contoso.com ]
members: [ user/ben@contoso.com, group/interns ]
---
kind: group
name: interns
displayName: Interns
---
kind: group
name: managers
displayName: Managers
isAssignableToRole: true
members: [ user/chloe@contoso.com ]
---
kind: directoryRoleAssignment
name: readers
role: Directory Readers
principal: group/managers
scope: /
";

#[tokio::test]
async fn what_is_cleared_and_applied_leaves_nothing_to_do() {
    let mut world = World::new();
    assert!(world.change(COMPANY).await > 10);
    assert_eq!(world.change(COMPANY).await, 0);
}

#[tokio::test]
async fn a_second_look_gives_the_same_bytes() {
    let mut world = World::new();
    world.change(COMPANY).await;
    let desired = desired(COMPANY);
    let one = serde_json::to_string(&world.see(&desired).await).expect("JSON");
    let two = serde_json::to_string(&world.see(&desired).await).expect("JSON");
    assert_eq!(one, two);
}

#[tokio::test]
async fn removing_an_assigned_app_role_is_cleared() {
    let mut world = World::new();
    world.change(COMPANY).await;
    let less: String = COMPANY
        .lines()
        .filter(|line| !line.contains("value: Write") && !line.contains("appRole: Write"))
        .map(|line| format!("{line}\n"))
        .collect();
    assert!(world.change(&less).await > 0);
    assert_eq!(world.change(&less).await, 0);
}

#[tokio::test]
async fn removing_applications_and_taking_them_out_of_the_recycle_bin_is_cleared() {
    let mut world = World::new();
    world.change(COMPANY).await;
    let groups = COMPANY.split("---").skip(2).collect::<Vec<_>>().join("---");
    assert!(world.change(&groups).await > 0);
    assert_eq!(world.change(&groups).await, 0);
    assert!(world.change(COMPANY).await > 0);
    assert_eq!(world.change(COMPANY).await, 0);
}

#[tokio::test]
async fn a_renamed_application_keeps_its_place() {
    let mut world = World::new();
    let text = "kind: application\nname: old\ndisplayName: Old\n";
    world.change(text).await;
    let text = "kind: application\nname: new\npreviously: old\ndisplayName: New\n";
    assert_eq!(world.change(text).await, 1);
    assert_eq!(world.change(text).await, 0);
    let text = "kind: application\nname: new\ndisplayName: New\n";
    assert_eq!(world.change(text).await, 0);
}

#[tokio::test]
async fn a_finding_stops_the_plan_before_it_is_tried() {
    let world = World::new();
    let desired = desired(COMPANY);
    let snapshot = world.see(&desired).await;
    let plan = plan(&desired, &snapshot, &world.applied).expect("there is a plan");
    let origin = Origin::start_of("objects.yaml");
    let stops = Finding::error("IDAC104", &origin, "it must not be".to_owned(), "change it");
    let warns = Finding::warning("IDAC105", &origin, "it is odd".to_owned(), "look at it");
    let applied = &world.applied;
    let tried = dry_run(&desired, &plan, &snapshot, applied, &[stops, warns.clone()]).await;
    assert_eq!(tried.verdict, Verdict::Stopped { findings: 1 });
    assert!(tried.clearance.is_none());
    assert_eq!(tried.requests, 0);
    let tried = dry_run(&desired, &plan, &snapshot, applied, &[warns]).await;
    assert_eq!(tried.verdict, Verdict::Cleared);
}

#[tokio::test]
async fn a_plan_that_the_copy_refuses_gets_no_clearance() {
    let world = World::new();
    let text = "
kind: application
name: api
displayName: API
identifierUris: [ 'api://elsewhere.example/api' ]
";
    let (_, tried) = world.rehearse(&desired(text)).await;
    let Verdict::Refused {
        trouble, outcome, ..
    } = tried.verdict
    else {
        panic!("the copy takes it: {:?}", tried.verdict);
    };
    assert_eq!(trouble.status, Some(400));
    assert_eq!(outcome, Outcome::RolledBack);
    assert!(tried.clearance.is_none());
}

#[tokio::test]
async fn trying_a_plan_writes_nothing_to_the_tenant() {
    let world = World::new();
    let before = world
        .tenant
        .with_tenant(|tenant| tenant.clone().take_changes().len());
    let (plan, tried) = world.rehearse(&desired(COMPANY)).await;
    assert_eq!(tried.verdict, Verdict::Cleared);
    assert!(tried.requests > plan.steps.len() as u64);
    let after = world
        .tenant
        .with_tenant(|tenant| tenant.clone().take_changes().len());
    assert_eq!(before, after);
}

#[tokio::test]
async fn drift_is_seen_and_its_correction_is_cleared() {
    let mut world = World::new();
    world.change(COMPANY).await;
    let url = "/applications(uniqueName='contoso-api')";
    let drift = Request::new(Method::Patch, url).with_body(json!({ "displayName": "Hacked" }));
    let answers = world.tenant.exchange(&[drift]).await;
    assert!(answers[0].is_ok(), "{answers:?}");
    assert_eq!(world.change(COMPANY).await, 1);
}

#[tokio::test]
async fn two_objects_with_one_display_name_are_reported_by_the_plan() {
    let world = World::new();
    world.tenant.with_tenant(|tenant| {
        for id in ["1", "2"] {
            let properties = json!({
                "id": format!("0000000{id}-0000-4000-8000-000000000000"),
                "displayName": "Sales",
                "securityEnabled": true,
            });
            let serde_json::Value::Object(properties) = properties else {
                panic!("bug: the test has no object");
            };
            tenant
                .plant(Planted::new("groups", properties))
                .expect("a group can be planted");
        }
    });
    let text = "
kind: existing
name: sales
type: group
displayName: Sales
---
kind: group
name: staff
displayName: Staff
members: [ existing/sales ]
";
    let desired = desired(text);
    let snapshot = world.see(&desired).await;
    let findings = plan(&desired, &snapshot, &world.applied).expect_err("it is not clear which");
    let said: Vec<&str> = findings.iter().map(|it| it.message.as_str()).collect();
    assert!(
        said.contains(&"2 objects of the tenant fit existing/sales"),
        "{said:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_busy_tenant_is_seen_as_it_is() {
    let mut world = World::new();
    world.change(COMPANY).await;
    let desired = desired(COMPANY);
    let calm = world.see(&desired).await;
    world.tenant.with_tenant(|tenant| {
        tenant.set_hardship(Hardship {
            seed: 3,
            throttled_per_mille: 300,
            retry_after_s: 5,
            unavailable_per_mille: 100,
            lost_request_per_mille: 50,
            ..Hardship::default()
        });
    });
    let start = tokio::time::Instant::now();
    assert_eq!(world.see(&desired).await, calm);
    assert!(start.elapsed().as_secs() >= 5, "nothing was refused");
}

#[tokio::test]
async fn many_are_found_in_a_listing_among_more() {
    let world = World::new();
    world.tenant.with_tenant(|tenant| {
        for number in 0..1_100 {
            let mut properties = serde_json::Map::new();
            for (name, value) in [
                ("id", format!("00000000-0000-4000-8000-{number:012}")),
                ("appId", format!("00000000-0000-4000-9000-{number:012}")),
                ("uniqueName", format!("Contoso-a{number}")),
                ("displayName", "A".to_owned()),
            ] {
                properties.insert(name.to_owned(), json!(value));
            }
            tenant
                .plant(Planted::new("applications", properties))
                .expect("an application can be planted");
        }
    });
    let texts: Vec<String> = (1_000..1_150)
        .map(|number| format!("kind: application\nname: a{number}\ndisplayName: A\n"))
        .collect();
    let snapshot = world.see(&desired(&texts.join("---\n"))).await;
    assert_eq!(snapshot.totals["application"], 1_100);
    assert_eq!(snapshot.objects.len(), 100);
}
