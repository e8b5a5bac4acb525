//! What all directory objects share: references between them, deletion, the recycle bin, users and administrative
//! units.

use serde_json::{Map, Value, json};

use super::applications;
use super::behaviour::RemovingNonMember;
use super::body::{self, Moment};
use super::edit::list;
use super::groups;
use super::guid::Guid;
use super::problem::Problem;
use super::record::{Key, Kind, Life, Object, Properties, Relation, Term};
use super::schema;
use super::service_principals;
use super::tenant::Tenant;

/// How many administrative units may hold one object.
const UNIT_LIMIT: usize = 30;

/// Adds references, all or none.
pub(super) fn add(
    tenant: &mut Tenant,
    from: Guid,
    relation: Relation,
    references: &[String],
) -> Result<(), Problem> {
    let holder = tenant
        .records
        .living(from)
        .ok_or_else(|| Problem::not_found(&from.to_string()))?
        .clone();
    let mut ids = Vec::new();
    for reference in references {
        let id = existing(tenant, reference)?;
        if ids.contains(&id) {
            return Err(Problem::already_linked(relation));
        }
        may_hold(tenant, from, &holder, relation, id)?;
        ids.push(id);
    }
    tenant.add_links(from, relation, &ids)
}

/// Removes one reference.
pub(super) fn remove(
    tenant: &mut Tenant,
    from: Guid,
    relation: Relation,
    to: &str,
) -> Result<(), Problem> {
    let id = Guid::parse(to).ok_or_else(|| Problem::invalid_object_id(to))?;
    let holder = tenant.whole_of(from);
    if relation == Relation::Members && groups::is_dynamic(&holder) {
        return Err(Problem::invalid_values());
    }
    let linked = tenant.records.has_link(from, relation, id) && tenant.records.living(id).is_some();
    if !linked {
        return Err(match tenant.meta.behaviour.removing_non_member {
            RemovingNonMember::NotFound => Problem::not_found(to),
            RemovingNonMember::BadRequest => Problem::not_linked(relation),
        });
    }
    let kind = tenant.records.object(from).map(|object| object.kind);
    if kind == Some(Kind::Group) && relation == Relation::Owners {
        groups::may_lose_owner(tenant, from, id)?;
    }
    tenant.remove_link(from, relation, id);
    Ok(())
}

/// The living object with this id, as a reference finds it; a user's name does as well.
pub(super) fn existing(tenant: &Tenant, reference: &str) -> Result<Guid, Problem> {
    let id = match Guid::parse(reference) {
        Some(id) => id,
        None if reference.contains('@') => {
            user_named(tenant, reference).ok_or_else(|| Problem::not_found(reference))?
        }
        None => return Err(Problem::invalid_object_id(reference)),
    };
    if is_there(tenant, id) {
        Ok(id)
    } else {
        Err(Problem::not_found(reference))
    }
}

/// The living user with this `userPrincipalName`.
pub(super) fn user_named(tenant: &Tenant, name: &str) -> Option<Guid> {
    tenant
        .records
        .find_objects(Term::UserName(name.to_lowercase()))
        .map(|(id, _)| id)
        .find(|id| is_there(tenant, *id))
}

/// Whether a read sees the object alive, and it is.
pub(super) fn is_there(tenant: &Tenant, id: Guid) -> bool {
    let seen = tenant
        .seen_object(id)
        .is_some_and(|object| object.deleted_ms.is_none());
    seen && tenant.records.living(id).is_some()
}

fn may_hold(
    tenant: &Tenant,
    from: Guid,
    holder: &Object,
    relation: Relation,
    id: Guid,
) -> Result<(), Problem> {
    let Some(held) = tenant.records.object(id) else {
        return Err(Problem::not_found(&id.to_string()));
    };
    let fits = match (relation, holder.kind) {
        (Relation::Owners, Kind::Application | Kind::ServicePrincipal | Kind::Group) => {
            matches!(
                held.kind,
                Kind::User | Kind::ServicePrincipal | Kind::Unknown
            )
        }
        (Relation::Members, Kind::Group) => group_may_hold(holder, held, from == id)?,
        (Relation::Members, Kind::AdministrativeUnit) => unit_may_hold(tenant, holder, held, id),
        (Relation::Owners | Relation::Members, _) => false,
    };
    if fits {
        Ok(())
    } else {
        Err(Problem::invalid_values())
    }
}

