//! A copy of the observed tenant: everything that was seen, put into a tenant in memory as it is.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

use crate::address::ObjectId;
use crate::emulator::{Founding, Planted, Tenant};
use crate::graph::facts;
use crate::kind;
use crate::kind::entity::Creation;
use crate::object::{ObservedObject, Properties};
use crate::observe::Snapshot;
use crate::plan::{Action, Plan};

/// Where the emulator keeps the objects of each entity, by Graph's names of its sets.
const SETS: &[(&str, &str)] = &[
    ("appRoleAssignment", "appRoleAssignments"),
    ("application", "applications"),
    (
        "federatedIdentityCredential",
        "federatedIdentityCredentials",
    ),
    ("group", "groups"),
    ("oAuth2PermissionGrant", "oauth2PermissionGrants"),
    ("servicePrincipal", "servicePrincipals"),
    ("unifiedRoleAssignment", "roleAssignments"),
    ("user", "users"),
];

/// How a directory scope names an administrative unit: learn.microsoft.com, unifiedRoleAssignment.
const ADMINISTRATIVE_UNIT: &str = "/administrativeUnits/";

/// A tenant that holds what was observed, and somebody of the right type for whatever is only named.
pub(super) fn copy(snapshot: &Snapshot, plan: &Plan) -> Result<Tenant, String> {
    let founding = Founding::bare(snapshot.tenant.as_str(), &snapshot.domains);
    let mut tenant = Tenant::new(&founding);
    for planted in plantings(snapshot, plan) {
        tenant.plant(planted).map_err(|error| error.to_string())?;
    }
    Ok(tenant)
}

/// What is planted, in an order in which nothing replaces what is better known.
fn plantings(snapshot: &Snapshot, plan: &Plan) -> Vec<Planted> {
    let Snapshot {
        tenant: _,
        domains: _,
        objects,
        deleted,
        types,
        totals: _,
    } = snapshot;
    let strangers = types
        .iter()
        .filter(|(id, _)| !objects.contains_key(id) && !deleted.contains_key(id))
        .map(|(id, of)| Planted::stub(id.as_str(), &format!("#microsoft.graph.{of}")));
    let wholes = objects.values().filter(|object| !is_part(object));
    let parts = objects.values().filter(|object| is_part(object));
    let bin = deleted.values().map(|object| plant(object).soft_deleted());
    strangers
        .chain(bin)
        .chain(wholes.map(plant))
        .chain(places(snapshot, plan))
        .chain(parts.map(plant))
        .collect()
}

fn plant(object: &ObservedObject) -> Planted {
    let ObservedObject {
        entity: name,
        id,
        parent,
        properties,
        links,
    } = object;
    let set = SETS
        .iter()
        .find(|(entity, _)| entity == name)
        .map_or(name.as_str(), |(_, set)| set);
    let mut planted = Planted::new(set, json(id, properties));
    planted.parent = parent.as_ref().map(ObjectId::to_string);
    for (relation, ids) in links {
        let ids = ids.iter().map(ObjectId::to_string).collect();
        planted = planted.with_links(relation, ids);
    }
    planted
}

/// What Graph answered. What it answered nothing for is left out, so that it is as Graph makes it.
fn json(id: &ObjectId, properties: &Properties) -> Map<String, Json> {
    let mut json = Map::new();
    json.insert("id".to_owned(), Json::from(id.as_str()));
    for (name, value) in properties {
        let value = match value.to_json(&|_, _| None) {
            Ok(Json::Null) => continue,
            Ok(value) => value,
            Err(_) => panic!("bug: an observed `{name}` names another object"),
        };
        json.insert(name.clone(), value);
    }
    json
}

/// Administrative units and directory roles that are named and never read: that they exist is taken on trust.
fn places(snapshot: &Snapshot, plan: &Plan) -> Vec<Planted> {
    let observed = snapshot.objects.values().map(|object| &object.properties);
    let created = plan.steps.iter().filter_map(|step| match &step.action {
        Action::Create { properties, .. } => Some(properties),
        Action::Update { .. }
        | Action::Delete { .. }
        | Action::Link { .. }
        | Action::Unlink { .. } => None,
    });
    let (mut units, mut roles) = (BTreeSet::new(), BTreeSet::new());
    for properties in observed.chain(created) {
        let text = |name: &str| properties.get(name).and_then(|value| value.as_text());
        units.extend(text("directoryScopeId").and_then(|it| it.strip_prefix(ADMINISTRATIVE_UNIT)));
        roles.extend(text("roleDefinitionId"));
    }
    let built_in: BTreeSet<&str> = facts::directory_roles()
        .map(|role| role.template_id)
        .collect();
    let units = units.into_iter().map(|id| named("administrativeUnits", id));
    let roles = roles
        .into_iter()
        .filter(|id| !built_in.contains(id))
        .map(|id| named("roleDefinitions", id));
    units.chain(roles).collect()
}

