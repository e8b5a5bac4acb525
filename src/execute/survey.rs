//! Looks where the object of every step stands, and writes nothing.
//!
//! A plan may write one property several times (switched off, then removed), so an object is held against all the
//! values that its steps pass through: the last one that it has says how far it came. What it has of none of them
//! is somebody else's. Could not look is its own answer, and never an absence.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use serde::Serialize;

use super::chain::{Chain, ChainLink};
use super::jobs;
use super::journal::{Entry, Event};
use super::known::{Known, Wanted};
use super::look::{
    Created, Doubt, Found, Gone, Seen, Tied, look_at_created, look_at_revived, look_at_tie,
};
use super::lower::{Body, Lower};
use super::postbox::Postbox;
use super::walker::Walker;
use crate::address::Address;
use crate::graph::Graph;
use crate::graph::patience::{Ground, Patience};
use crate::kind;
use crate::kind::entity::{Entity, Write};
use crate::object::Properties;
use crate::plan::{Action, Plan, Step, StepId, Target};

/// Where the object of a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Standing {
    /// As it was before the step.
    Before,
    /// As the step makes it, or as a later step of the plan does.
    After,
    /// Between two requests of the step's way back: it is half undone.
    Between,
    /// As nothing in the plan makes it: somebody else changed it.
    Neither,
    /// It could not be looked at.
    Unknown,
}

/// The last that the journal says of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Recorded {
    Nothing,
    /// It was sent, and no answer is known.
    Sent,
    Done,
    Refused,
    /// Its way back was begun.
    Undoing,
    Undone,
}

/// One step, and where its object stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Surveyed {
    pub step: StepId,
    pub standing: Standing,
    pub recorded: Recorded,
    /// What is otherwise, or what kept idac from looking.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// What was found of the object, for a step that makes one.
    #[serde(skip)]
    found: Option<Found>,
}

/// Where a whole plan stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Survey {
    pub steps: Vec<Surveyed>,
}

impl Survey {
    /// The journal of a run whose own is lost, as the tenant tells it: what stands as planned counts as done by
    /// that run, and what cannot be told as sent. Only of steps of which the journal says nothing, or no more than
    /// that they were sent: an executor looks at one step by itself, and not at what others made of it since.
    pub fn retell(&self) -> Vec<Entry> {
        let mut entries = Vec::new();
        for surveyed in &self.steps {
            match surveyed.recorded {
                Recorded::Nothing | Recorded::Sent => {}
                Recorded::Done | Recorded::Refused | Recorded::Undoing | Recorded::Undone => {
                    continue;
                }
            }
            let mut tell = |event| {
                entries.push(Entry {
                    step: surveyed.step,
                    event,
                });
            };
            match surveyed.standing {
                Standing::Before => {}
                Standing::Neither | Standing::Unknown => tell(Event::Intended),
                Standing::After | Standing::Between => {
                    tell(Event::Intended);
                    let found = surveyed.found.clone();
                    tell(Event::Done {
                        created: found.as_ref().map(|found| found.id.clone()),
                        learned: found.map(|found| found.learned).unwrap_or_default(),
                    });
                }
            }
        }
        entries
    }
}

/// What it means that the journal says nothing of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silence {
    NotSent,
    /// It is not the journal of the whole run.
    Unknown,
}

/// Looks where every step of the plan stands that this journal began.
pub async fn survey<G: Graph>(
    plan: &Plan,
    graph: &G,
    journal: &[Entry],
    silence: Silence,
    patience: &Patience,
) -> Survey {
    let post = Postbox::new();
    let mut site = Site {
        plan,
        post: &post,
        patience,
        known: Known::default(),
        wanted: Wanted::of(plan),
        recorded: recorded(plan, journal),
        silence,
        results: BTreeMap::new(),
    };
    for entry in journal {
        if let Event::Done {
            created: id,
            learned,
        }
        | Event::Found { id, learned } = &entry.event
        {
            let subject = &plan.step(entry.step).subject;
            site.known.learn(subject, id.as_ref(), learned);
        }
    }
    site.look_at_creates(graph).await;
    site.look_at_the_rest(graph).await;
    site.into_survey()
}

