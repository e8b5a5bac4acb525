//! Groups, their members and administrative units. Pages: group, group-post-groups, group-post-members,
//! group-delete-owners, groups-concept (role-assignable), administrativeunit, administrativeunit-post-members.

use idac::emulator::{DeletedGroupUniqueName, PublicRoleGroup, RemovingNonMember};
use serde_json::{Value, json};

use crate::harness::*;

const BAD: &str = "Request_BadRequest";

#[test]
fn a_group_needs_four_properties() {
    let mut tenant = tenant();
    for name in [
        "displayName",
        "mailEnabled",
        "mailNickname",
        "securityEnabled",
    ] {
        let mut content = group_body("g");
        content.as_object_mut().expect("members").remove(name);
        let message = format!("A value is required for property '{name}' of resource 'Group'.");
        refused(post(&mut tenant, "/groups", content), 400, BAD, &message);
    }
    let made = group(&mut tenant, "g");
    assert_eq!(made["groupTypes"], json!([]));
    assert_eq!(made["visibility"], Value::Null);
    assert_eq!(made["isAssignableToRole"], Value::Null);
    assert_eq!(made["createdDateTime"], "2026-01-01T00:00:00Z");
}

#[test]
fn combinations_that_no_group_has_are_refused() {
    let mut tenant = tenant();
    let with = |changes: &[(&str, Value)]| {
        let mut content = group_body("g");
        for (name, value) in changes {
            content[*name] = value.clone();
        }
        content
    };
    for (changes, property) in [
        (vec![("mailNickname", json!("a b"))], "mailNickname"),
        (vec![("mailEnabled", json!(true))], "mailEnabled"),
        (vec![("securityEnabled", json!(false))], "securityEnabled"),
        (vec![("groupTypes", json!(["Unified"]))], "mailEnabled"),
        (vec![("groupTypes", json!(["Other"]))], "groupTypes"),
        (
            vec![("groupTypes", json!(["DynamicMembership"]))],
            "membershipRule",
        ),
        (
            vec![("membershipRule", json!("user.city -eq \"Oslo\""))],
            "membershipRule",
        ),
        (
            vec![("visibility", json!("HiddenMembership"))],
            "visibility",
        ),
        (
            vec![
                ("isAssignableToRole", json!(true)),
                ("groupTypes", json!(["DynamicMembership"])),
                ("membershipRule", json!("user.city -eq \"Oslo\"")),
            ],
            "isAssignableToRole",
        ),
    ] {
        let response = post(&mut tenant, "/groups", with(&changes));
        refused(response, 400, BAD, &format!("'{property}'"));
    }
    let unified = with(&[
        ("groupTypes", json!(["Unified"])),
        ("mailEnabled", json!(true)),
    ]);
    let made = make(&mut tenant, "/groups", unified);
    assert_eq!(made["mail"], "g@contoso.onmicrosoft.com");
}

#[test]
fn being_assignable_to_roles_is_decided_at_creation() {
    let mut tenant = tenant();
    let mut content = group_body("g");
    content["isAssignableToRole"] = json!(true);
    let url = format!(
        "/groups/{}",
        id(&make(&mut tenant, "/groups", content.clone()))
    );
    let response = patch(&mut tenant, &url, json!({"isAssignableToRole": false}));
    refused(response, 400, BAD, "'isAssignableToRole' is read-only");
    let plain = id(&group(&mut tenant, "plain"));
    let response = post(
        &mut tenant,
        &format!("{url}/members/$ref"),
        reference(&plain),
    );
    refused(response, 400, BAD, "invalid");
    content["visibility"] = json!("Public");
    refused(
        post(&mut tenant, "/groups", content.clone()),
        400,
        BAD,
        "'visibility'",
    );
    let mut lenient = tenant_where(|open| open.public_role_group = PublicRoleGroup::Accepted);
    make(&mut lenient, "/groups", content);
}

#[test]
fn a_member_is_added_once_and_removed_by_reference() {
    let mut tenant = tenant();
    let url = format!("/groups/{}", id(&group(&mut tenant, "g")));
    let ana = user(&mut tenant, "ana");
    let members = format!("{url}/members");
    done(post(
        &mut tenant,
        &format!("{members}/$ref"),
        reference(&ana),
    ));
    let again = post(&mut tenant, &format!("{members}/$ref"), reference(&ana));
    refused(
        again,
        400,
        BAD,
        "already exist for the following modified properties: 'members'.",
    );
    assert_eq!(ids(&mut tenant, &members), std::slice::from_ref(&ana));
    done(delete(&mut tenant, &format!("{members}/{ana}/$ref")));
    assert!(ids(&mut tenant, &members).is_empty());
    let app = id(&application(&mut tenant, "a"));
    refused(
        post(&mut tenant, &format!("{members}/$ref"), reference(&app)),
        400,
        BAD,
        "invalid",
    );
}

