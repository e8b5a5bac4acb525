//! Takes a `Plan`, a `Graph` and a `Journal`, gives an `Execution`; never chooses what to do: only what is next.

mod journal;

pub use journal::{Entry, Event, Execution, Journal, JournalError, Outcome, Stranded, Trouble};

use crate::graph::Graph;
use crate::plan::Plan;

/// Walks the plan forward, and back when Graph refuses a step.
pub async fn execute<G: Graph, J: Journal>(
    _plan: &Plan,
    _graph: &G,
    _journal: &mut J,
) -> Result<Execution, JournalError> {
    todo!()
}
