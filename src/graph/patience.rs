//! How long to wait for a tenant, and for what: pure decisions, no clock and no sleep.
//!
//! What a refusal means depends on what was asked and on whether it was asked of something that was written a
//! moment ago: replicas of a tenant lag, so "not found" right after a create is news of a replica, not of the
//! tenant. Every answer is bounded twice, in attempts and in time. The texts are those of the sheet of Graph's
//! documented and observed errors; Graph has no finer codes for them.

use super::{Refusal, RefusalKind};

/// What a request is meant to bring about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    Read,
    Create,
    Update,
    Delete,
    Link,
    Unlink,
    /// Out of the recycle bin.
    Restore,
}

/// What a request stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// Only what was there for long: "not found" means not found.
    Settled,
    /// Something that was created or changed a moment ago, which not every replica knows yet.
    Fresh,
}

/// What was already spent on one write or one read, of each budget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    pub busy: Used,
    pub lost: Used,
    pub lag: Used,
}

/// What was already spent of one budget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// Refusals so far.
    pub attempts: u32,
    pub waited_ms: u64,
}

/// What to do about a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It did nothing: wait, then send it again.
    Retry { after_ms: u64 },
    /// It may have landed: wait, then look before anything else.
    LookFirst { after_ms: u64 },
    /// Graph says that what was wanted is so already: look whether that is true.
    AlreadySo,
    /// The answer stands.
    GiveUp,
}

/// How long one thing is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    pub attempts: u32,
    pub total_ms: u64,
    /// The first wait; each further one is twice as long.
    pub first_ms: u64,
    /// The longest wait.
    pub most_ms: u64,
}

/// How long a tenant is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// While Graph is too busy.
    pub busy: Budget,
    /// While Graph fails or does not answer.
    pub lost: Budget,
    /// While replicas do not know yet what was written.
    pub lag: Budget,
    /// How many times in a row something must be not found before it is believed to be gone.
    pub absences: u32,
}

const NOTHING: Budget = Budget {
    attempts: 0,
    total_ms: 0,
    first_ms: 0,
    most_ms: 0,
};

impl Patience {
    /// For a tenant of many machines, which lag, throttle and lose answers.
    pub fn for_tenant() -> Patience {
        Patience {
            busy: Budget {
                attempts: 40,
                total_ms: 30 * 60_000,
                first_ms: 1_000,
                most_ms: 60_000,
            },
            lost: Budget {
                attempts: 10,
                total_ms: 2 * 60_000,
                first_ms: 500,
                most_ms: 20_000,
            },
            lag: Budget {
                attempts: 60,
                total_ms: 5 * 60_000,
                first_ms: 100,
                most_ms: 10_000,
            },
            absences: 3,
        }
    }

    /// For a copy of a tenant in memory, which knows at once what was written: waiting would change nothing.
    pub fn for_copy() -> Patience {
        Patience {
            busy: NOTHING,
            lost: NOTHING,
            lag: NOTHING,
            absences: 1,
        }
    }

    /// What to do about this refusal, and what is spent when that is done. The same `seed` gives the same waits.
    pub fn judge(
        &self,
        refusal: &Refusal,
        intent: Intent,
        ground: Ground,
        spent: &mut Spent,
        seed: u64,
    ) -> Verdict {
        let asked_ms = refusal.retry_after_ms.unwrap_or_default();
        match (meaning(refusal, intent), ground) {
            (Meaning::Busy, _) => match self.busy.spend(&mut spent.busy, seed) {
                Some(after_ms) => Verdict::Retry {
                    after_ms: after_asked(asked_ms, after_ms),
                },
                None => Verdict::GiveUp,
            },
            (Meaning::Lost, _) => match self.lost.spend(&mut spent.lost, seed) {
                Some(after_ms) => again(intent, after_ms.max(asked_ms)),
                None => Verdict::GiveUp,
            },
            (Meaning::Concurrent, _) | (Meaning::NotYet, Ground::Fresh) => {
                match self.lag.spend(&mut spent.lag, seed) {
                    Some(after_ms) => Verdict::Retry {
                        after_ms: after_ms.max(asked_ms),
                    },
                    None => Verdict::GiveUp,
                }
            }
            (Meaning::AlreadySo, _) => Verdict::AlreadySo,
            (Meaning::NotYet, Ground::Settled) | (Meaning::No, _) => Verdict::GiveUp,
        }
    }
}

