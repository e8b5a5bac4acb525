//! App role assignments and delegated grants. Pages: serviceprincipal-post-approleassignedto,
//! serviceprincipal-post-approleassignments, oauth2permissiongrant, oauth2permissiongrant-post.

use idac::emulator::{
    DefaultRoleOnResourceWithRoles, DisabledRoleAssignment, DuplicateAssignment, GrantScope, Tenant,
};
use serde_json::{Value, json};

use crate::harness::*;

const BAD: &str = "Request_BadRequest";
const SAME: &str = "Request_MultipleObjectsWithSameKeyValue";
const ZERO: &str = "00000000-0000-0000-0000-000000000000";

/// A resource with a role for users and one for applications: its service principal and its application id.
fn resource(tenant: &mut Tenant) -> (String, String) {
    let made = make(
        tenant,
        "/applications",
        json!({"displayName": "api", "appRoles": [
        app_role(&guid(1), "Read", &["User"]), app_role(&guid(2), "Run", &["Application"])],
        "api": {"oauth2PermissionScopes": [permission_scope(&guid(3), "access")]}}),
    );
    let app_id = text(&made, "appId");
    (id(&service_principal(tenant, &made)), app_id)
}

fn client(tenant: &mut Tenant, name: &str) -> String {
    let made = application(tenant, name);
    id(&service_principal(tenant, &made))
}

fn assignment(principal: &str, resource: &str, role: &str) -> Value {
    json!({"principalId": principal, "resourceId": resource, "appRoleId": role})
}

#[test]
fn one_assignment_shows_at_both_ends() {
    let mut tenant = tenant();
    let (api, _) = resource(&mut tenant);
    let ana = user(&mut tenant, "ana");
    let to = format!("/servicePrincipals/{api}/appRoleAssignedTo");
    let made = make(&mut tenant, &to, assignment(&ana, &api, &guid(1)));
    assert_eq!(id(&made).len(), 43);
    assert_eq!(made["principalType"], "User");
    assert_eq!(made["principalDisplayName"], "Ana Bowman");
    assert_eq!(made["resourceDisplayName"], "api");
    assert_eq!(made["deletedDateTime"], Value::Null);
    let of = format!("/users/{ana}/appRoleAssignments");
    assert_eq!(ids(&mut tenant, &of), ids(&mut tenant, &to));
    let robot = client(&mut tenant, "robot");
    let of_robot = format!("/servicePrincipals/{robot}/appRoleAssignments");
    let run = make(&mut tenant, &of_robot, assignment(&robot, &api, &guid(2)));
    assert_eq!(ids(&mut tenant, &to).len(), 2);
    assert!(
        ids(
            &mut tenant,
            &format!("/servicePrincipals/{robot}/appRoleAssignedTo")
        )
        .is_empty()
    );
    done(delete(&mut tenant, &format!("{of_robot}/{}", id(&run))));
    assert_eq!(ids(&mut tenant, &to), [id(&made)]);
}

#[test]
fn an_assignment_is_neither_changed_nor_queried_directly() {
    let mut tenant = tenant();
    let (api, _) = resource(&mut tenant);
    let ana = user(&mut tenant, "ana");
    let to = format!("/servicePrincipals/{api}/appRoleAssignedTo");
    let made = make(&mut tenant, &to, assignment(&ana, &api, &guid(1)));
    let one = format!("{to}/{}", id(&made));
    let message = "Specified HTTP method is not allowed for the request target.";
    refused(patch(&mut tenant, &one, json!({})), 405, BAD, message);
    refused(
        get(&mut tenant, "/appRoleAssignments"),
        400,
        BAD,
        "Direct queries",
    );
    refused(
        delete(&mut tenant, &format!("{to}/short")),
        400,
        BAD,
        "Invalid resource identifier",
    );
    done(delete(&mut tenant, &one));
    refused(
        delete(&mut tenant, &one),
        400,
        BAD,
        "EntitlementGrant being updated or deleted is not found.",
    );
}

