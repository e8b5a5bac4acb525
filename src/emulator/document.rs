//! The entities that are no directory objects and have a path of their own: policies, locations, schedules. Each sort
//! of them is a row of a table: where it is, what it declares, which requests it takes, and what it checks.

use serde::{Deserialize, Serialize};

use super::conditional_access;
use super::declared_policies as declared;
use super::declared_schedules;
use super::filterable::{self, EQ, IN, Rule, STARTS, rule};
use super::guid::Guid;
use super::policies;
use super::problem::Problem;
use super::record::{Kind, Properties};
use super::schema::Property;
use super::tenant::Tenant;

/// The sorts of documents. Those that are below something have its object id as their parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum DocumentSet {
    NamedLocation,
    ConditionalAccessPolicy,
    AuthenticationStrengthPolicy,
    AppManagementPolicy,
    DefaultAppManagementPolicy,
    ClaimsMappingPolicy,
    TokenLifetimePolicy,
    TokenIssuancePolicy,
    HomeRealmDiscoveryPolicy,
    /// Which policy an object has; the id is the policy's.
    PolicyLink,
    PermissionClassification,
    ExtensionProperty,
    UserFlowAttribute,
    RoleEligibilityRequest,
    RoleEligibilitySchedule,
    RoleAssignmentRequest,
    RoleAssignmentSchedule,
    GroupEligibilityRequest,
    GroupEligibilitySchedule,
    GroupAssignmentRequest,
    GroupAssignmentSchedule,
}

/// What a write is about to leave.
pub(super) struct Draft<'a> {
    pub(super) id: &'a str,
    pub(super) parent: Guid,
    /// Absent when the document is created.
    pub(super) before: Option<&'a Properties>,
    pub(super) after: Properties,
}

/// Checks and completes a draft.
pub(super) type Settle = fn(&mut Tenant, &mut Draft<'_>) -> Result<(), Problem>;

/// Whether something may be deleted, and what goes with it.
pub(super) type Forget = fn(&mut Tenant, &str, &Properties) -> Result<(), Problem>;

/// One row of the table.
pub(super) struct Sort {
    pub(super) set: DocumentSet,
    /// Below the version root; of a sort below an object, the last segment only.
    pub(super) path: &'static str,
    pub(super) below: Option<Kind>,
    /// The name in the CSDL.
    pub(super) type_name: &'static str,
    /// The name that messages give the resource.
    pub(super) resource: &'static str,
    pub(super) declared: &'static [Property],
    /// The types of which one must be named in `@odata.type`, each with what only it has.
    pub(super) derived: &'static [(&'static str, &'static [&'static str])],
    pub(super) required: &'static [&'static str],
    pub(super) verbs: u8,
    pub(super) filters: &'static [Rule],
    pub(super) settle: Settle,
    pub(super) forget: Forget,
}

/// The requests that a sort takes beside GET.
pub(super) const POST: u8 = 1;
pub(super) const PATCH: u8 = 2;
pub(super) const DELETE: u8 = 4;
const WRITES: u8 = POST | PATCH | DELETE;

const POLICY_FILTERS: &[Rule] = &[
    rule("id", EQ | IN, filterable::NONE),
    rule("displayName", EQ | IN | STARTS, filterable::NONE),
];
const CONDITIONAL_FILTERS: &[Rule] = &[
    rule("id", EQ | IN, filterable::NONE),
    rule("displayName", EQ | IN | STARTS, filterable::NONE),
    rule("state", EQ, filterable::NONE),
    rule("createdDateTime", EQ | filterable::ORDER, filterable::NONE),
    rule("modifiedDateTime", EQ | filterable::ORDER, filterable::NONE),
];
const SCHEDULE_FILTERS: &[Rule] = &[
    rule("id", EQ | IN, filterable::NONE),
    rule("accessId", EQ, filterable::NONE),
    rule("action", EQ, filterable::NONE),
    rule("assignmentType", EQ, filterable::NONE),
    rule("directoryScopeId", EQ | IN, filterable::NONE),
    rule("groupId", EQ | IN, filterable::NONE),
    rule("memberType", EQ, filterable::NONE),
    rule("principalId", EQ | IN, filterable::NONE),
    rule("roleDefinitionId", EQ | IN, filterable::NONE),
    rule("status", EQ | IN, filterable::NONE),
    rule("targetScheduleId", EQ, filterable::NONE),
];
const NO_FILTERS: &[Rule] = &[];

const fn sort(set: DocumentSet, path: &'static str, type_name: &'static str) -> Sort {
    Sort {
        set,
        path,
        below: None,
        type_name,
        resource: type_name,
        declared: &[],
        derived: &[],
        required: &[],
        verbs: WRITES,
        filters: NO_FILTERS,
        settle: nothing_to_settle,
        forget: nothing_to_forget,
    }
}

