//! Takes a `Case`, gives `Finding`s; never changes the plan.

use crate::finding::Finding;
use crate::observe::Snapshot;
use crate::plan::Plan;
use crate::resolve::Desired;

/// What is judged.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    pub desired: &'a Desired,
    pub snapshot: &'a Snapshot,
    pub plan: &'a Plan,
}

/// What every guardrail has to say about the case.
pub fn guard(_case: &Case<'_>) -> Vec<Finding> {
    todo!()
}
