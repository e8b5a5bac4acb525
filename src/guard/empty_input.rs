//! `empty-input`: an empty root is never "delete everything".

use super::case::objects;
use super::{Case, Guardrail};
use crate::finding::Finding;
use crate::object::Management;

pub(super) static GUARDRAIL: Guardrail = Guardrail {
    name: "empty-input",
    code: "IDAC302",
    doc: "A root that declares nothing is never taken to mean that everything is deleted.",
    check,
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let declares = case
        .desired
        .objects
        .values()
        .any(|object| object.management == Management::Managed);
    let managed = case
        .applied
        .keys()
        .filter(|address| address.part_name().is_empty())
        .count();
    if declares || managed == 0 {
        return Vec::new();
    }
    vec![Finding::error(
        GUARDRAIL.code,
        &case.project(),
        format!(
            "the root declares nothing for `{}`, although the last receipt has {}",
            case.desired.environment,
            objects(managed)
        ),
        "read the right root and check `onlyIn`; an empty root never means that everything is deleted",
    )]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use crate::guard::examples::Example;

    #[test]
    fn a_root_that_declares_nothing_deletes_nothing() {
        let mut example = Example::new();
        let group = Address::new("group", "payments");
        example.applied("group", &group);
        example.delete(&group);
        example.refer_to_user("ana@contoso.com");
        assert_eq!(
            example.messages(check),
            [
                "identities/idac.yaml:1: the root declares nothing for `prod`, although the last receipt has 1 object"
            ]
        );
    }

    #[test]
    fn a_root_that_never_declared_anything_is_fine() {
        assert_eq!(Example::new().messages(check), [""; 0]);
    }

    #[test]
    fn a_root_that_still_declares_something_is_fine() {
        let mut example = Example::new();
        let group = Address::new("group", "payments");
        example.applied("group", &group);
        example.desire("group", &Address::new("group", "billing"));
        assert_eq!(example.messages(check), [""; 0]);
    }
}
