//! Looking for desired objects by their keys: one by one, by a filter, or in a listing of the whole collection.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

use super::ask::{Ask, PAGE, Purpose, Slot, by_filter, by_id, by_key, select};
use super::build::Builder;
use super::{Scope, answer};
use crate::address::{Address, ObjectId};
use crate::kind;
use crate::kind::entity::{Creation, Entity};
use crate::object::{DesiredObject, Key, Value};

/// Up to this many objects of an entity are read one by one whatever the tenant's size.
const ONE_BY_ONE_MAX: usize = 100;
/// A page costs about the time of this many reads: they go together, and pages come one after the other.
const READS_FOR_A_PAGE: u64 = 20;

/// Every desired object that is found by a key of its own.
pub(super) struct Searches<'a> {
    all: BTreeMap<&'a Address, Search<'a>>,
    /// Those whose key is not known yet.
    waiting: Vec<Wanted>,
    /// Those whose key is known and that were not asked for yet.
    due: Vec<Wanted>,
    listings: Vec<Listing>,
}

/// One desired object by one of its names.
type Wanted = (Address, Slot);

struct Search<'a> {
    desired: &'a DesiredObject,
    entity: &'static Entity,
    key: Name,
    previously: Name,
}

/// One name by which an object may be found, and what came of it.
pub(super) struct Name {
    by: Option<By>,
    state: State,
    matches: Vec<ObjectId>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Done,
}

/// What identifies an object, with everything known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum By {
    Id(ObjectId),
    Properties(Vec<(String, String)>),
}

/// A whole collection, with what is looked for in it.
struct Listing {
    entity: &'static Entity,
    ids: BTreeMap<ObjectId, Vec<Wanted>>,
    /// By the first property of the key, and its value.
    keys: BTreeMap<String, BTreeMap<String, Vec<Wanted>>>,
}

impl<'a> Searches<'a> {
    pub(super) fn new(scope: &Scope<'a>) -> Searches<'a> {
        let mut searches = Searches {
            all: BTreeMap::new(),
            waiting: Vec::new(),
            due: Vec::new(),
            listings: Vec::new(),
        };
        for (address, desired) in scope.desired {
            let entity = kind::entity(desired.entity);
            if !has_own_key(entity) {
                continue;
            }
            searches.waiting.push((address.clone(), Slot::Key));
            let previously = match &desired.previously {
                Some(_) => {
                    searches.waiting.push((address.clone(), Slot::Previously));
                    Name::new(State::Open)
                }
                None => Name::new(State::Done),
            };
            let search = Search {
                desired,
                entity,
                key: Name::new(State::Open),
                previously,
            };
            searches.all.insert(address, search);
        }
        searches
    }

    /// The entity of a desired object that is looked for.
    pub(super) fn entity(&self, address: &Address) -> &'static Entity {
        match self.all.get(address) {
            Some(search) => search.entity,
            None => panic!("bug: {address} is not looked for by a key"),
        }
    }

    /// What came of looking for its key.
    pub(super) fn key(&self, address: &Address) -> Option<&Name> {
        self.all.get(address).map(|search| &search.key)
    }

    /// What came of looking for the key that it had before.
    pub(super) fn previously(&self, address: &Address) -> Option<&Name> {
        self.all.get(address).map(|search| &search.previously)
    }

    pub(super) fn matched(&mut self, address: &Address, slot: Slot, id: &ObjectId) {
        if let Some(name) = self.name_mut(address, slot)
            && !name.matches.contains(id)
        {
            name.matches.push(id.clone());
        }
    }

    pub(super) fn done(&mut self, address: &Address, slot: Slot) {
        if let Some(name) = self.name_mut(address, slot) {
            name.state = State::Done;
        }
    }

    pub(super) fn done_listing(&mut self, number: usize) {
        let listing = &mut self.listings[number];
        let ids = std::mem::take(&mut listing.ids);
        let keys = std::mem::take(&mut listing.keys);
        let by_keys = keys.into_values().flat_map(BTreeMap::into_values);
        for (address, slot) in ids.into_values().chain(by_keys).flatten() {
            self.done(&address, slot);
        }
    }

    /// Everything that was looked for and can be recycled or referred to, with what identifies it.
    pub(super) fn identified(
        &self,
    ) -> impl Iterator<Item = (&'a DesiredObject, &'static Entity, &By)> {
        self.all.values().filter_map(|search| {
            let by = search.key.by.as_ref()?;
            Some((search.desired, search.entity, by))
        })
    }

