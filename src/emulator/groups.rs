//! Groups: creating and changing them. Source: the group resource page and semantics, section 9.11.

use std::collections::BTreeMap;

use serde_json::Value;

use super::applications;
use super::behaviour::{DeletedGroupUniqueName, PublicRoleGroup, SecurityGroupDeletion};
use super::body::{self, Moment};
use super::directory;
use super::edit::texts;
use super::guid::Guid;
use super::problem::Problem;
use super::record::{Kind, Properties, Relation};
use super::schema;
use super::tenant::Tenant;

const RESOURCE: &str = "Group";

/// Settings that must be the only ones in their PATCH, and only of Microsoft 365 groups.
const ALONE: [&str; 4] = [
    "allowExternalSenders",
    "autoSubscribeNewMembers",
    "hideFromAddressLists",
    "hideFromOutlookClients",
];

/// Creates a group; `unique_name` comes from the key of an upsert.
pub(super) fn create(
    tenant: &mut Tenant,
    body: Option<&Value>,
    moment: Moment,
    unique_name: Option<&str>,
) -> Result<Guid, Problem> {
    let behaviour = tenant.meta.behaviour.clone();
    let edits = body::read(Kind::Group, body, moment, &behaviour)?;
    for name in [
        "displayName",
        "mailEnabled",
        "mailNickname",
        "securityEnabled",
    ] {
        if edits.properties.get(name).is_none_or(Value::is_null) {
            return Err(Problem::required(name, RESOURCE));
        }
    }
    let base = schema::defaults(schema::properties(Kind::Group));
    let mut after = body::apply(Kind::Group, &base, &edits.properties, &behaviour);
    if let Some(name) = unique_name {
        applications::keyed(&mut after, "uniqueName", name, RESOURCE)?;
    }
    check(tenant, None, &after, &edits.properties)?;
    let id = tenant.meta.dice.guid();
    if is_unified(&after) {
        let nickname = after.get("mailNickname").and_then(Value::as_str);
        let mail = format!(
            "{}@{}",
            nickname.unwrap_or_default(),
            tenant.meta.initial_domain
        );
        after.insert(
            "proxyAddresses".to_owned(),
            Value::from(vec![format!("SMTP:{mail}")]),
        );
        after.insert("mail".to_owned(), Value::from(mail));
    }
    tenant.create_object(id, Kind::Group, after);
    for (relation, references) in &edits.binds {
        if has_repeats(references) {
            return Err(Problem::duplicate_values(relation.name()));
        }
    }
    applications::own(tenant, id, &edits)?;
    Ok(id)
}

/// Changes a group; references in the body are added, all or none.
pub(super) fn update(tenant: &mut Tenant, id: Guid, body: Option<&Value>) -> Result<(), Problem> {
    let behaviour = tenant.meta.behaviour.clone();
    let edits = body::read(Kind::Group, body, Moment::Update, &behaviour)?;
    let before = tenant.whole_of(id);
    let after = body::apply(Kind::Group, &before, &edits.properties, &behaviour);
    check(tenant, Some(&before), &after, &edits.properties)?;
    tenant.change_object(id, after);
    for (relation, references) in &edits.binds {
        directory::add(tenant, id, *relation, references)?;
    }
    Ok(())
}

/// Deletes a group: into the recycle bin, or for good where the switch says so.
pub(super) fn delete(tenant: &mut Tenant, id: Guid) {
    let unified = is_unified(&tenant.whole_of(id));
    match tenant.meta.behaviour.security_group_deletion {
        SecurityGroupDeletion::Hard if !unified => tenant.purge(id),
        SecurityGroupDeletion::Hard | SecurityGroupDeletion::Soft => tenant.soft_delete(id),
    }
}

pub(super) fn is_unified(group: &Properties) -> bool {
    texts(group, "groupTypes").any(|of| of == "Unified")
}

pub(super) fn is_dynamic(group: &Properties) -> bool {
    texts(group, "groupTypes").any(|of| of == "DynamicMembership")
}

pub(super) fn is_assignable_to_role(group: &Properties) -> bool {
    group.get("isAssignableToRole") == Some(&Value::Bool(true))
}

/// A group with user owners keeps at least one.
pub(super) fn may_lose_owner(tenant: &Tenant, group: Guid, owner: Guid) -> Result<(), Problem> {
    let is_user = |id: &Guid| {
        tenant
            .records
            .living(*id)
            .is_some_and(|object| object.kind == Kind::User)
    };
    let others = tenant
        .records
        .links(group, Relation::Owners, None)
        .filter(|id| *id != owner)
        .any(|id| is_user(&id));
    if is_user(&owner) && !others {
        return Err(Problem::last_owner());
    }
    Ok(())
}