fn group_may_hold(group: &Object, held: &Object, itself: bool) -> Result<bool, Problem> {
    let group = &group.properties;
    if groups::is_dynamic(group) || itself {
        return Err(Problem::invalid_values());
    }
    let nests =
        groups::is_assignable_to_role(group) || groups::is_assignable_to_role(&held.properties);
    Ok(match held.kind {
        Kind::User | Kind::Unknown => true,
        Kind::Group => !groups::is_unified(group) && !nests,
        Kind::ServicePrincipal | Kind::Device | Kind::OrgContact => !groups::is_unified(group),
        Kind::Application | Kind::AdministrativeUnit => false,
    })
}

fn unit_may_hold(tenant: &Tenant, unit: &Object, held: &Object, id: Guid) -> bool {
    let restricted = unit.properties.get("isMemberManagementRestricted") == Some(&json!(true));
    if restricted && groups::is_assignable_to_role(&held.properties) {
        return false;
    }
    let units = tenant
        .records
        .linked_from(id, Relation::Members)
        .filter(|from| {
            let from = tenant.records.living(*from);
            from.is_some_and(|from| from.kind == Kind::AdministrativeUnit)
        })
        .count();
    let known = matches!(
        held.kind,
        Kind::User | Kind::Group | Kind::Device | Kind::Unknown
    );
    known && units < UNIT_LIMIT
}

/// DELETE of a directory object.
pub(super) fn delete(tenant: &mut Tenant, id: Guid) -> Result<(), Problem> {
    let Some(object) = tenant.records.living(id) else {
        return Err(Problem::not_found(&id.to_string()));
    };
    match object.kind {
        Kind::Application => applications::delete(tenant, id),
        Kind::ServicePrincipal => {
            service_principals::may_write(tenant, id)?;
            let managed = object.text("servicePrincipalType") == Some("ManagedIdentity");
            if managed {
                return Err(Problem::denied());
            }
            tenant.soft_delete(id);
        }
        Kind::Group => groups::delete(tenant, id),
        Kind::User | Kind::AdministrativeUnit => tenant.soft_delete(id),
        Kind::Device | Kind::OrgContact | Kind::Unknown => tenant.purge(id),
    }
    Ok(())
}

/// The object in the recycle bin with this id.
pub(super) fn deleted(tenant: &Tenant, text: &str) -> Result<Guid, Problem> {
    let id = Guid::parse(text).ok_or_else(|| Problem::invalid_object_id(text))?;
    let is_deleted = |object: Option<&Object>| object.map(Object::life) == Some(Life::Deleted);
    if is_deleted(tenant.seen_object(id)) && is_deleted(tenant.records.object(id)) {
        Ok(id)
    } else {
        Err(Problem::not_found(text))
    }
}

/// Takes an object out of the recycle bin; what went in with it stays there.
pub(super) fn restore(tenant: &mut Tenant, id: Guid) -> Result<Map<String, Value>, Problem> {
    let Some(object) = tenant.records.object(id) else {
        return Err(Problem::not_found(&id.to_string()));
    };
    match object.kind {
        Kind::Application => applications::may_return(tenant, id, object)?,
        Kind::ServicePrincipal => service_principals::may_return(tenant, object)?,
        Kind::User => {
            let name = object.text("userPrincipalName").unwrap_or_default();
            user_name_free(tenant, id, name)?;
        }
        Kind::Group
        | Kind::AdministrativeUnit
        | Kind::Device
        | Kind::OrgContact
        | Kind::Unknown => {}
    }
    let kind = object.kind;
    tenant.revive(id);
    if kind == Kind::ServicePrincipal {
        rename_revived(tenant, id);
    }
    let mut view = schema::fresh_view(tenant, id).unwrap_or_default();
    let of = format!("#microsoft.graph.{}", kind.type_name());
    view.insert("@odata.type".to_owned(), Value::from(of));
    Ok(view)
}

