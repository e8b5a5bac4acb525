//! The executor against the emulated tenant, with and without hardship.

use idac::emulator::{Emulator, Founding, Hardship, Lag, Planted, Tenant};
use idac::execute::{Execution, Outcome, execute, go_on};
use idac::graph::patience::Patience;
use idac::graph::{Request, Response};
use idac::object::{Properties, Value};
use idac::plan::{Action, Plan, Step, Target};
use serde_json::{Value as Json, json};

use super::plans::{Told, address, existing, observed, plan, planned, properties, step, update};

const KEPT: &str = "00000000-0000-4000-8000-00000000000a";
const OLD: &str = "00000000-0000-4000-8000-00000000000b";
const READ: &str = "00000000-0000-4000-8000-000000000001";
const WRITE: &str = "00000000-0000-4000-8000-000000000002";
const NOBODY: &str = "00000000-0000-4000-8000-00000000dead";

fn role(id: &str, value: &str) -> Json {
    json!({
        "allowedMemberTypes": ["User"], "description": value, "displayName": value, "id": id,
        "isEnabled": true, "value": value,
    })
}

fn founded() -> Tenant {
    let mut tenant = Tenant::new(&Founding::sample());
    for (id, name, roles) in [
        (KEPT, "kept", json!([role(READ, "Read")])),
        (OLD, "old", json!([])),
    ] {
        let Json::Object(application) = json!({
            "id": id, "appId": id.replace("8000", "9000"), "displayName": name, "uniqueName": name, "notes": "before",
            "signInAudience": "AzureADMyOrg", "appRoles": roles,
        }) else {
            panic!("bug: an application is an object")
        };
        tenant
            .plant(Planted::new("applications", application))
            .expect("it looks like an application");
    }
    tenant
}

fn get(tenant: &mut Tenant, url: &str) -> Response {
    tenant.answer(&Request::get(url))
}

fn ana(tenant: &mut Tenant) -> Target {
    let body = get(tenant, "/users/ana@contoso.com")
        .body
        .expect("Ana is there");
    existing(body["id"].as_str().expect("she has an id"))
}

fn create(properties: Properties) -> Action {
    Action::Create {
        properties,
        revive: None,
    }
}

/// An application with all that belongs to it, a group that may use it, a change, a deletion, and a last link.
fn company(ana: Target, last: Target) -> Plan {
    let (shop, crew) = (planned("application/shop"), planned("group/crew"));
    let service_principal = address("application/shop/servicePrincipal");
    let mut steps = shop_steps(&shop);
    let [change, removal] = changes();
    let member = |id: u32, to: Target| {
        let relation = "members".to_owned();
        let from = crew.clone();
        step(
            id,
            "group",
            "group/crew",
            Action::Link { from, relation, to },
        )
        .lane(crew.clone())
    };
    steps.extend([
        step(
            5,
            "group",
            "group/crew",
            create(properties(&[
                ("displayName", Value::text("Crew")),
                ("mailEnabled", Value::Bool(false)),
                ("mailNickname", Value::text("crew")),
                ("securityEnabled", Value::Bool(true)),
                ("uniqueName", Value::text("crew")),
            ])),
        )
        .lane(crew.clone()),
        step(
            6,
            "appRoleAssignment",
            "application/shop/crew",
            create(properties(&[
                ("appRoleId", Value::text(READ)),
                ("principalId", Value::property(&address("group/crew"), "id")),
                ("resourceId", Value::property(&service_principal, "id")),
            ])),
        )
        .below(Target::Planned(service_principal))
        .after(&[2, 5]),
        member(7, ana).after(&[5]),
        change,
        removal,
        member(10, last).after(&[4, 6, 7, 8, 9]),
    ]);
    plan(steps)
}

