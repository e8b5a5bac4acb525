//! Federated identity credentials. Pages: application-post-federatedidentitycredentials,
//! federatedidentitycredential-upsert, workload-identity-federation-considerations.

use idac::emulator::{Emulator, Tenant};
use idac::graph::{Graph, Method, Refusal, Request};
use serde_json::{Value, json};

use crate::harness::*;

const BAD: &str = "Request_BadRequest";

fn credential(name: &str, subject: &str) -> Value {
    json!({"name": name, "issuer": "https://token.actions.githubusercontent.com", "subject": subject,
        "audiences": ["api://AzureADTokenExchange"]})
}

/// An application and the URL of its credentials.
fn place(tenant: &mut Tenant) -> String {
    let made = application(tenant, "a");
    format!("/applications/{}/federatedIdentityCredentials", id(&made))
}

#[test]
fn a_credential_is_created_changed_and_deleted() {
    let mut tenant = tenant();
    let url = place(&mut tenant);
    let made = make(
        &mut tenant,
        &url,
        credential("gh-main", "repo:o/r:ref:refs/heads/main"),
    );
    assert_eq!(made["description"], Value::Null);
    assert_eq!(made["audiences"], json!(["api://AzureADTokenExchange"]));
    for one in [
        format!("{url}/{}", id(&made)),
        format!("{url}/gh-main"),
        format!("{url}(name='gh-main')"),
    ] {
        assert_eq!(read(&mut tenant, &one)["id"], made["id"], "{one}");
    }
    let one = format!("{url}/{}", id(&made));
    done(patch(
        &mut tenant,
        &one,
        json!({"subject": "repo:o/r:pull_request", "description": "d"}),
    ));
    assert_eq!(read(&mut tenant, &one)["subject"], "repo:o/r:pull_request");
    refused(
        patch(&mut tenant, &one, json!({"name": "other"})),
        400,
        BAD,
        "'name' is read-only",
    );
    done(delete(&mut tenant, &one));
    refused(
        get(&mut tenant, &one),
        404,
        "Request_ResourceNotFound",
        &id(&made),
    );
}

#[test]
fn names_and_issuer_with_subject_are_unique() {
    let mut tenant = tenant();
    let url = place(&mut tenant);
    make(&mut tenant, &url, credential("one", "s"));
    let code = "Request_MultipleObjectsWithSameKeyValue";
    let message = "FederatedIdentityCredential with name one already exists.";
    refused(
        post(&mut tenant, &url, credential("one", "t")),
        409,
        code,
        message,
    );
    let code = "InvalidFederatedIdentityCredentialValue";
    let message = "The combination of issuer and subject must be unique for the application.";
    refused(
        post(&mut tenant, &url, credential("two", "s")),
        400,
        code,
        message,
    );
    make(&mut tenant, &url, credential("two", "S"));
    refused(
        patch(&mut tenant, &format!("{url}/two"), json!({"subject": "s"})),
        400,
        code,
        message,
    );
}

#[test]
fn a_credential_has_exactly_one_audience_and_a_plain_name() {
    let mut tenant = tenant();
    let url = place(&mut tenant);
    for (member, value) in [
        ("audiences", json!([])),
        ("audiences", json!(["a", "b"])),
        ("name", json!("x")),
        ("name", json!("-starts-with-hyphen")),
        ("name", json!("with space")),
        ("issuer", json!("not a url")),
        ("subject", json!(" padded ")),
        ("subject", json!("x".repeat(601))),
    ] {
        let mut content = credential("one", "s");
        content[member] = value;
        refused(
            post(&mut tenant, &url, content),
            400,
            BAD,
            &format!("property '{member}'"),
        );
    }
    for member in ["name", "issuer", "subject"] {
        let mut content = credential("one", "s");
        content.as_object_mut().expect("members").remove(member);
        refused(
            post(&mut tenant, &url, content),
            400,
            BAD,
            &format!("required for property '{member}'"),
        );
    }
}

#[test]
fn the_twenty_first_credential_is_refused() {
    let mut tenant = tenant();
    let url = place(&mut tenant);
    for number in 0..20 {
        make(
            &mut tenant,
            &url,
            credential(&format!("n{number:02}"), &format!("s{number}")),
        );
    }
    refused(
        post(&mut tenant, &url, credential("n20", "s20")),
        400,
        BAD,
        "maximum of 20",
    );
}

#[test]
fn upsert_by_name_creates_and_then_updates() {
    let mut tenant = tenant();
    let url = place(&mut tenant);
    let one = format!("{url}(name='gh-main')");
    let mut content = credential("gh-main", "s");
    content.as_object_mut().expect("members").remove("name");
    refused(
        patch(&mut tenant, &one, content.clone()),
        404,
        "Request_ResourceNotFound",
        "gh-main",
    );
    let made = body(upsert(&mut tenant, &one, content), 201);
    assert_eq!(made["name"], "gh-main");
    done(upsert(&mut tenant, &one, json!({"description": "d"})));
    assert_eq!(read(&mut tenant, &one)["description"], "d");
}

/// azurerator#448: two writes of one application that overlap.
#[tokio::test]
async fn overlapping_writes_of_one_application_conflict() {
    let mut tenant = tenant();
    let url = place(&mut tenant);
    let other = id(&application(&mut tenant, "b"));
    let write = |url: &str, body: Value| Request::new(Method::Post, url).with_body(body);
    let rename = Request::new(Method::Patch, format!("/applications/{other}"));
    let batch = [
        write(&url, credential("one", "s1")),
        write(&url, credential("two", "s2")),
        rename.with_body(json!({"notes": "n"})),
    ];
    let emulator = Emulator::new(tenant);
    let answers = emulator.exchange(&batch).await;
    assert!(answers[0].is_ok() && answers[2].is_ok());
    let refusal: &Refusal = answers[1].as_ref().expect_err("an overlap");
    assert_eq!(refusal.status, Some(409));
    assert_eq!(refusal.code, "Directory_ConcurrencyViolation");
    let mut tenant = emulator.into_tenant();
    assert_eq!(ids(&mut tenant, &url).len(), 1);
}
