//! Which object of the tenant each desired one is.

use std::borrow::Cow;
use std::collections::HashMap;

use super::exclusive;
use super::index::{self, Index, Values, fold, is_contained};
use super::known::Catalogs;
use super::{Applied, Target};
use crate::address::{Address, ObjectId};
use crate::finding::Finding;
use crate::kind;
use crate::kind::entity::{Creation, Write};
use crate::object::{DesiredObject, Key, Management, ObservedObject, Value};
use crate::observe::Snapshot;
use crate::resolve::Desired;

/// What a desired object is in the tenant.
#[derive(Clone, Copy, Debug)]
pub(super) enum Pair<'a> {
    Existing(&'a ObservedObject),
    /// In the recycle bin, from which it is taken.
    Deleted(&'a ObservedObject),
    /// Not there; it is created.
    Planned,
    /// Not there, and not idac's to create.
    Absent,
    /// Several objects could be it; a finding says so.
    Ambiguous,
}

/// Every desired object with what it is in the tenant.
pub(super) struct Pairs<'a> {
    pub(super) desired: &'a Desired,
    pub(super) snapshot: &'a Snapshot,
    pub(super) catalogs: Catalogs<'a>,
    /// In the order of their addresses; what an object is, once that is known.
    objects: Vec<(&'a DesiredObject, Option<Pair<'a>>)>,
    /// Where each object stands in `objects`. Addresses are long and begin alike, so they are hashed, not compared.
    places: HashMap<&'a Address, usize>,
    claimed: HashMap<&'a ObjectId, &'a Address>,
    /// What has to go before something else can be made under its address.
    pub(super) replaced: Vec<(&'a Address, &'a ObservedObject)>,
}

impl<'a> Pairs<'a> {
    /// Pairs by key, then by the id of the last receipt, then by the key of the former name.
    pub(super) fn build(
        desired: &'a Desired,
        snapshot: &'a Snapshot,
        applied: &'a Applied,
        findings: &mut Vec<Finding>,
    ) -> Pairs<'a> {
        let objects: Vec<_> = desired
            .objects
            .values()
            .map(|object| (object, None))
            .collect();
        let places = objects
            .iter()
            .enumerate()
            .map(|(at, (object, _))| (&object.address, at))
            .collect();
        let pairs = Pairs {
            desired,
            snapshot,
            catalogs: Catalogs::default(),
            claimed: HashMap::with_capacity(objects.len()),
            replaced: Vec::new(),
            objects,
            places,
        };
        let pairing = Pairing {
            pairs,
            index: Index::build(&index::shapes(desired), snapshot.objects.values()),
            recycle_bin: Index::build(&index::creation_shapes(), snapshot.deleted.values()),
            applied,
            findings,
        };
        pairing.run()
    }

    pub(super) fn get(&self, address: &Address) -> Pair<'a> {
        self.find_object(address)
            .map_or(Pair::Absent, |(_, pair)| pair)
    }

    /// The desired object of this address and what it is in the tenant.
    pub(super) fn find_object(&self, address: &Address) -> Option<(&'a DesiredObject, Pair<'a>)> {
        let (object, pair) = self.objects[*self.places.get(address)?];
        Some((object, pair.unwrap_or(Pair::Absent)))
    }

    /// Whether an object of this address is desired.
    pub(super) fn is_desired(&self, address: &Address) -> bool {
        self.places.contains_key(address)
    }

    /// Every desired object with what it is in the tenant, in the order of their addresses.
    pub(super) fn all(&self) -> impl Iterator<Item = (&'a DesiredObject, Pair<'a>)> {
        self.objects
            .iter()
            .map(|(object, pair)| (*object, pair.unwrap_or(Pair::Absent)))
    }

    /// Whether some desired object is this one.
    pub(super) fn is_claimed(&self, id: &ObjectId) -> bool {
        self.claimed.contains_key(id)
    }

    /// How steps speak of the object.
    pub(super) fn target(&self, address: &Address) -> Target {
        match self.get(address) {
            Pair::Existing(object) | Pair::Deleted(object) => Target::Existing(object.id.clone()),
            Pair::Planned | Pair::Absent | Pair::Ambiguous => Target::Planned(address.clone()),
        }
    }

    /// Whether it is not yet known what a desired object of this address is.
    fn is_waiting(&self, address: &Address) -> bool {
        self.places
            .get(address)
            .is_some_and(|at| self.objects[*at].1.is_none())
    }
}