fn changes() -> [Step; 2] {
    [
        update(
            8,
            "application",
            "application/kept",
            existing(KEPT),
            properties(&[
                ("appRoles", Value::from_json(&json!([role(READ, "Read")]))),
                ("notes", Value::text("before")),
            ]),
            properties(&[
                (
                    "appRoles",
                    Value::from_json(&json!([role(READ, "Read"), role(WRITE, "Write")])),
                ),
                ("notes", Value::text("after")),
            ]),
        )
        .lane(existing(KEPT)),
        step(
            9,
            "application",
            "application/old",
            Action::Delete {
                target: existing(OLD),
                was: observed("application", OLD),
            },
        )
        .lane(existing(OLD)),
    ]
}

fn shop_steps(shop: &Target) -> Vec<Step> {
    let app_id = Value::property(&address("application/shop"), "appId");
    let uri = match &app_id {
        Value::Computed(template) => {
            let mut template = template.clone();
            template
                .0
                .insert(0, idac::object::Part::Text("api://".to_owned()));
            Value::Computed(template)
        }
        other => other.clone(),
    };
    vec![
        step(
            1,
            "application",
            "application/shop",
            create(properties(&[
                ("appRoles", Value::from_json(&json!([role(READ, "Read")]))),
                ("displayName", Value::text("Shop")),
                ("signInAudience", Value::text("AzureADMyOrg")),
                ("uniqueName", Value::text("shop")),
            ])),
        )
        .lane(shop.clone()),
        step(
            2,
            "servicePrincipal",
            "application/shop/servicePrincipal",
            create(properties(&[("appId", app_id)])),
        )
        .after(&[1]),
        update(
            3,
            "application",
            "application/shop",
            shop.clone(),
            Properties::new(),
            properties(&[("identifierUris", Value::List(vec![uri]))]),
        )
        .after(&[1])
        .lane(shop.clone()),
        step(
            4,
            "federatedIdentityCredential",
            "application/shop/ci",
            create(properties(&[
                (
                    "audiences",
                    Value::List(vec![Value::text("api://AzureADTokenExchange")]),
                ),
                (
                    "issuer",
                    Value::text("https://token.actions.githubusercontent.com"),
                ),
                ("name", Value::text("ci-main")),
                (
                    "subject",
                    Value::text("repo:contoso/shop:ref:refs/heads/main"),
                ),
            ])),
        )
        .below(shop.clone())
        .after(&[1, 3])
        .lane(shop.clone()),
    ]
}

async fn run(tenant: Tenant, plan: &Plan, patience: &Patience) -> (Execution, Tenant) {
    let emulator = Emulator::new(tenant);
    let execution = execute(plan, &emulator, &mut Vec::new(), patience, &go_on)
        .await
        .expect("a journal in memory takes every entry");
    let mut tenant = emulator.into_tenant();
    tenant.set_hardship(Hardship::default());
    (execution, tenant)
}

fn hard(seed: u64) -> Hardship {
    let lag = |requests| Lag {
        requests,
        ..Lag::default()
    };
    Hardship {
        seed,
        create_lag: lag(4),
        update_lag: lag(3),
        mirror_lag: lag(4),
        throttled_per_mille: 80,
        retry_after_s: 5,
        unavailable_per_mille: 50,
        lost_answer_per_mille: 100,
        lost_request_per_mille: 50,
        refusals: Vec::new(),
        ..Hardship::default()
    }
}

