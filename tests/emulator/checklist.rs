//! What the emulator has to get right, and which test shows it: held by a test that reads these sources.
//!
//! A row names the page of learn.microsoft.com (or of a public repository) that says so. `OPEN` has the points on which
//! the pages are silent or contradict each other: where the emulator has a switch, a test turns it.

/// A behaviour, the page that documents it, and its tests.
type Row = (&'static str, &'static str, &'static [&'static str]);

const CHECKLIST: &[Row] = &[
    (
        "ids: GUIDs for objects, opaque for assignments, derived for grants",
        "oauth2permissiongrant-post",
        &[
            "a_grant_has_the_id_of_what_it_is_between",
            "the_id_of_a_grant_is_that_of_the_documentation",
            "one_assignment_shows_at_both_ends",
        ],
    ),
    (
        "201 with a body after POST, 204 after PATCH, DELETE and $ref",
        "application-post-applications",
        &[
            "a_new_application_shows_all_defaults",
            "upsert_creates_and_then_updates",
            "a_member_is_added_once_and_removed_by_reference",
        ],
    ),
    (
        "collections are replaced, complex values merged one level",
        "application-update",
        &["a_patch_replaces_collections_and_merges_complex_values_one_level"],
    ),
    (
        "null, missing and [] differ; POST shows every default",
        "application resource",
        &[
            "null_clears_nullable_properties_only",
            "a_new_application_shows_all_defaults",
            "a_new_service_principal_shows_all_defaults",
        ],
    ),
    (
        "pages of 100 and at most 999 with an opaque token; no $skip",
        "query-parameters, paging",
        &[
            "a_page_holds_a_hundred_objects_and_says_where_the_next_begins",
            "top_is_one_to_999",
            "skip_and_unknown_options_are_refused",
            "a_page_token_is_good_for_its_own_request_only",
        ],
    ),
    (
        "ConsistencyLevel: /$count is refused without, ?$count ignored",
        "aad-advanced-queries",
        &[
            "counting_needs_the_header",
            "advanced_filters_need_the_header_and_the_count",
            "search_needs_the_header_and_finds_beginnings_of_words",
        ],
    ),
    (
        "Prefer: create-if-missing",
        "application-upsert",
        &[
            "upsert_creates_and_then_updates",
            "upsert_by_application_id_creates_and_then_updates",
            "upsert_by_name_creates_and_then_updates",
        ],
    ),
    (
        "uniqueName is written once and reserved by the recycle bin; identifierUris are not reserved",
        "application-upsert, msgraph-bicep-types#137",
        &[
            "a_unique_name_is_set_once_and_taken_once",
            "the_recycle_bin_reserves_unique_names",
            "an_identifier_uri_belongs_to_one_living_application",
        ],
    ),
    (
        "CannotDeleteOrUpdateEnabledEntitlement",
        "application-update, msgraph-sdk-dotnet#2044",
        &[
            "an_enabled_app_role_is_disabled_before_it_goes",
            "an_enabled_permission_scope_is_disabled_before_it_goes",
        ],
    ),
    (
        "pre-authorisation needs a stored permission scope",
        "msgraph-sdk-dotnet#2044",
        &["only_stored_enabled_permission_scopes_are_pre_authorised"],
    ),
    (
        "secretText is shown once",
        "application-addpassword",
        &["a_secret_is_shown_once"],
    ),
    (
        "federated credentials: 20, names, issuer with subject, one audience",
        "federatedidentitycredential",
        &[
            "the_twenty_first_credential_is_refused",
            "names_and_issuer_with_subject_are_unique",
            "a_credential_has_exactly_one_audience_and_a_plain_name",
        ],
    ),
    (
        "app role assignments: two views of one record, never changed, checked against the service principal's copy",
        "serviceprincipal-post-approleassignedto",
        &[
            "one_assignment_shows_at_both_ends",
            "an_assignment_is_neither_changed_nor_queried_directly",
            "the_app_role_exists_is_enabled_and_fits_the_principal",
            "the_service_principal_shows_the_applications_roles_later",
        ],
    ),
    (
        "one grant for each client, resource and consent type",
        "oauth2permissiongrant-post",
        &[
            "a_grant_has_the_id_of_what_it_is_between",
            "grants_are_between_service_principals",
        ],
    ),
    (
        "groups: the last user owner, dynamic membership, isAssignableToRole, 20 references wholly or not at all",
        "group-delete-owners, groups-concept, group-post-members",
        &[
            "the_last_user_owner_stays",
            "dynamic_groups_refuse_members",
            "being_assignable_to_roles_is_decided_at_creation",
            "twenty_references_go_in_one_request_all_or_none",
        ],
    ),
    (
        "administrative units hold users, groups and devices",
        "administrativeunit-post-members",
        &["administrative_units_hold_users_groups_and_devices_only"],
    ),
    (
        "a directory role assignment twice is refused; template ids are definition ids",
        "rbacapplication-post-roleassignments",
        &["a_directory_role_is_assigned_once_per_scope"],
    ),
    (
        "eligible directory roles: requests, schedules and instances",
        "rbacapplication-post-roleeligibilityschedulerequests",
        &[
            "an_eligible_role_has_a_request_a_schedule_and_an_instance",
            "an_active_role_is_assigned_and_removed_by_requests",
            "what_is_not_there_or_there_already_is_refused",
            "groups_have_eligible_and_active_members_and_owners",
            "a_schedule_that_has_not_begun_has_no_instance_and_can_be_cancelled",
        ],
    ),
    (
        "soft delete: an application takes its service principal and comes back alone",
        "application-delete, directory-deleteditems-restore",
        &[
            "an_application_takes_its_service_principal_with_it_and_comes_back_alone",
            "a_service_principal_does_not_come_back_to_a_taken_name",
            "purging_an_application_leaves_its_service_principal_in_the_bin",
        ],
    ),
    (
        "delta tokens expire and rounds replay",
        "delta-query-overview",
        &[
            "tokens_are_good_for_seven_days_and_for_their_collection",
            "the_first_round_tells_everything_and_the_next_only_what_changed",
        ],
    ),
    (
        "batches: at most 20, answers in any order, 424",
        "json-batching",
        &[
            "the_envelope_has_its_own_rules",
            "answers_come_in_any_order",
            "what_depends_on_a_failure_is_not_run",
        ],
    ),
    (
        "429 with Retry-After, costs in a header",
        "throttling-limits",
        &[
            "throttled_requests_have_no_effect_and_say_how_long_to_wait",
            "every_answer_has_ids_and_its_cost",
        ],
    ),
    (
        "refusals carry request ids",
        "errors",
        &["a_refusal_carries_request_ids_and_leaves_no_trace"],
    ),
    (
        "permissions of the caller's token",
        "permissions-reference",
        NOT_YET,
    ),
    (
        "lag of replicas",
        "best-practices-concept",
        &[
            "what_was_created_is_missing_until_the_requests_are_over",
            "reads_show_what_was_there_before_an_update_or_deletion",
            "members_that_were_added_or_removed_show_later",
            "flapping_reads_meet_either_replica_and_the_seed_decides_which",
        ],
    ),
    (
        "409 when two writes of one application overlap",
        "json-batching, terraform-provider-azuread#1093",
        &[
            "writes_of_one_application_that_run_together_collide",
            "overlapping_writes_of_one_application_conflict",
        ],
    ),
];

