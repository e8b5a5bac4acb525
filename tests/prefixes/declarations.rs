//! Three declarations of one company. Between the second and the third lies the plan that the tests break off: all
//! kinds, all five actions, and everything of which Graph makes more than one write.

/// Before anything: two applications and a group that the second declaration no longer has.
pub(super) fn first() -> String {
    format!("{SECOND}{REVIVED}")
}

/// What was applied when the plan is made. The recycle bin holds what [`first`] had.
pub(super) fn second() -> String {
    SECOND.to_owned()
}

/// What is wanted.
pub(super) fn third() -> String {
    format!("{THIRD}{REVIVED}")
}

/// One of each action.
pub(super) fn tiny() -> [&'static str; 2] {
    [
        "
kind: application
name: api
displayName: API
appRoles:
  - { value: Read, displayName: Read, description: Read., allowedMemberTypes: [ User ] }
---
kind: group
name: staff
displayName: Staff
members: [ user/ana@contoso.com ]
---
kind: group
name: temps
displayName: Temps
",
        "
kind: application
name: api
displayName: API
appRoles:
  - { value: Read, displayName: Read, description: Read all., allowedMemberTypes: [ User ] }
---
kind: group
name: staff
displayName: Staff
members: [ group/crew ]
---
kind: group
name: crew
displayName: Crew
",
    ]
}

const REVIVED: &str = "
---
kind: application
name: phoenix
displayName: Phoenix
notes: It was here before.
owners: [ user/ben@contoso.com ]
appRoles:
  - { value: Rise, displayName: Rise, description: Rise again., allowedMemberTypes: [ User ] }
servicePrincipal:
  appRoleAssignmentRequired: true
  appRoleAssignedTo:
    - { principal: user/chloe@contoso.com, appRole: Rise }
---
kind: group
name: alumni
displayName: Alumni
members: [ user/hugo@contoso.com ]
";

const SECOND: &str = "
kind: application
name: api
displayName: API
description: The API of the company.
notes: What somebody wrote here stays.
identifierUris: [ 'api://${self.appId}' ]
owners: [ user/ana@contoso.com, user/ben@contoso.com ]
tags: [ one, two ]
appRoles:
  - { value: Read, displayName: Read, description: Read., allowedMemberTypes: [ User, Application ] }
  - { value: Write, displayName: Write, description: Write., allowedMemberTypes: [ Application ] }
  - { value: Legacy, displayName: Legacy, description: Legacy., allowedMemberTypes: [ User, Application ] }
api:
  requestedAccessTokenVersion: 2
  oauth2PermissionScopes:
    - { value: access, adminConsentDisplayName: Access, adminConsentDescription: Access. }
    - { value: manage, adminConsentDisplayName: Manage, adminConsentDescription: Manage. }
  preAuthorizedApplications:
    - { application: application/web, scopes: [ access, manage ] }
federatedIdentityCredentials:
  - { name: main, issuer: 'https://token.example', subject: main }
  - { name: nightly, issuer: 'https://token.example', subject: nightly }
servicePrincipal:
  appRoleAssignmentRequired: true
  notes: Ask the platform team.
  owners: [ user/ana@contoso.com ]
  appRoleAssignedTo:
    - { principal: group/staff, appRole: Read }
    - { principal: group/temps, appRole: Legacy }
    - { principal: application/web, appRole: Write }
---
kind: application
name: web
displayName: Web
owners: [ user/ben@contoso.com ]
web:
  redirectUris: [ 'https://web.contoso.com/signin' ]
requiredResourceAccess:
  - resource: Microsoft Graph
    scopes: [ User.Read ]
    appRoles: [ User.Read.All ]
    adminConsent: true
  - resource: application/api
    scopes: [ access ]
    adminConsent: true
---
kind: application
name: old
displayName: Old
notes: To be removed.
identifierUris: [ 'api://${self.appId}' ]
owners: [ user/ana@contoso.com ]
appRoles:
  - { value: Use, displayName: Use, description: Use., allowedMemberTypes: [ User, Application ] }
requiredResourceAccess:
  - resource: Microsoft Graph
    scopes: [ User.Read ]
    appRoles: [ User.Read.All ]
    adminConsent: true
federatedIdentityCredentials:
  - { name: deploy, issuer: 'https://token.example', subject: deploy }
servicePrincipal:
  appRoleAssignmentRequired: true
  owners: [ user/chloe@contoso.com ]
  appRoleAssignedTo:
    - { principal: group/staff, appRole: Use }
    - { principal: user/dmitri@contoso.com, appRole: Use }
