//! `privileged-role`: a privileged directory role in the whole tenant.

use super::{Case, Guardrail};
use crate::finding::Finding;
use crate::graph::facts::{self, Privilege};
use crate::object::Value;
use crate::plan::{Action, Step};

pub(super) static GUARDRAIL: Guardrail = Guardrail {
    name: "privileged-role",
    code: "IDAC307",
    doc: "Every new assignment of a privileged directory role in the whole tenant is listed.",
    check,
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    case.plan
        .steps
        .iter()
        .filter_map(|step| check_step(case, step))
        .collect()
}

fn check_step(case: &Case<'_>, step: &Step) -> Option<Finding> {
    let Action::Create { properties, .. } = &step.action else {
        return None;
    };
    let text = |name: &str| properties.get(name).and_then(Value::as_text);
    if step.entity != "unifiedRoleAssignment" || text("directoryScopeId") != Some("/") {
        return None;
    }
    let role = facts::directory_role_by_id(text("roleDefinitionId")?)?;
    match role.privilege {
        Privilege::Plain => None,
        Privilege::Privileged => Some(Finding::warning(
            GUARDRAIL.code,
            &case.origin(&step.subject),
            format!(
                "the plan assigns the privileged directory role `{}` to {} in the whole tenant",
                role.name,
                case.value_name(properties.get("principalId")?)
            ),
            "assign a lesser directory role, or a smaller directory scope, where that is enough",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use crate::guard::examples::{Example, id_of};

    fn assignment(role: &str, scope: &str) -> Example {
        let mut example = Example::new();
        example.refer_to_user("ana@contoso.com");
        let address = Address::new("directoryRoleAssignment", "admin");
        example.desire("unifiedRoleAssignment", &address);
        let role = facts::directory_role(role).expect("a built-in directory role");
        example.create(
            "unifiedRoleAssignment",
            &address,
            &[
                ("directoryScopeId", scope),
                ("principalId", id_of("ana@contoso.com").as_str()),
                ("roleDefinitionId", role.template_id),
            ],
        );
        example
    }

    #[test]
    fn a_privileged_directory_role_in_the_whole_tenant_is_named() {
        assert_eq!(
            assignment("Global Administrator", "/").messages(check),
            [
                "identities/admin.yaml:1: the plan assigns the privileged directory role `Global Administrator` to \
              user/ana@contoso.com in the whole tenant"
            ]
        );
    }

    #[test]
    fn a_lesser_role_or_a_smaller_scope_is_fine() {
        let role = assignment("Reports Reader", "/");
        assert_eq!(role.messages(check), [""; 0]);
        let scope = assignment("Global Administrator", "/administrativeUnits/1");
        assert_eq!(scope.messages(check), [""; 0]);
    }
}
