//! What goes wrong on purpose. Pages: concepts/throttling, concepts/errors, and semantics, section 6.

use idac::emulator::{Flapping, Hardship, Lag, Lost, ScheduledRefusal, Tenant};
use idac::graph::{Method, Request};
use serde_json::{Value, json};

use crate::reads_harness::*;

fn lag(requests: u32) -> Lag {
    Lag {
        requests,
        ..Lag::default()
    }
}

fn status(tenant: &mut Tenant, url: &str) -> u16 {
    ask(tenant, url).status
}

#[test]
fn what_was_created_is_missing_until_the_requests_are_over() {
    let mut tenant = suffering(Hardship {
        create_lag: lag(6),
        ..Hardship::default()
    });
    let id = make(&mut tenant, "/groups", group_body("new"));
    let url = format!("/groups/{id}");
    refused(
        &ask(&mut tenant, &url),
        404,
        "Request_ResourceNotFound",
        &id,
    );
    assert_eq!(names(&mut tenant, "/groups"), [] as [&str; 0]);
    assert_eq!(
        names(&mut tenant, "/groups?$filter=displayName eq 'new'"),
        [] as [&str; 0]
    );
    let write = send(
        &mut tenant,
        Method::Patch,
        &url,
        json!({"description": "d"}),
    );
    refused(&write, 404, "Request_ResourceNotFound", &id);
    let other = send(
        &mut tenant,
        Method::Post,
        &format!("{url}/members/$ref"),
        reference(&guid(1)),
    );
    refused(&other, 404, "Request_ResourceNotFound", &id);
    assert_eq!(status(&mut tenant, &url), 404);
    assert_eq!(status(&mut tenant, &url), 200, "the seventh");
    assert_eq!(names(&mut tenant, "/groups"), ["new"]);
}

#[test]
fn lag_lasts_until_the_clock_has_moved_too() {
    let mut tenant = suffering(Hardship {
        create_lag: Lag {
            requests: 1,
            ms: 5_000,
            flapping: Flapping::Steady,
        },
        ..Hardship::default()
    });
    let id = make(&mut tenant, "/groups", group_body("new"));
    let url = format!("/groups/{id}");
    for _ in 0..5 {
        assert_eq!(status(&mut tenant, &url), 404);
    }
    tenant.set_time(tenant.time_ms() + 5_000);
    assert_eq!(status(&mut tenant, &url), 200);
}

#[test]
fn references_to_what_has_not_arrived_are_refused() {
    let mut tenant = suffering(Hardship {
        create_lag: lag(2),
        ..Hardship::default()
    });
    let application = make(&mut tenant, "/applications", json!({"displayName": "a"}));
    let app_id = tenant.export()["entries"]
        .as_array()
        .expect("entries")
        .iter()
        .find(|entry| entry[0] == json!({ "Object": application }))
        .map(|entry| entry[1]["Object"]["properties"]["appId"].clone())
        .expect("the application");
    let early = send(
        &mut tenant,
        Method::Post,
        "/servicePrincipals",
        json!({ "appId": app_id }),
    );
    refused(
        &early,
        400,
        "Request_BadRequest",
        "does not reference a valid application object",
    );
    read(&mut tenant, "/organization");
    let principal = make(
        &mut tenant,
        "/servicePrincipals",
        json!({ "appId": app_id }),
    );
    let ana = read(&mut tenant, "/users/ana@contoso.com")["id"].clone();
    let body = json!({"principalId": ana, "resourceId": principal, "appRoleId": "00000000-0000-0000-0000-000000000000"});
    let url = format!("/users/{}/appRoleAssignments", ana.as_str().expect("an id"));
    let early = send(&mut tenant, Method::Post, &url, body.clone());
    refused(
        &early,
        400,
        "Request_BadRequest",
        "Not a valid reference update",
    );
    make(&mut tenant, &url, body);
}