#[test]
fn the_path_names_the_same_end_as_the_body() {
    let mut tenant = tenant();
    let (api, _) = resource(&mut tenant);
    let robot = client(&mut tenant, "robot");
    let content = assignment(&robot, &api, &guid(2));
    let wrong_side = format!("/servicePrincipals/{api}/appRoleAssignments");
    refused(
        post(&mut tenant, &wrong_side, content.clone()),
        400,
        BAD,
        "",
    );
    let wrong_side = format!("/servicePrincipals/{robot}/appRoleAssignedTo");
    refused(post(&mut tenant, &wrong_side, content), 400, BAD, "");
    let to = format!("/servicePrincipals/{api}/appRoleAssignedTo");
    let without = json!({"principalId": robot, "resourceId": api});
    refused(post(&mut tenant, &to, without), 400, BAD, "'appRoleId'");
    refused(
        post(&mut tenant, &to, assignment(&guid(9), &api, &guid(2))),
        404,
        "Request_ResourceNotFound",
        &guid(9),
    );
}

#[test]
fn the_app_role_exists_is_enabled_and_fits_the_principal() {
    let mut tenant = tenant();
    let (api, app_id) = resource(&mut tenant);
    let (ana, robot) = (user(&mut tenant, "ana"), client(&mut tenant, "robot"));
    let to = format!("/servicePrincipals/{api}/appRoleAssignedTo");
    let message = format!("Permission being assigned was not found on application '{app_id}'");
    for (principal, role) in [
        (&ana, guid(9)),
        (&ana, guid(2)),
        (&robot, guid(1)),
        (&ana, ZERO.to_owned()),
    ] {
        let response = post(&mut tenant, &to, assignment(principal, &api, &role));
        refused(response, 400, BAD, &message);
    }
    let plain = client(&mut tenant, "plain");
    let to_plain = format!("/servicePrincipals/{plain}/appRoleAssignedTo");
    make(&mut tenant, &to_plain, assignment(&ana, &plain, ZERO));
}

#[test]
fn default_access_beside_app_roles_is_a_switch() {
    let mut tenant = tenant_where(|open| {
        open.default_role_on_resource_with_roles = DefaultRoleOnResourceWithRoles::Accepted;
    });
    let (api, _) = resource(&mut tenant);
    let ana = user(&mut tenant, "ana");
    make(
        &mut tenant,
        &format!("/servicePrincipals/{api}/appRoleAssignedTo"),
        assignment(&ana, &api, ZERO),
    );
}

#[test]
fn assigning_a_disabled_app_role_is_a_switch() {
    for switch in [
        DisabledRoleAssignment::Refused,
        DisabledRoleAssignment::Accepted,
    ] {
        let mut tenant = tenant_where(|open| open.disabled_role_assignment = switch);
        let mut role = app_role(&guid(1), "Read", &["User"]);
        role["isEnabled"] = json!(false);
        let made = make(
            &mut tenant,
            "/applications",
            json!({"displayName": "a", "appRoles": [role]}),
        );
        let api = id(&service_principal(&mut tenant, &made));
        let ana = user(&mut tenant, "ana");
        let to = format!("/servicePrincipals/{api}/appRoleAssignedTo");
        let response = post(&mut tenant, &to, assignment(&ana, &api, &guid(1)));
        match switch {
            DisabledRoleAssignment::Refused => refused(
                response,
                400,
                BAD,
                "Permission being assigned was not found",
            ),
            DisabledRoleAssignment::Accepted => drop(body(response, 201)),
        }
    }
}

#[test]
fn a_second_assignment_of_the_same_app_role_is_refused() {
    let entry = "EntitlementGrant entry already exists.";
    for (switch, status, code, message) in [
        (
            DuplicateAssignment::ByRole,
            400,
            BAD,
            "Permission being assigned already exists on the object",
        ),
        (DuplicateAssignment::AlwaysConflict, 409, SAME, entry),
    ] {
        let mut tenant = tenant_where(|open| open.duplicate_assignment = switch);
        let (api, _) = resource(&mut tenant);
        let ana = user(&mut tenant, "ana");
        let to = format!("/servicePrincipals/{api}/appRoleAssignedTo");
        make(&mut tenant, &to, assignment(&ana, &api, &guid(1)));
        refused(
            post(&mut tenant, &to, assignment(&ana, &api, &guid(1))),
            status,
            code,
            message,
        );
        let plain = client(&mut tenant, "plain");
        let to = format!("/servicePrincipals/{plain}/appRoleAssignedTo");
        make(&mut tenant, &to, assignment(&ana, &plain, ZERO));
        refused(
            post(&mut tenant, &to, assignment(&ana, &plain, ZERO)),
            409,
            SAME,
            entry,
        );
    }
}

fn grant(client: &str, resource: &str, scope: &str) -> Value {
    json!({"clientId": client, "consentType": "AllPrincipals", "principalId": null, "resourceId": resource,
        "scope": scope})
}

