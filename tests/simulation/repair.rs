//! Makes a root that the dice wrote one that a careful person would have written: what is named is declared, nothing
//! is said twice, and what Entra refuses by rule is left out. Everything else stays as the dice fell.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::root::{Root, is_exact, items, items_mut, kind_of, name_of};
use super::write::RULED;

/// What an application offers: for each app role its allowed member types, and the permission scopes; enabled ones.
#[derive(Default)]
struct Offer {
    roles: BTreeMap<String, Vec<String>>,
    /// Who can have some app role, also one that is switched off.
    members: BTreeSet<String>,
    scopes: BTreeSet<String>,
    /// Whether it surely offers no other app roles.
    is_exact: bool,
}

pub(crate) fn repair(root: &mut Root) {
    drop_renames(root);
    let offers: BTreeMap<String, Offer> = root
        .documents
        .iter()
        .map(|(address, it)| (address.clone(), offer(it)))
        .collect();
    let known: BTreeMap<String, Value> = root.documents.clone();
    let mut uris = BTreeSet::new();
    let mut assigned = BTreeSet::new();
    let mut gone = Vec::new();
    for (address, document) in &mut root.documents {
        let world = World {
            known: &known,
            offers: &offers,
        };
        no_circles(&world, address, document);
        match kind_of(address) {
            "application" => {
                application(&world, address, document);
                retain(document.get_mut("identifierUris"), |uri| {
                    uris.insert(uri.to_string())
                });
            }
            "group" => group(&world, address, document),
            "servicePrincipal" => service_principal(&world, address, document),
            "directoryRoleAssignment" => {
                let whole = [
                    &document["role"],
                    &document["principal"],
                    &document["scope"],
                ]
                .map(Value::to_string);
                if !role_assignment(&world, document) || !assigned.insert(whole) {
                    gone.push(address.clone());
                }
            }
            _ => {}
        }
    }
    for address in gone {
        root.documents.remove(&address);
    }
    consents(root);
    root.adopt.retain(|address, _| known.contains_key(address));
}

struct World<'a> {
    known: &'a BTreeMap<String, Value>,
    offers: &'a BTreeMap<String, Offer>,
}

impl World<'_> {
    fn has(&self, reference: &Value) -> bool {
        let reference = reference.as_str().unwrap_or_default();
        kind_of(reference) == "user" || self.known.contains_key(reference)
    }

    /// What stands behind a reference: `user`, `group`, `servicePrincipal`, `application`.
    fn type_of(&self, reference: &Value) -> String {
        let reference = reference.as_str().unwrap_or_default();
        match kind_of(reference) {
            "existing" => self
                .known
                .get(reference)
                .map_or("", |it| it["type"].as_str().unwrap_or_default())
                .to_owned(),
            "application" => "servicePrincipal".to_owned(),
            kind => kind.to_owned(),
        }
    }

    fn is_assignable_to_role(&self, reference: &Value) -> bool {
        let document = reference.as_str().and_then(|it| self.known.get(it));
        document.is_some_and(|it| it["isAssignableToRole"] == true)
    }
}

/// A text that names somebody who is not there, or who comes later, says something else.
fn no_circles(world: &World<'_>, address: &str, document: &mut Value) {
    for key in ["description", "notes"] {
        let Some(text) = document.get(key).and_then(Value::as_str) else {
            continue;
        };
        let named = text
            .split_once("${application/")
            .and_then(|(_, rest)| rest.split_once(".appId}"));
        if let Some((name, _)) = named {
            let other = format!("application/{name}");
            if other.as_str() >= address || !world.known.contains_key(&other) {
                document[key] = json!("knows nobody");
            }
        }
    }
    if let Some(part) = document.get_mut("servicePrincipal") {
        no_circles(world, address, part);
    }
}

fn drop_renames(root: &mut Root) {
    let names: BTreeSet<String> = root.documents.keys().cloned().collect();
    let mut taken = BTreeSet::new();
    for (address, document) in &mut root.documents {
        let before = document["previously"]
            .as_str()
            .map(|name| format!("{}/{name}", kind_of(address)));
        if let Some(before) = before
            && (names.contains(&before) || !taken.insert(before))
            && let Some(document) = document.as_object_mut()
        {
            document.remove("previously");
            // It is another object now, and what only one can have is the other's.
            document.remove("identifierUris");
        }
    }
}

fn offer(document: &Value) -> Offer {
    let enabled = |item: &&Value| item["isEnabled"] != json!(false);
    let text = |item: &Value| item["value"].as_str().unwrap_or_default().to_owned();
    let is_foreign = document["kind"] == "servicePrincipal";
    let mut offer = Offer {
        is_exact: is_foreign || document.get("appRoles").is_some_and(is_exact),
        ..Offer::default()
    };
    if let Some(roles) = document.get("appRoles") {
        for role in items(roles) {
            let members = items(&role["allowedMemberTypes"])
                .iter()
                .filter_map(Value::as_str);
            offer.members.extend(members.map(str::to_owned));
        }
        for role in items(roles).iter().filter(enabled) {
            let members = items(&role["allowedMemberTypes"])
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned);
            offer.roles.insert(text(role), members.collect());
        }
    }
    if let Some(scopes) = document["api"].get("oauth2PermissionScopes") {
        offer.scopes = items(scopes).iter().filter(enabled).map(text).collect();
    }
    offer
}