#[test]
fn reads_show_what_was_there_before_an_update_or_deletion() {
    let mut tenant = with_groups(2);
    tenant.set_hardship(Hardship {
        update_lag: lag(3),
        ..Hardship::default()
    });
    let url = format!("/groups/{}", guid(0));
    change(&mut tenant, &url, json!({"displayName": "renamed"}));
    assert_eq!(read(&mut tenant, &url)["displayName"], "group 0000");
    let old = "/groups?$filter=displayName eq 'group 0000'";
    assert_eq!(names(&mut tenant, old), ["group 0000"]);
    assert_eq!(names(&mut tenant, "/groups"), ["group 0000", "group 0001"]);
    assert_eq!(read(&mut tenant, &url)["displayName"], "renamed");
    assert_eq!(names(&mut tenant, old), [] as [&str; 0]);
    assert_eq!(remove(&mut tenant, &url).status, 204);
    assert_eq!(status(&mut tenant, &url), 200);
    assert_eq!(names(&mut tenant, "/groups"), ["renamed", "group 0001"]);
    let bin = read(&mut tenant, "/directory/deletedItems/microsoft.graph.group");
    assert_eq!(bin["value"], json!([]));
    assert_eq!(status(&mut tenant, &url), 404);
    assert_eq!(names(&mut tenant, "/groups"), ["group 0001"]);
}

#[test]
fn members_that_were_added_or_removed_show_later() {
    let mut tenant = with_groups(3);
    tenant.set_hardship(Hardship {
        update_lag: lag(1),
        ..Hardship::default()
    });
    let members = format!("/groups/{}/members", guid(0));
    send(
        &mut tenant,
        Method::Post,
        &format!("{members}/$ref"),
        reference(&guid(1)),
    );
    assert_eq!(each(&read(&mut tenant, &members), "id"), [] as [&str; 0]);
    assert_eq!(each(&read(&mut tenant, &members), "id"), [guid(1)]);
    remove(&mut tenant, &format!("{members}/{}/$ref", guid(1)));
    assert_eq!(each(&read(&mut tenant, &members), "id"), [guid(1)]);
    assert_eq!(each(&read(&mut tenant, &members), "id"), [] as [&str; 0]);
}

#[test]
fn the_service_principal_shows_the_applications_roles_later() {
    let mut tenant = sample();
    let application = make(
        &mut tenant,
        "/applications",
        json!({"displayName": "before"}),
    );
    let app_id = read(&mut tenant, &format!("/applications/{application}"))["appId"].clone();
    let principal = make(
        &mut tenant,
        "/servicePrincipals",
        json!({ "appId": app_id }),
    );
    tenant.set_hardship(Hardship {
        mirror_lag: lag(3),
        ..Hardship::default()
    });
    let roles = json!([{"id": guid(1), "value": "r", "displayName": "r", "description": "r", "isEnabled": true,
        "allowedMemberTypes": ["User"]}]);
    change(
        &mut tenant,
        &format!("/applications/{application}"),
        json!({"displayName": "after", "appRoles": roles}),
    );
    assert_eq!(
        read(&mut tenant, &format!("/applications/{application}"))["displayName"],
        "after"
    );
    let url = format!("/servicePrincipals/{principal}");
    let behind = read(&mut tenant, &url);
    assert_eq!(
        (&behind["displayName"], &behind["appRoles"]),
        (&json!("before"), &json!([]))
    );
    let old = names(
        &mut tenant,
        "/servicePrincipals?$filter=displayName eq 'before'",
    );
    assert_eq!(old, ["before"]);
    let caught_up = read(&mut tenant, &url);
    assert_eq!(
        (
            &caught_up["displayName"],
            &caught_up["appRoles"][0]["value"]
        ),
        (&json!("after"), &json!("r"))
    );
}

#[test]
fn flapping_reads_meet_either_replica_and_the_seed_decides_which() {
    let run = |seed: u64| -> Vec<u16> {
        let mut tenant = suffering(Hardship {
            seed,
            create_lag: Lag {
                requests: 40,
                ms: 0,
                flapping: Flapping::Flapping,
            },
            ..Hardship::default()
        });
        let id = make(&mut tenant, "/groups", group_body("new"));
        (0..40)
            .map(|_| status(&mut tenant, &format!("/groups/{id}")))
            .collect()
    };
    let one = run(1);
    assert!(one.contains(&200) && one.contains(&404), "{one:?}");
    assert_eq!(one, run(1));
    assert_ne!(one, run(2));
}

