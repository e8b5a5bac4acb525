//! Reads what follows the question mark: OData's system query options as Graph takes them for directory objects.

use crate::graph::Request;

use super::filter::{self, Expr};
use super::path;
use super::problem::Problem;

/// The largest page, by concepts/query-parameters.
const LARGEST_PAGE: usize = 999;

/// The options of one request. The default has none.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Query {
    /// Empty: what Graph returns by default.
    pub(super) select: Vec<String>,
    pub(super) filter: Option<Expr>,
    pub(super) top: Option<usize>,
    pub(super) count: Counting,
    pub(super) expand: Option<Expand>,
    pub(super) order: Option<Order>,
    pub(super) search: Option<Vec<Search>>,
    pub(super) skip_token: Option<String>,
    pub(super) delta_token: Option<String>,
    /// As they came, with the name in its plain form, for links that continue the request.
    pub(super) raw: Vec<(Name, String)>,
}

/// Whether the request asks to count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Counting {
    Asked,
    #[default]
    NotAsked,
}

/// `$expand` with the properties of the expanded objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Expand {
    pub(super) relation: String,
    pub(super) select: Vec<String>,
}

/// `$orderby` with one property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) property: String,
    pub(super) direction: Direction,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Ascending,
    Descending,
}

/// One clause of `$search`: the property contains a word that begins with the text. All clauses must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Search {
    pub(super) property: String,
    pub(super) text: String,
}

/// The options that Graph knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Name {
    Select,
    Filter,
    Top,
    Skip,
    Count,
    Expand,
    OrderBy,
    Search,
    Format,
    SkipToken,
    DeltaToken,
}

impl Name {
    const ALL: [(Name, &'static str); 11] = [
        (Name::Select, "$select"),
        (Name::Filter, "$filter"),
        (Name::Top, "$top"),
        (Name::Skip, "$skip"),
        (Name::Count, "$count"),
        (Name::Expand, "$expand"),
        (Name::OrderBy, "$orderby"),
        (Name::Search, "$search"),
        (Name::Format, "$format"),
        (Name::SkipToken, "$skiptoken"),
        (Name::DeltaToken, "$deltatoken"),
    ];

    pub(super) fn text(self) -> &'static str {
        Name::ALL
            .into_iter()
            .find(|(name, _)| *name == self)
            .map_or("", |(_, text)| text)
    }

    /// Reads an option's name; v1.0 takes them without the dollar sign too.
    fn parse(text: &str) -> Option<Name> {
        let plain = text.strip_prefix('$').unwrap_or(text);
        Name::ALL
            .into_iter()
            .find(|(_, known)| known[1..].eq_ignore_ascii_case(plain))
            .map(|(name, _)| name)
    }
}

impl Query {
    /// Reads the text after the question mark, still encoded.
    pub(super) fn parse(text: &str) -> Result<Query, Problem> {
        let mut query = Query::default();
        for part in text.split('&').filter(|part| !part.is_empty()) {
            let (name, encoded) = part.split_once('=').unwrap_or((part, ""));
            let name = decode(name)?;
            let Some(known) = Name::parse(&name) else {
                if name.starts_with('$') {
                    return Err(Problem::malformed_url(&format!(
                        "The query option '{name}' is not supported."
                    )));
                }
                continue;
            };
            if query.raw.iter().any(|(earlier, _)| *earlier == known) {
                return Err(Problem::malformed_url(&format!(
                    "Query option '{}' was specified more than once, but it must be specified at most once.",
                    known.text()
                )));
            }
            query.raw.push((known, encoded.to_owned()));
            query.take(known, &decode(encoded)?)?;
        }
        Ok(query)
    }

    /// Whether the request is one for the index that lags: `ConsistencyLevel: eventual` and `$count=true`.
    pub(super) fn level(&self, request: &Request) -> Level {
        match (is_eventual(request), self.count) {
            (Eventual::Yes, Counting::Asked) => Level::Advanced,
            (Eventual::Yes, Counting::NotAsked) => Level::Eventual,
            (Eventual::No, Counting::Asked | Counting::NotAsked) => Level::Basic,
        }
    }

    /// The options as they came, without this one.
    pub(super) fn raw_without(&self, without: &[Name]) -> String {
        let kept: Vec<String> = self
            .raw
            .iter()
            .filter(|(name, _)| !without.contains(name))
            .map(|(name, value)| format!("{}={value}", name.text()))
            .collect();
        kept.join("&")
    }

    fn take(&mut self, name: Name, value: &str) -> Result<(), Problem> {
        match name {
            Name::Select => self.select = names(value, name)?,
            Name::Filter => self.filter = Some(filter::parse(value)?),
            Name::Top => self.top = Some(top(value)?),
            Name::Skip => {
                return Err(Problem::bad("'$skip' is not supported by the service."));
            }
            Name::Count => self.count = count(value)?,
            Name::Expand => self.expand = Some(expand(value)?),
            Name::OrderBy => self.order = Some(order(value)?),
            Name::Search => self.search = Some(search(value)?),
            Name::Format => {}
            Name::SkipToken => self.skip_token = Some(value.to_owned()),
            Name::DeltaToken => self.delta_token = Some(value.to_owned()),
        }
        Ok(())
    }
}