const fn token_policy(
    set: DocumentSet,
    path: &'static str,
    type_name: &'static str,
    resource: &'static str,
) -> Sort {
    Sort {
        resource,
        declared: declared::TOKEN_POLICY,
        required: &["definition", "displayName"],
        filters: POLICY_FILTERS,
        settle: policies::settle_token_policy,
        forget: policies::forget,
        ..sort(set, path, type_name)
    }
}

pub(super) const SORTS: &[Sort] = &[
    Sort {
        declared: declared::NAMED_LOCATION,
        derived: &[
            ("ipNamedLocation", &["isTrusted", "ipRanges"]),
            (
                "countryNamedLocation",
                &[
                    "countriesAndRegions",
                    "countryLookupMethod",
                    "includeUnknownCountriesAndRegions",
                ],
            ),
        ],
        required: &["displayName"],
        filters: CONDITIONAL_FILTERS,
        settle: conditional_access::settle_location,
        forget: conditional_access::forget_location,
        ..sort(
            DocumentSet::NamedLocation,
            "identity/conditionalAccess/namedLocations",
            "namedLocation",
        )
    },
    Sort {
        declared: declared::CONDITIONAL_ACCESS,
        filters: CONDITIONAL_FILTERS,
        settle: conditional_access::settle_policy,
        ..sort(
            DocumentSet::ConditionalAccessPolicy,
            "identity/conditionalAccess/policies",
            "conditionalAccessPolicy",
        )
    },
    Sort {
        declared: declared::AUTHENTICATION_STRENGTH,
        required: &["allowedCombinations", "displayName"],
        filters: &[rule("policyType", EQ, filterable::NONE)],
        settle: conditional_access::settle_strength,
        forget: conditional_access::forget_strength,
        ..sort(
            DocumentSet::AuthenticationStrengthPolicy,
            "policies/authenticationStrengthPolicies",
            "authenticationStrengthPolicy",
        )
    },
    Sort {
        resource: "AppManagementPolicy",
        declared: declared::APP_MANAGEMENT,
        required: &["displayName"],
        filters: POLICY_FILTERS,
        settle: policies::settle_app_management,
        forget: policies::forget,
        ..sort(
            DocumentSet::AppManagementPolicy,
            "policies/appManagementPolicies",
            "appManagementPolicy",
        )
    },
    token_policy(
        DocumentSet::ClaimsMappingPolicy,
        "policies/claimsMappingPolicies",
        "claimsMappingPolicy",
        "ClaimsMappingPolicy",
    ),
    token_policy(
        DocumentSet::TokenLifetimePolicy,
        "policies/tokenLifetimePolicies",
        "tokenLifetimePolicy",
        "TokenLifetimePolicy",
    ),
    token_policy(
        DocumentSet::TokenIssuancePolicy,
        "policies/tokenIssuancePolicies",
        "tokenIssuancePolicy",
        "TokenIssuancePolicy",
    ),
    token_policy(
        DocumentSet::HomeRealmDiscoveryPolicy,
        "policies/homeRealmDiscoveryPolicies",
        "homeRealmDiscoveryPolicy",
        "HomeRealmDiscoveryPolicy",
    ),
    Sort {
        below: Some(Kind::ServicePrincipal),
        resource: "DelegatedPermissionClassification",
        declared: declared::PERMISSION_CLASSIFICATION,
        required: &["classification"],
        verbs: POST | DELETE,
        settle: policies::settle_classification,
        ..sort(
            DocumentSet::PermissionClassification,
            "delegatedPermissionClassifications",
            "delegatedPermissionClassification",
        )
    },
    Sort {
        below: Some(Kind::Application),
        resource: "ExtensionProperty",
        declared: declared::EXTENSION_PROPERTY,
        required: &["dataType", "name", "targetObjects"],
        verbs: POST | DELETE,
        filters: &[rule("name", EQ, filterable::NONE)],
        settle: policies::settle_extension,
        ..sort(
            DocumentSet::ExtensionProperty,
            "extensionProperties",
            "extensionProperty",
        )
    },
    Sort {
        declared: declared::USER_FLOW_ATTRIBUTE,
        required: &["dataType", "displayName"],
        filters: &[
            rule("id", EQ | IN, filterable::NONE),
            rule("displayName", EQ, filterable::NONE),
        ],
        settle: policies::settle_user_flow_attribute,
        forget: policies::forget_user_flow_attribute,
        ..sort(
            DocumentSet::UserFlowAttribute,
            "identity/userFlowAttributes",
            "identityUserFlowAttribute",
        )
    },
];

