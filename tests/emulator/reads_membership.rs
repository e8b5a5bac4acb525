//! Membership through groups, and what no application can ask. Pages: group-list-transitivemembers,
//! user-list-transitivememberof, directoryobject-checkmembergroups, directoryobject-getmembergroups,
//! directoryroletemplate-list, subscribedsku-list, user-get.

use idac::emulator::Tenant;
use serde_json::json;

use crate::harness::*;

/// `outer` holds `inner`, which holds Ana, and Ben.
fn nested(tenant: &mut Tenant) -> (String, String) {
    let (outer, inner) = (id(&group(tenant, "outer")), id(&group(tenant, "inner")));
    for (of, name) in [(&inner, "ana"), (&outer, "ben")] {
        let member = user(tenant, name);
        done(post(
            tenant,
            &format!("/groups/{of}/members/$ref"),
            reference(&member),
        ));
    }
    done(post(
        tenant,
        &format!("/groups/{outer}/members/$ref"),
        reference(&inner),
    ));
    (outer, inner)
}

fn sorted(mut ids: Vec<String>) -> Vec<String> {
    ids.sort();
    ids
}

#[test]
fn transitive_members_are_those_of_member_groups_too() {
    let mut tenant = tenant();
    let (outer, inner) = nested(&mut tenant);
    let (ana, ben) = (user(&mut tenant, "ana"), user(&mut tenant, "ben"));
    let url = format!("/groups/{outer}/transitiveMembers");
    let all = sorted(vec![ana.clone(), ben.clone(), inner.clone()]);
    assert_eq!(ids(&mut tenant, &url), all);
    let users = format!("{url}/microsoft.graph.user");
    assert_eq!(ids(&mut tenant, &users), sorted(vec![ana.clone(), ben]));
    let around = format!("/users/{ana}/transitiveMemberOf");
    assert_eq!(
        ids(&mut tenant, &around),
        sorted(vec![outer, inner.clone()])
    );
    let direct = format!("/users/{ana}/memberOf/microsoft.graph.group");
    assert_eq!(ids(&mut tenant, &direct), std::slice::from_ref(&inner));
    let hugo = user(&mut tenant, "hugo");
    let members = format!("/groups/{inner}/members/$ref");
    done(post(&mut tenant, &members, reference(&hugo)));
    assert_eq!(ids(&mut tenant, &url).len(), 4);
}

#[test]
fn groups_that_hold_each_other_are_walked_once() {
    let mut tenant = tenant();
    let (outer, inner) = nested(&mut tenant);
    done(post(
        &mut tenant,
        &format!("/groups/{inner}/members/$ref"),
        reference(&outer),
    ));
    let all = ids(&mut tenant, &format!("/groups/{outer}/transitiveMembers"));
    assert_eq!(all.len(), 4);
}

#[test]
fn membership_is_checked_for_up_to_twenty_groups() {
    let mut tenant = tenant();
    let (outer, inner) = nested(&mut tenant);
    let ana = user(&mut tenant, "ana");
    let url = format!("/users/{ana}/checkMemberGroups");
    let answer = post(&mut tenant, &url, json!({"groupIds": [outer, guid(9)]}));
    assert_eq!(body(answer, 200)["value"], json!([outer]));
    let many: Vec<String> = (0..21).map(guid).collect();
    let answer = post(&mut tenant, &url, json!({"groupIds": many}));
    refused(answer, 400, "Request_BadRequest", "'groupIds'");
    let url = format!("/users/{ana}/getMemberGroups");
    let answer = post(&mut tenant, &url, json!({"securityEnabledOnly": true}));
    let found = body(answer, 200)["value"].clone();
    assert_eq!(found, json!(sorted(vec![outer.clone(), inner.clone()])));
    let url = format!("/groups/{inner}/getMemberGroups");
    let answer = post(&mut tenant, &url, json!({"securityEnabledOnly": false}));
    assert_eq!(body(answer, 200)["value"], json!([outer]));
    let answer = post(&mut tenant, &url, json!({"securityEnabledOnly": true}));
    refused(answer, 400, "Request_BadRequest", "securityEnabledOnly");
}

#[test]
fn an_application_is_not_somebody_and_a_tenant_has_templates_and_no_licences() {
    let mut tenant = tenant();
    refused(
        get(&mut tenant, "/me"),
        400,
        "BadRequest",
        "delegated authentication flow",
    );
    assert_eq!(read(&mut tenant, "/subscribedSkus")["value"], json!([]));
    let templates = read(&mut tenant, "/directoryRoleTemplates?$top=999");
    let templates = templates["value"].as_array().expect("a list").clone();
    let administrator = "62e90394-69f5-4237-9190-012177145e10";
    assert!(
        templates
            .iter()
            .any(|template| template["id"] == administrator)
    );
    let one = read(
        &mut tenant,
        &format!("/directoryRoleTemplates/{administrator}"),
    );
    assert_eq!(one["displayName"], "Global Administrator");
}
