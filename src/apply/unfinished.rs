//! What a run left unfinished, and which way it is finished.

use serde::Serialize;

use super::History;
use crate::execute::{Entry, Event, Recorded, Standing, Survey, Surveyed};
use crate::ledger::{self, Closed, Run};
use crate::plan::{Plan, StepId};

/// A plan that was begun, whose run did not say how it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Unfinished {
    /// The number of the intent, and who appended it.
    pub epoch: u64,
    pub run: Run,
    pub plan: Plan,
    pub history: History,
    pub survey: Survey,
    /// Why the plan is not gone on with, as far as the ledger and the journal say.
    pub turned: Turned,
}

/// Whether the run had turned back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Turned {
    No,
    /// Graph refused this step.
    Refused(StepId),
    /// It had begun to undo what it did.
    Begun,
    /// It could not undo what it did, which closed the tenant.
    Closed,
}

/// Which way a plan is finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Way {
    /// What is left is done.
    Forward,
    /// What took effect is undone.
    Back,
}

/// What is right when nobody says otherwise; the same for the same state of things.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Choice {
    /// `None`: it cannot be told yet.
    pub way: Option<Way>,
    /// In one sentence.
    pub because: String,
}

impl Unfinished {
    pub(super) fn new(
        found: ledger::Unfinished,
        history: History,
        survey: Survey,
        entries: &[Entry],
    ) -> Unfinished {
        let ledger::Unfinished {
            plan,
            journal: _,
            epoch,
            run,
            closed,
        } = found;
        let is_between = |step: &Surveyed| step.standing == Standing::Between;
        let turned = match (turned(closed, entries), survey.steps.iter().any(is_between)) {
            // Only a way back stands between its requests: a journal that is lost does not say so.
            (Turned::No | Turned::Refused(_), true) => Turned::Begun,
            (turned, _) => turned,
        };
        Unfinished {
            epoch,
            run,
            plan,
            history,
            survey,
            turned,
        }
    }

    /// Forward, unless something speaks against it: the plan was cleared, and `main` declares it. Back when a step
    /// was refused or something moved, since the plan is then no longer what was cleared.
    pub fn choice(&self) -> Choice {
        let back = |because: String| Choice {
            way: Some(Way::Back),
            because,
        };
        match self.turned {
            Turned::Closed => {
                return back("undoing it was refused before, and is tried once more".to_owned());
            }
            Turned::Begun => return back("the run had begun to undo it".to_owned()),
            Turned::Refused(step) => return back(format!("step {step} was refused")),
            Turned::No => {}
        }
        let moved = self.steps_that_are(Standing::Neither);
        if !moved.is_empty() {
            return back(format!(
                "somebody else changed what {} about, and idac overwrites nothing of somebody else's",
                listed(&moved)
            ));
        }
        let hidden: Vec<StepId> = self
            .survey
            .steps
            .iter()
            .filter(|step| step.standing == Standing::Unknown && step.recorded != Recorded::Done)
            .map(|step| step.step)
            .collect();
        if !hidden.is_empty() {
            return Choice {
                way: None,
                because: format!(
                    "what {} about could not be looked at, and what is not known is not guessed",
                    listed(&hidden)
                ),
            };
        }
        Choice {
            way: Some(Way::Forward),
            because: "nothing was refused, nobody else changed what it is about, and what is left can be done"
                .to_owned(),
        }
    }

    /// Whether somebody who asks for this way can have it; if not, why.
    pub fn check(&self, way: Way) -> Result<(), String> {
        match way {
            Way::Back => return Ok(()),
            Way::Forward => {}
        }
        match self.turned {
            Turned::Begun | Turned::Closed => {
                return Err("the run had begun to undo it: only the way back is left".to_owned());
            }
            Turned::Refused(_) | Turned::No => {}
        }
        let moved = self.steps_that_are(Standing::Neither);
        match moved.is_empty() {
            true => Ok(()),
            false => Err(format!(
                "somebody else changed what {} about: going forward would overwrite it, or say that the tenant is as declared when it is not",
                listed(&moved)
            )),
        }
    }

    /// The steps whose objects stand like this.
    pub fn steps_that_are(&self, standing: Standing) -> Vec<StepId> {
        self.survey
            .steps
            .iter()
            .filter(|step| step.standing == standing)
            .map(|step| step.step)
            .collect()
    }
}

fn turned(closed: Closed, entries: &[Entry]) -> Turned {
    match closed {
        Closed::Once => return Turned::Closed,
        Closed::Never => {}
    }
    let mut turned = Turned::No;
    for entry in entries {
        match &entry.event {
            Event::Undoing | Event::Undone | Event::NotUndone { .. } => return Turned::Begun,
            Event::Refused { trouble } if trouble.is_stop() => turned = Turned::Begun,
            Event::Refused { .. } if turned == Turned::No => turned = Turned::Refused(entry.step),
            Event::Refused { .. } | Event::Intended | Event::Done { .. } | Event::Found { .. } => {}
        }
    }
    turned
}

/// `step 3 is`, `steps 3, 4 and 9 are`.
fn listed(steps: &[StepId]) -> String {
    let names: Vec<String> = steps.iter().map(StepId::to_string).collect();
    match names.as_slice() {
        [one] => format!("step {one} is"),
        [first @ .., last] => format!("steps {} and {last} are", first.join(", ")),
        [] => "no step is".to_owned(),
    }
}
