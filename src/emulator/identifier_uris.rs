//! Which identifier URIs an application may take. Source: identifier-uri-restrictions, reference-app-manifest and
//! supported-accounts-validation of entra-docs. The policy looks only at URIs that are added.

use serde_json::Value;

use super::application_rules::{Audience, version_of};
use super::behaviour::{DuplicateIdentifierUri, IdentifierUriPolicy, VersionTwoExemption};
use super::edit::texts;
use super::guid::Guid;
use super::problem::Problem;
use super::record::{Key, Properties, Term};
use super::tenant::Tenant;

/// Checks the URIs of an application after a write against those before it.
pub(super) fn check(
    tenant: &Tenant,
    id: Guid,
    before: Option<&Properties>,
    after: &Properties,
    audience: Audience,
) -> Result<(), Problem> {
    let known: Vec<&str> = before
        .map(|before| texts(before, "identifierUris").collect())
        .unwrap_or_default();
    let mut seen = std::collections::BTreeSet::new();
    for uri in texts(after, "identifierUris") {
        if !seen.insert(uri.to_lowercase()) {
            return Err(Problem::duplicate_values("identifierUris"));
        }
        if known.contains(&uri) {
            continue;
        }
        shaped(uri, audience)?;
        placed(tenant, before, after, uri, audience)?;
        free(tenant, id, uri)?;
    }
    Ok(())
}

/// Whether nobody else who is alive has it; what is in the recycle bin does not count.
pub(super) fn free(tenant: &Tenant, id: Guid, uri: &str) -> Result<(), Problem> {
    let taken = tenant
        .records
        .find_objects(Term::IdentifierUri(uri.to_lowercase()))
        .any(|(other, object)| other != id && object.deleted_ms.is_none());
    match (taken, tenant.meta.behaviour.duplicate_identifier_uri) {
        (false, _) => Ok(()),
        (true, DuplicateIdentifierUri::BadRequest) => Err(Problem::taken("identifierUris")),
        (true, DuplicateIdentifierUri::Conflict) => Err(Problem::taken_uri_conflict()),
    }
}

fn shaped(uri: &str, audience: Audience) -> Result<(), Problem> {
    let wrong = || Err(Problem::invalid_value("identifierUris", "Application"));
    let limit = match audience {
        Audience::Organizations => 255,
        Audience::Personal => 120,
    };
    if uri.is_empty() || uri.chars().count() > limit || uri.contains(char::is_whitespace) {
        return wrong();
    }
    if uri.ends_with('/') {
        return Err(Problem::uri_ends_with_slash());
    }
    if uri.contains('*') {
        return wrong();
    }
    let personal = audience == Audience::Personal;
    if personal && (uri.contains(['?', '#']) || uri.starts_with("urn:")) {
        return wrong();
    }
    if uri.contains("://") || uri.starts_with("urn:") {
        Ok(())
    } else {
        wrong()
    }
}

fn placed(
    tenant: &Tenant,
    before: Option<&Properties>,
    after: &Properties,
    uri: &str,
    audience: Audience,
) -> Result<(), Problem> {
    let Some((scheme, rest)) = uri.split_once("://") else {
        return by_policy(tenant, before, after, uri, audience);
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let verified = is_verified(tenant, host);
    match scheme {
        "https" | "http" if verified => Ok(()),
        "https" | "http" => Err(Problem::unverified_host(uri)),
        "api" if verified || names_an_id(tenant, after, rest) => Ok(()),
        _ => by_policy(tenant, before, after, uri, audience),
    }
}

/// `api://{appId}`, `api://{tenantId}/…`, `api://{string}/{appId}`.
fn names_an_id(tenant: &Tenant, application: &Properties, rest: &str) -> bool {
    let app_id = application
        .get("appId")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let mut parts = rest.split('/');
    let first = parts.next().unwrap_or_default();
    let is = |part: &str, id: &str| !id.is_empty() && part.eq_ignore_ascii_case(id);
    is(first, app_id)
        || is(first, &tenant.meta.tenant_id)
        || parts.next_back().is_some_and(|last| is(last, app_id))
}

fn is_verified(tenant: &Tenant, host: &str) -> bool {
    let host = host.split(':').next().unwrap_or_default().to_lowercase();
    let mut domain = host.as_str();
    loop {
        if tenant
            .records
            .entry(&Key::Domain(domain.to_owned()))
            .is_some()
        {
            return true;
        }
        match domain.split_once('.') {
            Some((_, parent)) => domain = parent,
            None => return false,
        }
    }
}

/// What is left: allowed to organizations when the default policy of the tenant does not stop it.
fn by_policy(
    tenant: &Tenant,
    before: Option<&Properties>,
    after: &Properties,
    uri: &str,
    audience: Audience,
) -> Result<(), Problem> {
    let behaviour = &tenant.meta.behaviour;
    let stored = before.and_then(version_of) == Some(2);
    let exempt = match behaviour.version_two_exemption {
        VersionTwoExemption::StoredOnly => stored,
        VersionTwoExemption::SameRequest => version_of(after) == Some(2),
    };
    match behaviour.identifier_uri_policy {
        IdentifierUriPolicy::Enforced if !exempt => Err(Problem::refused_uri(uri)),
        IdentifierUriPolicy::Enforced | IdentifierUriPolicy::Off => match audience {
            Audience::Organizations => Ok(()),
            Audience::Personal => Err(Problem::unverified_host(uri)),
        },
    }
}
