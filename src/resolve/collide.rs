//! Two addresses for one object of the tenant.

use std::collections::{BTreeMap, HashMap};

use crate::address::Address;
use crate::finding::Finding;
use crate::object::{DesiredObject, Key, Management, Value};

/// Reports every managed object that has the key of another: which of the two would be right?
pub(super) fn check(objects: &BTreeMap<Address, DesiredObject>, findings: &mut Vec<Finding>) {
    let mut by_key: HashMap<(&str, Option<&Address>, &Key), &DesiredObject> = HashMap::new();
    let in_order = [
        Management::Managed,
        Management::ReferredTo,
        Management::Ensured,
    ];
    for management in in_order {
        for object in objects.values() {
            if object.management != management {
                continue;
            }
            let key = (object.entity, object.parent.as_ref(), &object.key);
            let Some(first) = by_key.get(&key) else {
                by_key.insert(key, object);
                continue;
            };
            if first.management == Management::Managed {
                findings.push(collision(first, object));
            }
        }
    }
}

fn collision(first: &DesiredObject, second: &DesiredObject) -> Finding {
    Finding::error(
        "IDAC138",
        &second.origin,
        message(first, second),
        "keep one of the two; refer to a declared object by the address that declares it",
    )
    .with_label(format!(
        "the other stands at {}:{}",
        first.origin.file, first.origin.line
    ))
}

fn message(first: &DesiredObject, second: &DesiredObject) -> String {
    let is_part = |object: &DesiredObject| !object.address.part_name().is_empty();
    if is_part(first) && is_part(second) {
        return format!(
            "{} and {} declare the same {}",
            first.address.root(),
            second.address.root(),
            second.entity
        );
    }
    format!(
        "{} and {} are one object of the tenant{}",
        first.address,
        second.address,
        describe(&second.key)
    )
}

fn describe(key: &Key) -> String {
    match key {
        Key::Id(id) => format!(": both have the id {id}"),
        Key::Properties(properties) => match properties.iter().next() {
            Some((name, Value::Text(text))) if properties.len() == 1 => {
                format!(": both have the {name} `{text}`")
            }
            Some(_) | None => String::new(),
        },
    }
}
