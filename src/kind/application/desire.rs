//! What a declared application desires: itself, its credentials, its service principal, its consents.

use std::collections::BTreeMap;

use super::KIND;
use crate::address::{Address, AppId, is_guid};
use crate::finding::{Finding, Origin};
use crate::graph::facts;
use crate::kind::desire::{Desire, bare, deletion, key_of, open};
use crate::kind::reference::Resource;
use crate::kind::{self, Shape, service_principal};
use crate::object::{Coverage, DeclaredObject, DesiredObject, Key, Node, Value};

/// The audience of tokens that the global cloud exchanges: learn.microsoft.com, workload identity federation.
const TOKEN_EXCHANGE_AUDIENCE: &str = "api://AzureADTokenExchange";

/// Adds what the application desires.
pub(in crate::kind) fn desire(object: &DeclaredObject, desire: &mut Desire<'_>) {
    let entity = kind::entity("application");
    let document = &object.document;
    super::check::check(object, desire);
    let mut application = bare(
        &object.address,
        entity.name,
        desire.key(&object.address),
        &object.origin,
    );
    application.deletion = deletion(document);
    application.previously = desire.previously(object);
    desire_permissions(document, &mut application, desire);
    desire_api(document, &mut application, desire);
    application.desire_properties(document, KIND.fields(), entity);
    complete_items(&mut application);
    created_with(&mut application, desire, &object.origin);
    if let Some(owners) = document.get("owners") {
        application.desire_links("owners", owners, desire);
    }
    if let Some(credentials) = document.get("federatedIdentityCredentials") {
        desire_credentials(credentials, &mut application, desire);
    }
    desire.add(application);
    if let Some(node) = document.get("servicePrincipal") {
        service_principal::desire_within(object, node, desire);
    }
    desire_consents(object, desire);
}

/// What Graph must be told when the object is created, although nobody wrote it.
fn created_with(application: &mut DesiredObject, desire: &Desire<'_>, origin: &Origin) {
    if !application.properties.contains_key("signInAudience") {
        let audience = Value::text("AzureADMyOrg");
        application.desire("signInAudience", audience, Coverage::OnCreate, origin);
    }
    if !desire.is_adopted(&application.address) {
        let name = desire.unique_name(application.address.name());
        application.desire("uniqueName", Value::Text(name), Coverage::OnCreate, origin);
    }
}

/// App roles and permission scopes are enabled, and scopes are for users, unless they say otherwise.
fn complete_items(application: &mut DesiredObject) {
    let enabled = ("isEnabled", Value::Bool(true));
    let for_users = ("type", Value::text("User"));
    complete(application, "appRoles", std::slice::from_ref(&enabled));
    complete(
        application,
        "api.oauth2PermissionScopes",
        &[enabled.clone(), for_users],
    );
}

fn complete(application: &mut DesiredObject, path: &str, defaults: &[(&str, Value)]) {
    let Some(property) = application.properties.get_mut(path) else {
        return;
    };
    let Value::List(items) = &mut property.value else {
        return;
    };
    for item in items {
        if let Value::Map(members) = item {
            for (name, value) in defaults {
                members
                    .entry((*name).to_owned())
                    .or_insert_with(|| value.clone());
            }
        }
    }
}

fn desire_credentials(node: &Node, application: &mut DesiredObject, desire: &mut Desire<'_>) {
    let entity = kind::entity("federatedIdentityCredential");
    let (coverage, list) = open(node);
    application.desire_set(entity.name, None, BTreeMap::new(), coverage, &node.origin);
    let Shape::List {
        item: Shape::Map(fields),
        ..
    } = credential_shape()
    else {
        return;
    };
    for item in list.items() {
        let Some(name) = item.get("name").and_then(Node::text) else {
            continue;
        };
        let address = application
            .address
            .part(&format!("federatedIdentityCredentials/{name}"));
        let mut credential = bare(&address, entity.name, key_of("name", name), &item.origin);
        credential.parent = Some(application.address.clone());
        credential.desire_properties(item, fields.iter(), entity);
        if !credential.properties.contains_key("audiences") {
            let audiences = Value::List(vec![Value::text(TOKEN_EXCHANGE_AUDIENCE)]);
            credential.desire("audiences", audiences, Coverage::Exact, &item.origin);
        }
        if desire.has(&address) {
            desire.report(Finding::error(
                "IDAC152",
                &item.origin,
                format!(
                    "two federated identity credentials of {} are called `{name}`",
                    application.address
                ),
                "give each a name of its own",
            ));
        }
        desire.add(credential);
    }
}

