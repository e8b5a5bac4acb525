//! Reading what belongs to others: credentials below an application, assignments, grants.
//!
//! These come in lists, and which entries matter is often known only later (`resourceId` of an API that is still
//! being looked for). So the lists are kept until the end, and then what nobody asked for is dropped.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

use super::ask::{Ask, PAGE, Purpose, encode, select};
use super::build::Builder;
use super::search::has_own_key;
use super::{Known, Scope, answer};
use crate::address::{Address, ObjectId};
use crate::kind;
use crate::kind::entity::{Creation, Entity, SetRead};
use crate::object::{DesiredObject, Key, ObservedObject, Part, Value};

/// Above this many filters the whole collection is read.
const FILTERS_MAX: usize = 100;

/// The values that entries must have to matter; none: all of them do.
pub(super) type Want = BTreeMap<String, Value>;

/// Every list of objects that belong to others.
pub(super) struct Rows<'a> {
    lists: Vec<List>,
    by_url: BTreeMap<String, usize>,
    ids: BTreeSet<ObjectId>,
    /// Desired objects that are in no set that is desired.
    loose: Vec<&'a DesiredObject>,
}

struct List {
    entity: &'static Entity,
    set: Option<&'static SetRead>,
    owner: Option<ObjectId>,
    wants: Vec<Want>,
    entries: Vec<ObservedObject>,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Asked,
    Complete,
}

