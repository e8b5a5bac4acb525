//! Privileged identity management: requests, the schedules that they make, and the instances in force. Source: the
//! resource pages of unifiedRoleEligibilityScheduleRequest, unifiedRoleAssignmentScheduleRequest,
//! privilegedAccessGroupEligibilityScheduleRequest and -AssignmentScheduleRequest (semantics, section 9.15).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::graph::{Method, Response};

use super::body::{self, Moment};
use super::declared_schedules::{GROUP_REQUEST, ROLE_REQUEST};
use super::directory;
use super::document::DocumentSet;
use super::documents;
use super::groups;
use super::guid::Guid;
use super::moment;
use super::page::{Given, ListSet};
use super::path::Segment;
use super::problem::Problem;
use super::record::{Key, Kind, Properties, Relation};
use super::roles;
use super::route::{Call, created, locator, no_content};
use super::schedule_span::{schedule_info, span};
use super::shape::Shape;
use super::tenant::Tenant;

/// What a schedule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    Roles,
    Groups,
}

/// What a schedule gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gives {
    /// The right to activate.
    Eligibility,
    Assignment,
}

/// The three views of one privilege.
struct Privilege {
    of: Of,
    gives: Gives,
    /// Below this path are `…ScheduleRequests`, `…Schedules` and `…ScheduleInstances`.
    path: &'static str,
    name: &'static str,
    requests: DocumentSet,
    schedules: DocumentSet,
}

const PRIVILEGES: [Privilege; 4] = [
    Privilege {
        of: Of::Roles,
        gives: Gives::Eligibility,
        path: "roleManagement/directory",
        name: "roleEligibility",
        requests: DocumentSet::RoleEligibilityRequest,
        schedules: DocumentSet::RoleEligibilitySchedule,
    },
    Privilege {
        of: Of::Roles,
        gives: Gives::Assignment,
        path: "roleManagement/directory",
        name: "roleAssignment",
        requests: DocumentSet::RoleAssignmentRequest,
        schedules: DocumentSet::RoleAssignmentSchedule,
    },
    Privilege {
        of: Of::Groups,
        gives: Gives::Eligibility,
        path: "identityGovernance/privilegedAccess/group",
        name: "eligibility",
        requests: DocumentSet::GroupEligibilityRequest,
        schedules: DocumentSet::GroupEligibilitySchedule,
    },
    Privilege {
        of: Of::Groups,
        gives: Gives::Assignment,
        path: "identityGovernance/privilegedAccess/group",
        name: "assignment",
        requests: DocumentSet::GroupAssignmentRequest,
        schedules: DocumentSet::GroupAssignmentSchedule,
    },
];

/// Which of the three views a path names.
#[derive(Clone, Copy, PartialEq, Eq)]
enum View {
    Requests,
    Schedules,
    Instances,
}

impl Privilege {
    fn segment(&self, view: View) -> String {
        let what = match view {
            View::Requests => "ScheduleRequests",
            View::Schedules => "Schedules",
            View::Instances => "ScheduleInstances",
        };
        format!("{}{what}", self.name)
    }
}

/// Whether this room answers for a path.
pub(super) fn is_here(segments: &[Segment]) -> bool {
    at(segments).is_some()
}

fn at(segments: &[Segment]) -> Option<(&'static Privilege, View, &Segment, &[Segment])> {
    let names: Vec<String> = segments.iter().map(Segment::name).collect();
    PRIVILEGES.iter().find_map(|privilege| {
        let path = privilege.path.to_ascii_lowercase();
        let parts = path.split('/').count();
        if names.len() <= parts || names[..parts].join("/") != path {
            return None;
        }
        let views = [View::Requests, View::Schedules, View::Instances];
        let view = views
            .into_iter()
            .find(|view| privilege.segment(*view).eq_ignore_ascii_case(&names[parts]))?;
        Some((privilege, view, &segments[parts], &segments[parts + 1..]))
    })
}

