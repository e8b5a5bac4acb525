//! Activated directory roles, and the passwords of users. Pages: directoryrole resource,
//! directoryrole-post-directoryroles, directoryrole-post-members, directoryrole-delete-member, user-post-users,
//! "Password policies and account restrictions in Microsoft Entra ID".

use serde_json::json;

use crate::harness::*;

const BAD: &str = "Request_BadRequest";
/// Groups Administrator.
const TEMPLATE: &str = "fdd7a751-b60b-444a-984c-02652fe8fa1c";

#[test]
fn a_directory_role_is_activated_once_and_found_by_its_template() {
    let mut tenant = tenant();
    let active = read(&mut tenant, "/directoryRoles");
    assert_eq!(active["value"][0]["displayName"], "Global Administrator");
    let made = make(
        &mut tenant,
        "/directoryRoles",
        json!({"roleTemplateId": TEMPLATE}),
    );
    assert_ne!(made["id"], TEMPLATE);
    let again = post(
        &mut tenant,
        "/directoryRoles",
        json!({"roleTemplateId": TEMPLATE}),
    );
    refused(again, 400, BAD, "conflicting object");
    let by_key = format!("/directoryRoles(roleTemplateId='{TEMPLATE}')");
    assert_eq!(read(&mut tenant, &by_key)["id"], made["id"]);
    let filtered = format!("/directoryRoles?$filter=roleTemplateId eq '{TEMPLATE}'");
    assert_eq!(ids(&mut tenant, &filtered), [id(&made)]);
    let unknown = post(
        &mut tenant,
        "/directoryRoles",
        json!({"roleTemplateId": guid(9)}),
    );
    refused(unknown, 404, "Request_ResourceNotFound", &guid(9));
}

#[test]
fn members_of_a_directory_role_are_its_assignments_to_the_whole_tenant() {
    let mut tenant = tenant();
    let ana = user(&mut tenant, "ana");
    let made = make(
        &mut tenant,
        "/directoryRoles",
        json!({"roleTemplateId": TEMPLATE}),
    );
    let members = format!("/directoryRoles/{}/members", id(&made));
    done(post(
        &mut tenant,
        &format!("{members}/$ref"),
        reference(&ana),
    ));
    let again = post(&mut tenant, &format!("{members}/$ref"), reference(&ana));
    refused(again, 400, BAD, "already exist");
    let shown = read(&mut tenant, &members);
    assert_eq!(shown["value"][0]["@odata.type"], "#microsoft.graph.user");
    let assignments = read(&mut tenant, "/roleManagement/directory/roleAssignments");
    assert_eq!(assignments["value"][0]["principalId"], json!(ana));
    done(delete(&mut tenant, &format!("{members}/{ana}/$ref")));
    refused(
        delete(&mut tenant, &format!("{members}/{ana}/$ref")),
        404,
        "Request_ResourceNotFound",
        &ana,
    );
    assert!(ids(&mut tenant, "/roleManagement/directory/roleAssignments").is_empty());
}

#[test]
fn a_weak_password_and_a_foreign_domain_are_refused() {
    let mut tenant = tenant();
    let user = |password: &str, name: &str| {
        json!({"accountEnabled": true, "displayName": "Nia", "mailNickname": "nia",
            "userPrincipalName": name, "passwordProfile": {"password": password}})
    };
    for weak in ["Short1!", "alllowercase", "lower1234", ""] {
        let answer = post(&mut tenant, "/users", user(weak, "nia@contoso.com"));
        refused(answer, 400, BAD, "password complexity");
    }
    let answer = post(
        &mut tenant,
        "/users",
        user("Long-enough-1", "nia@elsewhere.example"),
    );
    refused(answer, 400, BAD, "domain portion");
    let made = make(
        &mut tenant,
        "/users",
        user("Long-enough-1", "nia@contoso.com"),
    );
    assert_eq!(made.get("passwordProfile"), None);
    let url = format!("/users/{}", id(&made));
    let weak = json!({"passwordProfile": {"password": "weak"}});
    refused(
        patch(&mut tenant, &url, weak),
        400,
        BAD,
        "password complexity",
    );
}
