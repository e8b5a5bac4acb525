//! What a filter means: whether an entry fits, and by which index its entries are found.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use serde_json::Value;

use super::filter::{Expr, Function, Literal, Operator};
use super::guid::Guid;
use super::listed::ListSet;
use super::moment;
use super::query::Search;
use super::record::{Key, Kind, Properties, Term};
use super::records::Records;

/// An entry to which filters are applied.
pub(super) struct Subject<'a> {
    pub(super) view: &'a Properties,
    /// The entries of a relation, which are not in the view.
    pub(super) related: &'a dyn Fn(&str) -> Vec<Value>,
}

impl Subject<'_> {
    /// Whether the entry fits.
    pub(super) fn fits(&self, expr: &Expr) -> bool {
        self.holds(expr, None)
    }

    /// Whether the entry fits every clause: one of the property's words begins with the text.
    pub(super) fn found(&self, clauses: &[Search]) -> bool {
        clauses.iter().all(|clause| {
            let text = self.view.get(&clause.property).and_then(Value::as_str);
            let text = text.unwrap_or_default().to_lowercase();
            let words = text.split(|letter: char| !letter.is_alphanumeric());
            text.starts_with(&clause.text)
                || words
                    .into_iter()
                    .any(|word| !word.is_empty() && word.starts_with(&clause.text))
        })
    }

    /// `element` is what the lambda in whose body the expression stands is about.
    fn holds(&self, expr: &Expr, element: Option<&Value>) -> bool {
        match expr {
            Expr::All(parts) => parts.iter().all(|part| self.holds(part, element)),
            Expr::Any(parts) => parts.iter().any(|part| self.holds(part, element)),
            Expr::Not(inside) => !self.holds(inside, element),
            Expr::Compare {
                path,
                operator,
                value,
            } => compares(self.at(path, element), *operator, value),
            Expr::In { path, values } => {
                let found = self.at(path, element);
                values
                    .iter()
                    .any(|value| compares(found, Operator::Equal, value))
            }
            Expr::Call {
                function,
                path,
                text,
            } => {
                let found = self.at(path, element).and_then(Value::as_str);
                found.is_some_and(|found| calls(found, *function, text))
            }
            Expr::Some { path, body } => self.elements(path, element).iter().any(|inside| {
                body.as_ref()
                    .is_none_or(|body| self.holds(body, Some(inside)))
            }),
            Expr::Every { path, body } => self
                .elements(path, element)
                .iter()
                .all(|inside| self.holds(body, Some(inside))),
            Expr::Count {
                path,
                operator,
                value,
            } => {
                let count = self.elements(path, element).len();
                let count = i64::try_from(count).unwrap_or(i64::MAX);
                ordered(count.cmp(value), *operator)
            }
        }
    }

    fn at<'v>(&'v self, path: &[String], element: Option<&'v Value>) -> Option<&'v Value> {
        let (mut value, rest) = match element {
            Some(element) => (element, path),
            None => {
                let (first, rest) = path.split_first()?;
                (self.view.get(first)?, rest)
            }
        };
        for name in rest {
            value = value.get(name)?;
        }
        Some(value)
    }

    fn elements(&self, path: &[String], element: Option<&Value>) -> Vec<Value> {
        match self.at(path, element) {
            Some(Value::Array(elements)) => elements.clone(),
            Some(_) => Vec::new(),
            None => match path {
                [relation] => (self.related)(relation),
                _ => Vec::new(),
            },
        }
    }
}

fn compares(found: Option<&Value>, operator: Operator, value: &Literal) -> bool {
    let found = found.unwrap_or(&Value::Null);
    let order = match (found, value) {
        (Value::Null, Literal::Null) => Some(Ordering::Equal),
        (Value::Null, _) | (_, Literal::Null) => None,
        (Value::Bool(found), Literal::Flag(value)) => Some(found.cmp(value)),
        (Value::Number(found), Literal::Number(value)) => {
            found.as_f64().and_then(|found| found.partial_cmp(value))
        }
        (Value::String(found), Literal::Text(value) | Literal::Bare(value)) => {
            Some(text_order(found, value))
        }
        _ => None,
    };
    match order {
        Some(order) => ordered(order, operator),
        None => operator == Operator::NotEqual,
    }
}

/// Times compare as instants, texts without regard to case.
fn text_order(found: &str, value: &str) -> Ordering {
    match (moment::parse(found), moment::parse(value)) {
        (Some(found), Some(value)) => found.cmp(&value),
        _ => found.to_lowercase().cmp(&value.to_lowercase()),
    }
}

fn ordered(order: Ordering, operator: Operator) -> bool {
    match operator {
        Operator::Equal => order.is_eq(),
        Operator::NotEqual => order.is_ne(),
        Operator::Greater => order.is_gt(),
        Operator::GreaterOrEqual => order.is_ge(),
        Operator::Less => order.is_lt(),
        Operator::LessOrEqual => order.is_le(),
    }
}

fn calls(found: &str, function: Function, text: &str) -> bool {
    let (found, text) = (found.to_lowercase(), text.to_lowercase());
    match function {
        Function::StartsWith => found.starts_with(&text),
        Function::EndsWith => found.ends_with(&text),
        Function::Contains => found.contains(&text),
    }
}