#[test]
fn a_grant_has_the_id_of_what_it_is_between() {
    let mut tenant = tenant();
    let (api, _) = resource(&mut tenant);
    let robot = client(&mut tenant, "robot");
    let made = make(
        &mut tenant,
        "/oauth2PermissionGrants",
        grant(&robot, &api, "access"),
    );
    assert_eq!(id(&made).len(), 43);
    assert_eq!(made["consentType"], "AllPrincipals");
    assert_eq!(made["principalId"], Value::Null);
    let message = "Permission entry already exists.";
    refused(
        post(
            &mut tenant,
            "/oauth2PermissionGrants",
            grant(&robot, &api, "b"),
        ),
        409,
        SAME,
        message,
    );
    let one = format!("/oauth2PermissionGrants/{}", id(&made));
    done(patch(&mut tenant, &one, json!({"scope": "access openid"})));
    assert_eq!(read(&mut tenant, &one)["scope"], "access openid");
    refused(
        patch(&mut tenant, &one, json!({"clientId": api})),
        400,
        BAD,
        "'clientId' is read-only",
    );
    done(delete(&mut tenant, &one));
    refused(
        get(&mut tenant, &one),
        404,
        "Request_ResourceNotFound",
        &id(&made),
    );
    let again = make(
        &mut tenant,
        "/oauth2PermissionGrants",
        grant(&robot, &api, "access"),
    );
    assert_eq!(again["id"], made["id"]);
    let ana = user(&mut tenant, "ana");
    let mut personal = grant(&robot, &api, "access");
    personal["consentType"] = json!("Principal");
    refused(
        post(&mut tenant, "/oauth2PermissionGrants", personal.clone()),
        400,
        BAD,
        "'principalId'",
    );
    personal["principalId"] = json!(ana);
    assert_eq!(
        id(&make(&mut tenant, "/oauth2PermissionGrants", personal)).len(),
        64
    );
    assert_eq!(
        ids(
            &mut tenant,
            &format!("/servicePrincipals/{robot}/oauth2PermissionGrants")
        )
        .len(),
        2
    );
}

/// The page's own example, taken apart: the ids are little-endian GUIDs one after the other.
#[test]
fn the_id_of_a_grant_is_that_of_the_documentation() {
    let mut tenant = tenant();
    let (api, _) = resource(&mut tenant);
    let robot = client(&mut tenant, "robot");
    let made = make(
        &mut tenant,
        "/oauth2PermissionGrants",
        grant(&robot, &api, "access"),
    );
    use base64::Engine;
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(id(&made))
        .expect("base64url");
    let first = format!(
        "{:02x}{:02x}{:02x}{:02x}",
        bytes[3], bytes[2], bytes[1], bytes[0]
    );
    assert!(robot.starts_with(&first));
    let first = format!(
        "{:02x}{:02x}{:02x}{:02x}",
        bytes[19], bytes[18], bytes[17], bytes[16]
    );
    assert!(api.starts_with(&first));
}

#[test]
fn grants_are_between_service_principals() {
    let mut tenant = tenant();
    let (api, app_id) = resource(&mut tenant);
    let ana = user(&mut tenant, "ana");
    for (client, resource) in [(&ana, &api), (&api, &ana), (&app_id, &api)] {
        let response = post(
            &mut tenant,
            "/oauth2PermissionGrants",
            grant(client, resource, "access"),
        );
        refused(response, 404, "Request_ResourceNotFound", "does not exist");
    }
    let long = "x".repeat(3851);
    refused(
        post(
            &mut tenant,
            "/oauth2PermissionGrants",
            grant(&api, &api, &long),
        ),
        400,
        BAD,
        "'scope'",
    );
}

#[test]
fn whether_scopes_of_grants_are_checked_is_a_switch() {
    for switch in [GrantScope::Unchecked, GrantScope::MustBePublished] {
        let mut tenant = tenant_where(|open| open.grant_scope = switch);
        let (api, _) = resource(&mut tenant);
        let robot = client(&mut tenant, "robot");
        let response = post(
            &mut tenant,
            "/oauth2PermissionGrants",
            grant(&robot, &api, "access nonsense"),
        );
        match switch {
            GrantScope::Unchecked => drop(body(response, 201)),
            GrantScope::MustBePublished => refused(response, 400, BAD, "'scope'"),
        }
    }
}