fn credential_shape() -> &'static Shape {
    KIND.fields()
        .find(|field| field.name == "federatedIdentityCredentials")
        .map(|field| &field.shape)
        .unwrap_or_else(|| panic!("bug: applications have federated identity credentials"))
}

/// `api`: the parts that name other objects.
fn desire_api(document: &Node, application: &mut DesiredObject, desire: &mut Desire<'_>) {
    let Some(api) = document.get("api") else {
        return;
    };
    if let Some(node) = api.get("preAuthorizedApplications") {
        let (coverage, list) = open(node);
        let mut items = BTreeMap::new();
        for item in list.items() {
            if let Some((key, value)) = pre_authorized(item, application, desire)
                && items.insert(key.clone(), value).is_some()
            {
                desire.report(Finding::error(
                    "IDAC152",
                    &item.origin,
                    format!("`{key}` is pre-authorised twice"),
                    "write one entry with all its scopes",
                ));
            }
        }
        let value = Value::List(items.into_values().collect());
        application.desire(
            "api.preAuthorizedApplications",
            value,
            coverage,
            &node.origin,
        );
    }
    if let Some(node) = api.get("knownClientApplications") {
        let (coverage, list) = open(node);
        let clients = list
            .items()
            .iter()
            .filter_map(|item| client(item, application, desire))
            .collect();
        application.desire(
            "api.knownClientApplications",
            Value::List(clients),
            coverage,
            &node.origin,
        );
    }
}

fn pre_authorized(
    item: &Node,
    application: &mut DesiredObject,
    desire: &mut Desire<'_>,
) -> Option<(String, Value)> {
    let node = item.get("application")?;
    let app_id = client(node, application, desire)?;
    let mut ids = Vec::new();
    for scope in item.get("scopes")?.items() {
        let offers = application.address.clone();
        ids.extend(permission(
            scope,
            &offers,
            &offers.to_string(),
            Offer::Scope,
            application,
            desire,
        ));
    }
    ids.sort();
    let members = BTreeMap::from([
        ("appId".to_owned(), app_id),
        ("delegatedPermissionIds".to_owned(), Value::List(ids)),
    ]);
    Some((node.text()?.to_owned(), Value::Map(members)))
}

/// The appId of a client application: of an address, or as it is written.
fn client(node: &Node, application: &mut DesiredObject, desire: &mut Desire<'_>) -> Option<Value> {
    let text = node.text()?;
    if is_guid(text) {
        return Some(Value::text(AppId::new(text).as_str()));
    }
    if let Some(known) = facts::well_known_application(text) {
        return Some(Value::text(known.app_id));
    }
    let address = desire.find(node)?;
    match address.kind() {
        "application" | "servicePrincipal" | "existing" => {
            application.references.push(crate::object::Reference {
                to: address.clone(),
                property: "appId".to_owned(),
                origin: node.origin.clone(),
            });
            Some(Value::property(&address, "appId"))
        }
        kind => {
            desire.report(Finding::error(
                "IDAC151",
                &node.origin,
                format!("a {kind} is not a client application"),
                "name an application",
            ));
            None
        }
    }
}

/// What kind of permission is meant.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Offer {
    Scope,
    AppRole,
}

impl Offer {
    fn collection(self) -> &'static str {
        match self {
            Offer::Scope => "oauth2PermissionScopes",
            Offer::AppRole => "appRoles",
        }
    }

    fn is_in(self, permission: &facts::GraphPermission) -> bool {
        match self {
            Offer::Scope => permission.delegated_id.is_some(),
            Offer::AppRole => permission.application_id.is_some(),
        }
    }

    fn what(self) -> &'static str {
        match self {
            Offer::Scope => "permission scope",
            Offer::AppRole => "app role",
        }
    }

    /// `type` in `requiredResourceAccess`.
    fn access_type(self) -> &'static str {
        match self {
            Offer::Scope => "Scope",
            Offer::AppRole => "Role",
        }
    }
}

