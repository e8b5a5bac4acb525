//! Finishing what a run began that did not say how it ended.
//!
//! The plan stands in the ledger, so it can be finished without the machine on which it began. With the journal of
//! that run, the executor goes on exactly where it stopped: forward, or back when something had been refused. When
//! the journal is lost it is made again: every step that the run may have sent is taken for one that was intended
//! and never answered, so the executor looks at it before it does anything, and what it finds done counts as done by
//! that run. What the run had put back already is then done once more before it is known to be refused: the tenant
//! ends the same, by a longer way.

use super::{ApplyError, History, Manner, Receipt, walk};
use crate::execute::{Decision, Entry, Event, Journal, JournalError, Wish, decide, execute, go_on};
use crate::graph::Graph;
use crate::graph::patience::Patience;
use crate::ledger::{self, Ledger, LedgerError, Recoverer};
use crate::plan::Plan;

/// Finishes what the tip of the ledger began; `None` when there is nothing to finish.
///
/// `open` opens the journal of the run whose intent has the nonce that it is given.
pub async fn recover<G: Graph, L: Ledger, J: Journal>(
    recoverer: Recoverer,
    graph: &G,
    ledger: &mut L,
    open: impl FnOnce(&str) -> Result<(J, History), LedgerError>,
    nonce: &str,
    manner: &Manner<'_>,
) -> Result<Option<Receipt>, ApplyError> {
    let taken = ledger::take_over(ledger, recoverer, &(manner.sign)(), nonce);
    let Some((lock, plan)) = taken.map_err(ApplyError::Ledger)? else {
        return Ok(None);
    };
    let (mut journal, history) = open(lock.journal()).map_err(ApplyError::Ledger)?;
    let mut journal = Again(&mut journal);
    match history {
        History::Whole => {}
        History::Lost => retrace(&plan, graph, &mut journal, manner.patience)
            .await
            .map_err(ApplyError::Journal)?,
    }
    walk(&plan, lock, graph, ledger, &mut journal, manner)
        .await
        .map(Some)
}

/// How many steps are looked at together.
const TOGETHER: usize = 20;

/// Makes the journal of a run again whose own is lost, step by step in the order of the plan, as far as steps can be
/// reached by what is known of those before.
async fn retrace<G: Graph, J: Journal>(
    plan: &Plan,
    graph: &G,
    journal: &mut J,
    patience: &Patience,
) -> Result<(), JournalError> {
    loop {
        let steps = match decide(plan, &journal.entries(), Wish::GoOn) {
            Decision::Go(steps) => steps,
            // A recovery before this one died while it looked.
            Decision::Verify(_) => Vec::new(),
            Decision::Undo(_) | Decision::Finished(_) => return Ok(()),
        };
        let intended = steps.into_iter().take(TOGETHER).map(|step| Entry {
            step,
            event: Event::Intended,
        });
        journal.record_all(intended.collect())?;
        let mut looking = Looking {
            journal,
            has_looked: false,
        };
        let looked = execute(plan, graph, &mut looking, patience, &go_on).await;
        let has_looked = looking.has_looked;
        match looked {
            Ok(_) => return Ok(()),
            Err(_) if has_looked => {}
            Err(error) => return Err(error),
        }
    }
}

/// A journal that takes what became of steps and lets none begin: the executor looks at what was intended, and
/// stops.
struct Looking<'a, J> {
    journal: &'a mut J,
    has_looked: bool,
}

impl<J: Journal> Journal for Looking<'_, J> {
    fn entries(&self) -> Vec<Entry> {
        self.journal.entries()
    }

    fn record(&mut self, entry: Entry) -> Result<(), JournalError> {
        self.record_all(vec![entry])
    }

    fn record_all(&mut self, entries: Vec<Entry>) -> Result<(), JournalError> {
        let begins = |entry: &Entry| matches!(entry.event, Event::Intended | Event::Undoing);
        if entries.iter().any(begins) {
            self.has_looked = true;
            return Err(JournalError {
                why: "no step may begin yet".to_owned(),
            });
        }
        self.journal.record_all(entries)
    }
}

/// The same journal without what could not be undone: a recovery tries that once more.
struct Again<'a, J>(&'a mut J);

impl<J: Journal> Journal for Again<'_, J> {
    fn entries(&self) -> Vec<Entry> {
        let mut entries = self.0.entries();
        entries.retain(|entry| !matches!(entry.event, Event::NotUndone { .. }));
        entries
    }

    fn record(&mut self, entry: Entry) -> Result<(), JournalError> {
        self.0.record(entry)
    }

    fn record_all(&mut self, entries: Vec<Entry>) -> Result<(), JournalError> {
        self.0.record_all(entries)
    }
}