/// Answers a request about requests, schedules or instances.
pub(super) fn serve(tenant: &mut Tenant, call: &Call<'_>) -> Result<Response, Problem> {
    let segments = &call.path.segments;
    let Some((privilege, view, first, rest)) = at(segments) else {
        return Err(Problem::unknown_segment("schedules"));
    };
    let set = collection(tenant, privilege, view);
    let located = locator(first, rest).filter(|(at, _)| at.text() != "$count");
    let Some((locator, rest)) = located else {
        return match (call.method(), view) {
            (Method::Get, _) => call.list(tenant, set),
            (Method::Post, View::Requests) => {
                let request = ask(tenant, privilege, call.body())?;
                let context = format!("{}/{}", privilege.path, privilege.segment(view));
                Ok(created(tenant, &context, request))
            }
            (Method::Post | Method::Patch | Method::Put | Method::Delete, _) => {
                Err(Problem::method_not_allowed())
            }
        };
    };
    let id = locator.text().to_lowercase();
    let stored = match view {
        View::Requests => privilege.requests,
        View::Schedules | View::Instances => privilege.schedules,
    };
    let key = documents::key(stored, Guid::ZERO, &id);
    let found = set.view(tenant, &key);
    let found = found.ok_or_else(|| Problem::not_found(&id))?;
    let action = rest.first().map(Segment::name);
    match (call.method(), view, action.as_deref()) {
        (Method::Get, _, None) => call.one(tenant, &set, found),
        (Method::Post, View::Requests, Some("cancel" | "microsoft.graph.cancel")) => {
            cancel(tenant, privilege, &id, found).map(|()| no_content())
        }
        (_, _, Some(other)) => Err(Problem::unknown_segment(other)),
        (_, _, None) => Err(Problem::method_not_allowed()),
    }
}

fn collection(tenant: &Tenant, privilege: &'static Privilege, view: View) -> ListSet {
    let stored = match view {
        View::Requests => privilege.requests,
        View::Schedules | View::Instances => privilege.schedules,
    };
    let entries: BTreeMap<Key, Properties> = documents::all(tenant, stored, Guid::ZERO)
        .filter_map(|(id, document)| {
            let key = documents::key(stored, Guid::ZERO, id);
            let document = match view {
                View::Requests | View::Schedules => document.clone(),
                View::Instances => instance(tenant, privilege, document)?,
            };
            Some((key, document))
        })
        .collect();
    ListSet::Given(Given {
        shape: Shape::Document(stored),
        context: format!("{}/{}", privilege.path, privilege.segment(view)),
        entries,
    })
}

/// What is in force of a schedule now.
fn instance(tenant: &Tenant, privilege: &Privilege, schedule: &Properties) -> Option<Properties> {
    let (start, end) = span(schedule.get("scheduleInfo")?, tenant.meta.now_ms)?;
    let now = tenant.meta.now_ms;
    if start > now || end.is_some_and(|end| end <= now) {
        return None;
    }
    let mut instance = schedule.clone();
    for gone in [
        "scheduleInfo",
        "createdUsing",
        "createdDateTime",
        "modifiedDateTime",
        "status",
    ] {
        instance.remove(gone);
    }
    let of = match privilege.gives {
        Gives::Eligibility => "EligibilityScheduleId",
        Gives::Assignment => "AssignmentScheduleId",
    };
    let name = match privilege.of {
        Of::Roles => format!("role{of}"),
        Of::Groups => of[..1].to_ascii_lowercase() + &of[1..],
    };
    let id = schedule.get("id").cloned().unwrap_or_default();
    instance.insert(name, id);
    instance.insert("startDateTime".to_owned(), json!(moment::second(start)));
    let end = end.map(moment::second);
    instance.insert("endDateTime".to_owned(), json!(end));
    Some(instance)
}

/// What a request is about: who, and what.
struct Target {
    principal: Guid,
    /// The properties that say what, as requests and schedules show them.
    what: Properties,
    what_id: Guid,
}

