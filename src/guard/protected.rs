//! `protected`: objects that no plan may delete or weaken.

use std::collections::BTreeMap;

use super::{Case, Guardrail};
use crate::address::{Address, ObjectId};
use crate::finding::{Finding, Origin};
use crate::object::{Deletion, ObservedObject, Value};
use crate::plan::{Action, Step, Target};

pub(super) static GUARDRAIL: Guardrail = Guardrail {
    name: "protected",
    code: "IDAC308",
    doc: "No plan deletes an object under `protect: true` or listed in `protected`, or takes anything from it.",
    check,
};

/// Why an object is protected: what to do about a refusal differs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Because {
    Listed,
    Declared,
    /// The flag, or the whole document, is gone; the last receipt still has it.
    Applied,
}

impl Because {
    fn text(self) -> &'static str {
        match self {
            Because::Listed => "which `protected` in idac.yaml lists",
            Because::Declared => "which is under `protect: true`",
            Because::Applied => "which was under `protect: true` when it was last applied",
        }
    }

    fn remedy(self) -> &'static str {
        match self {
            Because::Listed => {
                "leave it as it is, or take it off the list in a change of its own first"
            }
            Because::Declared => {
                "leave it as it is, or remove `protect` and apply that in a change of its own first"
            }
            Because::Applied => {
                "declare it again; to let it go, apply it once with its document and without `protect`"
            }
        }
    }
}

/// The declared objects that are protected, and the ids by which links and assignments name them.
struct Protected {
    objects: BTreeMap<Address, Because>,
    ids: BTreeMap<ObjectId, Address>,
}

fn check(case: &Case<'_>) -> Vec<Finding> {
    let protected = protected(case);
    case.plan
        .steps
        .iter()
        .filter_map(|step| check_step(case, &protected, step))
        .collect()
}

fn protected(case: &Case<'_>) -> Protected {
    let mut objects = BTreeMap::new();
    for (address, object) in case.applied {
        if object.deletion == Deletion::Protected {
            objects.insert(address.root(), Because::Applied);
        }
    }
    for (address, object) in &case.desired.objects {
        if object.deletion == Deletion::Protected {
            objects.insert(address.root(), Because::Declared);
        }
    }
    for address in &case.desired.settings.protected {
        objects.insert(address.root(), Because::Listed);
    }
    let ids = objects
        .keys()
        .flat_map(|address| [address.clone(), address.part("servicePrincipal")])
        .filter_map(|address| {
            let id = case.observed(&address)?.id.clone();
            Some((id, address.root()))
        })
        .collect();
    Protected { objects, ids }
}

fn check_step(case: &Case<'_>, protected: &Protected, step: &Step) -> Option<Finding> {
    let weakens = match &step.action {
        Action::Delete { .. } | Action::Unlink { .. } => true,
        Action::Update { was, will, .. } => switches_off(was.get(ENABLED), will.get(ENABLED)),
        Action::Create { .. } | Action::Link { .. } => false,
    };
    if !weakens {
        return None;
    }
    let root = step.subject.root();
    if let Some(because) = protected.objects.get(&root) {
        let origin = place(case, step);
        return Some(refuse(&origin, &deed(case, step), None, *because));
    }
    let address = taken_from(protected, step)?;
    let because = *protected.objects.get(address)?;
    let origin = place(case, step);
    Some(refuse(&origin, &deed(case, step), Some(address), because))
}

const ENABLED: &str = "accountEnabled";

fn switches_off(was: Option<&Value>, will: Option<&Value>) -> bool {
    will == Some(&Value::Bool(false)) && was != will
}

/// What the step does to the protected object; an account that is switched off is said so.
fn deed(case: &Case<'_>, step: &Step) -> String {
    match &step.action {
        Action::Update { .. } => format!("switches off {}", step.subject),
        Action::Create { .. }
        | Action::Delete { .. }
        | Action::Link { .. }
        | Action::Unlink { .. } => case.deed(step),
    }
}

/// Where the step comes from: the relation that leaves something out, else the object.
fn place(case: &Case<'_>, step: &Step) -> Origin {
    match &step.action {
        Action::Unlink { relation, .. } => case.relation_origin(&step.subject, relation),
        Action::Create { .. }
        | Action::Update { .. }
        | Action::Delete { .. }
        | Action::Link { .. } => case.origin(&step.subject),
    }
}

