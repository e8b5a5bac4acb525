//! Service principals: creating and changing them, and what they show of their application.

use serde_json::{Value, json};

use crate::graph::facts;

use super::application_rules;
use super::applications;
use super::body::{self, Moment};
use super::edit::{list, texts};
use super::first_party;
use super::guid::Guid;
use super::problem::Problem;
use super::record::{Kind, Object, Properties, Term};
use super::schema;
use super::tenant::Tenant;

const RESOURCE: &str = "ServicePrincipal";

/// The application in this tenant that a service principal stands for, preferably alive.
pub(super) fn backing(tenant: &Tenant, object: &Object) -> Option<Guid> {
    match object.kind {
        Kind::ServicePrincipal => {}
        Kind::Application
        | Kind::Group
        | Kind::User
        | Kind::AdministrativeUnit
        | Kind::Device
        | Kind::OrgContact
        | Kind::Unknown => return None,
    }
    application_of(tenant, object.guid("appId")?).map(|(id, _)| id)
}

/// Adds what the application says, or what a foreign one said when it came.
pub(super) fn complete(tenant: &Tenant, view: &mut Properties, application: Option<&Object>) {
    if let Some(application) = application {
        mirror(tenant, view, &application.properties);
    }
    if view.get("servicePrincipalNames") == Some(&json!([])) {
        let names: Vec<Value> = view.get("appId").cloned().into_iter().collect();
        view.insert("servicePrincipalNames".to_owned(), Value::from(names));
    }
    if view.get("appDisplayName").is_none_or(Value::is_null) {
        let name = view.get("displayName").cloned().unwrap_or_default();
        view.insert("appDisplayName".to_owned(), name);
    }
    applications::without_secrets(view);
}

fn mirror(tenant: &Tenant, view: &mut Properties, stored: &Properties) {
    let whole = schema::whole(Kind::Application, stored);
    let of = |name: &str| whole.get(name).cloned().unwrap_or_default();
    for (name, value) in [
        ("displayName", of("displayName")),
        ("appDisplayName", of("displayName")),
        ("appDescription", of("description")),
        ("appRoles", of("appRoles")),
        ("info", of("info")),
        ("signInAudience", of("signInAudience")),
        ("verifiedPublisher", of("verifiedPublisher")),
        ("applicationTemplateId", of("applicationTemplateId")),
        ("disabledByMicrosoftStatus", of("disabledByMicrosoftStatus")),
        ("appOwnerOrganizationId", json!(tenant.meta.tenant_id)),
    ] {
        view.insert(name.to_owned(), value);
    }
    let scopes: Vec<Value> = application_rules::scopes(&whole)
        .into_iter()
        .cloned()
        .collect();
    view.insert("oauth2PermissionScopes".to_owned(), Value::from(scopes));
    let mut names = vec![of("appId")];
    names.extend(list(whole.get("identifierUris")).cloned());
    view.insert("servicePrincipalNames".to_owned(), Value::from(names));
    let urls: Vec<Value> = ["web", "spa", "publicClient"]
        .iter()
        .filter_map(|platform| whole.get(*platform))
        .flat_map(|platform| list(platform.get("redirectUris")))
        .cloned()
        .collect();
    view.insert("replyUrls".to_owned(), Value::from(urls));
    let mut tags: Vec<String> = texts(&whole, "tags").map(str::to_owned).collect();
    for tag in texts(view, "tags") {
        if !tags.iter().any(|known| known == tag) {
            tags.push(tag.to_owned());
        }
    }
    view.insert("tags".to_owned(), json!(tags));
}

/// The display name that reads show of an object, without making its whole view.
pub(super) fn shown_name(tenant: &Tenant, id: Guid) -> Option<&str> {
    let object = tenant.seen_object(id)?;
    let application = backing(tenant, object).and_then(|id| tenant.seen_mirror(id));
    application.unwrap_or(object).text("displayName")
}

/// The app roles that a service principal shows.
pub(super) fn shown_app_roles(tenant: &Tenant, id: Guid) -> Vec<&Value> {
    let Some(object) = tenant.seen_object(id) else {
        return Vec::new();
    };
    let application = backing(tenant, object).and_then(|id| tenant.seen_mirror(id));
    application_rules::roles(&application.unwrap_or(object).properties)
}

