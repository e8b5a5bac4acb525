//! Service principals. Pages: serviceprincipal, serviceprincipal-post-serviceprincipals, serviceprincipal-upsert.

use serde_json::{Value, json};

use crate::harness::*;

const BAD: &str = "Request_BadRequest";
const GRAPH_APP_ID: &str = "00000003-0000-0000-c000-000000000000";

#[test]
fn a_new_service_principal_shows_all_defaults() {
    let mut tenant = tenant();
    let of = application(&mut tenant, "a");
    let made = service_principal(&mut tenant, &of);
    let nulls = json!({"logoUrl": null, "marketingUrl": null, "privacyStatementUrl": null, "supportUrl": null,
        "termsOfServiceUrl": null});
    let expected = json!({"@odata.context": format!("{GRAPH}/$metadata#servicePrincipals/$entity"),
        "deletedDateTime": null, "accountEnabled": true, "alternativeNames": [], "appDisplayName": "a",
        "appDescription": null, "appId": of["appId"], "applicationTemplateId": null,
        "appOwnerOrganizationId": tenant.id(), "appRoleAssignmentRequired": false, "description": null,
        "disabledByMicrosoftStatus": null, "displayName": "a", "homepage": null, "loginUrl": null,
        "logoutUrl": null, "notes": null, "notificationEmailAddresses": [], "preferredSingleSignOnMode": null,
        "preferredTokenSigningKeyThumbprint": null, "replyUrls": [], "servicePrincipalNames": [of["appId"]],
        "servicePrincipalType": "Application", "signInAudience": "AzureADMyOrg", "tags": [],
        "tokenEncryptionKeyId": null, "samlSingleSignOnSettings": null, "addIns": [], "appRoles": [],
        "info": nulls, "keyCredentials": [], "oauth2PermissionScopes": [], "passwordCredentials": [],
        "resourceSpecificApplicationPermissions": [],
        "verifiedPublisher": {"displayName": null, "verifiedPublisherId": null, "addedDateTime": null}});
    for (name, value) in expected.as_object().expect("members") {
        assert_eq!(made.get(name), Some(value), "{name}");
    }
}

/// The resource page: what the application says shows in its home tenant; tags are the union.
#[test]
fn a_service_principal_mirrors_its_application() {
    let mut tenant = tenant();
    let of = application(&mut tenant, "a");
    let made = service_principal(&mut tenant, &of);
    let url = format!("/servicePrincipals/{}", id(&made));
    done(patch(
        &mut tenant,
        &url,
        json!({"tags": ["HideApp"], "notes": "n"}),
    ));
    done(patch(
        &mut tenant,
        &format!("/applications/{}", id(&of)),
        json!({"displayName": "b",
        "identifierUris": ["api://contoso.com/a"], "tags": ["one", "HideApp"],
        "web": {"redirectUris": ["https://a.example/cb"]}, "info": {"supportUrl": "https://a.example"},
        "appRoles": [app_role(&guid(1), "Read", &["User"])],
        "api": {"oauth2PermissionScopes": [permission_scope(&guid(2), "access")]}}),
    ));
    let shown = read(&mut tenant, &url);
    assert_eq!(shown["displayName"], "b");
    assert_eq!(shown["appDisplayName"], "b");
    assert_eq!(
        shown["servicePrincipalNames"],
        json!([of["appId"], "api://contoso.com/a"])
    );
    assert_eq!(shown["tags"], json!(["one", "HideApp"]));
    assert_eq!(shown["replyUrls"], json!(["https://a.example/cb"]));
    assert_eq!(shown["info"]["supportUrl"], "https://a.example");
    assert_eq!(shown["appRoles"][0]["id"], json!(guid(1)));
    assert_eq!(shown["oauth2PermissionScopes"][0]["value"], "access");
    assert_eq!(shown["notes"], "n");
}

#[test]
fn mirrored_properties_are_read_only() {
    let mut tenant = tenant();
    let of = application(&mut tenant, "a");
    let url = format!(
        "/servicePrincipals/{}",
        id(&service_principal(&mut tenant, &of))
    );
    for property in [
        "displayName",
        "appRoles",
        "oauth2PermissionScopes",
        "replyUrls",
        "servicePrincipalNames",
        "appId",
        "appOwnerOrganizationId",
        "servicePrincipalType",
        "signInAudience",
        "info",
    ] {
        let response = patch(&mut tenant, &url, json!({property: "x"}));
        refused(
            response,
            400,
            BAD,
            &format!("Property '{property}' is read-only"),
        );
    }
    done(patch(
        &mut tenant,
        &url,
        json!({"accountEnabled": false, "appRoleAssignmentRequired": true,
        "preferredSingleSignOnMode": "saml", "samlSingleSignOnSettings": {"relayState": "r"}}),
    ));
    let response = patch(
        &mut tenant,
        &url,
        json!({"preferredSingleSignOnMode": "telepathy"}),
    );
    refused(response, 400, BAD, "'preferredSingleSignOnMode'");
    refused(
        patch(
            &mut tenant,
            &url,
            json!({"appRoleAssignmentRequired": null}),
        ),
        400,
        BAD,
        "'appRoleAssignmentRequired'",
    );
}

