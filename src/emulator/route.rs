//! From a request to what answers it: the first segments decide, then the method.

use serde_json::{Map, Value, json};

use crate::graph::{Method, Request, Response};

use super::assignments;
use super::body;
use super::delta;
use super::directory;
use super::documents;
use super::guid::Guid;
use super::objects;
use super::page::{self, ListSet};
use super::path::{self, Path, Segment};
use super::permissions;
use super::policies;
use super::problem::Problem;
use super::query::Query;
use super::record::{DeltaSet, Key, Kind, Term};
use super::roles;
use super::schedules;
use super::schema;
use super::tenant::Tenant;

/// One request with what its URL says.
pub(super) struct Call<'a> {
    pub(super) request: &'a Request,
    pub(super) path: &'a Path,
}

/// Which object a URL names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Locator {
    Id(String),
    Alternate { property: String, value: String },
}

impl Locator {
    /// As messages name it.
    pub(super) fn text(&self) -> &str {
        match self {
            Locator::Id(id) => id,
            Locator::Alternate { value, .. } => value,
        }
    }
}

impl<'a> Call<'a> {
    pub(super) fn method(&self) -> Method {
        self.request.method
    }

    pub(super) fn body(&self) -> Option<&'a Value> {
        self.request.body.as_ref()
    }

    pub(super) fn query(&self) -> Result<Query, Problem> {
        Query::parse(&self.path.query)
    }

    pub(super) fn list(&self, tenant: &Tenant, set: ListSet) -> Result<Response, Problem> {
        let query = self.query()?;
        let last = self.path.segments.last().map(Segment::name);
        if last.as_deref() == Some("$count") {
            return page::count(tenant, set, &query, self.request).map(plain);
        }
        page::list(tenant, set, &query, self.request).map(ok)
    }

    pub(super) fn one(
        &self,
        tenant: &Tenant,
        set: &ListSet,
        view: Map<String, Value>,
    ) -> Result<Response, Problem> {
        let query = self.query()?;
        page::one(tenant, set, view, &query).map(ok)
    }

    pub(super) fn creates_if_missing(&self) -> bool {
        let prefer = self.request.headers.get("prefer");
        prefer.is_some_and(|prefer| {
            prefer
                .split(',')
                .any(|one| one.trim().eq_ignore_ascii_case("create-if-missing"))
        })
    }
}

/// Answers a request other than `$batch`.
pub(super) fn serve(tenant: &mut Tenant, request: &Request) -> Result<Response, Problem> {
    let path = path::parse(&tenant.root, &request.url)?;
    let call = Call {
        request,
        path: &path,
    };
    let (first, rest) = path
        .segments
        .split_first()
        .ok_or_else(|| Problem::unknown_segment(""))?;
    if request.body.is_some() && !says_json(request) {
        return Err(Problem::unreadable_payload());
    }
    match first.name().as_str() {
        "directory" => directory_root(tenant, &call, rest),
        _ if schedules::is_here(&path.segments) => schedules::serve(tenant, &call),
        "rolemanagement" => role_management(tenant, &call, rest),
        "oauth2permissiongrants" => grants(tenant, &call, first, rest),
        "organization" => facts(tenant, &call, ListSet::Organization, first, rest),
        "domains" => facts(tenant, &call, ListSet::Domains, first, rest),
        "approleassignments" => Err(Problem::no_direct_queries()),
        // Every caller of the emulator is an application.
        "me" => Err(Problem::malformed_url(
            "/me request is only valid with delegated authentication flow.",
        )),
        "subscribedskus" | "directoryroletemplates" => directory_facts(tenant, &call, first, rest),
        "policies" if is_default_app_management(rest) => {
            policies::default_app_management(tenant, &call)
        }
        _ if documents::at(&path.segments).is_some() => document(tenant, &call),
        name => match Kind::from_set(name) {
            Some(kind) => set(tenant, &call, kind, first, rest),
            None => Err(Problem::unknown_segment(&first.text)),
        },
    }
}

