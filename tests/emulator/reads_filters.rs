//! `$filter`: what is answered, what needs the advanced query, what is refused.

use idac::emulator::Tenant;
use serde_json::json;

use crate::reads_harness::*;

fn applications() -> Tenant {
    let mut tenant = sample();
    for (number, name, uri, audience) in [
        (1, "Alpha", "api://alpha", "AzureADMyOrg"),
        (2, "alpha", "api://beta", "AzureADMultipleOrgs"),
        (3, "It's (odd)", "api://alpha/v2", "AzureADMyOrg"),
        (4, "Gamma", "https://contoso.com/gamma", "AzureADMyOrg"),
    ] {
        plant_as(
            &mut tenant,
            "applications",
            json!({"id": guid(number), "appId": guid(100 + number), "displayName": name, "identifierUris": [uri],
                "signInAudience": audience, "uniqueName": format!("app-{number}"), "tags": [format!("t{number}"), "all"],
                "createdDateTime": format!("2025-0{number}-01T00:00:00Z"),
                "web": {"redirectUris": [format!("https://contoso.com/{number}")], "homePageUrl": "https://contoso.com"}}),
        );
    }
    tenant
}

fn found(tenant: &mut Tenant, filter: &str) -> Vec<String> {
    each(
        &read(
            tenant,
            &format!("/applications?$filter={filter}&$select=id"),
        ),
        "id",
    )
}

fn advanced(tenant: &mut Tenant, filter: &str) -> Vec<String> {
    let url = format!("/applications?$count=true&$filter={filter}&$select=id");
    each(&content(&ask_eventual(tenant, &url)), "id")
}

/// concepts/aad-advanced-queries: application
#[test]
fn basic_filters_are_answered() {
    let mut tenant = applications();
    for (filter, expected) in [
        (format!("appId eq '{}'", guid(102)), vec![2]),
        (format!("appId in ('{}', '{}')", guid(101), guid(104)), vec![1, 4]),
        (format!("id eq '{}'", guid(3).to_uppercase()), vec![3]),
        (format!("id in ('{}','{}')", guid(3), guid(9)), vec![3]),
        ("displayName eq 'ALPHA'".to_owned(), vec![1, 2]),
        ("displayName eq 'It''s (odd)'".to_owned(), vec![3]),
        ("startswith(displayName,'al')".to_owned(), vec![1, 2]),
        ("startsWith(displayName,'g') eq true".to_owned(), vec![4]),
        ("displayName in ('gamma','x')".to_owned(), vec![4]),
        ("uniqueName eq 'app-2'".to_owned(), vec![2]),
        ("identifierUris/any(x:x eq 'api://alpha')".to_owned(), vec![1]),
        ("identifierUris/any(uri:startsWith(uri,'api://alpha'))".to_owned(), vec![1, 3]),
        ("tags/any(t:t eq 'all') and displayName eq 'alpha'".to_owned(), vec![1, 2]),
        ("tags/any(t:t eq 't1' or t eq 't3')".to_owned(), vec![1, 3]),
        ("web/redirectUris/any(u:u eq 'https://contoso.com/4')".to_owned(), vec![4]),
        ("createdDateTime ge 2025-03-01T00:00:00Z".to_owned(), vec![3, 4]),
        ("createdDateTime le 2025-01-01T01:00:00%2B01:00".to_owned(), vec![1]),
        ("signInAudience eq 'AzureADMyOrg' and (displayName eq 'gamma' or displayName eq 'alpha')".to_owned(), vec![1, 4]),
        ("displayName eq 'nobody'".to_owned(), vec![]),
    ] {
        let expected: Vec<String> = expected.into_iter().map(guid).collect();
        assert_eq!(found(&mut tenant, &filter), expected, "{filter}");
    }
}

/// concepts/aad-advanced-queries: without the header and the count, 400
#[test]
fn advanced_filters_need_the_header_and_the_count() {
    let mut tenant = applications();
    for (filter, expected) in [
        ("displayName ne 'alpha'", vec![3, 4]),
        ("not(displayName eq 'alpha')", vec![3, 4]),
        ("not startswith(displayName,'al')", vec![3, 4]),
        ("web/homePageUrl eq 'https://contoso.com'", vec![1, 2, 3, 4]),
        ("description eq null", vec![1, 2, 3, 4]),
        ("uniqueName ne null", vec![1, 2, 3, 4]),
        ("owners/$count eq 0", vec![1, 2, 3, 4]),
        ("identifierUris/$count ge 2", vec![]),
        ("displayName ge 'b'", vec![3, 4]),
        ("NOT tags/any(t:t eq 't1')", vec![2, 3, 4]),
    ] {
        let url = format!("/applications?$filter={filter}");
        let property = "Unsupported or invalid query filter clause specified for property";
        refused(
            &ask(&mut tenant, &url),
            400,
            "Request_UnsupportedQuery",
            property,
        );
        let header_only = ask_eventual(&mut tenant, &url);
        refused(&header_only, 400, "Request_UnsupportedQuery", property);
        let expected: Vec<String> = expected.into_iter().map(guid).collect();
        assert_eq!(advanced(&mut tenant, filter), expected, "{filter}");
    }
}

