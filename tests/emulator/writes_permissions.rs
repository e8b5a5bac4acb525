//! App roles, permission scopes and pre-authorised applications. Pages: approle, permissionscope, application-update;
//! azuread `applicationValidateRolesScopes` and `applicationDisableAppRoles`.

use idac::emulator::{DeletingAppRole, EnabledPermissionEdit, PreAuthorizedScope, Tenant};
use serde_json::{Value, json};

use crate::harness::*;

const BAD: &str = "Request_BadRequest";
const ENABLED: &str = "CannotDeleteOrUpdateEnabledEntitlement";

/// The URL of an application with one app role and one permission scope.
fn api(tenant: &mut Tenant) -> String {
    let made = make(
        tenant,
        "/applications",
        json!({"displayName": "api",
        "appRoles": [app_role(&guid(1), "Read", &["User", "Application"])],
        "api": {"oauth2PermissionScopes": [permission_scope(&guid(2), "access")]}}),
    );
    format!("/applications/{}", id(&made))
}

#[test]
fn an_enabled_app_role_is_disabled_before_it_goes() {
    let mut tenant = tenant();
    let url = api(&mut tenant);
    refused(
        patch(&mut tenant, &url, json!({"appRoles": []})),
        400,
        ENABLED,
        "unless disabled first",
    );
    let mut role = app_role(&guid(1), "Read", &["Application", "User"]);
    done(patch(
        &mut tenant,
        &url,
        json!({"appRoles": [role.clone()]}),
    ));
    role["isEnabled"] = json!(false);
    let mut changed = role.clone();
    changed["value"] = json!("Write");
    refused(
        patch(&mut tenant, &url, json!({"appRoles": [changed.clone()]})),
        400,
        ENABLED,
        "disabled first",
    );
    done(patch(&mut tenant, &url, json!({"appRoles": [role]})));
    done(patch(&mut tenant, &url, json!({"appRoles": [changed]})));
    done(patch(&mut tenant, &url, json!({"appRoles": []})));
    assert_eq!(read(&mut tenant, &url)["appRoles"], json!([]));
}

#[test]
fn an_enabled_permission_scope_is_disabled_before_it_goes() {
    let mut tenant = tenant();
    let url = api(&mut tenant);
    let scopes = |scopes: Value| json!({"api": {"oauth2PermissionScopes": scopes}});
    refused(
        patch(&mut tenant, &url, scopes(json!([]))),
        400,
        ENABLED,
        "disabled first",
    );
    let mut scope = permission_scope(&guid(2), "access");
    scope["type"] = json!("Admin");
    refused(
        patch(&mut tenant, &url, scopes(json!([scope]))),
        400,
        ENABLED,
        "disabled first",
    );
    let mut scope = permission_scope(&guid(2), "access");
    scope["isEnabled"] = json!(false);
    done(patch(&mut tenant, &url, scopes(json!([scope]))));
    done(patch(&mut tenant, &url, scopes(json!([]))));
}

#[test]
fn texts_of_an_enabled_app_role_may_change_when_so_switched() {
    let mut role = app_role(&guid(1), "Read", &["User", "Application"]);
    role["description"] = json!("reads");
    let mut strict = tenant();
    let url = api(&mut strict);
    refused(
        patch(&mut strict, &url, json!({"appRoles": [role]})),
        400,
        ENABLED,
        "disabled first",
    );
    let mut lenient =
        tenant_where(|open| open.enabled_permission_edit = EnabledPermissionEdit::MeaningRefused);
    let url = api(&mut lenient);
    done(patch(&mut lenient, &url, json!({"appRoles": [role]})));
    role["allowedMemberTypes"] = json!(["User"]);
    refused(
        patch(&mut lenient, &url, json!({"appRoles": [role]})),
        400,
        ENABLED,
        "disabled first",
    );
}

#[test]
fn ids_and_values_are_unique_among_app_roles_and_permission_scopes() {
    let mut tenant = tenant();
    let url = format!("/applications/{}", id(&application(&mut tenant, "a")));
    let read = |number| app_role(&guid(number), "Read", &["User"]);
    let cases = [
        json!({"appRoles": [read(1), read(2)]}),
        json!({"appRoles": [read(1), app_role(&guid(1), "Write", &["User"])]}),
        json!({"appRoles": [read(1)], "api": {"oauth2PermissionScopes": [permission_scope(&guid(2), "Read")]}}),
        json!({"appRoles": [read(1)], "api": {"oauth2PermissionScopes": [permission_scope(&guid(1), "Other")]}}),
    ];
    for content in cases {
        let response = patch(&mut tenant, &url, content);
        let details = response.body.clone().unwrap_or_default()["error"]["details"][0].clone();
        assert_eq!(details["code"], "DuplicateValue");
        refused(
            response,
            400,
            "DuplicateValue",
            "Request contains a property with duplicate values.",
        );
    }
    done(patch(
        &mut tenant,
        &url,
        json!({"appRoles": [read(1)],
        "api": {"oauth2PermissionScopes": [permission_scope(&guid(1), "Read")]}}),
    ));
}

