//! Takes a `Plan`, a `Graph` and a `Journal`, gives an `Execution`; never chooses what to do: only what is next.
//!
//! The executor's whole state is the journal: [`decide`] folds it and says which steps may go now. An intent is
//! recorded before its request is sent, so the only unclear moment is "intended, no answer", and that is looked at
//! before anything else. A crash, a resumed run, a rollback and a dry-run are this one loop over different journals.
//! [`survey`] looks where all steps stand, and writes nothing.
//!
//! Dropping the future of [`execute`] is a clean stop: the journal then holds an intent for whatever was in flight,
//! and the next run begins by looking at it.

mod back;
mod chain;
mod compare;
mod forward;
mod jobs;
mod journal;
mod known;
mod look;
mod lower;
mod postbox;
mod progress;
mod stages;
mod survey;
mod walker;

pub use journal::{Entry, Event, Execution, Journal, JournalError, Outcome, Stranded, Trouble};
pub use lower::requests;
pub use progress::{Decision, Wish, decide};
pub use survey::{Recorded, Silence, Standing, Survey, Surveyed, survey};

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use self::forward::Start;
use self::jobs::Jobs;
use self::postbox::Postbox;
use self::progress::{Effect, Progress};
use crate::graph::Graph;
use crate::graph::patience::Patience;
use crate::plan::{Plan, StepId};

/// Walks the plan forward, and back when Graph refuses a step or `wish` no longer wants it.
///
/// `wish` is asked between deliveries: what is in flight then is answered first, then what took effect is undone.
/// `patience` says how long Graph is waited for; a tenant and its copy in memory deserve different patience.
pub async fn execute<G: Graph, J: Journal>(
    plan: &Plan,
    graph: &G,
    journal: &mut J,
    patience: &Patience,
    wish: &(dyn Fn() -> Wish + Sync),
) -> Result<Execution, JournalError> {
    run(plan, graph, journal, patience, wish, Memory::Whole).await
}

/// The same for a run whose own journal is lost, after [`Survey::retell`]: a step of which this one says nothing may
/// have been sent all the same, and replicas may not show it yet.
pub async fn execute_retold<G: Graph, J: Journal>(
    plan: &Plan,
    graph: &G,
    journal: &mut J,
    patience: &Patience,
    wish: &(dyn Fn() -> Wish + Sync),
) -> Result<Execution, JournalError> {
    run(plan, graph, journal, patience, wish, Memory::Retold).await
}

async fn run<G: Graph, J: Journal>(
    plan: &Plan,
    graph: &G,
    journal: &mut J,
    patience: &Patience,
    wish: &(dyn Fn() -> Wish + Sync),
    memory: Memory,
) -> Result<Execution, JournalError> {
    let post = Postbox::new();
    let mut round = Round {
        plan,
        progress: Progress::new(plan),
        jobs: Jobs::of(plan),
        post: &post,
        patience,
        walkers: Vec::new(),
        memory,
    };
    for entry in journal.entries() {
        round.progress.fold(&entry);
    }
    round.progress.reopen_returning();
    match round.progress.is_over(wish()) {
        true => round.give_up_unanswered(journal)?,
        false => round.look_at_unanswered(),
    }
    round.walk_all(graph, journal, &|| None).await?;
    round.walk_all(graph, journal, &|| Some(wish())).await?;
    Ok(round.progress.into_execution(wish(), post.sent()))
}

/// What a plan that is wanted to the end is executed with.
pub fn go_on() -> Wish {
    Wish::GoOn
}

type Walk<'a> = Pin<Box<dyn Future<Output = Event> + Send + 'a>>;

/// The loop's own state: nothing in it outlives a crash, and nothing needs to.
struct Round<'a> {
    plan: &'a Plan,
    progress: Progress<'a>,
    jobs: Jobs,
    post: &'a Postbox,
    patience: &'a Patience,
    walkers: Vec<(StepId, Walk<'a>)>,
    memory: Memory,
}

/// Whether the journal has everything that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Memory {
    Whole,
    /// It was told again by what the tenant holds.
    Retold,
}

