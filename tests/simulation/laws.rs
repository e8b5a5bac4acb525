//! The laws, each as a function that says what is against it.

use std::collections::{BTreeMap, BTreeSet};

use idac::address::{Address, ObjectId};
use idac::object::Value as Wanted;
use idac::plan::{Action, Inverse, ManagedObject, Plan, Reason, Step, Target};
use serde_json::Value;

use super::witness::{Difference, Facts};

/// 5. Minimal: every step changes something, by its own words.
pub(crate) fn idle_steps(plan: &Plan) -> Vec<String> {
    let is_idle = |step: &&Step| match &step.action {
        Action::Update { was, will, .. } => {
            let changes = |(name, value): (&String, &Wanted)| {
                let before = was.get(name).unwrap_or(&Wanted::Null);
                before != value && !(before.is_nothing() && value.is_nothing())
            };
            !will.iter().any(changes)
        }
        Action::Create { .. }
        | Action::Delete { .. }
        | Action::Link { .. }
        | Action::Unlink { .. } => false,
    };
    let idle = plan.steps.iter().filter(is_idle);
    idle.map(|step| {
        format!(
            "Minimal: step {} of {} changes nothing",
            step.id, step.subject
        )
    })
    .collect()
}

/// 5 and 7. Minimal, and leaves alone: everything that changed in the tenant is what a step says, and every step
/// changed something there.
pub(crate) fn unexplained(
    plan: &Plan,
    created: &BTreeMap<Address, ObjectId>,
    before: &Facts,
    after: &Facts,
) -> Vec<String> {
    let differences = before.differences(after);
    let names = Names {
        before,
        after,
        created,
    };
    let claims: Vec<Claim> = plan.steps.iter().map(|step| names.claim(step)).collect();
    let mut problems = Vec::new();
    for difference in &differences {
        let claimed: Vec<&Claim> = claims
            .iter()
            .filter(|claim| claim.is_about(&difference.name))
            .collect();
        let is_whole = claimed.iter().any(|claim| claim.properties.is_none());
        let properties: BTreeSet<&String> = claimed
            .iter()
            .filter_map(|claim| claim.properties.as_ref())
            .flatten()
            .collect();
        let is_said = |name: &String| properties.contains(name) || names.follows(difference, name);
        if !is_whole && (difference.before.is_none() || !changed(difference).iter().all(is_said)) {
            problems.push(format!(
                "Leaves alone: no step says that {}",
                shown(difference)
            ));
        }
    }
    for (step, claim) in plan.steps.iter().zip(&claims) {
        let is_passing = match step.reason {
            Reason::DisableFirst { .. } => true,
            Reason::Declared
            | Reason::Drifted { .. }
            | Reason::Undeclared
            | Reason::Detached { .. } => names.was_out_of_sight(step),
        };
        let changes = |difference: &Difference| {
            claim.is_about(&difference.name)
                && claim.properties.as_ref().is_none_or(|said| {
                    difference.before.is_none()
                        || changed(difference).iter().any(|name| said.contains(name))
                })
        };
        if !is_passing && !differences.iter().any(changes) {
            let text = serde_json::to_string(step).expect("a step is JSON");
            problems.push(format!("Minimal: nothing changed by {text}"));
        }
    }
    problems
}

/// 3. Rolls back: the tenant is as it was, but for what the plan created, which lies in the recycle bin.
pub(crate) fn not_rolled_back(before: &Facts, after: &Facts) -> Vec<String> {
    let is_new = |id: &str| before.object(id).is_none() && after.object(id).is_some();
    // Nobody can look at what an object in the recycle bin is linked to, and what it is called follows others.
    let lies = |facts: &Facts, id: &str| {
        facts
            .object(id)
            .is_some_and(|object| object["deleted"] == true)
    };
    let is_out_of_sight = |id: &str| lies(before, id) && lies(after, id);
    before
        .differences(after)
        .iter()
        .filter(|difference| {
            let mut words = difference.name.split_whitespace();
            let class = words.next().unwrap_or_default();
            if words.clone().any(is_out_of_sight) {
                return false;
            }
            let concerns_new = words.any(is_new);
            let is_buried = difference
                .after
                .as_ref()
                .is_none_or(|it| class != "object" || it["deleted"] == true);
            !(concerns_new && is_buried)
        })
        .map(|difference| format!("Rolls back: {}", shown(difference)))
        .collect()
}

/// 4. No twins, whatever happened.
pub(crate) fn twins(facts: &Facts) -> Vec<String> {
    facts
        .twins
        .iter()
        .map(|twin| format!("No twins: {twin}"))
        .collect()
}

/// Whether a plan takes something out of the recycle bin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Revival {
    None,
    Some,
}

pub(crate) fn revives(plan: &Plan) -> Revival {
    let revives = |step: &Step| {
        matches!(
            &step.action,
            Action::Create {
                revive: Some(_),
                ..
            }
        )
    };
    match plan.steps.iter().any(revives) {
        true => Revival::Some,
        false => Revival::None,
    }
}

/// Whether every way back that was refused is of a step that the plan has and that can be undone at all.
pub(crate) fn irreversible(plan: &Plan) -> usize {
    let is_irreversible = |step: &&Step| match &step.inverse {
        Inverse::Irreversible(_) => true,
        Inverse::Undo(_)
        | Inverse::DeleteCreated
        | Inverse::RestoreDeleted
        | Inverse::LeaveBehind(_) => false,
    };
    plan.steps.iter().filter(is_irreversible).count()
}

