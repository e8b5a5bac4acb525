//! Delta queries. Pages: concepts/delta-query-overview, api/application-delta, api/group-delta.

use idac::emulator::{Hardship, Lag, Tenant};
use idac::graph::{Method, Request};
use serde_json::{Value, json};

use crate::reads_harness::*;

/// Follows a round to its end; gives everything that it told, and the delta link.
fn round(tenant: &mut Tenant, url: &str) -> (Vec<Value>, String) {
    let mut told = Vec::new();
    let mut url = url.to_owned();
    loop {
        let page = read(tenant, &url);
        told.extend(page["value"].as_array().expect("a list").iter().cloned());
        let next = page["@odata.nextLink"].as_str().map(str::to_owned);
        let state = page["@odata.deltaLink"].as_str().map(str::to_owned);
        match (next, state) {
            (Some(next), None) => url = next,
            (None, Some(state)) => return (told, state),
            both => panic!("either a next link or a delta link: {both:?}"),
        }
    }
}

fn ids(told: &[Value]) -> Vec<String> {
    told.iter()
        .map(|entry| entry["id"].as_str().expect("an id").to_owned())
        .collect()
}

#[test]
fn the_first_round_tells_everything_and_the_next_only_what_changed() {
    let mut tenant = with_groups(250);
    let (told, link) = round(&mut tenant, "/groups/delta");
    assert_eq!(told.len(), 250);
    assert!(
        link.starts_with(&format!("{ROOT}/groups/delta?$deltatoken=")),
        "{link}"
    );
    let (told, link) = round(&mut tenant, &link);
    assert_eq!(told, [] as [Value; 0]);
    change(
        &mut tenant,
        &format!("/groups/{}", guid(7)),
        json!({"description": "d"}),
    );
    let made = make(&mut tenant, "/groups", group_body("new"));
    let (told, _) = round(&mut tenant, &link);
    assert_eq!(ids(&told), [guid(7), made]);
    assert_eq!(told[0]["description"], "d");
    let (again, _) = round(&mut tenant, &link);
    assert_eq!(again, told, "a token can be replayed");
}

#[test]
fn deleted_objects_are_told_with_their_reason() {
    let mut tenant = with_groups(3);
    let (_, link) = round(&mut tenant, "/groups/delta?$select=displayName");
    remove(&mut tenant, &format!("/groups/{}", guid(0)));
    remove(&mut tenant, &format!("/groups/{}", guid(1)));
    remove(&mut tenant, &format!("/directory/deletedItems/{}", guid(1)));
    let (told, next) = round(&mut tenant, &link);
    let expected = [
        json!({"id": guid(0), "@removed": {"reason": "changed"}}),
        json!({"id": guid(1), "@removed": {"reason": "deleted"}}),
    ];
    assert_eq!(told, expected);
    let restore = format!("/directory/deletedItems/{}/restore", guid(0));
    assert_eq!(
        send(&mut tenant, Method::Post, &restore, json!({})).status,
        200
    );
    let (told, _) = round(&mut tenant, &next);
    assert_eq!(
        told,
        [json!({"id": guid(0), "displayName": "group 0000"})],
        "as new"
    );
    let (fresh, _) = round(&mut tenant, "/groups/delta?$select=displayName");
    assert_eq!(
        ids(&fresh),
        [guid(2), guid(0)],
        "a first round tells nothing of what is gone"
    );
}

#[test]
fn select_limits_what_counts_as_a_change() {
    let mut tenant = with_groups(2);
    let (told, link) = round(&mut tenant, "/groups/delta?$select=displayName,members");
    assert_eq!(told[0], json!({"id": guid(0), "displayName": "group 0000"}));
    change(
        &mut tenant,
        &format!("/groups/{}", guid(0)),
        json!({"description": "d"}),
    );
    assert_eq!(round(&mut tenant, &link).0, [] as [Value; 0]);
    change(
        &mut tenant,
        &format!("/groups/{}", guid(1)),
        json!({"displayName": "other"}),
    );
    assert_eq!(
        round(&mut tenant, &link).0,
        [json!({"id": guid(1), "displayName": "other"})]
    );
    let response = ask(&mut tenant, "/groups/delta?$select=nothing");
    refused(&response, 400, "BadRequest", "'nothing'");
}

#[test]
fn members_are_told_as_they_come_and_go() {
    let mut tenant = with_groups(3);
    let members = format!("/groups/{}/members", guid(0));
    let add = |tenant: &mut Tenant, to: usize| {
        let url = format!("{members}/$ref");
        assert_eq!(
            send(tenant, Method::Post, &url, reference(&guid(to))).status,
            204
        );
    };
    add(&mut tenant, 1);
    let (told, link) = round(&mut tenant, "/groups/delta?$select=members");
    let first = told
        .iter()
        .find(|entry| entry["id"] == guid(0))
        .expect("the group");
    let one = json!({"@odata.type": "#microsoft.graph.group", "id": guid(1)});
    assert_eq!(first["members@delta"], json!([one]));
    add(&mut tenant, 2);
    assert_eq!(
        remove(&mut tenant, &format!("{members}/{}/$ref", guid(1))).status,
        204
    );
    let (told, _) = round(&mut tenant, &link);
    let expected = json!([
        {"@odata.type": "#microsoft.graph.group", "id": guid(1), "@removed": {"reason": "deleted"}},
        {"@odata.type": "#microsoft.graph.group", "id": guid(2)},
    ]);
    assert_eq!(told, [json!({"id": guid(0), "members@delta": expected})]);
}

