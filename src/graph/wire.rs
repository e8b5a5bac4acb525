//! What goes over the wire: a request, its response, and Graph's refusal.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

/// The HTTP methods that Graph's directory APIs use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    Get,
    Post,
    Patch,
    Put,
    Delete,
}

impl Method {
    /// The method as it stands in an HTTP request line.
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Patch => "PATCH",
            Method::Put => "PUT",
            Method::Delete => "DELETE",
        }
    }

    /// Reads a method as HTTP and `$batch` write it.
    pub fn parse(text: &str) -> Option<Method> {
        [
            Method::Get,
            Method::Post,
            Method::Patch,
            Method::Put,
            Method::Delete,
        ]
        .into_iter()
        .find(|method| method.as_str() == text)
    }
}

/// One request to Graph.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    pub method: Method,
    /// Path and query below the version root (`/applications?$top=999`), or a link that the tenant gave, verbatim.
    pub url: String,
    /// Header names in lower case.
    pub headers: BTreeMap<String, String>,
    pub body: Option<Value>,
}

impl Request {
    /// A request without headers or body.
    pub fn new(method: Method, url: impl Into<String>) -> Request {
        Request {
            method,
            url: url.into(),
            headers: BTreeMap::new(),
            body: None,
        }
    }

    /// A read.
    pub fn get(url: impl Into<String>) -> Request {
        Request::new(Method::Get, url)
    }

    /// The same request with a JSON body; Graph wants the content type said.
    pub fn with_body(mut self, body: Value) -> Request {
        self.headers
            .insert("content-type".to_owned(), "application/json".to_owned());
        self.body = Some(body);
        self
    }

    /// The same request with one more header.
    pub fn with_header(mut self, name: &str, value: &str) -> Request {
        self.headers
            .insert(name.to_ascii_lowercase(), value.to_owned());
        self
    }
}

/// What a tenant answered. `answer` of an emulator gives any status; [`Graph::exchange`](super::Graph::exchange)
/// gives only those below 400 in this form.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    pub status: u16,
    /// Header names in lower case.
    pub headers: BTreeMap<String, String>,
    pub body: Option<Value>,
}

impl Response {
    /// A response without headers or body.
    pub fn new(status: u16) -> Response {
        Response {
            status,
            headers: BTreeMap::new(),
            body: None,
        }
    }

    /// Separates what Graph did from what it refused: a status of 400 or above is a [`Refusal`].
    pub fn judge(self) -> Result<Response, Refusal> {
        if self.status < 400 {
            Ok(self)
        } else {
            Err(Refusal::from_response(&self))
        }
    }
}

/// What a refusal means for whoever asked. "Could not look" is none of "is not there".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalKind {
    /// Graph looked and said no (4xx); it did nothing.
    Refused,
    /// Graph was too busy (429, or 503 with `Retry-After`); it did nothing.
    Throttled,
    /// Graph failed (5xx); whether a write landed is unknown.
    Failed,
    /// No answer came (timeout, reset, torn body); whether a write landed is unknown.
    Unanswered,
}

/// Graph said no, or said nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub kind: RefusalKind,
    /// The HTTP status, when an answer came.
    pub status: Option<u16>,
    /// `error.code` of Graph's error body.
    pub code: String,
    /// `error.message` of Graph's error body.
    pub message: String,
    /// Graph's id of the request, for a support case.
    pub request_id: Option<String>,
    /// How long Graph asks to wait, in milliseconds.
    pub retry_after_ms: Option<u64>,
}

impl Refusal {
    /// No answer came; what the write did, if it was one, is unknown.
    pub fn unanswered(why: &str) -> Refusal {
        Refusal {
            kind: RefusalKind::Unanswered,
            status: None,
            code: "unanswered".to_owned(),
            message: why.to_owned(),
            request_id: None,
            retry_after_ms: None,
        }
    }

    /// Reads an answer whose status is 400 or above. An answer without Graph's error body (a proxy's HTML page,
    /// say) keeps its status and gets an empty code.
    pub fn from_response(response: &Response) -> Refusal {
        let error = response.body.as_ref().and_then(|body| body.get("error"));
        let text = |name: &str| {
            error
                .and_then(|error| error.get(name))
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        Refusal {
            kind: kind_of(response),
            status: Some(response.status),
            code: text("code"),
            message: text("message"),
            request_id: request_id(response, error),
            retry_after_ms: response
                .headers
                .get("retry-after")
                .and_then(|value| retry_after_ms(value)),
        }
    }

    /// Graph looked, and the object (or something that the request names) is not there, or not there yet.
    pub fn is_not_found(&self) -> bool {
        self.kind == RefusalKind::Refused && self.status == Some(404)
    }

    /// Whether a write may have landed although no success was answered.
    pub fn is_ambiguous(&self) -> bool {
        match self.kind {
            RefusalKind::Failed | RefusalKind::Unanswered => true,
            RefusalKind::Refused | RefusalKind::Throttled => false,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.status {
            Some(status) => write!(out, "{status} {}: {}", self.code, self.message)?,
            None => write!(out, "no answer: {}", self.message)?,
        }
        if let Some(id) = &self.request_id {
            write!(out, " (request-id {id})")?;
        }
        Ok(())
    }
}

impl std::error::Error for Refusal {}

fn kind_of(response: &Response) -> RefusalKind {
    match response.status {
        429 => RefusalKind::Throttled,
        503 if response.headers.contains_key("retry-after") => RefusalKind::Throttled,
        500.. => RefusalKind::Failed,
        _ => RefusalKind::Refused,
    }
}

fn request_id(response: &Response, error: Option<&Value>) -> Option<String> {
    response.headers.get("request-id").cloned().or_else(|| {
        error
            .and_then(|error| error.get("innerError"))
            .and_then(|inner| inner.get("request-id"))
            .and_then(Value::as_str)
            .map(str::to_owned)
    })
}

/// `Retry-After` in seconds, whole or with a fraction.
fn retry_after_ms(value: &str) -> Option<u64> {
    let seconds: f64 = value.trim().parse().ok()?;
    (seconds.is_finite() && seconds >= 0.0).then_some((seconds.min(86_400.0) * 1000.0) as u64)
}
