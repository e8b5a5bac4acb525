//! Applications: creating, changing and deleting them, and their secrets.

use serde_json::{Value, json};

use super::application_rules::{self, Audience};
use super::behaviour::{AppOnlyCreator, DefaultAudience, DeletingAppRole, UniqueNameCase};
use super::body::{self, Edits, Moment};
use super::edit::{list, word};
use super::guid::Guid;
use super::identifier_uris;
use super::moment;
use super::problem::Problem;
use super::record::{Key, Kind, Object, Properties, Relation, Term};
use super::schema;
use super::tenant::Tenant;

/// What the service principal in the tenant of an application shows of it, by the application's name and its own.
const MIRRORED: [(&str, &[&str]); 11] = [
    ("displayName", &["displayName", "appDisplayName"]),
    ("description", &["appDescription"]),
    ("appRoles", &["appRoles"]),
    ("api", &["oauth2PermissionScopes"]),
    ("identifierUris", &["servicePrincipalNames"]),
    ("info", &["info"]),
    ("signInAudience", &["signInAudience"]),
    ("tags", &["tags"]),
    ("web", &["replyUrls"]),
    ("spa", &["replyUrls"]),
    ("publicClient", &["replyUrls"]),
];

/// Adds the properties that are derived.
pub(super) fn complete(tenant: &Tenant, view: &mut Properties) {
    let domain = view.entry("publisherDomain").or_insert(Value::Null);
    if domain.is_null() {
        *domain = Value::from(tenant.meta.initial_domain.as_str());
    }
    if let Some(web) = view.get_mut("web") {
        let settings: Vec<Value> = list(web.get("redirectUris"))
            .map(|uri| json!({"uri": uri, "index": null}))
            .collect();
        web["redirectUriSettings"] = Value::from(settings);
    }
    without_secrets(view);
}

/// What a read never shows.
pub(super) fn without_secrets(view: &mut Properties) {
    for (list, secret) in [
        ("passwordCredentials", "secretText"),
        ("keyCredentials", "key"),
    ] {
        if let Some(credentials) = view.get_mut(list).and_then(Value::as_array_mut) {
            for credential in credentials {
                credential[secret] = Value::Null;
            }
        }
    }
}

/// Creates an application; `unique_name` comes from the key of an upsert.
pub(super) fn create(
    tenant: &mut Tenant,
    body: Option<&Value>,
    moment: Moment,
    unique_name: Option<&str>,
) -> Result<Guid, Problem> {
    let behaviour = tenant.meta.behaviour.clone();
    let edits = body::read(Kind::Application, body, moment, &behaviour)?;
    let id = tenant.meta.dice.guid();
    let app_id = tenant.meta.dice.guid();
    let properties = schema::properties(Kind::Application);
    let base = schema::defaults(properties);
    let mut after = body::apply(Kind::Application, &base, &edits.properties, &behaviour);
    after.insert("appId".to_owned(), json!(app_id));
    if let Some(name) = unique_name {
        keyed(&mut after, "uniqueName", name, "Application")?;
    }
    if !edits.properties.contains_key("signInAudience") {
        let audience = match behaviour.default_sign_in_audience {
            DefaultAudience::MyOrg => "AzureADMyOrg",
            DefaultAudience::AnyAccount => "AzureADandPersonalMicrosoftAccount",
        };
        after.insert("signInAudience".to_owned(), Value::from(audience));
    }
    version_follows_audience(&edits, &mut after);
    settle(tenant, id, &edits, None, &mut after)?;
    tenant.create_object(id, Kind::Application, after);
    own(tenant, id, &edits)?;
    Ok(id)
}

/// Changes an application.
pub(super) fn update(tenant: &mut Tenant, id: Guid, body: Option<&Value>) -> Result<(), Problem> {
    let behaviour = tenant.meta.behaviour.clone();
    let edits = body::read(Kind::Application, body, Moment::Update, &behaviour)?;
    let before = tenant.whole_of(id);
    let mut after = body::apply(Kind::Application, &before, &edits.properties, &behaviour);
    settle(tenant, id, &edits, Some(&before), &mut after)?;
    tenant.change_object(id, after.clone());
    reflect(tenant, &before, &after);
    add_owners(tenant, id, &edits)
}

/// Moves an application to the recycle bin, and its service principal with it.
pub(super) fn delete(tenant: &mut Tenant, id: Guid) {
    let principal = tenant
        .records
        .object(id)
        .and_then(|application| application.guid("appId"))
        .and_then(|app_id| living_service_principal(tenant, app_id));
    tenant.soft_delete(id);
    if let Some(principal) = principal {
        tenant.soft_delete(principal);
    }
}

/// Checks that nobody who is alive took what the application needs while it was in the recycle bin.
pub(super) fn may_return(tenant: &Tenant, id: Guid, application: &Object) -> Result<(), Problem> {
    for uri in super::edit::texts(&application.properties, "identifierUris") {
        identifier_uris::free(tenant, id, uri)?;
    }
    Ok(())
}