/// The keys among which all entries that fit must be, when an index knows; `None` when all must be looked at.
pub(super) fn narrowed(records: &Records, set: &ListSet, expr: &Expr) -> Option<BTreeSet<Key>> {
    match expr {
        Expr::All(parts) => parts
            .iter()
            .filter_map(|part| narrowed(records, set, part))
            .min_by_key(BTreeSet::len),
        Expr::Any(parts) => {
            let mut keys = BTreeSet::new();
            for part in parts {
                keys.extend(narrowed(records, set, part)?);
            }
            Some(keys)
        }
        Expr::Compare {
            path,
            operator: Operator::Equal,
            value: Literal::Text(text) | Literal::Bare(text),
        } => under(records, set, path, text),
        Expr::In { path, values } => {
            let mut keys = BTreeSet::new();
            for value in values {
                match value {
                    Literal::Text(text) | Literal::Bare(text) => {
                        keys.extend(under(records, set, path, text)?);
                    }
                    Literal::Null | Literal::Flag(_) | Literal::Number(_) => return None,
                }
            }
            Some(keys)
        }
        Expr::Call {
            function: Function::StartsWith,
            path,
            text,
        } => named_from(records, set, path, text),
        Expr::Some {
            path,
            body: Some(body),
        } => match (&**body, set) {
            (
                Expr::Compare {
                    path: inside,
                    operator: Operator::Equal,
                    value: Literal::Text(text),
                },
                ListSet::Objects(Kind::Application) | ListSet::Deleted(Kind::Application),
            ) if inside.is_empty() && path.len() == 1 && path[0] == "identifierUris" => {
                Some(keys(records, Term::IdentifierUri(text.to_lowercase())))
            }
            _ => None,
        },
        Expr::Compare { .. }
        | Expr::Not(_)
        | Expr::Call { .. }
        | Expr::Some { .. }
        | Expr::Every { .. }
        | Expr::Count { .. } => None,
    }
}

fn under(records: &Records, set: &ListSet, path: &[String], text: &str) -> Option<BTreeSet<Key>> {
    let [name] = path else { return None };
    let guid = |term: fn(Guid) -> Term| {
        let found = Guid::parse(text).map(|id| keys(records, term(id)));
        Some(found.unwrap_or_default())
    };
    match set {
        ListSet::Objects(kind) | ListSet::Deleted(kind) => {
            let folded = text.to_lowercase();
            match name.as_str() {
                "id" => Some(Guid::parse(text).map(Key::Object).into_iter().collect()),
                "appId" => Some(
                    Guid::parse(text)
                        .map(|id| keys(records, Term::AppId(*kind, id)))
                        .unwrap_or_default(),
                ),
                "displayName" if *kind == Kind::ServicePrincipal => {
                    Some(service_principals_named(records, folded))
                }
                "displayName" => Some(keys(records, Term::Name(*kind, folded))),
                "uniqueName" => Some(keys(records, Term::UniqueName(*kind, folded))),
                "userPrincipalName" if *kind == Kind::User => {
                    Some(keys(records, Term::UserName(folded)))
                }
                _ => None,
            }
        }
        ListSet::Grants | ListSet::GrantsOf { .. } | ListSet::GrantsFor { .. } => {
            match name.as_str() {
                "clientId" => guid(Term::Client),
                "resourceId" => guid(Term::Resource),
                "principalId" => guid(Term::Principal),
                _ => None,
            }
        }
        ListSet::AssignedTo { .. } | ListSet::AssignmentsOf { .. } => match name.as_str() {
            "principalId" => guid(Term::Principal),
            "resourceId" => guid(Term::Resource),
            _ => None,
        },
        ListSet::RoleAssignments => match name.as_str() {
            "id" => Some(BTreeSet::from([Key::RoleAssignment(text.to_owned())])),
            "principalId" => guid(Term::Principal),
            "roleDefinitionId" => guid(Term::Definition),
            _ => None,
        },
        ListSet::RoleDefinitions => match name.as_str() {
            "id" => Some(
                Guid::parse(text)
                    .map(Key::RoleDefinition)
                    .into_iter()
                    .collect(),
            ),
            _ => None,
        },
        ListSet::Links { .. }
        | ListSet::Cast { .. }
        | ListSet::LinkedFrom { .. }
        | ListSet::Federated { .. }
        | ListSet::Organization
        | ListSet::Domains
        | ListSet::Given(_) => None,
    }
}

/// The service principals that have this name themselves or from their application.
fn service_principals_named(records: &Records, folded: String) -> BTreeSet<Key> {
    let applications = records.find_objects(Term::Name(Kind::Application, folded.clone()));
    let mut found: BTreeSet<Key> = applications
        .filter_map(|(_, application)| application.guid("appId"))
        .flat_map(|id| keys(records, Term::AppId(Kind::ServicePrincipal, id)))
        .collect();
    found.extend(keys(records, Term::Name(Kind::ServicePrincipal, folded)));
    found
}

/// The objects whose name begins with a text.
fn named_from(
    records: &Records,
    set: &ListSet,
    path: &[String],
    text: &str,
) -> Option<BTreeSet<Key>> {
    let (ListSet::Objects(kind) | ListSet::Deleted(kind)) = set else {
        return None;
    };
    if path != ["displayName"] || *kind == Kind::ServicePrincipal {
        return None;
    }
    let from = text.to_lowercase();
    let keys = records
        .beginning_at(Term::Name(*kind, from.clone()))
        .take_while(|(term, _)| {
            matches!(term, Term::Name(found, name) if found == kind && name.starts_with(&from))
        })
        .map(|(_, key)| key.clone());
    Some(keys.collect())
}

fn keys(records: &Records, term: Term) -> BTreeSet<Key> {
    records.find(term, None).cloned().collect()
}
