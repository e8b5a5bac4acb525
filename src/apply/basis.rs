//! Whether what a plan stands on is still so.

use std::collections::BTreeMap;
use std::fmt;

use crate::address::{ObjectId, TenantId};
use crate::digest::Digest;
use crate::object::{ObservedObject, Properties, Value};
use crate::observe::Snapshot;
use crate::plan::{Action, Plan, Target};

/// Why a plan is no longer good: what moved since it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    pub movements: Vec<Movement>,
}

/// One thing that moved. Objects are named as people know them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Movement {
    /// The identity root, or what the environment makes of it.
    Declaration,
    Tenant {
        was: TenantId,
        is: TenantId,
    },
    /// A property that the plan would change.
    Property {
        object: String,
        property: String,
        was: Value,
        is: Value,
    },
    /// Something of the object of which the plan keeps only the digest.
    Object {
        object: String,
    },
    Gone {
        object: String,
    },
    Appeared {
        object: String,
    },
}

/// Whether the plan still holds for this declaration and this look at the tenant.
pub fn check_basis(plan: &Plan, declaration: &Digest, now: &Snapshot) -> Result<(), Moved> {
    let mut movements = Vec::new();
    if plan.basis.declaration != *declaration {
        movements.push(Movement::Declaration);
    }
    if plan.basis.tenant != now.tenant {
        movements.push(Movement::Tenant {
            was: plan.basis.tenant.clone(),
            is: now.tenant.clone(),
        });
        return Err(Moved { movements });
    }
    for (id, digest) in &plan.basis.observed {
        match now.objects.get(id).or_else(|| now.deleted.get(id)) {
            None => movements.push(Movement::Gone {
                object: name(plan, id, None),
            }),
            Some(object) if Digest::of(object) != *digest => {
                movements.extend(moved(plan, object));
            }
            Some(_) => {}
        }
    }
    for (id, object) in &now.objects {
        if !plan.basis.observed.contains_key(id) {
            movements.push(Movement::Appeared {
                object: name(plan, id, Some(object)),
            });
        }
    }
    if movements.is_empty() {
        Ok(())
    } else {
        Err(Moved { movements })
    }
}

/// The properties that differ from what the plan saw, where a step says what that was.
fn moved(plan: &Plan, now: &ObservedObject) -> Vec<Movement> {
    let object = name(plan, &now.id, Some(now));
    let mut movements: Vec<Movement> = seen(plan, &now.id)
        .into_iter()
        .filter_map(|(property, was)| {
            let is = now.properties.get(property).unwrap_or(&Value::Null);
            (is != was && !(is.is_nothing() && was.is_nothing())).then(|| Movement::Property {
                object: object.clone(),
                property: property.clone(),
                was: was.clone(),
                is: is.clone(),
            })
        })
        .collect();
    if movements.is_empty() {
        movements.push(Movement::Object { object });
    }
    movements
}

/// What the plan's steps say that the object's properties were: the first step that changes one saw it.
fn seen<'a>(plan: &'a Plan, id: &ObjectId) -> BTreeMap<&'a String, &'a Value> {
    let mut seen = BTreeMap::new();
    let is_it = |target: &Target| *target == Target::Existing(id.clone());
    let mut add = |properties: &'a Properties| {
        for (name, value) in properties {
            seen.entry(name).or_insert(value);
        }
    };
    for step in &plan.steps {
        match &step.action {
            Action::Update { target, was, .. } if is_it(target) => add(was),
            Action::Delete { target, was } if is_it(target) => add(&was.properties),
            Action::Update { .. }
            | Action::Delete { .. }
            | Action::Create { .. }
            | Action::Link { .. }
            | Action::Unlink { .. } => {}
        }
    }
    seen
}

fn name(plan: &Plan, id: &ObjectId, object: Option<&ObservedObject>) -> String {
    let is = Target::Existing(id.clone());
    let managed = plan
        .objects
        .iter()
        .find(|(_, object)| object.target == is)
        .map(|(address, _)| address);
    let subject = || {
        let mut steps = plan.steps.iter();
        steps.find_map(|step| match &step.action {
            Action::Update { target, .. } | Action::Delete { target, .. } if *target == is => {
                Some(&step.subject)
            }
            Action::Update { .. }
            | Action::Delete { .. }
            | Action::Create { .. }
            | Action::Link { .. }
            | Action::Unlink { .. } => None,
        })
    };
    if let Some(address) = managed.or_else(subject) {
        return address.to_string();
    }
    let Some(object) = object else {
        return format!("the object {id}");
    };
    ["userPrincipalName", "displayName", "name"]
        .into_iter()
        .find_map(|property| object.text(property))
        .map_or_else(
            || format!("{} {id}", object.entity),
            |text| format!("{} `{}`", object.entity, one_line(text)),
        )
}

impl fmt::Display for Movement {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Movement::Declaration => out.write_str("the declaration is another"),
            Movement::Tenant { was, is } => {
                write!(out, "the tenant was {was}, is {is}")
            }
            Movement::Property {
                object,
                property,
                was,
                is,
            } => write!(
                out,
                "{object}: `{property}` was {}, is {}",
                shown(was),
                shown(is)
            ),
            Movement::Object { object } => write!(out, "{object} is not what it was"),
            Movement::Gone { object } => write!(out, "{object} is gone"),
            Movement::Appeared { object } => write!(out, "{object} was not there"),
        }
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) => format!("`{}`", one_line(text)),
        Value::Null => "nothing".to_owned(),
        Value::Bool(_)
        | Value::Integer(_)
        | Value::Computed(_)
        | Value::List(_)
        | Value::Map(_) => serde_json::to_string(value).unwrap_or_default(),
    }
}

/// Text of the tenant's cannot begin a line of its own in what we say.
fn one_line(text: &str) -> String {
    let shown = |character: char| match character.is_control() {
        true => character.escape_default().to_string(),
        false => character.to_string(),
    };
    text.chars().map(shown).collect()
}

impl fmt::Display for Moved {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the plan was made for something else; plan again")?;
        for movement in &self.movements {
            write!(out, "\n  {movement}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Moved {}
