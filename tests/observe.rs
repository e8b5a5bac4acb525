//! What is asked of a tenant, literally, and what is made of its answers.

#[path = "observe/script.rs"]
mod script;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use idac::address::{Address, Name, ObjectId};
use idac::declare::{Source, declare};
use idac::finding::has_errors;
use idac::graph::Graph;
use idac::observe::{Known, ObserveError, Scope, Snapshot, observe};
use idac::resolve::{Desired, resolve};
use script::{Many, Script};
use serde_json::json;

/// What a root with this text desires.
fn desired(text: &str) -> Desired {
    let source = |path: &str, text: &str| Source {
        path: Arc::from(path),
        shown: Arc::from(path),
        bytes: text.as_bytes().to_vec(),
    };
    let sources = [
        source("idac.yaml", "project: contoso\n"),
        source("environments/sandbox.yaml", "tenant: emulator\n"),
        source("objects.yaml", text),
    ];
    let (declaration, findings) = declare(&sources);
    assert!(!has_errors(&findings), "{findings:#?}");
    let environment = &declaration.environments[&Name::new("sandbox")];
    resolve(&declaration, environment).expect("the root is sound")
}

async fn look(graph: &impl Graph, desired: &Desired) -> Result<Snapshot, ObserveError> {
    look_again(graph, desired, &BTreeMap::new()).await
}

async fn look_again(
    graph: &impl Graph,
    desired: &Desired,
    known: &BTreeMap<Address, Known>,
) -> Result<Snapshot, ObserveError> {
    let scope = Scope {
        desired: &desired.objects,
        known,
    };
    observe(graph, &scope).await
}

fn known(kind: &str, name: &str, entity: &str, id: &str) -> (Address, Known) {
    let known = Known {
        entity: entity.to_owned(),
        id: ObjectId::new(id),
        parent: None,
    };
    (Address::new(kind, name), known)
}

/// The whole chain of an error, as it is printed.
fn chain(error: &ObserveError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}

const API: &str = "
kind: application
name: api
displayName: API
owners: [ user/ana@contoso.com ]
appRoles:
  - { value: Read, displayName: Read, description: Read., allowedMemberTypes: [ User ] }
