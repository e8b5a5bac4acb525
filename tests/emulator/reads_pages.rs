//! Paging, `$select`, `$expand`, `$orderby`, `$search` and counting.

use idac::graph::{Method, Request};
use serde_json::json;

use crate::reads_harness::*;

/// concepts/paging
#[test]
fn a_page_holds_a_hundred_objects_and_says_where_the_next_begins() {
    let mut tenant = with_groups(250);
    let (ids, sizes) = walk(&mut tenant, "/groups");
    assert_eq!(sizes, [100, 100, 50]);
    assert_eq!(ids, (0..250).map(guid).collect::<Vec<_>>());
    let first = read(&mut tenant, "/groups");
    let next = first["@odata.nextLink"].as_str().expect("a next link");
    assert!(
        next.starts_with(&format!("{ROOT}/groups?$skiptoken=")),
        "{next}"
    );
}

/// concepts/query-parameters: $top
#[test]
fn top_is_one_to_999() {
    let mut tenant = with_groups(3);
    assert_eq!(walk(&mut tenant, "/groups?$top=2").1, [2, 1]);
    assert_eq!(walk(&mut tenant, "/groups?$top=3").1, [3]);
    assert_eq!(walk(&mut tenant, "/groups?$top=999").1, [3]);
    for top in ["0", "1000"] {
        let response = ask(&mut tenant, &format!("/groups?$top={top}"));
        refused(
            &response,
            400,
            "Request_UnsupportedQuery",
            "Must be between 1 and 999",
        );
    }
    refused(
        &ask(&mut tenant, "/groups?$top=x"),
        400,
        "BadRequest",
        "$top",
    );
    refused(
        &ask(&mut tenant, "/groups?$top=-1"),
        400,
        "BadRequest",
        "$top",
    );
}

/// concepts/query-parameters: $skip is not for directory objects
#[test]
fn skip_and_unknown_options_are_refused() {
    let mut tenant = with_groups(1);
    refused(
        &ask(&mut tenant, "/groups?$skip=1"),
        400,
        "Request_BadRequest",
        "$skip",
    );
    refused(
        &ask(&mut tenant, "/groups?$apply=x"),
        400,
        "BadRequest",
        "$apply",
    );
    let twice = ask(&mut tenant, "/groups?$top=1&$top=2");
    refused(&twice, 400, "BadRequest", "more than once");
}

/// concepts/query-parameters: v1.0 takes the options without the dollar sign too
#[test]
fn options_need_no_dollar_sign_and_may_be_encoded() {
    let mut tenant = with_groups(3);
    assert_eq!(
        read(&mut tenant, "/groups?top=1&select=id")["value"],
        json!([{"id": guid(0)}])
    );
    let found = names(
        &mut tenant,
        "/groups?%24filter=displayName+eq%20%27group%200001%27",
    );
    assert_eq!(found, ["group 0001"]);
}

/// concepts/paging: the link is opaque and stays good while others come and go
#[test]
fn nothing_is_lost_or_shown_twice_when_objects_come_and_go_between_pages() {
    let mut tenant = with_groups(10);
    let first = read(&mut tenant, "/groups?$top=4&$select=id");
    for number in [0, 3, 5] {
        assert_eq!(
            remove(&mut tenant, &format!("/groups/{}", guid(number))).status,
            204
        );
    }
    plant(&mut tenant, "groups", 20, "late");
    let next = first["@odata.nextLink"].as_str().expect("a next link");
    let (rest, sizes) = walk(&mut tenant, next);
    assert_eq!(rest, [4, 6, 7, 8, 9, 20].map(guid));
    assert_eq!(sizes, [4, 2]);
}

/// concepts/paging: the token belongs to the request that it continues
#[test]
fn a_page_token_is_good_for_its_own_request_only() {
    let mut tenant = with_groups(5);
    let page = read(&mut tenant, "/groups?$top=2");
    let link = page["@odata.nextLink"]
        .as_str()
        .expect("a next link")
        .to_owned();
    let token = link.split("$skiptoken=").nth(1).expect("a token");
    for url in [
        format!("/users?$top=2&$skiptoken={token}"),
        format!("/groups?$top=3&$skiptoken={token}"),
        "/groups?$top=2&$skiptoken=garbage".to_owned(),
    ] {
        refused(
            &ask(&mut tenant, &url),
            400,
            "Directory_ExpiredPageToken",
            "page token",
        );
    }
    assert_eq!(each(&read(&mut tenant, &link), "id"), [guid(2), guid(3)]);
    assert_eq!(
        each(&read(&mut tenant, &link), "id"),
        [guid(2), guid(3)],
        "it can be asked again"
    );
}