/// Creates a service principal; `app_id` comes from the key of an upsert.
pub(super) fn create(
    tenant: &mut Tenant,
    body: Option<&Value>,
    moment: Moment,
    app_id: Option<&str>,
) -> Result<Guid, Problem> {
    let behaviour = tenant.meta.behaviour.clone();
    let edits = body::read(Kind::ServicePrincipal, body, moment, &behaviour)?;
    let base = schema::defaults(schema::properties(Kind::ServicePrincipal));
    let mut after = body::apply(Kind::ServicePrincipal, &base, &edits.properties, &behaviour);
    if let Some(app_id) = app_id {
        let app_id = Guid::parse(app_id)
            .ok_or_else(|| Problem::no_backing_application(app_id))?
            .to_string();
        applications::keyed(&mut after, "appId", &app_id, RESOURCE)?;
    }
    let app_id = after
        .get("appId")
        .and_then(Value::as_str)
        .and_then(Guid::parse)
        .ok_or_else(|| Problem::required("appId", RESOURCE))?;
    let text = app_id.to_string();
    let name = match application_of(tenant, app_id) {
        Some((application, Backing::Ready)) => tenant
            .records
            .living(application)
            .and_then(|application| application.properties.get("displayName").cloned())
            .unwrap_or_default(),
        Some((_, Backing::Unusable)) => return Err(Problem::no_backing_application(&text)),
        None => {
            after.extend(first_party::properties(&text));
            after.get("displayName").cloned().unwrap_or_default()
        }
    };
    after.insert("displayName".to_owned(), name);
    free(tenant, app_id)?;
    settle(tenant, &mut after)?;
    let id = tenant.meta.dice.guid();
    tenant.create_object(id, Kind::ServicePrincipal, after);
    applications::own(tenant, id, &edits)?;
    Ok(id)
}

/// Changes a service principal.
pub(super) fn update(tenant: &mut Tenant, id: Guid, body: Option<&Value>) -> Result<(), Problem> {
    let behaviour = tenant.meta.behaviour.clone();
    let edits = body::read(Kind::ServicePrincipal, body, Moment::Update, &behaviour)?;
    if edits.properties.is_empty() && edits.binds.is_empty() {
        return Ok(());
    }
    if !edits.binds.is_empty() || !edits.properties.keys().all(|name| is_tenants_own(name)) {
        may_write(tenant, id)?;
    }
    let before = tenant.whole_of(id);
    let mut after = body::apply(
        Kind::ServicePrincipal,
        &before,
        &edits.properties,
        &behaviour,
    );
    settle(tenant, &mut after)?;
    tenant.change_object(id, after);
    for (relation, references) in &edits.binds {
        super::directory::add(tenant, id, *relation, references)?;
    }
    Ok(())
}

/// What every tenant decides for itself, on Microsoft's own service principals too: whether people can sign in, and
/// who (learn.microsoft.com, "Disable user sign-in for an application" and "Restrict your app to a set of users").
fn is_tenants_own(property: &str) -> bool {
    matches!(
        property,
        "accountEnabled" | "appRoleAssignmentRequired" | "notes" | "tags"
    )
}

/// Microsoft's own service principals are not anybody else's to change.
pub(super) fn may_write(tenant: &Tenant, id: Guid) -> Result<(), Problem> {
    let owner = tenant
        .records
        .object(id)
        .and_then(|object| object.text("appOwnerOrganizationId"));
    match owner {
        Some(facts::MICROSOFT_SERVICES_TENANT | facts::MICROSOFT_CORPORATE_TENANT) => {
            Err(Problem::denied())
        }
        _ => Ok(()),
    }
}

/// A service principal comes back only to a living application whose name nobody took meanwhile.
pub(super) fn may_return(tenant: &Tenant, object: &Object) -> Result<(), Problem> {
    let Some(app_id) = object.guid("appId") else {
        return Ok(());
    };
    let local = object
        .text("appOwnerOrganizationId")
        .is_none_or(|owner| owner == tenant.meta.tenant_id);
    let alive = tenant
        .records
        .find_objects(Term::AppId(Kind::Application, app_id))
        .any(|(_, application)| application.deleted_ms.is_none());
    if local && !alive {
        return Err(Problem::restore_without_application(&app_id.to_string()));
    }
    free(tenant, app_id)
}

/// Whether an application of this tenant can get a service principal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Backing {
    Ready,
    /// Deleted, or not replicated yet.
    Unusable,
}

fn application_of(tenant: &Tenant, app_id: Guid) -> Option<(Guid, Backing)> {
    let mut found = None;
    for (id, object) in tenant
        .records
        .find_objects(Term::AppId(Kind::Application, app_id))
    {
        let seen = tenant
            .seen_object(id)
            .is_some_and(|object| object.deleted_ms.is_none());
        if seen && object.deleted_ms.is_none() {
            return Some((id, Backing::Ready));
        }
        found = Some((id, Backing::Unusable));
    }
    found
}

fn free(tenant: &Tenant, app_id: Guid) -> Result<(), Problem> {
    match applications::living_service_principal(tenant, app_id) {
        Some(_) => Err(Problem::service_principal_in_use(&app_id.to_string())),
        None => Ok(()),
    }
}

fn settle(tenant: &mut Tenant, after: &mut Properties) -> Result<(), Problem> {
    applications::name_keys(tenant, after);
    application_rules::tags(after, RESOURCE)?;
    application_rules::key_credentials(after, RESOURCE)?;
    let mode = after
        .get("preferredSingleSignOnMode")
        .and_then(Value::as_str);
    let known = ["password", "saml", "notSupported", "oidc"];
    if mode.is_some_and(|mode| !known.contains(&mode)) {
        return Err(Problem::invalid_value(
            "preferredSingleSignOnMode",
            RESOURCE,
        ));
    }
    Ok(())
}