federatedIdentityCredentials:
  - { name: main, issuer: https://token.example, subject: main }
servicePrincipal:
  appRoleAssignedTo:
    - { principal: user/ana@contoso.com, appRole: Read }
requiredResourceAccess:
  - resource: Microsoft Graph
    scopes: [ User.Read ]
    adminConsent: true
";

const API_APP_ID: &str = "aaaaaaaa-0000-4000-8000-000000000001";
const GRAPH_APP_ID: &str = "00000003-0000-0000-c000-000000000000";

/// A tenant that has everything that [`API`] desires.
fn tenant_with_api() -> Script {
    let mut script = Script::new();
    script.answer(
        "/applications(uniqueName='contoso-api')",
        json!({ "id": "app-1", "appId": API_APP_ID, "uniqueName": "contoso-api", "displayName": "API",
            "appRoles": [{ "id": "role-1", "value": "Read" }] }),
    );
    script.answer(
        &format!("/servicePrincipals(appId='{API_APP_ID}')"),
        json!({ "id": "sp-1", "appId": API_APP_ID }),
    );
    script.answer(
        &format!("/servicePrincipals(appId='{GRAPH_APP_ID}')"),
        json!({ "id": "sp-graph", "appId": GRAPH_APP_ID }),
    );
    script.answer(
        "/users/ana@contoso.com",
        json!({ "id": "user-ana", "userPrincipalName": "Ana@contoso.com" }),
    );
    script.answer(
        "/applications/app-1/owners",
        json!({ "value": [{ "@odata.type": "#microsoft.graph.user", "id": "user-ana" }] }),
    );
    script.answer(
        "/applications/app-1/federatedIdentityCredentials",
        json!({ "value": [{ "id": "fic-1", "name": "main", "audiences": ["a"] }] }),
    );
    script.answer(
        "/servicePrincipals/sp-1/appRoleAssignedTo",
        json!({ "value": [
            { "id": "Assignment-1", "principalId": "user-ana", "resourceId": "sp-1", "appRoleId": "role-1" },
        ]}),
    );
    script.answer(
        "/servicePrincipals/sp-1/appRoleAssignments",
        json!({ "value": [
            { "id": "Elsewhere", "principalId": "sp-1", "resourceId": "sp-other", "appRoleId": "role-9" },
        ]}),
    );
    script.answer(
        "/servicePrincipals/sp-1/oauth2PermissionGrants",
        json!({ "value": [
            { "id": "Grant-1", "clientId": "sp-1", "resourceId": "sp-graph", "consentType": "AllPrincipals", "scope": "User.Read" },
            { "id": "Grant-2", "clientId": "sp-1", "resourceId": "sp-graph", "consentType": "Principal", "scope": "User.Read" },
        ]}),
    );
    script
}

#[tokio::test]
async fn a_small_scope_is_read_in_three_rounds_of_literal_requests() {
    let graph = tenant_with_api();
    look(&graph, &desired(API)).await.expect("it can be read");
    assert_eq!(
        graph.rounds.lock().expect("not poisoned")[0][..4],
        [
            "/organization?$select=id,verifiedDomains",
            "/applications?$count=true&$top=1&$select=id",
            "/groups?$count=true&$top=1&$select=id",
            "/servicePrincipals?$count=true&$top=1&$select=id",
        ]
    );
    assert_eq!(
        graph.asked(),
        [
            vec![
                "/applications(uniqueName='contoso-api')?$select=…",
                "/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')?$select=…",
                "/users/ana@contoso.com?$select=…",
            ],
            vec![
                "/servicePrincipals(appId='aaaaaaaa-0000-4000-8000-000000000001')?$select=…",
                "/applications/app-1/owners?$select=id&$top=999",
                "/applications/app-1/federatedIdentityCredentials?$select=…",
            ],
            vec![
                "/servicePrincipals/sp-1/appRoleAssignedTo?$select=…&$top=999",
                "/servicePrincipals/sp-1/appRoleAssignments?$select=…&$top=999",
                "/servicePrincipals/sp-1/oauth2PermissionGrants?$select=…&$top=999",
            ],
        ]
    );
}

#[tokio::test]
async fn the_snapshot_holds_what_is_desired_and_leaves_out_what_is_not() {
    let graph = tenant_with_api();
    let snapshot = look(&graph, &desired(API)).await.expect("it can be read");
    let ids: Vec<&str> = snapshot.objects.keys().map(ObjectId::as_str).collect();
    assert_eq!(
        ids,
        [
            "Assignment-1",
            "Grant-1",
            "app-1",
            "fic-1",
            "sp-1",
            "sp-graph",
            "user-ana"
        ]
    );
    assert_eq!(snapshot.domains, ["contoso.com", "contoso.onmicrosoft.com"]);
    assert_eq!(snapshot.totals["application"], 7);
    let parent = |id: &str| snapshot.objects[&ObjectId::new(id)].parent.clone();
    assert_eq!(parent("fic-1"), Some(ObjectId::new("app-1")));
    assert_eq!(parent("Assignment-1"), Some(ObjectId::new("sp-1")));
    assert_eq!(parent("Grant-1"), None);
    let application = &snapshot.objects[&ObjectId::new("app-1")];
    let owners: Vec<&str> = application.links["owners"]
        .iter()
        .map(ObjectId::as_str)
        .collect();
    assert_eq!(owners, ["user-ana"]);
    assert_eq!(snapshot.types[&ObjectId::new("user-ana")], "user");
    assert!(snapshot.deleted.is_empty());
}

#[tokio::test]
async fn the_same_tenant_gives_the_same_bytes() {
    let mut texts = Vec::new();
    for _ in 0..2 {
        let snapshot = look(&tenant_with_api(), &desired(API)).await;
        texts.push(serde_json::to_string(&snapshot.expect("it can be read")).expect("JSON"));
    }
    assert_eq!(texts[0], texts[1]);
}

const GROUP: &str = "
kind: group
name: staff
displayName: Staff
members: [ user/ana@contoso.com ]
";

fn tenant_with_group() -> Script {
    let mut script = Script::new();
    script.answer(
        "/groups(uniqueName='contoso-staff')",
        json!({ "id": "group-1" }),
    );
    script.answer("/users/ana@contoso.com", json!({ "id": "user-ana" }));
    script
}

#[tokio::test]
async fn members_are_read_over_all_pages() {
    let mut graph = tenant_with_group();
    let next = "https://graph.microsoft.com/v1.0/groups/group-1/members?$skiptoken=2";
    graph.answer(
        "/groups/group-1/members",
        json!({ "@odata.nextLink": next, "value": [
            { "id": "a", "@odata.type": "#microsoft.graph.user" },
            { "id": "b", "@odata.type": "#microsoft.graph.device" },
        ]}),
    );
    // An entry may come twice when the list changes while it is read.
    graph.answer(next, json!({ "value": [{ "id": "b" }, { "id": "c" }] }));
    let snapshot = look(&graph, &desired(GROUP)).await.expect("it can be read");
    let members = &snapshot.objects[&ObjectId::new("group-1")].links["members"];
    let members: Vec<&str> = members.iter().map(ObjectId::as_str).collect();
    assert_eq!(members, ["a", "b", "c"]);
    assert_eq!(snapshot.types[&ObjectId::new("b")], "device");
}

#[tokio::test]
async fn pages_that_go_round_in_circles_are_an_error() {
    let mut graph = tenant_with_group();
    let next = "https://graph.microsoft.com/v1.0/groups/group-1/members?$skiptoken=2";
    let page = json!({ "@odata.nextLink": next, "value": [{ "id": "a" }] });
    graph.answer("/groups/group-1/members", page.clone());
    graph.answer(next, page);
    let error = look(&graph, &desired(GROUP))
        .await
        .expect_err("it has no end");
    assert_eq!(
        chain(&error),
        "the answer to the members of group group-1 is not of the form that Graph documents: \
         `@odata.nextLink` leads back to a page that was read"
    );
}

#[tokio::test]
async fn a_refusal_is_never_an_absence() {
    let mut graph = tenant_with_group();
    graph.answer_with(
        "/groups(uniqueName='contoso-staff')",
        403,
        json!({ "error": { "code": "Authorization_RequestDenied",
            "message": "Insufficient privileges to complete the operation." } }),
    );
    let error = look(&graph, &desired(GROUP))
        .await
        .expect_err("it cannot look");
    assert_eq!(
        chain(&error),
        "cannot read group/staff: 403 Authorization_RequestDenied: \
         Insufficient privileges to complete the operation."
    );
}

#[tokio::test(start_paused = true)]
async fn a_tenant_that_does_not_answer_is_an_error_and_not_an_empty_tenant() {
    let mut graph = tenant_with_group();
    graph.answer_with("/groups(uniqueName='contoso-staff')", 503, json!({}));
    let error = look(&graph, &desired(GROUP))
        .await
        .expect_err("it cannot look");
    assert_eq!(chain(&error), "cannot read group/staff: 503 : ");
}

#[tokio::test(start_paused = true)]
async fn members_of_a_group_that_was_seen_cannot_be_absent() {
    let graph = tenant_with_group();
    let error = look(&graph, &desired(GROUP))
        .await
        .expect_err("members answer 404");
    assert_eq!(
        chain(&error),
        "cannot read the members of group group-1: 404 Request_ResourceNotFound: "
    );
}

#[tokio::test]
async fn answers_of_another_form_are_named_with_what_was_read() {
    for (body, why) in [
        (
            json!("<html>Sign in</html>"),
            "the body is text and not JSON",
        ),
        (json!({ "displayName": "x" }), "an object has no `id`"),
        (json!({ "id": ["x"] }), "the `id` of an object is not text"),
        (
            json!({ "id": "g", "groupTypes": "Unified" }),
            "`groupTypes` is not a list (object g)",
        ),
    ] {
        let mut graph = tenant_with_group();
        graph.answer("/groups(uniqueName='contoso-staff')", body);
        let error = look(&graph, &desired(GROUP)).await.expect_err(why);
        assert_eq!(
            chain(&error),
            format!("the answer to group/staff is not of the form that Graph documents: {why}")
        );
    }
}

#[tokio::test]
async fn all_objects_with_one_display_name_are_in_the_snapshot() {
    let text = "
kind: existing
name: sales
type: group
displayName: Sales & O'Neill
---
kind: group
name: staff
displayName: Staff
members: [ existing/sales ]
";
    let mut graph = tenant_with_group();
    graph.answer("/groups/group-1/members", json!({ "value": [] }));
    let filter =
        "/groups?$filter=displayName%20eq%20'Sales%20%26%20O''Neill'&$select=id,displayName";
    graph.answer(
        filter,
        json!({ "value": [
            { "id": "one", "displayName": "Sales & O'Neill" },
            { "id": "two", "displayName": "Sales & O'Neill" },
            { "id": "case", "displayName": "SALES & O'NEILL" },
        ]}),
    );
    let snapshot = look(&graph, &desired(text)).await.expect("it can be read");
    let ids: Vec<&str> = snapshot.objects.keys().map(ObjectId::as_str).collect();
    assert_eq!(ids, ["group-1", "one", "two"]);
}

#[tokio::test]
async fn what_is_missing_is_looked_for_in_the_recycle_bin() {
    let mut graph = Script::new();
    graph.answer("/users/ana@contoso.com", json!({ "id": "user-ana" }));
    graph.answer(
        &format!("/servicePrincipals(appId='{GRAPH_APP_ID}')"),
        json!({ "id": "sp-graph", "appId": GRAPH_APP_ID }),
    );
    graph.answer(
        "/directory/deletedItems/microsoft.graph.application?$top=999&$select=id,api,",
        json!({ "value": [
            { "id": "app-1", "appId": API_APP_ID, "uniqueName": "contoso-api" },
            { "id": "app-2", "appId": "aaaaaaaa-0000-4000-8000-000000000002", "uniqueName": "other" },
        ]}),
    );
    graph.answer(
        "/directory/deletedItems/microsoft.graph.servicePrincipal?$top=999&$select=id,",
        json!({ "value": [{ "id": "sp-1", "appId": API_APP_ID }, { "id": "sp-2", "appId": "x" }] }),
    );
    let snapshot = look(&graph, &desired(API)).await.expect("it can be read");
    let deleted: Vec<&str> = snapshot.deleted.keys().map(ObjectId::as_str).collect();
    assert_eq!(deleted, ["app-1", "sp-1"]);
}

#[tokio::test]
async fn a_renamed_object_is_found_by_the_last_receipt() {
    let graph = {
        let mut graph = Script::new();
        graph.answer(
            "/groups/group-1?",
            json!({ "id": "group-1", "uniqueName": "contoso-people" }),
        );
        graph.answer(
            "/groups/group-1/members",
            json!({ "value": [{ "id": "user-ana" }] }),
        );
        graph.answer("/users/ana@contoso.com", json!({ "id": "user-ana" }));
        graph
    };
    let known = BTreeMap::from([known("group", "staff", "group", "group-1")]);
    let snapshot = look_again(&graph, &desired(GROUP), &known)
        .await
        .expect("it can be read");
    let group = &snapshot.objects[&ObjectId::new("group-1")];
    assert_eq!(group.links["members"].len(), 1);
    let asked = graph.asked().concat();
    assert!(
        !asked.iter().any(|url| url.contains("deletedItems")),
        "{asked:?}"
    );
}

#[tokio::test]
async fn everything_that_goes_with_an_undeclared_application_is_read() {
    let mut graph = tenant_with_api();
    graph.answer(
        "/applications/app-1?",
        json!({ "id": "app-1", "appId": API_APP_ID }),
    );
    graph.answer("/servicePrincipals/sp-1/owners", json!({ "value": [] }));
    graph.answer(
        "/groups(uniqueName='contoso-staff')",
        json!({ "id": "group-1" }),
    );
    graph.answer("/groups/group-1/members", json!({ "value": [] }));
    let known = BTreeMap::from([known("application", "api", "application", "app-1")]);
    let snapshot = look_again(&graph, &desired(GROUP), &known)
        .await
        .expect("it can be read");
    assert_eq!(
        graph.asked()[3..],
        [
            vec![
                "/applications/app-1/owners?$select=id&$top=999",
                "/servicePrincipals(appId='aaaaaaaa-0000-4000-8000-000000000001')?$select=…",
            ],
            vec![
                "/servicePrincipals/sp-1/owners?$select=id&$top=999",
                "/servicePrincipals/sp-1/appRoleAssignedTo?$select=…&$top=999",
                "/servicePrincipals/sp-1/appRoleAssignments?$select=…&$top=999",
                "/servicePrincipals/sp-1/oauth2PermissionGrants?$select=…&$top=999",
            ],
        ]
    );
    let ids: Vec<&str> = snapshot.objects.keys().map(ObjectId::as_str).collect();
    assert_eq!(
        ids,
        [
            "Assignment-1",
            "Elsewhere",
            "Grant-1",
            "Grant-2",
            "app-1",
            "group-1",
            "sp-1",
            "user-ana"
        ]
    );
}

#[tokio::test]
async fn assignments_are_read_only_when_an_app_role_would_go() {
    let text = "
kind: application
name: api
displayName: API
appRoles:
  - { value: Read, displayName: Read, description: Read., allowedMemberTypes: [ User ] }
";
    let graph = tenant_with_api();
    look(&graph, &desired(text)).await.expect("it can be read");
    assert_eq!(graph.asked().concat().len(), 1, "{:?}", graph.asked());

    let graph = tenant_with_api();
    let text = text.replace("value: Read,", "value: Write,");
    let snapshot = look(&graph, &desired(&text)).await.expect("it can be read");
    assert_eq!(
        graph.asked()[1..],
        [
            vec!["/servicePrincipals(appId='aaaaaaaa-0000-4000-8000-000000000001')?$select=…"],
            vec!["/servicePrincipals/sp-1/appRoleAssignedTo?$select=…&$top=999"],
        ]
    );
    assert!(
        snapshot
            .objects
            .contains_key(&ObjectId::new("Assignment-1"))
    );
}

#[tokio::test]
async fn directory_role_assignments_are_found_by_their_principal() {
    let text = "
kind: directoryRoleAssignment
name: readers
role: Directory Readers
principal: user/ana@contoso.com
scope: /
";
    let role = "88d8e3e3-8f55-4a1e-953a-9b9898b8876b";
    let mut graph = Script::new();
    graph.answer("/users/ana@contoso.com", json!({ "id": "user-ana" }));
    graph.answer(
        "/roleManagement/directory/roleAssignments?$filter=principalId%20eq%20'user-ana'&$select=id,principalId,",
        json!({ "value": [
            { "id": "one", "principalId": "user-ana", "roleDefinitionId": role, "directoryScopeId": "/" },
            { "id": "two", "principalId": "user-ana", "roleDefinitionId": role, "directoryScopeId": "/x" },
        ]}),
    );
    let snapshot = look(&graph, &desired(text)).await.expect("it can be read");
    let ids: Vec<&str> = snapshot.objects.keys().map(ObjectId::as_str).collect();
    assert_eq!(ids, ["one", "user-ana"]);
}

#[tokio::test]
async fn the_number_of_requests_follows_what_is_wanted_and_then_the_pages() {
    for (wanted, total, requests) in [
        // One by one, together with the tenant's own facts.
        (3, 3, vec![4 + 3]),
        (100, 100, vec![4 + 100]),
        // So many are listed: two pages of which only what is wanted is kept.
        (1_000, 1_500, vec![4, 1, 1]),
        // A listing of this tenant would take longer.
        (1_000, 200_000, vec![4, 1_000]),
    ] {
        let text: Vec<String> = (0..wanted)
            .map(|number| format!("kind: application\nname: a{number}\ndisplayName: A\n"))
            .collect();
        let graph = Many {
            applications: total,
            exchanges: Mutex::new(Vec::new()),
        };
        let snapshot = look(&graph, &desired(&text.join("---\n")))
            .await
            .expect("it can be read");
        assert_eq!(snapshot.objects.len(), wanted);
        assert_eq!(*graph.exchanges.lock().expect("not poisoned"), requests);
    }
}
