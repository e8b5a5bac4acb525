//! The requests about one directory object, and those that create one.

use serde_json::{Map, Value, json};

use crate::graph::{Method, Response};

use super::applications;
use super::assignments::Side;
use super::body::{self, Moment};
use super::directory;
use super::documents;
use super::groups;
use super::guid::Guid;
use super::membership;
use super::page::ListSet;
use super::path::Segment;
use super::permissions;
use super::policies;
use super::problem::Problem;
use super::record::{Key, Kind, Relation};
use super::route::{Call, Locator, created, locate, no_content, ok};
use super::schema;
use super::service_principals;
use super::tenant::Tenant;

/// POST to an entity set.
pub(super) fn create(
    tenant: &mut Tenant,
    call: &Call<'_>,
    kind: Kind,
) -> Result<Response, Problem> {
    let body = call.body();
    let id = match kind {
        Kind::Application => applications::create(tenant, body, Moment::Creation, None)?,
        Kind::ServicePrincipal => service_principals::create(tenant, body, Moment::Creation, None)?,
        Kind::Group => groups::create(tenant, body, Moment::Creation, None)?,
        Kind::User => directory::create_user(tenant, body)?,
        Kind::AdministrativeUnit => directory::create_unit(tenant, body)?,
        Kind::Device | Kind::OrgContact => return Err(Problem::denied()),
        Kind::Unknown => return Err(Problem::method_not_allowed()),
    };
    Ok(created_object(tenant, kind, id))
}

/// PATCH with `Prefer: create-if-missing`.
pub(super) fn upsert(
    tenant: &mut Tenant,
    call: &Call<'_>,
    kind: Kind,
    locator: &Locator,
) -> Result<Response, Problem> {
    let found = locate(tenant, kind, locator);
    let missing = match found {
        Ok(id) => return update(tenant, call, kind, id),
        Err(problem) if problem.status == 404 => problem,
        Err(problem) => return Err(problem),
    };
    let Locator::Alternate { value, .. } = locator else {
        return Err(missing);
    };
    let (body, key) = (call.body(), Some(value.as_str()));
    let property = match locator {
        Locator::Alternate { property, .. } => property.as_str(),
        Locator::Id(_) => "id",
    };
    let id = match (kind, property) {
        (Kind::Application, "uniqueName") => {
            applications::create(tenant, body, Moment::Upsert, key)?
        }
        (Kind::Group, "uniqueName") => groups::create(tenant, body, Moment::Upsert, key)?,
        (Kind::ServicePrincipal, "appId") => {
            service_principals::create(tenant, body, Moment::Upsert, key)?
        }
        _ => return Err(missing),
    };
    Ok(created_object(tenant, kind, id))
}

fn created_object(tenant: &Tenant, kind: Kind, id: Guid) -> Response {
    let mut view = schema::fresh_view(tenant, id).unwrap_or_default();
    for name in schema::only_selected(kind) {
        view.remove(name);
    }
    created(tenant, context(kind), view)
}

fn context(kind: Kind) -> &'static str {
    match kind {
        Kind::AdministrativeUnit => "directory/administrativeUnits",
        _ => kind.set_name(),
    }
}

fn update(tenant: &mut Tenant, call: &Call<'_>, kind: Kind, id: Guid) -> Result<Response, Problem> {
    let body = call.body();
    match kind {
        Kind::Application => applications::update(tenant, id, body)?,
        Kind::ServicePrincipal => service_principals::update(tenant, id, body)?,
        Kind::Group => groups::update(tenant, id, body)?,
        Kind::User => directory::update_user(tenant, id, body)?,
        Kind::AdministrativeUnit => directory::update_unit(tenant, id, body)?,
        Kind::Device | Kind::OrgContact => return Err(Problem::denied()),
        Kind::Unknown => return Err(Problem::method_not_allowed()),
    }
    Ok(no_content())
}

