//! Who is in what, through any number of groups. Source: group-list-transitivemembers, user-list-transitivememberof,
//! directoryobject-checkmembergroups, -checkmemberobjects, -getmembergroups, -getmemberobjects.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::body;
use super::edit::list;
use super::guid::Guid;
use super::page::{Given, ListSet};
use super::problem::Problem;
use super::record::{Key, Kind, Relation};
use super::schema;
use super::shape::Shape;
use super::tenant::Tenant;

/// How many ids `checkMemberGroups` and `checkMemberObjects` take.
const MOST_CHECKED: usize = 20;

/// These objects, as a collection in which each says its type.
pub(super) fn objects(tenant: &Tenant, ids: impl Iterator<Item = Guid>) -> ListSet {
    let entries: BTreeMap<Key, _> = ids
        .filter_map(|id| {
            let kind = tenant.seen_living(id)?.kind;
            let mut view = schema::view(tenant, id)?;
            let of = format!("#microsoft.graph.{}", kind.type_name());
            view.insert("@odata.type".to_owned(), Value::from(of));
            Some((Key::Object(id), view))
        })
        .collect();
    ListSet::Given(Given {
        shape: Shape::Mixed,
        context: "directoryObjects".to_owned(),
        entries,
    })
}

/// These objects as far as they are of one type: a cast.
pub(super) fn objects_of(tenant: &Tenant, kind: Kind, ids: impl Iterator<Item = Guid>) -> ListSet {
    let entries: BTreeMap<Key, _> = ids
        .filter(|id| tenant.seen_living(*id).is_some_and(|of| of.kind == kind))
        .filter_map(|id| Some((Key::Object(id), schema::view(tenant, id)?)))
        .collect();
    ListSet::Given(Given {
        shape: Shape::Object(kind),
        context: kind.set_name().to_owned(),
        entries,
    })
}

/// Members, and members of member groups.
pub(super) fn members_within(tenant: &Tenant, group: Guid) -> BTreeSet<Guid> {
    walk(group, |id| {
        let set = ListSet::Links {
            from: id,
            relation: Relation::Members,
        };
        ends(tenant, &set)
    })
}

/// What an object is a member of, and what that is a member of.
pub(super) fn groups_around(tenant: &Tenant, object: Guid) -> BTreeSet<Guid> {
    walk(object, |id| {
        let set = ListSet::LinkedFrom {
            to: id,
            relation: Relation::Members,
        };
        ends(tenant, &set)
    })
}

fn ends(tenant: &Tenant, set: &ListSet) -> Vec<Guid> {
    set.keys(tenant, None, None)
        .filter_map(|key| match (set, key) {
            (ListSet::Links { .. }, Key::Link { to, .. }) => Some(to),
            (_, Key::Link { from, .. }) => Some(from),
            _ => None,
        })
        .collect()
}

fn walk(start: Guid, next: impl Fn(Guid) -> Vec<Guid>) -> BTreeSet<Guid> {
    let mut met = BTreeSet::new();
    let mut open = vec![start];
    while let Some(id) = open.pop() {
        for other in next(id) {
            if met.insert(other) {
                open.push(other);
            }
        }
    }
    met
}

/// Which relation that is walked a name stands for.
pub(super) fn transitive(
    tenant: &Tenant,
    (id, kind): (Guid, Kind),
    name: &str,
) -> Option<BTreeSet<Guid>> {
    match (name, kind) {
        ("transitivemembers", Kind::Group) => Some(members_within(tenant, id)),
        ("transitivememberof", _) => Some(groups_around(tenant, id)),
        // Nobody is remembered as the creator of anything, and no device belongs to anybody.
        ("createdobjects", Kind::User | Kind::ServicePrincipal)
        | ("owneddevices" | "registereddevices", Kind::User) => Some(BTreeSet::new()),
        _ => None,
    }
}

/// `checkMemberGroups`, `checkMemberObjects`, `getMemberGroups` and `getMemberObjects`; `None`: another action.
pub(super) fn action(
    tenant: &Tenant,
    object: Guid,
    name: &str,
    given: Option<&Value>,
) -> Option<Result<Value, Problem>> {
    let (asked, groups_only) = match name {
        "checkmembergroups" => (Some("groupIds"), Kinds::Groups),
        "checkmemberobjects" => (Some("ids"), Kinds::All),
        "getmembergroups" => (None, Kinds::Groups),
        "getmemberobjects" => (None, Kinds::All),
        _ => return None,
    };
    Some(answer(tenant, object, asked, groups_only, given))
}

/// Which of the things that have members are meant.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kinds {
    Groups,
    All,
}

fn answer(
    tenant: &Tenant,
    object: Guid,
    asked: Option<&str>,
    kinds: Kinds,
    given: Option<&Value>,
) -> Result<Value, Problem> {
    let members = body::members(given)?;
    let secure_only = members.get("securityEnabledOnly") == Some(&json!(true));
    let subject = tenant.records.object(object).map(|object| object.kind);
    if secure_only
        && asked.is_none()
        && !matches!(subject, Some(Kind::User | Kind::ServicePrincipal))
    {
        return Err(Problem::bad(
            "The securityEnabledOnly parameter can be set to true only for users and service principals.",
        ));
    }
    let fits = |id: &Guid| {
        tenant.seen_living(*id).is_some_and(|found| {
            let secure = found.properties.get("securityEnabled") == Some(&json!(true));
            let of_kind = kinds == Kinds::All || found.kind == Kind::Group;
            of_kind && (!secure_only || found.kind != Kind::Group || secure)
        })
    };
    let around = groups_around(tenant, object);
    let around = around.into_iter().filter(fits);
    let ids: Vec<Guid> = match asked {
        None => around.collect(),
        Some(name) => {
            let wanted: Vec<&Value> = list(members.get(name)).collect();
            if wanted.is_empty() || wanted.len() > MOST_CHECKED {
                return Err(Problem::invalid_value(name, "DirectoryObject"));
            }
            let wanted: Vec<Guid> = wanted
                .into_iter()
                .filter_map(|id| id.as_str().and_then(Guid::parse))
                .collect();
            around.filter(|id| wanted.contains(id)).collect()
        }
    };
    Ok(json!({
        "@odata.context": format!("{}/$metadata#Collection(Edm.String)", tenant.root),
        "value": ids,
    }))
}
