//! What service principals of applications of other tenants bring with them: Microsoft's, and anybody else's.

use serde_json::{Value, json};

use crate::graph::facts;

use super::guid::{Dice, Guid};
use super::record::{Kind, Properties};
use super::tenant::Tenant;

/// Permission scopes of Microsoft's other APIs: application id, id of the scope, its value.
/// Source: the manifests in learn.microsoft.com's tutorials for these APIs.
const SCOPES: [(&str, &str, &str); 3] = [
    (
        "797f4846-ba00-4fd7-ba43-dac1f8f63013",
        "41094075-9dad-400e-a0bd-54e686782033",
        "user_impersonation",
    ),
    (
        "499b84ac-1321-427f-aa17-267ca6975798",
        "ee69721e-6c3a-468f-a9ec-302d16a4c599",
        "user_impersonation",
    ),
    (
        "cfa8b339-82a2-471a-a3c9-0fc0be7a4093",
        "f53da476-18e3-4152-8e01-aec403e6edc0",
        "user_impersonation",
    ),
];

/// Whose service principals a tenant starts with.
const PRESENT: [&str; 8] = [
    facts::MICROSOFT_GRAPH_APP_ID,
    "00000002-0000-0000-c000-000000000000",
    "797f4846-ba00-4fd7-ba43-dac1f8f63013",
    "499b84ac-1321-427f-aa17-267ca6975798",
    "cfa8b339-82a2-471a-a3c9-0fc0be7a4093",
    "00000002-0000-0ff1-ce00-000000000000",
    "00000003-0000-0ff1-ce00-000000000000",
    "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
];

/// Puts Microsoft's service principals into a new tenant.
pub(super) fn found(tenant: &mut Tenant) {
    for app_id in PRESENT {
        let id = tenant.meta.dice.guid();
        let mut whole = properties(app_id);
        whole.insert("appId".to_owned(), Value::from(app_id));
        tenant.create_object(id, Kind::ServicePrincipal, whole);
    }
}

/// What the service principal of an application of another tenant shows; the emulator cannot ask that tenant, so
/// all it says of an application that is not Microsoft's is that it exists.
pub(super) fn properties(app_id: &str) -> Properties {
    let known = facts::well_known_application_by_id(app_id);
    let name = known.map_or(app_id, |application| application.name());
    let owner = match known {
        Some(application) => application
            .owner_tenant
            .unwrap_or(facts::MICROSOFT_SERVICES_TENANT)
            .to_owned(),
        None => stranger(app_id).to_string(),
    };
    let (roles, scopes) = permissions(app_id);
    let mut properties = Properties::new();
    for (property, value) in [
        ("displayName", Value::from(name)),
        ("appDisplayName", Value::from(name)),
        ("appOwnerOrganizationId", Value::from(owner)),
        ("signInAudience", Value::from("AzureADMultipleOrgs")),
        ("servicePrincipalType", Value::from("Application")),
        ("servicePrincipalNames", json!([app_id])),
        ("appRoles", Value::from(roles)),
        ("oauth2PermissionScopes", Value::from(scopes)),
    ] {
        properties.insert(property.to_owned(), value);
    }
    properties
}

/// Some tenant that is not this one; the same for the same application.
fn stranger(app_id: &str) -> Guid {
    let seed = app_id
        .bytes()
        .fold(7u64, |seed, byte| seed.wrapping_mul(131) ^ u64::from(byte));
    Dice(seed).guid()
}

fn permissions(app_id: &str) -> (Vec<Value>, Vec<Value>) {
    if app_id != facts::MICROSOFT_GRAPH_APP_ID {
        let scopes = SCOPES
            .iter()
            .filter(|(of, _, _)| *of == app_id)
            .map(|(_, id, value)| scope(id, value, "User"))
            .collect();
        return (Vec::new(), scopes);
    }
    let mut roles = Vec::new();
    let mut scopes = Vec::new();
    for permission in facts::graph_permissions() {
        if let Some(id) = permission.application_id {
            roles.push(json!({
                "allowedMemberTypes": ["Application"], "description": permission.name,
                "displayName": permission.name, "id": id, "isEnabled": true, "origin": "Application",
                "value": permission.name,
            }));
        }
        if let Some(id) = permission.delegated_id {
            let consent = match permission.delegated_consent {
                Some(facts::Consent::User) => "User",
                Some(facts::Consent::Admin) | None => "Admin",
            };
            scopes.push(scope(id, permission.name, consent));
        }
    }
    (roles, scopes)
}

fn scope(id: &str, value: &str, consent: &str) -> Value {
    json!({
        "adminConsentDescription": value, "adminConsentDisplayName": value, "id": id, "isEnabled": true,
        "type": consent, "userConsentDescription": null, "userConsentDisplayName": null, "value": value,
    })
}
