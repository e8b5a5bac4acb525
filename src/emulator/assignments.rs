//! App role assignments and delegated grants. Source: semantics, sections 9.9 and 9.10.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::behaviour::{
    DefaultRoleOnResourceWithRoles, DisabledRoleAssignment, DuplicateAssignment, GrantScope,
};
use super::body::{self, Moment};
use super::declared;
use super::directory;
use super::edit::{list, word};
use super::guid::Guid;
use super::moment;
use super::problem::Problem;
use super::record::{Assignment, Entry, Grant, Key, Kind, Term};
use super::schema;
use super::service_principals;
use super::tenant::Tenant;

const PRINCIPAL_LIMIT: usize = 1500;

/// From which end an assignment is written or read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// `appRoleAssignments`: what the object has.
    Principal(Guid),
    /// `appRoleAssignedTo`: who has access to the object.
    Resource(Guid),
}

/// The assignment as Graph shows it.
pub(super) fn assignment_view(tenant: &Tenant, id: &str) -> Option<Map<String, Value>> {
    let assignment = tenant
        .seen_assignment(id)
        .or(tenant.records.assignment(id))?;
    let name = |id: Guid| service_principals::shown_name(tenant, id);
    let kind = tenant
        .records
        .object(assignment.principal)
        .map(|object| object.kind);
    let view = json!({
        "id": id,
        "deletedDateTime": null,
        "appRoleId": assignment.role,
        "createdDateTime": moment::fraction(assignment.created_ms),
        "principalDisplayName": name(assignment.principal),
        "principalId": assignment.principal,
        "principalType": kind.map(Kind::resource_name),
        "resourceDisplayName": name(assignment.resource),
        "resourceId": assignment.resource,
    });
    members(view)
}

/// The grant as Graph shows it.
pub(super) fn grant_view(tenant: &Tenant, id: &str) -> Option<Map<String, Value>> {
    let grant = tenant.seen_grant(id).or(tenant.records.grant(id))?;
    let consent = match grant.principal {
        Some(_) => "Principal",
        None => "AllPrincipals",
    };
    members(json!({
        "clientId": grant.client,
        "consentType": consent,
        "id": id,
        "principalId": grant.principal,
        "resourceId": grant.resource,
        "scope": grant.scope,
    }))
}

/// Whether reads show it: not while one of its ends is in the recycle bin.
pub(super) fn assignment_shows(tenant: &Tenant, id: &str) -> bool {
    tenant.records.assignment(id).is_some_and(|assignment| {
        alive(tenant, assignment.principal) && alive(tenant, assignment.resource)
    })
}

/// Whether reads show it: not while one of its ends is in the recycle bin.
pub(super) fn grant_shows(tenant: &Tenant, id: &str) -> bool {
    tenant.records.grant(id).is_some_and(|grant| {
        let ends = [Some(grant.client), Some(grant.resource), grant.principal];
        ends.into_iter().flatten().all(|id| alive(tenant, id))
    })
}

fn alive(tenant: &Tenant, id: Guid) -> bool {
    tenant.records.living(id).is_some()
}

fn members(view: Value) -> Option<Map<String, Value>> {
    match view {
        Value::Object(members) => Some(members),
        _ => None,
    }
}

/// Grants an app role.
pub(super) fn assign(
    tenant: &mut Tenant,
    side: Side,
    body: Option<&Value>,
) -> Result<String, Problem> {
    let resource_name = "AppRoleAssignment";
    let behaviour = tenant.meta.behaviour.clone();
    let given = body::read_plain(
        declared::ASSIGNMENT,
        resource_name,
        body,
        Moment::Creation,
        &behaviour,
    )?;
    let id_of = |name: &str| {
        let id = given.get(name).and_then(Value::as_str);
        id.and_then(Guid::parse)
            .ok_or_else(|| Problem::required(name, resource_name))
    };
    let principal = id_of("principalId")?;
    let resource = id_of("resourceId")?;
    let role = id_of("appRoleId")?;
    let (stated, here) = match side {
        Side::Principal(id) => (principal, id),
        Side::Resource(id) => (resource, id),
    };
    if stated != here {
        return Err(Problem::invalid_values());
    }
    for id in [principal, resource] {
        directory::existing(tenant, &id.to_string())?;
    }
    fits(tenant, principal, resource, role)?;
    once(tenant, principal, resource, role)?;
    let mut bytes = principal.mixed_endian().to_vec();
    bytes.extend(tenant.meta.dice.guid().mixed_endian());
    let id = URL_SAFE_NO_PAD.encode(bytes);
    let assignment = Assignment {
        principal,
        resource,
        role,
        created_ms: tenant.meta.now_ms,
    };
    tenant.records.put(
        Key::Assignment(id.clone()),
        Some(Entry::Assignment(assignment)),
    );
    Ok(id)
}

