//! One look at what one step made, linked or revived.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::compare::{holds, member};
use super::known;
use super::lower::{self, Body, Creating, Tie};
use super::walker::Walker;
use crate::address::ObjectId;
use crate::graph::Refusal;
use crate::graph::patience::Used;
use crate::kind::entity::Entity;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) id: ObjectId,
    pub(super) learned: BTreeMap<String, String>,
}

/// What a look showed.
#[derive(Clone, Debug)]
pub(super) enum Seen {
    Before,
    /// The way back is several requests, and it stands between two of them.
    Between,
    After(Option<Found>),
    Neither(String),
    Unknown(String),
}

pub(super) struct Created {
    pub(super) entity: &'static Entity,
    /// Where it is, when the journal says.
    pub(super) url: Option<String>,
    pub(super) creating: Creating,
    pub(super) later: Vec<Body>,
    pub(super) wanted: BTreeSet<String>,
    pub(super) doubt: Doubt,
    /// What it means that the object is not there which contains it.
    pub(super) container: Option<Gone>,
}

pub(super) async fn look_at_created(created: &Created, walker: &Walker<'_>) -> Seen {
    let mut used = Used::default();
    loop {
        let seen = match find_created(created, walker).await {
            Ok(None) => Seen::Before,
            Ok(Some(object)) => judge_created(created, &object),
            Err(refusal) => match created.container {
                Some(gone) if refusal.is_not_found() => return gone.seen(),
                Some(_) | None => return unreadable(&refusal),
            },
        };
        if seen.is_believed(created.doubt) || !walker.once_more(&mut used).await {
            return seen;
        }
    }
}

async fn find_created(created: &Created, walker: &Walker<'_>) -> Result<Option<Json>, Refusal> {
    let mut select = created.wanted.clone();
    select.extend(created.creating.properties.keys().cloned());
    let select = known::select(&select);
    match &created.url {
        Some(url) => walker.read(&format!("{url}?$select={select}")).await,
        None => walker.find(&created.creating.lookup, &select).await,
    }
}

/// The object is the one, when each property is as it was created or as a later step of the plan writes it.
fn judge_created(created: &Created, object: &Json) -> Seen {
    let is_as_written = |name: &String, value: &Json| {
        let later = created.later.iter().filter_map(|body| body.get(name));
        std::iter::once(value)
            .chain(later)
            .any(|value| has(created.entity, object, name, value))
    };
    let other: Vec<&String> = created
        .creating
        .properties
        .iter()
        .filter(|(name, value)| !is_as_written(name, value))
        .map(|(name, _)| name)
        .collect();
    match (other.as_slice(), object["id"].as_str()) {
        ([], Some(id)) => Seen::After(Some(Found {
            id: ObjectId::new(id),
            learned: known::read(&created.wanted, object),
        })),
        ([], None) => Seen::Unknown("Graph gave no id for it".to_owned()),
        (other, _) => Seen::Neither(otherwise(other, object)),
    }
}

pub(super) async fn look_at_revived(
    id: &ObjectId,
    url: &str,
    wanted: &BTreeSet<String>,
    walker: &Walker<'_>,
) -> Seen {
    let bin = lower::deleted_item(id.as_str());
    match walker.is_gone(&bin).await {
        Ok(false) => return Seen::Before,
        Ok(true) => {}
        Err(refusal) => return unreadable(&refusal),
    }
    match walker
        .read(&format!("{url}?$select={}", known::select(wanted)))
        .await
    {
        Ok(Some(object)) => Seen::After(Some(Found {
            id: id.clone(),
            learned: known::read(wanted, &object),
        })),
        Ok(None) => Seen::Neither("it is no longer in the recycle bin either".to_owned()),
        Err(refusal) => unreadable(&refusal),
    }
}

/// Whether an object that is as before may be news of a replica that is behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    /// The step was not sent.
    None,
    /// It was, or may have been.
    Some,
}

impl Seen {
    /// Whether one look is enough.
    pub(super) fn is_believed(&self, doubt: Doubt) -> bool {
        match (self, doubt) {
            (Seen::After(_) | Seen::Unknown(_), _) | (Seen::Before, Doubt::None) => true,
            (Seen::Before, Doubt::Some) | (Seen::Between | Seen::Neither(_), _) => false,
        }
    }
}

/// What it means that a link is there.
#[derive(Clone, Copy)]
pub(super) enum Tied {
    Before,
    After,
}

/// What it means that an object is not there.
#[derive(Clone, Copy)]
pub(super) enum Gone {
    /// The plan deletes it.
    Planned,
    /// The plan was to make it.
    NotMade,
    /// Somebody else deleted it.
    Foreign,
}

impl Gone {
    pub(super) fn seen(self) -> Seen {
        match self {
            Gone::Planned => Seen::After(None),
            Gone::NotMade => Seen::Before,
            Gone::Foreign => Seen::Neither("the object is gone".to_owned()),
        }
    }
}

pub(super) async fn look_at_tie(
    tie: &Tie,
    tied: Tied,
    gone: Gone,
    doubt: Doubt,
    walker: &Walker<'_>,
) -> Seen {
    let mut used = Used::default();
    loop {
        let seen = match (walker.is_linked(tie).await, tied) {
            (Ok(true), Tied::After) | (Ok(false), Tied::Before) => Seen::After(None),
            (Ok(true), Tied::Before) | (Ok(false), Tied::After) => Seen::Before,
            (Err(refusal), _) if refusal.is_not_found() => gone.seen(),
            (Err(refusal), _) => unreadable(&refusal),
        };
        if seen.is_believed(doubt) || !walker.once_more(&mut used).await {
            return seen;
        }
    }
}

pub(super) fn unreadable(refusal: &Refusal) -> Seen {
    Seen::Unknown(refusal.to_string())
}

/// What the properties are now.
pub(super) fn otherwise(names: &[&String], object: &Json) -> String {
    let told: Vec<String> = names
        .iter()
        .map(|name| format!("{name} is {}", member(object, name)))
        .collect();
    told.join(", ")
}

pub(super) fn has(entity: &Entity, object: &Json, name: &str, value: &Json) -> bool {
    let body = Body::from_iter([(name.to_owned(), value.clone())]);
    holds(entity, &body, object)
}
