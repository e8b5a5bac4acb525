//! What only one object can have at a time: whoever gives it up is written before whoever takes it.
//!
//! Where objects of a parent exchange such values in a ring, one of them is deleted and made again, as Graph's
//! documentation has it for federated identity credentials. Where objects of the tenant do, each lets go first.

use std::collections::{BTreeMap, BTreeSet};

use super::draft::{Draft, Drafts, Place};
use super::pair::{Pair, Pairs};
use super::{Action, Reason, Target};
use crate::address::{Address, ObjectId};
use crate::kind;
use crate::kind::entity::{Entity, Exclusive};
use crate::object::{DesiredObject, ObservedObject, Properties, Value};

/// What only one object can have: the entity, the parent, the properties, their values.
type Holding = (
    &'static str,
    Option<Target>,
    &'static [&'static str],
    Vec<String>,
);

/// Objects that are there and of which one in each ring has to go before the others can change.
pub(super) fn in_rings<'a>(pairs: &Pairs<'a>) -> Vec<(&'a DesiredObject, &'a ObservedObject)> {
    let mut found = Vec::new();
    let mut holders: BTreeMap<Holding, &Address> = BTreeMap::new();
    let mut wanted: BTreeMap<&Address, Vec<Holding>> = BTreeMap::new();
    let mut known: BTreeMap<&Address, (&DesiredObject, &ObservedObject)> = BTreeMap::new();
    for (object, pair) in pairs.all() {
        let entity = kind::entity(object.entity);
        let Pair::Existing(observed) = pair else {
            continue;
        };
        if object.parent.is_none() || !gives_up(pairs, entity, object, observed) {
            continue;
        }
        let parent = observed.parent.clone().map(Target::Existing);
        for holding in holdings(entity, parent.as_ref(), &observed.properties) {
            holders.insert(holding, &object.address);
        }
        let mut will = observed.properties.clone();
        for (name, desired) in &object.properties {
            will.insert(name.clone(), pairs.known(&desired.value).into_owned());
        }
        let will = holdings(entity, parent.as_ref(), &will);
        wanted.insert(&object.address, will.into_iter().collect());
        known.insert(&object.address, (object, observed));
    }
    let next = |address: &Address| {
        let holdings = wanted.get(address).into_iter().flatten();
        let mut others = holdings.filter_map(|holding| holders.get(holding));
        others.find(|other| ***other != *address).copied()
    };
    let mut settled: BTreeSet<&Address> = BTreeSet::new();
    for start in wanted.keys() {
        let mut way: Vec<&Address> = Vec::new();
        let mut at = Some(*start);
        while let Some(address) = at {
            if let Some(ring) = way.iter().position(|on| *on == address) {
                let first = way[ring..].iter().min().copied();
                found.extend(first.and_then(|first| known.get(first).copied()));
                break;
            }
            if settled.contains(address) {
                break;
            }
            way.push(address);
            at = next(address);
        }
        settled.extend(way);
    }
    found
}

/// Whether the object will be without something that it has and no other can have.
fn gives_up(
    pairs: &Pairs<'_>,
    entity: &Entity,
    object: &DesiredObject,
    observed: &ObservedObject,
) -> bool {
    let mut names = entity.exclusive.iter().flat_map(Exclusive::names);
    names.any(|name| {
        object
            .properties
            .get(*name)
            .is_some_and(|desired| pairs.known(&desired.value).as_text() != observed.text(name))
    })
}

/// Lets every draft that takes something wait for the one that gives it up.
pub(super) fn wait(pairs: &Pairs<'_>, drafts: &mut Drafts) {
    let mut moves = moves(pairs, drafts);
    if moves.iter().all(|it| it.takes.is_empty()) {
        return;
    }
    for place in in_circles(&moves) {
        let let_go = let_go(drafts, place);
        let gives = std::mem::take(&mut moves[place].gives);
        moves.push(Move {
            who: moves[place].who.clone(),
            gives,
            takes: BTreeSet::new(),
        });
        debug_assert_eq!(let_go + 1, moves.len(), "bug: a draft without a move");
    }
    let givers = givers(&moves);
    for (place, it) in moves.iter().enumerate() {
        for giver in it.takes.iter().filter_map(|taken| givers.get(taken)) {
            // What an object does itself, it does in the order of its own drafts.
            if moves[*giver].who != it.who {
                drafts.all[place].after.insert(*giver);
            }
        }
    }
}

/// What a draft gives up and takes.
#[derive(Default)]
struct Move {
    /// The object that gives and takes.
    who: Option<Target>,
    gives: BTreeSet<Holding>,
    takes: BTreeSet<Holding>,
}

fn givers(moves: &[Move]) -> BTreeMap<&Holding, Place> {
    let mut givers = BTreeMap::new();
    for (place, it) in moves.iter().enumerate() {
        for given in &it.gives {
            givers.insert(given, place);
        }
    }
    givers
}

