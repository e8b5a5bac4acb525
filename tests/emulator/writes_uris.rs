//! Identifier and redirect URIs. Pages: identifier-uri-restrictions, reference-app-manifest, reply-url,
//! supported-accounts-validation.

use idac::emulator::{DuplicateIdentifierUri, IdentifierUriPolicy, VersionTwoExemption};
use serde_json::json;

use crate::harness::*;

const BAD: &str = "Request_BadRequest";

/// identifier-uri-restrictions: the accepted forms and what meets the others.
#[test]
fn identifier_uris_need_a_verified_domain_or_an_id() {
    let mut tenant = tenant();
    let made = application(&mut tenant, "a");
    let url = format!("/applications/{}", id(&made));
    let app_id = text(&made, "appId");
    let tenant_id = tenant.id().to_owned();
    for uri in [
        format!("api://{app_id}"),
        format!("api://{tenant_id}/anything"),
        format!("api://anything/{app_id}"),
        "https://contoso.onmicrosoft.com/a".to_owned(),
        "https://api.contoso.com".to_owned(),
        "api://api.contoso.com/a".to_owned(),
    ] {
        done(patch(&mut tenant, &url, json!({"identifierUris": [uri]})));
    }
    for (uri, code, message) in [
        (
            "api://foo",
            BAD,
            "https://aka.ms/identifier-uri-addition-error",
        ),
        (
            "https://fabrikam.com/a",
            "HostNameNotOnVerifiedDomain",
            "verified domain",
        ),
        (
            "https://contoso.com/a/",
            "IdentifierUrisEndsWithSlash",
            "slash",
        ),
        ("no scheme", BAD, "'identifierUris'"),
    ] {
        refused(
            patch(&mut tenant, &url, json!({"identifierUris": [uri]})),
            400,
            code,
            message,
        );
    }
    let twice = json!({"identifierUris": ["api://contoso.com/a", "api://contoso.com/a"]});
    refused(
        patch(&mut tenant, &url, twice),
        400,
        "DuplicateValue",
        "duplicate values",
    );
}

#[test]
fn the_identifier_uri_policy_looks_at_added_uris_and_is_a_switch() {
    let mut tenant = tenant_where(|open| open.identifier_uri_policy = IdentifierUriPolicy::Off);
    let url = format!("/applications/{}", id(&application(&mut tenant, "a")));
    done(patch(
        &mut tenant,
        &url,
        json!({"identifierUris": ["api://foo"]}),
    ));
    tenant.set_behaviour(Default::default());
    done(patch(
        &mut tenant,
        &url,
        json!({"identifierUris": ["api://foo", "api://contoso.com/a"]}),
    ));
    let response = patch(
        &mut tenant,
        &url,
        json!({"identifierUris": ["api://foo", "api://bar"]}),
    );
    refused(
        response,
        400,
        BAD,
        "Failed to add identifier URI api://bar.",
    );
}

#[test]
fn version_two_exempts_from_the_identifier_uri_policy() {
    let both = json!({"identifierUris": ["api://foo"], "api": {"requestedAccessTokenVersion": 2}});
    let mut strict = tenant();
    let url = format!("/applications/{}", id(&application(&mut strict, "a")));
    refused(
        patch(&mut strict, &url, both.clone()),
        400,
        BAD,
        "identifier-uri-addition-error",
    );
    done(patch(
        &mut strict,
        &url,
        json!({"api": {"requestedAccessTokenVersion": 2}}),
    ));
    done(patch(
        &mut strict,
        &url,
        json!({"identifierUris": ["api://foo"]}),
    ));
    let mut lenient =
        tenant_where(|open| open.version_two_exemption = VersionTwoExemption::SameRequest);
    let url = format!("/applications/{}", id(&application(&mut lenient, "a")));
    done(patch(&mut lenient, &url, both));
}

#[test]
fn an_identifier_uri_belongs_to_one_living_application() {
    let content = json!({"displayName": "a", "identifierUris": ["api://contoso.com/a"]});
    let mut tenant = tenant();
    let first = make(&mut tenant, "/applications", content.clone());
    let message = "same value for property identifierUris already exists";
    refused(
        post(&mut tenant, "/applications", content.clone()),
        400,
        BAD,
        message,
    );
    done(delete(
        &mut tenant,
        &format!("/applications/{}", id(&first)),
    ));
    make(&mut tenant, "/applications", content.clone());
    let restore = format!("/directory/deletedItems/{}/restore", id(&first));
    refused(post(&mut tenant, &restore, json!({})), 400, BAD, message);

    let mut other =
        tenant_where(|open| open.duplicate_identifier_uri = DuplicateIdentifierUri::Conflict);
    make(&mut other, "/applications", content.clone());
    let code = "Request_MultipleObjectsWithSameKeyValue";
    refused(
        post(&mut other, "/applications", content),
        409,
        code,
        message,
    );
}

/// reply-url: https, or http on this machine; custom schemes for public clients; not in two platforms.
#[test]
fn redirect_uris_are_checked_by_platform() {
    let mut tenant = tenant();
    let url = format!("/applications/{}", id(&application(&mut tenant, "a")));
    done(patch(
        &mut tenant,
        &url,
        json!({"web": {"redirectUris": ["https://a.example/cb", "http://localhost:1"]},
        "publicClient": {"redirectUris": ["myapp://auth", "urn:ietf:wg:oauth:2.0:oob"]}}),
    ));
    let shown = read(&mut tenant, &url)["web"]["redirectUriSettings"].clone();
    assert_eq!(
        shown[0],
        json!({"uri": "https://a.example/cb", "index": null})
    );
    for content in [
        json!({"web": {"redirectUris": ["http://a.example/cb"]}}),
        json!({"web": {"redirectUris": ["myapp://auth"]}}),
        json!({"web": {"redirectUris": ["https://a.example/(x)"]}}),
        json!({"spa": {"redirectUris": ["https://a.example/cb"]}}),
        json!({"web": {"redirectUris": [format!("https://a.example/{}", "x".repeat(256))]}}),
        json!({"web": {"redirectUris": [], "redirectUriSettings": [{"uri": "https://b.example"}]}}),
    ] {
        let response = patch(&mut tenant, &url, content);
        refused(response, 400, BAD, "Invalid value specified for property");
    }
}
