//! What entries were before they changed, for as long as a replica may still show it and no longer.
//!
//! It is not part of the exported tenant: a tenant that is read back has replicas that have caught up.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::hardship::{Hardship, Lag};
use super::record::{Entry, Key};

/// When something happened, on every clock that the tenant has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    /// The number of the request.
    pub(crate) request: u64,
    /// The virtual clock.
    pub(crate) ms: i64,
    /// How many changes there had been before it.
    pub(crate) sequence: u64,
}

/// One change of an entry.
#[derive(Clone, Debug)]
pub(crate) struct Before {
    /// What was there; `None`: nothing.
    pub(crate) entry: Option<Arc<Entry>>,
    /// When it was replaced.
    pub(crate) replaced: Moment,
}

/// However long the lag is, no more than this many changes are remembered; the oldest are forgotten first.
const MOST: usize = 100_000;

#[derive(Clone, Debug, Default)]
pub(crate) struct Past {
    changes: BTreeMap<Key, VecDeque<Before>>,
    /// The changes in the order in which they are forgotten.
    order: VecDeque<(Moment, Key)>,
}

impl Past {
    /// Remembers what a request replaced: of each entry what it was before the request.
    pub(super) fn add(&mut self, replaced: &[(Key, Option<Arc<Entry>>)], now: Moment) {
        for (key, entry) in replaced {
            if !is_replicated(key) {
                continue;
            }
            let changes = self.changes.entry(key.clone()).or_default();
            if changes
                .back()
                .is_some_and(|last| last.replaced.request == now.request)
            {
                continue;
            }
            changes.push_back(Before {
                entry: entry.clone(),
                replaced: now,
            });
            self.order.push_back((now, key.clone()));
        }
        while self.order.len() > MOST {
            self.forget_oldest();
        }
    }

    /// Forgets everything: there is no lag.
    pub(crate) fn clear(&mut self) {
        *self = Past::default();
    }

    /// Forgets what no replica can show any more.
    pub(crate) fn forget(&mut self, now: Moment, hardship: &Hardship) {
        let Hardship {
            create_lag,
            update_lag,
            mirror_lag,
            ..
        } = hardship;
        while let Some((at, _)) = self.order.front() {
            let shown = [create_lag, update_lag, mirror_lag]
                .into_iter()
                .any(|lag| lasts(lag, *at, now));
            if shown {
                return;
            }
            self.forget_oldest();
        }
    }

    /// What an entry was, the oldest first.
    pub(crate) fn of(&self, key: &Key) -> impl Iterator<Item = &Before> {
        self.changes.get(key).into_iter().flatten()
    }

    /// The entries that changed lately, in the order of their keys.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &Key> {
        self.changes.keys()
    }

    /// Every remembered change.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&Key, &Before)> {
        self.changes
            .iter()
            .flat_map(|(key, changes)| changes.iter().map(move |change| (key, change)))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    fn forget_oldest(&mut self) {
        let Some((_, key)) = self.order.pop_front() else {
            return;
        };
        if let Some(changes) = self.changes.get_mut(&key) {
            changes.pop_front();
            if changes.is_empty() {
                self.changes.remove(&key);
            }
        }
    }
}

/// Whether a change is still on its way to the replicas.
pub(crate) fn lasts(lag: &Lag, at: Moment, now: Moment) -> bool {
    if lag.is_none() {
        return false;
    }
    now.request <= at.request.saturating_add(u64::from(lag.requests))
        || now.ms < at.ms.saturating_add(lag.ms)
}

fn is_replicated(key: &Key) -> bool {
    match key {
        Key::Object(_)
        | Key::Link { .. }
        | Key::Federated { .. }
        | Key::Assignment(_)
        | Key::Grant(_)
        | Key::RoleDefinition(_)
        | Key::RoleAssignment(_)
        | Key::Document { .. } => true,
        Key::Meta | Key::Organization | Key::Domain(_) | Key::Gone(_) => false,
    }
}
