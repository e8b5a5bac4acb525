//! A plan as people read it: by declared object, then by part, then by what is written together.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::Show;
use super::change::{self, Line, Sign};
use super::names::Names;
use super::requests;
use super::sentence;
use crate::address::Address;
use crate::object::Value;
use crate::plan::{Action, Inverse, Plan, Reason, Risk, Step};

/// Everything that happens to one declared object.
pub(super) struct Block {
    pub address: Address,
    pub sign: Sign,
    /// The worst of its steps.
    pub risk: Risk,
    pub passages: Vec<Passage>,
}

/// What is written to one object for one reason.
pub(super) struct Passage {
    pub sign: Sign,
    /// What it is about; empty for the declared object itself, the first time.
    pub title: String,
    pub why: String,
    pub risk: Risk,
    /// What to know of the risk; empty when there is none.
    pub warning: String,
    pub lines: Vec<Line>,
    /// Method, URL and body of each request, when they are shown.
    pub requests: Vec<String>,
}

/// One step that a person should look at before anything else.
pub(super) struct Watch {
    pub risk: Risk,
    /// Among those of the same risk: directory roles first.
    rank: u8,
    pub sentence: String,
    pub warning: String,
}

/// The plan's objects, in the order in which they are first written.
pub(super) fn blocks(plan: &Plan, names: &Names, show: Show<'_>) -> Vec<Block> {
    let mut order: Vec<Address> = Vec::new();
    let mut steps: BTreeMap<Address, Vec<&Step>> = BTreeMap::new();
    for step in &plan.steps {
        let root = step.subject.root();
        if !steps.contains_key(&root) {
            order.push(root.clone());
        }
        steps.entry(root).or_default().push(step);
    }
    order.sort();
    order
        .into_iter()
        .map(|address| {
            let steps = steps.remove(&address).unwrap_or_default();
            block(address, &steps, names, show)
        })
        .collect()
}

/// The steps that are worth a look, the most dangerous first.
pub(super) fn watches(plan: &Plan, names: &Names) -> Vec<Watch> {
    let mut watches: Vec<Watch> = plan
        .steps
        .iter()
        .filter(|step| risk(step) != Risk::None)
        .map(|step| Watch {
            risk: risk(step),
            rank: rank(step),
            sentence: sentence::of(step, names),
            warning: warning(step),
        })
        .collect();
    watches.sort_by_key(|watch| (Reverse(watch.risk), watch.rank));
    watches
}

/// What weighs most among what gives or takes access.
fn rank(step: &Step) -> u8 {
    let properties = match &step.action {
        Action::Create {
            properties,
            revive: _,
        } => properties,
        Action::Delete { target: _, was } => &was.properties,
        Action::Update { .. } | Action::Link { .. } | Action::Unlink { .. } => return 3,
    };
    ["roleDefinitionId", "appRoleId", "clientId"]
        .into_iter()
        .position(|name| properties.contains_key(name))
        .map_or(3, |at| at as u8)
}

/// What can go wrong: what cannot be undone is always said to be so.
pub(super) fn risk(step: &Step) -> Risk {
    match step.inverse {
        Inverse::Irreversible(_) => Risk::Irreversible,
        Inverse::Undo(_)
        | Inverse::DeleteCreated
        | Inverse::RestoreDeleted
        | Inverse::LeaveBehind(_) => step.risk,
    }
}

/// How many objects are created, changed and deleted; of an object that is both, the last is said.
pub(super) fn count(blocks: &[Block]) -> (usize, usize, usize) {
    let number = |sign| blocks.iter().filter(|block| block.sign == sign).count();
    (
        number(Sign::Add),
        number(Sign::Change),
        number(Sign::Remove),
    )
}

