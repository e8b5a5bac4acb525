//! Policies of applications and their tokens, and who has them. Source: the resource pages of appManagementPolicy,
//! claimsMappingPolicy, tokenLifetimePolicy, tokenIssuancePolicy and homeRealmDiscoveryPolicy (semantics, section 9.16).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::graph::{Method, Response};

use super::body::{self, Moment};
use super::document::{DocumentSet, Draft};
use super::documents;
use super::edit::{list, texts, word};
use super::guid::Guid;
use super::page::{Given, ListSet};
use super::path::Segment;
use super::problem::Problem;
use super::record::{Key, Kind, Properties};
use super::route::{Call, no_content};
use super::schema;
use super::shape::Shape;
use super::tenant::Tenant;

/// The id of the policy that every tenant has.
const DEFAULT_ID: &str = "00000000-0000-0000-0000-000000000000";

/// The relations through which an object has policies, the policies, and whose objects have them.
const ASSIGNED: [(&str, DocumentSet, &[Kind]); 5] = [
    (
        "appManagementPolicies",
        DocumentSet::AppManagementPolicy,
        &[Kind::Application, Kind::ServicePrincipal],
    ),
    (
        "claimsMappingPolicies",
        DocumentSet::ClaimsMappingPolicy,
        &[Kind::ServicePrincipal],
    ),
    (
        "homeRealmDiscoveryPolicies",
        DocumentSet::HomeRealmDiscoveryPolicy,
        &[Kind::Application, Kind::ServicePrincipal],
    ),
    (
        "tokenIssuancePolicies",
        DocumentSet::TokenIssuancePolicy,
        &[Kind::Application, Kind::ServicePrincipal],
    ),
    (
        "tokenLifetimePolicies",
        DocumentSet::TokenLifetimePolicy,
        &[Kind::Application, Kind::ServicePrincipal],
    ),
];

pub(super) fn settle_app_management(_: &mut Tenant, draft: &mut Draft<'_>) -> Result<(), Problem> {
    let restrictions = draft.after.get("restrictions").unwrap_or(&Value::Null);
    restrictions_of(restrictions, "AppManagementPolicy")
}

/// Every restriction says whether it is in force, and is one that Graph knows.
fn restrictions_of(restrictions: &Value, resource: &str) -> Result<(), Problem> {
    let known: [(&str, &[&str]); 2] = [
        (
            "passwordCredentials",
            &[
                "passwordAddition",
                "passwordLifetime",
                "symmetricKeyAddition",
                "symmetricKeyLifetime",
                "customPasswordAddition",
            ],
        ),
        (
            "keyCredentials",
            &["asymmetricKeyLifetime", "trustedCertificateAuthority"],
        ),
    ];
    for (name, types) in known {
        for restriction in list(restrictions.get(name)) {
            let of = word(restriction, "restrictionType");
            let state = word(restriction, "state").unwrap_or("enabled");
            let lifetime = word(restriction, "maxLifetime");
            let fits = of.is_some_and(|of| types.contains(&of))
                && matches!(state, "enabled" | "disabled")
                && lifetime.is_none_or(|text| text.parse::<jiff::Span>().is_ok());
            if !fits {
                return Err(Problem::invalid_value(name, resource));
            }
        }
    }
    Ok(())
}

/// The definition is one JSON text that names the policy and its version.
pub(super) fn settle_token_policy(_: &mut Tenant, draft: &mut Draft<'_>) -> Result<(), Problem> {
    let wrong = || {
        Problem::bad("Property definition has an invalid value.")
            .with_detail("InvalidValue", "definition")
    };
    if draft.after.get("displayName").is_none_or(Value::is_null) {
        return Err(Problem::required("displayName", "Policy"));
    }
    let definitions: Vec<&str> = texts(&draft.after, "definition").collect();
    let [definition] = definitions.as_slice() else {
        return Err(wrong());
    };
    let read: Value = serde_json::from_str(definition).map_err(|_| wrong())?;
    let names: Vec<&String> = read
        .as_object()
        .map(|members| members.keys().collect())
        .unwrap_or_default();
    let known = [
        "ClaimsMappingPolicy",
        "TokenLifetimePolicy",
        "TokenIssuancePolicy",
        "HomeRealmDiscoveryPolicy",
    ];
    match names.as_slice() {
        [name] if known.contains(&name.as_str()) && read[name.as_str()].is_object() => Ok(()),
        _ => Err(wrong()),
    }
}

