//! What an application may be depends on whose accounts sign in: learn.microsoft.com,
//! supported-accounts-validation.

use super::check::{PLATFORMS, asked, items, limit};
use crate::finding::{Finding, Origin};
use crate::kind::desire::Desire;
use crate::object::{DeclaredObject, Node, Template};

/// Reports what is refused of an application in which personal accounts sign in.
pub(super) fn check(object: &DeclaredObject, desire: &mut Desire<'_>) {
    let document = &object.document;
    if !has_personal_accounts(document) {
        return;
    }
    check_version(document, desire);
    check_roles(document, desire);
    check_texts(object, desire);
    check_uris(document, desire);
    check_counts(object, desire);
}

/// How many redirect URIs all platforms together may have.
pub(super) fn redirects_max(document: &Node) -> usize {
    if has_personal_accounts(document) {
        100
    } else {
        256
    }
}

fn has_personal_accounts(document: &Node) -> bool {
    matches!(
        document.get("signInAudience").and_then(Node::text),
        Some("AzureADandPersonalMicrosoftAccount" | "PersonalMicrosoftAccount")
    )
}

fn check_version(document: &Node, desire: &mut Desire<'_>) {
    let version = document
        .get("api")
        .and_then(|api| api.get("requestedAccessTokenVersion"));
    let at = version.or(document.get("signInAudience"));
    if version.and_then(Node::integer) != Some(2)
        && let Some(at) = at
    {
        refuse(
            desire,
            &at.origin,
            "personal accounts need access tokens of version 2",
            "write `api: { requestedAccessTokenVersion: 2 }`, or another `signInAudience`",
        );
    }
}

fn check_roles(document: &Node, desire: &mut Desire<'_>) {
    if let Some(first) = items(document, &["appRoles"]).first() {
        refuse(
            desire,
            &first.origin,
            "an application for personal accounts has no app roles",
            "remove `appRoles`, or write another `signInAudience`",
        );
    }
}

fn check_texts(object: &DeclaredObject, desire: &mut Desire<'_>) {
    let document = &object.document;
    let too_long = |node: Option<&Node>, most: usize| {
        node.and_then(Node::text)
            .is_some_and(|text| text.chars().count() > most)
    };
    let name = document.get("displayName");
    if too_long(name, 90)
        && let Some(name) = name
    {
        refuse(
            desire,
            &name.origin,
            "the display name of an application for personal accounts has at most 90 characters",
            "shorten it",
        );
    }
    for scope in items(document, &["api", "oauth2PermissionScopes"]) {
        let value = scope.get("value");
        if too_long(value, 40)
            && let Some(value) = value
        {
            refuse(
                desire,
                &value.origin,
                "a permission scope for personal accounts has at most 40 characters",
                "shorten it",
            );
        }
    }
}

fn check_uris(document: &Node, desire: &mut Desire<'_>) {
    for item in items(document, &["identifierUris"]) {
        let Some(text) = item.text() else { continue };
        let is_refused =
            text.starts_with("urn:") || text.contains(['?', '#']) || length(text) > 120;
        if is_refused {
            refuse(
                desire,
                &item.origin,
                "an identifier URI for personal accounts has at most 120 characters, no query, no fragment and is no urn",
                "write `api://${self.appId}`",
            );
        }
    }
    for platform in PLATFORMS {
        for item in items(document, &[platform, "redirectUris"]) {
            if item.text().is_some_and(|text| text.contains('?')) {
                refuse(
                    desire,
                    &item.origin,
                    "a redirect URI for personal accounts has no query",
                    "remove what stands after the `?`",
                );
            }
        }
    }
    let logout = document.get("web").and_then(|web| web.get("logoutUrl"));
    if let Some(node) = logout
        && node.text().is_some_and(|text| text.starts_with("http:"))
    {
        refuse(
            desire,
            &node.origin,
            "the logout URL for personal accounts is an https URL",
            "write an https URL",
        );
    }
}

fn check_counts(object: &DeclaredObject, desire: &mut Desire<'_>) {
    let document = &object.document;
    let scopes = items(document, &["api", "oauth2PermissionScopes"]);
    if let Some(too_many) = scopes.get(100) {
        limit(
            desire,
            &too_many.origin.clone(),
            "permission scopes",
            scopes.len(),
            100,
        );
    }
    let clients = items(document, &["api", "preAuthorizedApplications"]);
    if let Some(too_many) = clients.get(100) {
        limit(
            desire,
            &too_many.origin.clone(),
            "pre-authorised clients",
            clients.len(),
            100,
        );
    }
    for client in clients {
        let scopes = items(client, &["scopes"]);
        if let Some(too_many) = scopes.get(30) {
            limit(
                desire,
                &too_many.origin.clone(),
                "pre-authorised scopes for one client",
                scopes.len(),
                30,
            );
        }
    }
    for resource in items(document, &["requiredResourceAccess"]) {
        if asked(resource) > 30 {
            limit(
                desire,
                &resource.origin.clone(),
                "permissions of one API that are asked for",
                asked(resource),
                30,
            );
        }
    }
}

/// How long a URI will be, where an id that is not known yet has as many characters as any.
fn length(text: &str) -> usize {
    const ID_LENGTH: usize = 36;
    match Template::parse(text) {
        Some(template) => template
            .0
            .iter()
            .map(|part| match part {
                crate::object::Part::Text(text) => text.chars().count(),
                crate::object::Part::Property { .. } => ID_LENGTH,
            })
            .sum(),
        None => text.chars().count(),
    }
}

fn refuse(desire: &mut Desire<'_>, at: &Origin, message: &str, remedy: &str) {
    desire.report(Finding::error("IDAC141", at, message.to_owned(), remedy));
}