/// The id of a permission that another object, or this one, offers.
fn permission(
    node: &Node,
    offers: &Address,
    label: &str,
    offer: Offer,
    from: &mut DesiredObject,
    desire: &mut Desire<'_>,
) -> Option<Value> {
    let value = node.text()?;
    check_offered(node, value, offers, label, offer, desire)?;
    let property = format!("{}[{value}]", offer.collection());
    from.references.push(crate::object::Reference {
        to: offers.clone(),
        property: property.clone(),
        origin: node.origin.clone(),
    });
    Some(Value::property(offers, property))
}

/// Whether an API that is declared here offers the permission. What a tenant alone knows is looked up later.
pub(in crate::kind) fn check_role(
    node: &Node,
    value: &str,
    offers: &Address,
    desire: &mut Desire<'_>,
) -> Option<()> {
    check_offered(node, value, offers, offers.as_str(), Offer::AppRole, desire)
}

fn check_offered(
    node: &Node,
    value: &str,
    offers: &Address,
    label: &str,
    offer: Offer,
    desire: &mut Desire<'_>,
) -> Option<()> {
    if label == "Microsoft Graph"
        && facts::graph_permission(value).is_some_and(|known| offer.is_in(known))
    {
        return Some(());
    }
    let known: Vec<&str> = match offers.kind() {
        "application" => declared_values(desire.declared.get(offers)?, offer)?,
        _ if label == "Microsoft Graph" => facts::graph_permissions()
            .filter(|permission| offer.is_in(permission))
            .map(|permission| permission.name)
            .collect(),
        _ => return Some(()),
    };
    if known.contains(&value) {
        return Some(());
    }
    let message = format!("no {} `{value}` on {label}", offer.what());
    let finding = match offers.kind() {
        "application" => Finding::error(
            "IDAC104",
            &node.origin,
            message,
            &format!("declare the {}, or correct the name", offer.what()),
        ),
        // Microsoft adds permissions: the tenant has the last word.
        _ => Finding::warning(
            "IDAC105",
            &node.origin,
            format!("{message} that this version of idac knows"),
            "correct the name; if Microsoft added it since, the tenant will know it",
        ),
    };
    let is_known_to_be_absent = offers.kind() == "application";
    desire.report(finding.with_suggestion(value, known));
    (!is_known_to_be_absent).then_some(())
}

/// The values that a declared application offers; `None` when the declaration does not speak for all of them.
fn declared_values(object: &DeclaredObject, offer: Offer) -> Option<Vec<&str>> {
    let node = match offer {
        Offer::AppRole => object.document.get("appRoles"),
        Offer::Scope => object
            .document
            .get("api")
            .and_then(|api| api.get("oauth2PermissionScopes")),
    };
    let Some(node) = node else {
        return Some(Vec::new());
    };
    let (_, list) = open(node);
    Some(
        list.items()
            .iter()
            .filter_map(|item| item.get("value").and_then(Node::text))
            .collect(),
    )
}

/// `requiredResourceAccess`: what is asked for.
fn desire_permissions(document: &Node, application: &mut DesiredObject, desire: &mut Desire<'_>) {
    let Some(node) = document.get("requiredResourceAccess") else {
        return;
    };
    let mut entries: BTreeMap<String, Value> = BTreeMap::new();
    for item in node.items() {
        let Some(resource) = item.get("resource").and_then(|node| desire.resource(node)) else {
            continue;
        };
        let access = access(item, &resource, application, desire);
        let entry = BTreeMap::from([
            ("resourceAccess".to_owned(), Value::List(access)),
            ("resourceAppId".to_owned(), resource.app_id.clone()),
        ]);
        if entries
            .insert(resource.label.clone(), Value::Map(entry))
            .is_some()
        {
            desire.report(Finding::error(
                "IDAC152",
                &item.origin,
                format!("permissions of {} are asked for twice", resource.label),
                "write one entry with all its scopes and app roles",
            ));
        }
    }
    let value = Value::List(entries.into_values().collect());
    application.desire(
        "requiredResourceAccess",
        value,
        Coverage::Exact,
        &node.origin,
    );
}

