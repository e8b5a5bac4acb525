//! Finishing what a run began that did not say how it ended.
//!
//! The plan stands in the ledger, so it can be finished without the machine on which it began. First it is looked
//! where every step stands; that, and the journal of that run, say whether to go forward or back. Then the executor
//! goes on exactly where the run stopped.
//!
//! When the journal is lost it is made again from what was seen: what stands as planned counts as done by that run.
//! Steps are not looked at one by one for that, since a later one may have written over what an earlier one wrote.

use std::collections::BTreeSet;

use super::unfinished::{Unfinished, Way};
use super::{ApplyError, History, Manner, Receipt, walk};
use crate::execute::{Entry, Event, Journal, JournalError, Silence, Wish, survey};
use crate::graph::Graph;
use crate::graph::patience::Patience;
use crate::ledger::{self, Ledger, LedgerError, Recoverer};

/// Looks at what the tip of the ledger began and where it stands; `None` when there is nothing to finish. Writes
/// nothing to the tenant or to the ledger.
///
/// `open` opens the journal of the run whose intent has the nonce that it is given.
pub async fn inspect<G: Graph, L: Ledger, J: Journal>(
    recoverer: Recoverer,
    graph: &G,
    ledger: &L,
    open: impl FnOnce(&str) -> Result<(J, History), LedgerError>,
    patience: &Patience,
) -> Result<Option<Unfinished>, ApplyError> {
    let found = ledger::unfinished(ledger, recoverer).map_err(ApplyError::Ledger)?;
    let Some(found) = found else {
        return Ok(None);
    };
    let (mut journal, history) = open(&found.journal).map_err(ApplyError::Ledger)?;
    let entries = Again(&mut journal).entries();
    drop(journal);
    let survey = survey(&found.plan, graph, &entries, silence(history), patience).await;
    Ok(Some(Unfinished::new(found, history, survey, &entries)))
}

/// Finishes what the tip of the ledger began, in the way that [`Unfinished::choice`] says; `None` when there is
/// nothing to finish. What could not be looked at is left to the executor, which looks again.
pub async fn recover<G: Graph, L: Ledger, J: Journal>(
    recoverer: Recoverer,
    graph: &G,
    ledger: &mut L,
    open: impl FnOnce(&str) -> Result<(J, History), LedgerError>,
    nonce: &str,
    manner: &Manner<'_>,
) -> Result<Option<Receipt>, ApplyError> {
    let by = |unfinished: &Unfinished| Ok(unfinished.choice().way.unwrap_or(Way::Forward));
    recover_by(recoverer, graph, ledger, open, nonce, manner, &by).await
}

/// Finishes what the tip of the ledger began, in the way that `by` chooses once the tenant is held. When it chooses
/// none, nothing is written and the tenant stays held.
pub async fn recover_by<G: Graph, L: Ledger, J: Journal>(
    recoverer: Recoverer,
    graph: &G,
    ledger: &mut L,
    open: impl FnOnce(&str) -> Result<(J, History), LedgerError>,
    nonce: &str,
    manner: &Manner<'_>,
    by: &(dyn Fn(&Unfinished) -> Result<Way, String> + Sync),
) -> Result<Option<Receipt>, ApplyError> {
    let found = ledger::unfinished(ledger, recoverer).map_err(ApplyError::Ledger)?;
    let taken = ledger::take_over(ledger, recoverer, &(manner.sign)(), nonce);
    let (Some((lock, plan)), Some(found)) = (taken.map_err(ApplyError::Ledger)?, found) else {
        return Ok(None);
    };
    let (mut journal, history) = open(lock.journal()).map_err(ApplyError::Ledger)?;
    let mut journal = Again(&mut journal);
    let entries = journal.entries();
    let survey = survey(&plan, graph, &entries, silence(history), manner.patience).await;
    let unfinished = Unfinished::new(found, history, survey, &entries);
    let way = by(&unfinished).map_err(|why| ApplyError::Undecided { why })?;
    let prepared = match (way, history) {
        (Way::Forward, History::Whole) => try_again(&entries, &mut journal),
        (Way::Forward, History::Lost) => {
            let retold = journal.record_all(unfinished.survey.retell());
            retold.and_then(|()| try_again(&entries, &mut journal))
        }
        (Way::Back, History::Whole) => Ok(()),
        (Way::Back, History::Lost) => journal.record_all(unfinished.survey.retell()),
    };
    prepared.map_err(ApplyError::Journal)?;
    let manner = match way {
        Way::Forward => *manner,
        Way::Back => Manner {
            wish: &|| Wish::UndoAll,
            ..*manner
        },
    };
    walk(&plan, lock, graph, ledger, &mut journal, history, &manner)
        .await
        .map(Some)
}

/// What it means that the journal says nothing of a step.
fn silence(history: History) -> Silence {
    match history {
        History::Whole => Silence::NotSent,
        History::Lost => Silence::Unknown,
    }
}

/// What was refused is sent once more when the plan is gone on with. That it may have been sent again stands in the
/// journal first, and takes the place of the refusal.
fn try_again<J: Journal>(entries: &[Entry], journal: &mut J) -> Result<(), JournalError> {
    let is_back = |entry: &Entry| matches!(entry.event, Event::Undoing | Event::Undone);
    if entries.iter().any(is_back) {
        return Ok(());
    }
    let is_refused = |entry: &&Entry| matches!(entry.event, Event::Refused { .. });
    let refused = entries.iter().filter(is_refused).map(|entry| Entry {
        step: entry.step,
        event: Event::Intended,
    });
    journal.record_all(refused.collect())
}

/// The same journal without what a recovery does once more: what could not be undone, and what was refused and
/// then sent again.
struct Again<'a, J>(&'a mut J);

impl<J: Journal> Journal for Again<'_, J> {
    fn entries(&self) -> Vec<Entry> {
        let mut sent_later = BTreeSet::new();
        let mut entries = self.0.entries();
        entries.reverse();
        entries.retain(|entry| match &entry.event {
            Event::NotUndone { .. } => false,
            Event::Refused { .. } => !sent_later.contains(&entry.step),
            Event::Intended => {
                sent_later.insert(entry.step);
                true
            }
            Event::Done { .. } | Event::Found { .. } | Event::Undoing | Event::Undone => true,
        });
        entries.reverse();
        entries
    }

    fn record(&mut self, entry: Entry) -> Result<(), JournalError> {
        self.0.record(entry)
    }

    fn record_all(&mut self, entries: Vec<Entry>) -> Result<(), JournalError> {
        self.0.record_all(entries)
    }
}