fn application(world: &World<'_>, address: &str, document: &mut Value) {
    principals(world, document, "owners", &["user", "servicePrincipal"]);
    let own = &world.offers[address];
    let other = |reference: &Value| {
        let text = reference.as_str().unwrap_or_default();
        text != address && (kind_of(text) != "application" || world.known.contains_key(text))
    };
    if let Some(api) = document.get_mut("api") {
        retain(api.get_mut("knownClientApplications"), &other);
        if let Some(list) = api.get_mut("preAuthorizedApplications").and_then(items_mut) {
            for entry in list.iter_mut() {
                retain(entry.get_mut("scopes"), |it| {
                    own.scopes.contains(it.as_str().unwrap_or_default())
                });
            }
            list.retain(|entry| {
                other(&entry["application"]) && !items(&entry["scopes"]).is_empty()
            });
        }
        no_empty_least(api, "preAuthorizedApplications");
        no_empty_least(api, "knownClientApplications");
    }
    if let Some(list) = document
        .get_mut("requiredResourceAccess")
        .and_then(items_mut)
    {
        for entry in list.iter_mut() {
            let Some(offer) = entry["resource"]
                .as_str()
                .and_then(|it| world.offers.get(it))
            else {
                continue;
            };
            retain(entry.get_mut("scopes"), |it| {
                offer.scopes.contains(it.as_str().unwrap_or_default())
            });
            retain(entry.get_mut("appRoles"), |it| {
                allows(offer, it, "Application")
            });
        }
        list.retain(|entry| {
            other(&entry["resource"])
                && !(items(&entry["scopes"]).is_empty() && items(&entry["appRoles"]).is_empty())
        });
    }
    if let Some(part) = document.get_mut("servicePrincipal") {
        service_principal(world, address, part);
    }
}

fn allows(offer: &Offer, role: &Value, member: &str) -> bool {
    let members = offer.roles.get(role.as_str().unwrap_or_default());
    members.is_some_and(|members| members.iter().any(|it| it == member))
}

fn service_principal(world: &World<'_>, address: &str, document: &mut Value) {
    principals(world, document, "owners", &["user", "servicePrincipal"]);
    let offer = &world.offers[address];
    let mut seen = BTreeSet::new();
    retain(document.get_mut("appRoleAssignedTo"), |assignment| {
        let of = world.type_of(&assignment["principal"]);
        let member = match of.as_str() {
            "user" | "group" => "User",
            "servicePrincipal" => "Application",
            _ => return false,
        };
        let fits = match assignment.get("appRole") {
            Some(role) => allows(offer, role, member),
            // Entra gives default access only where no app role is for that type of principal.
            None => offer.is_exact && !offer.members.contains(member),
        };
        world.has(&assignment["principal"]) && fits && seen.insert(assignment.to_string())
    });
    no_empty_least(document, "appRoleAssignedTo");
}

fn group(world: &World<'_>, address: &str, document: &mut Value) {
    principals(world, document, "owners", &["user", "servicePrincipal"]);
    principals(
        world,
        document,
        "members",
        &["user", "servicePrincipal", "group"],
    );
    let is_assignable = document["isAssignableToRole"] == true;
    let is_dynamic = document["membershipRule"].is_string() && !is_assignable;
    let Some(members) = document.as_object_mut() else {
        return;
    };
    if is_dynamic {
        members.remove("members");
    } else {
        members.remove("membershipRuleProcessingState");
        // A group that had a rule keeps it until somebody writes that it has none.
        match RULED.contains(&name_of(address)) {
            true => members.insert("membershipRule".to_owned(), Value::Null),
            false => members.remove("membershipRule"),
        };
    }
    retain(document.get_mut("members"), |member| {
        let is_group = world.type_of(member) == "group";
        member != address && !(is_group && (is_assignable || world.is_assignable_to_role(member)))
    });
    no_empty_least(document, "members");
}

fn role_assignment(world: &World<'_>, document: &Value) -> bool {
    let (principal, scope) = (&document["principal"], &document["scope"]);
    let fits = match world.type_of(principal).as_str() {
        "user" | "servicePrincipal" => true,
        "group" => world.is_assignable_to_role(principal),
        _ => false,
    };
    let is_there = scope.as_str().is_some_and(|it| it.starts_with('/'))
        || world.known.contains_key(scope.as_str().unwrap_or_default());
    fits && is_there && world.has(principal)
}

/// What a client is granted because it asks with consent is not written again where it is assigned.
fn consents(root: &mut Root) {
    let mut granted = BTreeSet::new();
    for (address, document) in &root.documents {
        for entry in items(&document["requiredResourceAccess"])
            .iter()
            .filter(|it| it["adminConsent"] == true)
        {
            for role in items(&entry["appRoles"]) {
                granted.insert([&entry["resource"], &json!(address), role].map(Value::to_string));
            }
        }
    }
    for (address, document) in &mut root.documents {
        let Some(part) = document.get_mut("servicePrincipal") else {
            continue;
        };
        retain(part.get_mut("appRoleAssignedTo"), |it| {
            let whole = [&json!(address), &it["principal"], &it["appRole"]].map(Value::to_string);
            !granted.contains(&whole)
        });
        no_empty_least(part, "appRoleAssignedTo");
    }
}

fn principals(world: &World<'_>, document: &mut Value, key: &str, types: &[&str]) {
    let mut seen = BTreeSet::new();
    retain(document.get_mut(key), |reference| {
        world.has(reference)
            && types.contains(&world.type_of(reference).as_str())
            && seen.insert(reference.to_string())
    });
    no_empty_least(document, key);
}

fn retain(list: Option<&mut Value>, mut keep: impl FnMut(&Value) -> bool) {
    if let Some(items) = list.and_then(items_mut) {
        items.retain(|item| keep(item));
    }
}

/// `{ atLeast: [] }` says nothing.
fn no_empty_least(document: &mut Value, key: &str) {
    let is_empty = document
        .get(key)
        .is_some_and(|list| list.get("atLeast").is_some() && items(list).is_empty());
    if is_empty && let Some(members) = document.as_object_mut() {
        members.remove(key);
    }
}