type Look<'a> = Pin<Box<dyn Future<Output = Vec<(StepId, Seen)>> + Send + 'a>>;

struct Site<'a> {
    plan: &'a Plan,
    post: &'a Postbox,
    patience: &'a Patience,
    known: Known,
    wanted: Wanted,
    recorded: Vec<Recorded>,
    silence: Silence,
    results: BTreeMap<StepId, Seen>,
}

impl<'a> Site<'a> {
    /// Creates come first, and those that build on one another after one another: what they made is named by others.
    async fn look_at_creates<G: Graph>(&mut self, graph: &G) {
        loop {
            let mut looks: Vec<Look<'a>> = Vec::new();
            for step in &self.plan.steps {
                if !self.results.contains_key(&step.id) {
                    looks.extend(self.look_at_create(step));
                }
            }
            if looks.is_empty() {
                return;
            }
            for (step, seen) in look_all(graph, self.post, looks).await {
                if let Seen::After(Some(found)) = &seen {
                    let subject = &self.plan.step(step).subject;
                    self.known.learn(subject, Some(&found.id), &found.learned);
                }
                self.results.insert(step, seen);
            }
        }
    }

    /// The look at what a step creates, as soon as everything that it names is known.
    fn look_at_create(&self, step: &'a Step) -> Option<Look<'a>> {
        let Action::Create { properties, revive } = &step.action else {
            return None;
        };
        let entity = kind::entity(&step.entity);
        let lower = Lower { names: &self.known };
        let parent = step.parent.as_ref();
        let walker = self.walker(step);
        let id = step.id;
        if let Some(revived) = revive {
            let url = lower
                .object(entity, parent, &Target::Existing(revived.clone()))
                .ok()?;
            let wanted = self.wanted.get(&step.subject);
            return Some(Box::pin(async move {
                vec![(id, look_at_revived(revived, &url, &wanted, &walker).await)]
            }));
        }
        let creating = lower.creating(entity, parent, properties).ok()?;
        let url = self.known.id(&step.subject).and_then(|id| {
            lower
                .object(entity, parent, &Target::Existing(id.clone()))
                .ok()
        });
        let created = Created {
            entity,
            url,
            creating,
            later: self.later(&step.subject),
            wanted: self.wanted.get(&step.subject),
            container: parent.map(|parent| self.gone(parent)),
            doubt: self.doubt(id),
        };
        Some(Box::pin(async move {
            vec![(id, look_at_created(&created, &walker).await)]
        }))
    }

    /// What later steps write to an object that the plan creates.
    fn later(&self, subject: &Address) -> Vec<Body> {
        let lower = Lower { names: &self.known };
        let target = Target::Planned(subject.clone());
        self.plan
            .steps
            .iter()
            .filter_map(|step| match &step.action {
                Action::Update {
                    target: of, will, ..
                } if *of == target => lower.body(will).ok(),
                Action::Update { .. }
                | Action::Create { .. }
                | Action::Delete { .. }
                | Action::Link { .. }
                | Action::Unlink { .. } => None,
            })
            .collect()
    }

    async fn look_at_the_rest<G: Graph>(&mut self, graph: &G) {
        let mut looks: Vec<Look<'a>> = Vec::new();
        let mut chains: BTreeMap<&'a Target, Vec<&'a Step>> = BTreeMap::new();
        for step in &self.plan.steps {
            match &step.action {
                Action::Create { .. } => {}
                Action::Update { target, .. } | Action::Delete { target, .. } => {
                    chains.entry(target).or_default().push(step);
                }
                Action::Link { from, relation, to } | Action::Unlink { from, relation, to } => {
                    let lower = Lower { names: &self.known };
                    let tie = lower.tie(kind::entity(&step.entity), from, relation, to);
                    if let Ok(tie) = tie {
                        let (walker, gone) = (self.walker(step), self.gone(from));
                        let doubt = self.doubt(step.id);
                        let links = matches!(step.action, Action::Link { .. });
                        let tied = if links { Tied::After } else { Tied::Before };
                        looks.push(Box::pin(async move {
                            vec![(step.id, look_at_tie(&tie, tied, gone, doubt, &walker).await)]
                        }));
                    }
                }
            }
        }
        for (target, steps) in chains {
            if let Some(chain) = self.chain(target, &steps) {
                let walker = self.walker(steps[0]);
                looks.push(Box::pin(async move { chain.look(&walker).await }));
            }
        }
        let seen = look_all(graph, self.post, looks).await;
        self.results.extend(seen);
    }

    /// What an object passes through; `None` while it is not known which object that is.
    fn chain(&self, target: &'a Target, steps: &[&'a Step]) -> Option<Chain> {
        let lower = Lower { names: &self.known };
        let first = steps.first()?;
        let entity = kind::entity(&first.entity);
        let url = lower.object(entity, first.parent.as_ref(), target).ok()?;
        let mut links = Vec::new();
        for step in steps {
            let (was, will) = match &step.action {
                // What names something that is not there was not sent, or its way back came first.
                Action::Update { was, will, .. } => match lower.body(will) {
                    Ok(will) => (known(&lower, was), Some(will)),
                    Err(_) => continue,
                },
                Action::Delete { was, .. } => {
                    (writable(entity, known(&lower, &was.properties)), None)
                }
                Action::Create { .. } | Action::Link { .. } | Action::Unlink { .. } => continue,
            };
            let recorded = self.recorded[step.id.0 as usize - 1];
            let doubt = self.doubt(step.id);
            links.push(ChainLink::new(step.id, was, will, recorded, doubt));
        }
        (!links.is_empty()).then(|| Chain {
            entity,
            url,
            links,
            gone: self.gone(target),
        })
    }

