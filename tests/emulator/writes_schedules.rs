//! Privileged identity management. Pages: rbacapplication-post-roleeligibilityschedulerequests,
//! rbacapplication-post-roleassignmentschedulerequests, privilegedaccessgroup-post-eligibilityschedulerequests,
//! privilegedaccessgroup-post-assignmentschedulerequests; semantics section 9.15.

use idac::emulator::Tenant;
use serde_json::{Value, json};

use crate::harness::*;

const ROLES: &str = "/roleManagement/directory";
const GROUPS: &str = "/identityGovernance/privilegedAccess/group";
/// Groups Administrator.
const ROLE: &str = "fdd7a751-b60b-444a-984c-02652fe8fa1c";

fn request(action: &str, principal: &str) -> Value {
    json!({"action": action, "justification": "j", "roleDefinitionId": ROLE, "directoryScopeId": "/",
        "principalId": principal, "scheduleInfo": {"startDateTime": "2026-01-01T00:00:00Z",
            "expiration": {"type": "afterDuration", "duration": "P90D"}}})
}

fn of_group(action: &str, group: &str, access: &str, principal: &str) -> Value {
    json!({"action": action, "accessId": access, "groupId": group, "principalId": principal,
        "scheduleInfo": {"expiration": {"type": "noExpiration"}}})
}

fn listed(tenant: &mut Tenant, url: &str) -> Vec<Value> {
    let list = read(tenant, url);
    list["value"].as_array().expect("a list").clone()
}

#[test]
fn an_eligible_role_has_a_request_a_schedule_and_an_instance() {
    let mut tenant = tenant();
    let ana = user(&mut tenant, "ana");
    let requests = format!("{ROLES}/roleEligibilityScheduleRequests");
    let made = make(&mut tenant, &requests, request("adminAssign", &ana));
    assert_eq!(made["status"], "Provisioned");
    assert_eq!(made["targetScheduleId"], made["id"]);
    assert_eq!(
        read(&mut tenant, &format!("{requests}/{}", id(&made)))["action"],
        "adminAssign"
    );
    let schedule = read(
        &mut tenant,
        &format!("{ROLES}/roleEligibilitySchedules/{}", id(&made)),
    );
    assert_eq!(schedule["memberType"], "Direct");
    assert_eq!(schedule["scheduleInfo"]["expiration"]["duration"], "P90D");
    let filter = format!("$filter=principalId eq '{ana}'");
    let instances = listed(
        &mut tenant,
        &format!("{ROLES}/roleEligibilityScheduleInstances?{filter}"),
    );
    assert_eq!(instances[0]["roleEligibilityScheduleId"], made["id"]);
    assert_eq!(instances[0]["endDateTime"], "2026-04-01T00:00:00Z");
    assert!(ids(&mut tenant, &format!("{ROLES}/roleAssignments")).is_empty());
    let removed = make(&mut tenant, &requests, request("adminRemove", &ana));
    assert_eq!(
        (&removed["status"], &removed["scheduleInfo"]),
        (&json!("Revoked"), &Value::Null)
    );
    for view in [
        "roleEligibilitySchedules",
        "roleEligibilityScheduleInstances",
    ] {
        assert!(listed(&mut tenant, &format!("{ROLES}/{view}")).is_empty());
    }
    assert_eq!(listed(&mut tenant, &requests).len(), 2);
}

#[test]
fn an_active_role_is_assigned_and_removed_by_requests() {
    let mut tenant = tenant();
    let ana = user(&mut tenant, "ana");
    let requests = format!("{ROLES}/roleAssignmentScheduleRequests");
    make(&mut tenant, &requests, request("adminAssign", &ana));
    let assigned = listed(&mut tenant, &format!("{ROLES}/roleAssignments"));
    assert_eq!(assigned[0]["principalId"], json!(ana));
    let instances = listed(
        &mut tenant,
        &format!("{ROLES}/roleAssignmentScheduleInstances"),
    );
    assert_eq!(instances[0]["assignmentType"], "Assigned");
    make(&mut tenant, &requests, request("adminRemove", &ana));
    assert!(ids(&mut tenant, &format!("{ROLES}/roleAssignments")).is_empty());
}

