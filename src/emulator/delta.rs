//! Delta queries: what changed in a collection since a token was given. Source: concepts/delta-query-overview and
//! the `delta` page of each resource.
//!
//! Every entry has the number of its last change, so a round is a walk along these numbers. What changes during a
//! round moves to its end and is met there; it may be told twice and is never missed.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::graph::{Request, Response};

use super::assignments;
use super::filter::{Expr, Literal, Operator};
use super::filterable;
use super::guid::Guid;
use super::page;
use super::problem::Problem;
use super::projected;
use super::query::{Name, Query};
use super::record::{DeltaSet, Gone, Key, Kind, Object, Presence, Properties, Relation, Term};
use super::schema;
use super::shape::Shape;
use super::tenant::Tenant;
use super::token;

/// How many objects and how many of their links a page holds; an object with more links goes on on the next page.
const PAGE: usize = 100;
const LINKS: usize = 100;
/// How long a token is good for.
const LIFE_MS: i64 = 7 * 24 * 60 * 60 * 1000;
/// How many ids `$filter` may name.
const MOST_IDS: usize = 50;

/// Answers one page of a delta query.
pub(super) fn answer(
    tenant: &Tenant,
    set: DeltaSet,
    query: &Query,
    request: &Request,
) -> Result<Response, Problem> {
    refuse_options(set, query)?;
    let path = page::absolute(&tenant.root, &request.url);
    let round = match begin(tenant, set, query, request)? {
        Beginning::Round(round) => round,
        Beginning::Expired(expired) => {
            let problem = Problem::new(
                410,
                "syncStateNotFound",
                "The sync state has expired; start again from the link in the Location header.",
            );
            let mut response = tenant.refusal(request, problem);
            let options = match expired.select.is_empty() {
                true => String::new(),
                false => format!("$select={}&", expired.select.join(",")),
            };
            let location = format!("{path}?{options}$deltatoken=");
            response.headers.insert("location".to_owned(), location);
            return Ok(response);
        }
    };
    let walk = Walk {
        tenant,
        set,
        round: &round,
    };
    let (value, next) = walk.page();
    let (link, name, purpose) = match next {
        Next::Page(_) => ("@odata.nextLink", "$skiptoken", PAGE_TOKEN),
        Next::State(_) => ("@odata.deltaLink", "$deltatoken", STATE_TOKEN),
    };
    let (Next::Page(next) | Next::State(next)) = next;
    let token = token::seal(&purpose_of(tenant, set, purpose), &next);
    let selected = page::selection(&round.select);
    let context = match set {
        DeltaSet::Objects(kind) => kind.set_name(),
        DeltaSet::Grants => "oauth2PermissionGrants",
    };
    let mut body = Map::new();
    body.insert(
        "@odata.context".to_owned(),
        Value::from(format!("{}/$metadata#{context}{selected}", tenant.root)),
    );
    body.insert(
        link.to_owned(),
        Value::from(format!("{path}?{name}={token}")),
    );
    body.insert("value".to_owned(), Value::from(value));
    let mut response = Response::new(200);
    response.body = Some(Value::Object(body));
    Ok(response)
}

const PAGE_TOKEN: &str = "page";
const STATE_TOKEN: &str = "state";

/// Where a client stands; the content of a token.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Round {
    /// The client knows everything up to this change; 0: nothing.
    since: u64,
    /// The last change before the round began.
    began: u64,
    /// The last change that the round has passed.
    position: u64,
    /// The object whose links the last page could not hold, and the last of them that it did.
    unfinished: Option<(Guid, Relation, Guid)>,
    select: Vec<String>,
    ids: Vec<Guid>,
    detail: Detail,
    issued_ms: i64,
}

/// How much of a changed object is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Detail {
    Selected,
    /// `Prefer: return=minimal`.
    OnlyChanged,
}

enum Beginning {
    Round(Round),
    Expired(Round),
}

enum Next {
    Page(Round),
    State(Round),
}

fn purpose_of(tenant: &Tenant, set: DeltaSet, token: &str) -> String {
    format!("delta {token} {} {set:?}", tenant.meta.tenant_id)
}

