//! Stand-in until the read side is there: lists everything on one page.

use serde_json::{Map, Value, json};

use crate::graph::Request;

use super::assignments;
use super::federated;
use super::guid::Guid;
use super::problem::Problem;
use super::query::Query;
use super::record::{Key, Kind, Life, Relation, Term};
use super::schema;
use super::tenant::Tenant;

/// What can be listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ListSet {
    Objects(Kind),
    Deleted(Kind),
    Links { from: Guid, relation: Relation },
    LinkedFrom { to: Guid, relation: Relation },
    Federated { application: Guid },
    AssignedTo { resource: Guid },
    AssignmentsOf { principal: Guid },
    Grants,
    GrantsOf { client: Guid },
    GrantsFor { principal: Guid },
    RoleDefinitions,
    RoleAssignments,
    Organization,
    Domains,
}

pub(super) fn list(
    tenant: &Tenant,
    set: ListSet,
    query: &Query,
    _request: &Request,
) -> Result<Value, Problem> {
    let _ = &query.text;
    let records = &tenant.records;
    let views = |ids: Vec<Guid>| -> Vec<Value> {
        ids.into_iter()
            .filter_map(|id| schema::view(tenant, id))
            .map(Value::Object)
            .collect()
    };
    let value: Vec<Value> = match set {
        ListSet::Objects(kind) => views(records.of_kind(kind, Life::Alive, None).collect()),
        ListSet::Deleted(kind) => views(records.of_kind(kind, Life::Deleted, None).collect()),
        ListSet::Links { from, relation } => views(
            records
                .links(from, relation, None)
                .filter(|id| records.living(*id).is_some())
                .collect(),
        ),
        ListSet::LinkedFrom { to, relation } => views(
            records
                .linked_from(to, relation)
                .filter(|id| records.living(*id).is_some())
                .collect(),
        ),
        ListSet::Federated { application } => records
            .federated(application)
            .filter_map(|(id, _)| federated::view(tenant, application, id))
            .map(Value::Object)
            .collect(),
        ListSet::AssignedTo { resource } => assignment_list(tenant, Term::Resource(resource)),
        ListSet::AssignmentsOf { principal } => assignment_list(tenant, Term::Principal(principal)),
        ListSet::Grants => records
            .range(Key::Grant(String::new()), Key::Grant("~".to_owned()))
            .filter_map(|(key, _)| grant(tenant, key))
            .collect(),
        ListSet::GrantsOf { client } => records
            .find(Term::Client(client), None)
            .filter_map(|key| grant(tenant, key))
            .collect(),
        ListSet::GrantsFor { principal } => records
            .find(Term::Principal(principal), None)
            .filter_map(|key| grant(tenant, key))
            .collect(),
        ListSet::RoleDefinitions => plain(
            tenant,
            Key::RoleDefinition(Guid::ZERO),
            Key::RoleDefinition(Guid::MAX),
        ),
        ListSet::RoleAssignments => plain(
            tenant,
            Key::RoleAssignment(String::new()),
            Key::RoleAssignment("~".to_owned()),
        ),
        ListSet::Organization => plain(tenant, Key::Organization, Key::Organization),
        ListSet::Domains => plain(
            tenant,
            Key::Domain(String::new()),
            Key::Domain("~".to_owned()),
        ),
    };
    Ok(json!({ "value": value }))
}

pub(super) fn one(view: Map<String, Value>, _query: &Query) -> Result<Value, Problem> {
    Ok(Value::Object(view))
}

fn assignment_list(tenant: &Tenant, term: Term) -> Vec<Value> {
    tenant
        .records
        .find(term, None)
        .filter_map(|key| match key {
            Key::Assignment(id) => assignments::assignment_view(tenant, id).map(Value::Object),
            _ => None,
        })
        .collect()
}

fn grant(tenant: &Tenant, key: &Key) -> Option<Value> {
    match key {
        Key::Grant(id) => assignments::grant_view(tenant, id).map(Value::Object),
        _ => None,
    }
}

fn plain(tenant: &Tenant, from: Key, to: Key) -> Vec<Value> {
    tenant
        .records
        .range(from, to)
        .filter_map(|(key, _)| tenant.records.plain(key))
        .map(|properties| Value::Object(properties.clone()))
        .collect()
}