#[test]
fn what_is_not_there_or_there_already_is_refused() {
    let mut tenant = tenant();
    let ana = user(&mut tenant, "ana");
    let url = format!("{ROLES}/roleEligibilityScheduleRequests");
    let gone = "The Role assignment does not exist.";
    for action in ["adminRemove", "adminUpdate", "adminExtend"] {
        let answer = post(&mut tenant, &url, request(action, &ana));
        refused(answer, 400, "RoleAssignmentDoesNotExist", gone);
    }
    make(&mut tenant, &url, request("adminAssign", &ana));
    let answer = post(&mut tenant, &url, request("adminAssign", &ana));
    refused(
        answer,
        400,
        "RoleAssignmentExists",
        "The Role assignment already exists.",
    );
    let mut longer = request("adminUpdate", &ana);
    longer["scheduleInfo"]["expiration"]["duration"] = json!("P180D");
    make(&mut tenant, &url, longer);
    assert_eq!(
        listed(&mut tenant, &format!("{ROLES}/roleEligibilitySchedules")).len(),
        1
    );
    let answer = post(&mut tenant, &url, request("adminAssign", &guid(9)));
    refused(answer, 404, "SubjectNotFound", "");
    let mut unknown = request("adminAssign", &ana);
    unknown["roleDefinitionId"] = json!(guid(9));
    refused(post(&mut tenant, &url, unknown), 404, "RoleNotFound", "");
    let answer = post(&mut tenant, &url, request("selfActivate", &ana));
    refused(answer, 403, "Authorization_RequestDenied", "");
    let app = application(&mut tenant, "a");
    let principal = id(&service_principal(&mut tenant, &app));
    let answer = post(&mut tenant, &url, request("adminAssign", &principal));
    refused(answer, 400, "Request_BadRequest", "'principalId'");
    let active = format!("{ROLES}/roleAssignmentScheduleRequests");
    make(&mut tenant, &active, request("adminAssign", &principal));
}

#[test]
fn groups_have_eligible_and_active_members_and_owners() {
    let mut tenant = tenant();
    let ana = user(&mut tenant, "ana");
    let group = id(&group(&mut tenant, "g"));
    let eligible = format!("{GROUPS}/eligibilityScheduleRequests");
    let made = make(
        &mut tenant,
        &eligible,
        of_group("adminAssign", &group, "owner", &ana),
    );
    let schedule = text(&made, "targetScheduleId");
    assert_eq!(schedule, format!("{group}_owner_{}", id(&made)));
    let shown = read(
        &mut tenant,
        &format!("{GROUPS}/eligibilitySchedules/{schedule}"),
    );
    assert_eq!(shown["accessId"], "owner");
    let members = format!("/groups/{group}/members");
    assert!(ids(&mut tenant, &members).is_empty());
    let active = format!("{GROUPS}/assignmentScheduleRequests");
    make(
        &mut tenant,
        &active,
        of_group("adminAssign", &group, "member", &ana),
    );
    assert_eq!(ids(&mut tenant, &members), std::slice::from_ref(&ana));
    make(
        &mut tenant,
        &active,
        of_group("adminRemove", &group, "member", &ana),
    );
    assert!(ids(&mut tenant, &members).is_empty());
    let wrong = of_group("adminAssign", &group, "guest", &ana);
    refused(
        post(&mut tenant, &active, wrong),
        400,
        "Request_BadRequest",
        "'accessId'",
    );
}

#[test]
fn a_schedule_that_has_not_begun_has_no_instance_and_can_be_cancelled() {
    let mut tenant = tenant();
    let ana = user(&mut tenant, "ana");
    let requests = format!("{ROLES}/roleAssignmentScheduleRequests");
    let mut later = request("adminAssign", &ana);
    later["scheduleInfo"]["startDateTime"] = json!("2026-03-01T00:00:00Z");
    let made = id(&make(&mut tenant, &requests, later));
    let instances = format!("{ROLES}/roleAssignmentScheduleInstances");
    assert!(listed(&mut tenant, &instances).is_empty());
    assert!(ids(&mut tenant, &format!("{ROLES}/roleAssignments")).is_empty());
    let url = format!("{requests}/{made}/cancel");
    done(post(&mut tenant, &url, json!({})));
    refused(
        post(&mut tenant, &url, json!({})),
        400,
        "Request_BadRequest",
        "cancelled",
    );
    assert_eq!(
        read(&mut tenant, &format!("{requests}/{made}"))["status"],
        "Canceled"
    );
}