    fn name_mut(&mut self, address: &Address, slot: Slot) -> Option<&mut Name> {
        let search = self.all.get_mut(address)?;
        Some(match slot {
            Slot::Key => &mut search.key,
            Slot::Previously => &mut search.previously,
        })
    }

    fn by(&self, (address, slot): &Wanted) -> Option<&By> {
        let search = self.all.get(address)?;
        match slot {
            Slot::Key => search.key.by.as_ref(),
            Slot::Previously => search.previously.by.as_ref(),
        }
    }

    fn listing(&self, entity: &'static Entity, wanted: Vec<Wanted>) -> Listing {
        let mut listing = Listing {
            entity,
            ids: BTreeMap::new(),
            keys: BTreeMap::new(),
        };
        for one in wanted {
            match self.by(&one) {
                Some(By::Id(id)) => listing.ids.entry(id.clone()).or_default().push(one),
                Some(By::Properties(values)) => {
                    if let Some((property, value)) = values.first() {
                        let value = comparable(entity, property, value);
                        let values = listing.keys.entry(property.clone()).or_default();
                        values.entry(value).or_default().push(one);
                    }
                }
                None => {}
            }
        }
        listing
    }

    /// The ask for one object by what identifies it.
    fn ask(&self, wanted: &Wanted) -> Option<Ask> {
        let (address, slot) = wanted;
        let entity = self.all.get(address)?.entity;
        let one = Purpose::One(address.clone(), *slot);
        let (url, purpose) = match self.by(wanted)? {
            By::Id(id) => (by_id(entity, None, id), one),
            By::Properties(values) => match values.as_slice() {
                [(property, value)] => match entity.addressing(property) {
                    Some(addressing) => (by_key(entity, addressing, property, value), one),
                    None => (
                        by_filter(entity, values),
                        Purpose::Some(address.clone(), *slot),
                    ),
                },
                _ => (
                    by_filter(entity, values),
                    Purpose::Some(address.clone(), *slot),
                ),
            },
        };
        Some(Ask::new(url, address.to_string(), purpose))
    }
}

impl Name {
    fn new(state: State) -> Name {
        Name {
            by: None,
            state,
            matches: Vec::new(),
        }
    }

    /// The objects that have this name; `None` while that is not known.
    pub(super) fn outcome(&self) -> Option<&[ObjectId]> {
        match self.state {
            State::Open => None,
            State::Done => Some(&self.matches),
        }
    }
}

