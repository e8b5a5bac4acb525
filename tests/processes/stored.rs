//! What a stored tenant holds, read without anything of idac's that observes: its exported state, in words.
//!
//! Ids are replaced by names, so that an object that was made twice with other ids reads the same; what only counts
//! or dates is left out, and so is the recycle bin.

use std::collections::BTreeMap;
use std::path::Path;

use idac::digest::Digest;
use idac::emulator::store::Store;
use serde_json::{Map, Value, json};

/// Everything that lives in the tenant, one line an entry, in order.
pub(crate) fn read(folder: &Path) -> Vec<String> {
    let (_store, tenant) = Store::open(folder).expect("the tenant is whole");
    let exported = tenant.export();
    let entries: Vec<(Value, Value)> =
        serde_json::from_value(exported["entries"].clone()).expect("entries with their keys");
    let names = names(&entries);
    let mut lines: Vec<String> = entries
        .iter()
        .filter_map(|(key, entry)| line(key, entry, &names))
        .map(|line| named(&line.to_string(), &names))
        .collect();
    lines.sort();
    lines
}

/// The names that more than one living object has.
pub(crate) fn twins(lines: &[String]) -> Vec<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for line in lines {
        let line: Value = serde_json::from_str(line).expect("JSON");
        if line.get("kind").is_none() {
            *seen.entry(line.to_string()).or_default() += 1;
            continue;
        }
        for property in ["uniqueName", "displayName"] {
            if let Some(name) = line["properties"].get(property) {
                let name = format!("{} {property} {name}", line["kind"]);
                *seen.entry(name).or_default() += 1;
            }
        }
    }
    seen.retain(|_, count| *count > 1);
    seen.into_keys().collect()
}

/// Of every living object and its application, by id; of what is in the recycle bin nothing.
fn names(entries: &[(Value, Value)]) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for (key, entry) in entries {
        let (Some(id), Some(object)) = (key.get("Object"), entry.get("Object")) else {
            continue;
        };
        if !object["deleted_ms"].is_null() || object["kind"] == "ServicePrincipal" {
            continue;
        }
        let properties = &object["properties"];
        let called = ["uniqueName", "userPrincipalName", "displayName"]
            .iter()
            .find_map(|property| properties[property].as_str())
            .unwrap_or_default();
        let name = format!("{}/{called}", object["kind"].as_str().unwrap_or_default());
        if let Some(app_id) = properties["appId"].as_str() {
            names.insert(app_id.to_owned(), format!("appId of {name}"));
        }
        names.insert(text(id), name);
    }
    for (key, entry) in entries {
        let (Some(id), Some(object)) = (key.get("Object"), entry.get("Object")) else {
            continue;
        };
        if object["deleted_ms"].is_null() && object["kind"] == "ServicePrincipal" {
            let app_id = text(&object["properties"]["appId"]);
            let of = names.get(&app_id).cloned().unwrap_or(app_id);
            names.insert(text(id), format!("service principal with {of}"));
        }
    }
    names
}

/// An entry without what only counts or dates; `None` for what does not live.
fn line(key: &Value, entry: &Value, names: &BTreeMap<String, String>) -> Option<Value> {
    let lives = |id: &Value| names.contains_key(&text(id));
    if let (Some(id), Some(object)) = (key.get("Object"), entry.get("Object")) {
        let properties = match object["properties"].get("appOwnerOrganizationId") {
            // Microsoft's applications are long: what nobody may change is compared as it stands.
            Some(_) => json!(Digest::of(&object["properties"]).short()),
            None => settled(&object["properties"]),
        };
        return lives(id)
            .then(|| json!({ "id": id, "kind": object["kind"], "properties": properties }));
    }
    if let (Some(link), Some(state)) = (key.get("Link"), entry.get("Link")) {
        let is_there = state["presence"] == "Present" && lives(&link["from"]) && lives(&link["to"]);
        return is_there.then(|| json!({ "link": link }));
    }
    if let (Some(federated), Some(plain)) = (key.get("Federated"), entry.get("Plain")) {
        let mut plain = settled(plain);
        plain.as_object_mut().map(|members| members.remove("id"));
        let of = &federated["application"];
        return lives(of).then(|| json!({ "federated": plain, "of": of }));
    }
    if let (Some(_), Some(assignment)) = (key.get("Assignment"), entry.get("Assignment")) {
        let (principal, resource) = (&assignment["principal"], &assignment["resource"]);
        return (lives(principal) && lives(resource))
            .then(|| json!({ "assigned": assignment["role"], "to": principal, "on": resource }));
    }
    if let (Some(_), Some(grant)) = (key.get("Grant"), entry.get("Grant")) {
        let mut scope: Vec<&str> = grant["scope"].as_str()?.split_whitespace().collect();
        scope.sort_unstable();
        let (client, resource) = (&grant["client"], &grant["resource"]);
        return (lives(client) && lives(resource)).then(
            || json!({ "granted": scope, "to": client, "on": resource, "for": grant["principal"] }),
        );
    }
    None
}

/// Without what is nothing, and with lists in order.
fn settled(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members
                .iter()
                .filter(|(name, _)| !name.ends_with("DateTime"))
                .map(|(name, value)| (name.clone(), settled(value)))
                .filter(|(_, value)| !is_nothing(value));
            Value::Object(kept.collect::<Map<String, Value>>())
        }
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(settled).collect();
            items.sort_by_key(Value::to_string);
            Value::Array(items)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn named(line: &str, names: &BTreeMap<String, String>) -> String {
    let mut line = line.to_owned();
    for (id, name) in names {
        line = line.replace(id, name);
    }
    line
}

fn text(id: &Value) -> String {
    id.as_str().unwrap_or_default().to_owned()
}
