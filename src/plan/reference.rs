//! References of managed objects that the tenant does not answer.

use super::known::{at, item, paths_of};
use super::pair::{Pair, Pairs};
use crate::finding::{Finding, Origin};
use crate::object::{DesiredObject, Management, Reference, Value};
use crate::resolve::TenantChoice;

/// Says which references the tenant does not answer, and whether it is the right tenant at all.
pub(super) fn check(pairs: &Pairs<'_>, findings: &mut Vec<Finding>) {
    check_tenant(pairs, findings);
    for (object, pair) in pairs.all() {
        if object.management == Management::ReferredTo && object.address.kind() == "existing" {
            check_present(object, pair, &object.origin, findings);
        }
        for reference in &object.references {
            if let Some((to, pair)) = pairs.find_object(&reference.to) {
                check_present(to, pair, &reference.origin, findings);
                check_item(pairs, object, reference, pair, findings);
            }
        }
    }
}

fn check_tenant(pairs: &Pairs<'_>, findings: &mut Vec<Finding>) {
    let expected = match &pairs.desired.tenant {
        TenantChoice::Emulator => None,
        TenantChoice::Entra { id, .. } => Some(id),
    };
    if let Some(id) = expected
        && *id != pairs.snapshot.tenant
    {
        let file = format!("environments/{}.yaml", pairs.desired.environment);
        findings.push(Finding::error(
            "IDAC207",
            &Origin::start_of(&file),
            format!(
                "{} is tenant {id}, and the tenant that answers is {}",
                pairs.desired.environment, pairs.snapshot.tenant
            ),
            "sign in to the right tenant, or correct `tenant.id`",
        ));
    }
}

fn check_present(
    object: &DesiredObject,
    pair: Pair<'_>,
    origin: &Origin,
    findings: &mut Vec<Finding>,
) {
    if object.management != Management::ReferredTo {
        return;
    }
    match pair {
        Pair::Existing(_) | Pair::Deleted(_) | Pair::Planned => {}
        // That several fit has been said; that there is none would be wrong.
        Pair::Ambiguous => {}
        Pair::Absent => findings.push(Finding::error(
            "IDAC201",
            origin,
            format!("the tenant has no {}", object.address),
            "correct the name, or create it in the tenant first: idac only refers to it",
        )),
    }
}

fn check_item(
    pairs: &Pairs<'_>,
    from: &DesiredObject,
    reference: &Reference,
    pair: Pair<'_>,
    findings: &mut Vec<Finding>,
) {
    let Some((collection, value)) = item(&reference.property) else {
        return;
    };
    let Pair::Existing(object) = pair else {
        return;
    };
    let is_offered = pairs.find(&reference.to, &reference.property).is_some();
    if is_offered || is_told_closer(from, reference) {
        return;
    }
    let offered: Vec<&str> = paths_of(collection)
        .filter_map(|path| at(object, path))
        .flat_map(Value::items)
        .filter_map(|item| item.get("value").and_then(Value::as_text))
        .collect();
    let what = match collection {
        "appRoles" => "app role",
        _ => "permission scope",
    };
    findings.push(
        Finding::error(
            "IDAC203",
            &reference.origin,
            format!("{} offers no {what} `{value}` in this tenant", reference.to),
            "correct the name; `idac` compares it exactly, with case",
        )
        .with_suggestion(value, offered),
    );
}

/// Whether the same is referred to from inside the property of which this reference is: then it is said there, where
/// the name stands.
fn is_told_closer(from: &DesiredObject, reference: &Reference) -> bool {
    let is_of_a_property = |reference: &Reference| {
        from.properties
            .values()
            .any(|property| property.origin == reference.origin)
    };
    is_of_a_property(reference)
        && from.references.iter().any(|other| {
            other.to == reference.to
                && other.property == reference.property
                && !is_of_a_property(other)
        })
}