/// A request about an object, or about what is below it.
pub(super) fn object(
    tenant: &mut Tenant,
    call: &Call<'_>,
    id: Guid,
    rest: &[Segment],
) -> Result<Response, Problem> {
    let kind = tenant
        .seen_object(id)
        .or(tenant.records.object(id))
        .map_or(Kind::Unknown, |object| object.kind);
    let Some((first, rest)) = rest.split_first() else {
        return entity(tenant, call, kind, id);
    };
    let name = first.name();
    let name = name.strip_prefix("microsoft.graph.").unwrap_or(&name);
    if let Some(relation) = relation_of(kind, name) {
        return links(tenant, call, (id, kind), relation, rest);
    }
    if let Some(sort) = documents::below(kind, name) {
        return documents::serve(tenant, call, sort, id, (first, rest));
    }
    if let Some(relation) = policies::relation(kind, name) {
        may_change_unless_read(tenant, call, id, kind)?;
        return policies::links(tenant, call, id, relation, rest);
    }
    if call.method() == Method::Post
        && let Some(answer) = membership::action(tenant, id, name, call.body())
    {
        return answer.map(ok);
    }
    let has_assignments = matches!(kind, Kind::ServicePrincipal | Kind::Group | Kind::User);
    match name {
        "approleassignments" if has_assignments => {
            permissions::assignments(tenant, call, Side::Principal(id), rest)
        }
        "approleassignedto" if kind == Kind::ServicePrincipal => {
            permissions::assignments(tenant, call, Side::Resource(id), rest)
        }
        "federatedidentitycredentials" if kind == Kind::Application => {
            permissions::federated(tenant, call, id, first, rest)
        }
        "addpassword" | "removepassword" | "addkey" | "removekey"
            if matches!(kind, Kind::Application | Kind::ServicePrincipal) =>
        {
            credentials(tenant, call, (id, kind), name)
        }
        _ if call.method() == Method::Get => related(tenant, call, (id, kind), name, rest),
        _ if Kind::from_type(name) == Some(kind) => object(tenant, call, id, rest),
        _ => Err(Problem::unknown_segment(&first.text)),
    }
}

fn relation_of(kind: Kind, name: &str) -> Option<Relation> {
    let relation = Relation::from_name(name)?;
    let has = match relation {
        Relation::Owners => matches!(
            kind,
            Kind::Application | Kind::ServicePrincipal | Kind::Group
        ),
        Relation::Members => matches!(kind, Kind::Group | Kind::AdministrativeUnit),
    };
    has.then_some(relation)
}

fn entity(tenant: &mut Tenant, call: &Call<'_>, kind: Kind, id: Guid) -> Result<Response, Problem> {
    match call.method() {
        Method::Get => {
            let mut view = schema::view(tenant, id).unwrap_or_default();
            // Only a read that names no type has to say which one it found.
            let named = call.path.segments.first().map(Segment::name);
            if named.as_deref() == Some("directoryobjects") {
                type_of(kind, &mut view);
                return call.one(tenant, &ListSet::Objects(Kind::Unknown), view);
            }
            call.one(tenant, &ListSet::Objects(kind), view)
        }
        Method::Patch => update(tenant, call, kind, id),
        Method::Delete => directory::delete(tenant, id).map(|()| no_content()),
        Method::Post | Method::Put => Err(Problem::method_not_allowed()),
    }
}

fn type_of(kind: Kind, view: &mut Map<String, Value>) {
    let of = format!("#microsoft.graph.{}", kind.type_name());
    view.insert("@odata.type".to_owned(), Value::from(of));
}

/// Lists that are not links of the object itself.
fn related(
    tenant: &mut Tenant,
    call: &Call<'_>,
    (id, kind): (Guid, Kind),
    name: &str,
    rest: &[Segment],
) -> Result<Response, Problem> {
    let set = match (name, kind) {
        ("oauth2permissiongrants", Kind::ServicePrincipal) => ListSet::GrantsOf { client: id },
        ("oauth2permissiongrants", Kind::User) => ListSet::GrantsFor { principal: id },
        ("memberof", _) => ListSet::LinkedFrom {
            to: id,
            relation: Relation::Members,
        },
        ("ownedobjects", Kind::User | Kind::ServicePrincipal) => ListSet::LinkedFrom {
            to: id,
            relation: Relation::Owners,
        },
        _ if Kind::from_type(name) == Some(kind) => return entity(tenant, call, kind, id),
        _ => match membership::transitive(tenant, (id, kind), name) {
            Some(ids) => membership::objects(tenant, ids.into_iter()),
            None => return Err(Problem::unknown_segment(name)),
        },
    };
    match rest.first().map(Segment::name) {
        Some(cast) if cast.starts_with("microsoft.graph.") => {
            let kind = Kind::from_type(&cast).ok_or_else(|| Problem::unknown_segment(&cast))?;
            let ids = set.keys(tenant, None, None).filter_map(|key| match key {
                Key::Object(id) => Some(id),
                Key::Link { from, .. } => Some(from),
                _ => None,
            });
            call.list(tenant, membership::objects_of(tenant, kind, ids))
        }
        Some(_) | None => call.list(tenant, set),
    }
}