/// Answers a POST: the request as it was decided, with its effect done.
fn ask(
    tenant: &mut Tenant,
    privilege: &'static Privilege,
    given: Option<&Value>,
) -> Result<Properties, Problem> {
    let behaviour = tenant.meta.behaviour.clone();
    let (declared, resource) = match privilege.of {
        Of::Roles => (ROLE_REQUEST, "unifiedRoleScheduleRequest"),
        Of::Groups => (GROUP_REQUEST, "privilegedAccessGroupScheduleRequest"),
    };
    let given = body::read_plain(declared, resource, given, Moment::Creation, &behaviour)?;
    let given: Properties = given
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    let action = given.get("action").and_then(Value::as_str);
    let action = action
        .ok_or_else(|| Problem::required("action", resource))?
        .to_owned();
    let target = match privilege.of {
        Of::Roles => role_target(tenant, privilege, &given, resource)?,
        Of::Groups => group_target(tenant, &given, resource)?,
    };
    let standing = standing(tenant, privilege, &target);
    let id = tenant.meta.dice.guid().to_string();
    let mut request = given.clone();
    let outcome = match action.as_str() {
        "adminAssign" if standing.is_some() => return Err(exists()),
        "adminUpdate" | "adminExtend" | "adminRenew" | "adminRemove" if standing.is_none() => {
            return Err(missing());
        }
        "adminAssign" | "adminUpdate" | "adminExtend" | "adminRenew" => {
            let info = schedule_info(tenant, &given, resource)?;
            request.insert("scheduleInfo".to_owned(), info.clone());
            let schedule = standing.unwrap_or_else(|| schedule_id(privilege, &target, &id));
            if given.get("isValidationOnly") != Some(&json!(true)) {
                provide(tenant, privilege, &target, (&schedule, &id), info)?;
            }
            ("Provisioned", json!(schedule))
        }
        "adminRemove" => {
            request.insert("scheduleInfo".to_owned(), Value::Null);
            let schedule = standing.unwrap_or_default();
            if given.get("isValidationOnly") != Some(&json!(true)) {
                withdraw(tenant, privilege, &target, &schedule);
            }
            ("Revoked", json!(schedule))
        }
        // Only a person can do these for themselves, and every caller of the emulator is an application.
        "selfActivate" | "selfDeactivate" | "selfExtend" | "selfRenew" => {
            return Err(Problem::denied());
        }
        _ => return Err(Problem::invalid_value("action", resource)),
    };
    finish(tenant, &mut request, &target, outcome);
    let kept = given.get("isValidationOnly") != Some(&json!(true));
    request.insert("id".to_owned(), json!(id));
    if kept {
        documents::put(tenant, privilege.requests, Guid::ZERO, &id, request.clone());
    }
    Ok(request)
}

/// Adds what the service says of a request.
fn finish(
    tenant: &Tenant,
    request: &mut Properties,
    target: &Target,
    (status, schedule): (&str, Value),
) {
    request.extend(target.what.clone());
    let now = moment::fraction(tenant.meta.now_ms);
    let caller = tenant.meta.caller.map(|caller| caller.to_string());
    for (name, value) in [
        ("principalId", json!(target.principal)),
        ("status", json!(status)),
        ("targetScheduleId", schedule),
        ("createdDateTime", json!(now.clone())),
        ("completedDateTime", json!(now)),
        ("approvalId", Value::Null),
        ("customData", Value::Null),
        (
            "createdBy",
            json!({"application": null, "device": null, "user": {"displayName": null, "id": caller}}),
        ),
    ] {
        request.insert(name.to_owned(), value);
    }
    for (name, value) in [
        ("isValidationOnly", json!(false)),
        ("justification", Value::Null),
        (
            "ticketInfo",
            json!({"ticketNumber": null, "ticketSystem": null}),
        ),
    ] {
        let slot = request.entry(name.to_owned()).or_insert(Value::Null);
        if slot.is_null() {
            *slot = value;
        }
    }
}

