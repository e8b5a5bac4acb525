//! Takes a `Plan`, a `Clearance` and a `TenantLock`, gives a `Receipt`; never re-plans.

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::dry_run::Clearance;
use crate::execute::{Execution, Journal};
use crate::graph::Graph;
use crate::ledger::{Ledger, LedgerError, Run, TenantLock};
use crate::plan::{Applied, Plan};

/// How an apply ended, for ever.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Receipt {
    /// The number of the record in the ledger.
    pub epoch: u64,
    pub plan: Digest,
    pub execution: Execution,
    /// The managed objects now; those of before when the plan was not applied.
    pub objects: Applied,
}

/// Runs the cleared plan on the tenant and records how it ended.
pub async fn apply<G: Graph, L: Ledger, J: Journal>(
    _plan: &Plan,
    _clearance: Clearance,
    _lock: TenantLock,
    _graph: &G,
    _ledger: &mut L,
    _journal: &mut J,
    _run: &Run,
) -> Result<Receipt, ApplyError> {
    todo!()
}

/// Why an apply could not be recorded or was not allowed.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    #[error("the clearance is for another plan than the one to apply")]
    OtherPlan,
    #[error("the ledger did not record the apply")]
    Ledger(#[source] LedgerError),
    #[error("the apply stopped: the journal could not be written")]
    Journal(#[source] crate::execute::JournalError),
}
