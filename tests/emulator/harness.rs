//! A tenant, and one line per request.

use idac::emulator::{Behaviour, Founding, Tenant};
use idac::graph::{Method, Request, Response};
use serde_json::{Value, json};

pub(crate) const GRAPH: &str = "https://graph.microsoft.com/v1.0";

pub(crate) fn tenant() -> Tenant {
    Tenant::new(&Founding::sample())
}

/// A tenant with one open point decided otherwise.
pub(crate) fn tenant_where(decide: impl FnOnce(&mut Behaviour)) -> Tenant {
    let mut tenant = tenant();
    let mut behaviour = Behaviour::default();
    decide(&mut behaviour);
    tenant.set_behaviour(behaviour);
    tenant
}

pub(crate) fn get(tenant: &mut Tenant, url: &str) -> Response {
    tenant.answer(&Request::get(url))
}

pub(crate) fn post(tenant: &mut Tenant, url: &str, body: Value) -> Response {
    tenant.answer(&Request::new(Method::Post, url).with_body(body))
}

pub(crate) fn patch(tenant: &mut Tenant, url: &str, body: Value) -> Response {
    tenant.answer(&Request::new(Method::Patch, url).with_body(body))
}

/// PATCH with `Prefer: create-if-missing`.
pub(crate) fn upsert(tenant: &mut Tenant, url: &str, body: Value) -> Response {
    let request = Request::new(Method::Patch, url).with_body(body);
    tenant.answer(&request.with_header("Prefer", "create-if-missing"))
}

pub(crate) fn delete(tenant: &mut Tenant, url: &str) -> Response {
    tenant.answer(&Request::new(Method::Delete, url))
}

/// The body of an answer that must have this status.
#[track_caller]
pub(crate) fn body(response: Response, status: u16) -> Value {
    assert_eq!(response.status, status, "{:?}", response.body);
    response.body.unwrap_or(Value::Null)
}

/// Reads an object that must be there.
#[track_caller]
pub(crate) fn read(tenant: &mut Tenant, url: &str) -> Value {
    body(get(tenant, url), 200)
}

/// Makes something that must come into being, and gives it.
#[track_caller]
pub(crate) fn make(tenant: &mut Tenant, url: &str, content: Value) -> Value {
    body(post(tenant, url, content), 201)
}

/// A write that must succeed without content.
#[track_caller]
pub(crate) fn done(response: Response) {
    assert_eq!(response.status, 204, "{:?}", response.body);
    assert_eq!(response.body, None);
}

/// An answer that must be this refusal; the message has to contain a text.
#[track_caller]
pub(crate) fn refused(response: Response, status: u16, code: &str, message: &str) {
    let error = response.body.clone().unwrap_or_default()["error"].clone();
    assert_eq!(response.status, status, "{error}");
    assert_eq!(error["code"], code, "{error}");
    let text = error["message"].as_str().unwrap_or_default();
    assert!(
        text.contains(message),
        "{text:?} says nothing of {message:?}"
    );
}

#[track_caller]
pub(crate) fn id(object: &Value) -> String {
    text(object, "id")
}

#[track_caller]
pub(crate) fn text(object: &Value, name: &str) -> String {
    object[name].as_str().expect("a text").to_owned()
}

/// The ids in a list.
#[track_caller]
pub(crate) fn ids(tenant: &mut Tenant, url: &str) -> Vec<String> {
    let list = read(tenant, url);
    let entries = list["value"].as_array().expect("a list");
    entries.iter().map(id).collect()
}

pub(crate) fn reference(id: &str) -> Value {
    json!({"@odata.id": format!("{GRAPH}/directoryObjects/{id}")})
}

/// The object id of a user of the sample tenant.
#[track_caller]
pub(crate) fn user(tenant: &mut Tenant, name: &str) -> String {
    id(&read(tenant, &format!("/users/{name}@contoso.com")))
}

#[track_caller]
pub(crate) fn application(tenant: &mut Tenant, name: &str) -> Value {
    make(tenant, "/applications", json!({"displayName": name}))
}

/// The service principal of an application.
#[track_caller]
pub(crate) fn service_principal(tenant: &mut Tenant, application: &Value) -> Value {
    let content = json!({"appId": application["appId"]});
    make(tenant, "/servicePrincipals", content)
}

#[track_caller]
pub(crate) fn group(tenant: &mut Tenant, name: &str) -> Value {
    make(tenant, "/groups", group_body(name))
}

pub(crate) fn group_body(name: &str) -> Value {
    json!({"displayName": name, "mailEnabled": false, "mailNickname": name, "securityEnabled": true})
}

pub(crate) fn app_role(id: &str, value: &str, members: &[&str]) -> Value {
    json!({"id": id, "value": value, "displayName": value, "description": value, "isEnabled": true,
        "allowedMemberTypes": members})
}

pub(crate) fn permission_scope(id: &str, value: &str) -> Value {
    json!({"id": id, "value": value, "type": "User", "isEnabled": true, "adminConsentDisplayName": value,
        "adminConsentDescription": value})
}

/// Some GUID, a different one for each number.
pub(crate) fn guid(number: u32) -> String {
    format!("{number:08x}-0000-4000-8000-000000000000")
}