/// Whether the resource, as its service principal shows it now, offers the app role to this type of principal.
fn fits(tenant: &Tenant, principal: Guid, resource: Guid, role: Guid) -> Result<(), Problem> {
    let kind = |id: Guid| tenant.records.object(id).map(|object| object.kind);
    let (Some(principal), Some(Kind::ServicePrincipal)) = (kind(principal), kind(resource)) else {
        return Err(Problem::not_a_valid_reference());
    };
    let member_type = match principal {
        Kind::User | Kind::Group => Some("User"),
        Kind::ServicePrincipal => Some("Application"),
        Kind::Unknown => None,
        Kind::Application | Kind::AdministrativeUnit | Kind::Device | Kind::OrgContact => {
            return Err(Problem::not_a_valid_reference());
        }
    };
    let app_id = tenant
        .records
        .object(resource)
        .and_then(|resource| resource.text("appId"));
    let missing = || Err(Problem::app_role_not_found(app_id.unwrap_or_default()));
    let roles = service_principals::shown_app_roles(tenant, resource);
    let allows = |offered: &Value| {
        member_type.is_none_or(|of| list(offered.get("allowedMemberTypes")).any(|one| one == of))
    };
    if role == Guid::ZERO {
        let offers = roles.iter().any(|role| allows(role));
        return match tenant.meta.behaviour.default_role_on_resource_with_roles {
            DefaultRoleOnResourceWithRoles::Refused if offers => missing(),
            DefaultRoleOnResourceWithRoles::Refused | DefaultRoleOnResourceWithRoles::Accepted => {
                Ok(())
            }
        };
    }
    let wanted = role.to_string();
    let offered = roles
        .into_iter()
        .find(|one| word(one, "id") == Some(&wanted));
    let Some(offered) = offered.filter(|offered| allows(offered)) else {
        return missing();
    };
    let disabled = offered.get("isEnabled") == Some(&json!(false));
    match tenant.meta.behaviour.disabled_role_assignment {
        DisabledRoleAssignment::Refused if disabled => missing(),
        DisabledRoleAssignment::Refused | DisabledRoleAssignment::Accepted => Ok(()),
    }
}

fn once(tenant: &Tenant, principal: Guid, resource: Guid, role: Guid) -> Result<(), Problem> {
    let mut count = 0;
    for key in tenant.records.find(Term::Principal(principal), None) {
        let Key::Assignment(id) = key else {
            continue;
        };
        count += 1;
        let Some(other) = tenant.records.assignment(id) else {
            continue;
        };
        if other.resource == resource && other.role == role {
            let by_role = tenant.meta.behaviour.duplicate_assignment;
            return Err(match by_role {
                DuplicateAssignment::ByRole if role != Guid::ZERO => Problem::assigned_already(),
                DuplicateAssignment::ByRole | DuplicateAssignment::AlwaysConflict => {
                    Problem::entitlement_exists()
                }
            });
        }
    }
    if count >= PRINCIPAL_LIMIT {
        return Err(Problem::bad(
            "The number of app role assignments of the principal exceeds the maximum of 1500.",
        ));
    }
    Ok(())
}

/// The assignment with this id at this end. Ids are case-sensitive.
pub(super) fn find_assignment(tenant: &Tenant, side: Side, id: &str) -> Option<Assignment> {
    let assignment = tenant.records.assignment(id)?;
    let here = match side {
        Side::Principal(principal) => assignment.principal == principal,
        Side::Resource(resource) => assignment.resource == resource,
    };
    (here && assignment_shows(tenant, id)).then(|| assignment.clone())
}

/// Revokes an app role.
pub(super) fn revoke(tenant: &mut Tenant, side: Side, id: &str) -> Result<(), Problem> {
    let well_formed = URL_SAFE_NO_PAD
        .decode(id)
        .is_ok_and(|bytes| bytes.len() == 32);
    if !well_formed {
        return Err(Problem::invalid_entitlement_id());
    }
    if find_assignment(tenant, side, id).is_none() {
        return Err(Problem::entitlement_missing());
    }
    tenant.records.put(Key::Assignment(id.to_owned()), None);
    Ok(())
}