fn role_target(
    tenant: &Tenant,
    privilege: &Privilege,
    given: &Properties,
    resource: &str,
) -> Result<Target, Problem> {
    let text = |name: &str| given.get(name).and_then(Value::as_str);
    let principal = principal(tenant, given, resource)?;
    let role =
        text("roleDefinitionId").ok_or_else(|| Problem::required("roleDefinitionId", resource))?;
    let role = roles::definition(tenant, role)
        .map_err(|_| Problem::new(404, "RoleNotFound", "The role is not found."))?;
    let scope =
        text("directoryScopeId").ok_or_else(|| Problem::required("directoryScopeId", resource))?;
    roles::scope_of(tenant, scope)?;
    roles::may_hold_role(tenant, principal)?;
    let kind = tenant.records.object(principal).map(|object| object.kind);
    if privilege.gives == Gives::Eligibility && kind == Some(Kind::ServicePrincipal) {
        return Err(Problem::invalid_value("principalId", resource));
    }
    let what = Properties::from_iter([
        ("roleDefinitionId".to_owned(), json!(role)),
        ("directoryScopeId".to_owned(), json!(scope)),
        ("appScopeId".to_owned(), Value::Null),
    ]);
    Ok(Target {
        principal,
        what,
        what_id: role,
    })
}

fn group_target(tenant: &Tenant, given: &Properties, resource: &str) -> Result<Target, Problem> {
    let text = |name: &str| given.get(name).and_then(Value::as_str);
    let principal = principal(tenant, given, resource)?;
    let group = text("groupId").ok_or_else(|| Problem::required("groupId", resource))?;
    let group_id = directory::existing(tenant, group)?;
    let is_group = tenant.records.object(group_id).is_some_and(|object| {
        object.kind == Kind::Group && !groups::is_dynamic(&object.properties)
    });
    let access = text("accessId").ok_or_else(|| Problem::required("accessId", resource))?;
    if !is_group || !matches!(access, "member" | "owner") {
        return Err(Problem::invalid_value("accessId", resource));
    }
    let what = Properties::from_iter([
        ("groupId".to_owned(), json!(group_id)),
        ("accessId".to_owned(), json!(access)),
    ]);
    Ok(Target {
        principal,
        what,
        what_id: group_id,
    })
}

fn principal(tenant: &Tenant, given: &Properties, resource: &str) -> Result<Guid, Problem> {
    let id = given.get("principalId").and_then(Value::as_str);
    let id = id.ok_or_else(|| Problem::required("principalId", resource))?;
    directory::existing(tenant, id)
        .map_err(|_| Problem::new(404, "SubjectNotFound", "The subject is not found."))
}

/// The schedule of these two, if there is one.
fn standing(tenant: &Tenant, privilege: &Privilege, target: &Target) -> Option<String> {
    documents::all(tenant, privilege.schedules, Guid::ZERO)
        .find(|(_, schedule)| {
            schedule.get("principalId") == Some(&json!(target.principal))
                && target
                    .what
                    .iter()
                    .all(|(name, value)| schedule.get(name) == Some(value))
        })
        .map(|(id, _)| id.to_owned())
}

fn schedule_id(privilege: &Privilege, target: &Target, request: &str) -> String {
    match privilege.of {
        Of::Roles => request.to_owned(),
        Of::Groups => {
            let access = target.what.get("accessId").and_then(Value::as_str);
            format!(
                "{}_{}_{request}",
                target.what_id,
                access.unwrap_or_default()
            )
        }
    }
}

