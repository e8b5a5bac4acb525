//! Drafts in an order in which they could run one by one; the same drafts always come in the same order.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use super::draft::{Draft, Drafts, Place, inverse, risk};
use super::{Action, Step, StepId};
use crate::address::Address;
use crate::kind::entity::Removal;

/// Numbers the drafts.
pub(super) fn order(mut drafts: Drafts) -> Vec<Step> {
    drafts.connect();
    let drafts = drafts.all;
    let mut waits: Vec<usize> = drafts.iter().map(|draft| draft.after.len()).collect();
    let mut followers: Vec<Vec<Place>> = vec![Vec::new(); drafts.len()];
    for (place, draft) in drafts.iter().enumerate() {
        for before in &draft.after {
            followers[*before].push(place);
        }
    }
    let mut ready: BinaryHeap<Reverse<(Rank, Address, Place)>> = BinaryHeap::new();
    let rank_at =
        |place: Place| Reverse((rank(&drafts[place]), drafts[place].subject.clone(), place));
    ready.extend(
        (0..drafts.len())
            .filter(|place| waits[*place] == 0)
            .map(rank_at),
    );
    let mut numbers = vec![StepId(0); drafts.len()];
    let mut sequence = Vec::with_capacity(drafts.len());
    while let Some(Reverse((_, _, place))) = ready.pop() {
        sequence.push(place);
        numbers[place] = StepId(
            u32::try_from(sequence.len()).unwrap_or_else(|_| panic!("bug: a plan of 2^32 steps")),
        );
        for follower in &followers[place] {
            waits[*follower] -= 1;
            if waits[*follower] == 0 {
                ready.push(rank_at(*follower));
            }
        }
    }
    assert!(
        sequence.len() == drafts.len(),
        "bug: steps wait for one another"
    );
    let mut drafts: Vec<Option<Draft>> = drafts.into_iter().map(Some).collect();
    sequence
        .into_iter()
        .map(|place| {
            let draft = drafts[place]
                .take()
                .unwrap_or_else(|| panic!("bug: a step is numbered twice"));
            step(draft, numbers[place], &numbers)
        })
        .collect()
}

/// What should come early when nothing else decides: giving before taking, and what takes longest to put back last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Gives,
    Takes,
    Deletes,
}

fn rank(draft: &Draft) -> Rank {
    match &draft.action {
        Action::Create { .. } | Action::Update { .. } | Action::Link { .. } => Rank::Gives,
        Action::Unlink { .. } => Rank::Takes,
        Action::Delete { .. } => match draft.entity.removal {
            Removal::Hard => Rank::Takes,
            Removal::Soft | Removal::Never => Rank::Deletes,
        },
    }
}

fn step(draft: Draft, id: StepId, numbers: &[StepId]) -> Step {
    let inverse = inverse(&draft);
    let risk = risk(&draft, &inverse);
    let Draft {
        subject,
        entity,
        parent,
        lane,
        action,
        reason,
        needs: _,
        after,
        inverse: _,
    } = draft;
    let after: BTreeSet<StepId> = after.into_iter().map(|place| numbers[place]).collect();
    Step {
        id,
        subject,
        entity: entity.name.to_owned(),
        parent,
        action,
        inverse,
        after,
        lane,
        reason,
        risk,
    }
}
