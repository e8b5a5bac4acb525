//! `privileged-consent`: application permissions of Microsoft Graph with which their holder can take the tenant.

use super::{Case, Guardrail};
use crate::finding::Finding;
use crate::object::{Part, Value};
use crate::plan::{Action, Step};

pub(super) static GUARDRAIL: Guardrail = Guardrail {
    name: "privileged-consent",
    code: "IDAC306",
    doc: "Every new grant of an application permission that can take over the tenant is listed.",
    check,
};

/// An application permission with which its holder can get any other.
struct Takeover {
    permission: &'static str,
    app_role_id: &'static str,
    /// How: completes "its holder can …".
    how: &'static str,
}

/// The permissions from which a way to Global Administrator is known without a further condition on the tenant, as
/// EntraOps (github.com/Cloud-Architekt/AzurePrivilegedIAM, control plane), Maester (MT.1050, MT.1051) and
/// BloodHound (AZMG edges) rate them; ids from `graph/facts/permissions.txt`. Read 2026-08.
static TAKEOVERS: &[Takeover] = &[
    takeover(
        "AppRoleAssignment.ReadWrite.All",
        "06b708a9-e830-4db3-a914-8e69da51d44f",
        "grant itself every other permission",
    ),
    takeover(
        "Application.ReadWrite.All",
        "1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9",
        "sign in as any application of the tenant",
    ),
    takeover(
        "Directory.ReadWrite.All",
        "19dbc75e-c2e2-444c-a770-ec69d8559fc7",
        "become a member or an owner of almost any group and service principal",
    ),
    takeover(
        "Domain.ReadWrite.All",
        "7e05723c-0bb0-42da-be95-ae9f08a6e53c",
        "federate a domain and sign in as any of its users",
    ),
    takeover(
        "EntitlementManagement.ReadWrite.All",
        "9acd699f-1e81-4958-b001-93b1d2506e19",
        "hand out every group and directory role that access packages hold",
    ),
    takeover(
        "Group.ReadWrite.All",
        "62a82d76-70ea-41e2-9197-370581804d09",
        "join any group that is not role-assignable",
    ),
    takeover(
        "GroupMember.ReadWrite.All",
        "dbaae8cf-10b5-4b86-a4a1-f871c94c6695",
        "join any group that is not role-assignable",
    ),
    takeover(
        "Policy.ReadWrite.ConditionalAccess",
        "01c0a623-fc9b-48e9-b794-0756f8e8f067",
        "lock everybody out, or let anybody in",
    ),
    takeover(
        "Policy.ReadWrite.PermissionGrant",
        "a402ca1c-2696-4531-972d-6e5ee4aa11ea",
        "let itself consent to every other permission",
    ),
    takeover(
        "PrivilegedAccess.ReadWrite.AzureADGroup",
        "2f6817f8-7b12-4f0f-bc18-eeaf60705a9e",
        "join role-assignable groups",
    ),
    takeover(
        "PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup",
        "41202f2c-f7ab-45be-b001-85c9728b9d69",
        "join role-assignable groups",
    ),
    takeover(
        "PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup",
        "618b6020-bca8-4de6-99f6-ef445fa4d857",
        "become eligible for role-assignable groups",
    ),
    takeover(
        "RoleAssignmentSchedule.ReadWrite.Directory",
        "dd199f4a-f148-40a4-a2ec-f0069cc799ec",
        "assign itself any directory role",
    ),
    takeover(
        "RoleEligibilitySchedule.ReadWrite.Directory",
        "fee28b28-e1f3-4841-818e-2704dc62245f",
        "make itself eligible for any directory role",
    ),
    takeover(
        "RoleManagement.ReadWrite.Directory",
        "9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8",
        "assign itself any directory role",
    ),
    takeover(
        "UserAuthenticationMethod.ReadWrite.All",
        "50483e42-d915-4231-9639-7fdb7fd190e5",
        "give itself a way to sign in as any user",
    ),
];

const fn takeover(
    permission: &'static str,
    app_role_id: &'static str,
    how: &'static str,
) -> Takeover {
    Takeover {
        permission,
        app_role_id,
        how,
    }
}

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
            takeover.permission,
            takeover.how
        ),
        "ask for a lesser permission where one is enough",
    ))
}

/// Ids of app roles are unique in the world, so the resource need not be looked at. The id is not known yet when
/// the service principal of Microsoft Graph is itself created by the plan; then it stands there by its name.
fn takeover_of(app_role: &Value) -> Option<&'static Takeover> {
    match app_role {
        Value::Text(id) => TAKEOVERS
            .iter()
            .find(|takeover| takeover.app_role_id.eq_ignore_ascii_case(id)),
        Value::Computed(template) => match template.0.as_slice() {
            // A declared application may call an app role of its own what it likes.
            [Part::Property { of, property }] if of.kind() != "application" => {
                let value = property.strip_prefix("appRoles[")?.strip_suffix(']')?;
                TAKEOVERS
                    .iter()
                    .find(|takeover| takeover.permission == value)
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
    use crate::graph::facts;
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
        assert_eq!(
            found(&graph).map(|takeover| takeover.how),
            Some("grant itself every other permission")
        );
        assert!(found(&own).is_none());
    }

    #[test]
    fn a_permission_that_only_reads_is_fine() {
        assert_eq!(grant("User.Read.All").messages(check), [""; 0]);
    }

    #[test]
    fn the_table_is_in_order_and_has_the_ids_that_graph_publishes() {
        for takeover in TAKEOVERS {
            let published = facts::graph_permission(takeover.permission)
                .and_then(|permission| permission.application_id);
            assert_eq!(
                published,
                Some(takeover.app_role_id),
                "{}",
                takeover.permission
            );
        }
        assert!(TAKEOVERS.is_sorted_by_key(|takeover| takeover.permission));
    }
}