/// The service principal of an application that is alive.
pub(super) fn living_service_principal(tenant: &Tenant, app_id: Guid) -> Option<Guid> {
    tenant
        .records
        .find_objects(Term::AppId(Kind::ServicePrincipal, app_id))
        .find(|(_, object)| object.deleted_ms.is_none())
        .map(|(id, _)| id)
}

/// Sets what the key of an upsert says; a body that says something else is refused.
pub(super) fn keyed(
    after: &mut Properties,
    property: &str,
    value: &str,
    resource: &str,
) -> Result<(), Problem> {
    match after.get(property).and_then(Value::as_str) {
        Some(given) if given != value => Err(Problem::invalid_value(property, resource)),
        _ => {
            after.insert(property.to_owned(), Value::from(value));
            Ok(())
        }
    }
}

/// Checks that a `uniqueName` is set once and that nobody has it; `reserved` says whether somebody in the recycle
/// bin counts.
pub(super) fn unique_name(
    tenant: &Tenant,
    kind: Kind,
    before: Option<&Properties>,
    after: &Properties,
    reserved: fn(&Tenant, &Object) -> bool,
) -> Result<(), Problem> {
    let name_of = |properties: &Properties| {
        let name = properties.get("uniqueName").and_then(Value::as_str);
        name.map(str::to_owned)
    };
    let (had, name) = (before.and_then(name_of), name_of(after));
    if had == name {
        return Ok(());
    }
    if had.is_some() {
        return Err(Problem::read_only("uniqueName"));
    }
    let Some(name) = name else {
        return Ok(());
    };
    if name.is_empty() {
        return Err(Problem::invalid_value("uniqueName", kind.resource_name()));
    }
    let case = tenant.meta.behaviour.unique_name_case;
    let taken = tenant
        .records
        .find_objects(Term::UniqueName(kind, name.to_lowercase()))
        .any(|(_, object)| {
            let same = match case {
                UniqueNameCase::Ignored => true,
                UniqueNameCase::Compared => object.text("uniqueName") == Some(&name),
            };
            same && (object.deleted_ms.is_none() || reserved(tenant, object))
        });
    if taken {
        return Err(Problem::taken("uniqueName"));
    }
    Ok(())
}

/// Links who is to own a new object: those in the body and, with the switch, whoever created it.
pub(super) fn own(tenant: &mut Tenant, id: Guid, edits: &Edits) -> Result<(), Problem> {
    add_owners(tenant, id, edits)?;
    if let (AppOnlyCreator::Owns, Some(caller)) =
        (tenant.meta.behaviour.app_only_creator, tenant.meta.caller)
        && tenant.records.living(caller).is_some()
        && !tenant.records.has_link(id, Relation::Owners, caller)
    {
        tenant.add_links(id, Relation::Owners, &[caller])?;
    }
    Ok(())
}

fn add_owners(tenant: &mut Tenant, id: Guid, edits: &Edits) -> Result<(), Problem> {
    for (relation, references) in &edits.binds {
        super::directory::add(tenant, id, *relation, references)?;
    }
    Ok(())
}

fn version_follows_audience(edits: &Edits, after: &mut Properties) {
    let given = edits
        .properties
        .get("api")
        .and_then(|api| api.get("requestedAccessTokenVersion"));
    if given.is_none() && application_rules::audience_of(after) == Ok(Audience::Personal) {
        after["api"]["requestedAccessTokenVersion"] = Value::from(2);
    }
}

/// Derives what the service derives, then checks the whole.
fn settle(
    tenant: &mut Tenant,
    id: Guid,
    edits: &Edits,
    before: Option<&Properties>,
    after: &mut Properties,
) -> Result<(), Problem> {
    redirect_uri_settings(edits, after)?;
    name_keys(tenant, after);
    let behaviour = &tenant.meta.behaviour;
    let audience = application_rules::check(before, after, behaviour)?;
    identifier_uris::check(tenant, id, before, after, audience)?;
    unique_name(tenant, Kind::Application, before, after, |_, _| true)
}

/// `redirectUriSettings` is another way to write `redirectUris`; both at once are refused.
fn redirect_uri_settings(edits: &Edits, after: &mut Properties) -> Result<(), Problem> {
    let given = edits.properties.get("web");
    let settings = given.and_then(|web| web.get("redirectUriSettings"));
    if let Some(settings) = settings.filter(|settings| list(Some(settings)).next().is_some()) {
        if given.is_some_and(|web| web.get("redirectUris").is_some()) {
            return Err(Problem::invalid_value(
                "web.redirectUriSettings",
                "Application",
            ));
        }
        let uris: Vec<Value> = list(Some(settings))
            .filter_map(|setting| setting.get("uri").cloned())
            .collect();
        after["web"]["redirectUris"] = Value::from(uris);
    }
    if let Some(web) = after.get_mut("web").and_then(Value::as_object_mut) {
        web.insert("redirectUriSettings".to_owned(), json!([]));
    }
    Ok(())
}

/// Gives certificates and keys that came without an id one.
pub(super) fn name_keys(tenant: &mut Tenant, after: &mut Properties) {
    let credentials = after
        .get_mut("keyCredentials")
        .and_then(Value::as_array_mut);
    for credential in credentials.into_iter().flatten() {
        if word(credential, "keyId").is_none() {
            credential["keyId"] = json!(tenant.meta.dice.guid());
        }
    }
}

