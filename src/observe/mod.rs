//! Takes a `Graph` and a `Scope`, gives a `Snapshot`; never writes, never compares.

mod answer;
mod ask;
mod build;
mod collect;
mod quiet;
mod rows;
mod search;
mod snapshot;

pub use snapshot::{Known, Scope, Snapshot};

use crate::graph::{Graph, Refusal};

/// Looks at everything in the scope.
pub async fn observe<G: Graph>(graph: &G, scope: &Scope<'_>) -> Result<Snapshot, ObserveError> {
    collect::collect(graph, scope).await
}

/// Why the tenant could not be observed. "Could not look" is never "is not there".
#[derive(Debug, thiserror::Error)]
pub enum ObserveError {
    #[error("cannot read {what}")]
    Refused {
        what: String,
        #[source]
        refusal: Refusal,
    },
    #[error("the answer to {what} is not of the form that Graph documents: {why}")]
    Malformed { what: String, why: String },
}