fn check(
    tenant: &Tenant,
    before: Option<&Properties>,
    after: &Properties,
    edits: &BTreeMap<&'static str, Value>,
) -> Result<(), Problem> {
    let wrong = |name: &str| Err(Problem::invalid_value(name, RESOURCE));
    for name in ["displayName", "description"] {
        if after.get(name).and_then(Value::as_str) == Some("") {
            return wrong(name);
        }
    }
    for name in [
        "displayName",
        "mailEnabled",
        "mailNickname",
        "securityEnabled",
    ] {
        if after.get(name).is_none_or(Value::is_null) {
            return Err(Problem::required(name, RESOURCE));
        }
    }
    if !is_nickname(after.get("mailNickname")) {
        return wrong("mailNickname");
    }
    types(before, after)?;
    membership_rule(after)?;
    role_group(tenant, after)?;
    visibility(before, after, edits)?;
    if edits.keys().any(|name| ALONE.contains(name)) && (edits.len() > 1 || !is_unified(after)) {
        return Err(Problem::invalid_values());
    }
    let behaviour = &tenant.meta.behaviour;
    let reserved = match behaviour.deleted_group_unique_name {
        DeletedGroupUniqueName::Reserved => |_: &Tenant, _: &super::record::Object| true,
        DeletedGroupUniqueName::Free => |_: &Tenant, _: &super::record::Object| false,
    };
    applications::unique_name(tenant, Kind::Group, before, after, reserved)
}

fn is_nickname(value: Option<&Value>) -> bool {
    let name = value.and_then(Value::as_str).unwrap_or_default();
    !name.is_empty()
        && name.is_ascii()
        && !name.contains([
            '@', '(', ')', '\\', '[', ']', '"', ';', ':', '<', '>', ',', ' ',
        ])
}

fn types(before: Option<&Properties>, after: &Properties) -> Result<(), Problem> {
    let wrong = |name: &str| Err(Problem::invalid_value(name, RESOURCE));
    let types: Vec<&str> = texts(after, "groupTypes").collect();
    if types
        .iter()
        .any(|of| !["Unified", "DynamicMembership"].contains(of))
    {
        return wrong("groupTypes");
    }
    if has_repeats(&types) {
        return Err(Problem::duplicate_values("groupTypes"));
    }
    let unified = is_unified(after);
    if before.is_some_and(|before| is_unified(before) != unified) {
        return wrong("groupTypes");
    }
    let is = |name: &str| after.get(name) == Some(&Value::Bool(true));
    match (unified, is("mailEnabled"), is("securityEnabled")) {
        (true, true, _) | (false, false, true) => Ok(()),
        (true, false, _) | (false, true, _) => wrong("mailEnabled"),
        (false, false, false) => wrong("securityEnabled"),
    }
}

fn membership_rule(after: &Properties) -> Result<(), Problem> {
    let rule = after.get("membershipRule").and_then(Value::as_str);
    let state = after
        .get("membershipRuleProcessingState")
        .and_then(Value::as_str);
    match (is_dynamic(after), rule) {
        (true, None | Some("")) => return Err(Problem::required("membershipRule", RESOURCE)),
        (false, Some(_)) => return Err(Problem::invalid_value("membershipRule", RESOURCE)),
        (true, Some(_)) | (false, None) => {}
    }
    if state.is_some_and(|state| !["On", "Paused"].contains(&state)) {
        return Err(Problem::invalid_value(
            "membershipRuleProcessingState",
            RESOURCE,
        ));
    }
    Ok(())
}

fn role_group(tenant: &Tenant, after: &Properties) -> Result<(), Problem> {
    if !is_assignable_to_role(after) {
        return Ok(());
    }
    let secure = after.get("securityEnabled") == Some(&Value::Bool(true));
    if !secure || is_dynamic(after) {
        return Err(Problem::invalid_value("isAssignableToRole", RESOURCE));
    }
    let public = after.get("visibility").and_then(Value::as_str) == Some("Public");
    match tenant.meta.behaviour.public_role_group {
        PublicRoleGroup::Refused if public => Err(Problem::invalid_value("visibility", RESOURCE)),
        PublicRoleGroup::Refused | PublicRoleGroup::Accepted => Ok(()),
    }
}

fn visibility(
    before: Option<&Properties>,
    after: &Properties,
    edits: &BTreeMap<&'static str, Value>,
) -> Result<(), Problem> {
    let fits = match edits.get("visibility").and_then(Value::as_str) {
        None | Some("Public" | "Private") => true,
        Some("HiddenMembership") => is_unified(after) && before.is_none(),
        Some(_) => false,
    };
    if fits {
        Ok(())
    } else {
        Err(Problem::invalid_value("visibility", RESOURCE))
    }
}

fn has_repeats<T: Ord>(entries: &[T]) -> bool {
    let distinct: std::collections::BTreeSet<&T> = entries.iter().collect();
    distinct.len() < entries.len()
}
