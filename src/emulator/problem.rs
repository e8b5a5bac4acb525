//! What Graph refuses, with the status, code and message that it documents for each case.

use serde_json::{Value, json};

use crate::graph::Response;

use super::record::Relation;

/// A refusal before it has its request ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) status: u16,
    pub(super) code: String,
    pub(super) message: String,
    pub(super) details: Vec<Detail>,
}

/// One entry of `error.details`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Detail {
    pub(super) code: String,
    pub(super) message: String,
    pub(super) target: String,
}

/// What an answer carries so that a support case can name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Correlation {
    pub(super) request_id: String,
    pub(super) client_request_id: String,
    /// The virtual clock, without a zone.
    pub(super) date: String,
}

const BAD_REQUEST: &str = "Request_BadRequest";
const SAME_KEY: &str = "Request_MultipleObjectsWithSameKeyValue";

impl Problem {
    pub(super) fn new(status: u16, code: &str, message: impl Into<String>) -> Problem {
        Problem {
            status,
            code: code.to_owned(),
            message: message.into(),
            details: Vec::new(),
        }
    }

    /// 400 `Request_BadRequest`.
    pub(super) fn bad(message: impl Into<String>) -> Problem {
        Problem::new(400, BAD_REQUEST, message)
    }

    /// The same refusal with one entry of `error.details`.
    pub(super) fn with_detail(mut self, code: &str, target: &str) -> Problem {
        self.details.push(Detail {
            code: code.to_owned(),
            message: self.message.clone(),
            target: target.to_owned(),
        });
        self
    }

    pub(super) fn invalid_values() -> Problem {
        Problem::bad("One or more property values specified are invalid.")
    }

    pub(super) fn invalid_value(property: &str, resource: &str) -> Problem {
        Problem::bad(format!(
            "Invalid value specified for property '{property}' of resource '{resource}'."
        ))
        .with_detail("InvalidValue", property)
    }

    pub(super) fn required(property: &str, resource: &str) -> Problem {
        Problem::bad(format!(
            "A value is required for property '{property}' of resource '{resource}'."
        ))
        .with_detail("MissingValue", property)
    }

    pub(super) fn read_only(property: &str) -> Problem {
        Problem::bad(format!(
            "Property '{property}' is read-only and cannot be set."
        ))
    }

    pub(super) fn unexpected_contents(property: &str) -> Problem {
        Problem::bad("Unexpected contents in request body.").with_detail("UnknownValue", property)
    }

    pub(super) fn taken(property: &str) -> Problem {
        Problem::bad(format!(
            "Another object with the same value for property {property} already exists."
        ))
        .with_detail("ObjectConflict", property)
    }

    pub(super) fn taken_uri_conflict() -> Problem {
        Problem::new(
            409,
            SAME_KEY,
            "Another object with the same value for property identifierUris already exists.",
        )
    }

    pub(super) fn duplicate_values(target: &str) -> Problem {
        Problem::new(
            400,
            "DuplicateValue",
            "Request contains a property with duplicate values.",
        )
        .with_detail("DuplicateValue", target)
    }

    pub(super) fn already_linked(relation: Relation) -> Problem {
        Problem::bad(format!(
            "One or more added object references already exist for the following modified properties: '{}'.",
            relation.name()
        ))
    }

    pub(super) fn not_linked(relation: Relation) -> Problem {
        Problem::bad(format!(
            "One or more removed object references do not exist for the following modified properties: '{}'.",
            relation.name()
        ))
    }

    pub(super) fn last_owner() -> Problem {
        Problem::bad("The group must have at least one owner, hence this owner cannot be removed.")
    }

    pub(super) fn not_a_valid_reference() -> Problem {
        Problem::bad("Not a valid reference update")
    }

    pub(super) fn assigned_already() -> Problem {
        Problem::bad("Permission being assigned already exists on the object")
    }

    pub(super) fn app_role_not_found(app_id: &str) -> Problem {
        Problem::bad(format!(
            "Permission being assigned was not found on application '{app_id}'"
        ))
    }

    pub(super) fn entitlement_exists() -> Problem {
        Problem::new(409, SAME_KEY, "EntitlementGrant entry already exists.")
    }

    pub(super) fn entitlement_missing() -> Problem {
        Problem::bad("EntitlementGrant being updated or deleted is not found.")
    }

    pub(super) fn invalid_entitlement_id() -> Problem {
        Problem::bad("Invalid resource identifier for EntitlementGrant.")
    }

    pub(super) fn conflicting_object() -> Problem {
        Problem::bad(
            "A conflicting object with one or more of the specified property values is present in the directory.",
        )
    }

    pub(super) fn enabled_entitlement(target: &str) -> Problem {
        Problem::new(
            400,
            "CannotDeleteOrUpdateEnabledEntitlement",
            "Permission (scope or role) cannot be deleted or updated unless disabled first.",
        )
        .with_detail("CannotDeleteOrUpdateEnabledEntitlement", target)
    }

    pub(super) fn unknown_pre_authorized() -> Problem {
        Problem::bad(
            "Property api.preAuthorizedApplications.delegatedPermissionIds has a Permission Id that cannot be found in the AppPermissions sets.",
        )
        .with_detail("InvalidValue", "api.preAuthorizedApplications.delegatedPermissionIds")
    }

