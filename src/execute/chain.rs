//! The values that one object passes through while a plan runs.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::compare::holds;
use super::look::{Doubt, Gone, Seen, has, otherwise, unreadable};
use super::lower::{Body, names_of};
use super::stages::stages;
use super::survey::Recorded;
use super::walker::Walker;
use crate::graph::patience::Used;
use crate::kind::entity::Entity;
use crate::plan::StepId;

/// All updates of one object, and its deletion, in the order of the plan.
pub(super) struct Chain {
    pub(super) entity: &'static Entity,
    pub(super) url: String,
    pub(super) links: Vec<ChainLink>,
    pub(super) gone: Gone,
}

pub(super) struct ChainLink {
    pub(super) step: StepId,
    pub(super) was: Body,
    /// `None` for the deletion.
    pub(super) will: Option<Body>,
    pub(super) recorded: Recorded,
    pub(super) doubt: Doubt,
}

impl ChainLink {
    /// What a property was says nothing of the members that the step adds to it: they were not there.
    pub(super) fn new(
        step: StepId,
        mut was: Body,
        will: Option<Body>,
        recorded: Recorded,
        doubt: Doubt,
    ) -> ChainLink {
        for (name, value) in will.iter().flatten() {
            if let (Some(Json::Object(was)), Json::Object(will)) = (was.get_mut(name), value) {
                for member in will.keys() {
                    was.entry(member.clone()).or_insert(Json::Null);
                }
            }
        }
        ChainLink {
            step,
            was,
            will,
            recorded,
            doubt,
        }
    }
}

impl Chain {
    pub(super) async fn look(&self, walker: &Walker<'_>) -> Vec<(StepId, Seen)> {
        let mut names = Body::new();
        for link in &self.links {
            names.extend(link.was.clone());
            names.extend(link.will.clone().unwrap_or_default());
        }
        names.insert("id".to_owned(), Json::Null);
        let url = format!("{}?$select={}", self.url, names_of(&names));
        let mut used = Used::default();
        loop {
            let seen = match walker.read(&url).await {
                Ok(object) => self.judge(object.as_ref()),
                Err(refusal) => self.all(&unreadable(&refusal)),
            };
            // It may be a replica that has not seen a step.
            let mut each = seen.iter().zip(&self.links);
            let is_believed = each.all(|((_, seen), link)| seen.is_believed(link.doubt));
            if is_believed || !walker.once_more(&mut used).await {
                return seen;
            }
        }
    }

    fn all(&self, seen: &Seen) -> Vec<(StepId, Seen)> {
        let links = self.links.iter();
        links.map(|link| (link.step, seen.clone())).collect()
    }

    fn judge(&self, object: Option<&Json>) -> Vec<(StepId, Seen)> {
        let Some(object) = object else {
            return self.all(&self.gone.seen());
        };
        let reached: BTreeMap<&String, Option<usize>> = self
            .links
            .iter()
            .flat_map(|link| link.was.keys())
            .map(|name| (name, self.reached(name, object)))
            .collect();
        if reached.values().any(Option::is_none)
            && let Some(between) = self
                .links
                .iter()
                .position(|link| self.is_between(link, object))
        {
            return self.divided_at(between);
        }
        let judged: Vec<Seen> = self
            .links
            .iter()
            .enumerate()
            .map(|(at, link)| self.judge_one(at, link, &reached, object))
            .collect();
        // What a later step changed shows no more, and that step came after this one.
        let last = judged
            .iter()
            .rposition(|seen| matches!(seen, Seen::After(_)))
            .unwrap_or(0);
        let steps = self.links.iter().map(|link| link.step);
        steps
            .zip(judged)
            .enumerate()
            .map(|(at, (step, seen))| match seen {
                Seen::Neither(_) if at < last => (step, Seen::After(None)),
                Seen::Neither(_)
                | Seen::Before
                | Seen::Between
                | Seen::After(_)
                | Seen::Unknown(_) => (step, seen),
            })
            .collect()
    }

    /// Whether it stands between two of the requests that take this step back.
    fn is_between(&self, link: &ChainLink, object: &Json) -> bool {
        let Some(will) = &link.will else {
            return false;
        };
        let stages = stages(self.entity, will, &link.was);
        let mut before_the_last = stages.iter().rev().skip(1);
        before_the_last.any(|stage| holds(self.entity, stage, object))
    }

    /// One step is half undone: those before it took effect, those after it were taken back or never sent.
    fn divided_at(&self, between: usize) -> Vec<(StepId, Seen)> {
        let links = self.links.iter().enumerate();
        let seen = |at: usize| match at.cmp(&between) {
            Ordering::Less => Seen::After(None),
            Ordering::Equal => Seen::Between,
            Ordering::Greater => Seen::Before,
        };
        links.map(|(at, link)| (link.step, seen(at))).collect()
    }

    fn judge_one(
        &self,
        at: usize,
        link: &ChainLink,
        reached: &BTreeMap<&String, Option<usize>>,
        object: &Json,
    ) -> Seen {
        let other: Vec<&String> = link
            .was
            .keys()
            .filter(|name| reached[name].is_none())
            .collect();
        if link.will.is_none() {
            // It is there, so it was not deleted.
            return match other.as_slice() {
                [] => Seen::Before,
                other => Seen::Neither(otherwise(other, object)),
            };
        }
        if !other.is_empty() {
            return Seen::Neither(otherwise(&other, object));
        }
        let behind: Vec<&String> = link
            .was
            .keys()
            .filter(|name| reached[name] <= Some(at))
            .collect();
        match behind.len() {
            0 => Seen::After(None),
            all if all == link.was.len() => Seen::Before,
            _ => Seen::Neither(format!(
                "only a part of it is as planned: {}",
                otherwise(&behind, object)
            )),
        }
    }

    /// How many of the steps came about, as far as this property says: of the values that it passes through, the
    /// one that it has, and when several are alike that which fits the journal best. `None`: it has none of them.
    fn reached(&self, name: &String, object: &Json) -> Option<usize> {
        let expected = self
            .links
            .iter()
            .rposition(|link| is_in_effect(link.recorded))
            .map_or(0, |at| at + 1);
        let mut at_values: Vec<(usize, &Json)> = Vec::new();
        for (at, link) in self.links.iter().enumerate() {
            if let Some(was) = link.was.get(name) {
                if at_values.is_empty() {
                    at_values.push((0, was));
                }
                if let Some(will) = link.will.as_ref().and_then(|will| will.get(name)) {
                    at_values.push((at + 1, will));
                }
            }
        }
        at_values
            .into_iter()
            .filter(|(_, value)| has(self.entity, object, name, value))
            .map(|(at, _)| at)
            .min_by_key(|at| (at.abs_diff(expected), std::cmp::Reverse(*at)))
    }
}

pub(super) fn is_in_effect(recorded: Recorded) -> bool {
    match recorded {
        Recorded::Done | Recorded::Undoing => true,
        Recorded::Nothing | Recorded::Sent | Recorded::Refused | Recorded::Undone => false,
    }
}