---
kind: application
name: portal
displayName: Portal
---
kind: servicePrincipal
name: supplier
appId: 5c1f0e61-6f5c-4a0e-9f2c-1d9b6f0a7c11
notes: Until the end of the year.
tags: [ tier-one ]
---
kind: group
name: staff
displayName: Staff
owners: [ user/ana@contoso.com ]
members: [ user/ana@contoso.com, user/ben@contoso.com, group/temps ]
---
kind: group
name: temps
displayName: Temps
owners: [ user/chloe@contoso.com ]
members: [ user/emeka@contoso.com ]
---
kind: group
name: managers
displayName: Managers
isAssignableToRole: true
members: [ user/chloe@contoso.com ]
---
kind: directoryRoleAssignment
name: readers
role: Directory Readers
principal: group/managers
scope: /
";

const THIRD: &str = "
kind: application
name: api
displayName: API of Contoso
description: The API of the company.
identifierUris: [ 'api://${self.appId}' ]
owners: [ user/ana@contoso.com, user/dmitri@contoso.com ]
tags: [ two, three ]
appRoles:
  - { value: Read, displayName: Read, description: Read everything., allowedMemberTypes: [ User, Application ] }
  - { value: Write, displayName: Write, description: Write., allowedMemberTypes: [ Application ] }
  - { value: Audit, displayName: Audit, description: Audit., allowedMemberTypes: [ Application ] }
api:
  requestedAccessTokenVersion: 2
  oauth2PermissionScopes:
    - { value: access, adminConsentDisplayName: Access, adminConsentDescription: Access to all. }
    - { value: observe, adminConsentDisplayName: Observe, adminConsentDescription: Observe. }
  preAuthorizedApplications:
    - { application: application/web, scopes: [ access ] }
    - { application: application/shop, scopes: [ access, observe ] }
federatedIdentityCredentials:
  - { name: main, issuer: 'https://token.example', subject: trunk }
  - { name: weekly, issuer: 'https://token.example', subject: weekly }
servicePrincipal:
  appRoleAssignmentRequired: false
  notes: Ask the platform team on call.
  owners: [ user/ben@contoso.com ]
  appRoleAssignedTo:
    - { principal: group/crew, appRole: Read }
    - { principal: application/web, appRole: Write }
    - { principal: application/shop, appRole: Audit }
---
kind: application
name: web
displayName: Web
owners: [ user/ana@contoso.com, user/ben@contoso.com ]
web:
  redirectUris: [ 'https://www.contoso.com/signin' ]
requiredResourceAccess:
  - resource: Microsoft Graph
    scopes: [ User.Read, openid ]
    appRoles: [ GroupMember.Read.All ]
    adminConsent: true
  - resource: application/api
    scopes: [ access, observe ]
    adminConsent: true
---
kind: application
name: shop
displayName: Shop
identifierUris: [ 'api://${self.appId}' ]
owners: [ user/ana@contoso.com ]
appRoles:
  - { value: Order, displayName: Order, description: Order., allowedMemberTypes: [ User, Application ] }
api:
  requestedAccessTokenVersion: 2
  oauth2PermissionScopes:
    - { value: buy, adminConsentDisplayName: Buy, adminConsentDescription: Buy. }
  preAuthorizedApplications:
    - { application: application/web, scopes: [ buy ] }
requiredResourceAccess:
  - resource: Microsoft Graph
    scopes: [ User.Read ]
    appRoles: [ User.Read.All ]
    adminConsent: true
federatedIdentityCredentials:
  - { name: main, issuer: 'https://token.example', subject: shop }
servicePrincipal:
  appRoleAssignmentRequired: true
  appRoleAssignedTo:
    - { principal: group/crew, appRole: Order }
---
kind: application
name: gateway
previously: portal
displayName: Gateway
---
kind: servicePrincipal
name: supplier
appId: 5c1f0e61-6f5c-4a0e-9f2c-1d9b6f0a7c11
notes: For ever.
tags: [ tier-two ]
---
kind: group
name: staff
displayName: All Staff
owners: [ user/ana@contoso.com, user/grace@contoso.com ]
members: [ user/ana@contoso.com, user/fatima@contoso.com, group/crew ]
---
kind: group
name: crew
displayName: Crew
owners: [ user/ana@contoso.com ]
members: [ user/ben@contoso.com, user/chloe@contoso.com ]
---
kind: group
name: managers
displayName: Managers
isAssignableToRole: true
members: [ user/grace@contoso.com ]
---
kind: directoryRoleAssignment
name: administrators
role: Cloud Application Administrator
principal: group/managers
scope: /
";