#[test]
fn removing_who_is_not_there_is_a_switch() {
    for (switch, status, code) in [
        (RemovingNonMember::NotFound, 404, "Request_ResourceNotFound"),
        (RemovingNonMember::BadRequest, 400, BAD),
    ] {
        let mut tenant = tenant_where(|open| open.removing_non_member = switch);
        let url = format!("/groups/{}", id(&group(&mut tenant, "g")));
        let ana = user(&mut tenant, "ana");
        let response = delete(&mut tenant, &format!("{url}/members/{ana}/$ref"));
        refused(response, status, code, "do");
    }
}

/// group-delete-members: without `/$ref` the request deletes the member itself.
#[test]
fn dropping_ref_deletes_the_member_itself() {
    let mut tenant = tenant();
    let url = format!("/groups/{}", id(&group(&mut tenant, "g")));
    let ana = user(&mut tenant, "ana");
    done(post(
        &mut tenant,
        &format!("{url}/members/$ref"),
        reference(&ana),
    ));
    done(delete(&mut tenant, &format!("{url}/members/{ana}")));
    assert_eq!(get(&mut tenant, &format!("/users/{ana}")).status, 404);
    assert_eq!(
        read(&mut tenant, &format!("/directory/deletedItems/{ana}"))["displayName"],
        "Ana Bowman"
    );
}

#[test]
fn twenty_references_go_in_one_request_all_or_none() {
    let mut tenant = tenant();
    let url = format!("/groups/{}", id(&group(&mut tenant, "g")));
    let many: Vec<String> = (0..21)
        .map(|number| id(&group(&mut tenant, &format!("m{number}"))))
        .collect();
    let bind = |ids: &[String]| {
        let links: Vec<String> = ids
            .iter()
            .map(|id| format!("{GRAPH}/directoryObjects/{id}"))
            .collect();
        json!({"members@odata.bind": links})
    };
    refused(
        patch(&mut tenant, &url, bind(&many)),
        400,
        BAD,
        "maximum of 20",
    );
    let mut with_stranger = many[..2].to_vec();
    with_stranger.push(guid(9));
    refused(
        patch(&mut tenant, &url, bind(&with_stranger)),
        404,
        "Request_ResourceNotFound",
        &guid(9),
    );
    assert!(ids(&mut tenant, &format!("{url}/members")).is_empty());
    done(patch(&mut tenant, &url, bind(&many[..20])));
    done(patch(&mut tenant, &url, bind(&many[20..])));
    assert_eq!(ids(&mut tenant, &format!("{url}/members")).len(), 21);
}

#[test]
fn a_group_is_created_with_owners_and_members_together_at_most_twenty() {
    let mut tenant = tenant();
    let (ana, ben) = (user(&mut tenant, "ana"), user(&mut tenant, "ben"));
    let mut content = group_body("g");
    content["owners@odata.bind"] = json!([format!("{GRAPH}/users/{ana}")]);
    content["members@odata.bind"] = json!([format!("{GRAPH}/directoryObjects('{ben}')")]);
    let url = format!(
        "/groups/{}",
        id(&make(&mut tenant, "/groups", content.clone()))
    );
    assert_eq!(
        ids(&mut tenant, &format!("{url}/owners")),
        std::slice::from_ref(&ana)
    );
    assert_eq!(ids(&mut tenant, &format!("{url}/members")), [ben]);
    let link = format!("{GRAPH}/users/{ana}");
    content["owners@odata.bind"] = json!([link, link]);
    refused(
        post(&mut tenant, "/groups", content),
        400,
        "DuplicateValue",
        "duplicate",
    );
}

