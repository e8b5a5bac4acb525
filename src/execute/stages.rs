//! The PATCHes that take an object from one state back to another.
//!
//! Usually it is one. Graph refuses to change or remove an item that is switched on, and to name an item that is not
//! stored, so what `kind`'s table lists as switched may need one PATCH before and one after.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::compare::{find_item, list, member, same};
use super::lower::Body;
use crate::kind::entity::{Entity, Form, Items, Switched};

/// The bodies to send one after the other; the last is `then`.
pub(super) fn stages(entity: &Entity, now: &Body, then: &Body) -> Vec<Body> {
    let mut stages = Vec::new();
    let mut current = now.clone();
    if let Some(off) = switched_off(entity, &current, then) {
        current.extend(off.clone());
        stages.push(off);
    }
    if let Some(unnamed) = without_unstored_names(entity, &current, then) {
        stages.push(unnamed);
    }
    stages.push(then.clone());
    stages
}

/// What is there now, with everything switched off (and no longer named) that is about to change or vanish.
fn switched_off(entity: &Entity, now: &Body, then: &Body) -> Option<Body> {
    let mut off = Body::new();
    for switched in entity.switched {
        let Some(items) = items_of(entity, switched.items) else {
            continue;
        };
        if !then.contains_key(first_level(switched.items)) {
            continue;
        }
        let to_switch = ids_to_switch_off(items, switched, now, then);
        if to_switch.is_empty() {
            continue;
        }
        for path in [
            Some(switched.items),
            switched.named_in.map(|(path, _)| path),
        ]
        .into_iter()
        .flatten()
        .map(first_level)
        {
            if let Some(value) = now.get(path) {
                off.entry(path).or_insert_with(|| value.clone());
            }
        }
        let is_to_switch = |item: &Json| to_switch.contains(&id_of(items, item));
        if let Some(list) = list_mut(&mut off, switched.items) {
            for item in list.iter_mut().filter(|item| is_to_switch(item)) {
                item[switched.switch] = Json::Bool(false);
            }
        }
        if let Some((path, ids)) = switched.named_in {
            unname(&mut off, path, ids, |id| !to_switch.contains(id));
        }
    }
    (!off.is_empty()).then_some(off)
}

fn ids_to_switch_off(
    items: &Items,
    switched: &Switched,
    now: &Body,
    then: &Body,
) -> BTreeSet<String> {
    let later = list(at(then, switched.items));
    list(at(now, switched.items))
        .iter()
        .filter(|item| member(item, switched.switch) == &Json::Bool(true))
        .filter(|item| {
            find_item(items, later, item)
                .is_none_or(|kept| differs(items, switched.switch, item, kept))
        })
        .map(|item| id_of(items, item))
        .collect()
}

/// Whether anything but the switch differs.
fn differs(items: &Items, switch: &str, left: &Json, right: &Json) -> bool {
    items.members.iter().any(|property| {
        property.name != switch
            && !same(
                Some(&property.form),
                member(left, property.name),
                member(right, property.name),
            )
    })
}

/// `then` without the names of items that are not stored and switched on yet, when it has such names.
fn without_unstored_names(entity: &Entity, current: &Body, then: &Body) -> Option<Body> {
    let mut body = then.clone();
    for switched in entity.switched {
        let (Some(items), Some((path, ids))) =
            (items_of(entity, switched.items), switched.named_in)
        else {
            continue;
        };
        let stored: BTreeSet<String> = list(at(current, switched.items))
            .iter()
            .filter(|item| member(item, switched.switch) == &Json::Bool(true))
            .map(|item| id_of(items, item))
            .collect();
        let written: BTreeSet<String> = list(at(then, switched.items))
            .iter()
            .map(|item| id_of(items, item))
            .collect();
        // What the body does not write is there already.
        unname(&mut body, path, ids, |id| {
            stored.contains(id) || !written.contains(id)
        });
    }
    (body != *then).then_some(body)
}

/// Keeps only some of the ids that the items at `path` name, and no item that names none.
fn unname(body: &mut Body, path: &str, ids: &str, keep: impl Fn(&str) -> bool) {
    let Some(naming) = list_mut(body, path) else {
        return;
    };
    naming.retain_mut(|item| {
        let Some(named) = item.get_mut(ids).and_then(Json::as_array_mut) else {
            return true;
        };
        let before = named.len();
        named.retain(|id| id.as_str().is_none_or(|id| keep(&id.to_ascii_lowercase())));
        named.len() == before || !named.is_empty()
    });
}

