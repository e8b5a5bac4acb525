//! What of an entry an answer shows: `$select` and `$expand`.

use serde_json::Value;

use super::guid::Guid;
use super::listed::ListSet;
use super::problem::Problem;
use super::query::Expand;
use super::record::{Key, Kind, Properties};
use super::schema;
use super::shape::Shape;
use super::tenant::Tenant;

/// How many entries `$expand` shows; there is no way to get at the others but the relation itself.
const MOST_EXPANDED: usize = 20;

/// Refuses names that the type does not declare.
pub(super) fn check_select(shape: Shape, select: &[String]) -> Result<(), Problem> {
    let unknown = select.iter().find(|name| {
        let path: Vec<String> = name.split('/').map(str::to_owned).collect();
        *name != "*" && shape.holds(&path).is_none()
    });
    match unknown {
        Some(name) => Err(shape.no_property("Parsing OData Select and Expand failed", name)),
        None => Ok(()),
    }
}

/// Refuses relations that the type does not have.
pub(super) fn check_expand(shape: Shape, expand: &Expand) -> Result<(), Problem> {
    let unknown = || shape.no_property("Parsing OData Select and Expand failed", &expand.relation);
    match shape {
        Shape::Object(kind) => {
            let set =
                ListSet::of_relation(kind, Guid::ZERO, &expand.relation).ok_or_else(unknown)?;
            check_select(set.shape(), &expand.select)
        }
        Shape::RoleAssignment => match expand.relation.as_str() {
            "principal" | "directoryScope" => check_select(Shape::Mixed, &expand.select),
            "roleDefinition" => check_select(Shape::RoleDefinition, &expand.select),
            _ => Err(unknown()),
        },
        Shape::Mixed
        | Shape::Federated
        | Shape::Assignment
        | Shape::Grant
        | Shape::RoleDefinition
        | Shape::Organization
        | Shape::Domain
        | Shape::Document(_) => Err(unknown()),
    }
}

/// Keeps what was selected; without a selection, what is returned by default.
pub(super) fn select(shape: Shape, view: Properties, select: &[String]) -> Properties {
    let kinds: &[Kind] = match &shape {
        Shape::Object(kind) => std::slice::from_ref(kind),
        Shape::Mixed => &Kind::ALL,
        Shape::Federated
        | Shape::Assignment
        | Shape::Grant
        | Shape::RoleDefinition
        | Shape::RoleAssignment
        | Shape::Organization
        | Shape::Domain
        | Shape::Document(_) => &[],
    };
    if select.is_empty() || select.iter().any(|name| name == "*") {
        let mut view = view;
        for kind in kinds {
            for name in schema::only_selected(*kind) {
                view.remove(name);
            }
        }
        hide_keys(&mut view);
        return view;
    }
    let mut kept = Properties::new();
    for (name, value) in view {
        let whole = select.contains(&name);
        if whole || name.starts_with('@') {
            kept.insert(name, value);
            continue;
        }
        let inside: Vec<&str> = select
            .iter()
            .filter_map(|selected| selected.strip_prefix(&name)?.strip_prefix('/'))
            .collect();
        if let (false, Value::Object(members)) = (inside.is_empty(), value) {
            let members: Properties = members
                .into_iter()
                .filter(|(member, _)| inside.contains(&member.as_str()))
                .collect();
            kept.insert(name, Value::Object(members));
        }
    }
    kept
}

/// The expanded relation of an entry; `None` when there is nothing to expand.
pub(super) fn expanded(
    tenant: &Tenant,
    shape: Shape,
    view: &Properties,
    expand: &Expand,
) -> Option<Value> {
    let text = |name: &str| view.get(name).and_then(Value::as_str);
    match shape {
        Shape::Object(kind) => {
            let id = text("id").and_then(Guid::parse)?;
            let set = ListSet::of_relation(kind, id, &expand.relation)?;
            let entries: Vec<Value> = set
                .keys(tenant, None, None)
                .filter_map(|key| set.view(tenant, &key))
                .take(MOST_EXPANDED)
                .map(|view| Value::Object(select(set.shape(), view, &expand.select)))
                .collect();
            Some(Value::from(entries))
        }
        Shape::RoleAssignment => match expand.relation.as_str() {
            "roleDefinition" => {
                let key = Key::RoleDefinition(text("roleDefinitionId").and_then(Guid::parse)?);
                let view = tenant.seen_plain(&key)?.clone();
                let view = select(Shape::RoleDefinition, view, &expand.select);
                Some(Value::Object(view))
            }
            "principal" => object(tenant, text("principalId")?, expand),
            "directoryScope" => {
                let scope = text("directoryScopeId")?;
                object(tenant, scope.rsplit('/').next()?, expand)
            }
            _ => None,
        },
        Shape::Mixed
        | Shape::Federated
        | Shape::Assignment
        | Shape::Grant
        | Shape::RoleDefinition
        | Shape::Organization
        | Shape::Domain
        | Shape::Document(_) => None,
    }
}

fn object(tenant: &Tenant, id: &str, expand: &Expand) -> Option<Value> {
    let id = Guid::parse(id)?;
    let kind = tenant.seen_living(id)?.kind;
    let mut view = schema::view(tenant, id)?;
    let name = format!("#microsoft.graph.{}", kind.type_name());
    view.insert("@odata.type".to_owned(), Value::from(name));
    Some(Value::Object(select(Shape::Mixed, view, &expand.select)))
}

/// The public part of a key is returned only when `keyCredentials` is selected.
fn hide_keys(view: &mut Properties) {
    let keys = view.get_mut("keyCredentials").and_then(Value::as_array_mut);
    for key in keys.into_iter().flatten() {
        if let Some(key) = key.get_mut("key") {
            *key = Value::Null;
        }
    }
}