impl DocumentSet {
    pub(super) const ALL: [DocumentSet; 21] = [
        DocumentSet::NamedLocation,
        DocumentSet::ConditionalAccessPolicy,
        DocumentSet::AuthenticationStrengthPolicy,
        DocumentSet::AppManagementPolicy,
        DocumentSet::DefaultAppManagementPolicy,
        DocumentSet::ClaimsMappingPolicy,
        DocumentSet::TokenLifetimePolicy,
        DocumentSet::TokenIssuancePolicy,
        DocumentSet::HomeRealmDiscoveryPolicy,
        DocumentSet::PolicyLink,
        DocumentSet::PermissionClassification,
        DocumentSet::ExtensionProperty,
        DocumentSet::UserFlowAttribute,
        DocumentSet::RoleEligibilityRequest,
        DocumentSet::RoleEligibilitySchedule,
        DocumentSet::RoleAssignmentRequest,
        DocumentSet::RoleAssignmentSchedule,
        DocumentSet::GroupEligibilityRequest,
        DocumentSet::GroupEligibilitySchedule,
        DocumentSet::GroupAssignmentRequest,
        DocumentSet::GroupAssignmentSchedule,
    ];

    /// Its row; the sorts that no path lists have none.
    pub(super) fn sort(self) -> Option<&'static Sort> {
        SORTS.iter().find(|sort| sort.set == self)
    }

    /// What filters, selections and messages know of it.
    pub(super) fn declared(self) -> &'static [Property] {
        match self {
            DocumentSet::DefaultAppManagementPolicy => declared::DEFAULT_APP_MANAGEMENT,
            DocumentSet::RoleEligibilityRequest | DocumentSet::RoleAssignmentRequest => {
                declared_schedules::ROLE_REQUEST
            }
            DocumentSet::GroupEligibilityRequest | DocumentSet::GroupAssignmentRequest => {
                declared_schedules::GROUP_REQUEST
            }
            DocumentSet::RoleEligibilitySchedule
            | DocumentSet::RoleAssignmentSchedule
            | DocumentSet::GroupEligibilitySchedule
            | DocumentSet::GroupAssignmentSchedule => declared_schedules::SCHEDULE,
            _ => self.sort().map_or(&[], |sort| sort.declared),
        }
    }

    pub(super) fn filters(self) -> &'static [Rule] {
        match self {
            DocumentSet::RoleEligibilityRequest
            | DocumentSet::RoleAssignmentRequest
            | DocumentSet::GroupEligibilityRequest
            | DocumentSet::GroupAssignmentRequest
            | DocumentSet::RoleEligibilitySchedule
            | DocumentSet::RoleAssignmentSchedule
            | DocumentSet::GroupEligibilitySchedule
            | DocumentSet::GroupAssignmentSchedule => SCHEDULE_FILTERS,
            _ => self.sort().map_or(NO_FILTERS, |sort| sort.filters),
        }
    }

    pub(super) fn type_name(self) -> &'static str {
        match self {
            DocumentSet::DefaultAppManagementPolicy => "tenantAppManagementPolicy",
            DocumentSet::RoleEligibilityRequest => "unifiedRoleEligibilityScheduleRequest",
            DocumentSet::RoleEligibilitySchedule => "unifiedRoleEligibilitySchedule",
            DocumentSet::RoleAssignmentRequest => "unifiedRoleAssignmentScheduleRequest",
            DocumentSet::RoleAssignmentSchedule => "unifiedRoleAssignmentSchedule",
            DocumentSet::GroupEligibilityRequest => {
                "privilegedAccessGroupEligibilityScheduleRequest"
            }
            DocumentSet::GroupEligibilitySchedule => "privilegedAccessGroupEligibilitySchedule",
            DocumentSet::GroupAssignmentRequest => "privilegedAccessGroupAssignmentScheduleRequest",
            DocumentSet::GroupAssignmentSchedule => "privilegedAccessGroupAssignmentSchedule",
            _ => self.sort().map_or("entity", |sort| sort.type_name),
        }
    }

    pub(super) fn resource_name(self) -> &'static str {
        match self {
            DocumentSet::DefaultAppManagementPolicy => "TenantAppManagementPolicy",
            _ => self.sort().map_or("Entity", |sort| sort.resource),
        }
    }
}

impl Sort {
    /// Whether a property belongs to this type.
    pub(super) fn has(&self, of: Option<&str>, property: &str) -> bool {
        let only = |(_, names): &&(&str, &[&str])| names.contains(&property);
        match self.derived.iter().find(only) {
            Some((owner, _)) => of == Some(*owner),
            None => true,
        }
    }
}

pub(super) fn nothing_to_settle(_: &mut Tenant, _: &mut Draft<'_>) -> Result<(), Problem> {
    Ok(())
}

pub(super) fn nothing_to_forget(_: &mut Tenant, _: &str, _: &Properties) -> Result<(), Problem> {
    Ok(())
}