#[test]
fn a_big_group_is_told_over_several_pages() {
    let mut tenant = with_groups(251);
    for number in 1..251 {
        let url = format!("/groups/{}/members/$ref", guid(0));
        send(&mut tenant, Method::Post, &url, reference(&guid(number)));
    }
    let url = format!("/groups/delta?$select=members&$filter=id eq '{}'", guid(0));
    let (told, _) = round(&mut tenant, &url);
    assert_eq!(
        ids(&told),
        [guid(0), guid(0), guid(0)],
        "the same id on each page"
    );
    let members: Vec<String> = told
        .iter()
        .flat_map(|part| ids(part["members@delta"].as_array().expect("members")))
        .collect();
    assert_eq!(members, (1..251).map(guid).collect::<Vec<_>>());
}

#[test]
fn a_round_can_begin_now() {
    let mut tenant = with_groups(3);
    let (told, link) = round(&mut tenant, "/groups/delta?$deltatoken=latest");
    assert_eq!(told, [] as [Value; 0]);
    change(
        &mut tenant,
        &format!("/groups/{}", guid(2)),
        json!({"description": "d"}),
    );
    assert_eq!(ids(&round(&mut tenant, &link).0), [guid(2)]);
}

#[test]
fn only_the_changed_properties_are_told_on_request() {
    let mut tenant = with_groups(1);
    let request =
        Request::get("/groups/delta?$deltatoken=latest").with_header("Prefer", "return=minimal");
    let link = content(&tenant.answer(&request))["@odata.deltaLink"].clone();
    change(
        &mut tenant,
        &format!("/groups/{}", guid(0)),
        json!({"description": "d"}),
    );
    let (told, _) = round(&mut tenant, link.as_str().expect("a link"));
    assert_eq!(told, [json!({"id": guid(0), "description": "d"})]);
}

#[test]
fn options_that_delta_queries_do_not_take_are_refused() {
    let mut tenant = with_groups(1);
    for option in [
        "$top=5",
        "$orderby=displayName",
        "$expand=members",
        "$search=\"displayName:a\"",
    ] {
        let response = ask(&mut tenant, &format!("/groups/delta?{option}"));
        let name = option.split('=').next().expect("a name");
        refused(&response, 400, "Request_UnsupportedQuery", name);
    }
    let response = ask(&mut tenant, "/groups/delta?$filter=displayName eq 'a'");
    refused(
        &response,
        400,
        "Request_UnsupportedQuery",
        "Unsupported Query.",
    );
}

#[test]
fn tokens_are_good_for_seven_days_and_for_their_collection() {
    let mut tenant = with_groups(1);
    let start = tenant.time_ms();
    let (_, link) = round(&mut tenant, "/groups/delta?$select=displayName");
    let token = link
        .split("$deltatoken=")
        .nth(1)
        .expect("a token")
        .to_owned();
    for url in [
        format!("/users/delta?$deltatoken={token}"),
        format!("/groups/delta?$skiptoken={token}"),
        format!("/groups/delta?$select=id&$deltatoken={token}"),
        "/groups/delta?$deltatoken=garbage".to_owned(),
    ] {
        refused(&ask(&mut tenant, &url), 400, "Request_BadRequest", "token");
    }
    const DAY: i64 = 24 * 60 * 60 * 1000;
    tenant.set_time(start + 7 * DAY);
    assert_eq!(ask(&mut tenant, &link).status, 200);
    tenant.set_time(start + 7 * DAY + 1);
    let gone = ask(&mut tenant, &link);
    refused(&gone, 410, "syncStateNotFound", "start again");
    let location = gone.headers.get("location").expect("a location");
    assert_eq!(
        *location,
        format!("{ROOT}/groups/delta?$select=displayName&$deltatoken=")
    );
    let (told, _) = round(&mut tenant, &location.clone());
    assert_eq!(told, [json!({"id": guid(0), "displayName": "group 0000"})]);
}

/// api/oauth2permissiongrant-delta
#[test]
fn grants_have_delta_queries_too() {
    let mut tenant = sample();
    for number in [1, 2] {
        let properties =
            json!({"id": guid(number), "appId": guid(100 + number), "displayName": "s"});
        plant_as(&mut tenant, "servicePrincipals", properties);
    }
    let (_, link) = round(&mut tenant, "/oauth2PermissionGrants/delta");
    let body = json!({"clientId": guid(1), "consentType": "AllPrincipals", "resourceId": guid(2), "scope": "a"});
    let id = make(&mut tenant, "/oauth2PermissionGrants", body);
    let (told, link) = round(&mut tenant, &link);
    assert_eq!(ids(&told), [id.as_str()]);
    change(
        &mut tenant,
        &format!("/oauth2PermissionGrants/{id}"),
        json!({"scope": "a b"}),
    );
    let (told, link) = round(&mut tenant, &link);
    assert_eq!(told[0]["scope"], "a b");
    remove(&mut tenant, &format!("/oauth2PermissionGrants/{id}"));
    let (told, _) = round(&mut tenant, &link);
    assert_eq!(told, [json!({"id": id, "@removed": {"reason": "deleted"}})]);
}

/// concepts/delta-query-overview: a replica that is behind delays a change and loses none
#[test]
fn a_lagging_replica_tells_a_change_later_and_never_not_at_all() {
    let mut tenant = with_groups(1);
    let update_lag = Lag {
        requests: 2,
        ..Lag::default()
    };
    tenant.set_hardship(Hardship {
        update_lag,
        ..Hardship::default()
    });
    let (_, link) = round(&mut tenant, "/groups/delta");
    change(
        &mut tenant,
        &format!("/groups/{}", guid(0)),
        json!({"description": "d"}),
    );
    let (told, link) = round(&mut tenant, &link);
    assert_eq!(told, [] as [Value; 0]);
    read(&mut tenant, "/organization");
    assert_eq!(ids(&round(&mut tenant, &link).0), [guid(0)]);
}
