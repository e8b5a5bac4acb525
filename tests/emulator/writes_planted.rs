//! Planted objects: a tenant that was observed, put together again and then written to.

use idac::emulator::{Founding, Planted, Tenant, Unplantable};
use serde_json::{Map, Value, json};

use crate::harness::*;

fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

fn bare() -> Tenant {
    let domains = [
        "contoso.com".to_owned(),
        "contoso.onmicrosoft.com".to_owned(),
    ];
    Tenant::new(&Founding::bare(&guid(100), &domains))
}

#[track_caller]
fn plant(tenant: &mut Tenant, object: Planted) {
    assert_eq!(tenant.plant(object), Ok(()));
}

#[test]
fn a_copy_of_what_was_read_reads_the_same() {
    let mut original = tenant();
    let ana = user(&mut original, "ana");
    let app = make(
        &mut original,
        "/applications",
        json!({"displayName": "a", "notes": "n",
        "web": {"redirectUris": ["https://a.example/cb"]}, "appRoles": [app_role(&guid(1), "Read", &["User"])]}),
    );
    let principal = service_principal(&mut original, &app);
    let url = format!("/applications/{}", id(&app));
    let credentials = format!("{url}/federatedIdentityCredentials");
    let credential = make(
        &mut original,
        &credentials,
        json!({"name": "one", "issuer": "https://i.example",
        "subject": "s", "audiences": ["a"]}),
    );
    let to = format!("/servicePrincipals/{}/appRoleAssignedTo", id(&principal));
    let assignment = make(
        &mut original,
        &to,
        json!({"principalId": ana, "resourceId": principal["id"], "appRoleId": guid(1)}),
    );

    let mut copy = bare();
    let owned = Planted::new("applications", members(read(&mut original, &url)));
    plant(&mut copy, owned.with_links("owners", vec![ana.clone()]));
    plant(
        &mut copy,
        Planted::new("servicePrincipals", members(principal.clone())),
    );
    plant(
        &mut copy,
        Planted::new("federatedIdentityCredentials", members(credential)).below(&id(&app)),
    );
    plant(
        &mut copy,
        Planted::new("appRoleAssignments", members(assignment)),
    );
    plant(&mut copy, Planted::stub(&ana, "#microsoft.graph.user"));
    assert_eq!(read(&mut copy, &url), read(&mut original, &url));
    assert_eq!(
        read(&mut copy, &credentials)["value"],
        read(&mut original, &credentials)["value"]
    );
    assert_eq!(ids(&mut copy, &to), ids(&mut original, &to));
    assert_eq!(ids(&mut copy, &format!("{url}/owners")), [ana]);
    done(patch(&mut copy, &url, json!({"displayName": "b"})));
    let shown = read(&mut copy, &format!("/servicePrincipals/{}", id(&principal)));
    assert_eq!(shown["displayName"], "b");
}

#[test]
fn planted_deleted_objects_are_in_the_recycle_bin() {
    let mut tenant = bare();
    let app = json!({"id": guid(1), "appId": guid(2), "displayName": "a", "uniqueName": "a"});
    plant(
        &mut tenant,
        Planted::new("applications", members(app)).soft_deleted(),
    );
    assert_eq!(
        get(&mut tenant, &format!("/applications/{}", guid(1))).status,
        404
    );
    let restore = format!("/directory/deletedItems/{}/restore", guid(1));
    let back = body(post(&mut tenant, &restore, json!({})), 200);
    assert_eq!(back["uniqueName"], "a");
}

#[test]
fn what_looks_like_nothing_of_graph_is_not_planted() {
    let mut tenant = bare();
    let unknown = tenant.plant(Planted::new("teapots", Map::new()));
    assert_eq!(
        unknown,
        Err(Unplantable::UnknownSet {
            set: "teapots".to_owned()
        })
    );
    let nameless = tenant.plant(Planted::new("groups", Map::new()));
    assert!(matches!(nameless, Err(Unplantable::Malformed { property, .. }) if property == "id"));
}

#[test]
fn a_tenant_that_is_exported_or_replayed_is_the_same() {
    let mut tenant = tenant();
    let mut copy = Tenant::import(tenant.export()).expect("an exported tenant");
    tenant.take_changes();
    let app = application(&mut tenant, "a");
    done(delete(&mut tenant, &format!("/applications/{}", id(&app))));
    for change in tenant.take_changes() {
        copy.replay(change);
    }
    assert_eq!(copy.export(), tenant.export());
}
