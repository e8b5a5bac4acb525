//! Answers reads of collections page by page, and of single entities.
//!
//! A page token names the last entry that was shown, not a number of entries, so that nothing is lost or shown twice
//! when others come and go between two pages.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::graph::Request;

use super::filter::Expr;
use super::filterable;
use super::matching::Subject;
use super::path;
use super::problem::Problem;
use super::projected;
use super::query::{self, Counting, Direction, Level, Name, Order, Query};
use super::record::{Key, Properties};
use super::shape::{Holds, Shape};
use super::tenant::Tenant;
use super::token;

pub(super) use super::listed::{Given, ListSet};

/// The size of a page when `$top` is absent.
const PAGE: usize = 100;

/// Where a list goes on.
#[derive(Serialize, Deserialize)]
struct Continuation {
    /// The entry after which the next page begins.
    after: Key,
    /// By which value that entry was sorted.
    sorted: Option<String>,
}

/// Answers a read of a collection.
pub(super) fn list(
    tenant: &Tenant,
    set: ListSet,
    query: &Query,
    request: &Request,
) -> Result<Value, Problem> {
    let listing = Listing::new(tenant, &set, query, request)?;
    let (entries, next) = match &query.order {
        None => listing.page()?,
        Some(order) => listing.sorted_page(order)?,
    };
    let mut answer = Properties::new();
    let selected = selection(&query.select);
    let context = format!("{}/$metadata#{}{selected}", tenant.root, set.context());
    answer.insert("@odata.context".to_owned(), Value::from(context));
    // Without the header, $count=true is ignored; only the first page counts.
    if listing.level == Level::Advanced && query.skip_token.is_none() {
        answer.insert("@odata.count".to_owned(), json!(listing.entries().count()));
    }
    if let Some(next) = next {
        let link = listing.link(&next);
        answer.insert("@odata.nextLink".to_owned(), Value::from(link));
    }
    let value: Vec<Value> = entries
        .into_iter()
        .map(|(_, view)| Value::Object(listing.shown(view)))
        .collect();
    answer.insert("value".to_owned(), Value::from(value));
    Ok(Value::Object(answer))
}

/// Answers `/$count`: a number as plain text, for advanced queries only.
pub(super) fn count(
    tenant: &Tenant,
    set: ListSet,
    query: &Query,
    request: &Request,
) -> Result<Value, Problem> {
    let counted = Query {
        count: Counting::Asked,
        ..query.clone()
    };
    match counted.level(request) {
        Level::Basic | Level::Eventual => Err(Problem::bad("$count is not currently supported.")),
        Level::Advanced => {
            let listing = Listing::new(tenant, &set, &counted, request)?;
            Ok(json!(listing.entries().count()))
        }
    }
}

/// Answers a read of one entity of a collection.
pub(super) fn one(
    tenant: &Tenant,
    set: &ListSet,
    view: Properties,
    query: &Query,
) -> Result<Value, Problem> {
    let shape = set.shape();
    for (refused, name) in [
        (query.filter.is_some(), Name::Filter),
        (query.top.is_some(), Name::Top),
        (query.order.is_some(), Name::OrderBy),
        (query.search.is_some(), Name::Search),
    ] {
        if refused {
            return Err(Problem::malformed_url(&format!(
                "The query specified in the URI is not valid. {} can be applied only on collections.",
                name.text()
            )));
        }
    }
    check(shape, query)?;
    let selected = selection(&query.select);
    let context = format!(
        "{}/$metadata#{}{selected}/$entity",
        tenant.root,
        set.context()
    );
    let mut answer = Properties::new();
    answer.insert("@odata.context".to_owned(), Value::from(context));
    answer.extend(shown(tenant, shape, view, query));
    Ok(Value::Object(answer))
}

/// The part of a URL before the query, as a link that continues the request repeats it.
pub(super) fn absolute(root: &str, url: &str) -> String {
    let below = path::below_root(root, url);
    let path = below.split(['?', '#']).next().unwrap_or_default();
    format!("{root}/{}", path.trim_matches('/'))
}

