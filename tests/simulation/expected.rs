//! What a declaration says of a tenant, read by other eyes than idac's: each document is held against what is stored.

use std::collections::{BTreeMap, BTreeSet};

use idac::dry_run::Verdict;
use idac::plan::Applied;
use serde_json::{Value, json};

use super::laws::id_of;
use super::lookup::Reader;
use super::root::{Root, is_exact, items, kind_of};
use super::witness::Facts;

/// What the tenant lacks of what is declared, and what it has although an exact list leaves it out.
pub(crate) fn missing(root: &Root, applied: &Applied, facts: &Facts) -> Vec<String> {
    let mut reader = Reader {
        root,
        applied,
        facts,
        problems: Vec::new(),
    };
    for (address, document) in &root.documents {
        match kind_of(address) {
            "application" => reader.application(address, document),
            "group" => reader.group(address, document),
            "servicePrincipal" => reader.service_principal(address, document, address),
            "directoryRoleAssignment" => reader.role_assignment(address, document),
            "existing" => {}
            other => panic!("{other} is declared, and nobody here knows it"),
        }
    }
    reader.problems
}

/// Whether the tenant rightly refuses an identifier URI: an application has it which the declaration lets keep it.
/// `planned` has every managed object under the address that it has now.
pub(crate) fn is_contested(
    root: &Root,
    planned: &Applied,
    facts: &Facts,
    verdict: &Verdict,
) -> bool {
    let is_about_uris = match verdict {
        Verdict::Refused { trouble, .. } => trouble.message.contains("identifierUris"),
        Verdict::Cleared
        | Verdict::Stopped { .. }
        | Verdict::NotConverged { .. }
        | Verdict::Failed { .. } => false,
    };
    let reader = Reader {
        root,
        applied: planned,
        facts,
        problems: Vec::new(),
    };
    let keeps = |id: &str| {
        let address = planned
            .iter()
            .find(|(_, object)| id_of(object).is_some_and(|it| it.as_str() == id));
        let list = address
            .and_then(|(address, _)| root.documents.get(address.as_str())?.get("identifierUris"));
        !list.is_some_and(is_exact)
    };
    let wanted = root.documents.iter().flat_map(|(address, document)| {
        let uris = items(&document["identifierUris"])
            .iter()
            .filter_map(Value::as_str);
        uris.map(|uri| reader.filled(address, uri))
            .collect::<Vec<_>>()
    });
    let wanted: BTreeSet<String> = wanted.collect();
    let mut holders = facts
        .objects()
        .filter(|(_, object)| object["kind"] == "Application" && object["deleted"] == false);
    let has = |object: &Value| {
        let uris = items(&object["properties"]["identifierUris"]).iter();
        uris.filter_map(Value::as_str)
            .any(|uri| wanted.contains(uri))
    };
    is_about_uris && holders.any(|(id, object)| has(object) && keeps(id))
}

const TEXTS: [&str; 12] = [
    "displayName",
    "description",
    "notes",
    "groupMembershipClaims",
    "signInAudience",
    "serviceManagementReference",
    "loginUrl",
    "preferredSingleSignOnMode",
    "isFallbackPublicClient",
    "accountEnabled",
    "appRoleAssignmentRequired",
    "membershipRule",
];

