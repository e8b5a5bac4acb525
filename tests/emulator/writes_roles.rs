//! Directory roles. Pages: rbacapplication-post-roleassignments, rbacapplication-post-roledefinitions,
//! unifiedroledefinition; semantics sections 9.13 and 9.14.

use idac::emulator::{RoleDefinitionInUse, Tenant};
use serde_json::{Value, json};

use crate::harness::*;

const BAD: &str = "Request_BadRequest";
const ASSIGNMENTS: &str = "/roleManagement/directory/roleAssignments";
const DEFINITIONS: &str = "/roleManagement/directory/roleDefinitions";
/// Groups Administrator.
const GROUPS: &str = "fdd7a751-b60b-444a-984c-02652fe8fa1c";

fn assignment(principal: &str, scope: &str) -> Value {
    json!({"@odata.type": "#microsoft.graph.unifiedRoleAssignment", "roleDefinitionId": GROUPS,
        "principalId": principal, "directoryScopeId": scope})
}

fn custom(tenant: &mut Tenant) -> Value {
    make(
        tenant,
        DEFINITIONS,
        json!({"displayName": "Reader of groups", "isEnabled": true,
        "rolePermissions": [{"allowedResourceActions": ["microsoft.directory/groups/standard/read"]}]}),
    )
}

#[test]
fn a_directory_role_is_assigned_once_per_scope() {
    let mut tenant = tenant();
    let ana = user(&mut tenant, "ana");
    let made = make(&mut tenant, ASSIGNMENTS, assignment(&ana, "/"));
    assert_eq!(made["roleDefinitionId"], GROUPS);
    assert_eq!(made["directoryScopeId"], "/");
    assert!(id(&made).ends_with("-1"));
    let message = "A conflicting object with one or more of the specified property values is present in the directory.";
    refused(
        post(&mut tenant, ASSIGNMENTS, assignment(&ana, "/")),
        400,
        BAD,
        message,
    );
    let one = format!("{ASSIGNMENTS}/{}", id(&made));
    refused(patch(&mut tenant, &one, json!({})), 405, BAD, "not allowed");
    done(delete(&mut tenant, &one));
    refused(get(&mut tenant, &one), 404, "Request_ResourceNotFound", "");
}

#[test]
fn scopes_are_the_tenant_a_unit_or_an_object() {
    let mut tenant = tenant();
    let ana = user(&mut tenant, "ana");
    let unit = make(
        &mut tenant,
        "/directory/administrativeUnits",
        json!({"displayName": "au"}),
    );
    let app = id(&application(&mut tenant, "a"));
    for scope in [
        format!("/administrativeUnits/{}", id(&unit)),
        format!("/{app}"),
    ] {
        let made = make(&mut tenant, ASSIGNMENTS, assignment(&ana, &scope));
        assert_eq!(made["directoryScopeId"], json!(scope));
    }
    for scope in ["", "tenant", "/administrativeUnits/x"] {
        refused(
            post(&mut tenant, ASSIGNMENTS, assignment(&ana, scope)),
            400,
            BAD,
            "'directoryScopeId'",
        );
    }
    let response = post(
        &mut tenant,
        ASSIGNMENTS,
        assignment(&ana, &format!("/administrativeUnits/{app}")),
    );
    refused(response, 400, BAD, "'directoryScopeId'");
    let response = post(
        &mut tenant,
        ASSIGNMENTS,
        assignment(&ana, &format!("/{}", guid(9))),
    );
    refused(response, 404, "Request_ResourceNotFound", &guid(9));
}

#[test]
fn groups_hold_directory_roles_only_when_made_for_it() {
    let mut tenant = tenant();
    let plain = id(&group(&mut tenant, "plain"));
    refused(
        post(&mut tenant, ASSIGNMENTS, assignment(&plain, "/")),
        400,
        BAD,
        "'principalId'",
    );
    let mut content = group_body("special");
    content["isAssignableToRole"] = json!(true);
    let special = id(&make(&mut tenant, "/groups", content));
    make(&mut tenant, ASSIGNMENTS, assignment(&special, "/"));
    let app = id(&application(&mut tenant, "a"));
    refused(
        post(&mut tenant, ASSIGNMENTS, assignment(&app, "/")),
        400,
        BAD,
        "'principalId'",
    );
    let ana = user(&mut tenant, "ana");
    let mut unknown = assignment(&ana, "/");
    unknown["roleDefinitionId"] = json!(guid(9));
    refused(
        post(&mut tenant, ASSIGNMENTS, unknown),
        404,
        "Request_ResourceNotFound",
        &guid(9),
    );
}

#[test]
fn built_in_definitions_are_read_only_and_custom_ones_are_not() {
    let mut tenant = tenant();
    let built_in = format!("{DEFINITIONS}/{GROUPS}");
    let shown = read(&mut tenant, &built_in);
    assert_eq!(
        (&shown["id"], &shown["templateId"]),
        (&json!(GROUPS), &json!(GROUPS))
    );
    assert_eq!(shown["isBuiltIn"], true);
    refused(
        patch(&mut tenant, &built_in, json!({"isEnabled": false})),
        400,
        BAD,
        "Built-in",
    );
    refused(delete(&mut tenant, &built_in), 400, BAD, "Built-in");
    let made = custom(&mut tenant);
    assert_eq!(made["isBuiltIn"], false);
    assert_eq!(made["id"], made["templateId"]);
    let url = format!("{DEFINITIONS}/{}", id(&made));
    done(patch(&mut tenant, &url, json!({"description": "d"})));
    assert_eq!(read(&mut tenant, &url)["description"], "d");
    refused(
        post(&mut tenant, DEFINITIONS, json!({"displayName": "x"})),
        400,
        BAD,
        "'isEnabled'",
    );
    done(delete(&mut tenant, &url));
    assert_eq!(get(&mut tenant, &url).status, 404);
}

#[test]
fn deleting_an_assigned_definition_is_a_switch() {
    for switch in [RoleDefinitionInUse::Refused, RoleDefinitionInUse::Deleted] {
        let mut tenant = tenant_where(|open| open.role_definition_in_use = switch);
        let made = id(&custom(&mut tenant));
        let ana = user(&mut tenant, "ana");
        let mut content = assignment(&ana, "/");
        content["roleDefinitionId"] = json!(made);
        make(&mut tenant, ASSIGNMENTS, content);
        let response = delete(&mut tenant, &format!("{DEFINITIONS}/{made}"));
        match switch {
            RoleDefinitionInUse::Refused => refused(response, 400, BAD, "assigned"),
            RoleDefinitionInUse::Deleted => {
                done(response);
                assert!(ids(&mut tenant, ASSIGNMENTS).is_empty());
            }
        }
    }
}