    pub(super) fn unverified_host(uri: &str) -> Problem {
        Problem::new(
            400,
            "HostNameNotOnVerifiedDomain",
            format!(
                "Values of identifierUris property must use a verified domain of the organization or its subdomain: '{uri}'"
            ),
        )
        .with_detail("HostNameNotOnVerifiedDomain", "identifierUris")
    }

    pub(super) fn refused_uri(uri: &str) -> Problem {
        Problem::bad(format!(
            "Failed to add identifier URI {uri}. All newly added URIs must contain a tenant verified domain, tenant ID, or app ID, as per the default tenant policy of your organization. See https://aka.ms/identifier-uri-addition-error for more information on this error."
        ))
    }

    pub(super) fn uri_ends_with_slash() -> Problem {
        Problem::new(
            400,
            "IdentifierUrisEndsWithSlash",
            "Values of identifierUris property cannot end with a slash.",
        )
        .with_detail("IdentifierUrisEndsWithSlash", "identifierUris")
    }

    pub(super) fn federated_pair(issuer: &str, subject: &str) -> Problem {
        Problem::new(
            400,
            "InvalidFederatedIdentityCredentialValue",
            format!(
                "The combination of issuer and subject must be unique for the application. Issuer {issuer} and Subject: {subject} already exist. paramName: FederatedIdentityCredential.Subject, paramValue: {subject}, objectType: Microsoft.Online.DirectoryServices.Application"
            ),
        )
    }

    pub(super) fn federated_name(name: &str) -> Problem {
        Problem::new(
            409,
            SAME_KEY,
            format!("FederatedIdentityCredential with name {name} already exists."),
        )
    }

    pub(super) fn federated_limit() -> Problem {
        Problem::bad(
            "The number of federated identity credentials for the application exceeds the maximum of 20.",
        )
    }

    pub(super) fn service_principal_in_use(app_id: &str) -> Problem {
        Problem::new(
            409,
            SAME_KEY,
            format!(
                "The service principal cannot be created, updated, or restored because the service principal name {app_id} is already in use."
            ),
        )
    }

    pub(super) fn no_backing_application(app_id: &str) -> Problem {
        Problem::bad(format!(
            "The appId '{app_id}' of the service principal does not reference a valid application object."
        ))
        .with_detail("NoBackingApplicationObject", "appId")
    }

    pub(super) fn restore_without_application(app_id: &str) -> Problem {
        Problem::bad(format!(
            "Cannot restore ServicePrincipal without backing Application {app_id}"
        ))
    }

    pub(super) fn permission_entry_exists() -> Problem {
        Problem::new(409, SAME_KEY, "Permission entry already exists.")
    }

    pub(super) fn concurrent() -> Problem {
        Problem::new(
            409,
            "Directory_ConcurrencyViolation",
            "Error due to concurrent requests being made to the tenant. Please wait briefly and retry.",
        )
    }

    pub(super) fn denied() -> Problem {
        Problem::new(
            403,
            "Authorization_RequestDenied",
            "Insufficient privileges to complete the operation.",
        )
    }

    pub(super) fn too_many_links(count: usize, relation: Relation) -> Problem {
        Problem::new(
            403,
            "Directory_QuotaExceeded",
            format!(
                "Unable to perform operation as '{count}' would exceed the maximum quota count '100' for forward-link '{}'.",
                relation.name()
            ),
        )
    }

    pub(super) fn too_large() -> Problem {
        Problem::new(
            403,
            "Directory_ResourceSizeExceeded",
            "The size of the object has exceeded its limit. Please reduce the number of values and retry your request.",
        )
    }

    /// Missing, or not replicated yet: Graph does not tell which.
    pub(super) fn not_found(id: &str) -> Problem {
        Problem::new(
            404,
            "Request_ResourceNotFound",
            format!(
                "Resource '{id}' does not exist or one of its queried reference-property objects are not present."
            ),
        )
    }

    pub(super) fn method_not_allowed() -> Problem {
        Problem::new(
            405,
            BAD_REQUEST,
            "Specified HTTP method is not allowed for the request target.",
        )
    }

    pub(super) fn no_direct_queries() -> Problem {
        Problem::bad("Direct queries to this resource type are not supported.")
    }

    pub(super) fn invalid_object_id(text: &str) -> Problem {
        Problem::bad(format!("Invalid object identifier '{text}'."))
    }

    /// A body that is no JSON object, or does not say that it is JSON.
    pub(super) fn unreadable_payload() -> Problem {
        Problem::new(
            400,
            "BadRequest",
            "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.",
        )
    }

    /// The OData parser's refusals have no `Request_` prefix.
    pub(super) fn unknown_segment(segment: &str) -> Problem {
        Problem::new(
            400,
            "BadRequest",
            format!("Resource not found for the segment '{segment}'."),
        )
    }

    pub(super) fn malformed_url(why: &str) -> Problem {
        Problem::new(400, "BadRequest", why)
    }

    /// The answer with Graph's error body.
    pub(super) fn into_response(self, correlation: &Correlation) -> Response {
        let mut error = json!({
            "code": self.code,
            "message": self.message,
            "innerError": {
                "date": correlation.date,
                "request-id": correlation.request_id,
                "client-request-id": correlation.client_request_id,
            },
        });
        if !self.details.is_empty() {
            let details: Vec<Value> = self
                .details
                .iter()
                .map(|detail| {
                    json!({"code": detail.code, "message": detail.message, "target": detail.target})
                })
                .collect();
            error["details"] = Value::from(details);
        }
        let mut response = Response::new(self.status);
        response.body = Some(json!({ "error": error }));
        response
    }
}