/// concepts/query-parameters: $select
#[test]
fn select_limits_the_properties_and_refuses_unknown_ones() {
    let mut tenant = sample();
    let id = make(&mut tenant, "/applications", json!({"displayName": "a"}));
    let url = format!("/applications/{id}?$select=id,displayName,web");
    let mut found = read(&mut tenant, &url);
    assert_eq!(
        found["@odata.context"],
        format!("{ROOT}/$metadata#applications(id,displayName,web)/$entity")
    );
    found
        .as_object_mut()
        .expect("an object")
        .remove("@odata.context");
    assert_eq!(found.as_object().map(|found| found.len()), Some(3));
    assert_eq!(found["web"]["redirectUris"], json!([]));
    let message =
        "Could not find a property named 'permissions' on type 'microsoft.graph.application'.";
    for url in [
        format!("/applications/{id}?$select=permissions"),
        "/applications?$select=permissions".to_owned(),
    ] {
        refused(&ask(&mut tenant, &url), 400, "BadRequest", message);
    }
    refused(
        &ask(&mut tenant, "/applications?$select=displayname"),
        400,
        "BadRequest",
        "'displayname'",
    );
}

/// resources/application and resources/group: returned only on $select
#[test]
fn some_properties_are_returned_only_when_selected() {
    let mut tenant = sample();
    let id = make(&mut tenant, "/applications", json!({"displayName": "a"}));
    let whole = read(&mut tenant, &format!("/applications/{id}"));
    assert_eq!(whole.get("authenticationBehaviors"), None);
    assert_eq!(whole["uniqueName"], json!(null));
    assert_eq!(whole["appRoles"], json!([]));
    let url = format!("/applications/{id}?$select=authenticationBehaviors");
    assert!(
        read(&mut tenant, &url)
            .get("authenticationBehaviors")
            .is_some()
    );
}

/// concepts/query-parameters: $expand; at most 20 entries of one relation
#[test]
fn expand_shows_twenty_entries_of_one_relation() {
    let mut tenant = with_groups(30);
    let id = make(&mut tenant, "/groups", group_body("holder"));
    for number in 0..25 {
        let url = format!("/groups/{id}/members/$ref");
        assert_eq!(
            send(&mut tenant, Method::Post, &url, reference(&guid(number))).status,
            204
        );
    }
    let found = read(
        &mut tenant,
        &format!("/groups/{id}?$expand=members($select=id)&$select=id"),
    );
    let members = found["members"].as_array().expect("members");
    assert_eq!(members.len(), 20);
    assert_eq!(
        members[0],
        json!({"@odata.type": "#microsoft.graph.group", "id": guid(0)})
    );
    let listed = read(
        &mut tenant,
        "/groups?$expand=members&$filter=displayName eq 'holder'",
    );
    assert_eq!(
        listed["value"][0]["members"].as_array().map(Vec::len),
        Some(20)
    );
    assert_eq!(
        walk(&mut tenant, &format!("/groups/{id}/members?$top=10")).1,
        [10, 10, 5]
    );
    let two = ask(&mut tenant, &format!("/groups/{id}?$expand=members,owners"));
    refused(&two, 400, "Request_UnsupportedQuery", "expand");
    let none = ask(&mut tenant, "/groups?$expand=friends");
    refused(&none, 400, "BadRequest", "'friends'");
}