fn is_default_app_management(rest: &[Segment]) -> bool {
    matches!(rest, [only] if only.name() == "defaultappmanagementpolicy")
}

fn document(tenant: &mut Tenant, call: &Call<'_>) -> Result<Response, Problem> {
    match documents::at(&call.path.segments) {
        Some((sort, first, rest)) => {
            documents::serve(tenant, call, sort, Guid::ZERO, (first, rest))
        }
        None => Err(Problem::method_not_allowed()),
    }
}

/// What a tenant has and nobody writes: its licences (none), and the templates of its directory roles.
fn directory_facts(
    tenant: &mut Tenant,
    call: &Call<'_>,
    first: &Segment,
    rest: &[Segment],
) -> Result<Response, Problem> {
    if call.method() != Method::Get {
        return Err(Problem::method_not_allowed());
    }
    let set = match first.name().as_str() {
        "directoryroletemplates" => roles::templates(tenant),
        _ => roles::no_licences(),
    };
    let Some((locator, _)) = locator(first, rest).filter(|(at, _)| at.text() != "$count") else {
        return call.list(tenant, set);
    };
    let wanted = Guid::parse(locator.text()).map(Key::RoleDefinition);
    let view = wanted.and_then(|key| set.view(tenant, &key));
    let view = view.ok_or_else(|| Problem::not_found(locator.text()))?;
    call.one(tenant, &set, view)
}

/// Whether the request says that its body is JSON, as every body has to.
fn says_json(request: &Request) -> bool {
    request.headers.get("content-type").is_some_and(|value| {
        let kind = value.split(';').next().unwrap_or_default();
        kind.trim().eq_ignore_ascii_case("application/json")
    })
}

/// The application (or service principal) that a request would write.
pub(super) fn written(tenant: &Tenant, request: &Request) -> Option<Guid> {
    if request.method == Method::Get {
        return None;
    }
    let path = path::parse(&tenant.root, &request.url).ok()?;
    let (first, rest) = path.segments.split_first()?;
    let kind = Kind::from_set(&first.name())?;
    if !matches!(
        kind,
        Kind::Application | Kind::ServicePrincipal | Kind::Unknown
    ) {
        return None;
    }
    let (locator, rest) = locator(first, rest)?;
    let below = rest.first().map(Segment::name);
    if matches!(
        below.as_deref(),
        Some("approleassignments" | "approleassignedto")
    ) {
        return None;
    }
    let id = locate(tenant, kind, &locator).ok()?;
    let found = tenant.records.living(id)?.kind;
    matches!(found, Kind::Application | Kind::ServicePrincipal).then_some(id)
}

pub(super) fn ok(body: Value) -> Response {
    let mut response = Response::new(200);
    response.body = Some(body);
    response
}

/// `/$count` answers with a number as plain text.
fn plain(count: Value) -> Response {
    let mut response = ok(count);
    let text = "text/plain".to_owned();
    response.headers.insert("content-type".to_owned(), text);
    response
}

pub(super) fn no_content() -> Response {
    Response::new(204)
}

/// 201 with the whole entity.
pub(super) fn created(tenant: &Tenant, context: &str, mut view: Map<String, Value>) -> Response {
    let context = context_of(tenant, context);
    view.insert("@odata.context".to_owned(), Value::from(context));
    let mut response = Response::new(201);
    response.body = Some(Value::Object(view));
    response
}

fn context_of(tenant: &Tenant, entity: &str) -> String {
    format!("{}/$metadata#{entity}/$entity", tenant.root)
}

/// What names an object: the key of the set's segment, or the next segment.
pub(super) fn locator<'a>(
    first: &Segment,
    rest: &'a [Segment],
) -> Option<(Locator, &'a [Segment])> {
    if let Some(key) = &first.key {
        let locator = match &key.property {
            Some(property) if property != "id" => Locator::Alternate {
                property: property.clone(),
                value: key.value.clone(),
            },
            _ => Locator::Id(key.value.clone()),
        };
        return Some((locator, rest));
    }
    let (next, rest) = rest.split_first()?;
    Some((Locator::Id(next.text.clone()), rest))
}

