//! Takes what is desired and what was observed, gives the `Plan` between them; never knows HTTP, time, randomness
//! or YAML.

mod step;

pub use step::{
    Action, Basis, Inverse, LeftAlone, ManagedObject, Plan, Reason, Risk, Step, StepId, Target,
};