/// What a step says that it changes.
struct Claim {
    /// The names of facts.
    facts: BTreeSet<String>,
    /// Of an object's own properties only these; `None` for all.
    properties: Option<BTreeSet<String>>,
    /// Everything in whose name one of these ids stands.
    ids: BTreeSet<String>,
}

impl Claim {
    fn is_about(&self, name: &str) -> bool {
        self.facts.contains(name)
            || name
                .split_whitespace()
                .skip(1)
                .any(|word| self.ids.contains(word))
    }
}

/// The properties of an object that differ.
fn changed(difference: &Difference) -> BTreeSet<String> {
    let properties = |side: &Option<std::sync::Arc<Value>>| -> BTreeMap<String, Value> {
        let side = side.as_deref().cloned().unwrap_or_default();
        let side = side.get("properties").cloned().unwrap_or(side);
        side.as_object()
            .map(|it| it.clone().into_iter().collect())
            .unwrap_or_default()
    };
    let (before, after) = (
        properties(&difference.before),
        properties(&difference.after),
    );
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    names
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name))
        .cloned()
        .collect()
}

struct Names<'a> {
    before: &'a Facts,
    after: &'a Facts,
    created: &'a BTreeMap<Address, ObjectId>,
}

impl Names<'_> {
    fn claim(&self, step: &Step) -> Claim {
        let mut claim = Claim {
            facts: BTreeSet::new(),
            properties: None,
            ids: BTreeSet::new(),
        };
        match &step.action {
            Action::Create { .. } => {
                let id = self
                    .created
                    .get(&step.subject)
                    .map(ToString::to_string)
                    .unwrap_or_default();
                claim.facts.extend(self.after.names.get(&id).cloned());
            }
            Action::Update { target, will, .. } => {
                let id = self.id(target);
                claim.facts.extend(self.after.names.get(&id).cloned());
                let is_whole = !claim.facts.iter().any(|name| name.starts_with("object "));
                claim.properties = (!is_whole).then(|| will.keys().cloned().collect());
            }
            Action::Delete { target, .. } => {
                let id = self.id(target);
                claim.facts.extend(self.before.names.get(&id).cloned());
                // What goes with an object: its links, its credentials, its grants and assignments.
                if self.before.object(&id).is_some() {
                    claim.ids.insert(id);
                }
            }
            Action::Link { from, relation, to } | Action::Unlink { from, relation, to } => {
                let mut relation = relation.clone();
                relation[..1].make_ascii_uppercase();
                claim
                    .facts
                    .insert(format!("link {} {relation} {}", self.id(from), self.id(to)));
            }
        }
        claim
    }

    /// Whether a step makes something of an object that lay in the recycle bin: nobody can see there what links,
    /// credentials and assignments it will come back with, so such a step may find done what it wants.
    fn was_out_of_sight(&self, step: &Step) -> bool {
        let lay_there = |target: &Target| {
            self.before
                .object(&self.id(target))
                .is_some_and(|object| object["deleted"] == true)
        };
        match &step.action {
            Action::Create {
                properties,
                revive: None,
            } => {
                let named = properties.values().filter_map(Wanted::as_text);
                step.parent.iter().any(lay_there)
                    || named
                        .into_iter()
                        .any(|id| lay_there(&Target::Existing(ObjectId::new(id))))
            }
            Action::Link { from, to, .. } => lay_there(from) || lay_there(to),
            // A tag of the application's that goes may be the service principal's own as well.
            Action::Update { will, .. } => {
                step.entity == "servicePrincipal" && will.keys().all(|name| name == "tags")
            }
            Action::Create {
                revive: Some(_), ..
            }
            | Action::Delete { .. }
            | Action::Unlink { .. } => false,
        }
    }

    /// Whether a property is one that Graph itself keeps equal to another object's: a service principal is called
    /// as its application.
    fn follows(&self, difference: &Difference, property: &str) -> bool {
        let Some(object) = difference
            .after
            .as_deref()
            .filter(|it| it["kind"] == "ServicePrincipal")
        else {
            return false;
        };
        let is_its = |other: &Value| {
            other["kind"] == "Application"
                && other["properties"]["appId"] == object["properties"]["appId"]
        };
        let fact = |facts: &Facts| {
            let application = facts
                .objects()
                .map(|(_, other)| other)
                .find(|other| is_its(other));
            application.map(|it| it["properties"][property].clone())
        };
        ["displayName", "tags"].contains(&property) && fact(self.before) != fact(self.after)
    }

    fn id(&self, target: &Target) -> String {
        match target {
            Target::Existing(id) => id.to_string(),
            Target::Planned(address) => self
                .created
                .get(address)
                .map(ToString::to_string)
                .unwrap_or_default(),
        }
    }
}

/// The id that a receipt has for an object.
pub(crate) fn id_of(object: &ManagedObject) -> Option<&ObjectId> {
    match &object.target {
        Target::Existing(id) => Some(id),
        Target::Planned(_) => None,
    }
}

fn shown(difference: &Difference) -> String {
    let side = |side: &Option<std::sync::Arc<Value>>| {
        side.as_ref()
            .map_or("nothing".to_owned(), |it| it.to_string())
    };
    format!(
        "{} was {} and is {}",
        difference.name,
        side(&difference.before),
        side(&difference.after)
    )
}
