//! The journal: everything that the executor knows, one entry before and one after each effect.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::address::{Address, ObjectId};
use crate::graph::Refusal;
use crate::plan::StepId;

/// Where entries go. An entry is durable when `record` returns.
pub trait Journal: Send {
    /// What was recorded before, oldest first: empty at a first run.
    fn entries(&self) -> Vec<Entry>;
    fn record(&mut self, entry: Entry) -> Result<(), JournalError>;

    /// Records entries that belong together. A journal that pays for each time it makes something durable pays
    /// once here; when it fails, any first part of them may be durable.
    fn record_all(&mut self, entries: Vec<Entry>) -> Result<(), JournalError> {
        entries.into_iter().try_for_each(|entry| self.record(entry))
    }
}

/// A journal that ends with the process: for a tenant that does so, too.
impl Journal for Vec<Entry> {
    fn entries(&self) -> Vec<Entry> {
        self.clone()
    }

    fn record(&mut self, entry: Entry) -> Result<(), JournalError> {
        self.push(entry);
        Ok(())
    }
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
    /// What it should bring about was there already: somebody else was first. Others may build on it, and the way
    /// back leaves it alone. `id` is that of the object, for a step that should have created it.
    Found {
        id: Option<ObjectId>,
        learned: BTreeMap<String, String>,
    },
    /// Graph refused it: it took no effect (or, with [`Trouble::is_unclear`], perhaps), and the plan is walked back.
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

impl Trouble {
    /// What Graph said.
    pub(super) fn of(refusal: &Refusal) -> Trouble {
        Trouble {
            status: refusal.status,
            code: refusal.code.clone(),
            message: refusal.message.clone(),
            request_id: refusal.request_id.clone(),
        }
    }

    /// A write whose fate could not be found out; what kept us from it is in the message.
    pub(super) fn unclear(refusal: &Refusal) -> Trouble {
        Trouble {
            code: UNCLEAR.to_owned(),
            message: format!("whether it took effect is not known: {refusal}"),
            ..Trouble::of(refusal)
        }
    }

    /// What idac itself found, not Graph.
    pub(super) fn own(code: &str, message: impl Into<String>) -> Trouble {
        Trouble {
            status: None,
            code: code.to_owned(),
            message: message.into(),
            request_id: None,
        }
    }

    /// Somebody else changed what the step may have written.
    pub(super) fn unclear_since_changed() -> Trouble {
        Trouble::own(
            UNCLEAR,
            "whether it took effect is not known: it is neither as it was nor as idac wrote it, so somebody else changed it",
        )
    }

    /// A write that has no answer and is no longer wanted.
    pub(super) fn stop() -> Trouble {
        Trouble::own(
            STOPPED,
            "the run ended before Graph answered, and the plan is not gone on with",
        )
    }

    /// Whether the step may have taken effect all the same.
    pub fn is_unclear(&self) -> bool {
        self.code == UNCLEAR || self.is_stop()
    }

    /// Whether nobody refused the step: the plan was no longer wanted.
    pub fn is_stop(&self) -> bool {
        self.code == STOPPED
    }
}

const UNCLEAR: &str = "unclear";
const STOPPED: &str = "stopped";

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
    /// The id of every object that the plan created (or found created), by address; empty unless applied.
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
