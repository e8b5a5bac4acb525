//! `POST /$batch`: up to twenty requests in one, each answered for itself. Source: concepts/json-batching.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::graph::{Method, Request, Response};

use super::guid::{Dice, Guid};
use super::problem::Problem;
use super::tenant::{Lost, Tenant};

/// How many requests a batch may hold.
const MOST: usize = 20;

/// Answers a batch. A message that gets lost inside is the gateway's trouble: that request is answered with 504.
pub(super) fn answer(tenant: &mut Tenant, request: &Request) -> Result<Response, Lost> {
    let items = match items(request) {
        Ok(items) => items,
        Err(problem) => {
            tenant.meta.requests += 1;
            return Ok(tenant.refusal(request, problem));
        }
    };
    let mut responses = run(tenant, &items);
    shuffle(
        &mut responses,
        Dice(tenant.meta.seed ^ tenant.meta.requests.rotate_left(29)),
    );
    let mut response = Response::new(200);
    response.body = Some(json!({ "responses": responses }));
    Ok(tenant.dressed(request, response))
}

struct Item {
    id: String,
    request: Request,
    /// Places of the requests that must have succeeded.
    after: Vec<usize>,
}

/// Reads the envelope; nothing is done unless all of it is well-formed.
fn items(request: &Request) -> Result<Vec<Item>, Problem> {
    if request.method != Method::Post {
        return Err(Problem::method_not_allowed());
    }
    let listed = request
        .body
        .as_ref()
        .and_then(|body| body.get("requests"))
        .and_then(Value::as_array)
        .ok_or_else(|| malformed("The requests are missing."))?;
    if listed.is_empty() {
        return Err(malformed("There are no requests."));
    }
    if listed.len() > MOST {
        return Err(Problem::bad(format!(
            "The number of requests in the batch, {}, exceeds the maximum of {MOST}.",
            listed.len()
        )));
    }
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for (place, item) in listed.iter().enumerate() {
        let id = item.get("id").and_then(Value::as_str).unwrap_or_default();
        if id.is_empty() {
            return Err(malformed("A request has no id."));
        }
        if places.insert(id.to_lowercase(), place).is_some() {
            return Err(malformed(&format!("The request id '{id}' is not unique.")));
        }
    }
    let items: Vec<Item> = listed
        .iter()
        .map(|item| read(item, &places))
        .collect::<Result<_, _>>()?;
    order(&items)
        .map(|_| items)
        .ok_or_else(|| malformed("The requests depend on one another in a circle."))
}

fn malformed(why: &str) -> Problem {
    Problem::malformed_url(&format!("Invalid batch payload format. {why}"))
}

fn read(item: &Value, places: &BTreeMap<String, usize>) -> Result<Item, Problem> {
    let text = |name: &str| item.get(name).and_then(Value::as_str);
    let id = text("id").unwrap_or_default().to_owned();
    let method = text("method").unwrap_or_default().to_uppercase();
    let method = Method::parse(&method)
        .ok_or_else(|| malformed(&format!("Request '{id}' has no method.")))?;
    let url = text("url").filter(|url| {
        let scheme = url.split_once("://").map(|(scheme, _)| scheme);
        let absolute = scheme.is_some_and(|scheme| !scheme.contains(['/', '?', '#']));
        !url.is_empty() && !absolute
    });
    let url = url.ok_or_else(|| malformed(&format!("Request '{id}' has no relative url.")))?;
    let mut request = Request::new(method, format!("/{}", url.trim_start_matches('/')));
    let headers = item.get("headers").and_then(Value::as_object);
    for (name, value) in headers.into_iter().flatten() {
        if let Some(value) = value.as_str() {
            request = request.with_header(name, value);
        }
    }
    let body = item.get("body").filter(|body| !body.is_null());
    if body.is_some() && !request.headers.contains_key("content-type") {
        return Err(Problem::malformed_url(&format!(
            "Write request id : {id} does not contain Content-Type header or body."
        )));
    }
    request.body = body.cloned();
    let mut after = Vec::new();
    let depends = item.get("dependsOn").and_then(Value::as_array);
    for on in depends.into_iter().flatten() {
        let on = on.as_str().unwrap_or_default();
        let place = places.get(&on.to_lowercase());
        after.push(*place.ok_or_else(|| {
            malformed(&format!(
                "Request '{id}' depends on '{on}', which is not in the batch."
            ))
        })?);
    }
    Ok(Item { id, request, after })
}

