//! Directory roles: their definitions and assignments. Source: semantics, sections 9.13 and 9.14.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::graph::facts;

use super::behaviour::RoleDefinitionInUse;
use super::body::{self, Moment};
use super::declared::{ROLE_ASSIGNMENT, ROLE_DEFINITION};
use super::directory;
use super::edit::list;
use super::groups;
use super::guid::Guid;
use super::page::{Given, ListSet};
use super::problem::Problem;
use super::record::{Entry, Key, Kind, Properties, Term};
use super::schema;
use super::shape::Shape;
use super::tenant::Tenant;

const DEFINITION: &str = "UnifiedRoleDefinition";
const ASSIGNMENT: &str = "UnifiedRoleAssignment";

/// Puts the built-in definitions into a new tenant.
pub(super) fn found(tenant: &mut Tenant) {
    for role in facts::directory_roles() {
        let Some(id) = Guid::parse(role.template_id) else {
            continue;
        };
        let mut definition = schema::defaults(ROLE_DEFINITION);
        for (name, value) in [
            ("id", json!(id)),
            ("templateId", json!(id)),
            ("displayName", json!(role.name)),
            ("description", json!(role.name)),
            ("isBuiltIn", json!(true)),
            ("isEnabled", json!(true)),
            ("version", json!("1")),
            ("resourceScopes", json!(["/"])),
            (
                "rolePermissions",
                json!([{"allowedResourceActions": [], "condition": null}]),
            ),
        ] {
            definition.insert(name.to_owned(), value);
        }
        tenant
            .records
            .put(Key::RoleDefinition(id), Some(Entry::Plain(definition)));
    }
}

/// `directoryRoleTemplates`: the built-in definitions under their older name.
pub(super) fn templates(tenant: &Tenant) -> ListSet {
    let definitions = ListSet::RoleDefinitions;
    let entries = definitions
        .keys(tenant, None, None)
        .filter_map(|key| {
            let definition = definitions.view(tenant, &key)?;
            let built_in = definition.get("isBuiltIn") == Some(&json!(true));
            let of = |name: &str| (name.to_owned(), definition.get(name).cloned());
            let template = [of("id"), of("displayName"), of("description")];
            let mut template: Properties = template
                .into_iter()
                .map(|(name, value)| (name, value.unwrap_or_default()))
                .collect();
            template.insert("deletedDateTime".to_owned(), Value::Null);
            built_in.then_some((key, template))
        })
        .collect();
    ListSet::Given(Given {
        shape: Shape::RoleDefinition,
        context: "directoryRoleTemplates".to_owned(),
        entries,
    })
}

/// `subscribedSkus`: the tenant has bought nothing.
pub(super) fn no_licences() -> ListSet {
    ListSet::Given(Given {
        shape: Shape::Mixed,
        context: "subscribedSkus".to_owned(),
        entries: Default::default(),
    })
}

/// The definition with this id.
pub(super) fn definition(tenant: &Tenant, text: &str) -> Result<Guid, Problem> {
    let id = Guid::parse(text).ok_or_else(|| Problem::invalid_object_id(text))?;
    match tenant.records.plain(&Key::RoleDefinition(id)) {
        Some(_) => Ok(id),
        None => Err(Problem::not_found(text)),
    }
}

/// Creates a custom definition; its id is its template id.
pub(super) fn create_definition(
    tenant: &mut Tenant,
    body: Option<&Value>,
) -> Result<Guid, Problem> {
    let behaviour = tenant.meta.behaviour.clone();
    let given = body::read_plain(
        ROLE_DEFINITION,
        DEFINITION,
        body,
        Moment::Creation,
        &behaviour,
    )?;
    for name in ["displayName", "isEnabled", "rolePermissions"] {
        if given.get(name).is_none_or(Value::is_null) {
            return Err(Problem::required(name, DEFINITION));
        }
    }
    let template = given.get("templateId").and_then(Value::as_str);
    let id = match template.and_then(Guid::parse) {
        Some(id) => id,
        None => tenant.meta.dice.guid(),
    };
    if tenant.records.entry(&Key::RoleDefinition(id)).is_some() {
        return Err(Problem::conflicting_object());
    }
    let mut definition = schema::defaults(ROLE_DEFINITION);
    for (name, value) in given {
        definition.insert(name.to_owned(), value);
    }
    for (name, value) in [
        ("id", json!(id)),
        ("templateId", json!(id)),
        ("isBuiltIn", json!(false)),
        ("resourceScopes", json!(["/"])),
    ] {
        definition.insert(name.to_owned(), value);
    }
    check_definition(&definition)?;
    tenant
        .records
        .put(Key::RoleDefinition(id), Some(Entry::Plain(definition)));
    Ok(id)
}

