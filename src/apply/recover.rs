//! Finishing what a run began that did not say how it ended.
//!
//! The plan stands in the ledger, so it can be finished without the machine on which it began. With the journal of
//! that run, the executor goes on exactly where it stopped: forward, or back when something had been refused. When
//! the journal is lost the plan can only be walked forward: every write of it may have been made, and the executor
//! finds out; but what it finds done it does not undo, so a refusal then closes the tenant instead of claiming that
//! it was rolled back.

use super::{Age, ApplyError, History, Receipt, conclude};
use crate::execute::{Entry, Event, Journal, JournalError, execute, go_on};
use crate::graph::Graph;
use crate::graph::patience::Patience;
use crate::ledger::{self, Ledger, LedgerError, Recoverer, Run};

/// Finishes what the tip of the ledger began; `None` when there is nothing to finish.
///
/// `open` opens the journal of the run whose intent has the nonce that it is given.
pub async fn recover<G: Graph, L: Ledger, J: Journal>(
    recoverer: Recoverer,
    graph: &G,
    ledger: &mut L,
    open: impl FnOnce(&str) -> Result<(J, Age), LedgerError>,
    nonce: &str,
    sign: impl Fn() -> Run,
) -> Result<Option<Receipt>, ApplyError> {
    let before = ledger::last_receipt(ledger).map_err(ApplyError::Ledger)?;
    let taken = ledger::take_over(ledger, recoverer, &sign(), nonce);
    let Some((lock, plan)) = taken.map_err(ApplyError::Ledger)? else {
        return Ok(None);
    };
    let (mut journal, age) = open(lock.journal()).map_err(ApplyError::Ledger)?;
    let execution = execute(
        &plan,
        graph,
        &mut Again(&mut journal),
        &Patience::for_tenant(),
        &go_on,
    )
    .await
    .map_err(ApplyError::Journal)?;
    let history = match age {
        Age::New => History::Lost,
        Age::Continued => History::Known,
    };
    conclude(&plan, before, history, execution, lock, ledger, &sign()).map(Some)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execute::Trouble;
    use crate::plan::StepId;

    struct Kept(Vec<Entry>);

    impl Journal for Kept {
        fn entries(&self) -> Vec<Entry> {
            self.0.clone()
        }

        fn record(&mut self, entry: Entry) -> Result<(), JournalError> {
            self.0.push(entry);
            Ok(())
        }
    }

    #[test]
    fn a_recovery_tries_again_what_could_not_be_undone() {
        let entry = |event| Entry {
            step: StepId(1),
            event,
        };
        let trouble = Trouble {
            status: Some(403),
            code: "Authorization_RequestDenied".to_owned(),
            message: "Insufficient privileges".to_owned(),
            request_id: None,
        };
        let mut journal = Kept(vec![
            entry(Event::Intended),
            entry(Event::Undoing),
            entry(Event::NotUndone { trouble }),
        ]);
        let mut again = Again(&mut journal);
        assert_eq!(
            again.entries(),
            [entry(Event::Intended), entry(Event::Undoing)]
        );
        again.record(entry(Event::Undone)).expect("it is recorded");
        assert_eq!(journal.0.len(), 4);
    }
}
