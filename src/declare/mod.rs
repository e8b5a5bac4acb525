//! Takes `Source`s, gives the `Declaration` and every `Finding` about it; never looks at the tenant, never stops at
//! the first problem.

mod declaration;

pub use declaration::{Declaration, Environment, Source, Tenant};

use crate::finding::Finding;

/// Reads a whole identity root.
pub fn declare(_sources: &[Source]) -> (Declaration, Vec<Finding>) {
    todo!()
}
