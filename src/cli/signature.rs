//! Who runs idac, and what tells this run from every other.

use std::collections::hash_map::RandomState;
use std::env;
use std::hash::{BuildHasher, Hasher};

use super::clock;
use crate::digest::Digest;
use crate::ledger::Run;

/// Who writes a record, and when.
pub(super) fn sign() -> Run {
    Run {
        who: who(),
        at: clock::now(),
    }
}

/// Text that no other run has.
pub(super) fn nonce() -> String {
    // The hasher's keys are random for each process; time and process number are for a system without randomness.
    let random = RandomState::new().build_hasher().finish();
    let text = format!("{random:016x} {} {}", clock::now_ms(), std::process::id());
    Digest::of_bytes(text.as_bytes()).short().to_owned()
}

/// A workflow run, or a person at a machine.
fn who() -> String {
    let read = |name: &str| env::var_os(name).map(|value| value.to_string_lossy().into_owned());
    if let (Some(repository), Some(run)) = (read("GITHUB_REPOSITORY"), read("GITHUB_RUN_ID")) {
        return format!("{repository} run {run}");
    }
    let user = read("USER").or_else(|| read("USERNAME"));
    let host = read("HOSTNAME").or_else(|| read("COMPUTERNAME"));
    match (user, host) {
        (Some(user), Some(host)) => format!("{user}@{host}"),
        (Some(user), None) => user,
        (None, Some(host)) => format!("somebody@{host}"),
        (None, None) => "somebody".to_owned(),
    }
}
