//! Creating and changing applications. Pages: application, application-post-applications, application-update,
//! application-upsert, application-addpassword, supported-accounts-validation.

use idac::emulator::{
    AppOnlyCreator, ComplexPatch, DefaultAudience, UniqueNameCase, UnknownProperty,
};
use idac::graph::{Method, Request};
use serde_json::{Value, json};

use crate::harness::*;

const BAD: &str = "Request_BadRequest";

/// application-post-applications: 201 with every default member.
#[test]
fn a_new_application_shows_all_defaults() {
    let mut tenant = tenant();
    let mut made = application(&mut tenant, "a");
    let id = id(&made);
    let app_id = text(&made, "appId");
    assert_ne!(id, app_id);
    let context = format!("{GRAPH}/$metadata#applications/$entity");
    let nothing = Value::Null;
    let texts = json!({"@odata.context": context, "id": id, "deletedDateTime": null, "appId": app_id,
        "applicationTemplateId": null, "disabledByMicrosoftStatus": null,
        "createdDateTime": "2026-01-01T00:00:00.0000000Z", "displayName": "a", "description": null,
        "groupMembershipClaims": null, "isDeviceOnlyAuthSupported": null,
        "isFallbackPublicClient": null, "notes": null, "publisherDomain": "contoso.onmicrosoft.com",
        "serviceManagementReference": null, "signInAudience": "AzureADMyOrg",
        "tokenEncryptionKeyId": null, "uniqueName": null, "samlMetadataUrl": null, "defaultRedirectUri": null});
    let mut expected = json!({"identifierUris": [], "tags": [], "certification": null, "optionalClaims": null,
        "servicePrincipalLockConfiguration": null, "requestSignatureVerification": null, "addIns": [],
        "api": {"acceptMappedClaims": null, "knownClientApplications": [], "requestedAccessTokenVersion": null,
            "oauth2PermissionScopes": [], "preAuthorizedApplications": []},
        "appRoles": [], "info": {"logoUrl": null, "marketingUrl": null, "privacyStatementUrl": null,
            "supportUrl": null, "termsOfServiceUrl": null},
        "keyCredentials": [], "parentalControlSettings": {"countriesBlockedForMinors": [],
            "legalAgeGroupRule": "Allow"},
        "passwordCredentials": [], "publicClient": {"redirectUris": []}, "requiredResourceAccess": [],
        "spa": {"redirectUris": []},
        "verifiedPublisher": {"displayName": null, "verifiedPublisherId": null, "addedDateTime": null},
        "web": {"homePageUrl": null, "logoutUrl": null, "redirectUris": [],
            "implicitGrantSettings": {"enableAccessTokenIssuance": false, "enableIdTokenIssuance": false},
            "redirectUriSettings": []}});
    for (name, value) in texts.as_object().expect("members") {
        expected[name.as_str()] = value.clone();
    }
    for (name, value) in expected.as_object().expect("members") {
        assert_eq!(made.get(name).unwrap_or(&nothing), value, "{name}");
        assert!(made.get(name).is_some(), "{name} is missing");
    }
    // What App. C does not list and the type declares.
    for extra in [
        "isDisabled",
        "nativeAuthenticationApisEnabled",
        "oauth2RequirePostResponse",
    ] {
        made.as_object_mut().expect("members").remove(extra);
    }
    for name in made.as_object().expect("members").keys() {
        assert!(expected.get(name).is_some(), "{name} is new");
    }
}

/// use-the-api: a request with a body says that it is JSON.
#[test]
fn a_body_says_what_it_is() {
    let mut tenant = tenant();
    for header in [None, Some("text/plain")] {
        let mut request =
            Request::new(Method::Post, "/applications").with_body(json!({ "displayName": "x" }));
        request.headers.clear();
        if let Some(value) = header {
            request = request.with_header("content-type", value);
        }
        let answer = tenant.answer(&request);
        refused(
            answer,
            400,
            "BadRequest",
            "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.",
        );
    }
    assert_eq!(ids(&mut tenant, "/applications"), [""; 0]);
    let typed = Request::new(Method::Post, "/applications")
        .with_body(json!({ "displayName": "x" }))
        .with_header("content-type", "application/json; charset=utf-8");
    body(tenant.answer(&typed), 201);
}

