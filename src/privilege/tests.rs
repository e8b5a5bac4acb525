//! What steps give, read from plans made by hand.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::*;
use crate::address::{Name, ObjectId, TenantId};
use crate::digest::Digest;
use crate::object::{Deletion, ObservedObject};
use crate::plan::{Basis, Inverse, ManagedObject, Reason, Risk, Target};

const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";
const ROLE_MANAGEMENT: &str = "9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8";
const SP: &str = "11111111-0000-4000-8000-000000000001";
const GROUP: &str = "11111111-0000-4000-8000-000000000002";

struct Case {
    plan: Plan,
    snapshot: Snapshot,
}

impl Case {
    fn new() -> Case {
        let tenant = TenantId::new("7f3c2a10-0000-4000-8000-000000000001");
        Case {
            plan: Plan {
                basis: Basis {
                    tenant: tenant.clone(),
                    environment: Name::new("prod"),
                    declaration: Digest::of(&1),
                    snapshot: Digest::of(&2),
                    observed: BTreeMap::new(),
                    version: "0.1.0".to_owned(),
                },
                steps: Vec::new(),
                left_alone: Vec::new(),
                objects: BTreeMap::new(),
            },
            snapshot: Snapshot {
                tenant,
                domains: Vec::new(),
                objects: BTreeMap::new(),
                deleted: BTreeMap::new(),
                types: BTreeMap::new(),
                totals: BTreeMap::new(),
            },
        }
    }

    fn step(mut self, subject: &str, entity: &str, action: Action) -> Case {
        let id = StepId(u32::try_from(self.plan.steps.len()).expect("few steps") + 1);
        self.plan.steps.push(Step {
            id,
            subject: Address::parse(subject).expect("an address"),
            entity: entity.to_owned(),
            parent: None,
            inverse: Inverse::DeleteCreated,
            action,
            after: BTreeSet::new(),
            lane: None,
            reason: Reason::Declared,
            risk: Risk::GrantsAccess,
        });
        self
    }

    fn create(self, subject: &str, entity: &str, properties: serde_json::Value) -> Case {
        let action = Action::Create {
            properties: serde_json::from_value(properties).expect("properties"),
            revive: None,
        };
        self.step(subject, entity, action)
    }

    fn link(self, subject: &str, entity: &str, relation: &str) -> Case {
        let action = Action::Link {
            from: Target::Planned(Address::parse(subject).expect("an address")),
            relation: relation.to_owned(),
            to: Target::Existing(ObjectId::new("ana")),
        };
        self.step(subject, entity, action)
    }

    fn managed(mut self, address: &str, entity: &str, id: &str) -> Case {
        let object = ManagedObject {
            entity: entity.to_owned(),
            target: Target::Existing(ObjectId::new(id)),
            parent: None,
            declared: Digest::of(&3),
            deletion: Deletion::Allowed,
        };
        let address = Address::parse(address).expect("an address");
        self.plan.objects.insert(address, object);
        self
    }

    fn observed(mut self, id: &str, entity: &str, properties: serde_json::Value) -> Case {
        let object = ObservedObject {
            entity: entity.to_owned(),
            id: ObjectId::new(id),
            parent: None,
            properties: serde_json::from_value(properties).expect("properties"),
            links: BTreeMap::new(),
        };
        self.snapshot.objects.insert(ObjectId::new(id), object);
        self
    }

    fn gains(&self) -> Vec<String> {
        gains(&self.plan, &self.snapshot)
            .into_iter()
            .map(|gain| format!("{} {:?}: {}", gain.step, gain.reach, gain.means))
            .collect()
    }
}

fn grant(principal: &str) -> serde_json::Value {
    json!({ "appRoleId": ROLE_MANAGEMENT, "principalId": principal, "resourceId": "graph" })
}

#[test]
fn what_takes_the_tenant_comes_before_what_only_reaches_far() {
    let case = Case::new()
        .create(
            "directoryRoleAssignment/part",
            "unifiedRoleAssignment",
            json!({ "roleDefinitionId": GLOBAL_ADMINISTRATOR, "principalId": GROUP, "directoryScopeId": "/administrativeUnits/1" }),
        )
        .create(
            "directoryRoleAssignment/all",
            "unifiedRoleAssignment",
            json!({ "roleDefinitionId": GLOBAL_ADMINISTRATOR, "principalId": GROUP, "directoryScopeId": "/" }),
        )
        .create("application/x/servicePrincipal/appRoleAssignments/a", "appRoleAssignment", grant(SP));
    assert_eq!(
        case.gains(),
        [
            "2 Tenant: its holder can do everything in the tenant",
            "3 Tenant: its holder can assign itself any directory role",
            "1 Broad: controls everything in a part of the tenant",
        ]
    );
}

