//! One record of the chain.

use serde::{Deserialize, Serialize};

use crate::address::{Name, TenantId};
use crate::digest::Digest;
use crate::plan::{Applied, Plan};

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
    /// The plan was applied; these are the managed objects now.
    Receipt { plan: Digest, objects: Applied },
    /// The plan was not applied and the tenant is as it was.
    Aborted { plan: Digest, why: String },
    /// A rollback was refused: closed until a person recovers it.
    Dirty { plan: Digest, why: String },
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
