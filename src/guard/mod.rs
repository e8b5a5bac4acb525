//! Takes a `Case`, gives `Finding`s; never changes the plan.
//!
//! One file a guardrail; [`GUARDRAILS`] is the only list of them.

mod blast_radius;
mod case;
mod empty_input;
#[cfg(test)]
mod examples;
mod identifier_uri;
mod irreversible;
mod last_owner;
mod privileged_consent;
mod privileged_role;
mod protected;

pub use case::Case;

use crate::finding::{self, Finding};

/// What every guardrail has to say about the case, in the order in which people read it.
pub fn guard(case: &Case<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = GUARDRAILS
        .iter()
        .flat_map(|guardrail| (guardrail.check)(case))
        .collect();
    finding::sort(&mut findings);
    findings
}

/// One check of a plan.
pub struct Guardrail {
    /// As people name it.
    pub name: &'static str,
    /// The code of all its findings.
    pub code: &'static str,
    /// What it guards, in a sentence.
    pub doc: &'static str,
    /// What it has to say about a case.
    pub check: fn(&Case<'_>) -> Vec<Finding>,
}

/// Every guardrail, in the order of the alphabet.
pub static GUARDRAILS: &[&Guardrail] = &[
    &blast_radius::GUARDRAIL,
    &empty_input::GUARDRAIL,
    &identifier_uri::GUARDRAIL,
    &irreversible::GUARDRAIL,
    &last_owner::GUARDRAIL,
    &privileged_consent::GUARDRAIL,
    &privileged_role::GUARDRAIL,
    &protected::GUARDRAIL,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::code;

    #[test]
    fn every_guardrail_has_a_code_that_can_be_explained() {
        for guardrail in GUARDRAILS {
            assert!(code(guardrail.code).is_some(), "{}", guardrail.name);
        }
    }

    #[test]
    fn no_two_guardrails_share_a_name_or_a_code_and_names_are_in_order() {
        for pair in GUARDRAILS.windows(2) {
            assert!(pair[0].name < pair[1].name, "{}", pair[1].name);
            assert!(pair[0].code < pair[1].code, "{}", pair[1].code);
        }
    }
}