impl Round<'_> {
    /// No further step is sent before it is known what became of those that were.
    fn look_at_unanswered(&mut self) {
        for step in self.progress.unanswered() {
            self.start(step, Start::Unclear);
        }
    }

    /// What is walked back is not sent once more only to learn what became of it: the way back looks, too.
    fn give_up_unanswered<J: Journal>(&mut self, journal: &mut J) -> Result<(), JournalError> {
        let entries: Vec<Entry> = self
            .progress
            .going()
            .into_iter()
            .map(|step| Entry {
                step,
                event: Event::Refused {
                    trouble: Trouble::stop(),
                },
            })
            .collect();
        journal.record_all(entries.clone())?;
        for entry in &entries {
            self.progress.fold(entry);
        }
        Ok(())
    }

    /// Walks until nobody is under way; with a wish, until the plan has no next step.
    async fn walk_all<G: Graph, J: Journal>(
        &mut self,
        graph: &G,
        journal: &mut J,
        wish: &(dyn Fn() -> Option<Wish> + Sync),
    ) -> Result<(), JournalError> {
        loop {
            if let Some(wish) = wish() {
                self.start_next(journal, wish)?;
            }
            if self.walkers.is_empty() {
                return Ok(());
            }
            if self.poll(journal)? {
                continue;
            }
            let (tickets, batch) = self.post.take();
            if !batch.is_empty() {
                let answers = graph.exchange(&batch).await;
                self.post.deliver(tickets, answers);
            } else if let Some(moment) = self.post.next_moment() {
                tokio::time::sleep_until(moment).await;
            } else {
                panic!("bug: somebody walks and nobody waits for anything");
            }
        }
    }

    /// Records the intent of everything that may go now, as far as there is room, and starts it.
    fn start_next<J: Journal>(&mut self, journal: &mut J, wish: Wish) -> Result<(), JournalError> {
        let room = self.post.room(self.walkers.len());
        let steps = self.progress.next(wish, room);
        if steps.is_empty() {
            return Ok(());
        }
        let event = self.progress.intent();
        let entries: Vec<Entry> = steps
            .iter()
            .map(|step| Entry {
                step: *step,
                event: event.clone(),
            })
            .collect();
        journal.record_all(entries.clone())?;
        let start = match self.memory {
            Memory::Whole => Start::Fresh,
            Memory::Retold => Start::Unclear,
        };
        for entry in &entries {
            self.progress.fold(entry);
            self.start(entry.step, start);
        }
        Ok(())
    }

    fn start(&mut self, id: StepId, start: Start) {
        let step = self.plan.step(id);
        let (post, patience) = (self.post, self.patience);
        let walk: Walk<'_> = if self.progress.is_going(id) {
            match self.jobs.forward(step, &self.progress) {
                Ok(job) => {
                    Box::pin(async move { forward::forward(&job, start, post, patience).await })
                }
                Err(trouble) => Box::pin(async move { Event::Refused { trouble } }),
            }
        } else {
            let start = match self.progress.effect(id) {
                Effect::Unclear => Start::Unclear,
                Effect::None | Effect::Own | Effect::Found if self.progress.was_returning(id) => {
                    Start::Unclear
                }
                Effect::None | Effect::Own | Effect::Found => start,
            };
            let (job, way) = self.jobs.back(step, &self.progress);
            Box::pin(back::back(job, way, start, post, patience))
        };
        self.walkers.push((id, walk));
    }

    /// Lets every walker go on as far as it can; whether somebody arrived.
    fn poll<J: Journal>(&mut self, journal: &mut J) -> Result<bool, JournalError> {
        // Walkers wait for deliveries and moments only, and after each of those everybody is polled.
        let mut context = Context::from_waker(Waker::noop());
        let mut entries = Vec::new();
        self.walkers
            .retain_mut(|(step, walk)| match walk.as_mut().poll(&mut context) {
                Poll::Pending => true,
                Poll::Ready(event) => {
                    entries.push(Entry { step: *step, event });
                    false
                }
            });
        let somebody_arrived = !entries.is_empty();
        journal.record_all(entries.clone())?;
        for entry in &entries {
            self.progress.fold(entry);
        }
        Ok(somebody_arrived)
    }
}
