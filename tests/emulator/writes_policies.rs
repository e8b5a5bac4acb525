//! Policies, named locations and what is below applications and service principals. Pages: conditionalaccesspolicy,
//! conditionalaccessroot-post-policies, ipnamedlocation, countrynamedlocation, authenticationstrengthpolicy,
//! claimsmappingpolicy, tokenlifetimepolicy, appmanagementpolicy, tenantappmanagementpolicy,
//! delegatedpermissionclassification, extensionproperty, identityuserflowattribute; semantics section 9.16.

use idac::emulator::Tenant;
use serde_json::{Value, json};

use crate::harness::*;

const BAD: &str = "Request_BadRequest";
const LOCATIONS: &str = "/identity/conditionalAccess/namedLocations";
const CONDITIONAL: &str = "/identity/conditionalAccess/policies";
const STRENGTHS: &str = "/policies/authenticationStrengthPolicies";

fn office() -> Value {
    json!({"@odata.type": "#microsoft.graph.ipNamedLocation", "displayName": "Office", "isTrusted": true,
        "ipRanges": [{"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "203.0.113.0/24"}]})
}

fn policy(location: &str) -> Value {
    json!({"displayName": "MFA", "state": "enabledForReportingButNotEnforced",
        "conditions": {"clientAppTypes": ["all"], "applications": {"includeApplications": ["All"]},
            "users": {"includeUsers": ["All"]},
            "locations": {"includeLocations": ["All"], "excludeLocations": [location]}},
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]}})
}

fn claims(tenant: &mut Tenant, name: &str) -> String {
    let definition =
        json!({"ClaimsMappingPolicy": {"Version": 1, "IncludeBasicClaimSet": "true"}}).to_string();
    let content = json!({"displayName": name, "definition": [definition]});
    id(&make(tenant, "/policies/claimsMappingPolicies", content))
}

fn policy_reference(id: &str) -> Value {
    json!({"@odata.id": format!("{GRAPH}/policies/claimsMappingPolicies/{id}")})
}

#[test]
fn a_named_location_says_its_type_and_shows_only_what_that_has() {
    let mut tenant = tenant();
    let made = make(&mut tenant, LOCATIONS, office());
    assert_eq!(made["@odata.type"], "#microsoft.graph.ipNamedLocation");
    assert_eq!(made.get("countriesAndRegions"), None);
    assert_eq!(made["modifiedDateTime"], Value::Null);
    let country = json!({"@odata.type": "microsoft.graph.countryNamedLocation", "displayName": "Home",
        "countriesAndRegions": ["NO"]});
    let country = make(&mut tenant, LOCATIONS, country);
    assert_eq!(country["countryLookupMethod"], "clientIpAddress");
    assert_eq!(country["includeUnknownCountriesAndRegions"], false);
    let url = format!("{LOCATIONS}/{}", id(&country));
    let untyped = json!({"displayName": "x"});
    refused(patch(&mut tenant, &url, untyped), 400, "BadRequest", "type");
    let typed = json!({"@odata.type": "#microsoft.graph.countryNamedLocation", "displayName": "x"});
    done(patch(&mut tenant, &url, typed));
    assert_eq!(read(&mut tenant, &url)["displayName"], "x");
    let mixed = json!({"@odata.type": "#microsoft.graph.countryNamedLocation", "isTrusted": true});
    refused(patch(&mut tenant, &url, mixed), 400, BAD, "Unexpected");
    for wrong in ["10.0.0.0", "10.0.0.0/33", "::1/64", "x/8"] {
        let mut content = office();
        content["ipRanges"][0]["cidrAddress"] = json!(wrong);
        refused(
            post(&mut tenant, LOCATIONS, content),
            400,
            BAD,
            "'ipRanges'",
        );
    }
    let url = format!("{LOCATIONS}?$filter=displayName eq 'Office'");
    assert_eq!(ids(&mut tenant, &url), [id(&made)]);
}

#[test]
fn a_location_goes_when_it_is_neither_trusted_nor_used() {
    let mut tenant = tenant();
    let location = id(&make(&mut tenant, LOCATIONS, office()));
    let using = id(&make(&mut tenant, CONDITIONAL, policy(&location)));
    let url = format!("{LOCATIONS}/{location}");
    refused(delete(&mut tenant, &url), 400, "BadRequest", "trusted");
    let untrusted = json!({"@odata.type": "#microsoft.graph.ipNamedLocation", "isTrusted": false});
    done(patch(&mut tenant, &url, untrusted));
    refused(delete(&mut tenant, &url), 400, "BadRequest", "used");
    done(delete(&mut tenant, &format!("{CONDITIONAL}/{using}")));
    done(delete(&mut tenant, &url));
    refused(
        get(&mut tenant, &url),
        404,
        "Request_ResourceNotFound",
        &location,
    );
}

#[test]
fn a_conditional_access_policy_has_conditions_and_a_control() {
    let mut tenant = tenant();
    let location = id(&make(&mut tenant, LOCATIONS, office()));
    let made = make(&mut tenant, CONDITIONAL, policy(&location));
    assert_eq!(made["conditions"]["users"]["excludeUsers"], json!([]));
    assert_eq!(made["conditions"]["platforms"], Value::Null);
    assert_eq!(made["sessionControls"], Value::Null);
    let without = |member: &str, inside: Option<&str>| {
        let mut content = policy(&location);
        match inside {
            Some(inside) => content[member][inside] = json!({}),
            None => content[member] = Value::Null,
        }
        content
    };
    for wrong in [
        without("state", None),
        without("displayName", None),
        without("conditions", None),
        without("grantControls", None),
        without("conditions", Some("users")),
        without("conditions", Some("applications")),
    ] {
        refused(
            post(&mut tenant, CONDITIONAL, wrong),
            400,
            "BadRequest",
            "1007: ",
        );
    }
    let mut blocked = policy(&location);
    blocked["grantControls"]["builtInControls"] = json!(["block", "mfa"]);
    refused(
        post(&mut tenant, CONDITIONAL, blocked),
        400,
        "BadRequest",
        "1007: ",
    );
    refused(
        post(&mut tenant, CONDITIONAL, policy(&guid(9))),
        400,
        "BadRequest",
        "1040: ",
    );
}

#[test]
fn a_patch_replaces_the_condition_that_it_names_and_leaves_the_others() {
    let mut tenant = tenant();
    let location = id(&make(&mut tenant, LOCATIONS, office()));
    let made = id(&make(&mut tenant, CONDITIONAL, policy(&location)));
    let url = format!("{CONDITIONAL}/{made}");
    let ana = user(&mut tenant, "ana");
    let change = json!({"state": "enabled", "conditions": {"users": {"includeUsers": [ana]}}});
    done(patch(&mut tenant, &url, change));
    let shown = read(&mut tenant, &url);
    assert_eq!(shown["conditions"]["users"]["includeUsers"], json!([ana]));
    assert_eq!(
        shown["conditions"]["locations"]["excludeLocations"],
        json!([location])
    );
    assert_eq!(shown["state"], "enabled");
    refused(
        patch(
            &mut tenant,
            &url,
            json!({"createdDateTime": "2026-01-01T00:00:00Z"}),
        ),
        400,
        BAD,
        "read-only",
    );
    done(patch(
        &mut tenant,
        &url,
        json!({"id": made, "displayName": "n"}),
    ));
}

#[test]
fn built_in_authentication_strengths_stay_and_custom_ones_change_by_an_action() {
    let mut tenant = tenant();
    assert_eq!(ids(&mut tenant, STRENGTHS).len(), 3);
    let built_in = format!("{STRENGTHS}/00000000-0000-0000-0000-000000000004");
    refused(delete(&mut tenant, &built_in), 400, BAD, "Built-in");
    let content = json!({"displayName": "Keys", "allowedCombinations": ["fido2"]});
    let made = id(&make(&mut tenant, STRENGTHS, content.clone()));
    refused(
        post(&mut tenant, STRENGTHS, content),
        400,
        BAD,
        "displayName",
    );
    let url = format!("{STRENGTHS}/{made}");
    let combinations = json!({"allowedCombinations": ["fido2", "password,sms"]});
    refused(
        patch(&mut tenant, &url, combinations.clone()),
        400,
        BAD,
        "read-only",
    );
    let action = format!("{url}/updateAllowedCombinations");
    let answer = body(post(&mut tenant, &action, combinations), 200);
    assert_eq!(answer["previousCombinations"], json!(["fido2"]));
    assert_eq!(
        read(&mut tenant, &url)["allowedCombinations"],
        json!(["fido2", "password,sms"])
    );
    let unknown = json!({"allowedCombinations": ["smoke"]});
    refused(
        post(&mut tenant, &action, unknown),
        400,
        BAD,
        "'allowedCombinations'",
    );
}

#[test]
fn a_service_principal_has_one_claims_mapping_policy() {
    let mut tenant = tenant();
    let app = application(&mut tenant, "a");
    let principal = id(&service_principal(&mut tenant, &app));
    let (one, other) = (claims(&mut tenant, "one"), claims(&mut tenant, "other"));
    let url = format!("/servicePrincipals/{principal}/claimsMappingPolicies");
    done(post(
        &mut tenant,
        &format!("{url}/$ref"),
        policy_reference(&one),
    ));
    let again = post(&mut tenant, &format!("{url}/$ref"), policy_reference(&one));
    refused(again, 400, BAD, "already exist");
    let second = post(
        &mut tenant,
        &format!("{url}/$ref"),
        policy_reference(&other),
    );
    refused(second, 400, BAD, "conflicting object");
    assert_eq!(ids(&mut tenant, &url), std::slice::from_ref(&one));
    let applies = format!("/policies/claimsMappingPolicies/{one}/appliesTo");
    assert_eq!(
        read(&mut tenant, &applies)["value"][0]["@odata.type"],
        "#microsoft.graph.servicePrincipal"
    );
    done(delete(&mut tenant, &format!("{url}/{one}/$ref")));
    assert!(ids(&mut tenant, &url).is_empty());
    done(post(
        &mut tenant,
        &format!("{url}/$ref"),
        policy_reference(&other),
    ));
    done(delete(
        &mut tenant,
        &format!("/policies/claimsMappingPolicies/{other}"),
    ));
    assert!(ids(&mut tenant, &url).is_empty());
    let of_application = format!("/applications/{}/claimsMappingPolicies", id(&app));
    refused(
        get(&mut tenant, &of_application),
        400,
        "BadRequest",
        "segment",
    );
}

#[test]
fn the_definition_of_a_token_policy_is_one_json_text() {
    let mut tenant = tenant();
    let url = "/policies/tokenLifetimePolicies";
    for definition in [
        json!([]),
        json!(["{"]),
        json!(["{}"]),
        json!(["{\"X\":{}}"]),
    ] {
        let content = json!({"displayName": "p", "definition": definition});
        refused(post(&mut tenant, url, content), 400, BAD, "definition");
    }
    let definition =
        "{\"TokenLifetimePolicy\":{\"Version\":1,\"AccessTokenLifetime\":\"1:00:00\"}}";
    let content = json!({"displayName": "p", "definition": [definition]});
    let made = id(&make(&mut tenant, url, content));
    let app = id(&application(&mut tenant, "a"));
    let assigned = format!("/applications/{app}/tokenLifetimePolicies");
    done(post(
        &mut tenant,
        &format!("{assigned}/$ref"),
        policy_reference(&made),
    ));
    assert_eq!(ids(&mut tenant, &assigned), [made]);
}

#[test]
fn every_tenant_has_a_default_app_management_policy() {
    let mut tenant = tenant();
    let url = "/policies/defaultAppManagementPolicy";
    let shown = read(&mut tenant, url);
    assert_eq!(shown["id"], "00000000-0000-0000-0000-000000000000");
    assert_eq!(shown["isEnabled"], false);
    let rule = |kind: &str| {
        json!({"isEnabled": true, "applicationRestrictions": {"passwordCredentials": [
            {"restrictionType": kind, "state": "enabled", "maxLifetime": "P90D"}]}})
    };
    done(patch(&mut tenant, url, rule("passwordLifetime")));
    assert_eq!(read(&mut tenant, url)["isEnabled"], true);
    refused(
        patch(&mut tenant, url, rule("x")),
        400,
        BAD,
        "'passwordCredentials'",
    );
    refused(delete(&mut tenant, url), 405, BAD, "not allowed");
}

#[test]
fn permission_scopes_are_classified_once() {
    let mut tenant = tenant();
    let graph = "/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')";
    let url = format!("{graph}/delegatedPermissionClassifications");
    let content = json!({"permissionName": "User.Read", "classification": "low"});
    let made = make(&mut tenant, &url, content.clone());
    assert_eq!(made["permissionId"], "e1fe6dd8-ba31-4d61-89e7-88639da4683d");
    refused(
        post(&mut tenant, &url, content),
        400,
        BAD,
        "conflicting object",
    );
    done(delete(&mut tenant, &format!("{url}/{}", id(&made))));
    assert!(ids(&mut tenant, &url).is_empty());
}

#[test]
fn extension_properties_are_named_after_their_application() {
    let mut tenant = tenant();
    let app = application(&mut tenant, "a");
    let url = format!("/applications/{}/extensionProperties", id(&app));
    let content = json!({"name": "grade", "dataType": "String", "targetObjects": ["User"]});
    let made = make(&mut tenant, &url, content.clone());
    let plain = text(&app, "appId").replace('-', "");
    assert_eq!(made["name"], json!(format!("extension_{plain}_grade")));
    refused(post(&mut tenant, &url, content), 400, BAD, "name");
    done(delete(&mut tenant, &format!("/applications/{}", id(&app))));
}

#[test]
fn user_flow_attributes_are_created_with_a_type_that_stays() {
    let mut tenant = tenant();
    let url = "/identity/userFlowAttributes";
    let content = json!({"displayName": "Hobby", "description": "d", "dataType": "string"});
    let made = make(&mut tenant, url, content);
    assert_eq!(made["userFlowAttributeType"], "custom");
    let one = format!("{url}/{}", id(&made));
    refused(
        patch(&mut tenant, &one, json!({"dataType": "boolean"})),
        400,
        BAD,
        "read-only",
    );
    done(patch(&mut tenant, &one, json!({"description": "e"})));
    done(delete(&mut tenant, &one));
}

#[test]
fn documents_are_exported_and_read_back() {
    let mut tenant = tenant();
    let location = id(&make(&mut tenant, LOCATIONS, office()));
    make(&mut tenant, CONDITIONAL, policy(&location));
    let mut copy = Tenant::import(tenant.export()).expect("an exported tenant");
    assert_eq!(copy.export(), tenant.export());
    assert_eq!(ids(&mut copy, LOCATIONS), [location]);
}