/// The living object that a URL names, as a read sees it.
pub(super) fn locate(tenant: &Tenant, kind: Kind, locator: &Locator) -> Result<Guid, Problem> {
    let missing = || Problem::not_found(locator.text());
    let term = match locator {
        Locator::Id(text) => {
            let Some(id) = Guid::parse(text) else {
                return match kind {
                    Kind::User => directory::user_named(tenant, text).ok_or_else(missing),
                    _ => Err(Problem::invalid_object_id(text)),
                };
            };
            let of_kind = kind == Kind::Unknown
                || tenant
                    .records
                    .object(id)
                    .is_some_and(|object| object.kind == kind);
            return if of_kind && directory::is_there(tenant, id) {
                Ok(id)
            } else {
                Err(missing())
            };
        }
        Locator::Alternate { property, value } => alternate(kind, property, value)?,
    };
    tenant
        .records
        .find_objects(term)
        .map(|(id, _)| id)
        .find(|id| directory::is_there(tenant, *id) && names(tenant, *id, locator))
        .ok_or_else(missing)
}

/// Compared as the switch says: the index folds case.
fn names(tenant: &Tenant, id: Guid, locator: &Locator) -> bool {
    use super::behaviour::UniqueNameCase;
    match (locator, tenant.meta.behaviour.unique_name_case) {
        (Locator::Alternate { property, value }, UniqueNameCase::Compared)
            if property == "uniqueName" =>
        {
            let object = tenant.records.object(id);
            object.and_then(|object| object.text("uniqueName")) == Some(value)
        }
        (Locator::Alternate { .. } | Locator::Id(_), _) => true,
    }
}

fn alternate(kind: Kind, property: &str, value: &str) -> Result<Term, Problem> {
    match (kind, property) {
        (Kind::Application | Kind::ServicePrincipal, "appId") => Guid::parse(value)
            .map(|id| Term::AppId(kind, id))
            .ok_or_else(|| Problem::not_found(value)),
        (Kind::Application | Kind::Group, "uniqueName") => {
            Ok(Term::UniqueName(kind, value.to_lowercase()))
        }
        _ => Err(Problem::malformed_url(&format!(
            "The key property '{property}' is not an alternate key of the resource '{}'.",
            kind.resource_name()
        ))),
    }
}

fn directory_root(
    tenant: &mut Tenant,
    call: &Call<'_>,
    rest: &[Segment],
) -> Result<Response, Problem> {
    let (first, rest) = rest
        .split_first()
        .ok_or_else(|| Problem::unknown_segment("directory"))?;
    match first.name().as_str() {
        "deleteditems" => deleted_items(tenant, call, first, rest),
        "administrativeunits" => set(tenant, call, Kind::AdministrativeUnit, first, rest),
        _ => Err(Problem::unknown_segment(&first.text)),
    }
}

fn deleted_items(
    tenant: &mut Tenant,
    call: &Call<'_>,
    first: &Segment,
    rest: &[Segment],
) -> Result<Response, Problem> {
    let Some((locator, below)) = locator(first, rest) else {
        return Err(Problem::bad(
            "The request must be cast to a type of directory object.",
        ));
    };
    if let Some(kind) = cast(locator.text()) {
        return match (call.method(), below) {
            (Method::Get, _) => call.list(tenant, ListSet::Deleted(kind)),
            _ => Err(Problem::method_not_allowed()),
        };
    }
    let id = directory::deleted(tenant, locator.text())?;
    let action = below.first().map(Segment::name);
    match (call.method(), action.as_deref()) {
        (Method::Get, None) => {
            let kind = tenant.records.object(id).map(|object| object.kind);
            let mut view = schema::view(tenant, id).unwrap_or_default();
            let of = kind.map_or("directoryObject", Kind::type_name);
            view.insert(
                "@odata.type".to_owned(),
                json!(format!("#microsoft.graph.{of}")),
            );
            call.one(tenant, &ListSet::Objects(Kind::Unknown), view)
        }
        (Method::Delete, None) => directory::purge(tenant, id).map(|()| no_content()),
        (Method::Post, Some("restore" | "microsoft.graph.restore")) => {
            let mut view = directory::restore(tenant, id)?;
            let context = context_of(tenant, "directoryObjects");
            view.insert("@odata.context".to_owned(), Value::from(context));
            Ok(ok(Value::Object(view)))
        }
        (_, None | Some("restore" | "microsoft.graph.restore")) => {
            Err(Problem::method_not_allowed())
        }
        (_, Some(other)) => Err(Problem::unknown_segment(other)),
    }
}