fn shape(set: DeltaSet) -> Shape {
    match set {
        DeltaSet::Objects(kind) => Shape::Object(kind),
        DeltaSet::Grants => Shape::Grant,
    }
}

/// The relations of which delta queries tell.
fn relations(set: DeltaSet) -> &'static [Relation] {
    match set {
        DeltaSet::Objects(Kind::Application | Kind::ServicePrincipal) => &[Relation::Owners],
        DeltaSet::Objects(Kind::Group) => &[Relation::Members, Relation::Owners],
        DeltaSet::Objects(Kind::AdministrativeUnit) => &[Relation::Members],
        DeltaSet::Objects(Kind::User | Kind::Device | Kind::OrgContact | Kind::Unknown)
        | DeltaSet::Grants => &[],
    }
}

fn refuse_options(set: DeltaSet, query: &Query) -> Result<(), Problem> {
    for (refused, name) in [
        (query.top.is_some(), Name::Top),
        (query.order.is_some(), Name::OrderBy),
        (query.expand.is_some(), Name::Expand),
        (query.search.is_some(), Name::Search),
    ] {
        if refused {
            return Err(Problem::new(
                400,
                "Request_UnsupportedQuery",
                format!(
                    "The query option '{}' is not supported by delta queries.",
                    name.text()
                ),
            ));
        }
    }
    if set == DeltaSet::Objects(Kind::Unknown) {
        return Err(filterable::unsupported());
    }
    let properties: Vec<String> = query
        .select
        .iter()
        .filter(|name| {
            !relations(set)
                .iter()
                .any(|relation| relation.name() == *name)
        })
        .cloned()
        .collect();
    projected::check_select(shape(set), &properties)
}

fn begin(
    tenant: &Tenant,
    set: DeltaSet,
    query: &Query,
    request: &Request,
) -> Result<Beginning, Problem> {
    let (purpose, text) = match (&query.skip_token, &query.delta_token) {
        (Some(_), Some(_)) => return Err(invalid_token()),
        (Some(text), None) => (PAGE_TOKEN, text.as_str()),
        (None, Some(text)) => (STATE_TOKEN, text.as_str()),
        (None, None) => (STATE_TOKEN, ""),
    };
    if !matches!(text, "" | "latest") {
        let round: Round =
            token::open(&purpose_of(tenant, set, purpose), text).ok_or_else(invalid_token)?;
        if !query.select.is_empty() && query.select != round.select || query.filter.is_some() {
            return Err(invalid_token());
        }
        if tenant.meta.now_ms.saturating_sub(round.issued_ms) > LIFE_MS {
            return Ok(Beginning::Expired(round));
        }
        return Ok(Beginning::Round(round));
    }
    if purpose == PAGE_TOKEN {
        return Err(invalid_token());
    }
    let ids = match &query.filter {
        Some(expr) => ids_of(expr).ok_or_else(filterable::unsupported)?,
        None => Vec::new(),
    };
    if ids.len() > MOST_IDS {
        return Err(filterable::unsupported());
    }
    let horizon = tenant.horizon(set);
    let from = if text == "latest" { horizon } else { 0 };
    let prefer = request.headers.get("prefer").map(String::as_str);
    let minimal = prefer.is_some_and(|prefer| prefer.contains("return=minimal"));
    Ok(Beginning::Round(Round {
        since: from,
        began: horizon,
        position: from,
        unfinished: None,
        select: query.select.clone(),
        ids,
        detail: if minimal {
            Detail::OnlyChanged
        } else {
            Detail::Selected
        },
        issued_ms: tenant.meta.now_ms,
    }))
}

fn invalid_token() -> Problem {
    Problem::bad("The delta token of the request is not one that was given for it.")
}