/// concepts/errors: code, message, and both request ids in the body and the headers.
#[test]
fn a_refusal_carries_request_ids_and_leaves_no_trace() {
    let mut tenant = tenant();
    let before = tenant.export()["entries"]
        .as_array()
        .expect("entries")
        .len();
    let response = post(&mut tenant, "/applications", json!({"notes": "n"}));
    let inner = response.body.clone().unwrap_or_default()["error"]["innerError"].clone();
    assert_eq!(inner["request-id"], response.headers["request-id"]);
    assert_eq!(
        inner["client-request-id"],
        response.headers["client-request-id"]
    );
    assert_eq!(inner["date"], "2026-01-01T00:00:00");
    assert_eq!(response.headers["date"], "Thu, 01 Jan 2026 00:00:00 GMT");
    refused(
        response,
        400,
        BAD,
        "A value is required for property 'displayName'",
    );
    let after = tenant.export()["entries"]
        .as_array()
        .expect("entries")
        .len();
    assert_eq!(before, after);
}

/// application-update: 204 without a body; collections are replaced whole, what is not mentioned stays.
#[test]
fn a_patch_replaces_collections_and_merges_complex_values_one_level() {
    let mut tenant = tenant();
    let made = make(
        &mut tenant,
        "/applications",
        json!({"displayName": "a", "tags": ["one", "two"],
        "web": {"redirectUris": ["https://a.example/cb"], "homePageUrl": "https://a.example",
            "implicitGrantSettings": {"enableIdTokenIssuance": true}}}),
    );
    let url = format!("/applications/{}", id(&made));
    done(patch(
        &mut tenant,
        &url,
        json!({"tags": ["three"], "web": {"redirectUris": []}}),
    ));
    let read = read(&mut tenant, &url);
    assert_eq!(read["tags"], json!(["three"]));
    assert_eq!(read["web"]["redirectUris"], json!([]));
    assert_eq!(read["web"]["homePageUrl"], "https://a.example");
    assert_eq!(
        read["web"]["implicitGrantSettings"]["enableIdTokenIssuance"],
        true
    );
    assert_eq!(read["displayName"], "a");
}

#[test]
fn a_patch_resets_unmentioned_members_of_complex_values_when_so_switched() {
    let mut tenant = tenant_where(|open| open.complex_patch = ComplexPatch::Replaced);
    let made = make(
        &mut tenant,
        "/applications",
        json!({"displayName": "a", "web": {"homePageUrl": "https://a.example"}}),
    );
    let url = format!("/applications/{}", id(&made));
    done(patch(
        &mut tenant,
        &url,
        json!({"web": {"logoutUrl": "https://a.example/out"}}),
    ));
    let read = read(&mut tenant, &url);
    assert_eq!(read["web"]["homePageUrl"], Value::Null);
    assert_eq!(read["web"]["logoutUrl"], "https://a.example/out");
}

/// CSDL: null clears what is nullable; `Nullable="false"` collections take `[]`.
#[test]
fn null_clears_nullable_properties_only() {
    let mut tenant = tenant();
    let made = make(
        &mut tenant,
        "/applications",
        json!({"displayName": "a", "notes": "n"}),
    );
    let url = format!("/applications/{}", id(&made));
    done(patch(&mut tenant, &url, json!({"notes": null})));
    assert_eq!(read(&mut tenant, &url)["notes"], Value::Null);
    for property in [
        "tags",
        "identifierUris",
        "appRoles",
        "requiredResourceAccess",
    ] {
        let response = patch(&mut tenant, &url, json!({property: null}));
        refused(
            response,
            400,
            BAD,
            &format!("'{property}' of resource 'Application'"),
        );
    }
    refused(
        patch(&mut tenant, &url, json!({"displayName": null})),
        400,
        BAD,
        "'displayName'",
    );
}