/// What a request may ask, by concepts/aad-advanced-queries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Basic,
    /// With the header alone.
    Eventual,
    /// With the header and `$count=true`.
    Advanced,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Eventual {
    Yes,
    No,
}

fn is_eventual(request: &Request) -> Eventual {
    match request.headers.get("consistencylevel") {
        Some(level) if level.trim().eq_ignore_ascii_case("eventual") => Eventual::Yes,
        Some(_) | None => Eventual::No,
    }
}

fn decode(text: &str) -> Result<String, Problem> {
    path::decode(&text.replace('+', " ")).ok_or_else(|| {
        Problem::malformed_url(&format!("The query option value '{text}' is malformed."))
    })
}

fn names(value: &str, option: Name) -> Result<Vec<String>, Problem> {
    let mut names: Vec<String> = Vec::new();
    for name in value.split(',').map(str::trim) {
        let well_formed = !name.is_empty()
            && name
                .chars()
                .all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '.' | '*' | '/'));
        if !well_formed {
            return Err(Problem::malformed_url(&format!(
                "Parsing OData Select and Expand failed: Term '{name}' is not valid in a {} expression.",
                option.text()
            )));
        }
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

fn top(value: &str) -> Result<usize, Problem> {
    let wrong = || {
        Problem::malformed_url(&format!(
            "Invalid value '{value}' for $top query option found. The $top query option requires a non-negative integer value."
        ))
    };
    let number: i64 = value.trim().parse().map_err(|_| wrong())?;
    match usize::try_from(number).map_err(|_| wrong())? {
        top @ 1..=LARGEST_PAGE => Ok(top),
        _ => Err(Problem::new(
            400,
            "Request_UnsupportedQuery",
            format!(
                "Invalid page size specified: '{number}'. Must be between 1 and {LARGEST_PAGE} inclusive."
            ),
        )),
    }
}

fn count(value: &str) -> Result<Counting, Problem> {
    if value.trim().eq_ignore_ascii_case("true") {
        Ok(Counting::Asked)
    } else if value.trim().eq_ignore_ascii_case("false") {
        Ok(Counting::NotAsked)
    } else {
        Err(Problem::malformed_url(&format!(
            "Invalid value '{value}' for $count query option found. Valid values are 'true' or 'false'."
        )))
    }
}

fn expand(value: &str) -> Result<Expand, Problem> {
    let value = value.trim();
    let (relation, inside) = match value.split_once('(') {
        Some((relation, rest)) => {
            let inside = rest.strip_suffix(')').ok_or_else(|| {
                Problem::malformed_url(
                    "Parsing OData Select and Expand failed: Missing closing parenthesis.",
                )
            })?;
            (relation.trim(), inside.trim())
        }
        None => (value, ""),
    };
    let relations = names(relation, Name::Expand)?;
    if relations.len() > 1 || inside.contains(')') {
        return Err(Problem::new(
            400,
            "Request_UnsupportedQuery",
            "The request uses multiple expand clauses; only one is supported.",
        ));
    }
    let select = match inside.split_once('=') {
        Some((option, list)) if Name::parse(option.trim()) == Some(Name::Select) => {
            names(list, Name::Select)?
        }
        None if inside.is_empty() => Vec::new(),
        Some(_) | None => {
            return Err(Problem::new(
                400,
                "Request_UnsupportedQuery",
                format!("The query option '{inside}' is not supported inside $expand."),
            ));
        }
    };
    Ok(Expand {
        relation: relation.to_owned(),
        select,
    })
}

fn order(value: &str) -> Result<Order, Problem> {
    let wrong = || Problem::malformed_url(&format!("Invalid orderby clause: '{value}'."));
    if value.contains(',') {
        return Err(unsorted());
    }
    let mut words = value.split_whitespace();
    let property = words.next().ok_or_else(wrong)?.to_owned();
    let direction = match words.next() {
        None | Some("asc") => Direction::Ascending,
        Some("desc") => Direction::Descending,
        Some(_) => return Err(wrong()),
    };
    match words.next() {
        None => Ok(Order {
            property,
            direction,
        }),
        Some(_) => Err(wrong()),
    }
}

/// What every sort order meets that the directory does not have.
pub(super) fn unsorted() -> Problem {
    Problem::new(
        400,
        "Request_UnsupportedQuery",
        "Sorting not supported for current query.",
    )
}

/// Reads `"displayName:foo" AND "description:bar"`.
fn search(value: &str) -> Result<Vec<Search>, Problem> {
    let wrong = || {
        Problem::malformed_url(&format!(
            "Syntax error: character '{}' is not valid at position 0 in '{value}'.",
            value.chars().next().unwrap_or_default()
        ))
    };
    let mut rest = value.trim();
    let mut clauses = Vec::new();
    loop {
        let (clause, after) = rest
            .strip_prefix('"')
            .and_then(|text| text.split_once('"'))
            .ok_or_else(wrong)?;
        let (property, text) = clause.split_once(':').ok_or_else(wrong)?;
        clauses.push(Search {
            property: property.trim().to_owned(),
            text: text.trim().to_lowercase(),
        });
        rest = after.trim_start();
        if rest.is_empty() {
            return Ok(clauses);
        }
        rest = rest.strip_prefix("AND").ok_or_else(wrong)?.trim_start();
    }
}