struct Listing<'a> {
    tenant: &'a Tenant,
    set: &'a ListSet,
    query: &'a Query,
    request: &'a Request,
    level: Level,
    after: Option<Continuation>,
}

type Entries = Vec<(Key, Properties)>;

impl<'a> Listing<'a> {
    fn new(
        tenant: &'a Tenant,
        set: &'a ListSet,
        query: &'a Query,
        request: &'a Request,
    ) -> Result<Listing<'a>, Problem> {
        let level = query.level(request);
        let shape = set.shape();
        check(shape, query)?;
        if query.delta_token.is_some() {
            return Err(filterable::unsupported());
        }
        if let Some(expr) = &query.filter {
            if matches!(set, ListSet::AssignedTo { .. }) {
                return Err(filterable::unsupported());
            }
            filterable::check(expr, shape, level)?;
        }
        if let Some(order) = &query.order {
            check_order(shape, order, query, level)?;
        }
        if query.search.is_some() {
            check_search(shape, query, level)?;
        }
        let mut listing = Listing {
            tenant,
            set,
            query,
            request,
            level,
            after: None,
        };
        if let Some(text) = &query.skip_token {
            let after = token::open(&listing.purpose(), text);
            listing.after = Some(after.ok_or_else(expired_page)?);
        }
        Ok(listing)
    }

    /// What a token of this list is good for: this request with these options and no other.
    fn purpose(&self) -> String {
        let path = absolute(&self.tenant.root, &self.request.url).to_lowercase();
        let options = self.query.raw_without(&[Name::SkipToken]);
        format!("page {} {path} {options}", self.tenant.meta.tenant_id)
    }

    fn size(&self) -> usize {
        self.query.top.unwrap_or(PAGE)
    }

    /// The entries that fit, from where the page begins.
    fn entries(&self) -> impl Iterator<Item = (Key, Properties)> + '_ {
        let after = match &self.query.order {
            None => self.after.as_ref().map(|after| &after.after),
            Some(_) => None,
        };
        self.set
            .keys(self.tenant, self.query.filter.as_ref(), after)
            .filter_map(|key| self.set.view(self.tenant, &key).map(|view| (key, view)))
            .filter(|(key, view)| self.fits(key, view))
    }

    fn fits(&self, key: &Key, view: &Properties) -> bool {
        let related = |name: &str| self.set.related(self.tenant, key, name);
        let subject = Subject {
            view,
            related: &related,
        };
        let filter: Option<&Expr> = self.query.filter.as_ref();
        filter.is_none_or(|expr| subject.fits(expr))
            && self
                .query
                .search
                .as_ref()
                .is_none_or(|clauses| subject.found(clauses))
    }

    fn page(&self) -> Result<(Entries, Option<Continuation>), Problem> {
        let size = self.size();
        let mut entries: Entries = self.entries().take(size + 1).collect();
        let more = entries.len() > size;
        entries.truncate(size);
        let next = entries
            .last()
            .filter(|_| more)
            .map(|(key, _)| Continuation {
                after: key.clone(),
                sorted: None,
            });
        Ok((entries, next))
    }

    fn sorted_page(&self, order: &Order) -> Result<(Entries, Option<Continuation>), Problem> {
        let sort_key = |key: &Key, view: &Properties| {
            let value = view.get(&order.property).and_then(Value::as_str);
            (value.unwrap_or_default().to_lowercase(), key.clone())
        };
        let mut entries: Vec<((String, Key), Properties)> = self
            .entries()
            .map(|(key, view)| (sort_key(&key, &view), view))
            .collect();
        entries.sort_by(|(left, _), (right, _)| left.cmp(right));
        if order.direction == Direction::Descending {
            entries.reverse();
        }
        if let Some(Continuation { after, sorted }) = &self.after {
            let last = (sorted.clone().unwrap_or_default(), after.clone());
            entries.retain(|(found, _)| match order.direction {
                Direction::Ascending => *found > last,
                Direction::Descending => *found < last,
            });
        }
        let more = entries.len() > self.size();
        entries.truncate(self.size());
        let next = entries.last().filter(|_| more);
        let next = next.map(|((sorted, key), _)| Continuation {
            after: key.clone(),
            sorted: Some(sorted.clone()),
        });
        let entries = entries.into_iter().map(|((_, key), view)| (key, view));
        Ok((entries.collect(), next))
    }

    fn link(&self, next: &Continuation) -> String {
        let mut options = self.query.raw_without(&[Name::SkipToken]);
        if !options.is_empty() {
            options.push('&');
        }
        let token = token::seal(&self.purpose(), next);
        let path = absolute(&self.tenant.root, &self.request.url);
        format!("{path}?{options}$skiptoken={token}")
    }

    fn shown(&self, view: Properties) -> Properties {
        shown(self.tenant, self.set.shape(), view, self.query)
    }
}