/// api/group-list-members: entries carry their type
#[test]
fn members_and_owners_are_directory_objects_with_their_type() {
    let mut tenant = sample();
    let id = make(&mut tenant, "/groups", group_body("g"));
    let ana = read(&mut tenant, "/users/ana@contoso.com")["id"]
        .as_str()
        .expect("id")
        .to_owned();
    send(
        &mut tenant,
        Method::Post,
        &format!("/groups/{id}/owners/$ref"),
        reference(&ana),
    );
    let owners = read(
        &mut tenant,
        &format!("/groups/{id}/owners?$select=id,userPrincipalName"),
    );
    assert_eq!(
        owners["@odata.context"],
        format!("{ROOT}/$metadata#directoryObjects(id,userPrincipalName)")
    );
    let expected = json!([{"@odata.type": "#microsoft.graph.user", "id": ana, "userPrincipalName": "ana@contoso.com"}]);
    assert_eq!(owners["value"], expected);
    assert_eq!(remove(&mut tenant, &format!("/users/{ana}")).status, 204);
    assert_eq!(
        read(&mut tenant, &format!("/groups/{id}/owners"))["value"],
        json!([])
    );
}

/// api/group-list-members: a cast lists one type and does not repeat it
#[test]
fn a_cast_lists_the_members_of_one_type() {
    let mut tenant = with_groups(2);
    let ana = read(&mut tenant, "/users/ana@contoso.com")["id"]
        .as_str()
        .expect("id")
        .to_owned();
    let members = format!("/groups/{}/members", guid(0));
    for id in [&guid(1), &ana] {
        let added = send(
            &mut tenant,
            Method::Post,
            &format!("{members}/$ref"),
            reference(id),
        );
        assert_eq!(added.status, 204);
    }
    let users = read(
        &mut tenant,
        &format!("{members}/microsoft.graph.user?$select=id"),
    );
    assert_eq!(users["value"], json!([{ "id": ana }]));
    let both = walk(&mut tenant, &members).0;
    assert_eq!(both.len(), 2);
    let response = ask(&mut tenant, &format!("{members}/microsoft.graph.thing"));
    refused(&response, 400, "BadRequest", "microsoft.graph.thing");
}

/// concepts/aad-advanced-queries: $count
#[test]
fn counting_needs_the_header() {
    let mut tenant = with_groups(7);
    let ignored = read(&mut tenant, "/groups?$count=true&$top=2");
    assert_eq!(ignored.get("@odata.count"), None);
    let counted = content(&ask_eventual(&mut tenant, "/groups?$count=true&$top=2"));
    assert_eq!(counted["@odata.count"], 7);
    let next = counted["@odata.nextLink"]
        .as_str()
        .expect("a next link")
        .to_owned();
    assert_eq!(
        content(&ask_eventual(&mut tenant, &next)).get("@odata.count"),
        None
    );
    let refusal = ask(&mut tenant, "/groups/$count");
    refused(
        &refusal,
        400,
        "Request_BadRequest",
        "$count is not currently supported.",
    );
    let number = ask_eventual(&mut tenant, "/groups/$count");
    assert_eq!(content(&number), json!(7));
    assert_eq!(
        number.headers.get("content-type").map(String::as_str),
        Some("text/plain")
    );
    let url = "/groups/$count?$filter=startswith(displayName,'group 000')";
    assert_eq!(content(&ask_eventual(&mut tenant, url)), json!(7));
}

/// concepts/aad-advanced-queries: $orderby
#[test]
fn order_is_by_name_and_with_a_filter_only_in_advanced_queries() {
    let mut tenant = sample();
    for (number, name) in ["b", "C", "a", "d"].into_iter().enumerate() {
        plant(&mut tenant, "groups", number, name);
    }
    assert_eq!(
        names(&mut tenant, "/groups?$orderby=displayName"),
        ["a", "b", "C", "d"]
    );
    let (ids, sizes) = walk(&mut tenant, "/groups?$orderby=displayName desc&$top=3");
    assert_eq!((ids, sizes), ([3, 1, 0, 2].map(guid).to_vec(), vec![3, 1]));
    let both = "/groups?$orderby=displayName&$filter=securityEnabled eq true";
    refused(
        &ask(&mut tenant, both),
        400,
        "Request_UnsupportedQuery",
        "Sorting not supported",
    );
    let advanced = format!("{both}&$count=true");
    assert_eq!(
        content(&ask_eventual(&mut tenant, &advanced))["@odata.count"],
        4
    );
    refused(
        &ask(&mut tenant, "/groups?$orderby=visibility"),
        400,
        "Request_UnsupportedQuery",
        "Sorting",
    );
}

