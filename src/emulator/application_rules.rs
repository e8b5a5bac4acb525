//! What Graph checks about an application as a whole: its audience, app roles, permission scopes, redirect URIs and
//! sizes. Source: the resource pages and supported-accounts-validation (semantics, sections 8 and 9.1 to 9.5).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::behaviour::{Behaviour, EnabledPermissionEdit, PreAuthorizedScope};
use super::edit::{list, texts, word};
use super::problem::Problem;
use super::record::Properties;

/// Whether people with personal accounts can sign in; many limits depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Audience {
    Organizations,
    Personal,
}

const RESOURCE: &str = "Application";
/// Entries of all collections of the manifest together.
const MANIFEST_LIMIT: usize = 1200;
const PERMISSION_LIMIT: usize = 700;

/// `api.requestedAccessTokenVersion`.
pub(super) fn version_of(application: &Properties) -> Option<i64> {
    application
        .get("api")
        .and_then(|api| api.get("requestedAccessTokenVersion"))
        .and_then(Value::as_i64)
}

pub(super) fn audience_of(application: &Properties) -> Result<Audience, Problem> {
    match application.get("signInAudience").and_then(Value::as_str) {
        Some("AzureADMyOrg" | "AzureADMultipleOrgs") => Ok(Audience::Organizations),
        Some("AzureADandPersonalMicrosoftAccount" | "PersonalMicrosoftAccount") => {
            Ok(Audience::Personal)
        }
        _ => Err(Problem::invalid_value("signInAudience", RESOURCE)),
    }
}

/// Checks everything that needs no look at other objects.
pub(super) fn check(
    before: Option<&Properties>,
    after: &Properties,
    behaviour: &Behaviour,
) -> Result<Audience, Problem> {
    named(after)?;
    let audience = audience_of(after)?;
    version(after, audience)?;
    tags(after, RESOURCE)?;
    group_claims(after)?;
    app_roles(after, audience)?;
    permission_scopes(after, audience)?;
    shared(after)?;
    if let Some(before) = before {
        enabled_stays(roles(before), roles(after), "appRoles", behaviour)?;
        enabled_stays(
            scopes(before),
            scopes(after),
            "api.oauth2PermissionScopes",
            behaviour,
        )?;
    }
    pre_authorized(before, after, behaviour)?;
    required_access(after, audience)?;
    redirect_uris(after, audience)?;
    key_credentials(after, RESOURCE)?;
    sizes(after)?;
    Ok(audience)
}

/// The app roles of an application or service principal.
pub(super) fn roles(application: &Properties) -> Vec<&Value> {
    list(application.get("appRoles")).collect()
}

/// The permission scopes of an application.
pub(super) fn scopes(application: &Properties) -> Vec<&Value> {
    let api = application.get("api");
    list(api.and_then(|api| api.get("oauth2PermissionScopes"))).collect()
}

fn named(after: &Properties) -> Result<(), Problem> {
    match after.get("displayName").and_then(Value::as_str) {
        None => Err(Problem::required("displayName", RESOURCE)),
        Some("") => Err(Problem::invalid_value("displayName", RESOURCE)),
        Some(_) => Ok(()),
    }
}

fn version(after: &Properties, audience: Audience) -> Result<(), Problem> {
    let fits = match audience {
        Audience::Organizations => matches!(version_of(after), None | Some(1 | 2)),
        Audience::Personal => version_of(after) == Some(2),
    };
    if fits {
        Ok(())
    } else {
        Err(Problem::invalid_value(
            "api.requestedAccessTokenVersion",
            RESOURCE,
        ))
    }
}

/// Tags are words of 1 to 256 characters, each once.
pub(super) fn tags(after: &Properties, resource: &str) -> Result<(), Problem> {
    let mut seen = BTreeSet::new();
    for tag in texts(after, "tags") {
        if tag.is_empty() || tag.contains(char::is_whitespace) {
            return Err(Problem::invalid_value("tags", resource));
        }
        if !seen.insert(tag) {
            return Err(Problem::duplicate_values("tags"));
        }
    }
    Ok(())
}