/// The places in an order in which each comes after what it depends on; `None` if there is none.
fn order(items: &[Item]) -> Option<Vec<usize>> {
    let mut order: Vec<usize> = Vec::new();
    let mut done = BTreeSet::new();
    while order.len() < items.len() {
        let ready = (0..items.len()).find(|place| {
            !done.contains(place) && items[*place].after.iter().all(|on| done.contains(on))
        })?;
        done.insert(ready);
        order.push(ready);
    }
    Some(order)
}

fn run(tenant: &mut Tenant, items: &[Item]) -> Vec<Value> {
    let mut statuses: BTreeMap<usize, u16> = BTreeMap::new();
    let mut written: Vec<(Guid, usize)> = Vec::new();
    let mut responses = Vec::new();
    for place in order(items).unwrap_or_default() {
        let item = &items[place];
        let failed = item.after.iter().any(|on| statuses[on] >= 400);
        let response = if failed {
            tenant.meta.requests += 1;
            tenant.refusal(&item.request, failed_dependency())
        } else {
            one(tenant, items, place, &mut written)
        };
        statuses.insert(place, response.status);
        responses.push(shown(&item.id, response));
    }
    responses
}

fn one(
    tenant: &mut Tenant,
    items: &[Item],
    place: usize,
    written: &mut Vec<(Guid, usize)>,
) -> Response {
    let request = &items[place].request;
    if request.url.to_lowercase().starts_with("/$batch") {
        tenant.meta.requests += 1;
        return tenant.refusal(request, Problem::unknown_segment("$batch"));
    }
    if let Some(subject) = tenant.written_application(request) {
        // Requests that do not wait for one another run at the same time.
        let overlaps = written
            .iter()
            .any(|(other, at)| *other == subject && !waits_for(items, place, *at));
        if overlaps {
            return tenant.answer_overlap(request);
        }
        written.push((subject, place));
    }
    match tenant.respond_one(request) {
        Ok(response) => response,
        Err(Lost::Request | Lost::Answer) => {
            let problem = Problem::new(
                504,
                "UnknownError",
                "The gateway did not receive a response in time.",
            );
            tenant.refusal(request, problem)
        }
    }
}

/// Whether a request waits for another, perhaps by way of a third.
fn waits_for(items: &[Item], place: usize, other: usize) -> bool {
    let mut open = vec![place];
    let mut seen = BTreeSet::new();
    while let Some(at) = open.pop() {
        if at == other {
            return true;
        }
        if seen.insert(at) {
            open.extend(&items[at].after);
        }
    }
    false
}

fn failed_dependency() -> Problem {
    Problem::new(
        424,
        "FailedDependency",
        "The request was not run because a request that it depends on failed.",
    )
}

fn shown(id: &str, response: Response) -> Value {
    let headers: Map<String, Value> = response
        .headers
        .into_iter()
        .map(|(name, value)| (header_name(&name), Value::from(value)))
        .collect();
    json!({"id": id, "status": response.status, "headers": headers, "body": response.body})
}

/// Inside a batch, header names come as the documentation spells them.
fn header_name(name: &str) -> String {
    match name {
        "content-type" => "Content-Type".to_owned(),
        "retry-after" => "Retry-After".to_owned(),
        "location" => "Location".to_owned(),
        other => other.to_owned(),
    }
}

fn shuffle(responses: &mut [Value], mut dice: Dice) {
    for last in (1..responses.len()).rev() {
        let at = usize::try_from(dice.next() % (last as u64 + 1)).unwrap_or(0);
        responses.swap(last, at);
    }
}