/// Shows in the service principal what changed in the application.
fn reflect(tenant: &mut Tenant, before: &Properties, after: &Properties) {
    let app_id = after.get("appId").and_then(Value::as_str);
    let principal = app_id
        .and_then(Guid::parse)
        .and_then(|app_id| living_service_principal(tenant, app_id));
    let Some(principal) = principal else {
        return;
    };
    let changed: Vec<&str> = MIRRORED
        .iter()
        .filter(|(name, _)| before.get(*name) != after.get(*name))
        .flat_map(|(_, shown)| shown.iter().copied())
        .collect();
    if changed.contains(&"displayName") {
        let mut whole = tenant.whole_of(principal);
        let name = after.get("displayName").cloned().unwrap_or_default();
        whole.insert("displayName".to_owned(), name);
        tenant.change_object(principal, whole);
    }
    if !changed.is_empty() {
        tenant.touch(principal, &changed);
    }
    match tenant.meta.behaviour.deleting_app_role {
        DeletingAppRole::LeavesAssignments => {}
        DeletingAppRole::DeletesAssignments => drop_assignments(tenant, principal, after),
    }
}

/// Removes the assignments of app roles that are no longer there.
fn drop_assignments(tenant: &mut Tenant, resource: Guid, application: &Properties) {
    let known: Vec<Guid> = application_rules::roles(application)
        .into_iter()
        .filter_map(|role| word(role, "id").and_then(Guid::parse))
        .chain([Guid::ZERO])
        .collect();
    let gone: Vec<Key> = tenant
        .records
        .find(Term::Resource(resource), None)
        .filter(|key| match key {
            Key::Assignment(id) => tenant
                .records
                .assignment(id)
                .is_some_and(|assignment| !known.contains(&assignment.role)),
            _ => false,
        })
        .cloned()
        .collect();
    for key in gone {
        tenant.records.put(key, None);
    }
}

/// `addPassword`: the only time at which the secret is shown.
pub(super) fn add_password(
    tenant: &mut Tenant,
    id: Guid,
    body: Option<&Value>,
) -> Result<Value, Problem> {
    let given = body.and_then(|body| body.get("passwordCredential"));
    let given = given.cloned().unwrap_or_else(|| json!({}));
    let time = |name: &str, otherwise: i64| match given.get(name) {
        None | Some(Value::Null) => Ok(otherwise),
        Some(value) => value
            .as_str()
            .and_then(moment::parse)
            .ok_or_else(|| Problem::invalid_value(name, "PasswordCredential")),
    };
    let start = time("startDateTime", tenant.meta.now_ms)?;
    let end = time("endDateTime", start + 2 * 365 * 86_400_000)?;
    if end <= start {
        return Err(Problem::invalid_value("endDateTime", "PasswordCredential"));
    }
    let mut whole = tenant.whole_of(id);
    let personal = application_rules::audience_of(&whole) == Ok(Audience::Personal);
    if personal && list(whole.get("passwordCredentials")).count() >= 2 {
        return Err(Problem::too_large());
    }
    let secret = secret(tenant);
    let mut credential = json!({
        "customKeyIdentifier": given.get("customKeyIdentifier"),
        "displayName": given.get("displayName"),
        "endDateTime": moment::fraction(end),
        "hint": secret.get(..3),
        "keyId": tenant.meta.dice.guid(),
        "secretText": null,
        "startDateTime": moment::fraction(start),
    });
    if let Some(credentials) = whole
        .get_mut("passwordCredentials")
        .and_then(Value::as_array_mut)
    {
        credentials.push(credential.clone());
    }
    tenant.change_object(id, whole);
    credential["secretText"] = Value::from(secret);
    Ok(credential)
}

/// `removePassword` and `removeKey`: takes the credential with this id away.
pub(super) fn remove_credential(
    tenant: &mut Tenant,
    id: Guid,
    collection: &str,
    body: Option<&Value>,
) -> Result<(), Problem> {
    let key = body
        .and_then(|body| word(body, "keyId"))
        .and_then(Guid::parse)
        .ok_or_else(|| Problem::required("keyId", "Credential"))?
        .to_string();
    let mut whole = tenant.whole_of(id);
    let credentials = whole.get_mut(collection).and_then(Value::as_array_mut);
    let Some(credentials) = credentials else {
        return Err(Problem::invalid_values());
    };
    let before = credentials.len();
    credentials.retain(|credential| word(credential, "keyId") != Some(&key));
    if credentials.len() == before {
        return Err(Problem::bad(format!(
            "No credentials found to be removed with keyId '{key}'."
        )));
    }
    tenant.change_object(id, whole);
    Ok(())
}

fn secret(tenant: &mut Tenant) -> String {
    const SIGNS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789~._-";
    (0..40)
        .map(|_| {
            let at = tenant.meta.dice.next() % SIGNS.len() as u64;
            char::from(SIGNS[usize::try_from(at).unwrap_or(0)])
        })
        .collect()
}
