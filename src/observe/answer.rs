//! From what Graph answered to what was observed: every answer is checked for the form that Graph documents.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use crate::address::{ObjectId, TenantId};
use crate::kind::entity::{Entity, Form, Property};
use crate::object::{ObservedObject, Value};

/// The object that Graph answered, with every property of its entity's table.
pub(super) fn object(entity: &Entity, entry: &Map<String, Json>) -> Result<ObservedObject, String> {
    let id = id(entry)?;
    let mut properties = BTreeMap::new();
    for property in entity.properties {
        let json = entry.get(property.name).unwrap_or(&Json::Null);
        check(property, json, property.name).map_err(|why| format!("{why} (object {id})"))?;
        properties.insert(property.name.to_owned(), Value::from_json(json));
    }
    Ok(ObservedObject {
        entity: entity.name.to_owned(),
        id,
        parent: None,
        properties,
        links: BTreeMap::new(),
    })
}

/// The id of an entry.
pub(super) fn id(entry: &Map<String, Json>) -> Result<ObjectId, String> {
    match entry.get("id") {
        Some(Json::String(id)) if !id.trim().is_empty() => Ok(ObjectId::new(id)),
        Some(Json::String(_)) | Some(Json::Null) | None => Err("an object has no `id`".to_owned()),
        Some(_) => Err("the `id` of an object is not text".to_owned()),
    }
}

/// The entity of an entry, from `@odata.type`, where Graph says it.
pub(super) fn odata_type(entry: &Map<String, Json>) -> Option<&str> {
    entry
        .get("@odata.type")?
        .as_str()?
        .strip_prefix("#microsoft.graph.")
}

/// The tenant's id and its verified domains, the default one first.
pub(super) fn organization(entry: &Map<String, Json>) -> Result<(TenantId, Vec<String>), String> {
    let tenant = id(entry)?;
    let Some(Json::Array(domains)) = entry.get("verifiedDomains") else {
        return Err("`verifiedDomains` is not a list".to_owned());
    };
    let mut names = Vec::new();
    for domain in domains {
        let Some(name) = domain.get("name").and_then(Json::as_str) else {
            return Err("a verified domain has no `name`".to_owned());
        };
        match domain.get("isDefault").and_then(Json::as_bool) {
            Some(true) => names.insert(0, name.to_owned()),
            Some(false) | None => names.push(name.to_owned()),
        }
    }
    Ok((TenantId::new(tenant.as_str()), names))
}

/// Whether a property has the form that the table says; `null` is a value of every form.
fn check(property: &Property, json: &Json, path: &str) -> Result<(), String> {
    match (&property.form, json) {
        (_, Json::Null) | (Form::Plain, _) => Ok(()),
        (Form::Set, Json::Array(_)) | (Form::Words, Json::String(_)) => Ok(()),
        (Form::Items(items), Json::Array(entries)) => entries.iter().try_for_each(|entry| {
            let Json::Object(members) = entry else {
                return Err(format!("an item of `{path}` is not an object"));
            };
            check_members(items.members, members, path)
        }),
        (Form::Complex(members), Json::Object(object)) => check_members(members, object, path),
        (Form::Set | Form::Items(_), _) => Err(format!("`{path}` is not a list")),
        (Form::Words, _) => Err(format!("`{path}` is not text")),
        (Form::Complex(_), _) => Err(format!("`{path}` is not an object")),
    }
}

fn check_members(
    members: &[Property],
    object: &Map<String, Json>,
    path: &str,
) -> Result<(), String> {
    members.iter().try_for_each(|member| {
        let json = object.get(member.name).unwrap_or(&Json::Null);
        check(member, json, &format!("{path}.{}", member.name))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kind;

    fn read(json: Json) -> Result<ObservedObject, String> {
        let Json::Object(entry) = json else {
            panic!("bug: the test has no object");
        };
        object(kind::entity("application"), &entry)
    }

    #[test]
    fn an_observed_object_has_every_property_of_its_table() {
        let object = read(json!({ "id": "A1", "displayName": "x", "surplus": true }))
            .expect("it has the documented form");
        assert_eq!(object.id.as_str(), "A1");
        assert_eq!(object.text("displayName"), Some("x"));
        assert_eq!(object.properties.get("tags"), Some(&Value::Null));
        assert_eq!(object.properties.get("surplus"), None);
        assert_eq!(
            object.properties.len(),
            kind::entity("application").properties.len()
        );
    }

    #[test]
    fn what_has_another_form_is_refused_with_its_place() {
        for (json, why) in [
            (json!({}), "an object has no `id`"),
            (json!({ "id": "" }), "an object has no `id`"),
            (json!({ "id": 7 }), "the `id` of an object is not text"),
            (
                json!({ "id": "a", "tags": "x" }),
                "`tags` is not a list (object a)",
            ),
            (
                json!({ "id": "a", "web": [] }),
                "`web` is not an object (object a)",
            ),
            (
                json!({ "id": "a", "web": { "redirectUris": {} } }),
                "`web.redirectUris` is not a list (object a)",
            ),
            (
                json!({ "id": "a", "appRoles": ["x"] }),
                "an item of `appRoles` is not an object (object a)",
            ),
        ] {
            assert_eq!(read(json), Err(why.to_owned()));
        }
    }

    #[test]
    fn the_default_domain_comes_first() {
        let Json::Object(entry) = json!({ "id": "t", "verifiedDomains": [
            { "name": "a.example", "isDefault": false },
            { "name": "b.example", "isDefault": true },
            { "name": "c.example" },
        ]}) else {
            panic!("bug: the test has no object");
        };
        let (_, domains) = organization(&entry).expect("it has the documented form");
        assert_eq!(domains, ["b.example", "a.example", "c.example"]);
    }
}
