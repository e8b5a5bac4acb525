//! What the ledger and the journals never hold: credentials of any kind, and of people nothing but ids that the way
//! back needs.

use std::fs;
use std::path::Path;
use std::process::Command;

use idac::emulator::store::Store;
use idac::graph::{Method, Request};
use serde_json::{Value, json};
use tempfile::TempDir;

const APPLICATION: &str = "\
kind: application
name: payments-api
displayName: Payments API
appRoles:
  - value: Payments.Refund
    displayName: Refund payments
    description: Refund payments.
    allowedMemberTypes: [ User, Application ]
federatedIdentityCredentials:
  - name: github-deploy
    issuer: https://token.actions.githubusercontent.com
    subject: repo:contoso/payments:environment:prod
servicePrincipal:
  appRoleAssignedTo:
    - { principal: group/operators, appRole: Payments.Refund }
";
const GROUP: &str = "kind: group\nname: operators\ndisplayName: Operators\n";
const KEY: &str = "VGhpcyBpcyB0aGUga2V5IG9mIGEgY2VydGlmaWNhdGU=";

fn place() -> TempDir {
    let place = tempfile::tempdir().expect("a folder");
    write(place.path(), "idac.yaml", "project: contoso\n");
    write(
        place.path(),
        "environments/sandbox.yaml",
        "tenant: emulator\n",
    );
    write(place.path(), "payments.yaml", APPLICATION);
    write(place.path(), "operators.yaml", GROUP);
    place
}

fn write(place: &Path, path: &str, text: &str) {
    let path = place.join("identities").join(path);
    fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a folder");
    fs::write(path, text).expect("a file");
}

fn apply(place: &Path) {
    let output = Command::new(env!("CARGO_BIN_EXE_idac"))
        .args(["apply", "--yes"])
        .current_dir(place)
        .output()
        .expect("idac runs");
    let said = [output.stdout, output.stderr].concat();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&said)
    );
}

/// Asks the stored tenant as anybody could.
fn ask(place: &Path, request: Request) -> Value {
    let (mut store, mut tenant) =
        Store::open(&place.join(".idac/sandbox/tenant")).expect("a tenant");
    let response = tenant.answer(&request);
    store
        .append(&tenant.take_changes())
        .expect("the change is kept");
    let body = response.body.unwrap_or_default();
    assert!(
        response.status < 300,
        "{} {}: {body}",
        response.status,
        request.url
    );
    body
}

fn post(place: &Path, url: &str, body: Value) -> Value {
    ask(place, Request::new(Method::Post, url).with_body(body))
}

/// Everything that idac remembers, but for the tenant itself.
fn remembered(place: &Path) -> String {
    let mut all = String::new();
    for folder in ["ledger", "journal"] {
        let folder = place.join(".idac/sandbox").join(folder);
        for entry in fs::read_dir(folder).expect("it is there") {
            let path = entry.expect("it is read").path();
            all.push_str(&fs::read_to_string(path).expect("it is text"));
        }
    }
    all
}

/// Gives the object a password and a key; what of them must stay where it is.
fn credentials_of(place: &Path, url: &str) -> Vec<String> {
    let named = json!({ "passwordCredential": { "displayName": "deploy-password" } });
    let password = post(place, &format!("{url}/addPassword"), named);
    let key = json!({
        "type": "AsymmetricX509Cert", "usage": "Verify", "key": KEY, "displayName": "CN=deploy-key"
    });
    let keys = Request::new(Method::Patch, url).with_body(json!({ "keyCredentials": [key] }));
    ask(place, keys);
    let kept = ask(place, Request::get(format!("{url}?$select=keyCredentials")));
    let text = |value: &Value| value.as_str().expect("it is text").to_owned();
    vec![
        text(&password["secretText"]),
        text(&password["keyId"]),
        text(&kept["keyCredentials"][0]["keyId"]),
    ]
}

#[test]
fn the_ledger_holds_no_credential_and_of_people_only_ids() {
    let place = place();
    let place = place.path();
    apply(place);
    let application = "/applications(uniqueName='contoso-payments-api')";
    let found = ask(place, Request::get(format!("{application}?$select=appId")));
    let app_id = found["appId"].as_str().expect("it is text");
    let principal = format!("/servicePrincipals(appId='{app_id}')");
    let mut secrets = credentials_of(place, application);
    secrets.extend(credentials_of(place, &principal));
    // Ben is given the app role by hand, so the next apply takes it from him.
    let ben = ask(place, Request::get("/users/ben@contoso.com?$select=id"));
    let whole = ask(
        place,
        Request::get(format!("{principal}?$select=id,appRoles")),
    );
    let assigned = json!({
        "principalId": ben["id"], "resourceId": whole["id"], "appRoleId": whole["appRoles"][0]["id"]
    });
    post(place, &format!("{principal}/appRoleAssignedTo"), assigned);
    write(
        place,
        "payments.yaml",
        &APPLICATION.replace("Payments API", "Payments"),
    );
    apply(place);
    // Now everything goes, with before-images of all of it.
    fs::remove_file(place.join("identities/payments.yaml")).expect("it is there");
    apply(place);

    let all = remembered(place);
    let ben = ben["id"].as_str().expect("it is text");
    assert!(
        all.contains(ben),
        "the way back needs the id of whom it was taken from"
    );
    assert_eq!(
        all.matches("\"delete\"").count(),
        4,
        "before-images of all that went"
    );
    secrets.extend(
        [
            KEY,
            "deploy-password",
            "CN=deploy-key",
            "Ben Walters",
            "ben@contoso.com",
        ]
        .map(str::to_owned),
    );
    let told: Vec<&String> = secrets
        .iter()
        .filter(|secret| all.contains(secret.as_str()))
        .collect();
    assert_eq!(told, [""; 0], "none of it is remembered");
}
