//! Plans for the tests, written by hand.

use std::collections::BTreeMap;

use idac::address::{Address, Name, ObjectId, TenantId};
use idac::digest::Digest;
use idac::object::{ObservedObject, Properties, Value};
use idac::plan::{Action, Basis, Inverse, Plan, Reason, Risk, Step, StepId, Target};
use serde_json::json;

use super::tenant::Store;

pub(crate) fn plan(steps: Vec<Step>) -> Plan {
    Plan {
        basis: Basis {
            tenant: TenantId::new("t"),
            environment: Name::new("sandbox"),
            declaration: Digest::of(&1),
            snapshot: Digest::of(&2),
            observed: BTreeMap::new(),
            version: "0".to_owned(),
        },
        steps,
        left_alone: Vec::new(),
        objects: BTreeMap::new(),
    }
}

pub(crate) fn step(id: u32, entity: &str, subject: &str, action: Action) -> Step {
    let inverse = match &action {
        Action::Create { .. } => Inverse::Undo(Box::new(Action::Delete {
            target: Target::Planned(address(subject)),
            was: observed(entity, "-"),
        })),
        Action::Update { target, was, will } => Inverse::Undo(Box::new(Action::Update {
            target: target.clone(),
            was: will.clone(),
            will: was.clone(),
        })),
        Action::Delete { .. } => Inverse::RestoreDeleted,
        Action::Link { from, relation, to } => Inverse::Undo(Box::new(Action::Unlink {
            from: from.clone(),
            relation: relation.clone(),
            to: to.clone(),
        })),
        Action::Unlink { from, relation, to } => Inverse::Undo(Box::new(Action::Link {
            from: from.clone(),
            relation: relation.clone(),
            to: to.clone(),
        })),
    };
    Step {
        id: StepId(id),
        subject: address(subject),
        entity: entity.to_owned(),
        parent: None,
        action,
        inverse,
        after: Default::default(),
        lane: None,
        reason: Reason::Declared,
        risk: Risk::None,
    }
}

pub(crate) trait Told {
    fn after(self, after: &[u32]) -> Step;
    fn lane(self, lane: Target) -> Step;
    fn below(self, parent: Target) -> Step;
}

impl Told for Step {
    fn after(mut self, after: &[u32]) -> Step {
        self.after = after.iter().map(|id| StepId(*id)).collect();
        self
    }

    fn lane(mut self, lane: Target) -> Step {
        self.lane = Some(lane);
        self
    }

    fn below(mut self, parent: Target) -> Step {
        self.parent = Some(parent);
        self
    }
}

pub(crate) fn address(text: &str) -> Address {
    Address::parse(text).expect("an address")
}

pub(crate) fn existing(id: &str) -> Target {
    Target::Existing(ObjectId::new(id))
}

pub(crate) fn planned(text: &str) -> Target {
    Target::Planned(address(text))
}

pub(crate) fn properties(of: &[(&str, Value)]) -> Properties {
    of.iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect()
}

pub(crate) fn observed(entity: &str, id: &str) -> ObservedObject {
    ObservedObject {
        entity: entity.to_owned(),
        id: ObjectId::new(id),
        parent: None,
        properties: Properties::new(),
        links: Default::default(),
    }
}

pub(crate) fn create_group(id: u32, name: &str) -> Step {
    let properties = properties(&[
        ("displayName", Value::text(name)),
        ("uniqueName", Value::text(name)),
    ]);
    step(
        id,
        "group",
        &format!("group/{name}"),
        Action::Create {
            properties,
            revive: None,
        },
    )
}

pub(crate) fn update(
    id: u32,
    entity: &str,
    subject: &str,
    target: Target,
    was: Properties,
    will: Properties,
) -> Step {
    step(id, entity, subject, Action::Update { target, was, will })
}

pub(crate) fn link(id: u32, from: Target, to: Target) -> Step {
    step(
        id,
        "group",
        "group/some",
        Action::Link {
            from,
            relation: "members".to_owned(),
            to,
        },
    )
}

/// The tenant before [`company`].
pub(crate) fn before() -> Store {
    let mut store = Store::default();
    store.put(
        "/applications/old",
        json!({ "uniqueName": "old", "displayName": "Old" }),
    );
    store.put(
        "/applications/kept",
        json!({
            "uniqueName": "kept",
            "notes": "before",
            "appRoles": [{ "id": "r1", "value": "Read", "isEnabled": true }],
        }),
    );
    store.put("/servicePrincipals/api", json!({ "appId": "api" }));
    store.put("/groups/staff", json!({ "displayName": "Staff" }));
    store.put("/oauth2PermissionGrants/oauth2PermissionGrants-api", json!({
        "clientId": "api", "resourceId": "graph", "consentType": "AllPrincipals", "scope": "User.Read"
    }));
    store.links.insert(
        "/groups/staff/members".to_owned(),
        ["ana".to_owned()].into(),
    );
    store
}

