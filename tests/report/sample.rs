//! Plans that are built by hand.

use std::collections::{BTreeMap, BTreeSet};

use idac::address::{Address, Name, ObjectId, TenantId};
use idac::digest::Digest;
use idac::object::{ObservedObject, Properties};
use idac::plan::{Action, Basis, Inverse, LeftAlone, Plan, Reason, Risk, Step, StepId, Target};
use serde_json::json;

/// The text without its colours.
pub(crate) fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
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

pub(crate) fn properties(json: serde_json::Value) -> Properties {
    serde_json::from_value(json).expect("properties")
}

/// A plan of the steps, numbered in their order.
pub(crate) fn plan(steps: Vec<Step>) -> Plan {
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

pub(crate) fn step(subject: &str, entity: &str, action: Action) -> Step {
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

pub(crate) fn create(subject: &str, entity: &str, json: serde_json::Value) -> Step {
    let action = Action::Create {
        properties: properties(json),
        revive: None,
    };
    step(subject, entity, action)
}

pub(crate) fn update(
    subject: &str,
    entity: &str,
    was: serde_json::Value,
    will: serde_json::Value,
) -> Step {
    let action = Action::Update {
        target: existing("11111111-0000-4000-8000-000000000001"),
        was: properties(was),
        will: properties(will),
    };
    step(subject, entity, action)
}

pub(crate) fn delete(subject: &str, entity: &str, json: serde_json::Value) -> Step {
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
pub(crate) fn sample() -> Plan {
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