/// Nobody has a policy that is gone.
pub(super) fn forget(tenant: &mut Tenant, id: &str, _: &Properties) -> Result<(), Problem> {
    let links: Vec<Key> = documents::everywhere(tenant, DocumentSet::PolicyLink)
        .filter(|(_, policy, _)| *policy == id)
        .map(|(parent, policy, _)| documents::key(DocumentSet::PolicyLink, parent, policy))
        .collect();
    for link in links {
        tenant.records.put(link, None);
    }
    Ok(())
}

/// The policies that objects of this type have under this name.
pub(super) fn relation(kind: Kind, name: &str) -> Option<(&'static str, DocumentSet)> {
    ASSIGNED
        .iter()
        .find(|(known, _, kinds)| known.eq_ignore_ascii_case(name) && kinds.contains(&kind))
        .map(|(known, set, _)| (*known, *set))
}

pub(super) fn is_assigned(set: DocumentSet) -> bool {
    ASSIGNED.iter().any(|(_, known, _)| *known == set)
}

/// `…/claimsMappingPolicies` and the like of an application or service principal.
pub(super) fn links(
    tenant: &mut Tenant,
    call: &Call<'_>,
    object: Guid,
    (name, set): (&'static str, DocumentSet),
    rest: &[Segment],
) -> Result<Response, Problem> {
    let names: Vec<String> = rest.iter().map(Segment::name).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    match (call.method(), names.as_slice()) {
        (Method::Get, [] | ["$ref" | "$count"]) => {
            let entries = documents::all(tenant, DocumentSet::PolicyLink, object)
                .filter_map(|(policy, _)| {
                    let key = documents::key(set, Guid::ZERO, policy);
                    let view = tenant.seen_plain(&key)?.clone();
                    Some((key, view))
                })
                .collect();
            call.list(
                tenant,
                ListSet::Given(Given {
                    shape: Shape::Document(set),
                    context: format!("policies/{name}"),
                    entries,
                }),
            )
        }
        (Method::Post, ["$ref"]) => {
            let policy = body::reference(call.body())?.to_lowercase();
            documents::document(tenant, set, Guid::ZERO, &policy)?;
            for (other, link) in documents::all(tenant, DocumentSet::PolicyLink, object) {
                if other == policy {
                    return Err(Problem::bad(format!(
                        "One or more added object references already exist for the following modified properties: '{name}'."
                    )));
                }
                if link.get("relation").and_then(Value::as_str) == Some(name) {
                    return Err(Problem::conflicting_object());
                }
            }
            let link = Properties::from_iter([("relation".to_owned(), json!(name))]);
            documents::put(tenant, DocumentSet::PolicyLink, object, &policy, link);
            Ok(no_content())
        }
        (Method::Delete, [policy, "$ref"]) => {
            documents::document(tenant, DocumentSet::PolicyLink, object, policy)?;
            let key = documents::key(DocumentSet::PolicyLink, object, policy);
            tenant.records.put(key, None);
            Ok(no_content())
        }
        _ => Err(Problem::method_not_allowed()),
    }
}

/// The objects that have a policy.
pub(super) fn applies_to(tenant: &Tenant, policy: &str) -> ListSet {
    let ids = documents::everywhere(tenant, DocumentSet::PolicyLink)
        .filter(|(_, id, _)| *id == policy)
        .map(|(object, _, _)| object);
    super::membership::objects(tenant, ids)
}

/// `policies/defaultAppManagementPolicy`: there is always one.
pub(super) fn default_app_management(
    tenant: &mut Tenant,
    call: &Call<'_>,
) -> Result<Response, Problem> {
    let set = DocumentSet::DefaultAppManagementPolicy;
    let stored = documents::document(tenant, set, Guid::ZERO, DEFAULT_ID);
    let mut policy = stored.unwrap_or_else(|_| schema::defaults(set.declared()));
    if policy.get("displayName").is_none_or(Value::is_null) {
        let name = "Default app management tenant policy";
        policy.insert("displayName".to_owned(), json!(name));
        let about = "Default tenant policy that enforces app management restrictions on applications and service principals. To apply policy to targeted resources, create a new policy under appManagementPolicies collection.";
        policy.insert("description".to_owned(), json!(about));
        policy.insert("id".to_owned(), json!(DEFAULT_ID));
    }
    match call.method() {
        Method::Get => call.one(
            tenant,
            &ListSet::Given(Given {
                shape: Shape::Document(set),
                context: "policies/defaultAppManagementPolicy".to_owned(),
                entries: BTreeMap::new(),
            }),
            policy,
        ),
        Method::Patch => {
            let behaviour = tenant.meta.behaviour.clone();
            let resource = set.resource_name();
            let moment = Moment::Update;
            let given =
                body::read_plain(set.declared(), resource, call.body(), moment, &behaviour)?;
            for (name, value) in given {
                restrictions_of(&value, resource)?;
                policy.insert(name.to_owned(), value);
            }
            documents::put(tenant, set, Guid::ZERO, DEFAULT_ID, policy);
            Ok(no_content())
        }
        Method::Post | Method::Put | Method::Delete => Err(Problem::method_not_allowed()),
    }
}

/// A permission scope that people may consent to, by its id or its value.
pub(super) fn settle_classification(
    tenant: &mut Tenant,
    draft: &mut Draft<'_>,
) -> Result<(), Problem> {
    let resource = "DelegatedPermissionClassification";
    let known = ["low", "medium", "high", "unknownFutureValue"];
    let of = draft.after.get("classification").and_then(Value::as_str);
    if !of.is_some_and(|of| known.contains(&of)) {
        return Err(Problem::invalid_value("classification", resource));
    }
    let view = schema::view(tenant, draft.parent).unwrap_or_default();
    let given = |name: &str| draft.after.get(name).and_then(Value::as_str);
    let scope = list(view.get("oauth2PermissionScopes"))
        .find(|scope| {
            word(scope, "id") == given("permissionId")
                || word(scope, "value") == given("permissionName")
        })
        .ok_or_else(|| Problem::invalid_value("permissionId", resource))?;
    let (id, value) = (scope["id"].clone(), scope["value"].clone());
    let set = DocumentSet::PermissionClassification;
    let twice = documents::all(tenant, set, draft.parent)
        .any(|(_, other)| other.get("permissionId") == Some(&id));
    if twice {
        return Err(Problem::conflicting_object());
    }
    draft.after.insert("permissionId".to_owned(), id);
    draft.after.insert("permissionName".to_owned(), value);
    Ok(())
}

/// Directory extensions are named after their application.
pub(super) fn settle_extension(tenant: &mut Tenant, draft: &mut Draft<'_>) -> Result<(), Problem> {
    let resource = "ExtensionProperty";
    let of = draft.after.get("dataType").and_then(Value::as_str);
    let known = [
        "Binary",
        "Boolean",
        "DateTime",
        "Integer",
        "LargeInteger",
        "String",
    ];
    if !of.is_some_and(|of| known.contains(&of)) {
        return Err(Problem::invalid_value("dataType", resource));
    }
    let targets = [
        "User",
        "Group",
        "AdministrativeUnit",
        "Application",
        "Device",
        "Organization",
    ];
    let named: Vec<&str> = texts(&draft.after, "targetObjects").collect();
    if named.is_empty() || named.iter().any(|target| !targets.contains(target)) {
        return Err(Problem::invalid_value("targetObjects", resource));
    }
    let application = tenant.records.object(draft.parent);
    let text = |name: &str| application.and_then(|of| of.text(name)).unwrap_or_default();
    let app_id = text("appId").replace('-', "");
    let display = text("displayName").to_owned();
    let name = draft.after.get("name").and_then(Value::as_str);
    let name = format!("extension_{app_id}_{}", name.unwrap_or_default());
    let set = DocumentSet::ExtensionProperty;
    let twice = documents::all(tenant, set, draft.parent)
        .any(|(_, other)| other.get("name") == Some(&json!(name)));
    if twice {
        return Err(Problem::taken("name"));
    }
    draft.after.insert("name".to_owned(), json!(name));
    draft
        .after
        .insert("appDisplayName".to_owned(), json!(display));
    Ok(())
}

/// User flow attributes that are made are custom ones.
pub(super) fn settle_user_flow_attribute(
    tenant: &mut Tenant,
    draft: &mut Draft<'_>,
) -> Result<(), Problem> {
    let resource = "identityUserFlowAttribute";
    let of = draft.after.get("dataType").and_then(Value::as_str);
    let known = ["string", "boolean", "int64", "stringCollection", "dateTime"];
    if !of.is_some_and(|of| known.contains(&of)) {
        return Err(Problem::invalid_value("dataType", resource));
    }
    let name = draft.after.get("displayName").cloned();
    let id = draft.id;
    let twice = documents::all(tenant, DocumentSet::UserFlowAttribute, Guid::ZERO)
        .any(|(other, attribute)| other != id && attribute.get("displayName") == name.as_ref());
    if twice {
        return Err(Problem::taken("displayName"));
    }
    draft
        .after
        .insert("userFlowAttributeType".to_owned(), json!("custom"));
    Ok(())
}

pub(super) fn forget_user_flow_attribute(
    _: &mut Tenant,
    _: &str,
    attribute: &Properties,
) -> Result<(), Problem> {
    match attribute
        .get("userFlowAttributeType")
        .and_then(Value::as_str)
    {
        Some("builtIn") => Err(Problem::denied()),
        Some(_) | None => Ok(()),
    }
}
