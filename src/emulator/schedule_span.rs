//! From when to when a schedule lasts: `requestSchedule` and `expirationPattern` of the CSDL.

use serde_json::{Value, json};

use super::moment;
use super::problem::Problem;
use super::record::Properties;
use super::tenant::Tenant;

/// From when to when a schedule lasts; no end: for good. `None`: it says nothing that can be understood.
pub(super) fn span(info: &Value, now: i64) -> Option<(i64, Option<i64>)> {
    let start = match info.get("startDateTime") {
        None | Some(Value::Null) => now,
        Some(text) => text.as_str().and_then(moment::parse)?,
    };
    let expiration = info.get("expiration").unwrap_or(&Value::Null);
    let text = |name: &str| expiration.get(name).and_then(Value::as_str);
    let end = match text("type").unwrap_or("notSpecified") {
        "noExpiration" | "notSpecified" => None,
        "afterDateTime" => Some(text("endDateTime").and_then(moment::parse)?),
        "afterDuration" => {
            let length: jiff::Span = text("duration")?.parse().ok()?;
            let utc = jiff::tz::Offset::UTC;
            let begin = jiff::Timestamp::from_millisecond(start).ok()?;
            let end = utc.to_datetime(begin).checked_add(length).ok()?;
            Some(utc.to_timestamp(end).ok()?.as_millisecond())
        }
        _ => return None,
    };
    (end.is_none_or(|end| end > start)).then_some((start, end))
}

/// The schedule of a request, whole.
pub(super) fn schedule_info(
    tenant: &Tenant,
    given: &Properties,
    resource: &str,
) -> Result<Value, Problem> {
    let info = given.get("scheduleInfo").filter(|info| !info.is_null());
    let info = info.ok_or_else(|| Problem::required("scheduleInfo", resource))?;
    let (start, _) = span(info, tenant.meta.now_ms)
        .ok_or_else(|| Problem::invalid_value("scheduleInfo", resource))?;
    let expiration = info.get("expiration").cloned().unwrap_or(Value::Null);
    let of = |name: &str| expiration.get(name).cloned().unwrap_or(Value::Null);
    let kind = match of("type") {
        Value::Null => json!("notSpecified"),
        kind => kind,
    };
    Ok(json!({
        "startDateTime": moment::second(start),
        "recurrence": null,
        "expiration": {"type": kind, "endDateTime": of("endDateTime"), "duration": of("duration")},
    }))
}
