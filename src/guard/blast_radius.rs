//! `blast-radius`: how much one plan may delete.

use std::collections::BTreeSet;

use super::case::{objects, some_of};
use super::{Case, Guardrail};
use crate::address::Address;
use crate::finding::Finding;

pub(super) static GUARDRAIL: Guardrail = Guardrail {
    name: "blast-radius",
    code: "IDAC301",
    doc: "A plan deletes no more than `guardrails.blast-radius` allows.",
    check,
};

/// Below this many managed objects a share says little: one of three is already a third. octoDNS has the same
/// threshold for the same reason.
const MANAGED_MIN: usize = 10;

fn check(case: &Case<'_>) -> Vec<Finding> {
    let deleted = deleted(case);
    let limits = case.desired.settings.blast_radius;
    let named = some_of(&deleted.iter().map(Address::to_string).collect::<Vec<_>>());
    let count = deleted.len();
    let mut findings = Vec::new();
    if count as u64 > limits.deletes {
        findings.push(Finding::error(
            GUARDRAIL.code,
            &case.project(),
            format!(
                "the plan deletes {}, more than the {} that one plan may delete: {named}",
                objects(count),
                limits.deletes
            ),
            "split the change, or raise `guardrails.blast-radius.deletes` in a change of its own",
        ));
    }
    let managed = roots(case.applied.keys());
    let of_managed = deleted.intersection(&managed).count();
    if managed.len() >= MANAGED_MIN
        && of_managed as u64 * 100 > limits.percent * managed.len() as u64
    {
        findings.push(Finding::error(
            GUARDRAIL.code,
            &case.project(),
            format!(
                "the plan deletes {of_managed} of {} managed objects, more than the {} % that one plan may delete: {named}",
                managed.len(),
                limits.percent
            ),
            "split the change, or raise `guardrails.blast-radius.percent` in a change of its own",
        ));
    }
    findings
}

/// What goes: an object with all its parts counts once, a part whose object stays counts itself.
fn deleted(case: &Case<'_>) -> BTreeSet<Address> {
    let subjects: BTreeSet<&Address> = case.deletes().map(|step| &step.subject).collect();
    subjects
        .iter()
        .map(|subject| {
            let root = subject.root();
            if subjects.contains(&root) {
                root
            } else {
                (*subject).clone()
            }
        })
        .collect()
}

fn roots<'a>(addresses: impl Iterator<Item = &'a Address>) -> BTreeSet<Address> {
    addresses.map(Address::root).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::examples::Example;
    use crate::resolve::BlastRadius;

    fn example(managed: usize, deleted: usize) -> Example {
        let mut example = Example::new();
        example.desired.settings.blast_radius = BlastRadius {
            deletes: 4,
            percent: 25,
        };
        for at in 0..managed {
            let address = Address::new("group", &format!("team-{at:02}"));
            example.applied("group", &address);
            if at < deleted {
                example.delete(&address);
            }
        }
        example
    }

    #[test]
    fn more_deletes_than_allowed_are_refused() {
        let example = example(40, 5);
        assert_eq!(
            example.messages(check),
            [
                "identities/idac.yaml:1: the plan deletes 5 objects, more than the 4 that one plan may delete: \
              group/team-00, group/team-01, group/team-02 and 2 more"
            ]
        );
    }

    #[test]
    fn a_larger_share_than_allowed_is_refused() {
        let example = example(10, 3);
        assert_eq!(
            example.messages(check),
            [
                "identities/idac.yaml:1: the plan deletes 3 of 10 managed objects, more than the 25 % that one plan \
              may delete: group/team-00, group/team-01, group/team-02"
            ]
        );
    }

    #[test]
    fn a_few_deletes_of_many_or_of_very_few_objects_are_fine() {
        assert_eq!(example(40, 4).messages(check), [""; 0]);
        assert_eq!(example(3, 3).messages(check), [""; 0]);
    }

    #[test]
    fn an_application_counts_once_with_all_its_parts() {
        let mut example = Example::new();
        example.desired.settings.blast_radius.deletes = 0;
        let address = Address::new("application", "payments-api");
        example.applied("application", &address);
        for part in [
            "",
            "servicePrincipal",
            "federatedIdentityCredentials/deploy",
        ] {
            let subject = match part {
                "" => address.clone(),
                part => address.part(part),
            };
            example.delete(&subject);
        }
        assert_eq!(
            example.messages(check),
            [
                "identities/idac.yaml:1: the plan deletes 1 object, more than the 0 that one plan may delete: \
              application/payments-api"
            ]
        );
    }
}
