//! `$batch`. Page: concepts/json-batching.

use std::collections::BTreeMap;

use idac::emulator::{Emulator, Hardship, ScheduledRefusal, Tenant};
use idac::graph::{Graph, Method, Request, Response};
use serde_json::{Value, json};

use crate::reads_harness::*;

fn batch(tenant: &mut Tenant, requests: Value) -> Response {
    send(
        tenant,
        Method::Post,
        "/$batch",
        json!({ "requests": requests }),
    )
}

/// The responses by their ids.
#[track_caller]
fn answers(tenant: &mut Tenant, requests: Value) -> BTreeMap<String, Value> {
    let body = content(&batch(tenant, requests));
    let responses = body["responses"].as_array().expect("responses");
    responses
        .iter()
        .map(|one| (one["id"].as_str().expect("an id").to_owned(), one.clone()))
        .collect()
}

fn get(id: &str, url: &str) -> Value {
    json!({"id": id, "method": "GET", "url": url})
}

fn patch(id: &str, url: &str, body: Value, after: &[&str]) -> Value {
    json!({"id": id, "method": "PATCH", "url": url, "body": body, "dependsOn": after,
        "headers": {"Content-Type": "application/json"}})
}

fn statuses(answers: &BTreeMap<String, Value>) -> Vec<(&str, u64)> {
    answers
        .iter()
        .map(|(id, one)| (id.as_str(), one["status"].as_u64().unwrap_or_default()))
        .collect()
}

#[test]
fn each_request_is_answered_for_itself() {
    let mut tenant = with_groups(3);
    let eventual = json!({"id": "c", "method": "GET", "url": "/groups/$count", "headers": {"ConsistencyLevel": "eventual"}});
    let found = answers(
        &mut tenant,
        json!([
            get("a", "groups?$top=1&$select=id"),
            get("b", "/groups/none"),
            eventual
        ]),
    );
    assert_eq!(statuses(&found), [("a", 200), ("b", 400), ("c", 200)]);
    assert_eq!(found["a"]["body"]["value"], json!([{"id": guid(0)}]));
    assert_eq!(found["a"]["headers"]["Content-Type"], "application/json");
    assert_eq!(found["b"]["body"]["error"]["code"], "Request_BadRequest");
    assert_eq!(found["c"]["body"], 3);
    let next = found["a"]["body"]["@odata.nextLink"]
        .as_str()
        .expect("a next link");
    assert!(next.starts_with(ROOT), "absolute: {next}");
    assert_eq!(walk(&mut tenant, next).0, [guid(1), guid(2)]);
}

#[test]
fn the_envelope_has_its_own_rules() {
    let mut tenant = with_groups(1);
    let many = |count: usize| {
        (0..count)
            .map(|at| get(&at.to_string(), "/groups"))
            .collect::<Vec<_>>()
    };
    assert_eq!(batch(&mut tenant, json!(many(20))).status, 200);
    refused(
        &batch(&mut tenant, json!(many(21))),
        400,
        "Request_BadRequest",
        "20",
    );
    let without_type = json!([{"id": "1", "method": "PATCH", "url": "/groups/x", "body": {}}]);
    for (requests, message) in [
        (
            json!([get("a", "/groups"), get("A", "/users")]),
            "not unique",
        ),
        (json!([get("", "/groups")]), "no id"),
        (
            json!([get("1", "https://graph.microsoft.com/v1.0/groups")]),
            "no relative url",
        ),
        (
            json!([{"id": "1", "method": "TRACE", "url": "/groups"}]),
            "no method",
        ),
        (
            json!([patch("1", "/groups/x", json!({}), &["2"])]),
            "not in the batch",
        ),
        (
            json!([
                patch("1", "/g", json!({}), &["2"]),
                patch("2", "/g", json!({}), &["1"])
            ]),
            "circle",
        ),
        (without_type, "Content-Type"),
        (json!([]), "no requests"),
    ] {
        refused(&batch(&mut tenant, requests), 400, "BadRequest", message);
    }
}

