//! What goes wrong on purpose, drawn from the seed and the number of the request; and what every request costs.

use crate::graph::{Method, Request, Response};

use super::guid::Dice;
use super::hardship::ScheduledRefusal;
use super::path;
use super::problem::Problem;
use super::tenant::{Lost, Tenant};

/// What happens to a request instead of, or besides, being answered.
pub(super) enum Interference {
    /// This answer comes and nothing happens.
    Instead(Response),
    /// A message is lost: with [`Lost::Answer`] the request has its effect.
    Lost(Lost),
}

/// Decides what happens to the request that has just been counted.
pub(super) fn before(tenant: &mut Tenant, request: &Request) -> Option<Interference> {
    if let Some(problem) = scheduled(tenant, request) {
        return Some(Interference::Instead(tenant.refusal(request, problem)));
    }
    let hardship = &tenant.meta.hardship;
    let mut dice = Dice(hardship.seed ^ tenant.meta.requests.wrapping_mul(0xd134_2543_de82_ef95));
    // Every chance is drawn every time, so that one does not shift the others.
    let lost_request = dice.falls(hardship.lost_request_per_mille);
    let throttled = dice.falls(hardship.throttled_per_mille);
    let unavailable = dice.falls(hardship.unavailable_per_mille);
    let lost_answer = dice.falls(hardship.lost_answer_per_mille) && request.method != Method::Get;
    if lost_request {
        return Some(Interference::Lost(Lost::Request));
    }
    if throttled {
        return Some(Interference::Instead(too_many(tenant, request)));
    }
    if unavailable {
        let problem = Problem::new(
            503,
            "ServiceUnavailable",
            "The service is temporarily unavailable. Please retry later.",
        );
        return Some(Interference::Instead(tenant.refusal(request, problem)));
    }
    if let Some(problem) = tenant.refuse_unreplicated(request) {
        return Some(Interference::Instead(tenant.refusal(request, problem)));
    }
    lost_answer.then_some(Interference::Lost(Lost::Answer))
}

/// The refusal whose turn it is, if it is one's turn.
fn scheduled(tenant: &mut Tenant, request: &Request) -> Option<Problem> {
    if request.method == Method::Get || tenant.meta.hardship.refusals.is_empty() {
        return None;
    }
    let meta = &mut tenant.meta;
    meta.refusals_seen.resize(meta.hardship.refusals.len(), 0);
    let mut due = None;
    for (refusal, seen) in meta.hardship.refusals.iter().zip(&mut meta.refusals_seen) {
        let ScheduledRefusal {
            nth,
            method,
            path_contains,
            status,
            code,
            message,
        } = refusal;
        let fits = method
            .as_ref()
            .is_none_or(|method| method.eq_ignore_ascii_case(request.method.as_str()))
            && request.url.contains(path_contains.as_str());
        if !fits {
            continue;
        }
        *seen = seen.saturating_add(1);
        if *seen == *nth && due.is_none() {
            due = Some(Problem::new(*status, code, message.clone()));
        }
    }
    due
}

/// 429 as concepts/throttling describes it.
fn too_many(tenant: &Tenant, request: &Request) -> Response {
    let problem = Problem::new(429, "TooManyRequests", "Too many requests.");
    let mut response = tenant.refusal(request, problem);
    let writes = request.method != Method::Get;
    let (kind, information) = match writes {
        true => ("Write", "WriteLimitExceeded"),
        false => ("Read", "ResourceUnitLimitExceeded"),
    };
    let caller = tenant.meta.caller.map_or_else(
        || "00000000-0000-0000-0000-000000000000".to_owned(),
        |caller| caller.to_string(),
    );
    let scope = format!(
        "Tenant_Application/{kind}/{caller}/{}",
        tenant.meta.tenant_id
    );
    let seconds = tenant.meta.hardship.retry_after_s.to_string();
    for (name, value) in [
        ("retry-after", seconds),
        ("x-ms-throttle-scope", scope),
        ("x-ms-throttle-information", information.to_owned()),
    ] {
        response.headers.insert(name.to_owned(), value);
    }
    response
}

/// What a request costs, by the table of concepts/throttling-limits (identity and access).
pub(super) fn resource_units(root: &str, request: &Request) -> u32 {
    let below = path::below_root(root, &request.url);
    let (path, query) = below.split_once('?').unwrap_or((below, ""));
    let segments: Vec<String> = path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .map(|segment| segment.split('(').next().unwrap_or_default().to_lowercase())
        .collect();
    let names: Vec<&str> = segments.iter().map(String::as_str).collect();
    let base = match request.method {
        Method::Get => read_cost(&names),
        Method::Post => action_cost(&names),
        Method::Patch | Method::Put | Method::Delete => 1,
    };
    let options: Vec<String> = query
        .split('&')
        .filter_map(|option| option.split_once('='))
        .map(|(name, value)| format!("{}={value}", name.replace("%24", "$").to_lowercase()))
        .collect();
    let has = |prefix: &str| options.iter().any(|option| option.starts_with(prefix));
    let small = options.iter().any(|option| {
        let top = option.strip_prefix("$top=");
        top.and_then(|top| top.parse::<u32>().ok())
            .is_some_and(|top| top < 20)
    });
    let more = base + u32::from(has("$expand="));
    let less = u32::from(has("$select=")) + u32::from(small);
    more.saturating_sub(less).max(1)
}

fn read_cost(names: &[&str]) -> u32 {
    match names {
        ["applications"] | ["applications", _, "extensionproperties"] | ["users"] => 2,
        ["groups", _, "members"] => 3,
        ["groups", _, "transitivemembers"] => 5,
        ["oauth2permissiongrants", ..] => 2,
        ["serviceprincipals", _, "approleassignments"] => 2,
        ["domains", _, "domainnamereferences"] => 4,
        ["contracts"] => 3,
        ["subscribedskus"] => 2,
        [
            "users",
            _,
            "memberof" | "ownedobjects" | "transitivememberof" | "licensedetails",
        ] => 2,
        _ => 1,
    }
}

fn action_cost(names: &[&str]) -> u32 {
    match names.last() {
        Some(&"getbyids") => 5,
        Some(&("ismemberof" | "checkmembergroups" | "checkmemberobjects")) => 4,
        Some(&("getmembergroups" | "getmemberobjects")) => 2,
        Some(_) | None => 1,
    }
}