/// `id eq '…' or id eq '…'`, the only filter that delta queries take.
fn ids_of(expr: &Expr) -> Option<Vec<Guid>> {
    match expr {
        Expr::Compare {
            path,
            operator: Operator::Equal,
            value: Literal::Text(text) | Literal::Bare(text),
        } if path.len() == 1 && path[0] == "id" => Some(vec![Guid::parse(text)?]),
        Expr::Any(parts) => {
            let lists: Option<Vec<Vec<Guid>>> = parts.iter().map(ids_of).collect();
            lists.map(|lists| lists.concat())
        }
        Expr::All(_)
        | Expr::Not(_)
        | Expr::Compare { .. }
        | Expr::In { .. }
        | Expr::Call { .. }
        | Expr::Some { .. }
        | Expr::Every { .. }
        | Expr::Count { .. } => None,
    }
}

struct Walk<'a> {
    tenant: &'a Tenant,
    set: DeltaSet,
    round: &'a Round,
}

/// How an object stands to the client.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    New,
    Changed,
}

impl Walk<'_> {
    fn page(&self) -> (Vec<Value>, Next) {
        let horizon = self.tenant.horizon(self.set).max(self.round.position);
        let from = Term::Changed(self.set, self.round.position + 1);
        let to = Term::Changed(self.set, horizon + 1);
        let mut value = Vec::new();
        let mut links = LINKS;
        let mut position = self.round.position;
        for (term, key) in self.tenant.records.between(from, to) {
            if value.len() == PAGE || links == 0 {
                return (value, self.next_page(position, None));
            }
            let rest = match key {
                Key::Object(id) => self.object(*id, &mut links, &mut value),
                Key::Grant(id) => {
                    value.extend(self.grant(id));
                    None
                }
                Key::Gone(_) => {
                    value.extend(self.gone(key));
                    None
                }
                Key::Meta
                | Key::Organization
                | Key::Domain(_)
                | Key::Link { .. }
                | Key::Federated { .. }
                | Key::Assignment(_)
                | Key::RoleDefinition(_)
                | Key::RoleAssignment(_)
                | Key::Document { .. } => None,
            };
            if rest.is_some() {
                return (value, self.next_page(position, rest));
            }
            if let Term::Changed(_, at) = term {
                position = *at;
            }
        }
        let state = Round {
            since: horizon,
            began: horizon,
            position: horizon,
            ..self.continued(horizon, None)
        };
        (value, Next::State(state))
    }

    fn next_page(&self, position: u64, unfinished: Option<(Guid, Relation, Guid)>) -> Next {
        Next::Page(self.continued(position, unfinished))
    }

    fn continued(&self, position: u64, unfinished: Option<(Guid, Relation, Guid)>) -> Round {
        Round {
            position,
            unfinished,
            issued_ms: self.tenant.meta.now_ms,
            ..self.round.clone()
        }
    }

    fn selects(&self, name: &str) -> bool {
        self.round.select.is_empty() || self.round.select.iter().any(|selected| selected == name)
    }

    /// Whether the client can have met something that came to be with this change.
    fn may_know(&self, created_at: u64, changed_at: u64) -> bool {
        let in_first_round = self.round.since == 0;
        created_at <= self.round.position && !(in_first_round && changed_at <= self.round.began)
    }

    fn object(
        &self,
        id: Guid,
        links: &mut usize,
        value: &mut Vec<Value>,
    ) -> Option<(Guid, Relation, Guid)> {
        let object = self.tenant.records.object(id)?;
        if !self.round.ids.is_empty() && !self.round.ids.contains(&id) {
            return None;
        }
        if object.deleted_ms.is_some() {
            if self.may_know(object.created_at, object.changed_at) {
                value.push(json!({"id": id, "@removed": {"reason": "changed"}}));
            }
            return None;
        }
        let standing = if object.created_at > self.round.since {
            Standing::New
        } else {
            Standing::Changed
        };
        let told = standing == Standing::New
            || self
                .changed(object)
                .any(|name| self.selects(name) || name == "deletedDateTime");
        if !told {
            return None;
        }
        let resumed = self.round.unfinished.filter(|(of, ..)| *of == id);
        let mut entry = match resumed {
            Some(_) => Properties::from_iter([("id".to_owned(), json!(id))]),
            None => self.properties(id, object, standing),
        };
        let rest = self.links(id, standing, resumed, links, &mut entry);
        value.push(Value::Object(entry));
        rest
    }

    /// The properties and relations of an object that changed since the client looked.
    fn changed<'o>(&self, object: &'o Object) -> impl Iterator<Item = &'o str> {
        let since = self.round.since;
        object
            .touched
            .iter()
            .filter(move |(_, at)| **at > since)
            .map(|(name, _)| name.as_str())
    }

    fn properties(&self, id: Guid, object: &Object, standing: Standing) -> Properties {
        let view = schema::view(self.tenant, id).unwrap_or_default();
        let mut select = self.round.select.clone();
        if self.round.detail == Detail::OnlyChanged && standing == Standing::Changed {
            let changed = self.changed(object).filter(|name| self.selects(name));
            select = changed.map(str::to_owned).collect();
            select.push("id".to_owned());
        } else if !select.is_empty() {
            select.push("id".to_owned());
        }
        projected::select(Shape::Object(object.kind), view, &select)
    }

    /// Adds `members@delta` and `owners@delta`; gives where to go on when the page is full.
    fn links(
        &self,
        id: Guid,
        standing: Standing,
        resumed: Option<(Guid, Relation, Guid)>,
        left: &mut usize,
        entry: &mut Properties,
    ) -> Option<(Guid, Relation, Guid)> {
        for relation in relations(self.set) {
            if !self.selects(relation.name()) {
                continue;
            }
            let after = match resumed {
                Some((_, at, _)) if self.precedes(*relation, at) => continue,
                Some((_, at, after)) if *relation == at => Some(after),
                Some(_) | None => None,
            };
            let mut told = Vec::new();
            let mut last = after.unwrap_or(Guid::ZERO);
            let mut full = false;
            for (to, state) in self.tenant.records.link_states(id, *relation, after) {
                let link = match (standing, state.presence) {
                    (Standing::New, Presence::Removed) => continue,
                    (Standing::New, Presence::Present) => self.end(to),
                    (Standing::Changed, _) if state.changed_at <= self.round.since => continue,
                    (Standing::Changed, Presence::Present) => self.end(to),
                    (Standing::Changed, Presence::Removed) => {
                        let mut end = self.end(to);
                        end["@removed"] = json!({"reason": "deleted"});
                        end
                    }
                };
                if *left == 0 {
                    full = true;
                    break;
                }
                *left -= 1;
                told.push(link);
                last = to;
            }
            if !told.is_empty() {
                entry.insert(format!("{}@delta", relation.name()), Value::from(told));
            }
            if full {
                return Some((id, *relation, last));
            }
        }
        None
    }

    /// Whether a relation is told before another.
    fn precedes(&self, relation: Relation, other: Relation) -> bool {
        let place = |of| relations(self.set).iter().position(|known| *known == of);
        place(relation) < place(other)
    }

    fn end(&self, id: Guid) -> Value {
        let kind = self.tenant.records.object(id).map(|object| object.kind);
        let name = kind.unwrap_or(Kind::Unknown).type_name();
        json!({"@odata.type": format!("#microsoft.graph.{name}"), "id": id})
    }

    fn grant(&self, id: &str) -> Option<Value> {
        let view = assignments::grant_view(self.tenant, id)?;
        let mut select = self.round.select.clone();
        if !select.is_empty() {
            select.push("id".to_owned());
        }
        Some(Value::Object(projected::select(
            Shape::Grant,
            view,
            &select,
        )))
    }

    fn gone(&self, key: &Key) -> Option<Value> {
        let Key::Gone(id) = key else { return None };
        let Some(super::record::Entry::Gone(gone)) = self.tenant.records.entry(key) else {
            return None;
        };
        let Gone {
            set: _,
            created_at,
            changed_at,
        } = gone;
        let asked = self.round.ids.is_empty()
            || Guid::parse(id).is_some_and(|id| self.round.ids.contains(&id));
        (asked && self.may_know(*created_at, *changed_at))
            .then(|| json!({"id": id, "@removed": {"reason": "deleted"}}))
    }
}