#[test]
fn answers_come_in_any_order() {
    let mut tenant = with_groups(1);
    let requests: Vec<Value> = (0..12)
        .map(|at| get(&format!("{at:02}"), "/groups"))
        .collect();
    let body = content(&batch(&mut tenant, json!(requests)));
    let order = each(&json!({"value": body["responses"]}), "id");
    let mut sorted = order.clone();
    sorted.sort();
    assert_eq!(sorted.len(), 12);
    assert_ne!(order, sorted);
}

#[test]
fn what_depends_on_a_failure_is_not_run() {
    let mut tenant = with_groups(2);
    let (first, second) = (
        format!("/groups/{}", guid(0)),
        format!("/groups/{}", guid(1)),
    );
    let named = |name: &str| json!({ "displayName": name });
    let found = answers(
        &mut tenant,
        json!([
            patch("3", &second, named("third"), &["2"]),
            patch("2", &first, json!({"displayName": 7}), &["1"]),
            patch("1", &first, named("first"), &[]),
        ]),
    );
    assert_eq!(statuses(&found), [("1", 204), ("2", 400), ("3", 424)]);
    assert_eq!(names(&mut tenant, "/groups"), ["first", "group 0001"]);
}

/// Semantics: two writes of one application close together.
#[test]
fn writes_of_one_application_that_run_together_collide() {
    let mut tenant = sample();
    let id = make(&mut tenant, "/applications", json!({"displayName": "a"}));
    let url = format!("/applications/{id}");
    let notes = |text: &str| json!({ "notes": text });
    let together = json!([
        patch("1", &url, notes("x"), &[]),
        patch("2", &url, json!({"description": "y"}), &[])
    ]);
    let found = answers(&mut tenant, together);
    assert_eq!(statuses(&found), [("1", 204), ("2", 409)]);
    assert_eq!(
        found["2"]["body"]["error"]["code"],
        "Directory_ConcurrencyViolation"
    );
    let chained = json!([
        patch("1", &url, notes("x2"), &[]),
        patch("2", &url, json!({"description": "y"}), &["1"]),
        patch("3", &url, notes("z"), &["2"]),
    ]);
    assert_eq!(
        statuses(&answers(&mut tenant, chained)),
        [("1", 204), ("2", 204), ("3", 204)]
    );
    assert_eq!(read(&mut tenant, &url)["notes"], "z");
}

#[test]
fn trouble_meets_single_requests_of_a_batch() {
    let refusal = ScheduledRefusal {
        nth: 2,
        method: Some("PATCH".to_owned()),
        path_contains: "/groups/".to_owned(),
        status: 429,
        code: "TooManyRequests".to_owned(),
        message: "later".to_owned(),
    };
    let mut tenant = with_groups(3);
    tenant.set_hardship(Hardship {
        refusals: vec![refusal],
        ..Hardship::default()
    });
    let requests: Vec<Value> = (0..3)
        .map(|at| {
            patch(
                &at.to_string(),
                &format!("/groups/{}", guid(at)),
                json!({"description": "d"}),
                &[],
            )
        })
        .collect();
    let found = answers(&mut tenant, json!(requests));
    assert_eq!(statuses(&found), [("0", 204), ("1", 429), ("2", 204)]);
    assert_eq!(found["1"]["body"]["error"]["message"], "later");
}

/// The trait gives each request of a group its own answer, in its place.
#[tokio::test]
async fn the_trait_answers_in_order() {
    let emulator = Emulator::new(with_groups(2));
    let requests = [
        Request::get(format!("/groups/{}", guid(1))),
        Request::get(format!("/groups/{}", guid(9))),
        Request::get(format!("/groups/{}", guid(0))),
    ];
    let answers = emulator.exchange(&requests).await;
    let found: Vec<Option<Value>> = answers
        .iter()
        .map(|answer| answer.as_ref().ok().and_then(|found| found.body.clone()))
        .map(|body| body.map(|body| body["id"].clone()))
        .collect();
    assert_eq!(found, [Some(json!(guid(1))), None, Some(json!(guid(0)))]);
    assert!(
        answers[1]
            .as_ref()
            .is_err_and(|refusal| refusal.is_not_found())
    );
}
