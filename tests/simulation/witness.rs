//! What stands in a tenant, read from its stored state and not through anything of idac's: facts that can be compared.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use idac::emulator::Tenant;
use serde_json::{Value, json};

use super::surroundings::founded;

/// A tenant's stored entries, followed from change to change.
#[derive(Clone)]
pub(crate) struct Witness {
    entries: BTreeMap<String, (Value, Arc<Value>)>,
}

/// What can be said of a tenant, each under a name in which the ids of everybody concerned stand.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Facts {
    pub(crate) facts: BTreeMap<String, Arc<Value>>,
    /// The names of facts by the ids of the objects that they are about.
    pub(crate) names: BTreeMap<String, String>,
    /// What is there twice although once would do.
    pub(crate) twins: Vec<String>,
}

/// What is another way now.
#[derive(Clone, Debug)]
pub(crate) struct Difference {
    pub(crate) name: String,
    pub(crate) before: Option<Arc<Value>>,
    pub(crate) after: Option<Arc<Value>>,
}

impl Witness {
    /// Of a tenant as every world begins.
    pub(crate) fn of_founded() -> Witness {
        static FOUNDED: OnceLock<Witness> = OnceLock::new();
        FOUNDED
            .get_or_init(|| Witness {
                entries: read(&founded().export()),
            })
            .clone()
    }

    /// Takes note of what changed.
    pub(crate) fn follow(&mut self, tenant: &mut Tenant) {
        for change in tenant.take_changes() {
            let mut change = serde_json::to_value(change).expect("a change is JSON");
            let (key, entry) = (change["key"].take(), change["entry"].take());
            if entry.is_null() {
                self.entries.remove(&key.to_string());
            } else {
                self.entries.insert(key.to_string(), (key, Arc::new(entry)));
            }
        }
    }

    pub(crate) fn facts(&self) -> Facts {
        let mut facts = Facts::default();
        for (key, entry) in self.entries.values() {
            facts.add(key, entry);
        }
        facts.show_applications();
        facts.find_twins();
        facts
    }
}

fn read(export: &Value) -> BTreeMap<String, (Value, Arc<Value>)> {
    let entries = export["entries"].as_array().expect("it has entries");
    entries
        .iter()
        .map(|entry| {
            (
                entry[0].to_string(),
                (entry[0].clone(), Arc::new(entry[1].clone())),
            )
        })
        .collect()
}

impl Facts {
    /// The object with this id, alive or in the recycle bin.
    pub(crate) fn object(&self, id: &str) -> Option<&Value> {
        self.facts.get(&format!("object {id}")).map(|it| &**it)
    }

    pub(crate) fn living(&self, id: &str) -> Option<&Value> {
        self.object(id).filter(|object| object["deleted"] == false)
    }