fn access(
    item: &Node,
    resource: &Resource,
    application: &mut DesiredObject,
    desire: &mut Desire<'_>,
) -> Vec<Value> {
    let mut access = Vec::new();
    for (key, offer) in [("scopes", Offer::Scope), ("appRoles", Offer::AppRole)] {
        for node in item.get(key).map(Node::items).unwrap_or_default() {
            let id = permission(
                node,
                &resource.offers,
                &resource.label,
                offer,
                application,
                desire,
            );
            access.extend(id.map(|id| {
                Value::Map(BTreeMap::from([
                    ("id".to_owned(), id),
                    ("type".to_owned(), Value::text(offer.access_type())),
                ]))
            }));
        }
    }
    access
}

/// The grants that make permissions real, where `adminConsent: true` stands.
fn desire_consents(object: &DeclaredObject, desire: &mut Desire<'_>) {
    let Some(node) = object.document.get("requiredResourceAccess") else {
        return;
    };
    for item in node.items() {
        let consents = item.get("adminConsent").and_then(Node::boolean) == Some(true);
        if !consents {
            continue;
        }
        let Some(resource) = item.get("resource").and_then(|node| desire.resource(node)) else {
            continue;
        };
        let client = desire.service_principal_of(&object.address, &item.origin);
        let parties = Parties {
            application: &object.address,
            client: &client,
            resource: &resource,
        };
        grant_app_roles(item, &parties, desire);
        grant_scopes(item, &parties, desire);
    }
}

/// Who is granted what by whom.
struct Parties<'a> {
    application: &'a Address,
    client: &'a Address,
    resource: &'a Resource,
}

fn grant_app_roles(item: &Node, parties: &Parties<'_>, desire: &mut Desire<'_>) {
    let Parties {
        application,
        client,
        resource,
    } = parties;
    for node in item.get("appRoles").map(Node::items).unwrap_or_default() {
        let Some(value) = node.text() else { continue };
        let address = application.part(&format!("appRoleAssignments/{}:{value}", resource.label));
        let role = Value::property(&resource.offers, format!("appRoles[{value}]"));
        desire.add(service_principal::assignment(
            &address,
            client,
            &resource.service_principal,
            role,
            &node.origin,
        ));
    }
    let only = BTreeMap::from([(
        "resourceId".to_owned(),
        Value::property(&resource.service_principal, "id"),
    )]);
    desire.extend_set(
        client,
        "appRoleAssignment",
        "principalId",
        only,
        &item.origin,
    );
}

fn grant_scopes(item: &Node, parties: &Parties<'_>, desire: &mut Desire<'_>) {
    let Parties {
        application,
        client,
        resource,
    } = parties;
    let mut scopes: Vec<&str> = item
        .get("scopes")
        .map(Node::items)
        .unwrap_or_default()
        .iter()
        .filter_map(Node::text)
        .collect();
    scopes.sort_unstable();
    scopes.dedup();
    let parties_of_grant = BTreeMap::from([
        ("clientId".to_owned(), Value::property(client, "id")),
        ("consentType".to_owned(), Value::text("AllPrincipals")),
        (
            "resourceId".to_owned(),
            Value::property(&resource.service_principal, "id"),
        ),
    ]);
    if !scopes.is_empty() {
        let address = application.part(&format!("oauth2PermissionGrants/{}", resource.label));
        let key = Key::Properties(parties_of_grant.clone());
        let mut grant = bare(&address, "oAuth2PermissionGrant", key, &item.origin);
        for (name, value) in &parties_of_grant {
            grant.desire(name, value.clone(), Coverage::Exact, &item.origin);
        }
        grant.desire(
            "scope",
            Value::Text(scopes.join(" ")),
            Coverage::Exact,
            &item.origin,
        );
        desire.add(grant);
    }
    let mut only = parties_of_grant;
    only.remove("clientId");
    desire.extend_set(
        client,
        "oAuth2PermissionGrant",
        "clientId",
        only,
        &item.origin,
    );
}
