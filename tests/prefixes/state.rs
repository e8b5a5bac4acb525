//! What a tenant holds, read by somebody who knows nothing of idac: the exported entries, one line each.
//!
//! Counters and times of change are left out, as is what is only remembered for delta queries. Objects that were not
//! there before have ids of which nobody knew: they are called by their names. What belongs to objects and has no
//! name of its own (an assignment, a grant) is told by its content.

use std::collections::{BTreeMap, BTreeSet};

use idac::emulator::Tenant;
use serde_json::{Map, Value as Json};

/// The lines, sorted; two that are the same stand twice, so that twins show.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct State {
    lines: Vec<String>,
}

/// The ids of the objects that were there before.
pub(super) type Census = BTreeSet<String>;

/// Every object of the tenant, deleted ones included.
pub(super) fn census(tenant: &Tenant) -> Census {
    let export = tenant.export();
    let objects = entries(&export).filter_map(|(key, _)| key.get("Object"));
    objects.map(text).collect()
}

impl State {
    /// What the tenant holds. Objects that are not in the census and were deleted again are not told, nor what names
    /// them: they never were there before, and the recycle bin is where what idac takes back goes. Nor are links,
    /// assignments and consents of objects in the recycle bin, which nobody can read.
    pub(super) fn of(tenant: &Tenant, census: &Census) -> State {
        let export = tenant.export();
        let names = names(&export, census);
        let bin = bin(&export);
        let taken_back: BTreeSet<String> = bin.difference(census).cloned().collect();
        let mut lines: Vec<String> = entries(&export)
            .filter(|(key, _)| !stands_at(key, &taken_back))
            .filter(|(key, entry)| !sleeps(key, entry, &bin))
            .filter_map(|(key, entry)| told(key, entry))
            .map(|line| named(line, &names))
            .collect();
        lines.sort();
        State { lines }
    }

    /// The lines of which only one has so many.
    pub(super) fn difference(&self, other: &State) -> String {
        let mut counts: BTreeMap<&String, i32> = BTreeMap::new();
        for line in &self.lines {
            *counts.entry(line).or_default() += 1;
        }
        for line in &other.lines {
            *counts.entry(line).or_default() -= 1;
        }
        let told = |(line, count): (&&String, &i32)| match count {
            0 => None,
            1.. => Some(format!("  + {line}\n")),
            _ => Some(format!("  - {line}\n")),
        };
        counts.iter().filter_map(told).collect()
    }
}

fn entries(export: &Json) -> impl Iterator<Item = (&Json, &Json)> {
    let entries = export["entries"].as_array().expect("an exported tenant");
    entries.iter().map(|pair| (&pair[0], &pair[1]))
}

/// The objects that are in the recycle bin.
fn bin(export: &Json) -> BTreeSet<String> {
    entries(export)
        .filter(|(_, entry)| !entry["Object"]["deleted_ms"].is_null())
        .filter_map(|(key, _)| key.get("Object"))
        .map(text)
        .collect()
}

/// Whether the entry is one of these objects, or says something of one.
fn stands_at(key: &Json, ids: &BTreeSet<String>) -> bool {
    let of = [
        &key["Object"],
        &key["Link"]["from"],
        &key["Link"]["to"],
        &key["Federated"]["application"],
    ];
    of.iter().any(|id| ids.contains(&text(id)))
}

/// Whether the entry shows only when an object comes out of the recycle bin.
fn sleeps(key: &Json, entry: &Json, bin: &BTreeSet<String>) -> bool {
    let of = [
        &key["Link"]["from"],
        &entry["Grant"]["client"],
        &entry["Grant"]["resource"],
        &entry["Assignment"]["principal"],
        &entry["Assignment"]["resource"],
    ];
    of.iter().any(|id| bin.contains(&text(id)))
}

/// One entry; `None` when it says nothing of what the tenant holds.
fn told(key: &Json, entry: &Json) -> Option<String> {
    let (set, at) = match key {
        Json::Object(key) => key.iter().next()?,
        _ => return None,
    };
    let (_, held) = entry.as_object()?.iter().next()?;
    let place = match set.as_str() {
        // The built-in directory roles are many, and nobody can write them.
        "Meta" | "Gone" | "RoleDefinition" => return None,
        "Link" if held["presence"] != "Present" => return None,
        "Federated" => at["application"].to_string(),
        "Assignment" | "Grant" | "RoleAssignment" => String::new(),
        _ => at.to_string(),
    };
    let mut held = held.clone();
    if let Json::Object(held) = &mut held {
        for counter in ["changed_at", "created_at", "created_ms", "touched"] {
            held.remove(counter);
        }
        if set == "Federated" || set == "RoleAssignment" {
            held.remove("id");
        }
    }
    Some(format!("{set} {place} {held}"))
}

/// What ids that nobody knew before are called.
fn names(export: &Json, census: &Census) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    let new: Vec<(&Json, &Map<String, Json>)> = entries(export)
        .filter_map(|(key, entry)| Some((key.get("Object")?, entry["Object"].as_object()?)))
        .filter(|(id, _)| !census.contains(&text(id)))
        .collect();
    for (id, object) in &new {
        let properties = &object["properties"];
        if let Some(name) = properties["uniqueName"].as_str() {
            let kind = object["kind"].as_str().unwrap_or_default();
            names.insert(text(id), format!("<{kind} {name}>"));
            if let Some(app_id) = properties["appId"].as_str() {
                names.insert(app_id.to_owned(), format!("<appId {name}>"));
            }
        }
    }
    for (id, object) in &new {
        let app_id = object["properties"]["appId"].as_str().unwrap_or_default();
        if object["kind"] == "ServicePrincipal" {
            let of = names.get(app_id).map_or(app_id, String::as_str).to_owned();
            names.insert(text(id), format!("<ServicePrincipal of {of}>"));
        }
    }
    names
}

fn named(mut line: String, names: &BTreeMap<String, String>) -> String {
    for (id, name) in names {
        if line.contains(id.as_str()) {
            line = line.replace(id.as_str(), name);
        }
    }
    line
}

fn text(json: &Json) -> String {
    json.as_str().unwrap_or_default().to_owned()
}