fn group_claims(after: &Properties) -> Result<(), Problem> {
    let known = [
        "None",
        "SecurityGroup",
        "DirectoryRole",
        "ApplicationGroup",
        "All",
    ];
    let claims = after.get("groupMembershipClaims").and_then(Value::as_str);
    let fits =
        claims.is_none_or(|claims| claims.split(',').all(|claim| known.contains(&claim.trim())));
    if fits {
        Ok(())
    } else {
        Err(Problem::invalid_value("groupMembershipClaims", RESOURCE))
    }
}

fn app_roles(after: &Properties, audience: Audience) -> Result<(), Problem> {
    let wrong = |member: &str| Problem::invalid_value(&format!("appRoles.{member}"), RESOURCE);
    let all = roles(after);
    if audience == Audience::Personal && !all.is_empty() {
        return Err(Problem::invalid_value("appRoles", RESOURCE));
    }
    for role in &all {
        let types: Vec<&str> = list(role.get("allowedMemberTypes"))
            .filter_map(Value::as_str)
            .collect();
        if types.is_empty()
            || types
                .iter()
                .any(|kind| !["User", "Application"].contains(kind))
        {
            return Err(wrong("allowedMemberTypes"));
        }
        for member in ["displayName", "description"] {
            if word(role, member).is_none_or(str::is_empty) {
                return Err(Problem::required(&format!("appRoles.{member}"), RESOURCE));
            }
        }
        if !word(role, "value").is_none_or(is_claim_value) {
            return Err(wrong("value"));
        }
    }
    distinct(&all, "appRoles")
}

fn permission_scopes(after: &Properties, audience: Audience) -> Result<(), Problem> {
    let target = "api.oauth2PermissionScopes";
    let wrong = |member: &str| Problem::invalid_value(&format!("{target}.{member}"), RESOURCE);
    let all = scopes(after);
    let (limit, longest) = match audience {
        Audience::Organizations => (usize::MAX, 120),
        Audience::Personal => (100, 40),
    };
    if all.len() > limit {
        return Err(Problem::invalid_value(target, RESOURCE));
    }
    for scope in &all {
        if !matches!(word(scope, "type"), Some("User" | "Admin")) {
            return Err(wrong("type"));
        }
        let value = word(scope, "value").unwrap_or_default();
        if !is_claim_value(value) || value.len() > longest {
            return Err(wrong("value"));
        }
    }
    distinct(&all, target)
}

/// Goes into tokens verbatim: no spaces, no leading full stop, only certain signs.
fn is_claim_value(value: &str) -> bool {
    !value.is_empty()
        && !value.starts_with('.')
        && value.chars().all(|sign| {
            sign.is_ascii_alphanumeric() || ":!#$%&'()*+,-./;<=>?@[]^_{|}~`".contains(sign)
        })
}

fn distinct(entries: &[&Value], target: &str) -> Result<(), Problem> {
    for member in ["id", "value"] {
        let mut seen = BTreeSet::new();
        let values = entries.iter().filter_map(|entry| word(entry, member));
        for value in values.filter(|value| !value.is_empty()) {
            if !seen.insert(value) {
                return Err(Problem::duplicate_values(target));
            }
        }
    }
    Ok(())
}

/// App roles and permission scopes share one space of ids and one of values: the same id only for the same thing.
fn shared(after: &Properties) -> Result<(), Problem> {
    let pairs = [
        ("value", "value"),
        ("displayName", "adminConsentDisplayName"),
        ("description", "adminConsentDescription"),
        ("isEnabled", "isEnabled"),
    ];
    let (roles, scopes) = (roles(after), scopes(after));
    for role in &roles {
        for scope in &scopes {
            let same_id = word(role, "id") == word(scope, "id");
            let value = word(role, "value").filter(|value| !value.is_empty());
            let same_value = value.is_some() && value == word(scope, "value");
            let alike = pairs.iter().all(|(of_role, of_scope)| {
                role.get(of_role).unwrap_or(&Value::Null)
                    == scope.get(of_scope).unwrap_or(&Value::Null)
            });
            if (same_id && !alike) || (same_value && !same_id) {
                return Err(Problem::duplicate_values("appRoles"));
            }
        }
    }
    Ok(())
}

