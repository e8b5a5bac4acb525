//! Puts objects into a tenant as they are, and founds a tenant with what it has from the beginning.

use serde_json::{Value, json};

use super::assignments;
use super::body;
use super::conditional_access;
use super::declared;
use super::edit::texts;
use super::first_party;
use super::founding::{FirstParty, Founding};
use super::guid::Guid;
use super::moment;
use super::planted::{Deletion, Planted, Unplantable};
use super::record::{
    Assignment, Entry, Grant, Key, Kind, LinkState, Object, Presence, Properties, Relation,
};
use super::roles;
use super::schema;
use super::tenant::Tenant;

/// Founds the organization, the domains, the directory roles, Microsoft's service principals and the users.
pub(super) fn found(tenant: &mut Tenant, founding: &Founding) {
    let mut domains = vec![founding.default_domain.clone()];
    domains.extend(founding.custom_domains.iter().cloned());
    for domain in &domains {
        let rank = if *domain == founding.default_domain {
            Rank::Initial
        } else {
            Rank::Further
        };
        put_domain(tenant, domain, rank);
    }
    let verified: Vec<Value> = domains
        .iter()
        .map(|domain| {
            let first = *domain == founding.default_domain;
            json!({"name": domain, "isDefault": first, "isInitial": first, "type": "Managed",
                "capabilities": "Email, OfficeCommunicationsOnline"})
        })
        .collect();
    let organization = json!({
        "id": tenant.meta.tenant_id,
        "deletedDateTime": null,
        "displayName": founding.display_name,
        "createdDateTime": moment::second(founding.now_ms),
        "tenantType": "AAD",
        "countryLetterCode": null,
        "businessPhones": [],
        "technicalNotificationMails": [],
        "verifiedDomains": verified,
    });
    put_plain(tenant, Key::Organization, organization);
    roles::found(tenant);
    conditional_access::found(tenant);
    match founding.service_principals {
        FirstParty::Present => first_party::found(tenant),
        FirstParty::Absent => {}
    }
    for (name, display_name) in &founding.users {
        let nickname = name.split('@').next().unwrap_or_default();
        let id = tenant.meta.dice.guid();
        let mut user = schema::defaults(schema::properties(Kind::User));
        for (property, value) in [
            ("accountEnabled", json!(true)),
            ("displayName", json!(display_name)),
            ("mailNickname", json!(nickname)),
            ("mail", json!(name)),
            ("userPrincipalName", json!(name)),
            ("userType", json!("Member")),
        ] {
            user.insert(property.to_owned(), value);
        }
        tenant.create_object(id, Kind::User, user);
    }
}

/// Puts one planted object in its place.
pub(super) fn plant(tenant: &mut Tenant, mut planted: Planted) -> Result<(), Unplantable> {
    let set = planted.set.clone();
    // Annotations belong to the answer in which the object came; only a stub's type says something of the object.
    planted
        .properties
        .retain(|name, _| name == "@odata.type" || !name.contains('@'));
    match set.as_str() {
        "federatedIdentityCredentials" => federated(tenant, &planted),
        "appRoleAssignments" => assignment(tenant, &planted),
        "oauth2PermissionGrants" => grant(tenant, &planted),
        "roleDefinitions" => {
            let id = id_in(&planted, "id")?;
            let mut whole = schema::defaults(declared::ROLE_DEFINITION);
            whole.extend(planted.properties);
            put_plain(tenant, Key::RoleDefinition(id), Value::Object(whole));
            Ok(())
        }
        "roleAssignments" => {
            let id = text_in(&planted, "id")?;
            stub(tenant, id_in(&planted, "principalId")?);
            id_in(&planted, "roleDefinitionId")?;
            text_in(&planted, "directoryScopeId")?;
            put_plain(
                tenant,
                Key::RoleAssignment(id),
                Value::Object(planted.properties),
            );
            Ok(())
        }
        "domains" => {
            let id = text_in(&planted, "id")?;
            let rank = match planted.properties.get("isInitial") {
                Some(Value::Bool(true)) => Rank::Initial,
                _ => Rank::Further,
            };
            put_domain(tenant, &id, rank);
            Ok(())
        }
        name => match Kind::from_set(name) {
            Some(kind) => object(tenant, kind, planted),
            None => Err(Unplantable::UnknownSet { set }),
        },
    }
}

fn object(tenant: &mut Tenant, kind: Kind, planted: Planted) -> Result<(), Unplantable> {
    let id = id_in(&planted, "id")?;
    let kind = match kind {
        Kind::Unknown => planted
            .properties
            .get("@odata.type")
            .and_then(Value::as_str)
            .and_then(Kind::from_type)
            .unwrap_or(Kind::Unknown),
        known => known,
    };
    let mut links = Vec::new();
    for (relation, ids) in &planted.links {
        let relation = Relation::from_name(relation)
            .ok_or_else(|| malformed(&planted.set, relation.as_str()))?;
        for to in ids {
            let to = Guid::parse(to).ok_or_else(|| malformed(&planted.set, relation.name()))?;
            links.push((relation, to));
        }
    }
    let at = tenant.next_sequence();
    let created = planted
        .properties
        .get("createdDateTime")
        .and_then(Value::as_str);
    let created_ms = created.and_then(moment::parse);
    let deleted = planted
        .properties
        .get("deletedDateTime")
        .and_then(Value::as_str)
        .and_then(moment::parse);
    let deleted_ms = match planted.deletion {
        Deletion::Alive => None,
        Deletion::SoftDeleted => Some(deleted.unwrap_or(tenant.meta.now_ms)),
    };
    let object = Object {
        kind,
        created_ms: created_ms.unwrap_or(tenant.meta.now_ms),
        properties: schema::stored(kind, planted_whole(kind, planted.properties)),
        deleted_ms,
        created_at: at,
        changed_at: at,
        touched: Default::default(),
    };
    tenant
        .records
        .put(Key::Object(id), Some(Entry::Object(object)));
    for (relation, to) in links {
        stub(tenant, to);
        let state = LinkState {
            presence: Presence::Present,
            changed_at: tenant.next_sequence(),
        };
        let key = Key::Link {
            from: id,
            relation,
            to,
        };
        tenant.records.put(key, Some(Entry::Link(state)));
    }
    Ok(())
}