fn moves(pairs: &Pairs<'_>, drafts: &Drafts) -> Vec<Move> {
    // What each object is like before the next of its drafts.
    let mut state: BTreeMap<Target, Properties> = BTreeMap::new();
    let mut moves = Vec::with_capacity(drafts.all.len());
    for draft in &drafts.all {
        if draft.entity.exclusive.is_empty() {
            moves.push(Move::default());
            continue;
        }
        let holdings =
            |properties: &Properties| holdings(draft.entity, draft.parent.as_ref(), properties);
        let nothing = Properties::new();
        let observed = |id: &ObjectId| pairs.snapshot.objects.get(id).map(|it| &it.properties);
        let deleted = |id: &ObjectId| pairs.snapshot.deleted.get(id).map(|it| &it.properties);
        moves.push(match &draft.action {
            Action::Create { properties, revive } => {
                let revived = revive.as_ref().and_then(deleted).unwrap_or(properties);
                let target = pairs.target(&draft.subject);
                state.insert(target.clone(), revived.clone());
                between(target, BTreeSet::new(), holdings(revived))
            }
            Action::Update { target, will, .. } => {
                let seen = match target {
                    Target::Existing(id) => observed(id).unwrap_or(&nothing),
                    Target::Planned(_) => &nothing,
                };
                let properties = state.entry(target.clone()).or_insert_with(|| seen.clone());
                let before = holdings(properties);
                properties.extend(will.clone());
                between(target.clone(), before, holdings(properties))
            }
            Action::Delete { target, was } => {
                between(target.clone(), holdings(&was.properties), BTreeSet::new())
            }
            Action::Link { .. } | Action::Unlink { .. } => Move::default(),
        });
    }
    moves
}

fn between(who: Target, before: BTreeSet<Holding>, after: BTreeSet<Holding>) -> Move {
    Move {
        who: Some(who),
        gives: before.difference(&after).cloned().collect(),
        takes: after.difference(&before).cloned().collect(),
    }
}

/// What an object with these properties has that no other can have.
fn holdings(
    entity: &'static Entity,
    parent: Option<&Target>,
    properties: &Properties,
) -> BTreeSet<Holding> {
    let mut holdings = BTreeSet::new();
    for exclusive in entity.exclusive {
        match exclusive {
            Exclusive::Together(names) => {
                let text = |name: &&str| properties.get(*name)?.as_text().map(str::to_owned);
                if let Some(values) = names.iter().map(text).collect() {
                    holdings.insert((entity.name, parent.cloned(), *names, values));
                }
            }
            Exclusive::Each(name) => {
                let items = properties.get(*name).map(Value::items).unwrap_or_default();
                // Whether case tells two of them apart is not documented; to wait in vain does no harm.
                let items = items
                    .iter()
                    .filter_map(Value::as_text)
                    .map(str::to_lowercase);
                holdings
                    .extend(items.map(|item| (entity.name, None, exclusive.names(), vec![item])));
            }
        }
    }
    holdings
}

/// The updates that would wait for themselves by way of others.
fn in_circles(moves: &[Move]) -> Vec<Place> {
    let givers = givers(moves);
    let waits: Vec<BTreeSet<Place>> = moves
        .iter()
        .map(|it| {
            it.takes
                .iter()
                .filter_map(|taken| givers.get(taken).copied())
                .filter(|giver| moves[*giver].who != it.who)
                .collect()
        })
        .collect();
    let reaches_itself = |start: &Place| {
        let mut seen: BTreeSet<Place> = BTreeSet::new();
        let mut next: Vec<Place> = waits[*start].iter().copied().collect();
        while let Some(place) = next.pop() {
            if seen.insert(place) {
                next.extend(&waits[place]);
            }
        }
        seen.contains(start)
    };
    (0..moves.len())
        .filter(|place| !moves[*place].takes.is_empty() && !moves[*place].gives.is_empty())
        .filter(reaches_itself)
        .collect()
}

/// Splits an update: first a write that only gives up, then the rest.
fn let_go(drafts: &mut Drafts, place: Place) -> Place {
    let draft = &mut drafts.all[place];
    let Action::Update { target, was, will } = &mut draft.action else {
        panic!("bug: only updates give up one thing for another");
    };
    let names: BTreeSet<&str> = (draft.entity.exclusive.iter())
        .flat_map(|exclusive| exclusive.names().iter().copied())
        .collect();
    let mut before = Properties::new();
    let mut without = Properties::new();
    for (name, wanted) in will
        .iter()
        .filter(|(name, _)| names.contains(name.as_str()))
    {
        let Some(there) = was.get(name) else {
            continue;
        };
        let kept = there
            .items()
            .iter()
            .filter(|item| wanted.items().contains(item));
        let kept = Value::List(kept.cloned().collect());
        before.insert(name.clone(), there.clone());
        without.insert(name.clone(), kept);
    }
    was.extend(without.clone());
    let first = Draft {
        subject: draft.subject.clone(),
        entity: draft.entity,
        parent: draft.parent.clone(),
        lane: draft.lane.clone(),
        action: Action::Update {
            target: target.clone(),
            was: before,
            will: without,
        },
        reason: Reason::Detached {
            waits_for: vec![draft.subject.clone()],
        },
        needs: Vec::new(),
        after: draft.after.clone(),
        inverse: None,
    };
    let first = drafts.push_before(first);
    drafts.all[place].after.insert(first);
    first
}