/// A service principal comes back under the name that its application has now.
fn rename_revived(tenant: &mut Tenant, id: Guid) {
    let mut whole = tenant.whole_of(id);
    if let Some(view) = schema::fresh_view(tenant, id) {
        let name = view.get("displayName").cloned().unwrap_or_default();
        whole.insert("displayName".to_owned(), name);
        tenant.change_object(id, whole);
    }
}

/// Removes an object from the recycle bin for good.
pub(super) fn purge(tenant: &mut Tenant, id: Guid) -> Result<(), Problem> {
    let kind = tenant.records.object(id).map(|object| object.kind);
    if kind == Some(Kind::AdministrativeUnit) {
        return Err(Problem::bad(
            "Administrative units cannot be permanently deleted before they expire.",
        ));
    }
    tenant.purge(id);
    Ok(())
}

/// Creates a user.
pub(super) fn create_user(tenant: &mut Tenant, body: Option<&Value>) -> Result<Guid, Problem> {
    let behaviour = tenant.meta.behaviour.clone();
    let edits = body::read(Kind::User, body, Moment::Creation, &behaviour)?;
    let required = [
        "accountEnabled",
        "displayName",
        "mailNickname",
        "passwordProfile",
        "userPrincipalName",
    ];
    for name in required {
        if edits.properties.get(name).is_none_or(Value::is_null) {
            return Err(Problem::required(name, "User"));
        }
    }
    let base = schema::defaults(schema::properties(Kind::User));
    let mut after = body::apply(Kind::User, &base, &edits.properties, &behaviour);
    if after.get("userType").is_none_or(Value::is_null) {
        after.insert("userType".to_owned(), Value::from("Member"));
    }
    password(edits.properties.get("passwordProfile"))?;
    let id = tenant.meta.dice.guid();
    user_name(tenant, id, &after)?;
    tenant.create_object(id, Kind::User, after);
    Ok(id)
}

/// Changes a user.
pub(super) fn update_user(
    tenant: &mut Tenant,
    id: Guid,
    body: Option<&Value>,
) -> Result<(), Problem> {
    let behaviour = tenant.meta.behaviour.clone();
    let edits = body::read(Kind::User, body, Moment::Update, &behaviour)?;
    password(edits.properties.get("passwordProfile"))?;
    let before = tenant.whole_of(id);
    let after = body::apply(Kind::User, &before, &edits.properties, &behaviour);
    user_name(tenant, id, &after)?;
    tenant.change_object(id, after);
    Ok(())
}

/// Eight to 256 characters of three of the four sorts (learn.microsoft.com, "Password policies and account
/// restrictions").
fn password(profile: Option<&Value>) -> Result<(), Problem> {
    let Some(profile) = profile.filter(|profile| !profile.is_null()) else {
        return Ok(());
    };
    let given = profile.get("password");
    let Some(given) = given.filter(|given| !given.is_null()) else {
        return Ok(());
    };
    let text = given.as_str().unwrap_or_default();
    let sorts: [fn(char) -> bool; 4] = [
        |sign| sign.is_lowercase(),
        |sign| sign.is_uppercase(),
        |sign| sign.is_ascii_digit(),
        |sign| !sign.is_alphanumeric(),
    ];
    let met = sorts
        .into_iter()
        .filter(|sort| text.contains(*sort))
        .count();
    if met >= 3 && (8..=256).contains(&text.chars().count()) {
        return Ok(());
    }
    Err(Problem::bad(
        "The specified password does not comply with password complexity requirements. Please provide a different password.",
    )
    .with_detail("InvalidValue", "password"))
}

fn user_name(tenant: &Tenant, id: Guid, after: &Properties) -> Result<(), Problem> {
    let wrong = || Problem::invalid_value("userPrincipalName", "User");
    let name = after.get("userPrincipalName").and_then(Value::as_str);
    let name = name.ok_or_else(wrong)?;
    let (local, domain) = name.split_once('@').ok_or_else(wrong)?;
    let verified = tenant
        .records
        .entry(&Key::Domain(domain.to_lowercase()))
        .is_some();
    if local.is_empty() {
        return Err(wrong());
    }
    if !verified {
        return Err(Problem::bad(
            "The domain portion of the userPrincipalName property is invalid. You must use one of the verified domain names in your organization.",
        )
        .with_detail("InvalidValue", "userPrincipalName"));
    }
    user_name_free(tenant, id, name)
}