/// Changes a custom definition.
pub(super) fn update_definition(
    tenant: &mut Tenant,
    id: Guid,
    body: Option<&Value>,
) -> Result<(), Problem> {
    let behaviour = tenant.meta.behaviour.clone();
    custom(tenant, id)?;
    let given = body::read_plain(
        ROLE_DEFINITION,
        DEFINITION,
        body,
        Moment::Update,
        &behaviour,
    )?;
    let mut definition = definition_of(tenant, id);
    for (name, value) in given {
        if name == "templateId" && definition.get(name) != Some(&value) {
            return Err(Problem::read_only(name));
        }
        definition.insert(name.to_owned(), value);
    }
    definition.insert("resourceScopes".to_owned(), json!(["/"]));
    check_definition(&definition)?;
    tenant
        .records
        .put(Key::RoleDefinition(id), Some(Entry::Plain(definition)));
    Ok(())
}

/// Deletes a custom definition; with the switch, together with its assignments.
pub(super) fn delete_definition(tenant: &mut Tenant, id: Guid) -> Result<(), Problem> {
    custom(tenant, id)?;
    let assigned: Vec<Key> = tenant
        .records
        .find(Term::Definition(id), None)
        .cloned()
        .collect();
    match tenant.meta.behaviour.role_definition_in_use {
        RoleDefinitionInUse::Refused if !assigned.is_empty() => {
            return Err(Problem::bad(
                "The role definition cannot be deleted because it is assigned.",
            ));
        }
        RoleDefinitionInUse::Refused | RoleDefinitionInUse::Deleted => {}
    }
    for key in assigned {
        tenant.records.put(key, None);
    }
    tenant.records.put(Key::RoleDefinition(id), None);
    Ok(())
}

fn definition_of(tenant: &Tenant, id: Guid) -> Properties {
    tenant
        .records
        .plain(&Key::RoleDefinition(id))
        .cloned()
        .unwrap_or_default()
}

fn custom(tenant: &Tenant, id: Guid) -> Result<(), Problem> {
    if definition_of(tenant, id).get("isBuiltIn") == Some(&json!(true)) {
        return Err(Problem::bad(
            "Built-in role definitions cannot be changed or deleted.",
        ));
    }
    Ok(())
}

fn check_definition(definition: &Properties) -> Result<(), Problem> {
    let name = definition.get("displayName").and_then(Value::as_str);
    if name.is_none_or(str::is_empty) {
        return Err(Problem::required("displayName", DEFINITION));
    }
    let granted = list(definition.get("rolePermissions"))
        .flat_map(|permission| list(permission.get("allowedResourceActions")))
        .count();
    if granted == 0 {
        return Err(Problem::invalid_value("rolePermissions", DEFINITION));
    }
    Ok(())
}

/// The assignment with this id.
pub(super) fn assignment(tenant: &Tenant, id: &str) -> Result<Properties, Problem> {
    tenant
        .records
        .plain(&Key::RoleAssignment(id.to_owned()))
        .cloned()
        .ok_or_else(|| Problem::not_found(id))
}