/// A plan with every action, dependencies, lanes and things that are known only on the way.
pub(crate) fn company() -> Plan {
    let mut steps = shop();
    steps.extend(crew());
    steps.extend(changes());
    plan(steps)
}

fn create(properties: Properties) -> Action {
    Action::Create {
        properties,
        revive: None,
    }
}

fn shop() -> Vec<Step> {
    let app_id = Value::property(&address("application/shop"), "appId");
    vec![
        step(
            1,
            "application",
            "application/shop",
            create(properties(&[
                ("displayName", Value::text("Shop")),
                ("uniqueName", Value::text("shop")),
            ])),
        )
        .lane(planned("application/shop")),
        step(
            2,
            "servicePrincipal",
            "application/shop/servicePrincipal",
            create(properties(&[("appId", app_id.clone())])),
        )
        .after(&[1]),
        update(
            3,
            "application",
            "application/shop",
            planned("application/shop"),
            Properties::new(),
            properties(&[("identifierUris", Value::List(vec![app_id]))]),
        )
        .after(&[1])
        .lane(planned("application/shop")),
        step(
            4,
            "federatedIdentityCredential",
            "application/shop/ci",
            create(properties(&[
                ("name", Value::text("ci")),
                ("subject", Value::text("repo:x")),
            ])),
        )
        .below(planned("application/shop"))
        .after(&[1])
        .lane(planned("application/shop")),
    ]
}

fn crew() -> Vec<Step> {
    let service_principal = address("application/shop/servicePrincipal");
    vec![
        create_group(5, "crew").lane(planned("group/crew")),
        step(
            6,
            "appRoleAssignment",
            "application/shop/crew",
            create(properties(&[
                ("appRoleId", Value::text("r1")),
                ("principalId", Value::property(&address("group/crew"), "id")),
                ("resourceId", Value::text("api")),
            ])),
        )
        .below(existing("api"))
        .after(&[5]),
        link(7, existing("staff"), Target::Planned(service_principal))
            .after(&[2])
            .lane(existing("staff")),
    ]
}

fn changes() -> Vec<Step> {
    let role = |id: &str, name: &str| {
        Value::from_json(&json!({ "id": id, "value": name, "isEnabled": true }))
    };
    vec![
        step(
            8,
            "group",
            "group/staff",
            Action::Unlink {
                from: existing("staff"),
                relation: "members".to_owned(),
                to: existing("ana"),
            },
        )
        .lane(existing("staff")),
        update(
            9,
            "application",
            "application/kept",
            existing("kept"),
            properties(&[
                ("notes", Value::text("before")),
                ("appRoles", Value::List(vec![role("r1", "Read")])),
            ]),
            properties(&[
                ("notes", Value::text("after")),
                (
                    "appRoles",
                    Value::List(vec![role("r1", "Read"), role("r2", "Write")]),
                ),
            ]),
        )
        .lane(existing("kept")),
        revoke(),
        step(
            11,
            "application",
            "application/old",
            Action::Delete {
                target: existing("old"),
                was: observed("application", "old"),
            },
        )
        .after(&[9])
        .lane(existing("old")),
        update(
            12,
            "application",
            "application/kept",
            existing("kept"),
            properties(&[("notes", Value::text("after"))]),
            properties(&[("notes", Value::text("at last"))]),
        )
        .after(&[9])
        .lane(existing("kept")),
    ]
}

fn revoke() -> Step {
    let grant = properties(&[
        ("clientId", Value::text("api")),
        ("consentType", Value::text("AllPrincipals")),
        ("resourceId", Value::text("graph")),
        ("scope", Value::text("User.Read")),
    ]);
    let mut revoke = step(
        10,
        "oAuth2PermissionGrant",
        "servicePrincipal/api/consents",
        Action::Delete {
            target: existing("oauth2PermissionGrants-api"),
            was: observed("oAuth2PermissionGrant", "oauth2PermissionGrants-api"),
        },
    );
    revoke.inverse = Inverse::Undo(Box::new(create(grant)));
    revoke
}
