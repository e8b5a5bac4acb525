//! What people call what Graph calls by an id.

use std::collections::BTreeMap;

use crate::address::{Address, is_guid};
use crate::graph::facts;
use crate::object::{ObservedObject, Part, Properties, Template, Value};
use crate::observe::Snapshot;
use crate::plan::{Action, Plan, Target};

/// Names by id: addresses of managed objects, names of what was seen, values of app roles and permission scopes.
#[derive(Clone, Debug, Default)]
pub struct Names {
    known: BTreeMap<String, String>,
}

impl Names {
    /// What the plan itself knows.
    pub fn of(plan: &Plan) -> Names {
        let mut names = Names::default();
        for step in &plan.steps {
            match &step.action {
                Action::Create {
                    properties,
                    revive: _,
                } => names.learn_items(properties),
                Action::Update {
                    target: _,
                    was,
                    will,
                } => {
                    names.learn_items(was);
                    names.learn_items(will);
                }
                Action::Delete { target: _, was } => {
                    names.learn_items(&was.properties);
                    names.learn_object(was);
                }
                Action::Link { .. } | Action::Unlink { .. } => {}
            }
        }
        for (address, object) in &plan.objects {
            match &object.target {
                Target::Existing(id) => {
                    names
                        .known
                        .insert(id.as_str().to_owned(), called(address).to_owned());
                }
                Target::Planned(_) => {}
            }
        }
        names
    }

    /// And what was seen in the tenant.
    pub fn and_seen(mut self, snapshot: &Snapshot) -> Names {
        for object in snapshot.objects.values() {
            self.learn_items(&object.properties);
            self.learn_object(object);
        }
        self.learn_app_ids(snapshot);
        self
    }

    /// An object by its id or appId, or an item by its id; the id itself when nobody knows a name.
    pub(super) fn name(&self, id: &str) -> String {
        let lower = id.to_ascii_lowercase();
        self.known
            .get(id)
            .or_else(|| self.known.get(&lower))
            .cloned()
            .or_else(|| fact(&lower))
            .unwrap_or_else(|| id.to_owned())
    }

    /// What a step speaks of.
    pub(super) fn target(&self, target: &Target) -> String {
        match target {
            Target::Existing(id) => self.name(id.as_str()),
            Target::Planned(address) => called(address).to_owned(),
        }
    }

    /// A value on one line. What a plan computes is shown as the name of what it comes from.
    pub(super) fn value(&self, value: &Value) -> String {
        match value {
            Value::Null => "(nothing)".to_owned(),
            Value::Bool(value) => value.to_string(),
            Value::Integer(value) => value.to_string(),
            Value::Text(text) if is_guid(text) => self.name(text),
            Value::Text(text) => shown(text),
            Value::Computed(template) => computed(template),
            Value::List(items) => {
                let items: Vec<String> = items.iter().map(|item| self.value(item)).collect();
                format!("[{}]", items.join(", "))
            }
            Value::Map(members) => {
                let members: Vec<String> = members
                    .iter()
                    .map(|(name, value)| format!("{name}: {}", self.value(value)))
                    .collect();
                format!("{{ {} }}", members.join(", "))
            }
        }
    }

    /// The value without quotes: for sentences and for what items are called.
    pub(super) fn word(&self, value: &Value) -> String {
        match value {
            Value::Text(text) if !is_guid(text) => super::style::visible(text),
            Value::Text(_)
            | Value::Null
            | Value::Bool(_)
            | Value::Integer(_)
            | Value::Computed(_)
            | Value::List(_)
            | Value::Map(_) => self.value(value),
        }
    }

    /// Items with an `id` and a `value` are called by their value.
    fn learn_items(&mut self, properties: &Properties) {
        for value in properties.values() {
            self.learn_items_in(value);
        }
    }

