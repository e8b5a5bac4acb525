//! The plan as data: what is computed once, shown, stored, compared and obeyed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::address::{Address, Name, ObjectId, TenantId};
use crate::digest::Digest;
use crate::object::{Deletion, ObservedObject, Properties};

/// Everything that has to happen so that the tenant is as desired, in an order that Graph accepts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Plan {
    pub basis: Basis,
    /// In an order in which they could run one by one; `after` says what could run together.
    pub steps: Vec<Step>,
    pub left_alone: Vec<LeftAlone>,
    /// Every managed object and what it is in the tenant: what a receipt keeps.
    pub objects: BTreeMap<Address, ManagedObject>,
}

/// What a plan was computed from. A plan is good only for this.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Basis {
    pub tenant: TenantId,
    pub environment: Name,
    /// Of the desired objects.
    pub declaration: Digest,
    /// Of the whole snapshot.
    pub snapshot: Digest,
    /// Of each observed object, to name what moved.
    pub observed: BTreeMap<ObjectId, Digest>,
    /// The version of idac.
    pub version: String,
}

/// The number of a step in its plan, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepId(pub u32);

/// One write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Step {
    pub id: StepId,
    pub subject: Address,
    /// The name of the entity in `kind`'s table.
    pub entity: String,
    /// The object in whose URL this one lives, for entities that live below another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Target>,
    pub action: Action,
    pub inverse: Inverse,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub after: BTreeSet<StepId>,
    /// Steps with the same lane are never in flight together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lane: Option<Target>,
    pub reason: Reason,
    pub risk: Risk,
}

/// The only five things that idac ever does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Action {
    /// Makes the object; with `revive`, by taking it out of the recycle bin (its properties are then those that
    /// it was deleted with, and `properties` is what it is updated to).
    Create {
        properties: Properties,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        revive: Option<ObjectId>,
    },
    /// Sets properties of the first level to `will`; they are `was` now.
    Update {
        target: Target,
        was: Properties,
        will: Properties,
    },
    Delete {
        target: Target,
        was: ObservedObject,
    },
    Link {
        from: Target,
        relation: String,
        to: Target,
    },
    Unlink {
        from: Target,
        relation: String,
        to: Target,
    },
}

/// An object that a step speaks of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Target {
    /// It is there and has this id.
    Existing(ObjectId),
    /// A step of this plan creates it; its id is known once that step is done.
    Planned(Address),
}

/// How a step is undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Inverse {
    Undo(Box<Action>),
    /// By deleting what the step created (or took out of the recycle bin).
    DeleteCreated,
    /// By taking the object out of the recycle bin.
    RestoreDeleted,
    /// There is nothing to undo: what the step made or took away did nothing by itself; the text says why.
    LeaveBehind(String),
    /// Not at all; the text says why.
    Irreversible(String),
}

/// Why a step is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Reason {
    /// The declaration says so, and said otherwise or nothing when it was last applied.
    Declared,
    /// The declaration did not change; the tenant did.
    Drifted { properties: Vec<String> },
    /// The last receipt has it and the declaration no longer does, or an exact list leaves it out.
    Undeclared,
    /// Graph wants the items switched off before they are changed or removed.
    DisableFirst { items: Vec<String> },
    /// It could not be written when the object was created: Graph wants something stored first, or the objects
    /// refer to one another.
    Detached { waits_for: Vec<Address> },
}

/// What can go wrong for people when the step is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Risk {
    /// Nothing that worked stops working.
    None,
    /// Somebody can do more than before.
    GrantsAccess,
    /// Somebody can do less than before, or sign-ins may fail for a moment.
    TakesAccess,
    /// An object goes to the recycle bin, or can be made again with another id.
    Deletes,
    /// It cannot be undone.
    Irreversible,
}

/// Something that idac saw and does not touch.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LeftAlone {
    /// The managed object at which it was seen; `None` for objects that are not managed at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Address>,
    /// In the plural: `tags`, `owners`, `applications`.
    pub what: String,
    pub count: u64,
}

/// A managed object, as a receipt keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ManagedObject {
    pub entity: String,
    pub target: Target,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Target>,
    /// Of the desired object: tells a change of the declaration from drift.
    pub declared: Digest,
    /// Kept here so that protection outlives the document that asked for it.
    pub deletion: Deletion,
}

impl Plan {
    /// The digest by which a clearance, a journal and a receipt name this plan.
    pub fn digest(&self) -> Digest {
        Digest::of(self)
    }

    /// The step of this number.
    ///
    /// # Panics
    ///
    /// When the plan has no such step: step ids come from the plan.
    pub fn step(&self, id: StepId) -> &Step {
        self.steps
            .get(id.0 as usize - 1)
            .filter(|step| step.id == id)
            .unwrap_or_else(|| panic!("bug: plan has no step {id}"))
    }
}

impl fmt::Display for StepId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.0)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Existing(id) => write!(out, "{id}"),
            Target::Planned(address) => write!(out, "{address}"),
        }
    }
}