/// The properties as the tenant keeps them: object ids in one spelling, complex values whole.
fn planted_whole(kind: Kind, mut given: Properties) -> Properties {
    given.retain(|name, value| {
        let of_itself = matches!(name.as_str(), "id" | "deletedDateTime");
        !of_itself && !name.contains('@') && !value.is_null()
    });
    if let Some(id) = given
        .get("appId")
        .and_then(Value::as_str)
        .and_then(Guid::parse)
    {
        given.insert("appId".to_owned(), json!(id));
    }
    body::completed(kind, given)
}

fn federated(tenant: &mut Tenant, planted: &Planted) -> Result<(), Unplantable> {
    let id = id_in(planted, "id")?;
    let application = planted.parent.as_deref().and_then(Guid::parse);
    let application = application.ok_or_else(|| malformed(&planted.set, "parent"))?;
    for name in ["name", "issuer"] {
        text_in(planted, name)?;
    }
    if texts(&planted.properties, "audiences").next().is_none() {
        return Err(malformed(&planted.set, "audiences"));
    }
    let mut whole = schema::defaults(declared::FEDERATED);
    whole.extend(planted.properties.clone());
    put_plain(
        tenant,
        Key::Federated { application, id },
        Value::Object(whole),
    );
    Ok(())
}

fn assignment(tenant: &mut Tenant, planted: &Planted) -> Result<(), Unplantable> {
    let id = text_in(planted, "id")?;
    let principal = id_in(planted, "principalId")?;
    let created = planted.properties.get("createdDateTime");
    let created = created.and_then(Value::as_str).and_then(moment::parse);
    let assignment = Assignment {
        principal,
        resource: id_in(planted, "resourceId")?,
        role: id_in(planted, "appRoleId")?,
        created_ms: created.unwrap_or(tenant.meta.now_ms),
    };
    let kind = planted
        .properties
        .get("principalType")
        .and_then(Value::as_str)
        .and_then(Kind::from_type);
    stub_of(tenant, principal, kind.unwrap_or(Kind::Unknown));
    stub_of(tenant, assignment.resource, Kind::ServicePrincipal);
    tenant
        .records
        .put(Key::Assignment(id), Some(Entry::Assignment(assignment)));
    Ok(())
}

fn grant(tenant: &mut Tenant, planted: &Planted) -> Result<(), Unplantable> {
    let client = id_in(planted, "clientId")?;
    let resource = id_in(planted, "resourceId")?;
    let principal = match planted.properties.get("principalId") {
        None | Some(Value::Null) => None,
        Some(_) => Some(id_in(planted, "principalId")?),
    };
    let id = match planted.properties.get("id").and_then(Value::as_str) {
        Some(id) => id.to_owned(),
        None => assignments::grant_id(client, resource, principal),
    };
    let scope = planted.properties.get("scope").and_then(Value::as_str);
    let at = tenant.next_sequence();
    let grant = Grant {
        client,
        resource,
        principal,
        scope: scope.unwrap_or_default().to_owned(),
        changed_at: at,
        created_at: at,
    };
    stub_of(tenant, client, Kind::ServicePrincipal);
    stub_of(tenant, resource, Kind::ServicePrincipal);
    if let Some(principal) = principal {
        stub_of(tenant, principal, Kind::User);
    }
    tenant
        .records
        .put(Key::Grant(id), Some(Entry::Grant(grant)));
    Ok(())
}

/// Somebody of whom only the id is known, unless more is.
fn stub(tenant: &mut Tenant, id: Guid) {
    stub_of(tenant, id, Kind::Unknown);
}

fn stub_of(tenant: &mut Tenant, id: Guid, kind: Kind) {
    if tenant.records.object(id).is_none() {
        tenant.create_object(id, kind, schema::defaults(schema::properties(kind)));
    }
}

/// Whether a domain is the one that the tenant was founded with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rank {
    Initial,
    Further,
}

fn put_domain(tenant: &mut Tenant, name: &str, rank: Rank) {
    let is_initial = rank == Rank::Initial;
    let domain = json!({
        "id": name,
        "authenticationType": "Managed",
        "isAdminManaged": true,
        "isDefault": is_initial,
        "isInitial": is_initial,
        "isRoot": true,
        "isVerified": true,
        "supportedServices": [],
    });
    put_plain(tenant, Key::Domain(name.to_lowercase()), domain);
}

fn put_plain(tenant: &mut Tenant, key: Key, value: Value) {
    if let Value::Object(properties) = value {
        tenant.records.put(key, Some(Entry::Plain(properties)));
    }
}

fn id_in(planted: &Planted, property: &str) -> Result<Guid, Unplantable> {
    let id = planted.properties.get(property).and_then(Value::as_str);
    id.and_then(Guid::parse)
        .ok_or_else(|| malformed(&planted.set, property))
}

fn text_in(planted: &Planted, property: &str) -> Result<String, Unplantable> {
    let text = planted.properties.get(property).and_then(Value::as_str);
    text.map(str::to_owned)
        .ok_or_else(|| malformed(&planted.set, property))
}

fn malformed(set: &str, property: &str) -> Unplantable {
    Unplantable::Malformed {
        set: set.to_owned(),
        property: property.to_owned(),
    }
}