/// What is enabled in the directory can be disabled, and nothing else.
fn enabled_stays(
    before: Vec<&Value>,
    after: Vec<&Value>,
    target: &str,
    behaviour: &Behaviour,
) -> Result<(), Problem> {
    let after: BTreeMap<&str, &Value> = after
        .into_iter()
        .filter_map(|entry| Some((word(entry, "id")?, entry)))
        .collect();
    for old in before {
        let enabled = old.get("isEnabled") != Some(&Value::Bool(false));
        let new = word(old, "id").and_then(|id| after.get(id));
        let fits = match new {
            _ if !enabled => true,
            None => false,
            Some(new) => same_meaning(old, new, behaviour.enabled_permission_edit),
        };
        if !fits {
            return Err(Problem::enabled_entitlement(target));
        }
    }
    Ok(())
}

fn same_meaning(old: &Value, new: &Value, edit: EnabledPermissionEdit) -> bool {
    let meaning = ["value", "type"];
    let texts = [
        "displayName",
        "description",
        "adminConsentDisplayName",
        "adminConsentDescription",
        "userConsentDisplayName",
        "userConsentDescription",
    ];
    let same = |name: &&str| old.get(*name) == new.get(*name);
    let types = |entry: &Value| -> BTreeSet<String> {
        list(entry.get("allowedMemberTypes"))
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    };
    let kept = meaning.iter().all(same) && types(old) == types(new);
    match edit {
        EnabledPermissionEdit::AnyRefused => kept && texts.iter().all(same),
        EnabledPermissionEdit::MeaningRefused => kept,
    }
}

/// Only permission scopes that were stored before this request can be pre-authorised.
fn pre_authorized(
    before: Option<&Properties>,
    after: &Properties,
    behaviour: &Behaviour,
) -> Result<(), Problem> {
    let clients = |application: &Properties| -> Vec<Value> {
        let api = application.get("api");
        list(api.and_then(|api| api.get("preAuthorizedApplications")))
            .cloned()
            .collect()
    };
    let wanted = clients(after);
    let mut seen = BTreeSet::new();
    for client in &wanted {
        if !seen.insert(word(client, "appId").unwrap_or_default()) {
            return Err(Problem::duplicate_values("api.preAuthorizedApplications"));
        }
    }
    let empty = Properties::new();
    let stored = scopes(before.unwrap_or(&empty));
    let kept = scopes(after);
    let usable = |id: &Value| {
        let find = |scopes: &[&Value]| {
            scopes
                .iter()
                .find(|scope| scope.get("id") == Some(id))
                .map(|scope| scope.get("isEnabled") != Some(&Value::Bool(false)))
        };
        let (stored, kept) = (find(&stored), find(&kept));
        match behaviour.pre_authorized_scope {
            PreAuthorizedScope::StoredAndEnabled => stored == Some(true) && kept.is_some(),
            PreAuthorizedScope::Stored => stored.is_some() && kept.is_some(),
        }
    };
    let earlier = before.map(clients).unwrap_or_default();
    for client in &wanted {
        let known = earlier.contains(client);
        for id in list(client.get("delegatedPermissionIds")) {
            // What is pre-authorised already may stay while its scope is being disabled, not once it is gone.
            let stays = known && kept.iter().any(|scope| scope.get("id") == Some(id));
            if !stays && !usable(id) {
                return Err(Problem::unknown_pre_authorized());
            }
        }
    }
    Ok(())
}