fn items_of(entity: &Entity, path: &str) -> Option<&'static Items> {
    match &entity.property(path)?.form {
        Form::Items(items) => Some(items),
        Form::Plain | Form::Set | Form::Words | Form::Complex(_) => None,
    }
}

fn id_of(items: &Items, item: &Json) -> String {
    member(item, items.id.unwrap_or(items.key))
        .as_str()
        .unwrap_or_default()
        .to_ascii_lowercase()
}

fn first_level(path: &str) -> &str {
    path.split_once('.').map_or(path, |(first, _)| first)
}

fn at<'a>(body: &'a Body, path: &str) -> &'a Json {
    let mut names = path.split('.');
    let first = names.next().and_then(|name| body.get(name));
    names.fold(first.unwrap_or(&Json::Null), |value, name| {
        member(value, name)
    })
}

fn list_mut<'a>(body: &'a mut Body, path: &str) -> Option<&'a mut Vec<Json>> {
    let mut names = path.split('.');
    let mut value = body.get_mut(names.next()?)?;
    for name in names {
        value = value.get_mut(name)?;
    }
    value.as_array_mut()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kind;

    fn application_stages(now: Json, then: Json) -> Vec<Json> {
        let (Json::Object(now), Json::Object(then)) = (now, then) else {
            panic!("bug: properties are an object")
        };
        stages(kind::entity("application"), &now, &then)
            .into_iter()
            .map(Json::Object)
            .collect()
    }

    #[test]
    fn what_is_not_switched_goes_in_one_patch() {
        let found = application_stages(json!({ "notes": "b" }), json!({ "notes": "a" }));
        assert_eq!(found, vec![json!({ "notes": "a" })]);
    }

    #[test]
    fn an_enabled_app_role_that_vanishes_is_disabled_first() {
        let kept = json!({ "id": "1", "value": "A", "isEnabled": true });
        let found = application_stages(
            json!({ "appRoles": [kept, { "id": "2", "value": "B", "isEnabled": true }] }),
            json!({ "appRoles": [kept] }),
        );
        assert_eq!(
            found,
            vec![
                json!({ "appRoles": [kept, { "id": "2", "value": "B", "isEnabled": false }] }),
                json!({ "appRoles": [kept] }),
            ]
        );
    }

    #[test]
    fn a_permission_scope_that_vanishes_is_no_longer_named_when_it_is_disabled() {
        let found = application_stages(
            json!({ "api": {
                "oauth2PermissionScopes": [{ "id": "s", "value": "read", "isEnabled": true }],
                "preAuthorizedApplications": [{ "appId": "x", "delegatedPermissionIds": ["s"] }],
            } }),
            json!({ "api": { "oauth2PermissionScopes": [], "preAuthorizedApplications": [] } }),
        );
        assert_eq!(
            found,
            vec![
                json!({ "api": {
                    "oauth2PermissionScopes": [{ "id": "s", "value": "read", "isEnabled": false }],
                    "preAuthorizedApplications": [],
                } }),
                json!({ "api": { "oauth2PermissionScopes": [], "preAuthorizedApplications": [] } }),
            ]
        );
    }

    #[test]
    fn a_permission_scope_that_returns_is_stored_before_it_is_named() {
        let scope = json!({ "id": "s", "value": "read", "isEnabled": true });
        let named = json!([{ "appId": "x", "delegatedPermissionIds": ["s"] }]);
        let found = application_stages(
            json!({ "api": { "oauth2PermissionScopes": [], "preAuthorizedApplications": [] } }),
            json!({ "api": { "oauth2PermissionScopes": [scope], "preAuthorizedApplications": named } }),
        );
        assert_eq!(
            found,
            vec![
                json!({ "api": { "oauth2PermissionScopes": [scope], "preAuthorizedApplications": [] } }),
                json!({ "api": { "oauth2PermissionScopes": [scope], "preAuthorizedApplications": named } }),
            ]
        );
    }
}