fn user_name_free(tenant: &Tenant, id: Guid, name: &str) -> Result<(), Problem> {
    let taken = tenant
        .records
        .find_objects(Term::UserName(name.to_lowercase()))
        .any(|(other, object)| other != id && object.deleted_ms.is_none());
    if taken {
        return Err(Problem::taken("userPrincipalName"));
    }
    Ok(())
}

/// Creates an administrative unit.
pub(super) fn create_unit(tenant: &mut Tenant, body: Option<&Value>) -> Result<Guid, Problem> {
    let behaviour = tenant.meta.behaviour.clone();
    let kind = Kind::AdministrativeUnit;
    let edits = body::read(kind, body, Moment::Creation, &behaviour)?;
    let base = schema::defaults(schema::properties(kind));
    let after = body::apply(kind, &base, &edits.properties, &behaviour);
    check_unit(&after)?;
    let id = tenant.meta.dice.guid();
    tenant.create_object(id, kind, after);
    Ok(id)
}

/// Changes an administrative unit.
pub(super) fn update_unit(
    tenant: &mut Tenant,
    id: Guid,
    body: Option<&Value>,
) -> Result<(), Problem> {
    let behaviour = tenant.meta.behaviour.clone();
    let kind = Kind::AdministrativeUnit;
    let edits = body::read(kind, body, Moment::Update, &behaviour)?;
    let before = tenant.whole_of(id);
    let after = body::apply(kind, &before, &edits.properties, &behaviour);
    check_unit(&after)?;
    tenant.change_object(id, after);
    Ok(())
}

fn check_unit(after: &Properties) -> Result<(), Problem> {
    let resource = "AdministrativeUnit";
    let text = |name: &str| after.get(name).and_then(Value::as_str);
    if text("displayName").is_none_or(str::is_empty) {
        return Err(Problem::required("displayName", resource));
    }
    for (name, known) in [
        ("visibility", ["Public", "HiddenMembership"]),
        ("membershipRuleProcessingState", ["On", "Paused"]),
    ] {
        if text(name).is_some_and(|value| !known.contains(&value)) {
            return Err(Problem::invalid_value(name, resource));
        }
    }
    let dynamic = text("membershipType").is_some_and(|of| of.eq_ignore_ascii_case("dynamic"));
    if dynamic && text("membershipRule").is_none() {
        return Err(Problem::required("membershipRule", resource));
    }
    Ok(())
}

/// `directoryObjects/getByIds`.
pub(super) fn get_by_ids(tenant: &Tenant, body: Option<&Value>) -> Result<Value, Problem> {
    let members = body::members(body)?;
    let wanted: Vec<&Value> = list(members.get("ids")).collect();
    if wanted.is_empty() {
        return Err(Problem::required("ids", "DirectoryObject"));
    }
    if wanted.len() > 1000 {
        return Err(Problem::invalid_value("ids", "DirectoryObject"));
    }
    let types: Vec<&str> = list(members.get("types"))
        .filter_map(Value::as_str)
        .collect();
    let mut found = Vec::new();
    for id in wanted {
        let text = id.as_str().unwrap_or_default();
        let id = Guid::parse(text).ok_or_else(|| Problem::invalid_object_id(text))?;
        let Some(object) = tenant.seen_object(id) else {
            continue;
        };
        let of = object.kind.type_name();
        let fits = types.is_empty() || types.iter().any(|known| known.eq_ignore_ascii_case(of));
        if object.deleted_ms.is_none()
            && fits
            && let Some(mut view) = schema::view(tenant, id)
        {
            let of = format!("#microsoft.graph.{of}");
            view.insert("@odata.type".to_owned(), Value::from(of));
            found.push(Value::Object(view));
        }
    }
    Ok(json!({ "value": found }))
}
