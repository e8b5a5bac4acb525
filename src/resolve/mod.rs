//! Takes a `Declaration` and one of its environments, gives what is `Desired` there; never knows an `ObjectId`
//! that the environment did not state.

mod desired;

pub use desired::{BlastRadius, Desired, Settings, TenantChoice};

use crate::declare::{Declaration, Environment};
use crate::finding::Finding;

/// What the declaration desires in this environment, or everything that is wrong with it.
pub fn resolve(
    _declaration: &Declaration,
    _environment: &Environment,
) -> Result<Desired, Vec<Finding>> {
    todo!()
}