/// Only reading is free of whose object it is.
fn may_change_unless_read(
    tenant: &Tenant,
    call: &Call<'_>,
    id: Guid,
    kind: Kind,
) -> Result<(), Problem> {
    match call.method() {
        Method::Get => Ok(()),
        Method::Post | Method::Patch | Method::Put | Method::Delete => may_change(tenant, id, kind),
    }
}

/// `…/owners` and `…/members`.
fn links(
    tenant: &mut Tenant,
    call: &Call<'_>,
    (from, kind): (Guid, Kind),
    relation: Relation,
    rest: &[Segment],
) -> Result<Response, Problem> {
    let names: Vec<String> = rest.iter().map(Segment::name).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    match (call.method(), names.as_slice()) {
        (Method::Get, [] | ["$ref" | "$count"]) => {
            call.list(tenant, ListSet::Links { from, relation })
        }
        (Method::Get, [cast] | [cast, "$count"]) if cast.starts_with("microsoft.graph.") => {
            let kind = Kind::from_type(cast).ok_or_else(|| Problem::unknown_segment(cast))?;
            call.list(
                tenant,
                ListSet::Cast {
                    from,
                    relation,
                    kind,
                },
            )
        }
        (Method::Post, ["$ref"]) => {
            may_change(tenant, from, kind)?;
            let reference = body::reference(call.body())?;
            directory::add(tenant, from, relation, &[reference]).map(|()| no_content())
        }
        (Method::Delete, [to, "$ref"]) => {
            may_change(tenant, from, kind)?;
            directory::remove(tenant, from, relation, to).map(|()| no_content())
        }
        // Without `/$ref` the URL names the object at the other end, and that is what goes.
        (Method::Delete | Method::Get, [to]) => {
            let to = directory::existing(tenant, to)?;
            if !tenant.records.has_link(from, relation, to) {
                return Err(Problem::not_found(&to.to_string()));
            }
            object(tenant, call, to, &[])
        }
        (Method::Post, []) if kind == Kind::AdministrativeUnit => {
            create_in_unit(tenant, call, from)
        }
        _ => Err(Problem::method_not_allowed()),
    }
}

fn may_change(tenant: &Tenant, id: Guid, kind: Kind) -> Result<(), Problem> {
    match kind {
        Kind::ServicePrincipal => service_principals::may_write(tenant, id),
        Kind::Application
        | Kind::Group
        | Kind::User
        | Kind::AdministrativeUnit
        | Kind::Device
        | Kind::OrgContact
        | Kind::Unknown => Ok(()),
    }
}

/// Creates a group as a member of an administrative unit.
fn create_in_unit(tenant: &mut Tenant, call: &Call<'_>, unit: Guid) -> Result<Response, Problem> {
    let of = body::members(call.body())?.get("@odata.type");
    let kind = of.and_then(Value::as_str).and_then(Kind::from_type);
    if kind != Some(Kind::Group) {
        return Err(Problem::invalid_values());
    }
    let id = groups::create(tenant, call.body(), Moment::Creation, None)?;
    tenant.add_links(unit, Relation::Members, &[id])?;
    let mut view = schema::fresh_view(tenant, id).unwrap_or_default();
    type_of(Kind::Group, &mut view);
    Ok(created(tenant, "directoryObjects", view))
}

fn credentials(
    tenant: &mut Tenant,
    call: &Call<'_>,
    (id, kind): (Guid, Kind),
    action: &str,
) -> Result<Response, Problem> {
    if call.method() != Method::Post {
        return Err(Problem::method_not_allowed());
    }
    may_change(tenant, id, kind)?;
    match action {
        "addpassword" => {
            let mut credential = applications::add_password(tenant, id, call.body())?;
            let context = format!(
                "{}/$metadata#microsoft.graph.passwordCredential",
                tenant.root
            );
            credential["@odata.context"] = json!(context);
            Ok(ok(credential))
        }
        "removepassword" => {
            applications::remove_credential(tenant, id, "passwordCredentials", call.body())
                .map(|()| no_content())
        }
        // Both need a proof that only the holder of an existing key can sign; the emulator holds none.
        _ => Err(Problem::new(
            401,
            "Authentication_MissingOrMalformed",
            "Access Token missing or malformed.",
        )),
    }
}
