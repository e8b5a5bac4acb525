//! `identifier-uri`: identifier URIs that the tenant would refuse.
//!
//! learn.microsoft.com, "identifier URI restrictions": since 2025 the default policy of every tenant refuses URIs
//! that name neither the application, nor the tenant, nor one of its verified domains, unless the application asks
//! for tokens of version 2 or signs people in by SAML. It looks only at URIs that are added.

use super::{Case, Guardrail};
use crate::address::Address;
use crate::finding::Finding;
use crate::object::{DesiredObject, Management, ObservedObject, Value};

pub(super) static GUARDRAIL: Guardrail = Guardrail {
    name: "identifier-uri",
    code: "IDAC303",
    doc: "An identifier URI names the application, the tenant or one of its verified domains.",
    check,
};

const REMEDY: &str = "write `api://${self.appId}`, `api://${tenant.id}/…` or a verified domain, or set \
                      `api.requestedAccessTokenVersion: 2`";

fn check(case: &Case<'_>) -> Vec<Finding> {
    case.desired
        .objects
        .values()
        .filter(|object| object.management == Management::Managed)
        .flat_map(|object| check_object(case, object))
        .collect()
}

fn check_object(case: &Case<'_>, object: &DesiredObject) -> Vec<Finding> {
    let Some(property) = object.properties.get("identifierUris") else {
        return Vec::new();
    };
    let observed = case.observed(&object.address);
    let stored: &[Value] = observed
        .and_then(|observed| observed.properties.get("identifierUris"))
        .map_or(&[], Value::items);
    let policy = policy(case, object, observed);
    let mut findings = Vec::new();
    for item in property.value.items() {
        let app_id = observed.and_then(|observed| observed.text("appId"));
        let uri = known_text(case, &object.address, app_id, item);
        if stored.contains(&Value::text(&uri)) {
            continue;
        }
        if let Err(why) = judge(&uri, &Names { case, app_id }, policy) {
            let written = match item {
                Value::Computed(template) => template.to_string(),
                _ => uri,
            };
            let message = format!("the tenant refuses the identifier URI `{written}`: {why}");
            findings.push(Finding::error(
                GUARDRAIL.code,
                &property.origin,
                message,
                REMEDY,
            ));
        }
    }
    findings
}

/// Whether the stricter policy looks at the application.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Policy {
    Strict,
    Exempt,
}

fn policy(case: &Case<'_>, object: &DesiredObject, observed: Option<&ObservedObject>) -> Policy {
    let version = match object.properties.get("api.requestedAccessTokenVersion") {
        Some(desired) => Some(&desired.value),
        None => observed
            .and_then(|observed| observed.properties.get("api"))
            .and_then(|api| api.get("requestedAccessTokenVersion")),
    };
    let service_principal = object.address.part("servicePrincipal");
    let sign_in = case
        .desired
        .objects
        .get(&service_principal)
        .and_then(|desired| desired.properties.get("preferredSingleSignOnMode"))
        .and_then(|mode| mode.value.as_text());
    if version == Some(&Value::Integer(2)) || sign_in == Some("saml") {
        Policy::Exempt
    } else {
        Policy::Strict
    }
}

/// Stands for the `appId` of an application that is not there yet, as Graph will write it.
const APP_ID: &str = "00000000-0000-0000-0000-00000000000a";
/// Stands for what another object will have.
const OTHER: &str = "other";

fn known_text(case: &Case<'_>, address: &Address, app_id: Option<&str>, item: &Value) -> String {
    let find = |of: &Address, property: &str| {
        let text = match (of.as_str(), property) {
            ("tenant/this", "id") => case.snapshot.tenant.as_str(),
            ("tenant/this", "domain") => {
                case.snapshot.domains.first().map_or(OTHER, String::as_str)
            }
            (_, "appId") if of == address => app_id.unwrap_or(APP_ID),
            _ => OTHER,
        };
        Some(text.to_owned())
    };
    item.known(&find).as_text().unwrap_or_default().to_owned()
}

/// What a URI may name.
struct Names<'a> {
    case: &'a Case<'a>,
    app_id: Option<&'a str>,
}

impl Names<'_> {
    fn is_app_id(&self, segment: &str) -> bool {
        segment.eq_ignore_ascii_case(self.app_id.unwrap_or(APP_ID))
    }

    fn is_tenant_id(&self, segment: &str) -> bool {
        segment.eq_ignore_ascii_case(self.case.snapshot.tenant.as_str())
    }

    /// Whether the host is a verified domain or lies below one.
    fn is_verified(&self, host: &str) -> bool {
        let host = host.to_lowercase();
        self.case.snapshot.domains.iter().any(|domain| {
            let domain = domain.to_lowercase();
            host == domain || host.ends_with(&format!(".{domain}"))
        })
    }
}

