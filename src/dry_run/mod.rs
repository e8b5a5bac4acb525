//! Takes a `Plan`, a `Snapshot` and `Finding`s, gives a `DryRun` with, when all is well, a `Clearance`; never writes
//! to the tenant.

use serde::Serialize;

use crate::digest::Digest;
use crate::execute::{Outcome, Stranded, Trouble};
use crate::finding::Finding;
use crate::observe::Snapshot;
use crate::plan::{Applied, Plan, StepId};
use crate::resolve::Desired;

/// Proof that this very plan was dry-run and that nothing stands against it. Only this room makes one.
#[derive(Debug)]
pub struct Clearance {
    plan: Digest,
}

impl Clearance {
    /// The digest of the plan that is cleared.
    pub fn plan(&self) -> &Digest {
        &self.plan
    }
}

/// What trying the plan on a copy of the tenant showed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DryRun {
    pub plan: Digest,
    pub verdict: Verdict,
    pub requests: u64,
    #[serde(skip)]
    pub clearance: Option<Clearance>,
}

/// Whether the plan is cleared, and if not, why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    Cleared,
    /// A finding stops it; it was not tried.
    Stopped {
        findings: usize,
    },
    /// The copy of the tenant refused a step.
    Refused {
        step: StepId,
        trouble: Trouble,
        outcome: Outcome,
        stranded: Vec<Stranded>,
    },
    /// It ran, and planning again still has steps.
    NotConverged {
        again: Box<Plan>,
    },
    /// The copy of the tenant could not be made or read.
    Failed {
        why: String,
    },
}

/// Tries the plan on a copy of the observed tenant.
pub async fn dry_run(
    _desired: &Desired,
    _plan: &Plan,
    _snapshot: &Snapshot,
    _applied: &Applied,
    _findings: &[Finding],
) -> DryRun {
    todo!()
}