#[test]
fn wrong_types_unknown_and_read_only_properties_are_refused() {
    let mut tenant = tenant();
    let url = format!("/applications/{}", id(&application(&mut tenant, "a")));
    for (content, message) in [
        (
            json!({"tags": "one"}),
            "Invalid value specified for property 'tags'",
        ),
        (
            json!({"notes": 3}),
            "Invalid value specified for property 'notes'",
        ),
        (
            json!({"isFallbackPublicClient": "yes"}),
            "'isFallbackPublicClient'",
        ),
        (json!({"api": []}), "'api'"),
        (
            json!({"api": {"requestedAccessTokenVersion": 3}}),
            "requestedAccessTokenVersion",
        ),
        (json!({"appRoles": [{"id": "x"}]}), "'id'"),
        (
            json!({"publisherDomain": "a.example"}),
            "Property 'publisherDomain' is read-only",
        ),
        (json!({"appId": guid(1)}), "Property 'appId' is read-only"),
        (json!({"id": guid(1)}), "Property 'id' is read-only"),
        (
            json!({"passwordCredentials": []}),
            "'passwordCredentials' is read-only",
        ),
        (json!({"signInAudience": "Everybody"}), "'signInAudience'"),
        (
            json!({"DisplayName": "b"}),
            "Unexpected contents in request body.",
        ),
        (
            json!({"api": {"preAuthorizedApplications": [{"appId": guid(1), "permissionIds": []}]}}),
            "Unexpected contents in request body.",
        ),
    ] {
        refused(patch(&mut tenant, &url, content), 400, BAD, message);
    }
    assert_eq!(read(&mut tenant, &url)["displayName"], "a");
}

#[test]
fn unknown_properties_are_dropped_when_so_switched() {
    let mut tenant = tenant_where(|open| open.unknown_property = UnknownProperty::Ignored);
    let made = make(
        &mut tenant,
        "/applications",
        json!({"displayName": "a", "colour": "red"}),
    );
    assert_eq!(made.get("colour"), None);
}

#[test]
fn the_default_audience_is_a_switch() {
    let mut tenant =
        tenant_where(|open| open.default_sign_in_audience = DefaultAudience::AnyAccount);
    let made = application(&mut tenant, "a");
    assert_eq!(made["signInAudience"], "AzureADandPersonalMicrosoftAccount");
    assert_eq!(made["api"]["requestedAccessTokenVersion"], 2);
}

/// supported-accounts-validation: personal accounts need version 2 and no app roles.
#[test]
fn personal_accounts_narrow_what_is_allowed() {
    let mut tenant = tenant();
    let audience = "AzureADandPersonalMicrosoftAccount";
    let old = json!({"displayName": "a", "signInAudience": audience, "api": {"requestedAccessTokenVersion": 1}});
    refused(
        post(&mut tenant, "/applications", old),
        400,
        BAD,
        "requestedAccessTokenVersion",
    );
    let roles = json!({"displayName": "a", "signInAudience": audience,
        "appRoles": [app_role(&guid(1), "Read", &["User"])]});
    refused(
        post(&mut tenant, "/applications", roles),
        400,
        BAD,
        "'appRoles'",
    );
    let url = format!("/applications/{}", id(&application(&mut tenant, "b")));
    refused(
        patch(&mut tenant, &url, json!({"signInAudience": audience})),
        400,
        BAD,
        "requestedAccessTokenVersion",
    );
    done(patch(
        &mut tenant,
        &url,
        json!({"api": {"requestedAccessTokenVersion": 2}}),
    ));
    done(patch(
        &mut tenant,
        &url,
        json!({"signInAudience": audience}),
    ));
}

/// application-upsert: 201 with a body, then 204; without the header 404.
#[test]
fn upsert_creates_and_then_updates() {
    let mut tenant = tenant();
    let url = "/applications(uniqueName='payments-api')";
    refused(
        patch(&mut tenant, url, json!({"displayName": "P"})),
        404,
        "Request_ResourceNotFound",
        "'payments-api'",
    );
    let made = body(upsert(&mut tenant, url, json!({"displayName": "P"})), 201);
    assert_eq!(made["uniqueName"], "payments-api");
    done(upsert(&mut tenant, url, json!({"displayName": "Q"})));
    let read = read(&mut tenant, url);
    assert_eq!(
        (&read["displayName"], &read["id"]),
        (&json!("Q"), &made["id"])
    );
    let by_app_id = format!("/Applications(appId='{}')", text(&made, "appId"));
    assert_eq!(get(&mut tenant, &by_app_id).status, 200);
    let other = json!({"displayName": "R", "uniqueName": "other"});
    refused(
        upsert(&mut tenant, "/applications(uniqueName='new')", other),
        400,
        BAD,
        "'uniqueName'",
    );
}