    /// The ids that stand in facts of this class, after these words.
    pub(crate) fn below<'a>(
        &'a self,
        words: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a Value)> {
        let range = self.facts.range(words.to_owned()..);
        range
            .take_while(move |(name, _)| name.starts_with(words))
            .map(move |(name, value)| (name[words.len()..].trim_start(), &**value))
    }

    /// Every object, by its id.
    pub(crate) fn objects(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.below("object ")
    }

    pub(crate) fn differences(&self, after: &Facts) -> Vec<Difference> {
        let mut names: Vec<&String> = self.facts.keys().chain(after.facts.keys()).collect();
        names.sort();
        names.dedup();
        names
            .into_iter()
            .filter(|name| self.facts.get(*name) != after.facts.get(*name))
            .map(|name| Difference {
                name: name.clone(),
                before: self.facts.get(name).cloned(),
                after: after.facts.get(name).cloned(),
            })
            .collect()
    }

    fn add(&mut self, key: &Value, entry: &Arc<Value>) {
        let Some((class, place)) = key.as_object().and_then(|it| it.iter().next()) else {
            if key == "Organization" {
                self.facts
                    .insert("organization".to_owned(), Arc::clone(entry));
            }
            return;
        };
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        match class.as_str() {
            "Object" => {
                let object = &entry["Object"];
                let fact = json!({"kind": object["kind"], "properties": object["properties"],
                    "deleted": !object["deleted_ms"].is_null()});
                self.put(&text(place), format!("object {}", text(place)), fact);
            }
            "Link" if entry["Link"]["presence"] == "Present" => {
                let name = format!(
                    "link {} {} {}",
                    text(&place["from"]),
                    text(&place["relation"]),
                    text(&place["to"])
                );
                self.facts.insert(name, Arc::new(json!(true)));
            }
            "Link" | "Gone" => {}
            "Federated" => {
                let mut fact = entry["Plain"].clone();
                if let Some(fact) = fact.as_object_mut() {
                    fact.remove("id");
                }
                let name = format!(
                    "credential {} {}",
                    text(&place["application"]),
                    text(&fact["name"])
                );
                self.put(&text(&place["id"]), name, fact);
            }
            "Assignment" => {
                let of = &entry["Assignment"];
                let name = format!(
                    "assignment {} {} {}",
                    text(&of["resource"]),
                    text(&of["role"]),
                    text(&of["principal"])
                );
                self.put(&text(place), name, json!(true));
            }
            "Grant" => {
                let of = &entry["Grant"];
                let scope = text(&of["scope"]);
                let mut scopes: Vec<&str> = scope.split_whitespace().collect();
                scopes.sort_unstable();
                let name = format!(
                    "grant {} {} {}",
                    text(&of["client"]),
                    text(&of["resource"]),
                    text(&of["principal"])
                );
                self.put(&text(place), name, json!(scopes));
            }
            "RoleAssignment" => {
                let of = &entry["Plain"];
                let name = format!(
                    "roleAssignment {} {} {}",
                    text(&of["roleDefinitionId"]),
                    text(&of["principalId"]),
                    text(&of["directoryScopeId"])
                );
                self.put(&text(place), name, json!(true));
            }
            "Domain" | "RoleDefinition" => {
                self.facts
                    .insert(format!("{class} {}", text(place)), Arc::clone(entry));
            }
            "Document" => {
                let name = format!(
                    "document {} {} {}",
                    text(&place["set"]),
                    text(&place["parent"]),
                    text(&place["id"])
                );
                self.facts.insert(name, Arc::clone(entry));
            }
            other => panic!("{other} is stored, and nobody here knows it"),
        }
    }

    fn put(&mut self, id: &str, name: String, fact: Value) {
        if self.facts.insert(name.clone(), Arc::new(fact)).is_some() {
            self.twins.push(name.clone());
        }
        self.names.insert(id.to_owned(), name);
    }

    /// A service principal shows its application's tags beside its own: who has them cannot be told apart from outside.
    fn show_applications(&mut self) {
        let mut tags: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let texts = |object: &Value| -> Vec<String> {
            let list = object["properties"]["tags"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            list.iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect()
        };
        for (_, object) in self
            .objects()
            .filter(|(_, object)| object["kind"] == "Application")
        {
            tags.insert(object["properties"]["appId"].to_string(), texts(object));
        }
        let mut shown = Vec::new();
        for (id, object) in self
            .objects()
            .filter(|(_, object)| object["kind"] == "ServicePrincipal")
        {
            let mut all = texts(object);
            all.extend(
                tags.get(&object["properties"]["appId"].to_string())
                    .into_iter()
                    .flatten()
                    .cloned(),
            );
            all.sort();
            all.dedup();
            if !all.is_empty() {
                let mut object = object.clone();
                object["properties"]["tags"] = json!(all);
                shown.push((format!("object {id}"), Arc::new(object)));
            }
        }
        self.facts.extend(shown);
    }

    /// Two live objects under one unique name, or two service principals of one application.
    fn find_twins(&mut self) {
        let mut seen: BTreeMap<(String, &str, String), String> = BTreeMap::new();
        let mut twins = Vec::new();
        for (id, object) in self.objects() {
            if object["deleted"] != false {
                continue;
            }
            for property in ["uniqueName", "appId"] {
                let Some(value) = object["properties"][property].as_str() else {
                    continue;
                };
                let whole = (object["kind"].to_string(), property, value.to_lowercase());
                if let Some(other) = seen.insert(whole, id.to_owned()) {
                    twins.push(format!("{property} {value}: {other} and {id}"));
                }
            }
        }
        self.twins.extend(twins);
    }
}