fn judge(uri: &str, names: &Names<'_>, policy: Policy) -> Result<(), &'static str> {
    if uri.ends_with('/') {
        return Err("it ends with a slash");
    }
    if uri.contains('*') {
        return Err("it has a wildcard");
    }
    if uri.chars().count() > 255 {
        return Err("it is longer than 255 characters");
    }
    let (scheme, rest) = uri.split_once("://").unwrap_or(("", uri));
    let mut segments = rest.split('/');
    let first = segments.next().unwrap_or_default();
    let is_named = match scheme {
        "http" | "https" if names.is_verified(first.split(':').next().unwrap_or_default()) => true,
        "http" | "https" => return Err("its host is not a verified domain of the tenant"),
        "api" => {
            names.is_app_id(first)
                || names.is_tenant_id(first)
                || names.is_verified(first)
                || segments
                    .next_back()
                    .is_some_and(|last| names.is_app_id(last))
        }
        _ => false,
    };
    match (is_named, policy) {
        (true, _) | (false, Policy::Exempt) => Ok(()),
        (false, Policy::Strict) => {
            Err("it names neither the application, nor the tenant, nor a verified domain")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::examples::{Example, TENANT};
    use crate::object::Template;

    const PAYMENTS: &str = "application/payments-api";

    fn uris(uris: &[&str]) -> Example {
        let address = Address::parse(PAYMENTS).expect("an address");
        let values = uris
            .iter()
            .map(|uri| {
                let template = Template::parse(uri).expect("a template");
                Value::Computed(template).known(&|_, _| None)
            })
            .collect();
        let mut example = Example::new();
        example.desire("application", &address);
        example.desire_property(&address, "identifierUris", Value::List(values));
        example
    }

    #[test]
    fn a_uri_that_names_nothing_of_the_tenant_is_refused_at_its_line() {
        assert_eq!(
            uris(&["api://payments"]).messages(check),
            [
                "identities/payments-api.yaml:1: the tenant refuses the identifier URI `api://payments`: it names \
              neither the application, nor the tenant, nor a verified domain"
            ]
        );
    }

    #[test]
    fn a_uri_is_shown_as_it_is_written() {
        assert_eq!(
            uris(&["api://${application/other.appId}"]).messages(check),
            [
                "identities/payments-api.yaml:1: the tenant refuses the identifier URI \
              `api://${application/other.appId}`: it names neither the application, nor the tenant, nor a verified \
              domain"
            ]
        );
    }

    #[test]
    fn uris_that_name_the_application_the_tenant_or_a_verified_domain_are_fine() {
        let by_tenant = format!("api://{TENANT}/payments");
        let example = uris(&[
            "api://${application/payments-api.appId}",
            "api://payments/${application/payments-api.appId}",
            "api://${tenant/this.id}/payments",
            &by_tenant,
            "https://contoso.onmicrosoft.com/payments",
            "https://pay.contoso.com",
            "api://pay.contoso.com/v1",
        ]);
        assert_eq!(example.messages(check), [""; 0]);
    }

    #[test]
    fn a_host_that_nobody_verified_is_refused_whatever_the_version() {
        let mut example = uris(&["https://notcontoso.com/x", "api://x/"]);
        version(&mut example, 2);
        assert_eq!(
            example.messages(check),
            [
                "identities/payments-api.yaml:1: the tenant refuses the identifier URI `https://notcontoso.com/x`: \
              its host is not a verified domain of the tenant",
                "identities/payments-api.yaml:1: the tenant refuses the identifier URI `api://x/`: it ends with a \
              slash"
            ]
        );
    }

    #[test]
    fn an_application_with_tokens_of_version_two_is_exempt() {
        let mut example = uris(&["api://payments"]);
        version(&mut example, 1);
        assert_eq!(example.messages(check).len(), 1);
        version(&mut example, 2);
        assert_eq!(example.messages(check), [""; 0]);
    }

    #[test]
    fn a_uri_that_is_there_already_is_fine() {
        let mut example = uris(&["api://payments"]);
        let address = Address::parse(PAYMENTS).expect("an address");
        let stored = Value::List(vec![Value::text("api://payments")]);
        example
            .observe("application", &address)
            .properties
            .insert("identifierUris".to_owned(), stored);
        assert_eq!(example.messages(check), [""; 0]);
    }

    fn version(example: &mut Example, version: i64) {
        let address = Address::parse(PAYMENTS).expect("an address");
        let path = "api.requestedAccessTokenVersion";
        example.desire_property(&address, path, Value::Integer(version));
    }
}