/// The application resource: set once, then immutable; unique; a plain POST leaves it null.
#[test]
fn a_unique_name_is_set_once_and_taken_once() {
    let mut tenant = tenant();
    let with_name = json!({"displayName": "a", "uniqueName": "a"});
    refused(
        post(&mut tenant, "/applications", with_name),
        400,
        BAD,
        "'uniqueName' is read-only",
    );
    let url = format!("/applications/{}", id(&application(&mut tenant, "a")));
    done(patch(&mut tenant, &url, json!({"uniqueName": "first"})));
    done(patch(&mut tenant, &url, json!({"uniqueName": "first"})));
    for other in [json!("second"), Value::Null] {
        let response = patch(&mut tenant, &url, json!({"uniqueName": other}));
        refused(response, 400, BAD, "'uniqueName' is read-only");
    }
    let twin = format!("/applications/{}", id(&application(&mut tenant, "b")));
    for name in ["first", "FIRST"] {
        let response = patch(&mut tenant, &twin, json!({"uniqueName": name}));
        refused(
            response,
            400,
            BAD,
            "same value for property uniqueName already exists",
        );
    }
}

#[test]
fn unique_names_differ_by_case_when_so_switched() {
    let mut tenant = tenant_where(|open| open.unique_name_case = UniqueNameCase::Compared);
    body(
        upsert(
            &mut tenant,
            "/applications(uniqueName='a')",
            json!({"displayName": "a"}),
        ),
        201,
    );
    body(
        upsert(
            &mut tenant,
            "/applications(uniqueName='A')",
            json!({"displayName": "b"}),
        ),
        201,
    );
    assert_eq!(
        read(&mut tenant, "/applications(uniqueName='a')")["displayName"],
        "a"
    );
    assert_eq!(
        read(&mut tenant, "/applications(uniqueName='A')")["displayName"],
        "b"
    );
}

/// msgraph-bicep-types#137: a deleted application keeps its name for 30 days.
#[test]
fn the_recycle_bin_reserves_unique_names() {
    let mut tenant = tenant();
    let url = "/applications(uniqueName='a')";
    let made = body(upsert(&mut tenant, url, json!({"displayName": "a"})), 201);
    done(delete(&mut tenant, url));
    assert_eq!(get(&mut tenant, url).status, 404);
    refused(
        upsert(&mut tenant, url, json!({"displayName": "b"})),
        400,
        BAD,
        "uniqueName already exists",
    );
    done(delete(
        &mut tenant,
        &format!("/directory/deletedItems/{}", id(&made)),
    ));
    body(upsert(&mut tenant, url, json!({"displayName": "b"})), 201);
}

#[test]
fn tags_are_single_words_each_once() {
    let mut tenant = tenant();
    let url = format!("/applications/{}", id(&application(&mut tenant, "a")));
    refused(
        patch(&mut tenant, &url, json!({"tags": ["two words"]})),
        400,
        BAD,
        "'tags'",
    );
    refused(
        patch(&mut tenant, &url, json!({"tags": ["a", "a"]})),
        400,
        "DuplicateValue",
        "duplicate",
    );
    refused(
        patch(&mut tenant, &url, json!({"tags": ["x".repeat(257)]})),
        400,
        BAD,
        "'tags'",
    );
}

/// reference-app-manifest: 1,200 entries; resources: at most 50.
#[test]
fn the_manifest_has_a_size() {
    let mut tenant = tenant();
    let url = format!("/applications/{}", id(&application(&mut tenant, "a")));
    let tags: Vec<String> = (0..1201).map(|number| format!("t{number}")).collect();
    let code = "Directory_ResourceSizeExceeded";
    refused(
        patch(&mut tenant, &url, json!({"tags": tags})),
        403,
        code,
        "size of the object",
    );
    let resources: Vec<Value> = (0..51)
        .map(|number| json!({"resourceAppId": guid(number), "resourceAccess": []}))
        .collect();
    let response = patch(
        &mut tenant,
        &url,
        json!({"requiredResourceAccess": resources}),
    );
    refused(response, 400, BAD, "'requiredResourceAccess'");
}

