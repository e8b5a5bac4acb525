//! Takes what is desired and what was observed, gives the `Plan` between them; never knows HTTP, time, randomness
//! or YAML.

mod step;

pub use step::{
    Action, Basis, Inverse, LeftAlone, ManagedObject, Plan, Reason, Risk, Step, StepId, Target,
};

use std::collections::BTreeMap;

use crate::address::Address;
use crate::finding::Finding;
use crate::observe::Snapshot;
use crate::resolve::Desired;

/// Everything that was applied last, by address: what a receipt keeps.
pub type Applied = BTreeMap<Address, ManagedObject>;

/// The plan that makes the tenant as desired, or why there is none: references that the tenant does not answer.
pub fn plan(
    _desired: &Desired,
    _snapshot: &Snapshot,
    _applied: &Applied,
) -> Result<Plan, Vec<Finding>> {
    todo!()
}
