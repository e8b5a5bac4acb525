//! From a step of the plan, and what is known when it starts, to the job that a walker carries.

use super::back::{Back, Removing};
use super::forward::{Deed, Job, Way};
use super::journal::Trouble;
use super::known::Wanted;
use super::lower::{Lower, Unknown};
use super::progress::{Effect, Progress};
use crate::digest::Digest;
use crate::graph::patience::Ground;
use crate::kind;
use crate::kind::entity::{Entity, Removal};
use crate::object::Properties;
use crate::plan::{Action, Inverse, Plan, Step, Target};

/// Makes jobs of one plan's steps.
pub(super) struct Jobs {
    wanted: Wanted,
    seed: u64,
}

impl Jobs {
    pub(super) fn of(plan: &Plan) -> Jobs {
        Jobs {
            wanted: Wanted::of(plan),
            seed: seed(plan),
        }
    }

    /// The step, forward.
    pub(super) fn forward(&self, step: &Step, progress: &Progress<'_>) -> Result<Job, Trouble> {
        let lower = Lower {
            names: &progress.known,
        };
        let deed = deed(step, &lower).map_err(|unknown| trouble(&unknown))?;
        let wanted = match step.action {
            Action::Create { .. } => self.wanted.get(&step.subject),
            Action::Update { .. }
            | Action::Delete { .. }
            | Action::Link { .. }
            | Action::Unlink { .. } => Default::default(),
        };
        Ok(Job {
            entity: kind::entity(&step.entity),
            ground: ground(step),
            seed: self.seed_of(step),
            deed,
            way: Way::Forward,
            wanted,
        })
    }

    /// The step, back. The first part of the answer carries the bounds, the second says what to do.
    pub(super) fn back(&self, step: &Step, progress: &Progress<'_>) -> (Job, Back) {
        let way = match way_back(step, progress) {
            Ok(way) => way,
            Err(unknown) => Back::Impossible(trouble(&unknown)),
        };
        let job = Job {
            entity: kind::entity(&step.entity),
            // Whatever is undone was written a moment ago.
            ground: Ground::Fresh,
            seed: !self.seed_of(step),
            deed: Deed::Delete { url: String::new() },
            way: Way::Back,
            wanted: Default::default(),
        };
        (job, way)
    }

