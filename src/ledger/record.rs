//! One record of the chain.

use serde::{Deserialize, Serialize};

use super::LedgerError;
use super::State;
use crate::address::{Name, TenantId};
use crate::digest::Digest;
use crate::plan::{Applied, Plan};

/// The version of the form that this idac writes.
pub const SCHEMA: u32 = 1;

/// One record of the chain. The kind of the newest one says who may do what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Record {
    /// The version of this form.
    pub schema: u32,
    /// The number of the record, from 1.
    pub epoch: u64,
    /// The digest of the record before; absent in the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Digest>,
    pub tenant: TenantId,
    pub environment: Name,
    pub kind: RecordKind,
    pub run: Run,
    /// Two writers that append the same content must not both believe that they won.
    pub nonce: String,
}

/// What a record says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum RecordKind {
    /// The plan stands here whole, with its before-images, before the first write. The tenant is held.
    Intent { plan: Box<Plan> },
    /// Somebody finishes what the intent of that number began. The tenant is held.
    Recovering { intent: u64, plan: Digest },
    /// The plan was applied; these are the managed objects now.
    Receipt { plan: Digest, objects: Applied },
    /// The plan was not applied and the tenant is as it was.
    Aborted { plan: Digest, why: String },
    /// A rollback was refused: closed until a person recovers it.
    Dirty {
        intent: u64,
        plan: Digest,
        why: String,
    },
}

/// Who appended a record, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Run {
    /// What people call it: `ana@laptop`, or a workflow run.
    pub who: String,
    /// RFC 3339.
    pub at: String,
}

/// A record as it is kept: with its digest, so that damage shows even in the newest, which no other names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    pub digest: Digest,
    pub record: Record,
}

/// What is written: the record comes last, since it is long.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept<T> {
    digest: Digest,
    record: T,
}

impl RecordKind {
    /// What people call it.
    pub fn name(&self) -> &'static str {
        match self {
            RecordKind::Intent { .. } => "intent",
            RecordKind::Recovering { .. } => "recovering",
            RecordKind::Receipt { .. } => "receipt",
            RecordKind::Aborted { .. } => "aborted",
            RecordKind::Dirty { .. } => "dirty",
        }
    }

    /// The digest of the plan of which it speaks.
    pub fn plan(&self) -> Digest {
        match self {
            RecordKind::Intent { plan } => plan.digest(),
            RecordKind::Recovering { plan, .. }
            | RecordKind::Receipt { plan, .. }
            | RecordKind::Aborted { plan, .. }
            | RecordKind::Dirty { plan, .. } => plan.clone(),
        }
    }
}

impl Sealed {
    /// The record with its digest.
    pub fn new(record: Record) -> Sealed {
        Sealed {
            digest: Digest::of(&record),
            record,
        }
    }

    /// The bytes in which it is kept: JSON that people can read.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let kept = Kept {
            digest: self.digest.clone(),
            record: &self.record,
        };
        let mut bytes = serde_json::to_vec_pretty(&kept)
            .unwrap_or_else(|error| panic!("bug: a record cannot be written as JSON: {error}"));
        bytes.push(b'\n');
        bytes
    }

    /// Reads the record of this number.
    pub(super) fn read(bytes: &[u8], epoch: u64, place: &str) -> Result<Sealed, LedgerError> {
        let sealed = Sealed::read_any(bytes, place)?;
        if sealed.record.epoch != epoch {
            let why = format!("holds record {}, not {epoch}", sealed.record.epoch);
            return Err(damaged(place, &why));
        }
        Ok(sealed)
    }

    /// Reads what is kept, whatever its number. The digest is that of the JSON as it stands, not of what this
    /// version makes of it, so that a later version with more fields still checks the records of this one.
    pub(super) fn read_any(bytes: &[u8], place: &str) -> Result<Sealed, LedgerError> {
        let kept: Kept<serde_json::Value> =
            serde_json::from_slice(bytes).map_err(|_| damaged(place, "is not a whole record"))?;
        if Digest::of(&kept.record) != kept.digest {
            return Err(damaged(
                place,
                "is not what was written: its digest differs",
            ));
        }
        let schema = kept.record.get("schema").and_then(|schema| schema.as_u64());
        match schema {
            Some(schema) if schema > u64::from(SCHEMA) => {
                return Err(LedgerError::Newer {
                    place: place.to_owned(),
                    schema,
                });
            }
            Some(_) | None => {}
        }
        let record: Record = serde_json::from_value(kept.record)
            .map_err(|error| damaged(place, &format!("is not a record: {error}")))?;
        Ok(Sealed {
            digest: kept.digest,
            record,
        })
    }
}

/// Checks that `next` is what may stand after `before`.
pub(super) fn check_follows(before: Option<&Sealed>, next: &Sealed) -> Result<(), LedgerError> {
    let place = format!("record {}", next.record.epoch);
    if next.record.previous.as_ref() != before.map(|before| &before.digest) {
        return Err(damaged(
            &place,
            "does not follow from the record before: one of them was changed",
        ));
    }
    let before = before.map(|before| &before.record);
    if let Some(before) = before
        && (&before.tenant, &before.environment) != (&next.record.tenant, &next.record.environment)
    {
        return Err(damaged(&place, "is of another tenant or environment"));
    }
    if !is_lawful(before, &next.record) {
        let after = before.map_or("nothing", |before| before.kind.name());
        let why = format!("is {} after {after}", next.record.kind.name());
        return Err(damaged(&place, &why));
    }
    Ok(())
}

fn is_lawful(before: Option<&Record>, next: &Record) -> bool {
    let is_same_plan = || before.is_some_and(|before| before.kind.plan() == next.kind.plan());
    match (&next.kind, State::of(before)) {
        (RecordKind::Intent { .. }, State::Idle) => true,
        (RecordKind::Recovering { .. }, State::Held | State::Dirty) => is_same_plan(),
        (
            RecordKind::Receipt { .. } | RecordKind::Aborted { .. } | RecordKind::Dirty { .. },
            State::Held,
        ) => is_same_plan(),
        (RecordKind::Intent { .. }, State::Held | State::Dirty)
        | (RecordKind::Recovering { .. }, State::Idle)
        | (
            RecordKind::Receipt { .. } | RecordKind::Aborted { .. } | RecordKind::Dirty { .. },
            State::Idle | State::Dirty,
        ) => false,
    }
}

pub(super) fn damaged(place: &str, why: &str) -> LedgerError {
    LedgerError::Damaged {
        place: place.to_owned(),
        why: why.to_owned(),
        remedy: "restore the ledger from a backup; what it says cannot be guessed",
    }
}