    /// What it means that an object is not there.
    fn gone(&self, target: &Target) -> Gone {
        let mut gone = match target {
            Target::Planned(_) => Gone::NotMade,
            Target::Existing(_) => Gone::Foreign,
        };
        for step in &self.plan.steps {
            match (&step.action, target) {
                (Action::Delete { target: of, .. }, _) if of == target => gone = Gone::Planned,
                (
                    Action::Create {
                        revive: Some(id), ..
                    },
                    Target::Existing(of),
                ) if id == of => gone = Gone::NotMade,
                (
                    Action::Create { .. }
                    | Action::Update { .. }
                    | Action::Delete { .. }
                    | Action::Link { .. }
                    | Action::Unlink { .. },
                    Target::Existing(_) | Target::Planned(_),
                ) => {}
            }
        }
        gone
    }

    fn doubt(&self, step: StepId) -> Doubt {
        match (self.recorded[step.0 as usize - 1], self.silence) {
            (Recorded::Nothing, Silence::NotSent) | (Recorded::Refused | Recorded::Undone, _) => {
                Doubt::None
            }
            (Recorded::Nothing, Silence::Unknown)
            | (Recorded::Sent | Recorded::Done | Recorded::Undoing, _) => Doubt::Some,
        }
    }

    fn walker(&self, step: &Step) -> Walker<'a> {
        let seed = jobs::seed(self.plan) ^ u64::from(step.id.0);
        Walker::new(self.post, self.patience, Ground::Settled, seed)
    }

    fn into_survey(mut self) -> Survey {
        let unknown: BTreeSet<&Address> = self
            .results
            .iter()
            .filter(|(_, seen)| matches!(seen, Seen::Unknown(_)))
            .map(|(step, _)| &self.plan.step(*step).subject)
            .collect();
        let is_hidden = |step: &Step| names_one_of(step, &unknown);
        let mut steps = Vec::new();
        for step in &self.plan.steps {
            let seen = match self.results.remove(&step.id) {
                Some(seen) => seen,
                None if is_hidden(step) => {
                    Seen::Unknown("what it builds on could not be looked at".to_owned())
                }
                // What it builds on is not there.
                None => Seen::Before,
            };
            let (standing, why, found) = match seen {
                Seen::Before => (Standing::Before, None, None),
                Seen::Between => (Standing::Between, None, None),
                Seen::After(found) => (Standing::After, None, found),
                Seen::Neither(why) => (Standing::Neither, Some(why), None),
                Seen::Unknown(why) => (Standing::Unknown, Some(why), None),
            };
            steps.push(Surveyed {
                step: step.id,
                standing,
                recorded: self.recorded[step.id.0 as usize - 1],
                why,
                found,
            });
        }
        Survey { steps }
    }
}

