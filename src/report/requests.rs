//! The literal Graph requests of a step.

use std::collections::BTreeMap;

use super::style::visible;
use crate::graph::Request;
use crate::plan::StepId;

/// Each request of the step: its first line, then its headers and body.
pub(super) fn of(step: StepId, requests: &BTreeMap<StepId, Vec<Request>>) -> Vec<String> {
    requests
        .get(&step)
        .into_iter()
        .flatten()
        .map(|request| text(step, request))
        .collect()
}

fn text(step: StepId, request: &Request) -> String {
    let Request {
        method,
        url,
        headers,
        body,
    } = request;
    let mut text = format!("#{step} {} {}", method.as_str(), visible(url));
    for (name, value) in headers.iter().filter(|(name, _)| *name != "content-type") {
        text.push_str(&format!("\n{name}: {}", visible(value)));
    }
    if let Some(body) = body {
        let body = serde_json::to_string_pretty(body)
            .unwrap_or_else(|error| panic!("bug: a body cannot be written as JSON: {error}"));
        text.push('\n');
        // JSON escapes control characters itself; what is left is what turns the direction of writing.
        let lines: Vec<String> = body.lines().map(visible).collect();
        text.push_str(&lines.join("\n"));
    }
    text
}