/// The type that a segment casts to.
fn cast(segment: &str) -> Option<Kind> {
    let lower = segment.to_ascii_lowercase();
    lower
        .strip_prefix("microsoft.graph.")
        .and_then(Kind::from_type)
}

fn set(
    tenant: &mut Tenant,
    call: &Call<'_>,
    kind: Kind,
    first: &Segment,
    rest: &[Segment],
) -> Result<Response, Problem> {
    if first.key.is_none() {
        let next = rest.first().map(Segment::name);
        match (call.method(), next.as_deref()) {
            (Method::Get, None) if kind == Kind::Unknown => {
                return Err(Problem::no_direct_queries());
            }
            (Method::Get, None | Some("$count")) => {
                return call.list(tenant, ListSet::Objects(kind));
            }
            (Method::Post, None) => return objects::create(tenant, call, kind),
            (_, None | Some("$count")) => return Err(Problem::method_not_allowed()),
            (Method::Get, Some("delta" | "microsoft.graph.delta")) => {
                let query = call.query()?;
                return delta::answer(tenant, DeltaSet::Objects(kind), &query, call.request);
            }
            (Method::Post, Some("getbyids" | "microsoft.graph.getbyids")) => {
                return directory::get_by_ids(tenant, call.body()).map(ok);
            }
            (Method::Post, Some("validateproperties" | "microsoft.graph.validateproperties")) => {
                body::members(call.body())?;
                return Ok(no_content());
            }
            (_, Some(_)) => {}
        }
    }
    let (locator, rest) = locator(first, rest).ok_or_else(Problem::method_not_allowed)?;
    if rest.is_empty() && call.method() == Method::Patch && call.creates_if_missing() {
        return objects::upsert(tenant, call, kind, &locator);
    }
    let read = match call.method() {
        Method::Get => tenant.read_finds(kind, &locator),
        Method::Post | Method::Patch | Method::Put | Method::Delete => None,
    };
    let id = match read {
        Some(id) => id,
        None => locate(tenant, kind, &locator)?,
    };
    objects::object(tenant, call, id, rest)
}

fn role_management(
    tenant: &mut Tenant,
    call: &Call<'_>,
    rest: &[Segment],
) -> Result<Response, Problem> {
    let [provider, first, rest @ ..] = rest else {
        return Err(Problem::unknown_segment("roleManagement"));
    };
    if provider.name() != "directory" {
        return Err(Problem::unknown_segment(&provider.text));
    }
    let located = locator(first, rest).filter(|(locator, _)| locator.text() != "$count");
    let id = located.as_ref().map(|(locator, _)| locator.text());
    match first.name().as_str() {
        "roledefinitions" => role_definitions(tenant, call, id),
        "roleassignments" => role_assignments(tenant, call, id),
        _ => Err(Problem::unknown_segment(&first.text)),
    }
}

