//! What is asked when nothing desired is left to ask: objects of the last receipt that were not seen, what hangs on
//! objects that will go, and the recycle bin.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

use super::ask::{Ask, PAGE, Purpose, by_id, by_key, select};
use super::build::Builder;
use super::rows::Want;
use super::search::{By, comparable, fits, has_own_key};
use super::{Known, Scope, answer};
use crate::address::{Address, ObjectId};
use crate::kind;
use crate::kind::entity::{Addressing, Creation, Entity, Form, Removal, Switched, Write};
use crate::object::{Coverage, DesiredObject, Management, ObservedObject, Value};

/// What was looked at besides the desired objects.
pub(super) struct Quiet<'a> {
    known: BTreeMap<&'a Address, State>,
    /// Desired objects with items that Graph wants switched off before they go.
    switched: Vec<&'a DesiredObject>,
    /// By the id of the application: the object that stands for it in the tenant.
    instances: BTreeMap<ObjectId, Instance>,
    deleted: BTreeMap<&'static str, Bin>,
    /// What a desired object can be made of.
    revivable: BTreeMap<Address, ObjectId>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Asked,
    Done,
}

struct Instance {
    entity: &'static Entity,
    property: &'static str,
    value: String,
    why: Why,
    state: State,
    id: Option<ObjectId>,
}

/// Why the tenant's instance of an application is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Why {
    /// The application will be deleted, and the instance with it.
    Goes,
    /// Items that this entity's objects assign may be removed.
    Assigned(&'static str),
}

/// What is looked for in the recycle bin's part for one entity.
#[derive(Default)]
struct Bin {
    wanted: Vec<(By, Option<Address>)>,
    /// The places of the wanted, by id and by the first value of the key.
    ids: BTreeMap<ObjectId, usize>,
    keys: BTreeMap<String, usize>,
    /// How many of the wanted were looked for.
    asked: usize,
}

impl<'a> Quiet<'a> {
    pub(super) fn new(scope: &Scope<'a>) -> Quiet<'a> {
        let switched = scope
            .desired
            .values()
            .filter(|desired| {
                let mut assigned = kind::entity(desired.entity).switched.iter();
                assigned
                    .any(|switched| switched.assigned_by.is_some() && is_managed(desired, switched))
            })
            .collect();
        Quiet {
            known: scope
                .known
                .keys()
                .map(|address| (address, State::Open))
                .collect(),
            switched,
            instances: BTreeMap::new(),
            deleted: BTreeMap::new(),
            revivable: BTreeMap::new(),
        }
    }

    pub(super) fn is_known_done(&self, address: &Address) -> bool {
        self.known.get(address) == Some(&State::Done)
    }

    pub(super) fn done_known(&mut self, address: &Address) {
        if let Some(state) = self.known.get_mut(address) {
            *state = State::Done;
        }
    }

    pub(super) fn done_instance(&mut self, of: &ObjectId) {
        if let Some(instance) = self.instances.get_mut(of) {
            instance.state = State::Done;
        }
    }

    /// The object in the recycle bin that a desired object can be made of.
    pub(super) fn revivable(&self, address: &Address) -> Option<&ObjectId> {
        self.revivable.get(address)
    }
}

impl Builder<'_> {
    pub(super) fn quiet_asks(&mut self) -> Vec<Ask> {
        let mut asks = self.known_asks();
        self.find_switched();
        if asks.is_empty() {
            asks.extend(self.going_asks());
        }
        asks.extend(self.instance_asks());
        asks.extend(self.deleted_asks());
        asks
    }

    /// Objects of the last receipt that were not seen, by their ids.
    fn known_asks(&mut self) -> Vec<Ask> {
        let mut asks = Vec::new();
        for (address, known) in self.scope.known {
            if self.quiet.known.get(address) != Some(&State::Open) {
                continue;
            }
            let ask = self.known_ask(address, known);
            let state = match &ask {
                Some(_) => State::Asked,
                None => State::Done,
            };
            self.quiet.known.insert(address, state);
            asks.extend(ask);
        }
        asks
    }