#[test]
fn there_is_one_service_principal_per_application() {
    let mut tenant = tenant();
    let of = application(&mut tenant, "a");
    let content = json!({"appId": of["appId"]});
    make(&mut tenant, "/servicePrincipals", content.clone());
    let code = "Request_MultipleObjectsWithSameKeyValue";
    refused(
        post(&mut tenant, "/servicePrincipals", content),
        409,
        code,
        "is already in use.",
    );
    refused(
        post(&mut tenant, "/servicePrincipals", json!({})),
        400,
        BAD,
        "'appId'",
    );
    done(delete(&mut tenant, &format!("/applications/{}", id(&of))));
    let response = post(
        &mut tenant,
        "/servicePrincipals",
        json!({"appId": of["appId"]}),
    );
    refused(
        response,
        400,
        BAD,
        "does not reference a valid application object.",
    );
}

#[test]
fn upsert_by_application_id_creates_and_then_updates() {
    let mut tenant = tenant();
    let of = application(&mut tenant, "a");
    let url = format!("/servicePrincipals(appId='{}')", text(&of, "appId"));
    refused(
        patch(&mut tenant, &url, json!({"notes": "n"})),
        404,
        "Request_ResourceNotFound",
        "",
    );
    let made = body(upsert(&mut tenant, &url, json!({"notes": "n"})), 201);
    assert_eq!(
        (&made["appId"], &made["notes"]),
        (&of["appId"], &json!("n"))
    );
    done(upsert(&mut tenant, &url, json!({"notes": "m"})));
    assert_eq!(read(&mut tenant, &url)["notes"], "m");
}

/// verify-first-party-apps-sign-in: Microsoft's tenant owns them, and nobody else changes them.
#[test]
fn first_party_service_principals_are_not_ours_to_change() {
    let mut tenant = tenant();
    let url = format!("/servicePrincipals(appId='{GRAPH_APP_ID}')");
    let shown = read(&mut tenant, &url);
    assert_eq!(shown["displayName"], "Microsoft Graph");
    assert_eq!(
        shown["appOwnerOrganizationId"],
        "f8cdef31-a31e-4b4a-93e4-5f571e91255a"
    );
    let role = |name: &str| {
        let roles = shown["appRoles"].as_array().expect("a list");
        roles
            .iter()
            .find(|role| role["value"] == name)
            .map(|role| role["id"].clone())
    };
    assert_eq!(
        role("Application.ReadWrite.All"),
        Some(json!("1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9"))
    );
    let denied = "Insufficient privileges to complete the operation.";
    let code = "Authorization_RequestDenied";
    refused(
        patch(&mut tenant, &url, json!({"loginUrl": "https://a.example"})),
        403,
        code,
        denied,
    );
    // disable-user-sign-in-portal: whether people can sign in is for every tenant to decide.
    done(patch(&mut tenant, &url, json!({"accountEnabled": false})));
    assert_eq!(read(&mut tenant, &url)["accountEnabled"], false);
    refused(delete(&mut tenant, &url), 403, code, denied);
    let ana = user(&mut tenant, "ana");
    refused(
        post(&mut tenant, &format!("{url}/owners/$ref"), reference(&ana)),
        403,
        code,
        denied,
    );
    let code = "Request_MultipleObjectsWithSameKeyValue";
    refused(
        post(
            &mut tenant,
            "/servicePrincipals",
            json!({"appId": GRAPH_APP_ID}),
        ),
        409,
        code,
        "in use",
    );
    // Azure Portal: well known and not there yet.
    let portal = json!({"appId": "c44b4083-3bb0-49c1-b47d-974e53cbdf3c"});
    let made = make(&mut tenant, "/servicePrincipals", portal);
    assert_ne!(made["displayName"], Value::Null);
    assert_ne!(made["appOwnerOrganizationId"], json!(tenant.id()));
}
