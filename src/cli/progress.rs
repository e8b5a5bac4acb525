//! A bar for whoever waits at a terminal.

use std::collections::BTreeMap;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::execute::{Entry, Event, Journal, JournalError};
use crate::plan::{Plan, StepId};
use crate::report::{self, Format, Names};

/// A journal that shows how far its execution is.
pub(super) struct Watched<J> {
    journal: J,
    bar: ProgressBar,
    sentences: BTreeMap<StepId, String>,
}

impl<J: Journal> Watched<J> {
    /// The bar goes to stderr when that is a terminal, and is not there for programs.
    pub(super) fn new(journal: J, plan: &Plan, names: &Names, format: Format) -> Watched<J> {
        let target = match format {
            Format::Text | Format::Markdown => ProgressDrawTarget::stderr(),
            Format::Json => ProgressDrawTarget::hidden(),
        };
        let bar = ProgressBar::with_draw_target(Some(plan.steps.len() as u64), target);
        let style = ProgressStyle::with_template("{bar:24} {pos}/{len}  {wide_msg}")
            .unwrap_or_else(|error| panic!("bug: the template of the bar: {error}"))
            .progress_chars("━╸─");
        let sentences = if bar.is_hidden() {
            BTreeMap::new()
        } else {
            plan.steps
                .iter()
                .map(|step| (step.id, report::sentence(step, names)))
                .collect()
        };
        Watched {
            journal,
            bar: bar.with_style(style),
            sentences,
        }
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl<J: Journal> Journal for Watched<J> {
    fn entries(&self) -> Vec<Entry> {
        self.journal.entries()
    }

    fn record(&mut self, entry: Entry) -> Result<(), JournalError> {
        let sentence = self.sentences.get(&entry.step).cloned().unwrap_or_default();
        match &entry.event {
            Event::Intended => self.bar.set_message(sentence),
            Event::Done { .. } | Event::Found { .. } => self.bar.inc(1),
            Event::Undoing => self.bar.set_message(format!("undo: {sentence}")),
            Event::Undone => self.bar.dec(1),
            Event::Refused { .. } | Event::NotUndone { .. } => {}
        }
        self.journal.record(entry)
    }
}
