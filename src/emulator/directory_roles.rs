//! `directoryRoles`: the older view of directory roles, which shows those that were activated. Their members are the
//! assignments of the role to the whole tenant. Source: directoryrole resource, directoryrole-post-directoryroles,
//! directoryrole-post-members, directoryrole-delete-member.

use serde_json::{Value, json};

use crate::graph::{Method, Response};

use super::body;
use super::document::DocumentSet;
use super::documents;
use super::guid::{Dice, Guid};
use super::membership;
use super::page::{Given, ListSet};
use super::path::Segment;
use super::problem::Problem;
use super::record::{Key, Properties, Relation, Term};
use super::roles;
use super::route::{Call, Locator, created, locator, no_content};
use super::shape::Shape;
use super::tenant::Tenant;

const SET: DocumentSet = DocumentSet::DirectoryRole;
/// The directory role that is active from the beginning.
const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";
const WHOLE_TENANT: &str = "/";

/// Activates what is active in a new tenant.
pub(super) fn found(tenant: &mut Tenant) {
    if let Some(template) = Guid::parse(GLOBAL_ADMINISTRATOR) {
        put(tenant, template);
    }
}

/// Answers a request below `directoryRoles`.
pub(super) fn serve(
    tenant: &mut Tenant,
    call: &Call<'_>,
    (first, rest): (&Segment, &[Segment]),
) -> Result<Response, Problem> {
    let located = locator(first, rest).filter(|(at, _)| at.text() != "$count");
    let Some((locator, rest)) = located else {
        return match call.method() {
            Method::Get => call.list(tenant, listing(tenant)),
            Method::Post => {
                let id = activate(tenant, call.body())?;
                let view = documents::document(tenant, SET, Guid::ZERO, &id)?;
                Ok(created(tenant, "directoryRoles", view))
            }
            Method::Patch | Method::Put | Method::Delete => Err(Problem::method_not_allowed()),
        };
    };
    let role = find(tenant, &locator).ok_or_else(|| Problem::not_found(locator.text()))?;
    let Some((below, rest)) = rest.split_first() else {
        return match call.method() {
            Method::Get => call.one(tenant, &listing(tenant), role),
            Method::Post | Method::Patch | Method::Put | Method::Delete => {
                Err(Problem::method_not_allowed())
            }
        };
    };
    if below.name() != "members" {
        return Err(Problem::unknown_segment(&below.text));
    }
    let template = role.get("roleTemplateId").and_then(Value::as_str);
    let template = template.and_then(Guid::parse).unwrap_or(Guid::ZERO);
    members(tenant, call, template, rest)
}

fn members(
    tenant: &mut Tenant,
    call: &Call<'_>,
    template: Guid,
    rest: &[Segment],
) -> Result<Response, Problem> {
    let names: Vec<String> = rest.iter().map(Segment::name).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    match (call.method(), names.as_slice()) {
        (Method::Get, [] | ["$ref" | "$count"]) => {
            let ids = holders(tenant, template);
            call.list(tenant, membership::objects(tenant, ids.into_iter()))
        }
        (Method::Post, ["$ref"]) => {
            let principal = body::reference(call.body())?;
            let assignment = json!({"roleDefinitionId": template, "principalId": principal,
                "directoryScopeId": WHOLE_TENANT});
            roles::assign(tenant, Some(&assignment)).map_err(|problem| {
                match problem == Problem::conflicting_object() {
                    true => Problem::already_linked(Relation::Members),
                    false => problem,
                }
            })?;
            Ok(no_content())
        }
        (Method::Delete, [member, "$ref"]) => {
            let id = Guid::parse(member).ok_or_else(|| Problem::invalid_object_id(member))?;
            if !holders(tenant, template).contains(&id) {
                return Err(Problem::not_found(member));
            }
            roles::unassign(tenant, template, id, WHOLE_TENANT);
            Ok(no_content())
        }
        _ => Err(Problem::method_not_allowed()),
    }
}

/// Who has the directory role for the whole tenant.
fn holders(tenant: &Tenant, template: Guid) -> Vec<Guid> {
    tenant
        .records
        .find(Term::Definition(template), None)
        .filter_map(|key| tenant.seen_plain(key))
        .filter(|assignment| assignment.get("directoryScopeId") == Some(&json!(WHOLE_TENANT)))
        .filter_map(|assignment| assignment.get("principalId").and_then(Value::as_str))
        .filter_map(Guid::parse)
        .collect()
}

fn listing(tenant: &Tenant) -> ListSet {
    let entries = documents::all(tenant, SET, Guid::ZERO)
        .map(|(id, role)| (documents::key(SET, Guid::ZERO, id), role.clone()))
        .collect();
    ListSet::Given(Given {
        shape: Shape::Document(SET),
        context: "directoryRoles".to_owned(),
        entries,
    })
}

fn find(tenant: &Tenant, locator: &Locator) -> Option<Properties> {
    let named = |role: &&Properties| {
        let (name, value) = match locator {
            Locator::Id(id) => ("id", id),
            Locator::Alternate { property, value } if property == "roleTemplateId" => {
                ("roleTemplateId", value)
            }
            Locator::Alternate { .. } => return false,
        };
        let found = role.get(name).and_then(Value::as_str);
        found.is_some_and(|found| found.eq_ignore_ascii_case(value))
    };
    documents::all(tenant, SET, Guid::ZERO)
        .map(|(_, role)| role)
        .find(named)
        .cloned()
}

/// Activates the directory role of a template.
fn activate(tenant: &mut Tenant, given: Option<&Value>) -> Result<String, Problem> {
    let template = body::members(given)?.get("roleTemplateId");
    let text = template
        .and_then(Value::as_str)
        .ok_or_else(|| Problem::required("roleTemplateId", "DirectoryRole"))?;
    let template = roles::definition(tenant, text)?;
    let definition = tenant.records.plain(&Key::RoleDefinition(template));
    let built_in = definition.and_then(|of| of.get("isBuiltIn")) == Some(&json!(true));
    if !built_in {
        return Err(Problem::not_found(text));
    }
    let id = id_of(tenant, template);
    if documents::document(tenant, SET, Guid::ZERO, &id).is_ok() {
        return Err(Problem::conflicting_object());
    }
    put(tenant, template);
    Ok(id)
}

fn put(tenant: &mut Tenant, template: Guid) {
    let definition = tenant.records.plain(&Key::RoleDefinition(template));
    let of = |name: &str| definition.and_then(|found| found.get(name)).cloned();
    let role = Properties::from_iter([
        ("deletedDateTime".to_owned(), Value::Null),
        (
            "description".to_owned(),
            of("description").unwrap_or_default(),
        ),
        (
            "displayName".to_owned(),
            of("displayName").unwrap_or_default(),
        ),
        ("roleTemplateId".to_owned(), json!(template)),
    ]);
    let id = id_of(tenant, template);
    documents::put(tenant, SET, Guid::ZERO, &id, role);
}

/// Another one in every tenant, and not the template's.
fn id_of(tenant: &Tenant, template: Guid) -> String {
    let text = format!("{} {template}", tenant.meta.tenant_id);
    let seed = text.bytes().fold(11u64, |seed, byte| {
        seed.wrapping_mul(0x100_0000_01b3) ^ u64::from(byte)
    });
    Dice(seed).guid().to_string()
}