#[test]
fn throttled_requests_have_no_effect_and_say_how_long_to_wait() {
    let mut tenant = suffering(Hardship {
        throttled_per_mille: 1000,
        retry_after_s: 7,
        ..Hardship::default()
    });
    let response = send(&mut tenant, Method::Post, "/groups", group_body("new"));
    refused(&response, 429, "TooManyRequests", "Too many requests");
    assert_eq!(
        response.headers.get("retry-after").map(String::as_str),
        Some("7")
    );
    let scope = response
        .headers
        .get("x-ms-throttle-scope")
        .expect("a scope");
    assert!(
        scope.starts_with("Tenant_Application/Write/") && scope.ends_with(tenant.id()),
        "{scope}"
    );
    let information = response.headers.get("x-ms-throttle-information");
    assert_eq!(information.map(String::as_str), Some("WriteLimitExceeded"));
    tenant.set_hardship(Hardship::default());
    assert_eq!(names(&mut tenant, "/groups"), [] as [&str; 0]);
}

#[test]
fn an_unavailable_service_does_nothing_and_names_no_time() {
    let mut tenant = suffering(Hardship {
        unavailable_per_mille: 1000,
        ..Hardship::default()
    });
    let response = send(&mut tenant, Method::Post, "/groups", group_body("new"));
    refused(&response, 503, "ServiceUnavailable", "temporarily");
    assert_eq!(response.headers.get("retry-after"), None);
    tenant.set_hardship(Hardship::default());
    assert_eq!(names(&mut tenant, "/groups"), [] as [&str; 0]);
}

#[test]
fn a_lost_request_has_no_effect_and_a_lost_answer_has() {
    let create = Request::new(Method::Post, "/groups").with_body(group_body("new"));
    for (hardship, lost, expected) in [
        (
            Hardship {
                lost_request_per_mille: 1000,
                ..Hardship::default()
            },
            Lost::Request,
            vec![],
        ),
        (
            Hardship {
                lost_answer_per_mille: 1000,
                ..Hardship::default()
            },
            Lost::Answer,
            vec!["new"],
        ),
    ] {
        let mut tenant = suffering(hardship);
        assert_eq!(tenant.respond(&create), Err(lost));
        tenant.set_hardship(Hardship::default());
        assert_eq!(names(&mut tenant, "/groups"), expected);
    }
}

#[test]
fn the_nth_write_that_fits_is_refused_once() {
    let mut tenant = with_groups(1);
    tenant.set_hardship(Hardship {
        refusals: vec![ScheduledRefusal {
            nth: 2,
            method: Some("patch".to_owned()),
            path_contains: "/groups/".to_owned(),
            status: 403,
            code: "Authorization_RequestDenied".to_owned(),
            message: "Insufficient privileges to complete the operation.".to_owned(),
        }],
        ..Hardship::default()
    });
    let url = format!("/groups/{}", guid(0));
    change(&mut tenant, &url, json!({"description": "1"}));
    read(&mut tenant, &url);
    make(&mut tenant, "/groups", group_body("other"));
    let second = send(
        &mut tenant,
        Method::Patch,
        &url,
        json!({"description": "2"}),
    );
    refused(
        &second,
        403,
        "Authorization_RequestDenied",
        "Insufficient privileges",
    );
    change(&mut tenant, &url, json!({"description": "3"}));
    assert_eq!(read(&mut tenant, &url)["description"], "3");
}

#[test]
fn the_same_seed_and_the_same_requests_give_the_same_run() {
    let run = || -> (Vec<u16>, Value) {
        let mut tenant = suffering(Hardship {
            seed: 5,
            create_lag: lag(2),
            throttled_per_mille: 200,
            unavailable_per_mille: 200,
            ..Hardship::default()
        });
        let statuses = (0..30)
            .map(|number| {
                send(
                    &mut tenant,
                    Method::Post,
                    "/groups",
                    group_body(&number.to_string()),
                )
                .status
            })
            .collect();
        (statuses, tenant.export())
    };
    let (statuses, export) = run();
    for expected in [201, 429, 503] {
        assert!(statuses.contains(&expected), "{expected} in {statuses:?}");
    }
    assert_eq!((statuses, export), run());
}
