//! Objects of one parent that Graph does not let stand side by side: what makes room comes before what needs it.

use std::collections::{BTreeMap, BTreeSet};

use super::draft::{Draft, Drafts, Place};
use super::{Action, Target};
use crate::kind::entity::Siblings;
use crate::object::{ObservedObject, Value};
use crate::observe::Snapshot;

/// Puts creations and updates after those drafts that take away what stands in their way. Everywhere else giving
/// stays before taking.
pub(super) fn separate(drafts: &mut Drafts, snapshot: &Snapshot) {
    let mut families: BTreeMap<(&str, Target), Vec<Place>> = BTreeMap::new();
    for (place, draft) in drafts.all.iter().enumerate() {
        if let (Some(_), Some(parent)) = (&draft.entity.siblings, &draft.parent) {
            families
                .entry((draft.entity.name, parent.clone()))
                .or_default()
                .push(place);
        }
    }
    for ((entity, parent), places) in families {
        if places.len() < 2 {
            continue;
        }
        let count = || {
            snapshot
                .objects
                .values()
                .filter(|object| object.entity == entity && is_in(object, &parent))
                .count()
        };
        let found: Vec<(Place, Place)> = Family::build(&drafts.all, &places, snapshot).waits(count);
        for (place, before) in found {
            drafts.all[place].after.insert(before);
        }
    }
}

fn is_in(object: &ObservedObject, parent: &Target) -> bool {
    match parent {
        Target::Existing(id) => object.parent.as_ref() == Some(id),
        Target::Planned(_) => false,
    }
}

/// The values of what must be unique.
type Unique<'a> = Vec<Option<&'a Value>>;

/// The drafts of the children of one object.
struct Family<'a> {
    siblings: &'static Siblings,
    creations: BTreeSet<Place>,
    deletions: BTreeSet<Place>,
    /// What each draft makes free, and what each needs to be free.
    vacates: BTreeMap<Unique<'a>, Place>,
    takes: BTreeMap<Place, Unique<'a>>,
}

impl<'a> Family<'a> {
    fn build(drafts: &'a [Draft], places: &[Place], snapshot: &'a Snapshot) -> Family<'a> {
        let siblings = drafts[places[0]]
            .entity
            .siblings
            .as_ref()
            .unwrap_or_else(|| panic!("bug: a family without rules"));
        let mut family = Family {
            siblings,
            creations: BTreeSet::new(),
            deletions: BTreeSet::new(),
            vacates: BTreeMap::new(),
            takes: BTreeMap::new(),
        };
        for place in places {
            family.add(*place, &drafts[*place], snapshot);
        }
        family
    }

    fn add(&mut self, place: Place, draft: &'a Draft, snapshot: &'a Snapshot) {
        let unique = |find: &dyn Fn(&str) -> Option<&'a Value>| -> Unique<'a> {
            self.siblings.unique.iter().map(|name| find(name)).collect()
        };
        match &draft.action {
            Action::Create { properties, .. } => {
                let takes = unique(&|name| properties.get(name));
                self.takes.insert(place, takes);
                self.creations.insert(place);
            }
            Action::Delete { was, .. } => {
                let vacates = unique(&|name| was.properties.get(name));
                self.vacates.insert(vacates, place);
                self.deletions.insert(place);
            }
            Action::Update { target, will, .. } => {
                let observed = match target {
                    Target::Existing(id) => snapshot.objects.get(id),
                    Target::Planned(_) => None,
                };
                let Some(was) = observed else { return };
                let before = unique(&|name| was.properties.get(name));
                let after = unique(&|name| will.get(name).or_else(|| was.properties.get(name)));
                if before != after {
                    self.vacates.insert(before, place);
                    self.takes.insert(place, after);
                }
            }
            Action::Link { .. } | Action::Unlink { .. } => {}
        }
    }

    /// Each draft that waits with the one that it waits for. `count` says how many children there are now.
    fn waits(&self, count: impl Fn() -> usize) -> Vec<(Place, Place)> {
        let mut waits: Vec<(Place, Place)> = self
            .takes
            .keys()
            .filter_map(|place| Some((*place, self.in_the_way_of(*place)?)))
            .filter(|(place, _)| !self.is_in_a_ring(*place))
            .collect();
        let may_be_full = !self.creations.is_empty() && !self.deletions.is_empty();
        if may_be_full && count() + self.creations.len() > self.siblings.count_max {
            for creation in &self.creations {
                waits.extend(self.deletions.iter().map(|deletion| (*creation, *deletion)));
            }
        }
        waits
    }

    fn in_the_way_of(&self, place: Place) -> Option<Place> {
        self.vacates
            .get(self.takes.get(&place)?)
            .copied()
            .filter(|before| *before != place)
    }

    /// Whether updates pass their values around in a ring: no order helps then, and Graph refuses the first.
    fn is_in_a_ring(&self, place: Place) -> bool {
        let mut seen = BTreeSet::new();
        let mut at = place;
        while let Some(before) = self.in_the_way_of(at) {
            if before == place {
                return true;
            }
            if !seen.insert(before) {
                return false;
            }
            at = before;
        }
        false
    }
}
