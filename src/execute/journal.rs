//! The journal: everything that the executor knows, one entry before and one after each effect.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::address::{Address, ObjectId};
use crate::plan::StepId;

/// Where entries go. An entry is durable when `record` returns.
pub trait Journal: Send {
    /// What was recorded before, oldest first: empty at a first run.
    fn entries(&self) -> Vec<Entry>;
    fn record(&mut self, entry: Entry) -> Result<(), JournalError>;
}

/// The journal did not take an entry: nothing more may be written to the tenant.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the journal: {why}")]
pub struct JournalError {
    pub why: String,
}

/// One line of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Entry {
    pub step: StepId,
    pub event: Event,
}

/// What happened to a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Event {
    /// It is about to be sent.
    Intended,
    /// It took effect. `created` is the id of the object that it made; `learned` what others refer to of it
    /// (`appId`, `appRoles[Payments.Process]`).
    Done {
        created: Option<ObjectId>,
        learned: BTreeMap<String, String>,
    },
    /// Graph refused it: it took no effect, and the plan is walked back.
    Refused { trouble: Trouble },
    /// Its inverse is about to be sent.
    Undoing,
    /// It no longer has an effect.
    Undone,
    /// Graph refused the way back, or somebody else changed the object.
    NotUndone { trouble: Trouble },
}

/// What Graph said, without anything secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Trouble {
    pub status: Option<u16>,
    pub code: String,
    pub message: String,
    pub request_id: Option<String>,
}

/// How an execution ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// Every step took effect.
    Applied,
    /// A step was refused, and everything that took effect before it was undone.
    RolledBack,
    /// A step was refused, and so was the way back of at least one other.
    Stranded,
}

/// What an execution came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Execution {
    pub outcome: Outcome,
    /// The id of every object that the plan created, by address; empty unless applied.
    pub created: BTreeMap<Address, ObjectId>,
    /// The step that was refused, and why.
    pub refused: Option<(StepId, Trouble)>,
    pub stranded: Vec<Stranded>,
    pub requests: u64,
}

/// A step that took effect and could not be undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Stranded {
    pub step: StepId,
    pub subject: Address,
    pub trouble: Trouble,
}
