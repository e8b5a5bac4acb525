//! Deletion, the recycle bin and what comes back. Pages: directory-deleteditems-*, recover-from-deletions;
//! semantics section 7.

use idac::emulator::{DeletedServicePrincipalLinks, SecurityGroupDeletion};
use serde_json::json;

use crate::harness::*;

const BAD: &str = "Request_BadRequest";
const NONE: &str = "Request_ResourceNotFound";

#[test]
fn an_application_takes_its_service_principal_with_it_and_comes_back_alone() {
    let mut tenant = tenant();
    let app = application(&mut tenant, "a");
    let url = format!("/applications/{}", id(&app));
    let principal = id(&service_principal(&mut tenant, &app));
    let principal_url = format!("/servicePrincipals/{principal}");
    done(delete(&mut tenant, &url));
    for gone in [
        &url,
        &principal_url,
        &format!("/applications(appId='{}')", text(&app, "appId")),
    ] {
        assert_eq!(get(&mut tenant, gone).status, 404, "{gone}");
    }
    refused(delete(&mut tenant, &url), 404, NONE, &id(&app));
    let bin = format!("/directory/deletedItems/{}", id(&app));
    assert_eq!(
        read(&mut tenant, &bin)["deletedDateTime"],
        "2026-01-01T00:00:00Z"
    );
    let principal_bin = format!("/directory/deletedItems/{principal}");
    let early = post(&mut tenant, &format!("{principal_bin}/restore"), json!({}));
    refused(
        early,
        400,
        BAD,
        "Cannot restore ServicePrincipal without backing Application",
    );
    let back = body(post(&mut tenant, &format!("{bin}/restore"), json!({})), 200);
    assert_eq!(back["@odata.type"], "#microsoft.graph.application");
    assert_eq!((&back["id"], &back["appId"]), (&app["id"], &app["appId"]));
    assert_eq!(get(&mut tenant, &principal_url).status, 404);
    body(
        post(&mut tenant, &format!("{principal_bin}/restore"), json!({})),
        200,
    );
    assert_eq!(get(&mut tenant, &principal_url).status, 200);
    refused(get(&mut tenant, &bin), 404, NONE, &id(&app));
}

#[test]
fn a_service_principal_does_not_come_back_to_a_taken_name() {
    let mut tenant = tenant();
    let app = application(&mut tenant, "a");
    let first = id(&service_principal(&mut tenant, &app));
    done(delete(&mut tenant, &format!("/servicePrincipals/{first}")));
    service_principal(&mut tenant, &app);
    let restore = format!("/directory/deletedItems/{first}/restore");
    let code = "Request_MultipleObjectsWithSameKeyValue";
    refused(
        post(&mut tenant, &restore, json!({})),
        409,
        code,
        "created, updated, or restored",
    );
}

#[test]
fn purging_an_application_leaves_its_service_principal_in_the_bin() {
    let mut tenant = tenant();
    let app = application(&mut tenant, "a");
    let principal = id(&service_principal(&mut tenant, &app));
    done(delete(&mut tenant, &format!("/applications/{}", id(&app))));
    let bin = format!("/directory/deletedItems/{}", id(&app));
    done(delete(&mut tenant, &bin));
    refused(get(&mut tenant, &bin), 404, NONE, &id(&app));
    refused(delete(&mut tenant, &bin), 404, NONE, &id(&app));
    let principal_bin = format!("/directory/deletedItems/{principal}");
    assert_eq!(read(&mut tenant, &principal_bin)["id"], json!(principal));
    let restore = post(&mut tenant, &format!("{principal_bin}/restore"), json!({}));
    refused(restore, 400, BAD, "without backing Application");
}

#[test]
fn assignments_and_grants_of_a_restored_service_principal_are_a_switch() {
    for (switch, left) in [
        (DeletedServicePrincipalLinks::Hidden, 1),
        (DeletedServicePrincipalLinks::Dropped, 0),
    ] {
        let mut tenant = tenant_where(|open| open.deleted_service_principal_links = switch);
        let (api, robot) = (
            application(&mut tenant, "api"),
            application(&mut tenant, "robot"),
        );
        let api = id(&service_principal(&mut tenant, &api));
        let robot = id(&service_principal(&mut tenant, &robot));
        let ana = user(&mut tenant, "ana");
        let to = format!("/servicePrincipals/{api}/appRoleAssignedTo");
        let role = "00000000-0000-0000-0000-000000000000";
        make(
            &mut tenant,
            &to,
            json!({"principalId": ana, "resourceId": api, "appRoleId": role}),
        );
        let made = make(
            &mut tenant,
            "/oauth2PermissionGrants",
            json!({"clientId": robot, "consentType": "AllPrincipals", "resourceId": api, "scope": "a"}),
        );
        let grant = format!("/oauth2PermissionGrants/{}", id(&made));
        done(delete(&mut tenant, &format!("/servicePrincipals/{api}")));
        assert_eq!(get(&mut tenant, &grant).status, 404);
        let restore = format!("/directory/deletedItems/{api}/restore");
        body(post(&mut tenant, &restore, json!({})), 200);
        assert_eq!(ids(&mut tenant, &to).len(), left, "{switch:?}");
        assert_eq!(
            get(&mut tenant, &grant).status == 200,
            left == 1,
            "{switch:?}"
        );
    }
}

