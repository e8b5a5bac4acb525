//! `privileged-consent`: application permissions of Microsoft Graph with which their holder can take the tenant.

use super::{Case, Guardrail};
use crate::finding::Finding;
use crate::graph::facts;
use crate::object::{Part, Value};
use crate::plan::{Action, Step};
use crate::privilege;

pub(super) static GUARDRAIL: Guardrail = Guardrail {
    name: "privileged-consent",
    code: "IDAC306",
    doc: "Every new grant of an application permission that can take over the tenant is listed.",
    check,
};

/// The application permissions from which a way to Global Administrator is known without a further condition on the
/// tenant, as EntraOps (github.com/Cloud-Architekt/AzurePrivilegedIAM, control plane), Maester (MT.1050, MT.1051) and
/// BloodHound (AZMG edges) rate them. Read 2026-08. What their holder can do is told by `privilege`.
static TAKEOVERS: &[&str] = &[
    "AppRoleAssignment.ReadWrite.All",
    "Application.ReadWrite.All",
    "Directory.ReadWrite.All",
    "Domain.ReadWrite.All",
    "EntitlementManagement.ReadWrite.All",
    "Group.ReadWrite.All",
    "GroupMember.ReadWrite.All",
    "Policy.ReadWrite.ConditionalAccess",
    "Policy.ReadWrite.PermissionGrant",
    "PrivilegedAccess.ReadWrite.AzureADGroup",
    "PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup",
    "PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup",
    "RoleAssignmentSchedule.ReadWrite.Directory",
    "RoleEligibilitySchedule.ReadWrite.Directory",
    "RoleManagement.ReadWrite.Directory",
    "UserAuthenticationMethod.ReadWrite.All",
];

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
    if step.entity != "appRoleAssignment" {
        return None;
    }
    let takeover = takeover_of(properties.get("appRoleId")?)?;
    Some(Finding::warning(
        GUARDRAIL.code,
        &case.origin(&step.subject),
        format!(
            "the plan grants {} the application permission `{}` of Microsoft Graph: its holder can {}",
            case.value_name(properties.get("principalId")?),
            takeover,
            privilege::way_to_the_tenant(takeover)?
        ),
        "ask for a lesser permission where one is enough",
    ))
}

/// Ids of app roles are unique in the world, so the resource need not be looked at. The id is not known yet when
/// the service principal of Microsoft Graph is itself created by the plan; then it stands there by its name.
fn takeover_of(app_role: &Value) -> Option<&'static str> {
    match app_role {
        Value::Text(id) => TAKEOVERS.iter().copied().find(|takeover| {
            facts::graph_permission(takeover)
                .and_then(|permission| permission.application_id)
                .is_some_and(|published| published.eq_ignore_ascii_case(id))
        }),
        Value::Computed(template) => match template.0.as_slice() {
            // A declared application may call an app role of its own what it likes.
            [Part::Property { of, property }] if of.kind() != "application" => {
                let value = property.strip_prefix("appRoles[")?.strip_suffix(']')?;
                TAKEOVERS
                    .iter()
                    .copied()
                    .find(|takeover| *takeover == value)
            }
            _ => None,
        },
        Value::Null | Value::Bool(_) | Value::Integer(_) | Value::List(_) | Value::Map(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use crate::guard::examples::Example;

    fn grant(permission: &str) -> Example {
        let mut example = Example::new();
        let application = Address::new("application", "payments-api");
        let client = application.part("servicePrincipal");
        let address = application.part(&format!("appRoleAssignments/Microsoft Graph:{permission}"));
        example.desire("application", &application);
        let known = facts::graph_permission(permission).expect("a published permission");
        let id = known.application_id.expect("an application permission");
        let step = example.create("appRoleAssignment", &address, &[("appRoleId", id)]);
        if let Action::Create { properties, .. } = &mut step.action {
            let principal = Value::property(&client, "id");
            properties.insert("principalId".to_owned(), principal);
        }
        example
    }

    #[test]
    fn a_permission_that_can_take_the_tenant_is_named() {
        assert_eq!(
            grant("RoleManagement.ReadWrite.Directory").messages(check),
            [
                "identities/payments-api.yaml:1: the plan grants application/payments-api/servicePrincipal the \
              application permission `RoleManagement.ReadWrite.Directory` of Microsoft Graph: its holder can assign \
              itself any directory role"
            ]
        );
    }

    #[test]
    fn a_permission_is_known_by_its_name_before_it_has_an_id() {
        let graph = Address::new("servicePrincipal", "Microsoft Graph");
        let own = Address::new("application", "payments-api");
        let property = "appRoles[AppRoleAssignment.ReadWrite.All]";
        let found = |of: &Address| takeover_of(&Value::property(of, property));
        assert_eq!(found(&graph), Some("AppRoleAssignment.ReadWrite.All"));
        assert!(found(&own).is_none());
    }

    #[test]
    fn a_permission_that_only_reads_is_fine() {
        assert_eq!(grant("User.Read.All").messages(check), [""; 0]);
    }

    #[test]
    fn the_table_is_in_order_and_of_each_entry_graph_publishes_an_id_and_a_way_is_known() {
        for takeover in TAKEOVERS {
            let published =
                facts::graph_permission(takeover).and_then(|permission| permission.application_id);
            assert!(published.is_some(), "{takeover}");
            assert!(
                privilege::way_to_the_tenant(takeover).is_some(),
                "{takeover}"
            );
        }
        assert!(TAKEOVERS.is_sorted());
    }
}