fn block(address: Address, steps: &[&Step], names: &Names, show: Show<'_>) -> Block {
    let mut subjects: Vec<&Address> = Vec::new();
    for step in steps {
        if !subjects.contains(&&step.subject) {
            subjects.push(&step.subject);
        }
    }
    // The object itself comes before its parts, whatever is written first.
    subjects.sort_by_key(|subject| !subject.part_name().is_empty());
    let mut passages = Vec::new();
    for subject in subjects {
        let of_subject: Vec<&Step> = steps
            .iter()
            .copied()
            .filter(|step| step.subject == *subject)
            .collect();
        passages.extend(subject_passages(&of_subject, names, show));
    }
    // What is so of the object is not said again of its parts.
    if let Some((first, rest)) = passages.split_first_mut() {
        for passage in rest.iter_mut().filter(|passage| passage.why == first.why) {
            passage.why.clear();
        }
    }
    Block {
        sign: block_sign(&address, steps),
        risk: passages
            .iter()
            .map(|passage| passage.risk)
            .max()
            .unwrap_or(Risk::None),
        address,
        passages,
    }
}

fn block_sign(address: &Address, steps: &[&Step]) -> Sign {
    let mut sign = Sign::Change;
    for step in steps.iter().filter(|step| step.subject == *address) {
        match step.action {
            Action::Create { .. } => sign = Sign::Add,
            Action::Delete { .. } => sign = Sign::Remove,
            Action::Update { .. } | Action::Link { .. } | Action::Unlink { .. } => {}
        }
    }
    sign
}

/// What happens to one object or part, split where the reason changes.
fn subject_passages(steps: &[&Step], names: &Names, show: Show<'_>) -> Vec<Passage> {
    let mut groups: Vec<Vec<&Step>> = Vec::new();
    for step in steps {
        // A link is told with the first that it belongs to, everything else with the last.
        let at = match is_link(step) {
            true => groups.iter().position(|group| belongs(group, step)),
            false => groups
                .len()
                .checked_sub(1)
                .filter(|last| belongs(&groups[*last], step)),
        };
        match at {
            Some(at) => groups[at].push(step),
            None => groups.push(vec![step]),
        }
    }
    groups
        .iter()
        .enumerate()
        .map(|(at, group)| passage(at, group, names, show))
        .collect()
}

/// Whether a step is told in one breath with those before it.
fn belongs(group: &[&Step], step: &Step) -> bool {
    let Some(first) = group.first() else {
        return true;
    };
    match step.action {
        Action::Create { .. } | Action::Delete { .. } => false,
        Action::Update { .. } | Action::Link { .. } | Action::Unlink { .. } => {
            let is_first_life = matches!(first.action, Action::Create { .. });
            first.reason == step.reason
                || (is_first_life
                    && is_link(step)
                    && matches!(step.reason, Reason::Detached { .. }))
        }
    }
}

fn is_link(step: &Step) -> bool {
    match step.action {
        Action::Link { .. } | Action::Unlink { .. } => true,
        Action::Create { .. } | Action::Update { .. } | Action::Delete { .. } => false,
    }
}

fn passage(at: usize, group: &[&Step], names: &Names, show: Show<'_>) -> Passage {
    let first = group[0];
    let is_part = !first.subject.part_name().is_empty();
    let title = match (is_part, at) {
        (true, _) => sentence::part(first, names),
        (false, 0) => String::new(),
        (false, _) => "then".to_owned(),
    };
    let worst = group.iter().map(|step| risk(step)).max();
    // Of links each has its own warning.
    let warned = group
        .iter()
        .filter(|step| !is_link(step))
        .max_by_key(|step| risk(step));
    let mut lines = Vec::new();
    for step in group {
        lines.extend(property_lines(step, names));
    }
    lines.extend(link_lines(group, names));
    Passage {
        sign: match first.action {
            Action::Create { .. } => Sign::Add,
            Action::Delete { .. } => Sign::Remove,
            Action::Update { .. } | Action::Link { .. } | Action::Unlink { .. } => Sign::Change,
        },
        title,
        why: sentence::why(first),
        risk: worst.unwrap_or(Risk::None),
        warning: warned.map_or_else(String::new, |step| warning(step)),
        lines,
        requests: match show {
            Show::Changes => Vec::new(),
            Show::Requests(all) => group
                .iter()
                .flat_map(|step| requests::of(step.id, all))
                .collect(),
        },
    }
}