/// concepts/aad-advanced-queries: what no query answers
#[test]
fn some_filters_are_never_answered() {
    let mut tenant = applications();
    for filter in [
        "appRoles/any(r:r/value eq 'x')",
        "requiredResourceAccess/any(r:r/resourceAppId eq 'x')",
        "contains(displayName,'a')",
        "endswith(displayName,'a')",
        "displayName gt 'a'",
        "web/logoutUrl eq 'x'",
    ] {
        let url = format!("/applications?$count=true&$filter={filter}");
        refused(
            &ask_eventual(&mut tenant, &url),
            400,
            "Request_UnsupportedQuery",
            "Unsupported",
        );
    }
}

/// concepts/query-parameters: the OData parser's own refusals
#[test]
fn wrong_filters_are_refused_by_the_parser() {
    let mut tenant = applications();
    for (filter, message) in [
        ("displayName eq", "Invalid filter clause"),
        ("displayName eq 'a", "unterminated string"),
        (
            "displayname eq 'a'",
            "Could not find a property named 'displayname' on type 'microsoft.graph.application'.",
        ),
        ("foo eq 'a'", "Could not find a property named 'foo'"),
        ("tags eq 'a'", "Collection(Edm.String)"),
        ("displayName eq true", "incompatible types"),
        (
            "isFallbackPublicClient eq 'true'",
            "'Edm.Boolean' and 'Edm.String'",
        ),
        ("createdDateTime ge 'yesterday'", "incompatible types"),
        ("displayName/any(x:x eq 'a')", "following a collection"),
        ("web/foo eq 'a'", "'web/foo'"),
    ] {
        let response = ask(&mut tenant, &format!("/applications?$filter={filter}"));
        refused(&response, 400, "BadRequest", message);
    }
}

/// The directory takes 15 alternatives.
#[test]
fn or_and_in_have_a_limit() {
    let mut tenant = applications();
    let ids = |count: usize| {
        (1..=count)
            .map(|number| format!("'{}'", guid(number)))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        found(&mut tenant, &format!("id in ({})", ids(15).join(","))).len(),
        4
    );
    let message = "Max allowed: 15";
    let url = format!("/applications?$filter=id in ({})", ids(16).join(","));
    refused(
        &ask(&mut tenant, &url),
        400,
        "Request_UnsupportedQuery",
        message,
    );
    let or: Vec<String> = ids(16).iter().map(|id| format!("id eq {id}")).collect();
    let url = format!("/applications?$filter={}", or.join(" or "));
    refused(
        &ask(&mut tenant, &url),
        400,
        "Request_UnsupportedQuery",
        message,
    );
}

/// api/oauth2permissiongrant-list: only four properties, only eq
#[test]
fn grants_are_filtered_by_four_properties() {
    let mut tenant = sample();
    for number in [1, 2, 3] {
        plant_as(
            &mut tenant,
            "servicePrincipals",
            json!({"id": guid(number), "appId": guid(100 + number), "displayName": "s"}),
        );
    }
    for (client, resource) in [(1, 2), (1, 3), (2, 3)] {
        let body = json!({"clientId": guid(client), "consentType": "AllPrincipals", "resourceId": guid(resource), "scope": "a"});
        make(&mut tenant, "/oauth2PermissionGrants", body);
    }
    let clients = |tenant: &mut Tenant, filter: String| {
        each(
            &read(tenant, &format!("/oauth2PermissionGrants?$filter={filter}")),
            "resourceId",
        )
    };
    let one = clients(&mut tenant, format!("clientId eq '{}'", guid(1)));
    assert_eq!(one.len(), 2);
    let both = format!(
        "clientId eq '{}' and resourceId eq '{}' and consentType eq 'AllPrincipals'",
        guid(1),
        guid(3)
    );
    assert_eq!(clients(&mut tenant, both), [guid(3)]);
    for filter in [
        "scope eq 'a'".to_owned(),
        format!("clientId in ('{}')", guid(1)),
        format!("clientId eq '{}' or clientId eq '{}'", guid(1), guid(2)),
        format!("clientId ne '{}'", guid(1)),
    ] {
        let url = format!("/oauth2PermissionGrants?$count=true&$filter={filter}");
        refused(
            &ask_eventual(&mut tenant, &url),
            400,
            "Request_UnsupportedQuery",
            "Unsupported",
        );
    }
    let below = read(
        &mut tenant,
        &format!("/servicePrincipals/{}/oauth2PermissionGrants", guid(2)),
    );
    assert_eq!(each(&below, "resourceId"), [guid(3)]);
}