/// Creates a delegated grant; its id says what it is between.
pub(super) fn create_grant(tenant: &mut Tenant, body: Option<&Value>) -> Result<String, Problem> {
    let resource_name = "OAuth2PermissionGrant";
    let behaviour = tenant.meta.behaviour.clone();
    let given = body::read_plain(
        declared::GRANT,
        resource_name,
        body,
        Moment::Creation,
        &behaviour,
    )?;
    let text = |name: &str| given.get(name).and_then(Value::as_str);
    let id_of = |name: &str| text(name).and_then(Guid::parse);
    let required = |name: &str| Problem::required(name, resource_name);
    let client = id_of("clientId").ok_or_else(|| required("clientId"))?;
    let resource = id_of("resourceId").ok_or_else(|| required("resourceId"))?;
    let principal = match (text("consentType"), id_of("principalId")) {
        (None, _) => return Err(required("consentType")),
        (Some("AllPrincipals"), None) => None,
        (Some("Principal"), Some(principal)) => Some(principal),
        (Some("AllPrincipals" | "Principal"), _) => {
            return Err(Problem::invalid_value("principalId", resource_name));
        }
        (Some(_), _) => return Err(Problem::invalid_value("consentType", resource_name)),
    };
    of_kind(tenant, client, Kind::ServicePrincipal)?;
    of_kind(tenant, resource, Kind::ServicePrincipal)?;
    if let Some(principal) = principal {
        of_kind(tenant, principal, Kind::User)?;
    }
    let scope = text("scope").unwrap_or_default().to_owned();
    published(tenant, resource, &scope)?;
    let id = grant_id(client, resource, principal);
    if tenant.records.grant(&id).is_some() {
        return Err(Problem::permission_entry_exists());
    }
    let at = tenant.next_sequence();
    let grant = Grant {
        client,
        resource,
        principal,
        scope,
        changed_at: at,
        created_at: at,
    };
    tenant.records.put(Key::Gone(id.clone()), None);
    tenant
        .records
        .put(Key::Grant(id.clone()), Some(Entry::Grant(grant)));
    Ok(id)
}

/// base64url of the ids, each in Microsoft's byte order: 43 or 64 characters.
pub(super) fn grant_id(client: Guid, resource: Guid, principal: Option<Guid>) -> String {
    let bytes: Vec<u8> = [Some(client), Some(resource), principal]
        .into_iter()
        .flatten()
        .flat_map(Guid::mixed_endian)
        .collect();
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Replaces the scope of a grant; nothing else of it can change.
pub(super) fn update_grant(
    tenant: &mut Tenant,
    id: &str,
    body: Option<&Value>,
) -> Result<(), Problem> {
    let resource_name = "OAuth2PermissionGrant";
    let behaviour = tenant.meta.behaviour.clone();
    let given = body::read_plain(
        declared::GRANT,
        resource_name,
        body,
        Moment::Update,
        &behaviour,
    )?;
    let Some(mut grant) = tenant.records.grant(id).cloned() else {
        return Err(Problem::not_found(id));
    };
    let scope = given.get("scope").and_then(Value::as_str);
    let Some(scope) = scope else {
        return Err(Problem::required("scope", resource_name));
    };
    published(tenant, grant.resource, scope)?;
    if grant.scope != scope {
        scope.clone_into(&mut grant.scope);
        grant.changed_at = tenant.next_sequence();
        tenant
            .records
            .put(Key::Grant(id.to_owned()), Some(Entry::Grant(grant)));
    }
    Ok(())
}

fn of_kind(tenant: &Tenant, id: Guid, kind: Kind) -> Result<(), Problem> {
    directory::existing(tenant, &id.to_string())?;
    let found = tenant.records.object(id).map(|object| object.kind);
    if found == Some(kind) || found == Some(Kind::Unknown) {
        Ok(())
    } else {
        Err(Problem::not_found(&id.to_string()))
    }
}

fn published(tenant: &Tenant, resource: Guid, scope: &str) -> Result<(), Problem> {
    match tenant.meta.behaviour.grant_scope {
        GrantScope::Unchecked => return Ok(()),
        GrantScope::MustBePublished => {}
    }
    let view = schema::view(tenant, resource).unwrap_or_default();
    let known = |value: &str| {
        list(view.get("oauth2PermissionScopes")).any(|scope| word(scope, "value") == Some(value))
    };
    if scope.split_whitespace().all(known) {
        Ok(())
    } else {
        Err(Problem::invalid_value("scope", "OAuth2PermissionGrant"))
    }
}
