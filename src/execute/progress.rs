//! The fold over the journal: where an execution stands, and what may happen next.
//!
//! Folding an entry and asking what is next cost the logarithm of the plan's length at most, so a whole run is
//! linear, but for that. Nothing else is remembered between one entry and the next.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::journal::{Entry, Event, Execution, Outcome, Stranded, Trouble};
use super::known::Known;
use crate::address::{Address, ObjectId};
use crate::plan::{Action, Plan, Step, StepId, Target};

/// Whether the plan is still wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    GoOn,
    /// What took effect is undone, although nothing was refused; a plan that is done already stays so.
    WalkBack,
    /// What took effect is undone, even when that is the whole plan.
    UndoAll,
}

/// What is next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// These were about to be sent (forward or back) and no answer is known: look before anything else.
    Verify(Vec<StepId>),
    /// These may go now, all together.
    Go(Vec<StepId>),
    /// These may be undone now, all together.
    Undo(Vec<StepId>),
    Finished(Outcome),
}

/// What is next, by a journal alone. No two of the steps share a lane.
pub fn decide(plan: &Plan, journal: &[Entry], wish: Wish) -> Decision {
    let mut progress = Progress::new(plan);
    for entry in journal {
        progress.fold(entry);
    }
    progress.decide(wish, usize::MAX)
}

/// Where one step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Waiting,
    /// Sent forward, no answer yet.
    Going,
    /// It is to be undone when the plan is walked back.
    InEffect,
    Refused,
    /// Sent back, no answer yet.
    Returning,
    Returned,
}

/// What a step brought about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    None,
    Own,
    /// It was so already.
    Found,
    /// Perhaps.
    Unclear,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Forward,
    Back,
}

#[derive(Debug)]
pub(super) struct Progress<'a> {
    plan: &'a Plan,
    states: Vec<State>,
    effect: Vec<Effect>,
    /// The steps that name this one in their `after`.
    dependents: Vec<Vec<u32>>,
    /// Forward: steps of `after` that are not done. Back: dependents that are still to be undone.
    blockers: Vec<u32>,
    lane_of: Vec<Option<u32>>,
    lanes: Vec<Lane>,
    /// The whole set of steps that may go now, in this direction.
    offer: BTreeSet<u32>,
    open: BTreeSet<u32>,
    was_returning: BTreeSet<u32>,
    direction: Direction,
    /// Steps to be undone.
    effects: Vec<u32>,
    /// When each step was sent: steps of one lane took effect in this order, whenever the journal came to know.
    sent: Vec<u32>,
    sent_last: u32,
    done: usize,
    refused: Option<(StepId, Trouble)>,
    /// Whether a run gave up steps of which it knew no answer.
    was_stopped: bool,
    stranded: Vec<Stranded>,
    creators: HashMap<&'a Address, u32>,
    revivers: HashMap<&'a ObjectId, u32>,
    pub(super) known: Known,
}

#[derive(Debug, Default)]
struct Lane {
    is_busy: bool,
    offered: Option<u32>,
    /// Steps that nothing but the lane holds back.
    queue: BTreeSet<u32>,
    /// Back: what took effect and is not undone, in the order of the plan.
    stack: Vec<u32>,
}