/// api/rbacapplication-list-roleassignments and -roledefinitions
#[test]
fn directory_roles_are_filtered_by_what_the_pages_name() {
    let mut tenant = sample();
    let base = "/roleManagement/directory";
    let url = format!("{base}/roleDefinitions?$filter=displayName eq 'Global Administrator'");
    let definition = each(&read(&mut tenant, &url), "id");
    assert_eq!(definition, ["62e90394-69f5-4237-9190-012177145e10"]);
    let ana = read(&mut tenant, "/users/ana@contoso.com")["id"].clone();
    let body =
        json!({"principalId": ana, "roleDefinitionId": definition[0], "directoryScopeId": "/"});
    let id = make(&mut tenant, &format!("{base}/roleAssignments"), body);
    let principal = ana.as_str().expect("an id");
    for filter in [
        format!("principalId eq '{principal}'"),
        format!(
            "roleDefinitionId eq '{}' and directoryScopeId eq '/'",
            definition[0]
        ),
        format!("principalId in ('{principal}','x')"),
    ] {
        let url = format!(
            "{base}/roleAssignments?$filter={filter}&$expand=roleDefinition($select=displayName)"
        );
        let found = read(&mut tenant, &url);
        assert_eq!(each(&found, "id"), [id.as_str()], "{filter}");
        assert_eq!(
            found["value"][0]["roleDefinition"],
            json!({"displayName": "Global Administrator"})
        );
    }
    let url = format!("{base}/roleAssignments?$filter=condition eq 'x'");
    refused(
        &ask(&mut tenant, &url),
        400,
        "Request_UnsupportedQuery",
        "'condition'",
    );
}

/// api/serviceprincipal-list-approleassignments and -approleassignedto
#[test]
fn assignments_are_filtered_from_the_side_of_the_principal() {
    let mut tenant = sample();
    for number in [1, 2, 3] {
        plant_as(
            &mut tenant,
            "servicePrincipals",
            json!({"id": guid(number), "appId": guid(100 + number), "displayName": "s"}),
        );
    }
    for resource in [2, 3] {
        let body = json!({"principalId": guid(1), "resourceId": guid(resource), "appRoleId": "00000000-0000-0000-0000-000000000000"});
        make(
            &mut tenant,
            &format!("/servicePrincipals/{}/appRoleAssignedTo", guid(resource)),
            body,
        );
    }
    for id in [guid(3), format!("'{}'", guid(3))] {
        let url = format!(
            "/servicePrincipals/{}/appRoleAssignments?$filter=resourceId eq {id}",
            guid(1)
        );
        assert_eq!(each(&read(&mut tenant, &url), "resourceId"), [guid(3)]);
    }
    let url = format!(
        "/servicePrincipals/{}/appRoleAssignedTo?$filter=principalId eq {}",
        guid(3),
        guid(1)
    );
    refused(
        &ask(&mut tenant, &url),
        400,
        "Request_UnsupportedQuery",
        "Unsupported Query.",
    );
}

/// api/serviceprincipal-list: the name is the application's
#[test]
fn service_principals_are_found_by_the_name_of_their_application() {
    let mut tenant = sample();
    let id = make(
        &mut tenant,
        "/applications",
        json!({"displayName": "Payments"}),
    );
    let app_id = read(&mut tenant, &format!("/applications/{id}"))["appId"].clone();
    let principal = make(
        &mut tenant,
        "/servicePrincipals",
        json!({ "appId": app_id }),
    );
    for filter in [
        "displayName eq 'payments'".to_owned(),
        format!("appId eq '{}'", app_id.as_str().expect("an id")),
        format!(
            "servicePrincipalNames/any(n:n eq '{}')",
            app_id.as_str().expect("an id")
        ),
        "startswith(displayName,'pay') and accountEnabled eq true".to_owned(),
    ] {
        let url = format!("/servicePrincipals?$filter={filter}");
        assert_eq!(
            each(&read(&mut tenant, &url), "id"),
            [principal.as_str()],
            "{filter}"
        );
    }
}