#[test]
fn memberships_are_hidden_while_the_member_is_deleted() {
    let mut tenant = tenant();
    let members = format!("/groups/{}/members", id(&group(&mut tenant, "g")));
    let ana = user(&mut tenant, "ana");
    done(post(
        &mut tenant,
        &format!("{members}/$ref"),
        reference(&ana),
    ));
    done(delete(&mut tenant, &format!("/users/{ana}")));
    assert!(ids(&mut tenant, &members).is_empty());
    body(
        post(
            &mut tenant,
            &format!("/directory/deletedItems/{ana}/restore"),
            json!({}),
        ),
        200,
    );
    assert_eq!(ids(&mut tenant, &members), [ana]);
}

#[test]
fn whether_security_groups_can_be_restored_is_a_switch() {
    for (switch, status) in [
        (SecurityGroupDeletion::Soft, 200),
        (SecurityGroupDeletion::Hard, 404),
    ] {
        let mut tenant = tenant_where(|open| open.security_group_deletion = switch);
        let made = id(&group(&mut tenant, "g"));
        done(delete(&mut tenant, &format!("/groups/{made}")));
        let restore = format!("/directory/deletedItems/{made}/restore");
        assert_eq!(
            post(&mut tenant, &restore, json!({})).status,
            status,
            "{switch:?}"
        );
        assert_eq!(
            get(&mut tenant, &format!("/groups/{made}")).status,
            status,
            "{switch:?}"
        );
    }
}

#[test]
fn the_recycle_bin_is_listed_by_type_only() {
    let mut tenant = tenant();
    let app = id(&application(&mut tenant, "a"));
    done(delete(&mut tenant, &format!("/applications/{app}")));
    let list = "/directory/deletedItems/microsoft.graph.application";
    assert_eq!(ids(&mut tenant, list), [app]);
    assert!(ids(&mut tenant, "/directory/deletedItems/microsoft.graph.group").is_empty());
    refused(
        get(&mut tenant, "/directory/deletedItems"),
        400,
        BAD,
        "cast",
    );
}

#[test]
fn users_keep_their_name_to_themselves() {
    let mut tenant = tenant();
    let content = json!({"accountEnabled": true, "displayName": "Ana", "mailNickname": "ana",
        "userPrincipalName": "ANA@contoso.com", "passwordProfile": {"password": "Long-enough-1"}});
    refused(
        post(&mut tenant, "/users", content.clone()),
        400,
        BAD,
        "userPrincipalName already exists",
    );
    let mut elsewhere = content.clone();
    elsewhere["userPrincipalName"] = json!("ana@fabrikam.com");
    refused(
        post(&mut tenant, "/users", elsewhere),
        400,
        BAD,
        "domain portion of the userPrincipalName",
    );
    let ana = user(&mut tenant, "ana");
    done(patch(
        &mut tenant,
        &format!("/users/{ana}"),
        json!({"jobTitle": "Lead"}),
    ));
    assert_eq!(
        read(&mut tenant, "/users/ana@contoso.com")["jobTitle"],
        "Lead"
    );
    done(delete(&mut tenant, &format!("/users/{ana}")));
    let twin = make(&mut tenant, "/users", content);
    assert_eq!(twin.get("passwordProfile"), None);
    let restore = format!("/directory/deletedItems/{ana}/restore");
    refused(
        post(&mut tenant, &restore, json!({})),
        400,
        BAD,
        "userPrincipalName already exists",
    );
}

/// directoryobject-getbyids: what exists, whatever its type.
#[test]
fn objects_are_found_by_id_whatever_their_type() {
    let mut tenant = tenant();
    let (ana, team) = (user(&mut tenant, "ana"), id(&group(&mut tenant, "g")));
    let wanted = json!({"ids": [ana, team, guid(9)]});
    let found = body(
        post(&mut tenant, "/directoryObjects/getByIds", wanted.clone()),
        200,
    );
    let types: Vec<_> = found["value"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| &one["@odata.type"])
        .collect();
    assert_eq!(types, ["#microsoft.graph.user", "#microsoft.graph.group"]);
    let only = json!({"ids": wanted["ids"], "types": ["group"]});
    let found = body(post(&mut tenant, "/directoryObjects/getByIds", only), 200);
    assert_eq!(found["value"].as_array().map(Vec::len), Some(1));
    let one = read(&mut tenant, &format!("/directoryObjects/{team}"));
    assert_eq!(one["@odata.type"], "#microsoft.graph.group");
    refused(
        get(&mut tenant, "/nonsense"),
        400,
        "BadRequest",
        "Resource not found for the segment 'nonsense'.",
    );
}