fn role_definitions(
    tenant: &mut Tenant,
    call: &Call<'_>,
    id: Option<&str>,
) -> Result<Response, Problem> {
    let context = "roleManagement/directory/roleDefinitions";
    let view = |tenant: &Tenant, id: Guid| {
        let plain = tenant.records.plain(&Key::RoleDefinition(id));
        plain.cloned().unwrap_or_default()
    };
    let Some(id) = id else {
        return match call.method() {
            Method::Get => call.list(tenant, ListSet::RoleDefinitions),
            Method::Post => {
                let id = roles::create_definition(tenant, call.body())?;
                Ok(created(tenant, context, view(tenant, id)))
            }
            Method::Patch | Method::Put | Method::Delete => Err(Problem::method_not_allowed()),
        };
    };
    let id = roles::definition(tenant, id)?;
    match call.method() {
        Method::Get => {
            let seen = tenant.seen_plain(&Key::RoleDefinition(id)).cloned();
            let seen = seen.ok_or_else(|| Problem::not_found(&id.to_string()))?;
            call.one(tenant, &ListSet::RoleDefinitions, seen)
        }
        Method::Patch => roles::update_definition(tenant, id, call.body()).map(|()| no_content()),
        Method::Delete => roles::delete_definition(tenant, id).map(|()| no_content()),
        Method::Post | Method::Put => Err(Problem::method_not_allowed()),
    }
}

fn role_assignments(
    tenant: &mut Tenant,
    call: &Call<'_>,
    id: Option<&str>,
) -> Result<Response, Problem> {
    let context = "roleManagement/directory/roleAssignments";
    let Some(id) = id else {
        return match call.method() {
            Method::Get => call.list(tenant, ListSet::RoleAssignments),
            Method::Post => {
                let id = roles::assign(tenant, call.body())?;
                let view = roles::assignment(tenant, &id)?;
                Ok(created(tenant, context, view))
            }
            Method::Patch | Method::Put | Method::Delete => Err(Problem::method_not_allowed()),
        };
    };
    roles::assignment(tenant, id)?;
    match call.method() {
        Method::Get => {
            let seen = tenant.seen_plain(&Key::RoleAssignment(id.to_owned()));
            let seen = seen.cloned().ok_or_else(|| Problem::not_found(id))?;
            call.one(tenant, &ListSet::RoleAssignments, seen)
        }
        Method::Delete => {
            tenant.records.put(Key::RoleAssignment(id.to_owned()), None);
            Ok(no_content())
        }
        Method::Patch | Method::Post | Method::Put => Err(Problem::method_not_allowed()),
    }
}

fn grants(
    tenant: &mut Tenant,
    call: &Call<'_>,
    first: &Segment,
    rest: &[Segment],
) -> Result<Response, Problem> {
    let context = "oauth2PermissionGrants";
    let located = locator(first, rest);
    let id = located.as_ref().map(|(locator, _)| locator.text());
    match (call.method(), id) {
        (Method::Get, None | Some("$count")) => call.list(tenant, ListSet::Grants),
        (Method::Get, Some("delta" | "delta()" | "microsoft.graph.delta")) => {
            let query = call.query()?;
            delta::answer(tenant, DeltaSet::Grants, &query, call.request)
        }
        (Method::Post, None) => {
            let id = assignments::create_grant(tenant, call.body())?;
            let view = assignments::grant_view(tenant, &id).unwrap_or_default();
            Ok(created(tenant, context, view))
        }
        (_, None) => Err(Problem::method_not_allowed()),
        (method, Some(id)) => {
            if !assignments::grant_shows(tenant, id) {
                return Err(Problem::not_found(id));
            }
            permissions::grant(tenant, call, method, id)
        }
    }
}

/// The organization and its domains: read only here.
fn facts(
    tenant: &mut Tenant,
    call: &Call<'_>,
    set: ListSet,
    first: &Segment,
    rest: &[Segment],
) -> Result<Response, Problem> {
    if call.method() != Method::Get {
        return Err(Problem::denied());
    }
    let Some((locator, _)) = locator(first, rest).filter(|(at, _)| at.text() != "$count") else {
        return call.list(tenant, set);
    };
    let key = match set {
        ListSet::Domains => Key::Domain(locator.text().to_lowercase()),
        _ => Key::Organization,
    };
    let view = tenant.records.plain(&key).cloned();
    let view = view.ok_or_else(|| Problem::not_found(locator.text()))?;
    let id = view.get("id").and_then(Value::as_str).unwrap_or_default();
    if !id.eq_ignore_ascii_case(locator.text()) {
        return Err(Problem::not_found(locator.text()));
    }
    call.one(tenant, &set, view)
}