impl Budget {
    /// Takes the next wait; `None` when nothing is left.
    pub fn spend(&self, used: &mut Used, seed: u64) -> Option<u64> {
        if used.attempts >= self.attempts || used.waited_ms >= self.total_ms {
            return None;
        }
        let base = (self.first_ms << used.attempts.min(20)).min(self.most_ms);
        let jitter = scatter(seed, used.attempts) % (base / 2 + 1);
        let wait_ms = (base / 2 + jitter).min(self.total_ms - used.waited_ms);
        used.attempts += 1;
        used.waited_ms += wait_ms;
        Some(wait_ms)
    }
}

/// A read can simply be sent again; a write that may have landed cannot.
fn again(intent: Intent, after_ms: u64) -> Verdict {
    match intent {
        Intent::Read => Verdict::Retry { after_ms },
        Intent::Create
        | Intent::Update
        | Intent::Delete
        | Intent::Link
        | Intent::Unlink
        | Intent::Restore => Verdict::LookFirst { after_ms },
    }
}

/// Never sooner than Graph asked, and not everybody at the same moment.
fn after_asked(asked_ms: u64, backoff_ms: u64) -> u64 {
    match asked_ms {
        0 => backoff_ms,
        _ => asked_ms + backoff_ms % (asked_ms / 10 + 1),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    Busy,
    Lost,
    /// Two writes met at one object.
    Concurrent,
    /// As it is answered while replicas do not know yet what was written.
    NotYet,
    AlreadySo,
    No,
}

fn meaning(refusal: &Refusal, intent: Intent) -> Meaning {
    match refusal.kind {
        RefusalKind::Throttled => Meaning::Busy,
        RefusalKind::Failed | RefusalKind::Unanswered => Meaning::Lost,
        // The server gave up waiting for the request: it may have read all of it.
        RefusalKind::Refused if refusal.status == Some(408) => Meaning::Lost,
        RefusalKind::Refused if refusal.code == "Directory_ConcurrencyViolation" => {
            Meaning::Concurrent
        }
        RefusalKind::Refused if says_already(refusal, intent) => Meaning::AlreadySo,
        RefusalKind::Refused if says_not_yet(refusal) => Meaning::NotYet,
        RefusalKind::Refused => Meaning::No,
    }
}

fn says_already(refusal: &Refusal, intent: Intent) -> bool {
    let says = |texts: &[&str]| says_any(refusal, texts);
    match intent {
        Intent::Create | Intent::Link => says(ALREADY_THERE),
        Intent::Delete | Intent::Unlink => refusal.status == Some(404) || says(ALREADY_GONE),
        Intent::Restore => refusal.status == Some(404) || says(ALREADY_THERE),
        Intent::Read | Intent::Update => false,
    }
}

fn says_not_yet(refusal: &Refusal) -> bool {
    refusal.status == Some(404)
        || refusal.code == "CannotDeleteOrUpdateEnabledEntitlement"
        || says_any(refusal, NOT_YET)
}

fn says_any(refusal: &Refusal, texts: &[&str]) -> bool {
    let message = refusal.message.to_lowercase();
    matches!(refusal.status, Some(400 | 403 | 404 | 409))
        && texts.iter().any(|text| message.contains(text))
}

/// Duplicate `$ref`, app role assignment (both forms), grant, federated credential, service principal, directory
/// role assignment. Sheet, section 5.
const ALREADY_THERE: &[&str] = &[
    "already exist",
    "already in use",
    "a conflicting object with one or more of the specified property values is present",
];

/// Removing what is not there. Sheet, section 5.
const ALREADY_GONE: &[&str] = &[
    "being updated or deleted is not found",
    "removed object references do not exist",
];

/// What is answered right after something that the request refers to was written. Sheet, sections 5 and 6.
const NOT_YET: &[&str] = &[
    "does not reference a valid application object",
    "not a valid reference update",
    "permission being assigned was not found",
    "one or more property values specified are invalid",
    "does not exist or one of its queried reference-property objects are not present",
    "permission id that cannot be found",
    "backing application",
];

/// SplitMix64: spreads the waits of many writes without a source of randomness.
fn scatter(seed: u64, attempt: u32) -> u64 {
    let mut mixed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(u64::from(attempt)));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(status: u16, code: &str, message: &str) -> Refusal {
        Refusal {
            kind: match status {
                429 => RefusalKind::Throttled,
                500.. => RefusalKind::Failed,
                _ => RefusalKind::Refused,
            },
            status: Some(status),
            code: code.to_owned(),
            message: message.to_owned(),
            request_id: None,
            retry_after_ms: None,
        }
    }

    fn verdict(refusal: &Refusal, intent: Intent, ground: Ground) -> &'static str {
        match Patience::for_tenant().judge(refusal, intent, ground, &mut Spent::default(), 7) {
            Verdict::Retry { .. } => "retry",
            Verdict::LookFirst { .. } => "look",
            Verdict::AlreadySo => "already",
            Verdict::GiveUp => "no",
        }
    }

    #[test]
    fn every_refusal_of_the_sheet_means_what_the_sheet_says() {
        use Ground::{Fresh, Settled};
        use Intent::{Create, Delete, Link, Read, Restore, Unlink, Update};
        let bad = "Request_BadRequest";
        let same_key = "Request_MultipleObjectsWithSameKeyValue";
        let missing = "Request_ResourceNotFound";
        let not_there = "Resource 'x' does not exist or one of its queried reference-property objects are not present.";
        #[rustfmt::skip]
        let table: &[(u16, &str, &str, Intent, Ground, &str)] = &[
            // Section 6: right after a create; otherwise the answer stands.
            (404, missing, not_there, Update, Fresh, "retry"),
            (404, missing, not_there, Update, Settled, "no"),
            (404, missing, not_there, Link, Fresh, "retry"),
            (400, bad, not_there, Create, Fresh, "retry"),
            (400, bad, "The appId 'a' of the service principal does not reference a valid application object.", Create, Fresh, "retry"),
            (400, bad, "The appId 'a' of the service principal does not reference a valid application object.", Create, Settled, "no"),
            (403, "Authorization_RequestDenied", "When using this permission, the backing application of the service principal being created must in the local tenant", Create, Fresh, "retry"),
            (400, bad, "Not a valid reference update", Create, Fresh, "retry"),
            (400, bad, "Permission being assigned was not found on application 'a'", Create, Fresh, "retry"),
            (400, bad, "Permission being assigned was not found on application 'a'", Create, Settled, "no"),
            (400, bad, "One or more property values specified are invalid.", Create, Fresh, "retry"),
            (400, "CannotDeleteOrUpdateEnabledEntitlement", "Permission (scope or role) cannot be deleted or updated unless disabled first.", Update, Fresh, "retry"),
            (400, "CannotDeleteOrUpdateEnabledEntitlement", "Permission (scope or role) cannot be deleted or updated unless disabled first.", Update, Settled, "no"),
            (400, "InvalidValue", "Property api.preAuthorizedApplications.delegatedPermissionIds has a Permission Id that cannot be found in the AppPermissions sets.", Update, Fresh, "retry"),
            // Section 5: two writes at one object, whoever the other is.
            (409, "Directory_ConcurrencyViolation", "Error due to concurrent requests being made to the tenant.", Update, Settled, "retry"),
            // Section 5, idempotence: success after a look.
            (400, bad, "One or more added object references already exist for the following modified properties: 'owners'.", Link, Settled, "already"),
            (400, bad, "Permission being assigned already exists on the object", Create, Settled, "already"),
            (409, same_key, "EntitlementGrant entry already exists.", Create, Settled, "already"),
            (409, same_key, "Permission entry already exists.", Create, Settled, "already"),
            (409, same_key, "FederatedIdentityCredential with name ci already exists.", Create, Settled, "already"),
            (409, same_key, "The service principal cannot be created, updated, or restored because the service principal name a is already in use.", Create, Settled, "already"),
            (400, bad, "A conflicting object with one or more of the specified property values is present in the directory.", Create, Settled, "already"),
            (400, bad, "Another object with the same value for property identifierUris already exists.", Update, Settled, "no"),
            (404, missing, not_there, Delete, Settled, "already"),
            (404, missing, not_there, Unlink, Fresh, "already"),
            (400, bad, "One or more removed object references do not exist for the following modified properties: 'members'.", Unlink, Settled, "already"),
            (400, bad, "EntitlementGrant being updated or deleted is not found.", Delete, Settled, "already"),
            (404, missing, not_there, Restore, Fresh, "already"),
            // Section 4.
            (429, "TooManyRequests", "Too many requests.", Create, Settled, "retry"),
            // Section 4, client rule: never send a POST again blindly.
            (504, "UnknownError", "", Create, Settled, "look"),
            (408, "", "", Link, Settled, "look"),
            (502, "", "", Read, Settled, "retry"),
            // What stands.
            (403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.", Update, Fresh, "no"),
            (403, "Directory_QuotaExceeded", "The directory object quota limit for the Principal has been exceeded.", Create, Fresh, "no"),
            (400, bad, "The group must have at least one owner, hence this owner cannot be removed.", Unlink, Fresh, "no"),
        ];
        for (status, code, message, intent, ground, expected) in table {
            let found = verdict(&refusal(*status, code, message), *intent, *ground);
            assert_eq!(found, *expected, "{status} {message} {intent:?} {ground:?}");
        }
    }

    #[test]
    fn a_wait_is_never_shorter_than_what_graph_asks() {
        let mut busy = refusal(429, "TooManyRequests", "Too many requests.");
        busy.retry_after_ms = Some(17_000);
        for seed in 0..50 {
            match Patience::for_tenant().judge(
                &busy,
                Intent::Read,
                Ground::Settled,
                &mut Spent::default(),
                seed,
            ) {
                Verdict::Retry { after_ms } => assert!((17_000..=18_700).contains(&after_ms)),
                other => panic!("bug: {other:?}"),
            }
        }
    }

    #[test]
    fn waits_double_up_to_the_longest_and_end_with_the_budget() {
        let lag = Patience::for_tenant().lag;
        let mut used = Used::default();
        let mut waits = Vec::new();
        while let Some(wait_ms) = lag.spend(&mut used, 3) {
            waits.push(wait_ms);
        }
        assert!((50..=100).contains(&waits[0]));
        assert!(waits.iter().all(|wait_ms| *wait_ms <= 10_000));
        assert!(waits.iter().sum::<u64>() <= lag.total_ms);
        assert!(waits.len() <= lag.attempts as usize);
        assert!(
            waits.iter().sum::<u64>() > lag.total_ms / 2,
            "it is waited for long"
        );
    }

    #[test]
    fn the_same_seed_gives_the_same_waits_and_another_seed_others() {
        let lag = Patience::for_tenant().lag;
        let waits = |seed| -> Vec<_> {
            let mut used = Used::default();
            (1..8).map(|_| lag.spend(&mut used, seed)).collect()
        };
        assert_eq!(waits(1), waits(1));
        assert_ne!(waits(1), waits(2));
    }

    #[test]
    fn a_copy_in_memory_is_never_waited_for() {
        let lagging = refusal(404, "Request_ResourceNotFound", "");
        let busy = refusal(429, "TooManyRequests", "");
        let lost = Refusal::unanswered("reset");
        for refusal in [lagging, busy, lost] {
            let verdict = Patience::for_copy().judge(
                &refusal,
                Intent::Update,
                Ground::Fresh,
                &mut Spent::default(),
                1,
            );
            assert_eq!(verdict, Verdict::GiveUp);
        }
    }
}