/// concepts/search-query-parameter
#[test]
fn search_needs_the_header_and_finds_beginnings_of_words() {
    let mut tenant = sample();
    for (number, name) in ["Video Production", "Production", "Reproduction"]
        .into_iter()
        .enumerate()
    {
        plant(&mut tenant, "groups", number, name);
    }
    let url = "/groups?$search=\"displayName:prod\"";
    refused(
        &ask(&mut tenant, url),
        400,
        "Request_UnsupportedQuery",
        "'ConsistencyLevel: eventual'",
    );
    let found = content(&ask_eventual(&mut tenant, url));
    assert_eq!(
        each(&found, "displayName"),
        ["Video Production", "Production"]
    );
    let both = "/groups?$search=\"displayName:prod\" AND \"displayName:video\"";
    assert_eq!(
        each(&content(&ask_eventual(&mut tenant, both)), "id"),
        [guid(0)]
    );
    refused(
        &ask_eventual(&mut tenant, "/groups?$search=prod"),
        400,
        "BadRequest",
        "Syntax error",
    );
}

/// api/directory-deleteditems-list: the cast is mandatory
#[test]
fn the_recycle_bin_is_listed_by_type() {
    let mut tenant = with_groups(3);
    assert_eq!(
        remove(&mut tenant, &format!("/groups/{}", guid(1))).status,
        204
    );
    let bin = read(
        &mut tenant,
        "/directory/deletedItems/microsoft.graph.group?$top=999",
    );
    assert_eq!(each(&bin, "id"), [guid(1)]);
    assert_ne!(bin["value"][0]["deletedDateTime"], json!(null));
    let users = read(&mut tenant, "/directory/deletedItems/microsoft.graph.user");
    assert_eq!(users["value"], json!([]));
    assert_eq!(walk(&mut tenant, "/groups").0, [guid(0), guid(2)]);
    let one = read(&mut tenant, &format!("/directory/deletedItems/{}", guid(1)));
    assert_eq!(one["@odata.type"], "#microsoft.graph.group");
}

/// concepts/errors and concepts/throttling: what every answer carries
#[test]
fn every_answer_has_ids_and_its_cost() {
    let mut tenant = with_groups(1);
    let request = Request::get("/groups/none").with_header("client-request-id", "mine");
    let response = tenant.answer(&request);
    let inner = &response.body.as_ref().expect("a body")["error"]["innerError"];
    assert_eq!(inner["client-request-id"], "mine");
    assert_eq!(
        response
            .headers
            .get("client-request-id")
            .map(String::as_str),
        Some("mine")
    );
    assert_eq!(
        inner["request-id"].as_str(),
        response.headers.get("request-id").map(String::as_str)
    );
    assert_eq!(inner["date"], "2026-01-01T00:00:00");
    for (url, units) in [
        ("/groups", "1"),
        ("/applications", "2"),
        ("/applications?$select=id", "1"),
        ("/applications?$top=5", "1"),
        ("/users?$expand=memberOf", "3"),
        ("/groups/00000000-0000-4000-8000-000000000000/members", "3"),
        ("/oauth2PermissionGrants", "2"),
    ] {
        let found = ask(&mut tenant, url)
            .headers
            .get("x-ms-resource-unit")
            .cloned();
        assert_eq!(found.as_deref(), Some(units), "{url}");
    }
}

/// The root of links is that of the tenant.
#[test]
fn links_start_where_the_tenant_is_served() {
    let mut tenant = with_groups(3);
    tenant.set_root("http://127.0.0.1:8080/v1.0/");
    let page = read(
        &mut tenant,
        "http://127.0.0.1:8080/v1.0/groups?$top=1&$select=id",
    );
    let link = page["@odata.nextLink"]
        .as_str()
        .expect("a next link")
        .to_owned();
    assert!(
        link.starts_with("http://127.0.0.1:8080/v1.0/groups?$top=1&$select=id&$skiptoken="),
        "{link}"
    );
    assert_eq!(walk(&mut tenant, &link).0, [guid(1), guid(2)]);
}