impl<'a> Progress<'a> {
    pub(super) fn new(plan: &'a Plan) -> Progress<'a> {
        let count = plan.steps.len();
        let mut progress = Progress {
            plan,
            states: vec![State::Waiting; count],
            effect: vec![Effect::None; count],
            dependents: vec![Vec::new(); count],
            blockers: vec![0; count],
            lane_of: vec![None; count],
            lanes: Vec::new(),
            offer: BTreeSet::new(),
            open: BTreeSet::new(),
            was_returning: BTreeSet::new(),
            direction: Direction::Forward,
            effects: Vec::new(),
            sent: vec![0; count],
            sent_last: 0,
            done: 0,
            refused: None,
            was_stopped: false,
            stranded: Vec::new(),
            creators: HashMap::new(),
            revivers: HashMap::new(),
            known: Known::default(),
        };
        progress.index();
        for at in 0..count as u32 {
            progress.unblock(at, 0);
        }
        progress
    }

    fn index(&mut self) {
        let mut lanes: BTreeMap<&Target, u32> = BTreeMap::new();
        for (at, step) in self.plan.steps.iter().enumerate() {
            assert_eq!(step.id.0 as usize, at + 1, "bug: steps are numbered from 1");
            for after in &step.after {
                self.dependents[index(*after)].push(at as u32);
            }
            self.blockers[at] = step.after.len() as u32;
            if let Some(lane) = &step.lane {
                let next = lanes.len() as u32;
                self.lane_of[at] = Some(*lanes.entry(lane).or_insert(next));
            }
            match &step.action {
                Action::Create { revive, .. } => {
                    self.creators.insert(&step.subject, at as u32);
                    if let Some(id) = revive {
                        self.revivers.insert(id, at as u32);
                    }
                }
                Action::Update { .. }
                | Action::Delete { .. }
                | Action::Link { .. }
                | Action::Unlink { .. } => {}
            }
        }
        self.lanes.resize_with(lanes.len(), Lane::default);
    }

    /// What is next: of the steps that may go, at most so many.
    pub(super) fn decide(&mut self, wish: Wish, most: usize) -> Decision {
        if !self.open.is_empty() {
            return Decision::Verify(self.unanswered());
        }
        let next = self.next(wish, most);
        match (self.direction, next.is_empty()) {
            (Direction::Forward, false) => Decision::Go(next),
            (Direction::Back, false) => Decision::Undo(next),
            (Direction::Forward, true) => {
                assert_eq!(
                    self.done,
                    self.plan.steps.len(),
                    "bug: steps wait for one another"
                );
                Decision::Finished(Outcome::Applied)
            }
            (Direction::Back, true) => {
                let is_left = |at: &u32| self.states[*at as usize] == State::InEffect;
                assert!(
                    !self.effects.iter().any(is_left),
                    "bug: steps wait for one another on the way back"
                );
                Decision::Finished(match self.stranded.is_empty() {
                    true => Outcome::RolledBack,
                    false => Outcome::Stranded,
                })
            }
        }
    }

    /// What was about to be sent and has no answer.
    pub(super) fn unanswered(&self) -> Vec<StepId> {
        self.open.iter().map(|at| id(*at)).collect()
    }

    /// Offers once more what was about to be undone and has no answer. The way back looks before it writes anyhow;
    /// in its own order it also meets what it expects, when several steps were left unanswered.
    pub(super) fn reopen_returning(&mut self) {
        let is_returning = |at: &u32| self.states[*at as usize] == State::Returning;
        let returning: Vec<u32> = self.open.iter().copied().filter(is_returning).collect();
        for at in &returning {
            self.was_returning.insert(*at);
            self.end(*at, State::InEffect);
        }
        for at in returning {
            self.unblock(at, 0);
        }
    }

    /// Whether an earlier run may have sent the step's inverse.
    pub(super) fn was_returning(&self, step: StepId) -> bool {
        self.was_returning.contains(&(step.0 - 1))
    }

    /// The steps that may join those that are under way, at most so many. Walking back begins when nothing is under
    /// way any more.
    pub(super) fn next(&mut self, wish: Wish, most: usize) -> Vec<StepId> {
        if self.direction == Direction::Forward && self.is_over(wish) {
            if !self.open.is_empty() {
                return Vec::new();
            }
            self.turn_back();
        }
        self.offer.iter().take(most).map(|at| id(*at)).collect()
    }

    /// The entry that goes before the steps that [`Progress::next`] gave.
    pub(super) fn intent(&self) -> Event {
        match self.direction {
            Direction::Forward => Event::Intended,
            Direction::Back => Event::Undoing,
        }
    }

    /// What was sent forward and has no answer.
    pub(super) fn going(&self) -> Vec<StepId> {
        let is_going = |at: &u32| self.states[*at as usize] == State::Going;
        let mut going: Vec<u32> = self.open.iter().copied().collect();
        going.retain(is_going);
        going.into_iter().map(id).collect()
    }

    /// Whether the step is under way in the direction of the plan.
    pub(super) fn is_going(&self, step: StepId) -> bool {
        self.states[index(step)] == State::Going
    }

    pub(super) fn effect(&self, step: StepId) -> Effect {
        self.effect[index(step)]
    }

    /// Whether this execution made the object from nothing: what was done to it goes with it.
    pub(super) fn is_new(&self, target: &Target) -> bool {
        let Target::Planned(address) = target else {
            return false;
        };
        self.creators.get(address).is_some_and(|at| {
            let is_ours = match self.effect[*at as usize] {
                Effect::Own => true,
                Effect::None | Effect::Found | Effect::Unclear => false,
            };
            is_ours && !is_revived(&self.plan.steps[*at as usize])
        })
    }

    /// Whether this execution took the object out of the recycle bin, to which the way back returns it.
    pub(super) fn is_revived(&self, target: &Target) -> bool {
        let Target::Existing(id) = target else {
            return false;
        };
        self.revivers
            .get(id)
            .is_some_and(|at| match self.effect[*at as usize] {
                Effect::Own | Effect::Unclear => true,
                Effect::None | Effect::Found => false,
            })
    }

    /// Whether no further step goes forward.
    pub(super) fn is_over(&self, wish: Wish) -> bool {
        let is_unwanted = match wish {
            Wish::GoOn => false,
            Wish::WalkBack => self.done < self.plan.steps.len(),
            Wish::UndoAll => true,
        };
        is_unwanted || self.was_stopped || self.refused.is_some()
    }

    /// Takes one entry in.
    pub(super) fn fold(&mut self, entry: &Entry) {
        let at = entry.step.0 - 1;
        match &entry.event {
            Event::Intended => {
                self.sent_last += 1;
                self.sent[at as usize] = self.sent_last;
                self.begin(at, State::Going);
            }
            Event::Done { created, learned } => {
                self.known.learn(
                    &self.plan.step(entry.step).subject,
                    created.as_ref(),
                    learned,
                );
                self.took_effect(at, Effect::Own);
            }
            Event::Found { id, learned } => {
                self.known
                    .learn(&self.plan.step(entry.step).subject, id.as_ref(), learned);
                self.took_effect(at, Effect::Found);
            }
            Event::Refused { trouble } => {
                match trouble.is_unclear() {
                    true => {
                        self.end(at, State::InEffect);
                        self.effect[at as usize] = Effect::Unclear;
                        self.effects.push(at);
                    }
                    false => self.end(at, State::Refused),
                }
                match trouble.is_stop() {
                    true => self.was_stopped = true,
                    false => {
                        self.refused
                            .get_or_insert_with(|| (entry.step, trouble.clone()));
                    }
                }
            }
            Event::Undoing => {
                self.turn_back();
                self.begin(at, State::Returning);
            }
            Event::Undone => self.gone_back(at),
            Event::NotUndone { trouble } => {
                self.stranded.push(Stranded {
                    step: entry.step,
                    subject: self.plan.step(entry.step).subject.clone(),
                    trouble: trouble.clone(),
                });
                self.gone_back(at);
            }
        }
    }

    /// What it came to.
    pub(super) fn into_execution(mut self, wish: Wish, requests: u64) -> Execution {
        let outcome = match self.decide(wish, 1) {
            Decision::Finished(outcome) => outcome,
            Decision::Verify(_) | Decision::Go(_) | Decision::Undo(_) => {
                panic!("bug: the execution is not finished")
            }
        };
        self.stranded.sort_by_key(|stranded| stranded.step);
        Execution {
            outcome,
            created: match outcome {
                Outcome::Applied => self.known.into_ids(),
                Outcome::RolledBack | Outcome::Stranded => Default::default(),
            },
            refused: self.refused,
            stranded: self.stranded,
            requests,
        }
    }

    fn begin(&mut self, at: u32, state: State) {
        self.states[at as usize] = state;
        self.open.insert(at);
        self.offer.remove(&at);
        if let Some(lane) = self.lane(at) {
            lane.is_busy = true;
            lane.offered = None;
            lane.queue.remove(&at);
        }
    }

    fn end(&mut self, at: u32, state: State) {
        self.states[at as usize] = state;
        self.open.remove(&at);
        if let Some(lane) = self.lane(at) {
            lane.is_busy = false;
        }
        self.refresh_lane(at);
    }

    fn took_effect(&mut self, at: u32, effect: Effect) {
        self.end(at, State::InEffect);
        self.effect[at as usize] = effect;
        self.effects.push(at);
        self.done += 1;
        for next in std::mem::take(&mut self.dependents[at as usize]) {
            self.unblock(next, 1);
            self.dependents[at as usize].push(next);
        }
    }

    /// What this step built on may go back now, as far as it is concerned.
    fn gone_back(&mut self, at: u32) {
        if let Some(lane) = self.lane(at) {
            match lane.stack.last() {
                Some(top) if *top == at => drop(lane.stack.pop()),
                Some(_) | None => lane.stack.retain(|step| *step != at),
            }
        }
        self.end(at, State::Returned);
        let plan = self.plan;
        for after in &plan.steps[at as usize].after {
            self.unblock(index(*after) as u32, 1);
        }
    }

    /// Takes away so many of the step's blockers, and offers it when none is left.
    fn unblock(&mut self, at: u32, by: u32) {
        self.blockers[at as usize] -= by;
        if self.blockers[at as usize] > 0 || !self.is_candidate(at) {
            return;
        }
        match self.lane_of[at as usize] {
            None => {
                self.offer.insert(at);
            }
            Some(lane) => {
                self.lanes[lane as usize].queue.insert(at);
                self.refresh_lane(at);
            }
        }
    }

    fn is_candidate(&self, at: u32) -> bool {
        match (self.direction, self.states[at as usize]) {
            (Direction::Forward, State::Waiting) => true,
            (Direction::Back, State::InEffect) => true,
            (
                Direction::Forward,
                State::Going
                | State::InEffect
                | State::Refused
                | State::Returning
                | State::Returned,
            )
            | (
                Direction::Back,
                State::Waiting | State::Going | State::Refused | State::Returning | State::Returned,
            ) => false,
        }
    }

    /// Makes the lane's next step an offer, when the lane is free.
    fn refresh_lane(&mut self, at: u32) {
        let Some(lane) = self.lane_of[at as usize] else {
            return;
        };
        let lane = &mut self.lanes[lane as usize];
        let next = match self.direction {
            Direction::Forward => lane.queue.first().copied(),
            // In a lane, what the plan has last goes back first, even if nothing else says so.
            Direction::Back => lane
                .stack
                .last()
                .copied()
                .filter(|top| lane.queue.contains(top)),
        };
        let next = next.filter(|_| !lane.is_busy);
        if let Some(before) = std::mem::replace(&mut lane.offered, next) {
            self.offer.remove(&before);
        }
        self.offer.extend(next);
    }

    fn lane(&mut self, at: u32) -> Option<&mut Lane> {
        let lane = self.lane_of[at as usize]?;
        Some(&mut self.lanes[lane as usize])
    }

    /// From now on steps are undone. A step waits for those that build on it.
    fn turn_back(&mut self) {
        if self.direction == Direction::Back {
            return;
        }
        self.direction = Direction::Back;
        self.offer.clear();
        for lane in &mut self.lanes {
            lane.queue.clear();
            lane.offered = None;
        }
        self.blockers.fill(0);
        let mut effects = self.effects.clone();
        effects.sort_by_key(|at| self.sent[*at as usize]);
        for at in &effects {
            for after in &self.plan.steps[*at as usize].after {
                self.blockers[index(*after)] += 1;
            }
            if let Some(lane) = self.lane(*at) {
                lane.stack.push(*at);
            }
        }
        for at in effects {
            self.unblock(at, 0);
        }
    }
}

fn is_revived(step: &Step) -> bool {
    match &step.action {
        Action::Create { revive, .. } => revive.is_some(),
        Action::Update { .. }
        | Action::Delete { .. }
        | Action::Link { .. }
        | Action::Unlink { .. } => false,
    }
}

fn index(step: StepId) -> usize {
    step.0 as usize - 1
}

fn id(at: u32) -> StepId {
    StepId(at + 1)
}
