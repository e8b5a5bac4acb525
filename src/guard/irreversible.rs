//! `irreversible`: what cannot be undone is said before it is done.

use super::{Case, Guardrail};
use crate::finding::Finding;
use crate::plan::Inverse;

pub(super) static GUARDRAIL: Guardrail = Guardrail {
    name: "irreversible",
    code: "IDAC304",
    doc: "Every step that cannot be undone is listed.",
    check,
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for step in &case.plan.steps {
        match &step.inverse {
            Inverse::Irreversible(why) => findings.push(Finding::warning(
                GUARDRAIL.code,
                &case.origin(&step.subject),
                format!(
                    "the plan {}, which cannot be undone: {why}",
                    case.deed(step)
                ),
                "make sure that it is meant: no roll back brings it back",
            )),
            Inverse::Undo(_)
            | Inverse::DeleteCreated
            | Inverse::RestoreDeleted
            | Inverse::LeaveBehind(_) => {}
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use crate::guard::examples::Example;

    #[test]
    fn a_step_that_cannot_be_undone_is_listed() {
        let mut example = Example::new();
        let group = Address::new("group", "payments");
        example.applied("group", &group);
        example.delete(&group).inverse =
            Inverse::Irreversible("this tenant keeps no deleted groups".to_owned());
        assert_eq!(
            example.messages(check),
            [
                "identities/idac.yaml:1: the plan deletes group/payments, which cannot be undone: this tenant keeps \
              no deleted groups"
            ]
        );
    }

    #[test]
    fn a_delete_that_the_recycle_bin_undoes_is_not() {
        let mut example = Example::new();
        let group = Address::new("group", "payments");
        example.applied("group", &group);
        example.delete(&group);
        assert_eq!(example.messages(check), [""; 0]);
    }
}