/// The protected object that loses something which another object holds: a membership, an ownership, an
/// assignment, a grant.
fn taken_from<'a>(protected: &'a Protected, step: &Step) -> Option<&'a Address> {
    match &step.action {
        Action::Unlink { to, .. } => match to {
            Target::Existing(id) => protected.ids.get(id),
            Target::Planned(_) => None,
        },
        Action::Delete { was, .. } => holders(was).find_map(|id| protected.ids.get(&id)),
        Action::Create { .. } | Action::Update { .. } | Action::Link { .. } => None,
    }
}

/// Who holds what the deleted object was: the principal of an assignment, the client of a grant.
fn holders(was: &ObservedObject) -> impl Iterator<Item = ObjectId> {
    ["principalId", "clientId"]
        .into_iter()
        .filter_map(|property| was.text(property))
        .map(ObjectId::new)
}

fn refuse(origin: &Origin, deed: &str, of: Option<&Address>, because: Because) -> Finding {
    let message = match of {
        None => format!("the plan {deed}, {}", because.text()),
        Some(address) => format!(
            "the plan {deed} and so takes something from {address}, {}",
            because.text()
        ),
    };
    Finding::error(GUARDRAIL.code, origin, message, because.remedy())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::examples::{Example, id_of};

    fn break_glass() -> (Example, Address) {
        let mut example = Example::new();
        let group = Address::new("group", "break-glass");
        example.applied("group", &group);
        example.observe("group", &group);
        (example, group)
    }

    #[test]
    fn protection_outlives_the_document_that_asked_for_it() {
        let (mut example, group) = break_glass();
        example.applied("group", &group).deletion = Deletion::Protected;
        example.delete(&group);
        assert_eq!(
            example.messages(check),
            [
                "identities/idac.yaml:1: the plan deletes group/break-glass, which was under `protect: true` when it \
              was last applied"
            ]
        );
    }

    #[test]
    fn an_object_on_the_list_loses_no_member() {
        let (mut example, group) = break_glass();
        example.desire("group", &group);
        example.desired.settings.protected.insert(group.clone());
        example.refer_to_user("ana@contoso.com");
        example.unlink(&group, "members", "ana@contoso.com");
        assert_eq!(
            example.messages(check),
            [
                "identities/break-glass.yaml:1: the plan removes user/ana@contoso.com from the members of \
              group/break-glass, which `protected` in idac.yaml lists"
            ]
        );
    }

    #[test]
    fn a_protected_application_keeps_its_service_principal_switched_on_and_its_parts() {
        let mut example = Example::new();
        let application = Address::new("application", "payments-api");
        example.desire("application", &application).deletion = Deletion::Protected;
        let client = application.part("servicePrincipal");
        example.update(
            &client,
            &[("accountEnabled", Value::Bool(true), Value::Bool(false))],
        );
        example.delete(&application.part("federatedIdentityCredentials/deploy"));
        assert_eq!(
            example.messages(check),
            [
                "identities/payments-api.yaml:1: the plan switches off application/payments-api/servicePrincipal, \
              which is under `protect: true`",
                "identities/payments-api.yaml:1: the plan deletes \
              application/payments-api/federatedIdentityCredentials/deploy, which is under `protect: true`"
            ]
        );
    }

    #[test]
    fn a_protected_user_keeps_the_directory_role_and_the_membership_that_others_hold() {
        let mut example = Example::new();
        let user = example.refer_to_user("ana@contoso.com");
        example.desired.settings.protected.insert(user);
        let group = Address::new("group", "admins");
        example.desire("group", &group);
        example.unlink(&group, "members", "ana@contoso.com");
        let assignment = Address::new("directoryRoleAssignment", "admin");
        let step = example.delete(&assignment);
        if let Action::Delete { was, .. } = &mut step.action {
            let principal = Value::text(id_of("ana@contoso.com").as_str());
            was.properties.insert("principalId".to_owned(), principal);
        }
        assert_eq!(
            example.messages(check),
            [
                "identities/admins.yaml:1: the plan removes user/ana@contoso.com from the members of group/admins \
              and so takes something from user/ana@contoso.com, which `protected` in idac.yaml lists",
                "identities/idac.yaml:1: the plan deletes directoryRoleAssignment/admin and so takes something from \
              user/ana@contoso.com, which `protected` in idac.yaml lists"
            ]
        );
    }

    #[test]
    fn what_is_not_protected_may_go_and_what_is_may_grow() {
        let (mut example, group) = break_glass();
        example.desire("group", &group).deletion = Deletion::Protected;
        example.refer_to_user("ana@contoso.com");
        example.link(&group, "members", "ana@contoso.com");
        let other = Address::new("group", "payments");
        example.applied("group", &other);
        example.delete(&other);
        assert_eq!(example.messages(check), [""; 0]);
    }
}