/// A tenant in memory has no tokens: permissions are checked where it is served.
const NOT_YET: &[&str] = &[];

const OPEN: &[Row] = &[
    (
        "1: status of a duplicate identifier URI",
        "identifier-uri-restrictions",
        &["an_identifier_uri_belongs_to_one_living_application"],
    ),
    (
        "2: status of a duplicate assignment",
        "serviceprincipal-post-approleassignedto",
        &["a_second_assignment_of_the_same_app_role_is_refused"],
    ),
    (
        "3: the 21st federated credential",
        "federatedidentitycredential",
        &["the_twenty_first_credential_is_refused"],
    ),
    (
        "4: the manifest's size",
        "supported-accounts-validation",
        &["the_manifest_has_a_size"],
    ),
    (
        "5: default signInAudience",
        "application resource",
        &["the_default_audience_is_a_switch"],
    ),
    (
        "6: visibility of role-assignable groups",
        "groups-concept",
        &["being_assignable_to_roles_is_decided_at_creation"],
    ),
    (
        "7: uniqueName of deleted groups, and case",
        "group-upsert",
        &[
            "deleted_groups_keep_their_unique_name_unless_switched",
            "unique_names_differ_by_case_when_so_switched",
        ],
    ),
    (
        "8: grants of a deleted service principal",
        "directory-deleteditems-restore",
        &["assignments_and_grants_of_a_restored_service_principal_are_a_switch"],
    ),
    (
        "9: form of assignment ids",
        "rbacapplication-post-roleassignments",
        &["scopes_are_the_tenant_a_unit_or_an_object"],
    ),
    (
        "10: default access beside app roles",
        "serviceprincipal-post-approleassignedto",
        &["default_access_beside_app_roles_is_a_switch"],
    ),
    (
        "11: directory roles without a published id",
        "permissions-reference",
        ABSENT,
    ),
    (
        "12: page size of directory role lists",
        "rbacapplication-list-roleassignments",
        &[
            "directory_roles_are_filtered_by_what_the_pages_name",
            "a_page_holds_a_hundred_objects_and_says_where_the_next_begins",
        ],
    ),
    (
        "13: merge or replace of complex values",
        "application-update",
        &["a_patch_resets_unmentioned_members_of_complex_values_when_so_switched"],
    ),
    (
        "14: owners with an owned-by permission",
        "application-post-owners",
        ABSENT,
    ),
    (
        "15: code of a refused identifier URI",
        "identifier-uri-restrictions",
        &[
            "the_identifier_uri_policy_looks_at_added_uris_and_is_a_switch",
            "version_two_exempts_from_the_identifier_uri_policy",
        ],
    ),
    (
        "16: soft delete of conditional access",
        "conditionalaccesspolicy",
        ABSENT,
    ),
    (
        "17: more than 20 requests in a batch",
        "json-batching",
        &["the_envelope_has_its_own_rules"],
    ),
    (
        "18: unknown properties",
        "application-update",
        &["unknown_properties_are_dropped_when_so_switched"],
    ),
    (
        "19: whether who creates owns",
        "application-post-applications",
        &["who_creates_owns_only_when_so_switched"],
    ),
    (
        "20: edits of an enabled app role",
        "application-update",
        &["texts_of_an_enabled_app_role_may_change_when_so_switched"],
    ),
    (
        "21: soft delete of managed identities",
        "serviceprincipal-delete",
        ABSENT,
    ),
    (
        "removing who is no member",
        "group-delete-members",
        &["removing_who_is_not_there_is_a_switch"],
    ),
    (
        "assigning a disabled app role",
        "serviceprincipal-post-approleassignedto",
        &["assigning_a_disabled_app_role_is_a_switch"],
    ),
    (
        "assignments of a deleted app role",
        "application-update",
        &["assignments_survive_their_app_role_unless_switched"],
    ),
    (
        "pre-authorising a disabled permission scope",
        "preauthorizedapplication",
        &["disabled_permission_scopes_are_pre_authorised_when_so_switched"],
    ),
    (
        "permission scopes of grants that nobody publishes",
        "oauth2permissiongrant",
        &["whether_scopes_of_grants_are_checked_is_a_switch"],
    ),
    (
        "restoring security groups",
        "directory-deleteditems-restore",
        &["whether_security_groups_can_be_restored_is_a_switch"],
    ),
    (
        "deleting a role definition in use",
        "unifiedroledefinition-delete",
        &["deleting_an_assigned_definition_is_a_switch"],
    ),
];

