//! The tables of declared properties of requests and schedules of privileged identity management. Source: the CSDL.

use super::schema::{Base, Form, Property, flag, moment_of, of, text};

const fn open(name: &'static str) -> Property {
    of(name, Form::Open, Base::Null)
}

pub(super) const ROLE_REQUEST: &[Property] = &[
    text("action"),
    text("approvalId").read_only(),
    text("appScopeId"),
    moment_of("completedDateTime").read_only(),
    open("createdBy").read_only(),
    moment_of("createdDateTime").read_only(),
    text("customData"),
    text("directoryScopeId"),
    flag("isValidationOnly"),
    text("justification"),
    of("principalId", Form::Id, Base::Null),
    of("roleDefinitionId", Form::Id, Base::Null),
    open("scheduleInfo"),
    text("status").read_only(),
    text("targetScheduleId").read_only(),
    open("ticketInfo"),
];

pub(super) const GROUP_REQUEST: &[Property] = &[
    text("accessId"),
    text("action"),
    text("approvalId").read_only(),
    moment_of("completedDateTime").read_only(),
    open("createdBy").read_only(),
    moment_of("createdDateTime").read_only(),
    text("customData"),
    of("groupId", Form::Id, Base::Null),
    flag("isValidationOnly"),
    text("justification"),
    of("principalId", Form::Id, Base::Null),
    open("scheduleInfo"),
    text("status").read_only(),
    text("targetScheduleId").read_only(),
    open("ticketInfo"),
];

/// A schedule, and an instance of one.
pub(super) const SCHEDULE: &[Property] = &[
    text("accessId"),
    text("appScopeId"),
    text("assignmentScheduleId"),
    text("assignmentType"),
    moment_of("createdDateTime"),
    text("createdUsing"),
    text("directoryScopeId"),
    text("eligibilityScheduleId"),
    moment_of("endDateTime"),
    of("groupId", Form::Id, Base::Null),
    text("memberType"),
    moment_of("modifiedDateTime"),
    of("principalId", Form::Id, Base::Null),
    text("roleAssignmentScheduleId"),
    of("roleDefinitionId", Form::Id, Base::Null),
    text("roleEligibilityScheduleId"),
    open("scheduleInfo"),
    moment_of("startDateTime"),
    text("status"),
];