impl Builder<'_> {
    /// Finds the keys that became known.
    pub(super) fn find_due(&mut self) {
        let mut waiting = Vec::new();
        for wanted in std::mem::take(&mut self.searches.waiting) {
            let by = self
                .searches
                .all
                .get(&wanted.0)
                .and_then(|search| match wanted.1 {
                    Slot::Key => self.identify(&search.desired.key),
                    Slot::Previously => {
                        let previous = search.desired.previously.as_ref()?;
                        self.identify(&previous.key)
                    }
                });
            match (by, self.searches.name_mut(&wanted.0, wanted.1)) {
                (Some(by), Some(name)) => {
                    name.by = Some(by);
                    self.searches.due.push(wanted);
                }
                (None, _) | (_, None) => waiting.push(wanted),
            }
        }
        self.searches.waiting = waiting;
    }

    /// Whether more objects of one entity are due than are read one by one without asking how many there are.
    pub(super) fn has_many_due(&self) -> bool {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for (address, _) in &self.searches.due {
            *counts
                .entry(self.searches.entity(address).name)
                .or_default() += 1;
        }
        counts.values().any(|count| *count > ONE_BY_ONE_MAX)
    }

    /// Looks for everything that is due.
    pub(super) fn search_asks(&mut self) -> Vec<Ask> {
        let mut by_entity: BTreeMap<&str, (&'static Entity, Vec<Wanted>)> = BTreeMap::new();
        for wanted in std::mem::take(&mut self.searches.due) {
            let entity = self.searches.entity(&wanted.0);
            let (_, due) = by_entity
                .entry(entity.name)
                .or_insert_with(|| (entity, Vec::new()));
            due.push(wanted);
        }
        let mut asks = Vec::new();
        for (entity, wanted) in by_entity.into_values() {
            if !self.is_listed(entity, wanted.len()) {
                asks.extend(wanted.iter().filter_map(|one| self.searches.ask(one)));
                continue;
            }
            let number = self.searches.listings.len();
            let listing = self.searches.listing(entity, wanted);
            self.searches.listings.push(listing);
            asks.push(Ask::new(
                format!("{}?$top={PAGE}&{}", entity.collection, select(entity)),
                entity.collection.to_owned(),
                Purpose::Listing(number),
            ));
        }
        asks
    }

    /// Whether reading the whole collection is quicker than reading so many objects of it.
    fn is_listed(&self, entity: &Entity, wanted: usize) -> bool {
        let Some(total) = self.totals.get(entity.name) else {
            return false;
        };
        let pages = total.div_ceil(PAGE).max(1);
        wanted > ONE_BY_ONE_MAX && pages.saturating_mul(READS_FOR_A_PAGE) <= wanted as u64
    }

    /// What filters find may differ from what was asked for in case only.
    pub(super) fn take_filtered(
        &mut self,
        address: &Address,
        slot: Slot,
        entry: &Map<String, Json>,
    ) -> Result<(), String> {
        let entity = self.searches.entity(address);
        let wanted = (address.clone(), slot);
        let fits = match self.searches.by(&wanted) {
            Some(by) => fits(entity, by, entry),
            None => false,
        };
        if fits {
            let object = answer::object(entity, entry)?;
            self.searches.matched(address, slot, &object.id);
            self.insert(object);
        }
        Ok(())
    }

    /// Keeps an entry of a whole collection when somebody looks for it. The others are not even read: a tenant has
    /// many, and what is wrong with them is not ours to say.
    pub(super) fn take_listed(
        &mut self,
        number: usize,
        entry: &Map<String, Json>,
    ) -> Result<(), String> {
        let id = answer::id(entry)?;
        let listing = &self.searches.listings[number];
        let entity = listing.entity;
        let mut wanted: BTreeSet<Wanted> = BTreeSet::new();
        wanted.extend(listing.ids.get(&id).into_iter().flatten().cloned());
        for (property, values) in &listing.keys {
            if let Some(Json::String(text)) = entry.get(property) {
                let found = values.get(&comparable(entity, property, text));
                let found = found.into_iter().flatten().filter(|one| {
                    let by = self.searches.by(one);
                    by.is_some_and(|by| fits(entity, by, entry))
                });
                wanted.extend(found.cloned());
            }
        }
        if wanted.is_empty() {
            return Ok(());
        }
        for (address, slot) in wanted {
            self.searches.matched(&address, slot, &id);
        }
        let object = answer::object(entity, entry)?;
        self.insert(object);
        Ok(())
    }

    fn identify(&self, key: &Key) -> Option<By> {
        match key {
            Key::Id(id) => Some(By::Id(id.clone())),
            Key::Properties(values) => {
                let known: Option<Vec<(String, String)>> = values
                    .iter()
                    .map(|(property, value)| Some((property.clone(), self.known_text(value)?)))
                    .collect();
                known.filter(|known| !known.is_empty()).map(By::Properties)
            }
        }
    }

    /// A value as text, when all that it names is known.
    pub(super) fn known_text(&self, value: &Value) -> Option<String> {
        match value {
            Value::Text(text) => Some(text.clone()),
            _ => match value.to_json(&|of, property| self.fill(of, property)) {
                Ok(Json::String(text)) => Some(text),
                Ok(_) | Err(_) => None,
            },
        }
    }
}

/// Whether objects of the entity are looked for by a key of their own, and not among what belongs to others.
pub(super) fn has_own_key(entity: &Entity) -> bool {
    let is_contained = entity.collection.contains("{parent}");
    match entity.creation {
        Creation::Upsert { .. } | Creation::Never => !is_contained,
        Creation::Post { .. } => false,
    }
}

/// Whether an entry has exactly the values that identify an object.
pub(super) fn fits(entity: &Entity, by: &By, entry: &Map<String, Json>) -> bool {
    match by {
        By::Id(id) => answer::id(entry).is_ok_and(|found| found == *id),
        By::Properties(values) => values.iter().all(|(property, value)| {
            let found = entry.get(property).and_then(Json::as_str);
            found.is_some_and(|found| {
                comparable(entity, property, found) == comparable(entity, property, value)
            })
        }),
    }
}

/// A value as Graph compares it: without case where the property addresses objects.
pub(super) fn comparable(entity: &Entity, property: &str, value: &str) -> String {
    match entity.addressing(property) {
        Some(_) => value.to_lowercase(),
        None => value.to_owned(),
    }
}
