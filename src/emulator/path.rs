//! Reads a URL as OData: segments with keys, and the query behind them.

use super::problem::Problem;

/// A URL taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path {
    pub(super) segments: Vec<Segment>,
    /// What follows the question mark, still encoded.
    pub(super) query: String,
}

/// One segment, decoded: `applications`, `applications(appId='…')`, `microsoft.graph.user`, `delta()`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    /// As it stands in the URL: an object id or a name.
    pub(super) text: String,
    pub(super) key: Option<SegmentKey>,
}

/// What a segment has in parentheses: `('…')` or `(name='…')`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SegmentKey {
    pub(super) property: Option<String>,
    pub(super) value: String,
}

impl Segment {
    /// The name in lower case: Graph resolves segments without regard to case.
    pub(super) fn name(&self) -> String {
        self.text.to_ascii_lowercase()
    }
}

/// Reads a path below the version root, or an absolute link below `root` or one of Graph's own version roots.
pub(super) fn parse(root: &str, url: &str) -> Result<Path, Problem> {
    let below = below_root(root, url);
    let below = below.split('#').next().unwrap_or_default();
    let (path, query) = below.split_once('?').unwrap_or((below, ""));
    let segments = split(path)
        .into_iter()
        .filter(|segment| !segment.is_empty())
        .map(segment)
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Path {
        segments,
        query: query.to_owned(),
    })
}

/// The object id at the end of a reference (`@odata.id`, `@odata.bind`): host and version do not matter to Graph.
pub(super) fn referenced(reference: &str) -> Option<String> {
    let last = split(reference)
        .into_iter()
        .rfind(|part| !part.is_empty())?;
    let last = segment(last).ok()?;
    Some(last.key.map_or(last.text, |key| key.value))
}

/// Decodes `%41`.
pub(super) fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let high = char::from(rest.next()?).to_digit(16)?;
            let low = char::from(rest.next()?).to_digit(16)?;
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

/// What a URL says below the version root.
pub(super) fn below_root<'a>(root: &str, url: &'a str) -> &'a str {
    if let Some(rest) = url.strip_prefix(root) {
        return rest;
    }
    // A filter may hold a URL too.
    let scheme = url.split_once("://");
    let Some((_, rest)) = scheme.filter(|(scheme, _)| !scheme.contains(['/', '?', '#'])) else {
        return url
            .strip_prefix("/v1.0/")
            .or(url.strip_prefix("/beta/"))
            .unwrap_or(url);
    };
    let path = rest.find('/').map_or("", |at| &rest[at..]);
    path.strip_prefix("/v1.0")
        .or(path.strip_prefix("/beta"))
        .unwrap_or(path)
}

/// Splits at slashes that are outside of quotes.
fn split(path: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut depth = 0usize;
    let mut quoted = Quoted::No;
    for (at, byte) in path.bytes().enumerate() {
        match (byte, quoted) {
            (b'(', Quoted::No) => depth += 1,
            (b')', Quoted::No) => depth = depth.saturating_sub(1),
            (b'\'', Quoted::No) if depth > 0 => quoted = Quoted::Yes,
            (b'\'', Quoted::Yes) => quoted = Quoted::No,
            (b'/', Quoted::No) => {
                parts.push(&path[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&path[start..]);
    parts
}

#[derive(Clone, Copy)]
enum Quoted {
    No,
    Yes,
}

fn segment(encoded: &str) -> Result<Segment, Problem> {
    let wrong = || Problem::malformed_url(&format!("The URL segment '{encoded}' is malformed."));
    let text = decode(encoded).ok_or_else(wrong)?;
    let Some((name, inside)) = text.split_once('(') else {
        return Ok(Segment { text, key: None });
    };
    let inside = inside.strip_suffix(')').ok_or_else(wrong)?.trim();
    let key = if inside.is_empty() {
        None
    } else {
        Some(segment_key(inside).ok_or_else(wrong)?)
    };
    Ok(Segment {
        text: name.to_owned(),
        key,
    })
}

fn segment_key(inside: &str) -> Option<SegmentKey> {
    if let Some(value) = unquote(inside) {
        return Some(SegmentKey {
            property: None,
            value,
        });
    }
    let (property, value) = inside.split_once('=')?;
    Some(SegmentKey {
        property: Some(property.trim().to_owned()),
        value: unquote(value.trim())?,
    })
}

/// The text between single quotes, in which a quote stands doubled.
fn unquote(text: &str) -> Option<String> {
    let inner = text.strip_prefix('\'')?.strip_suffix('\'')?;
    let plain = inner.replace("''", "\u{0}");
    (!plain.contains('\'')).then(|| plain.replace('\u{0}', "'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key_of(url: &str) -> Option<(Option<String>, String)> {
        let path = parse("http://local/v1.0", url).expect("a path");
        let key = path.segments[0].key.clone();
        key.map(|key| (key.property, key.value))
    }

    #[test]
    fn reads_keys_with_doubled_quotes_and_slashes() {
        assert_eq!(
            key_of("/groups(uniqueName='it''s%2Fa/b')/members"),
            Some((Some("uniqueName".to_owned()), "it's/a/b".to_owned()))
        );
        assert_eq!(key_of("/applications('x')"), Some((None, "x".to_owned())));
        assert_eq!(key_of("/applications/delta()?$select=id"), None);
    }

    #[test]
    fn reads_absolute_links_of_any_root() {
        for url in [
            "http://local/v1.0/users/1?$top=2",
            "https://graph.microsoft.com/beta/users/1?$top=2",
            "/users/1?$top=2",
            "users/1?$top=2",
        ] {
            let path = parse("http://local/v1.0", url).expect("a path");
            let names: Vec<&str> = path
                .segments
                .iter()
                .map(|part| part.text.as_str())
                .collect();
            assert_eq!(names, ["users", "1"], "{url}");
            assert_eq!(path.query, "$top=2");
        }
    }
}