#[test]
fn the_last_user_owner_stays() {
    let mut tenant = tenant();
    let url = format!("/groups/{}", id(&group(&mut tenant, "g")));
    let robot = application(&mut tenant, "robot");
    let robot = id(&service_principal(&mut tenant, &robot));
    let (ana, ben) = (user(&mut tenant, "ana"), user(&mut tenant, "ben"));
    let owners = format!("{url}/owners");
    for owner in [&robot, &ana] {
        done(post(
            &mut tenant,
            &format!("{owners}/$ref"),
            reference(owner),
        ));
    }
    let message = "The group must have at least one owner, hence this owner cannot be removed.";
    refused(
        delete(&mut tenant, &format!("{owners}/{ana}/$ref")),
        400,
        BAD,
        message,
    );
    done(post(
        &mut tenant,
        &format!("{owners}/$ref"),
        reference(&ben),
    ));
    done(delete(&mut tenant, &format!("{owners}/{ana}/$ref")));
    done(delete(&mut tenant, &format!("{owners}/{robot}/$ref")));
    let other = id(&group(&mut tenant, "other"));
    refused(
        post(&mut tenant, &format!("{owners}/$ref"), reference(&other)),
        400,
        BAD,
        "invalid",
    );
}

#[test]
fn dynamic_groups_refuse_members() {
    let mut tenant = tenant();
    let mut content = group_body("g");
    content["groupTypes"] = json!(["DynamicMembership"]);
    content["membershipRule"] = json!("user.city -eq \"Oslo\"");
    content["membershipRuleProcessingState"] = json!("On");
    let url = format!("/groups/{}", id(&make(&mut tenant, "/groups", content)));
    let ana = user(&mut tenant, "ana");
    refused(
        post(&mut tenant, &format!("{url}/members/$ref"), reference(&ana)),
        400,
        BAD,
        "invalid",
    );
    done(patch(
        &mut tenant,
        &url,
        json!({"groupTypes": [], "membershipRule": null}),
    ));
    done(post(
        &mut tenant,
        &format!("{url}/members/$ref"),
        reference(&ana),
    ));
}

#[test]
fn deleted_groups_keep_their_unique_name_unless_switched() {
    for switch in [
        DeletedGroupUniqueName::Reserved,
        DeletedGroupUniqueName::Free,
    ] {
        let mut tenant = tenant_where(|open| open.deleted_group_unique_name = switch);
        let url = "/groups(uniqueName='team')";
        body(upsert(&mut tenant, url, group_body("g")), 201);
        done(upsert(&mut tenant, url, json!({"description": "d"})));
        done(delete(&mut tenant, url));
        let again = upsert(&mut tenant, url, group_body("g"));
        match switch {
            DeletedGroupUniqueName::Reserved => {
                refused(again, 400, BAD, "uniqueName already exists")
            }
            DeletedGroupUniqueName::Free => drop(body(again, 201)),
        }
    }
}

#[test]
fn administrative_units_hold_users_groups_and_devices_only() {
    let mut tenant = tenant();
    let set = "/directory/administrativeUnits";
    let content = json!({"displayName": "au", "isMemberManagementRestricted": true});
    let url = format!("{set}/{}", id(&make(&mut tenant, set, content)));
    refused(post(&mut tenant, set, json!({})), 400, BAD, "'displayName'");
    done(patch(&mut tenant, &url, json!({"description": "d"})));
    let response = patch(
        &mut tenant,
        &url,
        json!({"isMemberManagementRestricted": false}),
    );
    refused(
        response,
        400,
        BAD,
        "'isMemberManagementRestricted' is read-only",
    );
    let ana = user(&mut tenant, "ana");
    let members = format!("{url}/members");
    done(post(
        &mut tenant,
        &format!("{members}/$ref"),
        reference(&ana),
    ));
    let app = application(&mut tenant, "a");
    let robot = id(&service_principal(&mut tenant, &app));
    for other in [id(&app), robot] {
        refused(
            post(&mut tenant, &format!("{members}/$ref"), reference(&other)),
            400,
            BAD,
            "invalid",
        );
    }
    let mut inside = group_body("inside");
    inside["@odata.type"] = json!("#microsoft.graph.group");
    let made = make(&mut tenant, &members, inside);
    assert_eq!(ids(&mut tenant, &members).len(), 2);
    assert_eq!(
        read(&mut tenant, &format!("/groups/{}", id(&made)))["displayName"],
        "inside"
    );
    done(delete(&mut tenant, &url));
    let bin = format!(
        "/directory/deletedItems/{}",
        url.rsplit('/').next().expect("an id")
    );
    refused(
        delete(&mut tenant, &bin),
        400,
        BAD,
        "cannot be permanently deleted",
    );
    body(post(&mut tenant, &format!("{bin}/restore"), json!({})), 200);
    assert_eq!(ids(&mut tenant, &members).len(), 2);
}
