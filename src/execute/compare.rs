//! Whether an object in the tenant is as a step would have it.
//!
//! Only what is wanted is compared: Graph answers more members than idac writes.

use serde_json::Value as Json;

use super::lower::Body;
use crate::address::is_guid;
use crate::kind::entity::{Entity, Form, Items, Property};

/// Whether all these properties have these values.
pub(super) fn holds(entity: &Entity, wanted: &Body, object: &Json) -> bool {
    wanted.iter().all(|(name, value)| {
        same(
            form_of(entity.properties, name),
            value,
            member(object, name),
        )
    })
}

/// Whether the two values of one property are the same to Graph.
pub(super) fn same(form: Option<&Form>, wanted: &Json, seen: &Json) -> bool {
    if is_nothing(wanted) && is_nothing(seen) {
        return true;
    }
    match form {
        None | Some(Form::Plain) => plain(wanted, seen),
        Some(Form::Set) => sorted(wanted) == sorted(seen),
        Some(Form::Words) => words(wanted) == words(seen),
        Some(Form::Items(items)) => same_items(items, wanted, seen),
        Some(Form::Complex(members)) => same_members(members, wanted, seen),
    }
}

fn same_items(items: &Items, wanted: &Json, seen: &Json) -> bool {
    let (wanted, seen) = (list(wanted), list(seen));
    wanted.len() == seen.len()
        && wanted.iter().all(|item| {
            find_item(items, seen, item)
                .is_some_and(|found| same_members(items.members, item, found))
        })
}

/// The item of `list` that is this one: by its id where items have one, else by their key.
pub(super) fn find_item<'a>(items: &Items, list: &'a [Json], item: &Json) -> Option<&'a Json> {
    let by = items.id.unwrap_or(items.key);
    list.iter()
        .find(|other| plain(member(item, by), member(other, by)))
}

fn same_members(members: &[Property], wanted: &Json, seen: &Json) -> bool {
    match wanted {
        Json::Object(wanted) => wanted
            .iter()
            .all(|(name, value)| same(form_of(members, name), value, member(seen, name))),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => {
            plain(wanted, seen)
        }
    }
}

fn form_of<'a>(properties: &'a [Property], name: &str) -> Option<&'a Form> {
    properties
        .iter()
        .find(|property| property.name == name)
        .map(|property| &property.form)
}

fn plain(left: &Json, right: &Json) -> bool {
    match (left, right) {
        (Json::String(left), Json::String(right)) if is_guid(left) => {
            left.eq_ignore_ascii_case(right)
        }
        _ => left == right || (is_nothing(left) && is_nothing(right)),
    }
}

/// Graph answers `null` where nothing, an empty text or an empty list was written, and an object of nothing
/// where the whole was never written.
fn is_nothing(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::String(text) => text.is_empty(),
        Json::Array(items) => items.is_empty(),
        Json::Object(members) => members.values().all(is_nothing),
        Json::Bool(_) | Json::Number(_) => false,
    }
}

fn sorted(value: &Json) -> Vec<String> {
    let mut items: Vec<String> = list(value).iter().map(Json::to_string).collect();
    items.sort();
    items
}

fn words(value: &Json) -> Vec<&str> {
    let mut words: Vec<&str> = value
        .as_str()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    words.sort_unstable();
    words
}

pub(super) fn list(value: &Json) -> &[Json] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub(super) fn member<'a>(object: &'a Json, name: &str) -> &'a Json {
    object.get(name).unwrap_or(&Json::Null)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kind;

    fn application_holds(wanted: Json, object: Json) -> bool {
        let Json::Object(wanted) = wanted else {
            panic!("bug: properties are an object")
        };
        holds(kind::entity("application"), &wanted, &object)
    }

    #[test]
    fn what_graph_makes_no_difference_of_is_the_same() {
        for (wanted, object) in [
            (json!({ "description": "" }), json!({ "description": null })),
            (
                json!({ "tags": ["b", "a"] }),
                json!({ "tags": ["a", "b"], "notes": "more" }),
            ),
            (
                json!({ "web": null }),
                json!({ "web": { "redirectUris": [], "homePageUrl": null } }),
            ),
            (
                json!({ "appRoles": [{ "id": "1", "value": "B" }, { "id": "2", "value": "A" }] }),
                json!({ "appRoles": [
                    { "id": "2", "value": "A", "origin": "Application" },
                    { "id": "1", "value": "B", "origin": "Application" },
                ] }),
            ),
            (
                json!({ "api": { "knownClientApplications": [] } }),
                json!({ "api": { "knownClientApplications": [], "requestedAccessTokenVersion": 2 } }),
            ),
        ] {
            assert!(application_holds(wanted.clone(), object), "{wanted}");
        }
    }

    #[test]
    fn a_difference_in_one_member_of_one_item_is_a_difference() {
        for (wanted, object) in [
            (json!({ "displayName": "a" }), json!({ "displayName": "A" })),
            (
                json!({ "isDeviceOnlyAuthSupported": false }),
                json!({ "isDeviceOnlyAuthSupported": null }),
            ),
            (
                json!({ "appRoles": [{ "id": "1", "value": "B", "isEnabled": false }] }),
                json!({ "appRoles": [{ "id": "1", "value": "B", "isEnabled": true }] }),
            ),
            (
                json!({ "appRoles": [] }),
                json!({ "appRoles": [{ "id": "1" }] }),
            ),
            (
                json!({ "api": { "oauth2PermissionScopes": [] } }),
                json!({ "api": { "oauth2PermissionScopes": [{ "id": "1", "isEnabled": true }] } }),
            ),
        ] {
            assert!(!application_holds(wanted.clone(), object), "{wanted}");
        }
    }
}
