//! Times as Graph writes them, all from the virtual clock.

use jiff::Timestamp;

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// `2026-01-01T00:00:00Z`: how most objects show a time.
pub(super) fn second(ms: i64) -> String {
    at(ms).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// `2026-01-01T00:00:00.1234567Z`: applications, assignments and credentials show seven digits.
pub(super) fn fraction(ms: i64) -> String {
    let whole = at(ms).strftime("%Y-%m-%dT%H:%M:%S").to_string();
    format!("{whole}.{:03}0000Z", ms.rem_euclid(1000))
}

/// `2026-01-01T00:00:00`, as an error body has it.
pub(super) fn unzoned(ms: i64) -> String {
    at(ms).strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

/// The `Date` header.
pub(super) fn http_date(ms: i64) -> String {
    at(ms).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// Reads an `Edm.DateTimeOffset`.
pub(super) fn parse(text: &str) -> Option<i64> {
    text.parse::<Timestamp>()
        .ok()
        .map(Timestamp::as_millisecond)
}