fn required_access(after: &Properties, audience: Audience) -> Result<(), Problem> {
    let limit = match audience {
        Audience::Organizations => 50,
        Audience::Personal => 30,
    };
    let resources: Vec<&Value> = list(after.get("requiredResourceAccess")).collect();
    let mut permissions = 0;
    for resource in &resources {
        for permission in list(resource.get("resourceAccess")) {
            permissions += 1;
            if !matches!(word(permission, "type"), Some("Scope" | "Role")) {
                return Err(Problem::invalid_value("requiredResourceAccess", RESOURCE));
            }
        }
    }
    if resources.len() > limit || permissions > 400 {
        return Err(Problem::invalid_value("requiredResourceAccess", RESOURCE));
    }
    Ok(())
}

fn redirect_uris(after: &Properties, audience: Audience) -> Result<(), Problem> {
    let wrong =
        |platform: &str| Problem::invalid_value(&format!("{platform}.redirectUris"), RESOURCE);
    let limit = match audience {
        Audience::Organizations => 256,
        Audience::Personal => 100,
    };
    let mut seen = BTreeSet::new();
    for platform in ["web", "spa", "publicClient"] {
        let uris = after.get(platform).and_then(|of| of.get("redirectUris"));
        for uri in list(uris).filter_map(Value::as_str) {
            if !is_redirect_uri(uri, platform, audience) || !seen.insert(uri) {
                return Err(wrong(platform));
            }
        }
        if seen.len() > limit {
            return Err(wrong(platform));
        }
    }
    Ok(())
}

fn is_redirect_uri(uri: &str, platform: &str, audience: Audience) -> bool {
    if uri.chars().count() > 256 || uri.contains(['!', '$', '\'', '(', ')', ',', ';', '#', ' ']) {
        return false;
    }
    if audience == Audience::Personal && uri.contains(['?', '*']) {
        return false;
    }
    if uri.starts_with("urn:") {
        return platform == "publicClient";
    }
    let Some((scheme, rest)) = uri.split_once("://") else {
        return platform == "publicClient" && uri.contains(':');
    };
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default();
    match scheme {
        "https" => !host.is_empty(),
        "http" => matches!(host, "localhost" | "127.0.0.1"),
        _ => platform == "publicClient" && !scheme.is_empty(),
    }
}

/// Kinds, uses and ids of certificates and keys.
pub(super) fn key_credentials(after: &Properties, resource: &str) -> Result<(), Problem> {
    let wrong = || Problem::invalid_value("keyCredentials", resource);
    let mut ids = BTreeSet::new();
    for credential in list(after.get("keyCredentials")) {
        let kind = word(credential, "type").ok_or_else(wrong)?;
        let usage = word(credential, "usage").ok_or_else(wrong)?;
        if !["AsymmetricX509Cert", "X509CertAndPassword", "Symmetric"].contains(&kind)
            || !["Verify", "Sign", "Encrypt"].contains(&usage)
        {
            return Err(wrong());
        }
        if let Some(id) = word(credential, "keyId")
            && !ids.insert(id)
        {
            return Err(Problem::duplicate_values("keyCredentials"));
        }
    }
    if let Some(id) = after.get("tokenEncryptionKeyId").and_then(Value::as_str)
        && !ids.contains(id)
    {
        return Err(Problem::invalid_value("tokenEncryptionKeyId", resource));
    }
    Ok(())
}

fn sizes(after: &Properties) -> Result<(), Problem> {
    let permissions = roles(after).len() + scopes(after).len();
    let manifest: usize = after.values().map(entries).sum();
    if permissions > PERMISSION_LIMIT || manifest > MANIFEST_LIMIT {
        return Err(Problem::too_large());
    }
    Ok(())
}

/// How many entries all collections below a value have.
fn entries(value: &Value) -> usize {
    match value {
        Value::Array(list) => list.len() + list.iter().map(entries).sum::<usize>(),
        Value::Object(members) => members.values().map(entries).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}
