//! Stand-in until the read side is there.

use serde_json::{Value, json};

use crate::graph::{Method, Request, Response};

use super::tenant::{Lost, Tenant};

pub(super) fn answer(tenant: &mut Tenant, request: &Request) -> Result<Response, Lost> {
    let inner = request
        .body
        .as_ref()
        .and_then(|body| body.get("requests"))
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let mut responses = Vec::new();
    for item in inner {
        let text = |name: &str| item.get(name).and_then(Value::as_str).unwrap_or_default();
        let method = Method::parse(text("method")).unwrap_or(Method::Get);
        let mut one = Request::new(method, text("url"));
        one.body = item.get("body").cloned();
        let answer = tenant.respond_one(&one)?;
        responses.push(json!({"id": text("id"), "status": answer.status, "headers": answer.headers, "body": answer.body}));
    }
    let mut response = Response::new(200);
    response.body = Some(json!({ "responses": responses }));
    Ok(response)
}
