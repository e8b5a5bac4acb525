//! What goes wrong on purpose: lag, throttling, lost messages, refusals.
//!
//! Every decision comes from the seed and the number of the request, so the same seed and the same requests give
//! the same run.

use serde::{Deserialize, Serialize};

/// The faults that the tenant shows. The default shows none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Hardship {
    pub seed: u64,
    /// How long an object that was created is 404 by its id and missing from lists.
    pub create_lag: Lag,
    /// How long reads still show an object as it was before an update or deletion.
    pub update_lag: Lag,
    /// How long the service principal still shows the application's earlier app roles, scopes and names.
    pub mirror_lag: Lag,
    /// Out of a thousand requests, how many meet 429 with `Retry-After`.
    pub throttled_per_mille: u32,
    /// What those ask to wait, in seconds.
    pub retry_after_s: u32,
    /// Out of a thousand requests, how many meet 503 without `Retry-After`, without effect.
    pub unavailable_per_mille: u32,
    /// Out of a thousand writes, how many land although no answer comes.
    pub lost_answer_per_mille: u32,
    /// Out of a thousand requests, how many never arrive.
    pub lost_request_per_mille: u32,
    /// How long each request is under way, in milliseconds of the real clock. The tenant itself never makes anybody
    /// wait: whoever stands between it and its callers does.
    #[serde(skip_serializing_if = "is_zero")]
    pub latency_ms: u64,
    /// Refusals at chosen moments.
    pub refusals: Vec<ScheduledRefusal>,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// How long something stays invisible: until both the requests and the milliseconds are over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Lag {
    /// Counted in requests that the tenant answers.
    pub requests: u32,
    /// Counted on the virtual clock.
    pub ms: i64,
    /// What reads show until then.
    pub flapping: Flapping,
}

impl Lag {
    pub(crate) fn is_none(&self) -> bool {
        self.requests == 0 && self.ms == 0
    }
}

/// What the replicas show while they lag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Flapping {
    /// Every read meets a replica that is behind.
    #[default]
    Steady,
    /// Each read meets one replica or another, as the seed decides.
    Flapping,
}

/// The nth write that fits is refused, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScheduledRefusal {
    /// Which of the writes that fit, counted from 1.
    pub nth: u32,
    /// `POST`, `PATCH`, `PUT` or `DELETE`; absent: any write.
    pub method: Option<String>,
    /// Text that the path contains; empty: any path.
    pub path_contains: String,
    pub status: u16,
    pub code: String,
    pub message: String,
}