impl<'a> Rows<'a> {
    pub(super) fn new(scope: &Scope<'a>) -> Rows<'a> {
        let sets: BTreeSet<(&Address, &str, Option<&str>)> = scope
            .desired
            .values()
            .flat_map(|owner| {
                owner
                    .sets
                    .iter()
                    .map(|set| (&owner.address, set.entity, set.by))
            })
            .collect();
        let loose = scope
            .desired
            .values()
            .filter(|desired| {
                let entity = kind::entity(desired.entity);
                !has_own_key(entity)
                    && !entity.sets.iter().any(|set| {
                        owner_address(desired, set)
                            .is_some_and(|owner| sets.contains(&(owner, entity.name, set.by)))
                    })
            })
            .collect();
        Rows {
            lists: Vec::new(),
            by_url: BTreeMap::new(),
            ids: BTreeSet::new(),
            loose,
        }
    }

    /// Reads a set of an owner, once for all who want something of it.
    pub(super) fn set_ask(
        &mut self,
        entity: &'static Entity,
        set: &'static SetRead,
        owner: &ObjectId,
        want: Want,
    ) -> Option<Ask> {
        let url = format!(
            "{}?{}",
            set.url.replace("{owner}", &encode(owner.as_str())),
            select(entity)
        );
        let url = match set.by {
            Some(_) => format!("{url}&$top={PAGE}"),
            // What is contained in one object is few, and not every such collection has `$top`.
            None => url,
        };
        let what = format!("what {} has for {owner}", set.url);
        self.ask(url, what, entity, Some((set, owner)), want)
    }

    fn ask(
        &mut self,
        url: String,
        what: String,
        entity: &'static Entity,
        of: Option<(&'static SetRead, &ObjectId)>,
        want: Want,
    ) -> Option<Ask> {
        if let Some(number) = self.by_url.get(&url) {
            let wants = &mut self.lists[*number].wants;
            if !wants.contains(&want) {
                wants.push(want);
            }
            return None;
        }
        let number = self.lists.len();
        self.by_url.insert(url.clone(), number);
        self.lists.push(List {
            entity,
            set: of.map(|(set, _)| set),
            owner: of.map(|(_, owner)| owner.clone()),
            wants: vec![want],
            entries: Vec::new(),
            state: State::Asked,
        });
        Some(Ask::new(url, what, Purpose::Rows(number)))
    }

    pub(super) fn take(&mut self, number: usize, entry: &Map<String, Json>) -> Result<(), String> {
        let list = &mut self.lists[number];
        let mut object = answer::object(list.entity, entry)?;
        if let Some(set) = list.set {
            object.parent = match (set.by, set.parent) {
                (None, _) => list.owner.clone(),
                (Some(_), None) => None,
                (Some(_), Some(parent)) => {
                    let Some(id) = object.text(parent) else {
                        return Err(format!("`{parent}` of {} is not text", object.id));
                    };
                    Some(ObjectId::new(id))
                }
            };
        }
        self.ids.insert(object.id.clone());
        list.entries.push(object);
        Ok(())
    }

    pub(super) fn done(&mut self, number: usize) {
        self.lists[number].state = State::Complete;
    }

    /// Whether an object of the last receipt was seen, or is missing in a list that would have it.
    pub(super) fn decide(&self, known: &Known) -> bool {
        self.ids.contains(&known.id)
            || self.lists.iter().any(|list| {
                let is_where_it_lives = list
                    .set
                    .is_some_and(|set| set.by.is_none() || set.by == set.parent);
                list.state == State::Complete
                    && list.entity.name == known.entity
                    && list.owner.is_some()
                    && list.owner == known.parent
                    && is_where_it_lives
            })
    }
}

impl Builder<'_> {
    /// Reads where desired objects would be that are in no desired set.
    pub(super) fn loose_asks(&mut self) -> Vec<Ask> {
        let mut asks = Vec::new();
        let mut waiting = Vec::new();
        let mut filters: BTreeMap<&str, Vec<(String, &DesiredObject)>> = BTreeMap::new();
        for desired in std::mem::take(&mut self.rows.loose) {
            let entity = kind::entity(desired.entity);
            if entity.sets.is_empty() {
                match self.filter(entity, desired) {
                    Some(filter) => filters
                        .entry(entity.name)
                        .or_default()
                        .push((filter, desired)),
                    None => waiting.push(desired),
                }
                continue;
            }
            // The principal's side of an assignment is the last, and the short one.
            let place = entity.sets.iter().rev().find_map(|set| {
                let owner = self.set_owner(desired, set)?;
                Some((set, owner))
            });
            match place {
                Some((set, owner)) => {
                    asks.extend(self.rows.set_ask(entity, set, &owner, key(desired)));
                }
                None => waiting.push(desired),
            }
        }
        self.rows.loose = waiting;
        for (entity, wanted) in filters {
            asks.extend(self.filter_asks(kind::entity(entity), wanted));
        }
        asks
    }

    /// Drops what nobody asked for, and keeps the rest with the other objects.
    pub(super) fn keep_rows(&mut self) {
        let known: BTreeSet<&ObjectId> = self.scope.known.values().map(|known| &known.id).collect();
        for list in std::mem::take(&mut self.rows.lists) {
            let wants = self.known_wants(&list.wants);
            for entry in list.entries {
                let is_wanted = wants.iter().any(|(properties, values)| {
                    let found: Vec<String> = properties
                        .iter()
                        .map(|property| comparable_value(entry.properties.get(property)))
                        .collect();
                    values.contains(&found)
                });
                if is_wanted || known.contains(&entry.id) {
                    self.insert(entry);
                }
            }
        }
    }

    /// What is wanted, by the properties that decide it. A value that is still unknown belongs to nothing that is
    /// in the tenant.
    fn known_wants(&self, wants: &[Want]) -> BTreeMap<Vec<String>, BTreeSet<Vec<String>>> {
        let mut known: BTreeMap<Vec<String>, BTreeSet<Vec<String>>> = BTreeMap::new();
        for want in wants {
            let values: Option<Vec<String>> = want
                .values()
                .map(|value| {
                    let value = value.known(&|of, property| self.fill(of, property));
                    match value {
                        Value::Computed(_) => None,
                        value => Some(comparable_value(Some(&value))),
                    }
                })
                .collect();
            if let Some(values) = values {
                let properties = want.keys().cloned().collect();
                known.entry(properties).or_default().insert(values);
            }
        }
        known
    }

    fn set_owner(&self, desired: &DesiredObject, set: &SetRead) -> Option<ObjectId> {
        match set.by {
            None => self.found(desired.parent.as_ref()?),
            Some(by) => match &desired.key {
                Key::Id(_) => None,
                Key::Properties(values) => {
                    let id = self.known_text(values.get(by)?)?;
                    Some(ObjectId::new(&id))
                }
            },
        }
    }

    /// `principalId%20eq%20'…'`: the first property by which Graph tells objects of the entity apart.
    fn filter(&self, entity: &Entity, desired: &DesiredObject) -> Option<String> {
        let Creation::Post { key } = entity.creation else {
            return None;
        };
        let property = key.first()?;
        let Key::Properties(values) = &desired.key else {
            return None;
        };
        let value = self.known_text(values.get(*property)?)?;
        let value = encode(&value.replace('\'', "''"));
        Some(format!("{property}%20eq%20'{value}'"))
    }

    fn filter_asks(
        &mut self,
        entity: &'static Entity,
        wanted: Vec<(String, &DesiredObject)>,
    ) -> Vec<Ask> {
        let distinct: BTreeSet<&String> = wanted.iter().map(|(filter, _)| filter).collect();
        let is_listed = distinct.len() > FILTERS_MAX;
        let select = select(entity);
        wanted
            .iter()
            .filter_map(|(filter, desired)| {
                let collection = entity.collection;
                let url = if is_listed {
                    format!("{collection}?{select}")
                } else {
                    format!("{collection}?$filter={filter}&{select}")
                };
                let what = format!("{} of {}", collection, desired.address);
                self.rows.ask(url, what, entity, None, key(desired))
            })
            .collect()
    }
}

fn key(desired: &DesiredObject) -> Want {
    match &desired.key {
        Key::Id(_) => Want::new(),
        Key::Properties(values) => values.clone(),
    }
}

/// The desired object in whose set this one is.
fn owner_address<'a>(desired: &'a DesiredObject, set: &SetRead) -> Option<&'a Address> {
    let Some(by) = set.by else {
        return desired.parent.as_ref();
    };
    let Key::Properties(values) = &desired.key else {
        return None;
    };
    let Value::Computed(template) = values.get(by)? else {
        return None;
    };
    match template.0.as_slice() {
        [Part::Property { of, property }] if property == "id" => Some(of),
        _ => None,
    }
}

/// Ids are compared without case; `null`, `""` and absent are the same.
fn comparable_value(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::Text(text)) => text.to_lowercase(),
        Some(Value::Bool(value)) => value.to_string(),
        Some(Value::Integer(value)) => value.to_string(),
        Some(value @ (Value::Computed(_) | Value::List(_) | Value::Map(_))) => {
            serde_json::to_string(value).unwrap_or_default()
        }
    }
}