    fn known_ask(&self, address: &Address, known: &Known) -> Option<Ask> {
        let entity = kind::find_entity(&known.entity)?;
        let is_contained = entity.collection.contains("{parent}");
        if entity.removal == Removal::Never
            || self.objects.contains_key(&known.id)
            || self.rows.decide(known)
            || (is_contained && known.parent.is_none())
        {
            return None;
        }
        let parent = known.parent.as_ref().filter(|_| is_contained);
        Some(Ask::new(
            by_id(entity, parent, &known.id),
            address.to_string(),
            Purpose::Known(address.clone()),
        ))
    }

    pub(super) fn take_known(
        &mut self,
        address: &Address,
        entry: &Map<String, Json>,
    ) -> Result<(), String> {
        if let Some(known) = self.scope.known.get(address)
            && let Some(entity) = kind::find_entity(&known.entity)
        {
            let mut object = answer::object(entity, entry)?;
            let is_contained = entity.collection.contains("{parent}");
            object.parent = known.parent.clone().filter(|_| is_contained);
            self.insert(object);
        }
        Ok(())
    }

    /// Who is assigned what may be removed: only when the tenant has an item that is not desired.
    fn find_switched(&mut self) {
        let mut waiting = Vec::new();
        for desired in std::mem::take(&mut self.quiet.switched) {
            let Some(id) = self.found(&desired.address) else {
                waiting.push(desired);
                continue;
            };
            let observed = &self.objects[&id];
            for switched in kind::entity(desired.entity).switched {
                if let Some((by, _)) = switched.assigned_by
                    && is_managed(desired, switched)
                    && loses_items(desired, observed, switched)
                    && let Some(instance) = instance(observed, Why::Assigned(by))
                {
                    self.quiet.instances.insert(id.clone(), instance);
                }
            }
        }
        self.quiet.switched = waiting;
    }

    /// What is needed to put objects back that are no longer declared: their relations, and what belongs to them.
    fn going_asks(&mut self) -> Vec<Ask> {
        let going: Vec<ObjectId> = self
            .scope
            .known
            .iter()
            .filter(|(address, known)| {
                !self.scope.desired.contains_key(&address.root())
                    && !self.scope.desired.contains_key(*address)
                    && self.objects.contains_key(&known.id)
                    && kind::find_entity(&known.entity).is_some_and(has_own_key)
            })
            .map(|(_, known)| known.id.clone())
            .collect();
        if going.is_empty() {
            return Vec::new();
        }
        let claimed: BTreeSet<ObjectId> = self
            .scope
            .desired
            .keys()
            .filter_map(|address| self.found(address))
            .collect();
        going
            .into_iter()
            .filter(|id| !claimed.contains(id))
            .flat_map(|id| self.belonging_asks(&id))
            .collect()
    }

    /// The relations of an object that goes, the sets of which it is the owner, and its instance.
    fn belonging_asks(&mut self, id: &ObjectId) -> Vec<Ask> {
        let observed = &self.objects[id];
        let entity = kind::entity(&observed.entity);
        if let Some(instance) = instance(observed, Why::Goes) {
            self.quiet.instances.entry(id.clone()).or_insert(instance);
        }
        let mut asks = Vec::new();
        for relation in entity.relations {
            asks.extend(self.link_ask(entity, id, relation.name));
        }
        let below = format!("{}/{{owner}}/", entity.collection);
        for other in kind::ENTITIES {
            // What is contained in the object goes with it and comes back with it.
            let sets = other.sets.iter();
            for set in sets.filter(|set| set.by.is_some() && set.url.starts_with(&below)) {
                asks.extend(self.rows.set_ask(other, set, id, Want::new()));
            }
        }
        asks
    }