fn named(set: &str, id: &str) -> Planted {
    let mut properties = Map::new();
    for name in ["id", "displayName"] {
        properties.insert(name.to_owned(), Json::from(id));
    }
    Planted::new(set, properties)
}

/// Whether an object belongs to others, which are planted before it.
fn is_part(object: &ObservedObject) -> bool {
    let entity = kind::entity(&object.entity);
    match entity.creation {
        Creation::Post { .. } => true,
        Creation::Upsert { .. } | Creation::Never => entity.collection.contains("{parent}"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::address::TenantId;
    use crate::digest::Digest;
    use crate::emulator::Deletion;
    use crate::plan::Basis;

    fn plan() -> Plan {
        Plan {
            basis: Basis {
                tenant: TenantId::new("t"),
                environment: crate::address::Name::new("sandbox"),
                declaration: Digest::of(&()),
                snapshot: Digest::of(&()),
                observed: BTreeMap::new(),
                version: String::new(),
            },
            steps: Vec::new(),
            left_alone: Vec::new(),
            objects: BTreeMap::new(),
        }
    }

    fn snapshot(json: Json) -> Snapshot {
        serde_json::from_value(json).expect("it is a snapshot")
    }

    fn sample() -> Snapshot {
        snapshot(json!({
            "tenant": "t",
            "domains": ["contoso.com"],
            "types": { "user-1": "user", "group-1": "group" },
            "objects": {
                "a-credential": { "entity": "federatedIdentityCredential", "id": "a-credential",
                    "parent": "app-1", "properties": { "name": "main" } },
                "app-1": { "entity": "application", "id": "app-1",
                    "properties": { "displayName": "API", "notes": null, "web": { "logoutUrl": null } },
                    "links": { "owners": ["user-1"] } },
                "b-assignment": { "entity": "unifiedRoleAssignment", "id": "b-assignment",
                    "properties": { "directoryScopeId": "/administrativeUnits/unit-1",
                        "principalId": "user-1", "roleDefinitionId": "custom-1" } },
                "group-1": { "entity": "group", "id": "group-1", "properties": {} },
            },
            "deleted": {
                "group-2": { "entity": "group", "id": "group-2", "properties": {} },
            },
        }))
    }

    #[test]
    fn everything_is_planted_and_parts_come_after_what_they_are_part_of() {
        let planted = plantings(&sample(), &plan());
        let said: Vec<String> = planted
            .iter()
            .map(|one| {
                let id = one.properties["id"].as_str().unwrap_or_default();
                let deleted = match one.deletion {
                    Deletion::Alive => "",
                    Deletion::SoftDeleted => " deleted",
                };
                format!("{} {id}{deleted}", one.set)
            })
            .collect();
        assert_eq!(
            said,
            [
                "directoryObjects user-1",
                "groups group-2 deleted",
                "applications app-1",
                "groups group-1",
                "administrativeUnits unit-1",
                "roleDefinitions custom-1",
                "federatedIdentityCredentials a-credential",
                "roleAssignments b-assignment",
            ]
        );
    }

    #[test]
    fn an_object_is_planted_as_it_was_observed() {
        let planted = plantings(&sample(), &plan());
        let application = &planted[2];
        assert_eq!(
            Json::Object(application.properties.clone()),
            json!({ "id": "app-1", "displayName": "API", "web": { "logoutUrl": null } })
        );
        assert_eq!(application.links["owners"], ["user-1"]);
        assert_eq!(planted[6].parent.as_deref(), Some("app-1"));
        assert_eq!(
            planted[0].properties["@odata.type"],
            "#microsoft.graph.user"
        );
    }

    #[test]
    fn every_entity_has_a_set() {
        for entity in kind::ENTITIES {
            assert!(
                SETS.iter().any(|(name, _)| *name == entity.name),
                "{} has no set",
                entity.name
            );
        }
    }
}