/// The pairs while they are made.
struct Pairing<'f, 'a> {
    pairs: Pairs<'a>,
    index: Index<'a>,
    recycle_bin: Index<'a>,
    applied: &'a Applied,
    findings: &'f mut Vec<Finding>,
}

/// What looking for a key showed.
enum Lookup<'a> {
    One(&'a ObservedObject),
    Several {
        first: &'a ObservedObject,
        count: usize,
    },
    Nothing,
    /// The key names an object that is not paired yet.
    Waits,
}

impl<'a> Pairing<'_, 'a> {
    fn run(mut self) -> Pairs<'a> {
        let mut pending: Vec<usize> = (0..self.pairs.objects.len()).collect();
        while !pending.is_empty() {
            let before = pending.len();
            let mut waiting = Vec::new();
            for at in pending {
                let (object, _) = self.pairs.objects[at];
                let pair = match self.lookup(object, &object.key) {
                    Lookup::Waits => {
                        waiting.push(at);
                        continue;
                    }
                    Lookup::One(found) => {
                        self.claim(object, found);
                        Pair::Existing(found)
                    }
                    Lookup::Several { first: _, count } => self.ambiguous(object, count),
                    Lookup::Nothing => self.missing(object),
                };
                self.pairs.objects[at].1 = Some(pair);
            }
            if waiting.len() == before {
                for at in std::mem::take(&mut waiting) {
                    let (object, _) = self.pairs.objects[at];
                    let pair = self.missing(object);
                    self.pairs.objects[at].1 = Some(pair);
                }
            }
            pending = waiting;
        }
        self.replace();
        self.pairs
    }

    /// Graph would refuse every order in which these could be changed: one of them is made again.
    fn replace(&mut self) {
        for (object, observed) in exclusive::in_rings(&self.pairs) {
            self.pairs.claimed.remove(&observed.id);
            self.pairs.replaced.push((&object.address, observed));
            let at = self.pairs.places[&object.address];
            self.pairs.objects[at].1 = Some(Pair::Planned);
        }
    }

    fn lookup(&self, object: &DesiredObject, key: &Key) -> Lookup<'a> {
        let parent = match &object.parent {
            None => None,
            Some(parent) if self.pairs.is_waiting(parent) => return Lookup::Waits,
            Some(parent) => match self.pairs.get(parent) {
                Pair::Existing(parent) | Pair::Deleted(parent) => Some(&parent.id),
                Pair::Planned | Pair::Absent | Pair::Ambiguous => return Lookup::Nothing,
            },
        };
        let properties = match key {
            Key::Id(id) => {
                let found = self.pairs.snapshot.objects.get(id);
                return match found.filter(|found| found.entity == object.entity) {
                    Some(found) => Lookup::One(found),
                    None => Lookup::Nothing,
                };
            }
            Key::Properties(properties) => properties,
        };
        let mut values = Values::with_capacity(properties.len());
        for (name, value) in properties {
            match self.pairs.known(value) {
                Cow::Borrowed(Value::Text(text)) => values.push((name, fold(name, text))),
                Cow::Owned(Value::Text(text)) => {
                    values.push((name, Cow::Owned(fold(name, &text).into_owned())));
                }
                known => return self.unknown(&known),
            }
        }
        let parent = is_contained(object.entity).then_some(parent).flatten();
        let mut found = self.index.find(object.entity, parent, &values);
        match (found.next(), found.count()) {
            (None, _) => Lookup::Nothing,
            (Some(only), 0) => Lookup::One(only),
            (Some(first), more) => Lookup::Several {
                first,
                count: more + 1,
            },
        }
    }

    /// A value by which nothing can be found, or not yet.
    fn unknown(&self, value: &Value) -> Lookup<'a> {
        let mut waits = false;
        if let Value::Computed(_) = value {
            value.each_property(&mut |of, _| waits |= self.pairs.is_waiting(of));
        }
        if waits {
            Lookup::Waits
        } else {
            Lookup::Nothing
        }
    }

    fn ambiguous(&mut self, object: &DesiredObject, count: usize) -> Pair<'a> {
        self.findings.push(Finding::error(
            "IDAC202",
            &object.origin,
            format!("{count} objects of the tenant fit {}", object.address),
            "name the one that is meant by its id",
        ));
        Pair::Ambiguous
    }

    fn claim(&mut self, object: &'a DesiredObject, found: &'a ObservedObject) {
        if object.management != Management::Managed {
            return;
        }
        if let Some(other) = self.pairs.claimed.insert(&found.id, &object.address) {
            self.findings.push(Finding::error(
                "IDAC208",
                &object.origin,
                format!(
                    "{} and {other} are the same object of the tenant",
                    object.address
                ),
                "declare it once",
            ));
        }
    }

    fn missing(&mut self, object: &'a DesiredObject) -> Pair<'a> {
        match (object.management, &object.key) {
            (Management::ReferredTo, _) | (Management::Ensured, Key::Id(_)) => Pair::Absent,
            (Management::Managed, Key::Id(_)) => self.not_adopted(object),
            (Management::Managed, Key::Properties(key))
                if key.contains_key("appId") && !is_service_principal_key(object) =>
            {
                self.not_adopted(object)
            }
            (Management::Managed | Management::Ensured, Key::Properties(_)) => {
                match self
                    .by_receipt(&object.address, object.entity)
                    .or_else(|| self.by_former_name(object))
                {
                    Some(found) => {
                        self.claim(object, found);
                        Pair::Existing(found)
                    }
                    None => self
                        .in_recycle_bin(object)
                        .map_or(Pair::Planned, Pair::Deleted),
                }
            }
        }
    }

    fn not_adopted(&mut self, object: &DesiredObject) -> Pair<'a> {
        self.findings.push(Finding::error(
            "IDAC204",
            &object.origin,
            format!(
                "{} is adopted in {}, and the tenant has no such object",
                object.address, self.pairs.desired.environment
            ),
            "correct the id under `adopt` in the environment, or remove the entry so that the object is created",
        ));
        Pair::Absent
    }

    /// The object that the last receipt has under this address: it keeps its unique name when it is renamed.
    fn by_receipt(&self, address: &Address, entity: &str) -> Option<&'a ObservedObject> {
        if !is_found_by_name(entity) {
            return None;
        }
        let managed = self.applied.get(address)?;
        let Target::Existing(id) = &managed.target else {
            return None;
        };
        let found = self.pairs.snapshot.objects.get(id)?;
        (found.entity == entity && !self.pairs.is_claimed(&found.id)).then_some(found)
    }

    fn by_former_name(&self, object: &DesiredObject) -> Option<&'a ObservedObject> {
        let previous = object.previously.as_ref()?;
        if let Some(found) = self.by_receipt(&previous.address, object.entity) {
            return Some(found);
        }
        match self.lookup(object, &previous.key) {
            Lookup::One(found)
            | Lookup::Several {
                first: found,
                count: _,
            } => (!self.pairs.is_claimed(&found.id)).then_some(found),
            Lookup::Nothing | Lookup::Waits => None,
        }
    }

    fn in_recycle_bin(&self, object: &DesiredObject) -> Option<&'a ObservedObject> {
        let Creation::Upsert { key } = kind::entity(object.entity).creation else {
            return None;
        };
        let Key::Properties(properties) = &object.key else {
            return None;
        };
        let known = self.pairs.known(properties.get(key)?);
        let values = vec![(key, fold(key, known.as_text()?))];
        self.recycle_bin.find(object.entity, None, &values).next()
    }
}

/// Whether the key of the entity is a name that idac gave and that never changes, so that a renamed object still
/// carries its first one.
fn is_found_by_name(entity: &str) -> bool {
    let entity = kind::entity(entity);
    match entity.creation {
        Creation::Upsert { key } => entity
            .property(key)
            .is_some_and(|property| property.write == Write::Never),
        Creation::Post { .. } | Creation::Never => false,
    }
}

/// A service principal is keyed by `appId` although nobody adopted it.
fn is_service_principal_key(object: &DesiredObject) -> bool {
    matches!(
        kind::entity(object.entity).creation,
        Creation::Upsert { key: "appId" }
    )
}
