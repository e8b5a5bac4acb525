//! What Entra refuses of an application as a whole, although each value by itself is right.

use std::collections::BTreeMap;

use super::audience;
use crate::finding::{Finding, Origin};
use crate::kind::desire::{Desire, open};
use crate::object::{DeclaredObject, Node};

/// All collections of an application together: learn.microsoft.com, directory-service-limits.
const MANIFEST_MAX: usize = 1_200;
/// App roles and permission scopes together: learn.microsoft.com, application resource.
const PERMISSIONS_MAX: usize = 700;
/// Permissions that are asked for, of all APIs together: learn.microsoft.com, application resource.
const REQUIRED_MAX: usize = 400;

/// Where redirect URIs stand: each platform has its own.
pub(super) const PLATFORMS: &[&str] = &["web", "spa", "publicClient"];

/// Reports what is wrong with the application as a whole.
pub(super) fn check(object: &DeclaredObject, desire: &mut Desire<'_>) {
    let document = &object.document;
    check_permissions(document, desire);
    check_credentials(document, desire);
    check_redirects(document, desire);
    check_limits(object, desire);
    audience::check(object, desire);
}

/// The items of a list below these keys.
pub(super) fn items<'a>(document: &'a Node, path: &[&str]) -> &'a [Node] {
    let mut node = document;
    for key in path {
        match node.get(key) {
            Some(below) => node = below,
            None => return &[],
        }
    }
    open(node).1.items()
}

/// App roles and permission scopes of a document, with what each is.
fn permissions(document: &Node) -> impl Iterator<Item = (&'static str, &Node)> {
    let roles = items(document, &["appRoles"])
        .iter()
        .map(|node| ("app role", node));
    let scopes = items(document, &["api", "oauth2PermissionScopes"])
        .iter()
        .map(|node| ("permission scope", node));
    roles.chain(scopes)
}

/// App roles and permission scopes share one space of values and ids (semantics of `oauth2PermissionScopes` and
/// `appRoles`: one `value` with two ids, or one id with two values, is refused).
fn check_permissions(document: &Node, desire: &mut Desire<'_>) {
    let mut by_value: BTreeMap<&str, (&str, &Node)> = BTreeMap::new();
    let mut by_id: BTreeMap<String, &Node> = BTreeMap::new();
    for (what, item) in permissions(document) {
        let Some(value) = item.get("value") else {
            continue;
        };
        let Some(text) = value.text() else { continue };
        let id = id_of(item);
        if let Some((other_what, other)) = by_value.get(text) {
            if *other_what == what || id.is_none() || id != id_of(other) {
                desire.report(
                    Finding::error(
                        "IDAC140",
                        &value.origin,
                        format!("`{text}` is the value of an {other_what} already")
                            .replace("an permission", "a permission"),
                        "give each a value of its own; app roles and permission scopes share their values",
                    )
                    .with_label(format!("the other stands in line {}", other.origin.line)),
                );
            }
            continue;
        }
        by_value.insert(text, (what, item));
        let Some(id) = id else { continue };
        if let Some(other) = by_id.insert(id.clone(), item) {
            let at = item.get("id").map_or(&item.origin, |node| &node.origin);
            desire.report(
                Finding::error(
                    "IDAC140",
                    at,
                    format!("two permissions have the id {id}"),
                    "remove `id`: then idac derives one that never changes",
                )
                .with_label(format!("the other stands in line {}", other.origin.line)),
            );
        }
    }
}

fn id_of(item: &Node) -> Option<String> {
    Some(item.get("id")?.text()?.to_ascii_lowercase())
}

/// Entra tells credentials apart by issuer and subject.
fn check_credentials(document: &Node, desire: &mut Desire<'_>) {
    let mut seen: BTreeMap<(&str, &str), &Node> = BTreeMap::new();
    for item in items(document, &["federatedIdentityCredentials"]) {
        let issuer = item.get("issuer").and_then(Node::text);
        let subject = item.get("subject");
        let (Some(issuer), Some(subject)) = (issuer, subject) else {
            continue;
        };
        let Some(text) = subject.text() else { continue };
        if let Some(other) = seen.insert((issuer, text), item) {
            desire.report(
                Finding::error(
                    "IDAC144",
                    &subject.origin,
                    format!("two federated identity credentials accept `{text}` of {issuer}"),
                    "remove one of the two",
                )
                .with_label(format!("the other stands in line {}", other.origin.line)),
            );
        }
    }
}

/// One redirect URI belongs to one platform.
fn check_redirects(document: &Node, desire: &mut Desire<'_>) {
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for platform in PLATFORMS {
        for item in items(document, &[platform, "redirectUris"]) {
            let Some(text) = item.text() else { continue };
            if let Some(other) = seen.insert(text, platform)
                && other != *platform
            {
                desire.report(Finding::error(
                    "IDAC155",
                    &item.origin,
                    format!("`{text}` is a redirect URI of `{other}` already"),
                    "keep it in the one platform that the application is",
                ));
            }
        }
    }
}

/// Limits of several lists together; those of one list stand in its shape.
fn check_limits(object: &DeclaredObject, desire: &mut Desire<'_>) {
    let document = &object.document;
    let redirects: Vec<&Node> = PLATFORMS
        .iter()
        .flat_map(|platform| items(document, &[platform, "redirectUris"]))
        .collect();
    let required: usize = items(document, &["requiredResourceAccess"])
        .iter()
        .map(asked)
        .sum();
    let at = |key: &str| {
        document
            .get(key)
            .map_or_else(|| object.origin.clone(), |node| node.origin.clone())
    };
    let most_redirects = audience::redirects_max(document);
    if let Some(first_too_many) = redirects.get(most_redirects) {
        let origin = first_too_many.origin.clone();
        limit(
            desire,
            &origin,
            "redirect URIs of all platforms",
            redirects.len(),
            most_redirects,
        );
    }
    let offered = permissions(document).count();
    if offered > PERMISSIONS_MAX {
        limit(
            desire,
            &at("appRoles"),
            "app roles and permission scopes",
            offered,
            PERMISSIONS_MAX,
        );
    }
    if required > REQUIRED_MAX {
        limit(
            desire,
            &at("requiredResourceAccess"),
            "permissions that are asked for",
            required,
            REQUIRED_MAX,
        );
    }
    let entries = offered + required + redirects.len() + others(document);
    if entries > MANIFEST_MAX {
        limit(
            desire,
            &object.origin,
            "entries in all lists",
            entries,
            MANIFEST_MAX,
        );
    }
}

/// How many permissions one entry asks for.
pub(super) fn asked(entry: &Node) -> usize {
    items(entry, &["scopes"]).len() + items(entry, &["appRoles"]).len()
}

fn others(document: &Node) -> usize {
    let lists: [&[&str]; 7] = [
        &["identifierUris"],
        &["tags"],
        &["api", "knownClientApplications"],
        &["api", "preAuthorizedApplications"],
        &["optionalClaims", "idToken"],
        &["optionalClaims", "accessToken"],
        &["optionalClaims", "saml2Token"],
    ];
    lists.iter().map(|path| items(document, path).len()).sum()
}

pub(super) fn limit(desire: &mut Desire<'_>, at: &Origin, what: &str, count: usize, most: usize) {
    desire.report(Finding::error(
        "IDAC142",
        at,
        format!("the application has {count} {what}, and Entra takes {most}"),
        "remove some, or declare a second application",
    ));
}