    /// Looks for instances, and for what is wanted of those that were found.
    fn instance_asks(&mut self) -> Vec<Ask> {
        let mut asks = Vec::new();
        let mut seen: Option<BTreeMap<String, ObjectId>> = None;
        let open: Vec<ObjectId> = self.quiet.instances.keys().cloned().collect();
        for of in open {
            let instance = &self.quiet.instances[&of];
            if instance.state == State::Open {
                let (entity, property) = (instance.entity, instance.property);
                let seen = seen.get_or_insert_with(|| self.by_value(entity, property));
                let found = seen.get(&instance.value).cloned();
                if found.is_none() {
                    let url = by_key(entity, Addressing::Key, property, &instance.value);
                    let what = format!("the {} of {of}", entity.name);
                    asks.push(Ask::new(url, what, Purpose::Instance(of.clone())));
                }
                let instance = self.quiet.instances.get_mut(&of);
                if let Some(instance) = instance {
                    instance.state = match found {
                        Some(_) => State::Done,
                        None => State::Asked,
                    };
                    instance.id = found;
                }
            }
            let instance = &self.quiet.instances[&of];
            if let (State::Done, Some(id), why) =
                (instance.state, instance.id.clone(), instance.why)
            {
                asks.extend(match why {
                    Why::Goes => self.belonging_asks(&id),
                    Why::Assigned(by) => self.assigned_asks(by, &id),
                });
            }
        }
        asks
    }

    /// The objects by which something of this one is assigned to others.
    fn assigned_asks(&mut self, by: &str, id: &ObjectId) -> Vec<Ask> {
        let entity = kind::entity(by);
        let sets = entity.sets.iter();
        sets.filter(|set| set.by.is_some() && set.by == set.parent)
            .filter_map(|set| self.rows.set_ask(entity, set, id, Want::new()))
            .collect()
    }

    fn by_value(&self, entity: &Entity, property: &str) -> BTreeMap<String, ObjectId> {
        self.objects
            .values()
            .filter(|object| object.entity == entity.name)
            .filter_map(|object| Some((object.text(property)?.to_owned(), object.id.clone())))
            .collect()
    }

    pub(super) fn take_instance(
        &mut self,
        of: &ObjectId,
        entry: &Map<String, Json>,
    ) -> Result<(), String> {
        if let Some(instance) = self.quiet.instances.get_mut(of) {
            let object = answer::object(instance.entity, entry)?;
            instance.id = Some(object.id.clone());
            self.insert(object);
        }
        Ok(())
    }

    /// What desired objects that are not there, and those of the last receipt, may be in the recycle bin.
    fn deleted_asks(&mut self) -> Vec<Ask> {
        let mut wanted: Vec<(&'static Entity, By, Option<Address>)> = Vec::new();
        for (desired, entity, by) in self.searches.identified() {
            let is_ours = match desired.management {
                Management::Managed | Management::Ensured => true,
                Management::ReferredTo => false,
            };
            let address = &desired.address;
            // The last receipt may still find it.
            if self.scope.known.contains_key(address) && !self.quiet.is_known_done(address) {
                continue;
            }
            let is_looked_for = self
                .searches
                .key(address)
                .and_then(|name| name.outcome())
                .is_some_and(<[ObjectId]>::is_empty);
            if is_ours && is_looked_for && self.found(address).is_none() {
                wanted.push((entity, by.clone(), Some(address.clone())));
            }
        }
        for (address, known) in self.scope.known {
            if self.quiet.is_known_done(address)
                && !self.objects.contains_key(&known.id)
                && let Some(entity) = kind::find_entity(&known.entity)
            {
                let desired = self.scope.desired.contains_key(address);
                let desired = desired.then(|| address.clone());
                wanted.push((entity, By::Id(known.id.clone()), desired));
            }
        }
        let mut asks = Vec::new();
        for (entity, by, address) in wanted {
            if entity.removal == Removal::Soft {
                let bin = self.quiet.deleted.entry(entity.name).or_default();
                bin.add(entity, by, address);
            }
        }
        for (name, bin) in &mut self.quiet.deleted {
            if bin.asked < bin.wanted.len() {
                bin.asked = bin.wanted.len();
                let select = select(kind::entity(name));
                asks.push(Ask::new(
                    format!("/directory/deletedItems/microsoft.graph.{name}?$top={PAGE}&{select}"),
                    format!("the recycle bin's part for {name}"),
                    Purpose::Deleted(name),
                ));
            }
        }
        asks
    }

    pub(super) fn take_deleted(
        &mut self,
        name: &'static str,
        entry: &Map<String, Json>,
    ) -> Result<(), String> {
        let entity = kind::entity(name);
        let id = answer::id(entry)?;
        let Some(bin) = self.quiet.deleted.get(name) else {
            return Ok(());
        };
        let mut is_wanted = false;
        for place in bin.places(entity, &id, entry) {
            let (by, address) = &bin.wanted[place];
            if !fits(entity, by, entry) {
                continue;
            }
            is_wanted = true;
            if let Some(address) = address {
                let first = self.quiet.revivable.entry(address.clone());
                first
                    .and_modify(|first| *first = first.clone().min(id.clone()))
                    .or_insert_with(|| id.clone());
            }
        }
        if is_wanted {
            let object = answer::object(entity, entry)?;
            self.deleted.insert(id, object);
        }
        Ok(())
    }
}

impl Bin {
    fn add(&mut self, entity: &Entity, by: By, address: Option<Address>) {
        let place = self.wanted.len();
        let before = match &by {
            By::Id(id) => self.ids.entry(id.clone()).or_insert(place),
            By::Properties(values) => {
                let Some((property, value)) = values.first() else {
                    return;
                };
                let value = comparable(entity, property, value);
                self.keys.entry(value).or_insert(place)
            }
        };
        if *before == place {
            self.wanted.push((by, address));
        }
    }

