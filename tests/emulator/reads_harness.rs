//! Reads in one line each, and tenants with many objects.

use idac::emulator::{Founding, Hardship, Planted, Tenant};
use idac::graph::{Method, Request, Response};
use serde_json::{Map, Value, json};

pub(crate) const ROOT: &str = "https://graph.microsoft.com/v1.0";

pub(crate) fn sample() -> Tenant {
    Tenant::new(&Founding::sample())
}

pub(crate) fn suffering(hardship: Hardship) -> Tenant {
    let mut tenant = sample();
    tenant.set_hardship(hardship);
    tenant
}

/// A GUID that is smaller for smaller numbers.
pub(crate) fn guid(number: usize) -> String {
    format!("{number:08x}-0000-4000-8000-000000000000")
}

/// A tenant with this many groups `group 0000` and on.
pub(crate) fn with_groups(count: usize) -> Tenant {
    let mut tenant = sample();
    for number in 0..count {
        plant(&mut tenant, "groups", number, &format!("group {number:04}"));
    }
    tenant
}

pub(crate) fn plant(tenant: &mut Tenant, set: &str, number: usize, name: &str) {
    let mut properties = group_body(name);
    properties["id"] = Value::from(guid(number));
    properties["mailNickname"] = Value::from(format!("g{number}"));
    plant_as(tenant, set, properties);
}

pub(crate) fn plant_as(tenant: &mut Tenant, set: &str, properties: Value) {
    let properties: Map<String, Value> = serde_json::from_value(properties).expect("an object");
    tenant
        .plant(Planted::new(set, properties))
        .expect("it can be planted");
}

pub(crate) fn ask(tenant: &mut Tenant, url: &str) -> Response {
    tenant.answer(&Request::get(url))
}

/// With `ConsistencyLevel: eventual`.
pub(crate) fn ask_eventual(tenant: &mut Tenant, url: &str) -> Response {
    tenant.answer(&Request::get(url).with_header("ConsistencyLevel", "eventual"))
}

pub(crate) fn send(tenant: &mut Tenant, method: Method, url: &str, body: Value) -> Response {
    tenant.answer(&Request::new(method, url).with_body(body))
}

pub(crate) fn remove(tenant: &mut Tenant, url: &str) -> Response {
    tenant.answer(&Request::new(Method::Delete, url))
}

#[track_caller]
pub(crate) fn content(response: &Response) -> Value {
    assert_eq!(response.status, 200, "{:?}", response.body);
    response.body.clone().expect("a body")
}

#[track_caller]
pub(crate) fn read(tenant: &mut Tenant, url: &str) -> Value {
    content(&ask(tenant, url))
}

#[track_caller]
pub(crate) fn make(tenant: &mut Tenant, url: &str, body: Value) -> String {
    let response = send(tenant, Method::Post, url, body);
    assert_eq!(response.status, 201, "{:?}", response.body);
    let made = response.body.expect("a body");
    made["id"].as_str().expect("an id").to_owned()
}

#[track_caller]
pub(crate) fn change(tenant: &mut Tenant, url: &str, body: Value) {
    let response = send(tenant, Method::Patch, url, body);
    assert_eq!(response.status, 204, "{:?}", response.body);
}

#[track_caller]
pub(crate) fn refused(response: &Response, status: u16, code: &str, message: &str) {
    let error = &response.body.as_ref().expect("a body")["error"];
    assert_eq!(response.status, status, "{error}");
    assert_eq!(error["code"], code, "{error}");
    let text = error["message"].as_str().unwrap_or_default();
    assert!(
        text.contains(message),
        "{text:?} says nothing of {message:?}"
    );
}

/// A text member of each entry of a list.
#[track_caller]
pub(crate) fn each(list: &Value, name: &str) -> Vec<String> {
    let entries = list["value"].as_array().expect("a list");
    entries
        .iter()
        .map(|entry| entry[name].as_str().unwrap_or("-").to_owned())
        .collect()
}

pub(crate) fn names(tenant: &mut Tenant, url: &str) -> Vec<String> {
    each(&read(tenant, url), "displayName")
}

/// Follows the next links to the end; gives the ids and the size of each page.
pub(crate) fn walk(tenant: &mut Tenant, url: &str) -> (Vec<String>, Vec<usize>) {
    let (mut ids, mut sizes) = (Vec::new(), Vec::new());
    let mut next = Some(url.to_owned());
    while let Some(url) = next {
        let page = read(tenant, &url);
        let found = each(&page, "id");
        sizes.push(found.len());
        ids.extend(found);
        next = page["@odata.nextLink"].as_str().map(str::to_owned);
    }
    (ids, sizes)
}

pub(crate) fn group_body(name: &str) -> Value {
    json!({"displayName": name, "mailEnabled": false, "mailNickname": name, "securityEnabled": true})
}

pub(crate) fn reference(id: &str) -> Value {
    json!({"@odata.id": format!("{ROOT}/directoryObjects/{id}")})
}