    fn learn_items_in(&mut self, value: &Value) {
        for item in value.items() {
            self.learn_items_in(item);
        }
        let Value::Map(members) = value else {
            return;
        };
        let text = |name| members.get(name).and_then(Value::as_text);
        if let (Some(id), Some(value)) = (text("id"), text("value"))
            && !value.is_empty()
        {
            self.known
                .entry(id.to_ascii_lowercase())
                .or_insert_with(|| super::style::visible(value));
        }
        for member in members.values() {
            self.learn_items_in(member);
        }
    }

    /// An object that nobody declares is called by what people see of it.
    fn learn_object(&mut self, object: &ObservedObject) {
        if let Some(name) = object.text("appId").and_then(fact) {
            self.known
                .entry(object.id.as_str().to_owned())
                .or_insert(name);
            return;
        }
        let name = match (object.text("userPrincipalName"), object.text("displayName")) {
            (Some(name), _) => format!("user/{}", super::style::visible(name)),
            (None, Some(name)) if !name.is_empty() => {
                format!("{} {}", object.entity, shown(name))
            }
            (None, _) => return,
        };
        self.known
            .entry(object.id.as_str().to_owned())
            .or_insert(name);
    }

    /// An appId is called as the application is, or else as its service principal.
    fn learn_app_ids(&mut self, snapshot: &Snapshot) {
        let mut found: BTreeMap<String, (bool, String)> = BTreeMap::new();
        for object in snapshot.objects.values() {
            let (Some(app_id), Some(name)) =
                (object.text("appId"), self.known.get(object.id.as_str()))
            else {
                continue;
            };
            let is_declared = Address::parse(name).is_some();
            let better = found
                .get(app_id)
                .is_none_or(|(was_declared, _)| is_declared && !was_declared);
            if better {
                found.insert(app_id.to_ascii_lowercase(), (is_declared, name.clone()));
            }
        }
        for object in snapshot.objects.values() {
            let of_declared = object
                .text("appId")
                .and_then(|app_id| found.get(app_id))
                .filter(|(is_declared, _)| *is_declared);
            let id = object.id.as_str();
            let is_declared = |name: &String| Address::parse(name).is_some();
            if let Some((_, name)) = of_declared
                && !self.known.get(id).is_some_and(is_declared)
            {
                self.known.insert(id.to_owned(), name.clone());
            }
        }
        for (app_id, (is_declared, name)) in found {
            if is_declared || fact(&app_id).is_none() {
                self.known.entry(app_id).or_insert(name);
            }
        }
    }
}

/// The address that people write: of an application also where its service principal is meant.
pub(super) fn called(address: &Address) -> &str {
    address
        .as_str()
        .strip_suffix("/servicePrincipal")
        .unwrap_or(address.as_str())
}

/// Text as it is where it cannot be misread, else in quotes.
pub(super) fn shown(text: &str) -> String {
    let is_plain = !text.is_empty()
        && text
            .chars()
            .all(|character| character.is_ascii_graphic() && !"\"',{}[]()#".contains(character))
        && !matches!(text, "true" | "false" | "null")
        && text.parse::<f64>().is_err();
    if is_plain {
        return text.to_owned();
    }
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", super::style::visible(&escaped))
}

fn computed(template: &Template) -> String {
    match template.0.as_slice() {
        [Part::Property { of, property }] => match property.as_str() {
            "id" | "appId" => called(of).to_owned(),
            property => match property.split_once('[') {
                Some((_, item)) => item.trim_end_matches(']').to_owned(),
                None => format!("${{{of}.{property}}}"),
            },
        },
        _ => super::style::visible(&template.to_string()),
    }
}

/// What Microsoft gave the id to.
fn fact(id: &str) -> Option<String> {
    if !is_guid(id) {
        return None;
    }
    if id == facts::DEFAULT_ACCESS_APP_ROLE {
        return Some("default access".to_owned());
    }
    facts::well_known_application_by_id(id)
        .map(|application| application.name().to_owned())
        .or_else(|| facts::directory_role_by_id(id).map(|role| role.name.to_owned()))
        .or_else(|| {
            facts::graph_permissions()
                .find(|permission| {
                    permission.application_id == Some(id) || permission.delegated_id == Some(id)
                })
                .map(|permission| permission.name.to_owned())
        })
}