fn property_lines(step: &Step, names: &Names) -> Vec<Line> {
    match &step.action {
        Action::Create {
            properties,
            revive: _,
        } => match sentence::assignment(properties, "to", names) {
            // Of a part the title says it already.
            Some(_) if !step.subject.part_name().is_empty() => Vec::new(),
            Some(assignment) => vec![plain(assignment)],
            None => {
                let mut told = properties.clone();
                told.retain(|_, value| !is_told(step, value, names));
                change::made(&step.entity, &told, names)
            }
        },
        Action::Update {
            target: _,
            was,
            will,
        } => change::changed(&step.entity, was, will, names),
        Action::Delete { target: _, was } => {
            match sentence::assignment(&was.properties, "from", names) {
                Some(_) if !step.subject.part_name().is_empty() => Vec::new(),
                Some(assignment) => vec![plain(assignment)],
                None => ["displayName", "appId", "issuer", "subject"]
                    .into_iter()
                    .filter_map(|name| Some((name, was.properties.get(name)?)))
                    .filter(|(_, value)| !value.is_nothing())
                    .map(|(name, value)| Line {
                        depth: 0,
                        sign: Sign::None,
                        label: name.to_owned(),
                        value: value
                            .as_text()
                            .map_or_else(|| names.value(value), super::names::shown),
                        aside: String::new(),
                        warning: String::new(),
                    })
                    .collect(),
            }
        }
        Action::Link { .. } | Action::Unlink { .. } => Vec::new(),
    }
}

/// Whether the heading says it already: the name of a part, or whose part it is.
fn is_told(step: &Step, value: &Value, names: &Names) -> bool {
    let part = step.subject.part_name();
    !part.is_empty()
        && (value
            .as_text()
            .is_some_and(|text| part.rsplit('/').next() == Some(text))
            || names.value(value) == step.subject.root().as_str())
}

fn plain(text: String) -> Line {
    Line {
        depth: 0,
        sign: Sign::None,
        label: text,
        value: String::new(),
        aside: String::new(),
        warning: String::new(),
    }
}

fn link_lines(group: &[&Step], names: &Names) -> Vec<Line> {
    let mut relations: BTreeMap<&str, Vec<Line>> = BTreeMap::new();
    for step in group {
        let (relation, sign, to) = match &step.action {
            Action::Link {
                from: _,
                relation,
                to,
            } => (relation, Sign::Add, to),
            Action::Unlink {
                from: _,
                relation,
                to,
            } => (relation, Sign::Remove, to),
            Action::Create { .. } | Action::Update { .. } | Action::Delete { .. } => continue,
        };
        relations.entry(relation).or_default().push(Line {
            depth: 2,
            sign,
            label: names.target(to),
            value: String::new(),
            aside: String::new(),
            warning: short_warning(step),
        });
    }
    let mut lines = Vec::new();
    for (relation, links) in relations {
        lines.push(plain(relation.to_owned()));
        lines.extend(links);
    }
    lines
}

/// What to know of the risk of a step.
fn warning(step: &Step) -> String {
    match &step.inverse {
        Inverse::Irreversible(why) => format!("cannot be undone: {}", super::style::visible(why)),
        Inverse::RestoreDeleted => {
            "deletes it; the recycle bin keeps it for 30 days, with the same ids".to_owned()
        }
        Inverse::LeaveBehind(why) => {
            let stays = match &step.action {
                Action::Delete { .. } => "stays gone",
                Action::Create { .. }
                | Action::Update { .. }
                | Action::Link { .. }
                | Action::Unlink { .. } => "stays",
            };
            let why = super::style::visible(why);
            format!("{stays} if the plan is walked back: {why}")
        }
        Inverse::Undo(_) | Inverse::DeleteCreated => short_warning(step),
    }
}

fn short_warning(step: &Step) -> String {
    match risk(step) {
        Risk::None => "",
        Risk::GrantsAccess => "grants access",
        Risk::TakesAccess => "takes access",
        Risk::Deletes => "deletes it; made again, it has another id",
        Risk::Irreversible => "cannot be undone",
    }
    .to_owned()
}
