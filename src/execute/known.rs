//! What became known of the objects that the plan creates.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value as Json;

use crate::address::{Address, ObjectId};
use crate::object::Properties;
use crate::plan::{Action, Inverse, Plan};

/// Ids and properties of objects that the plan created, by address.
#[derive(Debug, Default)]
pub(super) struct Known {
    ids: HashMap<Address, ObjectId>,
    properties: HashMap<Address, BTreeMap<String, String>>,
}

impl Known {
    pub(super) fn learn(
        &mut self,
        of: &Address,
        id: Option<&ObjectId>,
        learned: &BTreeMap<String, String>,
    ) {
        if let Some(id) = id {
            self.ids.insert(of.clone(), id.clone());
        }
        if !learned.is_empty() {
            self.properties.insert(of.clone(), learned.clone());
        }
    }

    pub(super) fn id(&self, of: &Address) -> Option<&ObjectId> {
        self.ids.get(of)
    }

    pub(super) fn property(&self, of: &Address, property: &str) -> Option<String> {
        match property {
            "id" => self.ids.get(of).map(|id| id.as_str().to_owned()),
            _ => self.properties.get(of)?.get(property).cloned(),
        }
    }

    /// Every id that is known, in the order of the addresses.
    pub(super) fn into_ids(self) -> BTreeMap<Address, ObjectId> {
        self.ids.into_iter().collect()
    }
}

/// The properties that the plan's steps name of objects that do not exist yet, by address.
#[derive(Debug, Default)]
pub(super) struct Wanted(HashMap<Address, BTreeSet<String>>);

impl Wanted {
    pub(super) fn of(plan: &Plan) -> Wanted {
        let mut wanted = Wanted::default();
        for step in &plan.steps {
            wanted.add_action(&step.action);
            match &step.inverse {
                Inverse::Undo(action) => wanted.add_action(action),
                Inverse::DeleteCreated
                | Inverse::RestoreDeleted
                | Inverse::LeaveBehind(_)
                | Inverse::Irreversible(_) => {}
            }
        }
        wanted
    }

    pub(super) fn get(&self, address: &Address) -> BTreeSet<String> {
        self.0.get(address).cloned().unwrap_or_default()
    }

    fn add_action(&mut self, action: &Action) {
        match action {
            Action::Create { properties, .. } => self.add(properties),
            Action::Update { will, was, .. } => {
                self.add(will);
                self.add(was);
            }
            Action::Delete { .. } | Action::Link { .. } | Action::Unlink { .. } => {}
        }
    }

    fn add(&mut self, properties: &Properties) {
        for value in properties.values() {
            value.each_property(&mut |of, property| {
                if property != "id" {
                    let names = self.0.entry(of.clone()).or_default();
                    names.insert(property.to_owned());
                }
            });
        }
    }
}

/// What has to be selected so that `wanted` can be read: `appRoles[Payments.Process]` is in `appRoles`.
pub(super) fn select(wanted: &BTreeSet<String>) -> String {
    let mut names = BTreeSet::from(["id"]);
    for property in wanted {
        names.insert(
            property
                .split_once('[')
                .map_or(property.as_str(), |(name, _)| name),
        );
    }
    names.into_iter().collect::<Vec<_>>().join(",")
}

/// Reads what is wanted out of an object; what is not there (yet) is simply not in the answer.
pub(super) fn read(wanted: &BTreeSet<String>, object: &Json) -> BTreeMap<String, String> {
    wanted
        .iter()
        .filter_map(|property| Some((property.clone(), read_one(property, object)?)))
        .collect()
}

fn read_one(property: &str, object: &Json) -> Option<String> {
    let Some((items, value)) = property.split_once('[') else {
        return object.get(property)?.as_str().map(str::to_owned);
    };
    let value = value.strip_suffix(']')?;
    let item = object
        .get(items)?
        .as_array()?
        .iter()
        .find(|item| item.get("value").and_then(Json::as_str) == Some(value))?;
    item.get("id")?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_read_as_its_id() {
        let wanted = BTreeSet::from(["appId".to_owned(), "appRoles[A.B]".to_owned()]);
        assert_eq!(select(&wanted), "appId,appRoles,id");
        let object = serde_json::json!({
            "id": "i", "appId": "a", "appRoles": [{ "value": "C", "id": "1" }, { "value": "A.B", "id": "2" }]
        });
        let read_all = read(&wanted, &object);
        assert_eq!(read_all["appRoles[A.B]"], "2");
        assert_eq!(read_all["appId"], "a");
        let early = serde_json::json!({ "id": "i", "appId": "a", "appRoles": [] });
        assert_eq!(read(&wanted, &early).len(), 1);
    }
}