#[test]
fn a_credential_gives_what_its_application_was_given_before() {
    let fic = json!({ "name": "ci", "issuer": "https://ci.contoso.com", "subject": "build" });
    let path = "application/x/federatedIdentityCredentials/ci";
    let plain = Case::new().create(path, "federatedIdentityCredential", fic.clone());
    assert_eq!(
        plain.gains(),
        ["1 Narrow: lets tokens of another issuer sign in as the application"]
    );
    let held = Case::new()
        .managed("application/x/servicePrincipal", "servicePrincipal", SP)
        .observed("assignment", "appRoleAssignment", grant(SP))
        .create(path, "federatedIdentityCredential", fic)
        .link("application/x", "application", "owners");
    assert_eq!(
        held.gains(),
        [
            "1 Tenant: lets tokens of another issuer sign in as an application that can assign itself any directory role",
            "2 Tenant: an owner can add a credential and sign in as an application that can assign itself any directory role",
        ]
    );
}

#[test]
fn a_credential_gives_what_its_application_is_given_by_the_same_plan() {
    let case = Case::new()
        .create(
            "application/x/servicePrincipal/appRoleAssignments/a",
            "appRoleAssignment",
            grant("${application/x/servicePrincipal.id}"),
        )
        .create(
            "application/x/federatedIdentityCredentials/ci",
            "federatedIdentityCredential",
            json!({ "name": "ci" }),
        );
    assert_eq!(case.gains()[1].split(':').next(), Some("2 Tenant"));
}

#[test]
fn members_of_a_group_that_may_hold_directory_roles_are_a_gain_and_others_are_not() {
    let plain = Case::new().link("group/x", "group", "members");
    assert_eq!(plain.gains(), [""; 0]);
    let assignable = Case::new()
        .managed("group/x", "group", GROUP)
        .observed(GROUP, "group", json!({ "isAssignableToRole": true }))
        .link("group/x", "group", "owners");
    assert_eq!(
        assignable.gains(),
        ["1 Broad: an owner can add members to a group that may hold directory roles"]
    );
    let admins = assignable.observed(
        "assignment",
        "unifiedRoleAssignment",
        json!({ "roleDefinitionId": GLOBAL_ADMINISTRATOR, "principalId": GROUP, "directoryScopeId": "/" }),
    );
    assert_eq!(
        admins.gains(),
        ["1 Tenant: an owner can add members to a group that can do everything in the tenant"]
    );
}

#[test]
fn a_consent_for_all_users_counts_what_it_adds_to_what_was_there() {
    let grant = json!({ "consentType": "AllPrincipals", "clientId": SP, "resourceId": "graph", "scope": "User.Read" });
    let path = "application/x/servicePrincipal/oauth2PermissionGrants/graph";
    let update = |will: &str| Action::Update {
        target: Target::Existing(ObjectId::new("grant")),
        was: serde_json::from_value(json!({ "scope": "User.Read" })).expect("properties"),
        will: serde_json::from_value(json!({ "scope": will })).expect("properties"),
    };
    let case = Case::new()
        .observed("grant", "oAuth2PermissionGrant", grant)
        .step(
            path,
            "oAuth2PermissionGrant",
            update("User.Read Directory.ReadWrite.All"),
        )
        .step(
            path,
            "oAuth2PermissionGrant",
            update("Calendars.Read User.Read"),
        );
    assert_eq!(
        case.gains(),
        [
            "1 Broad: acts with Directory.ReadWrite.All for every user who signs in, administrators too",
            "2 Narrow: is consented to for every user of the tenant",
        ]
    );
}

#[test]
fn an_app_role_of_an_application_of_ours_gives_nothing_beyond_it() {
    let case = Case::new().create(
        "application/y/servicePrincipal/appRoleAssignments/a",
        "appRoleAssignment",
        json!({ "appRoleId": "${application/x/servicePrincipal.appRoles[Directory.ReadWrite.All]}",
            "principalId": SP, "resourceId": "${application/x/servicePrincipal.id}" }),
    );
    assert_eq!(case.gains(), [""; 0]);
}