/// Makes or changes a schedule and what is in force by it.
fn provide(
    tenant: &mut Tenant,
    privilege: &Privilege,
    target: &Target,
    (id, request): (&str, &str),
    info: Value,
) -> Result<(), Problem> {
    let earlier = documents::document(tenant, privilege.schedules, Guid::ZERO, id).ok();
    let now = json!(moment::fraction(tenant.meta.now_ms));
    let created = earlier
        .as_ref()
        .and_then(|schedule| schedule.get("createdDateTime"));
    let mut schedule = target.what.clone();
    for (name, value) in [
        ("principalId", json!(target.principal)),
        ("createdUsing", json!(request)),
        (
            "createdDateTime",
            created.cloned().unwrap_or_else(|| now.clone()),
        ),
        (
            "modifiedDateTime",
            earlier.as_ref().map_or(Value::Null, |_| now),
        ),
        ("status", json!("Provisioned")),
        ("memberType", json!("Direct")),
        ("scheduleInfo", info.clone()),
    ] {
        schedule.insert(name.to_owned(), value);
    }
    if privilege.gives == Gives::Assignment {
        schedule.insert("assignmentType".to_owned(), json!("Assigned"));
    }
    documents::put(tenant, privilege.schedules, Guid::ZERO, id, schedule);
    let starts = span(&info, tenant.meta.now_ms).map(|(start, _)| start);
    let in_force = starts.is_some_and(|start| start <= tenant.meta.now_ms);
    if earlier.is_none() && in_force && privilege.gives == Gives::Assignment {
        return put_in_force(tenant, privilege, target);
    }
    Ok(())
}

fn put_in_force(
    tenant: &mut Tenant,
    privilege: &Privilege,
    target: &Target,
) -> Result<(), Problem> {
    match privilege.of {
        Of::Roles => {
            let mut assignment = target.what.clone();
            assignment.remove("appScopeId");
            assignment.insert("principalId".to_owned(), json!(target.principal));
            roles::assign(tenant, Some(&Value::Object(assignment)))
                .map(|_| ())
                .map_err(|problem| match problem == Problem::conflicting_object() {
                    true => exists(),
                    false => problem,
                })
        }
        Of::Groups => {
            let reference = [target.principal.to_string()];
            directory::add(tenant, target.what_id, access(target), &reference)
        }
    }
}

/// Ends a schedule and what is in force by it.
fn withdraw(tenant: &mut Tenant, privilege: &Privilege, target: &Target, id: &str) {
    let key = documents::key(privilege.schedules, Guid::ZERO, id);
    tenant.records.put(key, None);
    if privilege.gives == Gives::Eligibility {
        return;
    }
    match privilege.of {
        Of::Roles => {
            let text = |name: &str| target.what.get(name).and_then(Value::as_str);
            let scope = text("directoryScopeId").unwrap_or_default();
            roles::unassign(tenant, target.what_id, target.principal, scope);
        }
        Of::Groups => {
            let relation = access(target);
            let linked = tenant
                .records
                .has_link(target.what_id, relation, target.principal);
            if linked {
                tenant.remove_link(target.what_id, relation, target.principal);
            }
        }
    }
}

fn access(target: &Target) -> Relation {
    match target.what.get("accessId").and_then(Value::as_str) {
        Some("owner") => Relation::Owners,
        Some(_) | None => Relation::Members,
    }
}

/// A request that is done cannot be called off; one whose schedule has not begun can.
fn cancel(
    tenant: &mut Tenant,
    privilege: &Privilege,
    id: &str,
    mut request: Properties,
) -> Result<(), Problem> {
    let schedule = request.get("targetScheduleId").and_then(Value::as_str);
    let schedule = schedule.unwrap_or_default().to_owned();
    let stored = documents::document(tenant, privilege.schedules, Guid::ZERO, &schedule);
    let start = stored
        .ok()
        .and_then(|schedule| span(schedule.get("scheduleInfo")?, tenant.meta.now_ms))
        .map(|(start, _)| start);
    if start.is_none_or(|start| start <= tenant.meta.now_ms) {
        return Err(Problem::bad(
            "The request cannot be cancelled in the state in which it is.",
        ));
    }
    let key = documents::key(privilege.schedules, Guid::ZERO, &schedule);
    tenant.records.put(key, None);
    request.insert("status".to_owned(), json!("Canceled"));
    documents::put(tenant, privilege.requests, Guid::ZERO, id, request);
    Ok(())
}

fn exists() -> Problem {
    Problem::new(
        400,
        "RoleAssignmentExists",
        "The Role assignment already exists.",
    )
}

fn missing() -> Problem {
    Problem::new(
        400,
        "RoleAssignmentDoesNotExist",
        "The Role assignment does not exist.",
    )
}