    fn seed_of(&self, step: &Step) -> u64 {
        self.seed ^ u64::from(step.id.0).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

/// Different plans wait differently, the same plan waits the same. What the plan stands on tells plans apart, and
/// is much smaller than the plan.
pub(super) fn seed(plan: &Plan) -> u64 {
    let basis = &plan.basis;
    let digest = Digest::of_bytes(format!("{}{}", basis.declaration, basis.snapshot).as_bytes());
    u64::from_str_radix(digest.short(), 16).unwrap_or_default()
}

fn trouble(unknown: &Unknown) -> Trouble {
    Trouble::own("unknown-reference", unknown.to_string())
}

/// A step that waits for others, or names what the plan creates, stands on what was written a moment ago.
fn ground(step: &Step) -> Ground {
    let is_planned = |target: &Target| match target {
        Target::Planned(_) => true,
        Target::Existing(_) => false,
    };
    let names_planned = match &step.action {
        Action::Create { .. } => false,
        Action::Update { target, .. } | Action::Delete { target, .. } => is_planned(target),
        Action::Link { from, to, .. } | Action::Unlink { from, to, .. } => {
            is_planned(from) || is_planned(to)
        }
    };
    match names_planned || !step.after.is_empty() || step.parent.as_ref().is_some_and(is_planned) {
        true => Ground::Fresh,
        false => Ground::Settled,
    }
}

fn deed(step: &Step, lower: &Lower<'_>) -> Result<Deed, Unknown> {
    let entity = kind::entity(&step.entity);
    let parent = step.parent.as_ref();
    Ok(match &step.action {
        Action::Create {
            revive: Some(id), ..
        } => Deed::Revive {
            id: id.clone(),
            url: lower.object(entity, parent, &Target::Existing(id.clone()))?,
        },
        Action::Create {
            properties,
            revive: None,
        } => Deed::Create(lower.creating(entity, parent, properties)?),
        Action::Update { target, was, will } => Deed::Update {
            url: lower.object(entity, parent, target)?,
            was: match target {
                Target::Existing(_) => Some(lower.body(was)?),
                Target::Planned(_) => None,
            },
            will: lower.body(will)?,
        },
        Action::Delete { target, .. } => Deed::Delete {
            url: lower.object(entity, parent, target)?,
        },
        Action::Link { from, relation, to } => Deed::Link(lower.tie(entity, from, relation, to)?),
        Action::Unlink { from, relation, to } => {
            Deed::Unlink(lower.tie(entity, from, relation, to)?)
        }
    })
}

fn way_back(step: &Step, progress: &Progress<'_>) -> Result<Back, Unknown> {
    match progress.effect(step.id) {
        // What somebody else did is not undone.
        Effect::Found | Effect::None => return Ok(Back::Nothing),
        Effect::Own | Effect::Unclear => {}
    }
    match &step.inverse {
        Inverse::Irreversible(why) => {
            return Ok(Back::Impossible(Trouble::own("irreversible", why.clone())));
        }
        Inverse::LeaveBehind(_) => return Ok(Back::Nothing),
        Inverse::Undo(_) | Inverse::DeleteCreated | Inverse::RestoreDeleted => {}
    }
    let lower = Lower {
        names: &progress.known,
    };
    let entity = kind::entity(&step.entity);
    match &step.action {
        Action::Create { properties, revive } => match revive {
            Some(id) => removal_of_revived(step, entity, &lower, &Target::Existing(id.clone())),
            None => removal(step, entity, &lower, properties, progress),
        },
        Action::Update { target, was, will } => {
            if progress.is_new(target) {
                return Ok(Back::Nothing);
            }
            // The plan's own inverse, where it says more than the step turned round.
            let (now, then) = match &step.inverse {
                Inverse::Undo(action) => match action.as_ref() {
                    Action::Update { was, will, .. } => (was, will),
                    Action::Create { .. }
                    | Action::Delete { .. }
                    | Action::Link { .. }
                    | Action::Unlink { .. } => (will, was),
                },
                Inverse::DeleteCreated
                | Inverse::RestoreDeleted
                | Inverse::LeaveBehind(_)
                | Inverse::Irreversible(_) => (will, was),
            };
            Ok(Back::Patch {
                url: lower.object(entity, step.parent.as_ref(), target)?,
                now: lower.body(now)?,
                then: lower.body(then)?,
            })
        }
        Action::Delete { target, .. } => return_of_deleted(step, entity, &lower, target),
        Action::Link { from, relation, to } => {
            if progress.is_new(from) {
                return Ok(Back::Nothing);
            }
            let unlink = Deed::Unlink(lower.tie(entity, from, relation, to)?);
            Ok(match progress.is_revived(from) {
                true => Back::RedoIfAllowed(unlink),
                false => Back::Redo(unlink),
            })
        }
        Action::Unlink { from, relation, to } => match progress.is_new(from) {
            true => Ok(Back::Nothing),
            false => Ok(Back::Redo(Deed::Link(
                lower.tie(entity, from, relation, to)?,
            ))),
        },
    }
}

fn removal_of_revived(
    step: &Step,
    entity: &Entity,
    lower: &Lower<'_>,
    target: &Target,
) -> Result<Back, Unknown> {
    Ok(Back::Remove(Box::new(Removing {
        url: Some(lower.object(entity, step.parent.as_ref(), target)?),
        created: None,
        expected: None,
    })))
}

/// Of a directory object that idac made, whatever became of it is kept in the recycle bin; what is deleted for good
/// must still be as idac wrote it.
fn removal(
    step: &Step,
    entity: &Entity,
    lower: &Lower<'_>,
    properties: &Properties,
    progress: &Progress<'_>,
) -> Result<Back, Unknown> {
    let parent = step.parent.as_ref();
    let creating = lower.creating(entity, parent, properties)?;
    let url = match progress.known.id(&step.subject) {
        Some(id) => Some(lower.object(entity, parent, &Target::Existing(id.clone()))?),
        None => None,
    };
    Ok(Back::Remove(Box::new(Removing {
        url,
        expected: match entity.removal {
            Removal::Hard => Some(creating.properties.clone()),
            Removal::Soft | Removal::Never => None,
        },
        created: Some(creating),
    })))
}

fn return_of_deleted(
    step: &Step,
    entity: &Entity,
    lower: &Lower<'_>,
    target: &Target,
) -> Result<Back, Unknown> {
    let parent = step.parent.as_ref();
    match &step.inverse {
        Inverse::Undo(action) => match action.as_ref() {
            Action::Create { properties, .. } => Ok(Back::Redo(Deed::Create(
                lower.creating(entity, parent, properties)?,
            ))),
            Action::Update { .. }
            | Action::Delete { .. }
            | Action::Link { .. }
            | Action::Unlink { .. } => Err(Unknown(format!("how to bring back {}", step.subject))),
        },
        Inverse::DeleteCreated
        | Inverse::RestoreDeleted
        | Inverse::LeaveBehind(_)
        | Inverse::Irreversible(_) => match target {
            Target::Existing(id) => Ok(Back::Redo(Deed::Revive {
                id: id.clone(),
                url: lower.object(entity, parent, target)?,
            })),
            Target::Planned(address) => Err(Unknown(format!("{address}.id"))),
        },
    }
}