impl Reader<'_> {
    fn application(&mut self, address: &str, document: &Value) {
        let Some(stored) = self.stored(address) else {
            return;
        };
        self.texts(address, document, &stored);
        for list in ["identifierUris", "tags"] {
            self.strings(address, list, document.get(list), &stored[list]);
        }
        for platform in ["web", "spa", "publicClient"] {
            let path = format!("{platform}.redirectUris");
            self.strings(
                address,
                &path,
                document[platform].get("redirectUris"),
                &stored[platform]["redirectUris"],
            );
        }
        for page in ["homePageUrl", "logoutUrl"] {
            self.value(
                &format!("{address} web.{page}"),
                document["web"].get(page),
                &stored["web"][page],
            );
        }
        self.permissions(
            address,
            "appRoles",
            document.get("appRoles"),
            &stored["appRoles"],
        );
        let scopes = document["api"].get("oauth2PermissionScopes");
        self.permissions(
            address,
            "scopes",
            scopes,
            &stored["api"]["oauth2PermissionScopes"],
        );
        self.clients(address, document, &stored);
        self.required(address, document, &stored);
        self.links(address, "Owners", document.get("owners"));
        self.credentials(address, document.get("federatedIdentityCredentials"));
        if let Some(part) = document.get("servicePrincipal") {
            self.service_principal(&format!("{address}/servicePrincipal"), part, address);
        }
        self.consents(address, document);
    }

    fn group(&mut self, address: &str, document: &Value) {
        let Some(stored) = self.stored(address) else {
            return;
        };
        self.texts(address, document, &stored);
        self.value(
            &format!("{address} mailNickname"),
            document.get("mailNickname"),
            &stored["mailNickname"],
        );
        self.links(address, "Members", document.get("members"));
        // Graph keeps the last owner who is a user, whatever the list says.
        if document
            .get("owners")
            .is_some_and(|owners| !items(owners).is_empty())
        {
            self.links(address, "Owners", document.get("owners"));
        }
    }

    fn service_principal(&mut self, address: &str, document: &Value, offers: &str) {
        let Some(stored) = self.stored(address) else {
            return;
        };
        self.texts(address, document, &stored);
        for list in ["alternativeNames", "notificationEmailAddresses"] {
            self.strings(address, list, document.get(list), &stored[list]);
        }
        self.links(address, "Owners", document.get("owners"));
        let Some(list) = document.get("appRoleAssignedTo") else {
            return;
        };
        let (resource, wanted) = (self.id(address), self.assignments(offers, list));
        let Some(resource) = resource else { return };
        let is_alive = |assignment: &str| {
            let principal = assignment.split(' ').next_back().unwrap_or_default();
            self.facts.living(principal).is_some()
        };
        let there: BTreeSet<String> = self
            .facts
            .below(&format!("assignment {resource} "))
            .map(|it| it.0.to_owned())
            .filter(|it| is_alive(it))
            .collect();
        let consented = self.consented(offers);
        for assignment in &wanted {
            if !there.contains(assignment) {
                self.problems.push(format!(
                    "Declared: {address} lacks the assignment {assignment}"
                ));
            }
        }
        if is_exact(list) {
            for assignment in there
                .difference(&wanted)
                .filter(|it| !consented.contains(*it))
            {
                self.problems.push(format!(
                    "Declared: {address} has the assignment {assignment}"
                ));
            }
        }
    }

    fn role_assignment(&mut self, address: &str, document: &Value) {
        let role = document["role"]
            .as_str()
            .and_then(idac::graph::facts::directory_role);
        let role = role.expect("generated roles are known").template_id;
        let scope = document["scope"].as_str().unwrap_or_default();
        let scope = match self.id(scope) {
            Some(id) if !scope.starts_with('/') => format!("/{id}"),
            _ => scope.to_owned(),
        };
        let principal = self.principal(&document["principal"]).unwrap_or_default();
        let name = format!("roleAssignment {role} {principal} {scope}");
        if !self.facts.facts.contains_key(&name) {
            self.problems
                .push(format!("Declared: {address} is not there: {name}"));
        }
    }

    fn texts(&mut self, address: &str, document: &Value, stored: &Value) {
        for key in TEXTS {
            self.value(&format!("{address} {key}"), document.get(key), &stored[key]);
        }
    }

    /// A written value is stored; what is written as nothing is not.
    fn value(&mut self, what: &str, written: Option<&Value>, stored: &Value) {
        let Some(written) = written else { return };
        let address = what.split(' ').next().unwrap_or_default().to_owned();
        let wanted = match written {
            Value::String(text) if text == "${on}" => json!(true),
            Value::String(text) => json!(self.filled(&address, text)),
            other => other.clone(),
        };
        let is_nothing = |value: &Value| value.is_null() || value == "" || value == false;
        // A switch that nobody touched is not stored: it is on.
        let is_on = what.ends_with("accountEnabled") && wanted == true && stored.is_null();
        if !is_on && wanted != *stored && !(is_nothing(&wanted) && is_nothing(stored)) {
            self.problems.push(format!(
                "Declared: {what} should be {wanted} and is {stored}"
            ));
        }
    }

    fn strings(&mut self, address: &str, what: &str, written: Option<&Value>, stored: &Value) {
        let Some(list) = written else { return };
        let wanted: Vec<String> = items(list)
            .iter()
            .filter_map(Value::as_str)
            .map(|text| self.filled(address, text))
            .collect();
        let wanted: BTreeSet<&str> = wanted.iter().map(String::as_str).collect();
        let there: BTreeSet<&str> = items(stored).iter().filter_map(Value::as_str).collect();
        let fits = match is_exact(list) {
            true => there == wanted,
            false => wanted.is_subset(&there),
        };
        if !fits {
            self.problems.push(format!(
                "Declared: {address} {what} should be {list} and is {stored}"
            ));
        }
    }

    /// App roles or permission scopes.
    fn permissions(&mut self, address: &str, what: &str, written: Option<&Value>, stored: &Value) {
        let Some(list) = written else { return };
        let by_value: BTreeMap<&str, &Value> = items(stored)
            .iter()
            .filter_map(|item| Some((item["value"].as_str()?, item)))
            .collect();
        for wanted in items(list) {
            let value = wanted["value"].as_str().unwrap_or_default();
            let Some(there) = by_value.get(value) else {
                self.problems
                    .push(format!("Declared: {address} {what} lacks {value}"));
                continue;
            };
            for (key, wanted) in wanted.as_object().into_iter().flatten() {
                if wanted != &there[key] {
                    self.problems.push(format!(
                        "Declared: {address} {what} {value} {key} is {}",
                        there[key]
                    ));
                }
            }
            if wanted.get("isEnabled").is_none() && there["isEnabled"] == false {
                self.problems.push(format!(
                    "Declared: {address} {what} {value} is switched off"
                ));
            }
        }
        if is_exact(list) && by_value.len() != items(list).len() {
            self.problems.push(format!(
                "Declared: {address} {what} should be {list} and is {stored}"
            ));
        }
    }

    /// Pre-authorised and known clients.
    fn clients(&mut self, address: &str, document: &Value, stored: &Value) {
        let api = &document["api"];
        if let Some(list) = api.get("preAuthorizedApplications") {
            let there = items(&stored["api"]["preAuthorizedApplications"]);
            for entry in items(list) {
                let app_id = self.app_id(&entry["application"]);
                let found = there
                    .iter()
                    .find(|it| it["appId"].as_str() == app_id.as_deref());
                let ids = found.map_or(&[][..], |it| items(&it["delegatedPermissionIds"]));
                let wanted: Vec<Value> = items(&entry["scopes"])
                    .iter()
                    .filter_map(|scope| self.permission(address, "oauth2PermissionScopes", scope))
                    .map(Value::from)
                    .collect();
                if wanted.len() != items(&entry["scopes"]).len()
                    || !wanted.iter().all(|id| ids.contains(id))
                {
                    self.problems.push(format!(
                        "Declared: {address} does not pre-authorise {entry}"
                    ));
                }
            }
            if is_exact(list) && there.len() != items(list).len() {
                self.problems.push(format!(
                    "Declared: {address} pre-authorises others than {list}"
                ));
            }
        }
        if let Some(list) = api.get("knownClientApplications") {
            let wanted: BTreeSet<String> = items(list)
                .iter()
                .filter_map(|it| self.app_id(it))
                .collect();
            let there = items(&stored["api"]["knownClientApplications"]);
            let there: BTreeSet<String> = there
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect();
            if !wanted.is_subset(&there) || (is_exact(list) && wanted != there) {
                self.problems.push(format!(
                    "Declared: {address} should know {wanted:?} and knows {there:?}"
                ));
            }
        }
    }

    fn required(&mut self, address: &str, document: &Value, stored: &Value) {
        let Some(list) = document.get("requiredResourceAccess") else {
            return;
        };
        let there = items(&stored["requiredResourceAccess"]);
        let mut wanted: BTreeSet<(String, String)> = BTreeSet::new();
        for entry in items(list) {
            let resource = self.app_id(&entry["resource"]).unwrap_or_default();
            for (key, collection) in [
                ("scopes", "oauth2PermissionScopes"),
                ("appRoles", "appRoles"),
            ] {
                for value in items(&entry[key]) {
                    let id = self.permission(
                        entry["resource"].as_str().unwrap_or_default(),
                        collection,
                        value,
                    );
                    wanted.insert((resource.clone(), id.unwrap_or_default()));
                }
            }
        }
        let there: BTreeSet<(String, String)> = there
            .iter()
            .flat_map(|entry| {
                let resource = entry["resourceAppId"].as_str().unwrap_or_default();
                items(&entry["resourceAccess"]).iter().map(move |access| {
                    (
                        resource.to_owned(),
                        access["id"].as_str().unwrap_or_default().to_owned(),
                    )
                })
            })
            .collect();
        if wanted != there {
            self.problems.push(format!(
                "Declared: {address} should ask for {wanted:?} and asks for {there:?}"
            ));
        }
    }

    fn credentials(&mut self, address: &str, written: Option<&Value>) {
        let (Some(list), Some(id)) = (written, self.id(address)) else {
            return;
        };
        let words = format!("credential {id} ");
        let there: BTreeMap<&str, &Value> = self.facts.below(&words).collect();
        let mut problems = Vec::new();
        for wanted in items(list) {
            let name = wanted["name"].as_str().unwrap_or_default();
            let is_so = there.get(name).is_some_and(|it| {
                it["issuer"] == wanted["issuer"] && it["subject"] == wanted["subject"]
            });
            if !is_so {
                problems.push(format!(
                    "Declared: {address} should have {wanted} and has {:?}",
                    there.get(name)
                ));
            }
        }
        if is_exact(list) && there.len() != items(list).len() {
            problems.push(format!(
                "Declared: {address} has other credentials than {list}: {there:?}"
            ));
        }
        self.problems.extend(problems);
    }

    fn links(&mut self, address: &str, relation: &str, written: Option<&Value>) {
        let (Some(list), Some(id)) = (written, self.id(address)) else {
            return;
        };
        let there: BTreeSet<String> = self
            .facts
            .below(&format!("link {id} {relation} "))
            .map(|(to, _)| to.to_owned())
            .filter(|to| self.facts.living(to).is_some())
            .collect();
        let wanted: BTreeSet<String> = items(list)
            .iter()
            .filter_map(|it| self.principal(it))
            .collect();
        let fits = match is_exact(list) {
            true => wanted == there,
            false => wanted.is_subset(&there),
        };
        if !fits {
            self.problems.push(format!(
                "Declared: {address} {relation} should be {list} and are {there:?}"
            ));
        }
    }

    /// Consent for the whole tenant: assignments and one grant for each API.
    fn consents(&mut self, address: &str, document: &Value) {
        let Some(client) = self.id(&format!("{address}/servicePrincipal")) else {
            return;
        };
        for entry in items(&document["requiredResourceAccess"])
            .iter()
            .filter(|it| it["adminConsent"] == true)
        {
            let resource = entry["resource"].as_str().unwrap_or_default();
            let Some(offering) = self.resource(resource) else {
                self.problems
                    .push(format!("Declared: {resource} has no service principal"));
                continue;
            };
            for role in items(&entry["appRoles"]) {
                let id = self
                    .permission(resource, "appRoles", role)
                    .unwrap_or_default();
                let name = format!("assignment {offering} {id} {client}");
                if !self.facts.facts.contains_key(&name) {
                    self.problems.push(format!(
                        "Declared: {address} is not granted {role} of {resource}"
                    ));
                }
            }
            let grant = self.facts.facts.get(&format!("grant {client} {offering} "));
            let granted = grant.map(|it| items(it).to_vec()).unwrap_or_default();
            for scope in items(&entry["scopes"]) {
                if !granted.contains(scope) {
                    self.problems.push(format!(
                        "Declared: {address} is not granted {scope} of {resource}"
                    ));
                }
            }
        }
    }

    /// The assignments of an application's roles that follow from consent: role and principal.
    fn consented(&self, offers: &str) -> BTreeSet<String> {
        let mut consented = BTreeSet::new();
        for address in self.root.of_kind("application") {
            let Some(client) = self.id(&format!("{address}/servicePrincipal")) else {
                continue;
            };
            let document = &self.root.documents[&address];
            for entry in items(&document["requiredResourceAccess"]) {
                if entry["adminConsent"] == true && entry["resource"] == offers {
                    let ids = items(&entry["appRoles"])
                        .iter()
                        .filter_map(|it| self.permission(offers, "appRoles", it));
                    consented.extend(ids.map(|id| format!("{id} {client}")));
                }
            }
        }
        consented
    }

    fn assignments(&self, offers: &str, list: &Value) -> BTreeSet<String> {
        let assignment = |item: &Value| {
            let role = match item.get("appRole") {
                Some(role) => self.permission(offers, "appRoles", role)?,
                None => "00000000-0000-0000-0000-000000000000".to_owned(),
            };
            Some(format!("{role} {}", self.principal(&item["principal"])?))
        };
        items(list).iter().filter_map(assignment).collect()
    }

    /// The stored properties of an object that must be alive.
    fn stored(&mut self, address: &str) -> Option<Value> {
        let object = self
            .id(address)
            .and_then(|id| self.facts.living(&id))
            .map(|it| it["properties"].clone());
        if object.is_none() {
            self.problems
                .push(format!("Declared: {address} is not there"));
        }
        object
    }
}