/// The last that the journal says of every step.
fn recorded(plan: &Plan, journal: &[Entry]) -> Vec<Recorded> {
    let mut recorded = vec![Recorded::Nothing; plan.steps.len()];
    for entry in journal {
        recorded[entry.step.0 as usize - 1] = match &entry.event {
            Event::Intended => Recorded::Sent,
            Event::Done { .. } | Event::Found { .. } => Recorded::Done,
            Event::Refused { trouble } if trouble.is_unclear() => Recorded::Sent,
            Event::Refused { .. } => Recorded::Refused,
            Event::Undoing | Event::NotUndone { .. } => Recorded::Undoing,
            Event::Undone => Recorded::Undone,
        };
    }
    recorded
}

fn names_one_of(step: &Step, addresses: &BTreeSet<&Address>) -> bool {
    let is_one = |target: &Target| match target {
        Target::Planned(address) => addresses.contains(address),
        Target::Existing(_) => false,
    };
    let writes_one = |properties: &Properties| {
        let mut found = false;
        for value in properties.values() {
            value.each_property(&mut |of, _| found |= addresses.contains(of));
        }
        found
    };
    let names_one = match &step.action {
        Action::Create { properties, .. } => writes_one(properties),
        Action::Update { target, will, .. } => is_one(target) || writes_one(will),
        Action::Delete { target, .. } => is_one(target),
        Action::Link { from, to, .. } | Action::Unlink { from, to, .. } => {
            is_one(from) || is_one(to)
        }
    };
    names_one || step.parent.as_ref().is_some_and(is_one)
}

/// The properties that are known: one that names what is not there yet cannot have been written.
fn known(lower: &Lower<'_>, properties: &Properties) -> Body {
    properties
        .iter()
        .filter_map(|(name, value)| {
            let one = Properties::from_iter([(name.clone(), value.clone())]);
            lower.body(&one).ok()
        })
        .flatten()
        .collect()
}

/// What of an object idac may write: the rest follows from other objects, or from Graph.
fn writable(entity: &Entity, body: Body) -> Body {
    let is_written = |name: &str| {
        entity
            .property(name)
            .is_some_and(|property| property.write != Write::Never)
    };
    body.into_iter()
        .filter(|(name, _)| is_written(name))
        .collect()
}

/// Polls the looks together until every one has its answer.
async fn look_all<G: Graph>(
    graph: &G,
    post: &Postbox,
    mut looks: Vec<Look<'_>>,
) -> HashMap<StepId, Seen> {
    let mut results = HashMap::new();
    loop {
        looks.retain_mut(|look| {
            let mut context = Context::from_waker(Waker::noop());
            match look.as_mut().poll(&mut context) {
                Poll::Pending => true,
                Poll::Ready(seen) => {
                    results.extend(seen);
                    false
                }
            }
        });
        if looks.is_empty() {
            return results;
        }
        let (tickets, batch) = post.take();
        if !batch.is_empty() {
            let answers = graph.exchange(&batch).await;
            post.deliver(tickets, answers);
        } else if let Some(moment) = post.next_moment() {
            tokio::time::sleep_until(moment).await;
        } else {
            panic!("bug: somebody looks and nobody waits for anything");
        }
    }
}