/// Assigns a directory role.
pub(super) fn assign(tenant: &mut Tenant, body: Option<&Value>) -> Result<String, Problem> {
    let behaviour = tenant.meta.behaviour.clone();
    let given = body::read_plain(
        ROLE_ASSIGNMENT,
        ASSIGNMENT,
        body,
        Moment::Creation,
        &behaviour,
    )?;
    let text = |name: &str| given.get(name).and_then(Value::as_str);
    let id_of = |name: &str| {
        text(name)
            .and_then(Guid::parse)
            .ok_or_else(|| Problem::required(name, ASSIGNMENT))
    };
    let definition_id = id_of("roleDefinitionId")?;
    let principal = id_of("principalId")?;
    if text("appScopeId").is_some() {
        return Err(Problem::invalid_value("appScopeId", ASSIGNMENT));
    }
    let scope = text("directoryScopeId")
        .ok_or_else(|| Problem::required("directoryScopeId", ASSIGNMENT))?
        .to_owned();
    definition(tenant, &definition_id.to_string())?;
    may_hold_role(tenant, principal)?;
    let scope_object = scope_of(tenant, &scope)?;
    let id = assignment_id(definition_id, principal, scope_object);
    let key = Key::RoleAssignment(id.clone());
    if tenant.records.entry(&key).is_some() {
        return Err(Problem::conflicting_object());
    }
    let mut assignment = Properties::new();
    for (name, value) in [
        ("id", json!(id)),
        ("principalId", json!(principal)),
        ("roleDefinitionId", json!(definition_id)),
        ("directoryScopeId", json!(scope)),
    ] {
        assignment.insert(name.to_owned(), value);
    }
    tenant.records.put(key, Some(Entry::Plain(assignment)));
    Ok(id)
}

/// Takes an assignment away, if it is there.
pub(super) fn unassign(tenant: &mut Tenant, definition: Guid, principal: Guid, scope: &str) {
    let found: Vec<Key> = tenant
        .records
        .find(Term::Principal(principal), None)
        .filter(|key| {
            tenant.records.plain(key).is_some_and(|assignment| {
                assignment.get("roleDefinitionId") == Some(&json!(definition))
                    && assignment.get("directoryScopeId") == Some(&json!(scope))
            })
        })
        .cloned()
        .collect();
    for key in found {
        tenant.records.put(key, None);
    }
}

/// Opaque to everybody else; the same for the same three.
fn assignment_id(definition: Guid, principal: Guid, scope: Option<Guid>) -> String {
    let bytes: Vec<u8> = [Some(definition), Some(principal), scope]
        .into_iter()
        .flatten()
        .flat_map(Guid::mixed_endian)
        .collect();
    format!("{}-1", URL_SAFE_NO_PAD.encode(bytes))
}

pub(super) fn may_hold_role(tenant: &Tenant, principal: Guid) -> Result<(), Problem> {
    directory::existing(tenant, &principal.to_string())?;
    let Some(object) = tenant.records.object(principal) else {
        return Err(Problem::not_found(&principal.to_string()));
    };
    let fits = match object.kind {
        Kind::User | Kind::ServicePrincipal | Kind::Unknown => true,
        Kind::Group => groups::is_assignable_to_role(&object.properties),
        Kind::Application | Kind::AdministrativeUnit | Kind::Device | Kind::OrgContact => false,
    };
    if fits {
        Ok(())
    } else {
        Err(Problem::invalid_value("principalId", ASSIGNMENT))
    }
}

/// The object that a scope names; none for the whole tenant.
pub(super) fn scope_of(tenant: &Tenant, scope: &str) -> Result<Option<Guid>, Problem> {
    let wrong = || Problem::invalid_value("directoryScopeId", ASSIGNMENT);
    let rest = scope.strip_prefix('/').ok_or_else(wrong)?;
    if rest.is_empty() {
        return Ok(None);
    }
    let unit = rest.strip_prefix("administrativeUnits/");
    let id = Guid::parse(unit.unwrap_or(rest)).ok_or_else(wrong)?;
    directory::existing(tenant, &id.to_string())?;
    let kind = tenant.records.object(id).map(|object| object.kind);
    let fits = match (unit, kind) {
        (Some(_), Some(Kind::AdministrativeUnit | Kind::Unknown)) => true,
        (None, Some(Kind::Application | Kind::ServicePrincipal | Kind::Group | Kind::Unknown)) => {
            true
        }
        (Some(_) | None, _) => false,
    };
    if fits { Ok(Some(id)) } else { Err(wrong()) }
}