    /// Where in the wanted an entry may be.
    fn places(&self, entity: &Entity, id: &ObjectId, entry: &Map<String, Json>) -> BTreeSet<usize> {
        let by_key = entity.properties.iter().filter_map(|property| {
            let text = entry.get(property.name)?.as_str()?;
            self.keys.get(&comparable(entity, property.name, text))
        });
        by_key.chain(self.ids.get(id)).copied().collect()
    }
}

/// The object that stands for this one in the tenant: of the entity whose objects are made from a value that Graph
/// gave to this one, as a service principal is made from the `appId` of an application.
fn instance(observed: &ObservedObject, why: Why) -> Option<Instance> {
    let own = kind::entity(&observed.entity);
    kind::ENTITIES.iter().find_map(|entity| {
        let Creation::Upsert { key } = entity.creation else {
            return None;
        };
        let is_given = entity.property(key)?.write == Write::OnCreate;
        let is_made = own.property(key)?.write == Write::Never;
        let value = observed.text(key)?.to_owned();
        (is_given && is_made).then_some(Instance {
            entity,
            property: key,
            value,
            why,
            state: State::Open,
            id: None,
        })
    })
}

/// Whether the declaration speaks for all the items, so that others are removed.
fn is_managed(desired: &DesiredObject, switched: &Switched) -> bool {
    desired
        .properties
        .get(switched.items)
        .is_some_and(|property| match property.coverage {
            Coverage::Exact => true,
            Coverage::AtLeast | Coverage::OnCreate => false,
        })
}

/// Whether the tenant has an item that is not desired.
fn loses_items(desired: &DesiredObject, observed: &ObservedObject, switched: &Switched) -> bool {
    let entity = kind::entity(desired.entity);
    let Some(Form::Items(items)) = entity
        .property(switched.items)
        .map(|property| &property.form)
    else {
        return false;
    };
    let keys = |list: Option<&Value>| -> BTreeSet<Value> {
        let entries = list.map(Value::items).unwrap_or_default();
        let keys = entries.iter().map(|entry| entry.get(items.key));
        keys.map(|key| key.cloned().unwrap_or(Value::Null))
            .collect()
    };
    let property = desired.properties.get(switched.items);
    let wanted = keys(property.map(|property| &property.value));
    let mut path = switched.items.split('.');
    let first = path.next().and_then(|name| observed.properties.get(name));
    let there = keys(path.fold(first, |value, name| value?.get(name)));
    there.difference(&wanted).next().is_some()
}