/// Of what the emulator does not have: nothing answers wrongly, since nothing answers.
const ABSENT: &[&str] = &[];

/// What would do harm if the emulator were kinder than Graph.
const DANGEROUS: &[Row] = &[
    (
        "without /$ref a DELETE deletes the member itself",
        "group-delete-members",
        &["dropping_ref_deletes_the_member_itself"],
    ),
    (
        "first-party service principals are nobody's to change",
        "verify-first-party-apps-sign-in",
        &["first_party_service_principals_are_not_ours_to_change"],
    ),
    (
        "a reference to what has not arrived is refused",
        "best-practices-concept",
        &["references_to_what_has_not_arrived_are_refused"],
    ),
    (
        "a lost answer has had its effect",
        "best-practices-concept",
        &["a_lost_request_has_no_effect_and_a_lost_answer_has"],
    ),
    (
        "a refusal leaves no trace",
        "errors",
        &["a_refusal_carries_request_ids_and_leaves_no_trace"],
    ),
    (
        "mirrored properties are read-only",
        "serviceprincipal-update",
        &["mirrored_properties_are_read_only"],
    ),
    (
        "bodies without their type are refused",
        "use-the-api",
        &["a_body_says_what_it_is"],
    ),
    (
        "redirect URIs by platform",
        "reply-url",
        &["redirect_uris_are_checked_by_platform"],
    ),
    (
        "100 owners",
        "directory-service-limits",
        &["the_hundred_and_first_owner_is_refused"],
    ),
];

#[test]
fn every_row_names_a_page_and_tests_that_are_there() {
    let sources = sources();
    for (what, page, tests) in CHECKLIST.iter().chain(OPEN).chain(DANGEROUS) {
        assert!(!page.is_empty(), "{what}");
        for test in *tests {
            let is_there = ["#[test]\nfn", "#[tokio::test]\nasync fn"]
                .iter()
                .any(|kind| sources.contains(&format!("{kind} {test}() {{")));
            assert!(is_there, "{what}: there is no test {test}");
        }
    }
    assert_eq!(CHECKLIST.len(), 26);
    let empty = CHECKLIST.iter().filter(|(.., tests)| tests.is_empty());
    assert_eq!(
        empty.count(),
        1,
        "the permissions of a token are checked where the tenant is served"
    );
}

#[test]
fn every_switch_is_turned_by_a_test() {
    let behaviour = include_str!("../../src/emulator/behaviour.rs");
    let (_, points) = behaviour
        .split_once("open_points! {")
        .expect("the switches");
    let words: Vec<&str> = points
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with("///") && *line != "}")
        .collect();
    let sources = sources();
    let mut turned = 0;
    for lines in words.chunks(3) {
        let [switch, _, second] = lines else {
            panic!("a switch has a name and two positions: {lines:?}");
        };
        let (_, name) = switch
            .trim_end_matches(" {")
            .split_once(": ")
            .expect("a name");
        let position = format!("{name}::{second}");
        assert!(sources.contains(&position), "no test turns {position}");
        turned += 1;
    }
    assert_eq!(turned + 1, idac::emulator::Behaviour::all_variants().len());
}

/// The sources of the tests of the emulator.
fn sources() -> String {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/emulator");
    let mut sources = String::new();
    for entry in std::fs::read_dir(folder).expect("the folder") {
        let path = entry.expect("an entry").path();
        if !path.ends_with("checklist.rs") {
            sources.push_str(&std::fs::read_to_string(path).expect("a source"));
        }
    }
    sources
}
