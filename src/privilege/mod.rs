//! Takes a `Plan` and the `Snapshot` that it was made from, gives the `Gain`s: what each step lets somebody do that they
//! could not do before, and how far that reaches; never decides whether that is right.
//!
//! A step gives power in one of two ways: it hands out a permission or a directory role, or it hands out somebody who has
//! one (a credential of an application, the ownership of it, the membership of a role-assignable group). For the second
//! what the snapshot and the plan know of the holder counts; what nobody looked at cannot.

mod holder;
mod rating;

pub use rating::Reach;

use crate::address::Address;
use crate::graph::facts;
use crate::object::{Properties, Value};
use crate::observe::Snapshot;
use crate::plan::{Action, Plan, Step, StepId};

use holder::Holders;
use rating::Rating;

/// What a step lets somebody do that they could not do before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gain {
    pub step: StepId,
    pub reach: Reach,
    /// What it comes to, as a sentence without a full stop; names only what we gave names to.
    pub means: String,
}

/// What the plan gives to somebody, the farthest reach first; of one reach in the order of the steps.
pub fn gains(plan: &Plan, snapshot: &Snapshot) -> Vec<Gain> {
    let holders = Holders::of(plan, snapshot);
    let mut gains: Vec<Gain> = plan
        .steps
        .iter()
        .filter_map(|step| {
            let (reach, means) = gain(step, &holders)?;
            let step = step.id;
            Some(Gain { step, reach, means })
        })
        .collect();
    gains.sort_by_key(|gain| (gain.reach, gain.step));
    gains
}

/// What the holder of an application permission of Microsoft Graph can do to control the tenant, completing "its
/// holder can"; `None` when no way is known.
pub fn way_to_the_tenant(permission: &str) -> Option<&'static str> {
    rating::permission(permission)?.how
}

fn gain(step: &Step, holders: &Holders<'_>) -> Option<(Reach, String)> {
    match &step.action {
        Action::Create {
            properties,
            revive: _,
        } => given(step, properties, holders),
        Action::Update {
            target: _,
            was,
            will,
        } => changed(step, was, will, holders),
        Action::Link {
            from: _,
            relation,
            to: _,
        } => linked(step, relation, holders),
        Action::Delete { .. } | Action::Unlink { .. } => None,
    }
}

fn given(step: &Step, properties: &Properties, holders: &Holders<'_>) -> Option<(Reach, String)> {
    match step.entity.as_str() {
        "appRoleAssignment" | "unifiedRoleAssignment" => {
            holders.rated(properties).map(|rating| said(&rating))
        }
        "oAuth2PermissionGrant" => consent(properties, &[], holders),
        "federatedIdentityCredential" => Some(credential(
            &step.subject.root(),
            "tokens of another issuer",
            holders,
        )),
        _ => stored_credentials(step, &Properties::new(), properties, holders),
    }
}

fn changed(
    step: &Step,
    was: &Properties,
    will: &Properties,
    holders: &Holders<'_>,
) -> Option<(Reach, String)> {
    match step.entity.as_str() {
        "oAuth2PermissionGrant" => {
            let before: Vec<&str> = scopes(was);
            // What was written when the grant was made does not stand in the step.
            let mut whole = holders
                .observed_properties(step)
                .cloned()
                .unwrap_or_default();
            whole.extend(will.clone());
            consent(&whole, &before, holders)
        }
        "federatedIdentityCredential"
            if ["issuer", "subject", "audiences", "claimsMatchingExpression"]
                .iter()
                .any(|name| will.contains_key(*name)) =>
        {
            Some(credential(
                &step.subject.root(),
                "tokens of another issuer or subject",
                holders,
            ))
        }
        _ => stored_credentials(step, was, will, holders),
    }
}