#[test]
fn app_roles_are_whole_and_their_values_fit_into_tokens() {
    let mut tenant = tenant();
    let url = format!("/applications/{}", id(&application(&mut tenant, "a")));
    let with = |member: &str, value: Value| {
        let mut role = app_role(&guid(1), "Read", &["User"]);
        role[member] = value;
        json!({"appRoles": [role]})
    };
    for (member, value) in [
        ("allowedMemberTypes", json!([])),
        ("allowedMemberTypes", json!(["Group"])),
        ("value", json!("two words")),
        ("value", json!(".dot")),
        ("value", json!("x".repeat(121))),
    ] {
        let response = patch(&mut tenant, &url, with(member, value));
        refused(response, 400, BAD, &format!("{member}'"));
    }
    for member in ["id", "displayName", "description"] {
        let mut role = app_role(&guid(1), "Read", &["User"]);
        role.as_object_mut().expect("members").remove(member);
        let response = patch(&mut tenant, &url, json!({"appRoles": [role]}));
        refused(response, 400, BAD, "A value is required for property");
    }
    done(patch(&mut tenant, &url, with("value", Value::Null)));
    let shown = read(&mut tenant, &url)["appRoles"][0].clone();
    assert_eq!(shown["origin"], "Application");
    done(patch(&mut tenant, &url, json!({"appRoles": [shown]})));
}

/// msgraph-sdk-dotnet#2044: the permission scope must be stored before it is pre-authorised.
#[test]
fn only_stored_enabled_permission_scopes_are_pre_authorised() {
    let mut tenant = tenant();
    let url = format!("/applications/{}", id(&application(&mut tenant, "a")));
    let clients = json!([{"appId": guid(7), "delegatedPermissionIds": [guid(2)]}]);
    let scopes = json!([permission_scope(&guid(2), "access")]);
    let both =
        json!({"api": {"oauth2PermissionScopes": scopes, "preAuthorizedApplications": clients}});
    let message = "has a Permission Id that cannot be found in the AppPermissions sets.";
    refused(patch(&mut tenant, &url, both), 400, BAD, message);
    done(patch(
        &mut tenant,
        &url,
        json!({"api": {"oauth2PermissionScopes": scopes}}),
    ));
    done(patch(
        &mut tenant,
        &url,
        json!({"api": {"preAuthorizedApplications": clients}}),
    ));
    let mut disabled = permission_scope(&guid(2), "access");
    disabled["isEnabled"] = json!(false);
    done(patch(
        &mut tenant,
        &url,
        json!({"api": {"oauth2PermissionScopes": [disabled]}}),
    ));
    refused(
        patch(
            &mut tenant,
            &url,
            json!({"api": {"oauth2PermissionScopes": []}}),
        ),
        400,
        BAD,
        message,
    );
    done(patch(
        &mut tenant,
        &url,
        json!({"api": {"preAuthorizedApplications": []}}),
    ));
    refused(
        patch(
            &mut tenant,
            &url,
            json!({"api": {"preAuthorizedApplications": clients}}),
        ),
        400,
        BAD,
        message,
    );
    done(patch(
        &mut tenant,
        &url,
        json!({"api": {"oauth2PermissionScopes": []}}),
    ));
}

#[test]
fn disabled_permission_scopes_are_pre_authorised_when_so_switched() {
    let mut tenant = tenant_where(|open| open.pre_authorized_scope = PreAuthorizedScope::Stored);
    let mut scope = permission_scope(&guid(2), "access");
    scope["isEnabled"] = json!(false);
    let made = make(
        &mut tenant,
        "/applications",
        json!({"displayName": "a", "api": {"oauth2PermissionScopes": [scope]}}),
    );
    let clients = json!([{"appId": guid(7), "delegatedPermissionIds": [guid(2)]}]);
    let url = format!("/applications/{}", id(&made));
    done(patch(
        &mut tenant,
        &url,
        json!({"api": {"preAuthorizedApplications": clients}}),
    ));
}

#[test]
fn assignments_survive_their_app_role_unless_switched() {
    for (switch, left) in [
        (DeletingAppRole::LeavesAssignments, 1),
        (DeletingAppRole::DeletesAssignments, 0),
    ] {
        let mut tenant = tenant_where(|open| open.deleting_app_role = switch);
        let url = api(&mut tenant);
        let made = read(&mut tenant, &url);
        let resource = id(&service_principal(&mut tenant, &made));
        let ana = user(&mut tenant, "ana");
        let list = format!("/servicePrincipals/{resource}/appRoleAssignedTo");
        make(
            &mut tenant,
            &list,
            json!({"principalId": ana, "resourceId": resource, "appRoleId": guid(1)}),
        );
        let mut role = app_role(&guid(1), "Read", &["User", "Application"]);
        role["isEnabled"] = json!(false);
        done(patch(&mut tenant, &url, json!({"appRoles": [role]})));
        done(patch(&mut tenant, &url, json!({"appRoles": []})));
        assert_eq!(ids(&mut tenant, &list).len(), left, "{switch:?}");
    }
}