fn shown(tenant: &Tenant, shape: Shape, view: Properties, query: &Query) -> Properties {
    let expanded = query
        .expand
        .as_ref()
        .and_then(|expand| Some((expand, projected::expanded(tenant, shape, &view, expand)?)));
    let mut shown = projected::select(shape, view, &query.select);
    if let Some((expand, entries)) = expanded {
        shown.insert(expand.relation.clone(), entries);
    }
    shown
}

fn check(shape: Shape, query: &Query) -> Result<(), Problem> {
    projected::check_select(shape, &query.select)?;
    match &query.expand {
        Some(expand) => projected::check_expand(shape, expand),
        None => Ok(()),
    }
}

fn check_order(shape: Shape, order: &Order, query: &Query, level: Level) -> Result<(), Problem> {
    let path = [order.property.clone()];
    let holds = shape
        .holds(&path)
        .ok_or_else(|| shape.no_property("Invalid orderby clause", &order.property))?;
    let sortable = match shape {
        Shape::Object(_) | Shape::Mixed => match holds {
            Holds::Text => true,
            Holds::Moment => {
                order.property == "deletedDateTime" || order.property == "createdDateTime"
            }
            Holds::Id
            | Holds::Flag
            | Holds::Number
            | Holds::Complex
            | Holds::TextList
            | Holds::ComplexList => false,
        },
        Shape::Federated
        | Shape::Assignment
        | Shape::Grant
        | Shape::RoleDefinition
        | Shape::RoleAssignment
        | Shape::Organization
        | Shape::Domain
        | Shape::Document(_) => false,
    };
    let basic = query.filter.is_none()
        && matches!(shape, Shape::Object(_))
        && matches!(order.property.as_str(), "displayName" | "userPrincipalName");
    if sortable && (basic || level == Level::Advanced) {
        Ok(())
    } else {
        Err(query::unsorted())
    }
}

fn check_search(shape: Shape, query: &Query, level: Level) -> Result<(), Problem> {
    if level == Level::Basic {
        return Err(Problem::new(
            400,
            "Request_UnsupportedQuery",
            "Request with $search query parameter only works through MSGraph with a special request header: 'ConsistencyLevel: eventual'",
        ));
    }
    let clauses = query.search.iter().flatten();
    for clause in clauses {
        if shape.holds(std::slice::from_ref(&clause.property)) != Some(Holds::Text) {
            return Err(shape.no_property("Invalid search clause", &clause.property));
        }
    }
    match shape {
        Shape::Object(_) | Shape::Mixed => Ok(()),
        Shape::Federated
        | Shape::Assignment
        | Shape::Grant
        | Shape::RoleDefinition
        | Shape::RoleAssignment
        | Shape::Organization
        | Shape::Domain
        | Shape::Document(_) => Err(filterable::unsupported()),
    }
}

/// `(id,displayName)`, as `@odata.context` names a selection.
pub(super) fn selection(select: &[String]) -> String {
    if select.is_empty() {
        String::new()
    } else {
        format!("({})", select.join(","))
    }
}

/// What a page token meets that the tenant did not give for this request.
fn expired_page() -> Problem {
    Problem::new(
        400,
        "Directory_ExpiredPageToken",
        "The specified page token value has expired and can no longer be included in your request.",
    )
}