/// Secrets and certificates of an application or a service principal.
fn stored_credentials(
    step: &Step,
    was: &Properties,
    will: &Properties,
    holders: &Holders<'_>,
) -> Option<(Reach, String)> {
    let has_more = ["keyCredentials", "passwordCredentials"]
        .iter()
        .any(|name| {
            let count = |properties: &Properties| {
                properties.get(*name).map_or(0, |value| value.items().len())
            };
            count(will) > 0 && will.get(*name) != was.get(*name)
        });
    has_more.then(|| credential(&step.subject.root(), "whoever holds it", holders))
}

/// Whoever has the credential is the application.
fn credential(application: &Address, who: &str, holders: &Holders<'_>) -> (Reach, String) {
    match holders.power_of_application(application) {
        Some(rating) => (
            rating.reach,
            format!("lets {who} sign in as an application that {}", rating.can()),
        ),
        None => (
            Reach::Narrow,
            format!("lets {who} sign in as the application"),
        ),
    }
}

fn linked(step: &Step, relation: &str, holders: &Holders<'_>) -> Option<(Reach, String)> {
    match (step.entity.as_str(), relation) {
        ("application" | "servicePrincipal", "owners") => {
            Some(match holders.power_of_application(&step.subject.root()) {
                Some(rating) => (
                    rating.reach,
                    format!(
                        "an owner can add a credential and sign in as an application that {}",
                        rating.can()
                    ),
                ),
                None => (
                    Reach::Narrow,
                    "an owner can add a credential and sign in as the application".to_owned(),
                ),
            })
        }
        ("group", "members" | "owners") => {
            let power = holders.power_of(&step.subject);
            let (reach, can) = match (power, holders.is_role_assignable(&step.subject)) {
                (Some(rating), _) => (rating.reach, rating.can()),
                (None, true) => (Reach::Broad, "may hold directory roles".to_owned()),
                (None, false) => return None,
            };
            Some((
                reach,
                match relation {
                    "owners" => format!("an owner can add members to a group that {can}"),
                    _ => format!("the group {can}, and a member has what the group has"),
                },
            ))
        }
        _ => None,
    }
}

/// A consent that holds for every user of the tenant; one for a single user is theirs to give.
fn consent(
    properties: &Properties,
    before: &[&str],
    holders: &Holders<'_>,
) -> Option<(Reach, String)> {
    let text = |name: &str| properties.get(name).and_then(Value::as_text);
    if text("consentType") != Some("AllPrincipals") {
        return None;
    }
    let is_graph = properties
        .get("resourceId")
        .is_some_and(|resource| holders.is_microsoft(resource));
    let new = scopes(properties)
        .into_iter()
        .filter(|scope| !before.contains(scope));
    let worst = new
        .filter(|_| is_graph)
        .filter_map(|scope| rating::permission(scope).map(|rating| (rating.reach, scope)))
        .min();
    Some(match worst {
        // Without the rights of the user who signs in it can do nothing, so it reaches one step less far.
        Some((Reach::Tenant, scope)) => (
            Reach::Broad,
            format!(
                "acts with {} for every user who signs in, administrators too",
                known_permission(scope)
            ),
        ),
        Some((Reach::Broad | Reach::Narrow, _)) | None => (
            Reach::Narrow,
            "is consented to for every user of the tenant".to_owned(),
        ),
    })
}

fn scopes(properties: &Properties) -> Vec<&str> {
    properties
        .get("scope")
        .and_then(Value::as_text)
        .map(|scope| scope.split_whitespace().collect())
        .unwrap_or_default()
}

/// The name as Graph publishes it: what else a scope is called stays out of our sentences.
fn known_permission(name: &str) -> &str {
    facts::graph_permission(name).map_or("a permission of Microsoft's", |known| known.name)
}

fn said(rating: &Rating) -> (Reach, String) {
    let means = match rating.how {
        Some(how) => format!("its holder can {how}"),
        None => rating.why().to_owned(),
    };
    (rating.reach, means)
}

#[cfg(test)]
mod tests;