/// What there is of the plan's objects.
fn seen(tenant: &mut Tenant) -> Json {
    let kept = get(
        tenant,
        &format!("/applications/{KEPT}?$select=appRoles,notes"),
    );
    let mut roles = kept.body.clone().expect("it is there")["appRoles"].clone();
    for role in roles.as_array_mut().into_iter().flatten() {
        *role = json!([role["value"], role["isEnabled"]]);
    }
    let shop = get(tenant, "/applications(uniqueName='shop')");
    let credentials = get(
        tenant,
        "/applications(uniqueName='shop')/federatedIdentityCredentials",
    );
    let crew = get(tenant, "/groups(uniqueName='crew')").body;
    let crew = crew.and_then(|crew| crew["id"].as_str().map(str::to_owned));
    let count = |tenant: &mut Tenant, url: String| {
        let items = get(tenant, &url).body.unwrap_or_default()["value"].clone();
        items.as_array().map(Vec::len)
    };
    json!({
        "kept": [kept.body.expect("it is there")["notes"], roles],
        "old": get(tenant, &format!("/applications/{OLD}")).status,
        "shop": shop.status,
        "credentials": credentials.body.unwrap_or_default()["value"].as_array().map(Vec::len),
        "members": crew.as_ref().and_then(|crew| count(tenant, format!("/groups/{crew}/members"))),
        "assignments": crew.as_ref().and_then(|crew| count(tenant, format!("/groups/{crew}/appRoleAssignments"))),
        "applications": count(tenant, "/applications?$top=999".to_owned()),
    })
}

fn untouched() -> Json {
    json!({
        "kept": ["before", [["Read", true]]], "old": 200, "shop": 404, "credentials": null, "members": null,
        "assignments": null, "applications": 2,
    })
}

#[tokio::test]
async fn a_copy_of_a_tenant_takes_the_whole_plan_at_once() {
    let mut tenant = founded();
    let ana = ana(&mut tenant);
    let mut whole = company(ana, existing(NOBODY));
    whole.steps.pop();
    let (execution, mut tenant) = run(tenant, &whole, &Patience::for_copy()).await;
    assert_eq!(execution.outcome, Outcome::Applied, "{execution:?}");
    assert_eq!(
        seen(&mut tenant),
        json!({
            "kept": ["after", [["Read", true], ["Write", true]]], "old": 404, "shop": 200, "credentials": 1,
            "members": 1, "assignments": 1, "applications": 2,
        })
    );
}

#[tokio::test]
async fn a_refusal_of_the_copy_is_told_at_once_and_leaves_nothing_behind() {
    let mut tenant = founded();
    let ana = ana(&mut tenant);
    assert_eq!(seen(&mut tenant), untouched());
    let begun = tokio::time::Instant::now();
    let (execution, mut tenant) = run(
        tenant,
        &company(ana, existing(NOBODY)),
        &Patience::for_copy(),
    )
    .await;
    assert_eq!(execution.outcome, Outcome::RolledBack, "{execution:?}");
    let (step, trouble) = execution.refused.expect("a step is refused");
    assert_eq!((step.0, trouble.status), (10, Some(404)));
    assert_eq!(seen(&mut tenant), untouched());
    assert!(begun.elapsed().as_secs() < 60, "nothing was waited for");
}

#[tokio::test(start_paused = true)]
async fn hardship_changes_how_long_it_takes_and_not_how_it_ends() {
    for seed in 0..60 {
        for applies in [true, false] {
            let mut tenant = founded();
            let ana = ana(&mut tenant);
            let mut whole = company(ana, existing(NOBODY));
            if applies {
                whole.steps.pop();
            }
            tenant.set_hardship(hard(seed));
            let (execution, mut tenant) = run(tenant, &whole, &Patience::for_tenant()).await;
            let found = seen(&mut tenant);
            match applies {
                true => {
                    assert_eq!(execution.outcome, Outcome::Applied, "{seed}: {execution:?}");
                    assert_eq!(found["kept"][0], "after", "{seed}");
                    assert_eq!(
                        (&found["members"], &found["assignments"]),
                        (&json!(1), &json!(1)),
                        "{seed}"
                    );
                    assert_eq!(found["applications"], 2, "{seed}: no twin");
                }
                false => {
                    assert_eq!(
                        execution.outcome,
                        Outcome::RolledBack,
                        "{seed}: {execution:?}"
                    );
                    assert_eq!(found, untouched(), "{seed}");
                }
            }
        }
    }
}
