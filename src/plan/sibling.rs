//! How many objects one object may contain: where there would be too many, what goes makes room first. Everywhere else
//! giving stays before taking.

use std::collections::{BTreeMap, BTreeSet};

use super::draft::{Drafts, Place};
use super::{Action, Target};
use crate::object::ObservedObject;
use crate::observe::Snapshot;

/// Puts creations after deletions below every object that would be too full otherwise.
pub(super) fn make_room(drafts: &mut Drafts, snapshot: &Snapshot) {
    let mut families: BTreeMap<(&str, Target), Family> = BTreeMap::new();
    for (place, draft) in drafts.all.iter().enumerate() {
        let (Some(most), Some(parent)) = (draft.entity.children_max, &draft.parent) else {
            continue;
        };
        let family = families
            .entry((draft.entity.name, parent.clone()))
            .or_insert_with(|| Family {
                most,
                creations: BTreeSet::new(),
                deletions: BTreeSet::new(),
            });
        match &draft.action {
            Action::Create { .. } => {
                family.creations.insert(place);
            }
            Action::Delete { .. } => {
                family.deletions.insert(place);
            }
            Action::Update { .. } | Action::Link { .. } | Action::Unlink { .. } => {}
        }
    }
    for ((entity, parent), family) in families {
        if family.creations.is_empty() || family.deletions.is_empty() {
            continue;
        }
        let is_child = |object: &&ObservedObject| object.entity == entity && is_in(object, &parent);
        let count = snapshot.objects.values().filter(is_child).count();
        if count + family.creations.len() > family.most {
            for creation in family.creations {
                drafts.all[creation].after.extend(&family.deletions);
            }
        }
    }
}

/// The drafts of the children of one object.
struct Family {
    /// How many children Graph allows.
    most: usize,
    creations: BTreeSet<Place>,
    deletions: BTreeSet<Place>,
}

fn is_in(object: &ObservedObject, parent: &Target) -> bool {
    match parent {
        Target::Existing(id) => object.parent.as_ref() == Some(id),
        Target::Planned(_) => false,
    }
}
