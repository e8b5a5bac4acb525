//! The requests about app role assignments, delegated grants and federated identity credentials.

use serde_json::{Map, Value};

use crate::graph::{Method, Response};

use super::assignments::{self, Side};
use super::federated;
use super::guid::Guid;
use super::page::ListSet;
use super::path::Segment;
use super::problem::Problem;
use super::record::Key;
use super::route::{Call, created, no_content};
use super::tenant::Tenant;

/// `…/appRoleAssignments` and `…/appRoleAssignedTo`.
pub(super) fn assignments(
    tenant: &mut Tenant,
    call: &Call<'_>,
    side: Side,
    rest: &[Segment],
) -> Result<Response, Problem> {
    let context = "appRoleAssignments";
    let id = rest.first().map(|segment| segment.text.as_str());
    match (call.method(), id) {
        (Method::Get, None | Some("$count")) => {
            let set = match side {
                Side::Principal(principal) => ListSet::AssignmentsOf { principal },
                Side::Resource(resource) => ListSet::AssignedTo { resource },
            };
            call.list(tenant, set)
        }
        (Method::Post, None) => {
            let id = assignments::assign(tenant, side, call.body())?;
            let view = assignments::assignment_view(tenant, &id).unwrap_or_default();
            Ok(created(tenant, context, view))
        }
        (Method::Get, Some(id)) => {
            let view = assignments::find_assignment(tenant, side, id)
                .filter(|_| tenant.seen_assignment(id).is_some())
                .and_then(|_| assignments::assignment_view(tenant, id))
                .ok_or_else(|| Problem::not_found(id))?;
            let set = match side {
                Side::Principal(principal) => ListSet::AssignmentsOf { principal },
                Side::Resource(resource) => ListSet::AssignedTo { resource },
            };
            call.one(tenant, &set, view)
        }
        (Method::Delete, Some(id)) => assignments::revoke(tenant, side, id).map(|()| no_content()),
        (Method::Patch | Method::Put | Method::Delete, None)
        | (Method::Patch | Method::Put | Method::Post, Some(_)) => {
            Err(Problem::method_not_allowed())
        }
    }
}

/// One grant.
pub(super) fn grant(
    tenant: &mut Tenant,
    call: &Call<'_>,
    method: Method,
    id: &str,
) -> Result<Response, Problem> {
    match method {
        Method::Get => {
            let seen = tenant.seen_grant(id);
            let view = seen.and_then(|_| assignments::grant_view(tenant, id));
            let view = view.ok_or_else(|| Problem::not_found(id))?;
            call.one(tenant, &ListSet::Grants, view)
        }
        Method::Patch => assignments::update_grant(tenant, id, call.body()).map(|()| no_content()),
        Method::Delete => {
            tenant.remove_grant(id);
            Ok(no_content())
        }
        Method::Post | Method::Put => Err(Problem::method_not_allowed()),
    }
}

/// `…/federatedIdentityCredentials`.
pub(super) fn federated(
    tenant: &mut Tenant,
    call: &Call<'_>,
    application: Guid,
    first: &Segment,
    rest: &[Segment],
) -> Result<Response, Problem> {
    let context = format!("applications('{application}')/federatedIdentityCredentials");
    let view = |tenant: &Tenant, id: Guid| -> Map<String, Value> {
        federated::view(tenant, application, id).unwrap_or_default()
    };
    let by_name = first
        .key
        .as_ref()
        .filter(|key| key.property.as_deref() == Some("name"))
        .map(|key| key.value.as_str());
    let key = match &first.key {
        Some(key) => Some(key.value.as_str()),
        None => rest.first().map(|segment| segment.text.as_str()),
    };
    let Some(key) = key.filter(|key| *key != "$count") else {
        return match call.method() {
            Method::Get => call.list(tenant, ListSet::Federated { application }),
            Method::Post => {
                let id = federated::create(tenant, application, call.body(), None)?;
                Ok(created(tenant, &context, view(tenant, id)))
            }
            Method::Patch | Method::Put | Method::Delete => Err(Problem::method_not_allowed()),
        };
    };
    let Some(id) = federated::find(tenant, application, key) else {
        let upsert = call.method() == Method::Patch && call.creates_if_missing();
        return match by_name {
            Some(name) if upsert => {
                let id = federated::create(tenant, application, call.body(), Some(name))?;
                Ok(created(tenant, &context, view(tenant, id)))
            }
            Some(_) | None => Err(Problem::not_found(key)),
        };
    };
    match call.method() {
        Method::Get => {
            let seen = tenant.seen_plain(&Key::Federated { application, id });
            if seen.is_none() {
                return Err(Problem::not_found(key));
            }
            let set = ListSet::Federated { application };
            call.one(tenant, &set, view(tenant, id))
        }
        Method::Patch => {
            federated::update(tenant, application, id, call.body()).map(|()| no_content())
        }
        Method::Delete => {
            tenant.records.put(Key::Federated { application, id }, None);
            Ok(no_content())
        }
        Method::Post | Method::Put => Err(Problem::method_not_allowed()),
    }
}
