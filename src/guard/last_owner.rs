//! `last-owner`: nobody is left who may manage an object.

use std::collections::BTreeSet;

use super::{Case, Guardrail};
use crate::finding::Finding;
use crate::kind::entity::Last;
use crate::kind::find_entity;
use crate::object::ObservedObject;
use crate::plan::{Action, Step, Target};

pub(super) static GUARDRAIL: Guardrail = Guardrail {
    name: "last-owner",
    code: "IDAC305",
    doc: "A plan does not take the last owner of an object that had one.",
    check,
};

const OWNERS: &str = "owners";

fn check(case: &Case<'_>) -> Vec<Finding> {
    let losing: BTreeSet<&Target> = case
        .plan
        .steps
        .iter()
        .filter_map(|step| match &step.action {
            Action::Unlink { from, relation, .. } if relation == OWNERS => Some(from),
            Action::Unlink { .. }
            | Action::Create { .. }
            | Action::Update { .. }
            | Action::Delete { .. }
            | Action::Link { .. } => None,
        })
        .collect();
    losing
        .into_iter()
        .filter_map(|target| check_target(case, target))
        .collect()
}

fn check_target(case: &Case<'_>, target: &Target) -> Option<Finding> {
    let Target::Existing(id) = target else {
        return None;
    };
    let observed = case.snapshot.objects.get(id)?;
    let before: BTreeSet<Target> = observed
        .links
        .get(OWNERS)?
        .iter()
        .map(|id| Target::Existing(id.clone()))
        .collect();
    let mut after = before.clone();
    let mut subject = None;
    for step in &case.plan.steps {
        match &step.action {
            Action::Link { from, relation, to } if from == target && relation == OWNERS => {
                after.insert(to.clone());
            }
            Action::Unlink { from, relation, to } if from == target && relation == OWNERS => {
                after.remove(to);
                subject = Some(step);
            }
            Action::Delete { target: gone, .. } if gone == target => return None,
            Action::Link { .. }
            | Action::Unlink { .. }
            | Action::Delete { .. }
            | Action::Create { .. }
            | Action::Update { .. } => {}
        }
    }
    judge(case, subject?, observed, &before, &after)
}

fn judge(
    case: &Case<'_>,
    step: &Step,
    observed: &ObservedObject,
    before: &BTreeSet<Target>,
    after: &BTreeSet<Target>,
) -> Option<Finding> {
    let subject = &step.subject;
    let origin = case.relation_origin(subject, OWNERS);
    let has_user = |owners: &BTreeSet<Target>| owners.iter().any(|owner| is_user(case, owner));
    let last = find_entity(&observed.entity)
        .and_then(|entity| entity.relation(OWNERS))
        .map(|relation| relation.last);
    if last == Some(Last::KeptByGraph) && has_user(before) && !has_user(after) {
        return Some(Finding::error(
            GUARDRAIL.code,
            &origin,
            format!(
                "the plan takes the last owner of {subject} who is a person, which Graph refuses"
            ),
            "keep one user among the owners, or name another",
        ));
    }
    (!before.is_empty() && after.is_empty()).then(|| {
        Finding::warning(
            GUARDRAIL.code,
            &origin,
            format!(
                "the plan leaves {subject} without an owner: only administrators can manage it then"
            ),
            "name an owner, unless that is what is wanted",
        )
    })
}

fn is_user(case: &Case<'_>, owner: &Target) -> bool {
    match owner {
        Target::Existing(id) => case.snapshot.types.get(id).is_some_and(|is| is == "user"),
        // idac creates no users.
        Target::Planned(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use crate::guard::examples::{Example, id_of};

    fn owned(entity: &'static str, name: &str, owners: &[(&str, &str)]) -> (Example, Address) {
        let mut example = Example::new();
        let address = Address::new(entity, name);
        example.desire(entity, &address);
        let links = owners
            .iter()
            .map(|(owner, is)| {
                let id = id_of(owner);
                example.snapshot.types.insert(id.clone(), (*is).to_owned());
                id
            })
            .collect();
        example
            .observe(entity, &address)
            .links
            .insert("owners".to_owned(), links);
        (example, address)
    }

    #[test]
    fn graph_keeps_the_last_person_who_owns_a_group() {
        let owners = [("ana", "user"), ("pipeline", "servicePrincipal")];
        let (mut example, group) = owned("group", "payments", &owners);
        example.unlink(&group, "owners", "ana");
        assert_eq!(
            example.messages(check),
            [
                "identities/payments.yaml:1: the plan takes the last owner of group/payments who is a person, which \
              Graph refuses"
            ]
        );
    }

    #[test]
    fn an_application_without_owners_is_worth_a_look() {
        let (mut example, application) = owned("application", "payments-api", &[("ana", "user")]);
        example.unlink(&application, "owners", "ana");
        assert_eq!(
            example.messages(check),
            [
                "identities/payments-api.yaml:1: the plan leaves application/payments-api without an owner: only \
              administrators can manage it then"
            ]
        );
    }

    #[test]
    fn an_owner_who_is_replaced_or_goes_with_the_object_is_fine() {
        let (mut example, group) = owned("group", "payments", &[("ana", "user")]);
        example
            .snapshot
            .types
            .insert(id_of("ben"), "user".to_owned());
        example.link(&group, "owners", "ben");
        example.unlink(&group, "owners", "ana");
        assert_eq!(example.messages(check), [""; 0]);

        let (mut example, group) = owned("group", "payments", &[("ana", "user")]);
        example.unlink(&group, "owners", "ana");
        example.delete(&group);
        assert_eq!(example.messages(check), [""; 0]);
    }
}