/// application-addpassword: the secret is shown once; application-removepassword: 204.
#[test]
fn a_secret_is_shown_once() {
    let mut tenant = tenant();
    let url = format!("/applications/{}", id(&application(&mut tenant, "a")));
    let content = json!({"passwordCredential": {"displayName": "p"}});
    let made = body(
        post(&mut tenant, &format!("{url}/addPassword"), content),
        200,
    );
    let secret = text(&made, "secretText");
    assert!(secret.len() >= 16 && secret.starts_with(&text(&made, "hint")));
    assert_eq!(made["startDateTime"], "2026-01-01T00:00:00.0000000Z");
    assert_eq!(made["endDateTime"], "2028-01-01T00:00:00.0000000Z");
    let read_back = read(&mut tenant, &url);
    assert_eq!(read_back["passwordCredentials"][0]["keyId"], made["keyId"]);
    assert_eq!(
        read_back["passwordCredentials"][0]["secretText"],
        Value::Null
    );
    assert!(!tenant.export().to_string().contains(&secret));
    let remove = format!("{url}/removePassword");
    done(post(&mut tenant, &remove, json!({"keyId": made["keyId"]})));
    assert_eq!(read(&mut tenant, &url)["passwordCredentials"], json!([]));
    refused(
        post(&mut tenant, &remove, json!({"keyId": made["keyId"]})),
        400,
        BAD,
        "No credentials found",
    );
}

#[test]
fn who_creates_owns_only_when_so_switched() {
    let mut tenant = tenant();
    let pipeline = application(&mut tenant, "pipeline");
    let caller = id(&service_principal(&mut tenant, &pipeline));
    tenant.set_caller(Some(&caller));
    let made = id(&application(&mut tenant, "a"));
    assert!(ids(&mut tenant, &format!("/applications/{made}/owners")).is_empty());
    tenant.set_behaviour(idac::emulator::Behaviour {
        app_only_creator: AppOnlyCreator::Owns,
        ..Default::default()
    });
    let made = id(&application(&mut tenant, "b"));
    assert_eq!(
        ids(&mut tenant, &format!("/applications/{made}/owners")),
        [caller]
    );
}

/// application-post-owners: users and service principals, each once, and removed by `$ref`.
#[test]
fn owners_are_users_and_service_principals() {
    let mut tenant = tenant();
    let url = format!("/applications/{}", id(&application(&mut tenant, "a")));
    let owners = format!("{url}/owners/$ref");
    let ana = user(&mut tenant, "ana");
    done(post(&mut tenant, &owners, reference(&ana)));
    let message = "One or more added object references already exist for the following modified properties: 'owners'.";
    refused(
        post(&mut tenant, &owners, reference(&ana)),
        400,
        BAD,
        message,
    );
    let team = id(&group(&mut tenant, "team"));
    refused(
        post(&mut tenant, &owners, reference(&team)),
        400,
        BAD,
        "values specified are invalid",
    );
    refused(
        post(&mut tenant, &owners, reference(&guid(9))),
        404,
        "Request_ResourceNotFound",
        &guid(9),
    );
    done(delete(&mut tenant, &format!("{url}/owners/{ana}/$ref")));
    let again = delete(&mut tenant, &format!("{url}/owners/{ana}/$ref"));
    refused(again, 404, "Request_ResourceNotFound", &ana);
}

/// directory-service-limits: 100 owners.
#[test]
fn the_hundred_and_first_owner_is_refused() {
    let mut tenant = tenant();
    let made = id(&application(&mut tenant, "a"));
    let owners = format!("/applications/{made}/owners/$ref");
    for number in 0..101 {
        let owner = make(
            &mut tenant,
            "/users",
            json!({"accountEnabled": true, "displayName": "u",
            "mailNickname": "u", "userPrincipalName": format!("u{number}@contoso.com"),
            "passwordProfile": {"password": "Long-enough-1"}}),
        );
        let response = post(&mut tenant, &owners, reference(&id(&owner)));
        if number < 100 {
            done(response);
        } else {
            refused(
                response,
                403,
                "Directory_QuotaExceeded",
                "'101' would exceed the maximum quota count '100'",
            );
        }
    }
}
