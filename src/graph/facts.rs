//! Graph's plain facts: Graph's own permissions, the built-in directory roles, and well-known applications.
//!
//! The tables stand beside this file as text, each with its source and date; they are read once. Object ids are
//! not among them: those differ from tenant to tenant.

use std::collections::BTreeMap;
use std::sync::OnceLock;

/// The application id of Microsoft Graph. Source: learn.microsoft.com, "verify first-party apps in sign-in".
pub const MICROSOFT_GRAPH_APP_ID: &str = "00000003-0000-0000-c000-000000000000";

/// The tenant that owns Microsoft's own applications (`appOwnerOrganizationId` of their service principals).
pub const MICROSOFT_SERVICES_TENANT: &str = "f8cdef31-a31e-4b4a-93e4-5f571e91255a";

/// Microsoft's corporate tenant, which owns a few of Microsoft's own applications.
pub const MICROSOFT_CORPORATE_TENANT: &str = "72f988bf-86f1-41af-91ab-2d7cd011db47";

/// The app role that stands for access without any app role of the resource. Source: learn.microsoft.com,
/// "grant an appRoleAssignment for a service principal".
pub const DEFAULT_ACCESS_APP_ROLE: &str = "00000000-0000-0000-0000-000000000000";

/// The permission that Microsoft Graph offers under this name, spelled as Graph spells it.
pub fn graph_permission(name: &str) -> Option<&'static GraphPermission> {
    let table = permission_table();
    table
        .binary_search_by(|permission| permission.name.cmp(name))
        .ok()
        .map(|at| &table[at])
}

/// Every permission that Microsoft Graph offers, by name.
pub fn graph_permissions() -> impl Iterator<Item = &'static GraphPermission> {
    permission_table().iter()
}

/// The built-in directory role of this name; names are compared without regard to case.
pub fn directory_role(name: &str) -> Option<&'static DirectoryRole> {
    directory_role_table()
        .iter()
        .find(|role| role.name.eq_ignore_ascii_case(name))
}

/// The built-in directory role with this template id, which is also the id of its definition.
pub fn directory_role_by_id(template_id: &str) -> Option<&'static DirectoryRole> {
    directory_role_table()
        .iter()
        .find(|role| role.template_id.eq_ignore_ascii_case(template_id))
}

/// Every built-in directory role that has a documented template id, by name.
pub fn directory_roles() -> impl Iterator<Item = &'static DirectoryRole> {
    directory_role_table().iter()
}

/// The well-known application of this name: its display name or one of its further names, without regard to case.
/// Where two applications carry one name, the first by application id answers.
pub fn well_known_application(name: &str) -> Option<&'static WellKnownApplication> {
    let tables = application_tables();
    tables
        .by_name
        .get(&name.to_lowercase())
        .map(|at| &tables.applications[*at])
}

/// The well-known application with this application id.
pub fn well_known_application_by_id(app_id: &str) -> Option<&'static WellKnownApplication> {
    let table = &application_tables().applications;
    let app_id = app_id.to_ascii_lowercase();
    table
        .binary_search_by(|application| application.app_id.cmp(app_id.as_str()))
        .ok()
        .map(|at| &table[at])
}

/// Every well-known application, by application id.
pub fn well_known_applications() -> impl Iterator<Item = &'static WellKnownApplication> {
    application_tables().applications.iter()
}

/// A permission that Microsoft Graph offers, in one or both of its forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GraphPermission {
    /// As in `Application.ReadWrite.All`.
    pub name: &'static str,
    /// The id of the app role, when there is an application permission of this name.
    pub application_id: Option<&'static str>,
    /// The id of the permission scope, when there is a delegated permission of this name.
    pub delegated_id: Option<&'static str>,
    /// Who may consent to the delegated permission; an application permission always needs an administrator.
    pub delegated_consent: Option<Consent>,
}

/// Who may consent to a delegated permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    Admin,
    User,
}

/// A directory role that every tenant has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DirectoryRole {
    pub template_id: &'static str,
    pub name: &'static str,
    pub privilege: Privilege,
}

/// Whether Microsoft labels a directory role as privileged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Privilege {
    Privileged,
    Plain,
}

/// An application that Microsoft runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WellKnownApplication {
    pub app_id: &'static str,
    /// The display name of its service principals; absent when no source states it.
    pub display_name: Option<&'static str>,
    /// Further names by which people call it.
    pub aliases: Vec<&'static str>,
    /// The tenant that owns it, when a source states it.
    pub owner_tenant: Option<&'static str>,
}

impl WellKnownApplication {
    /// The name to show: the display name, else the first further name, else the application id.
    pub fn name(&self) -> &'static str {
        self.display_name
            .or_else(|| self.aliases.first().copied())
            .unwrap_or(self.app_id)
    }
}

struct ApplicationTables {
    applications: Vec<WellKnownApplication>,
    by_name: BTreeMap<String, usize>,
}

fn permission_table() -> &'static [GraphPermission] {
    static TABLE: OnceLock<Vec<GraphPermission>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table: Vec<GraphPermission> = rows(include_str!("facts/permissions.txt"))
            .map(permission_of)
            .collect();
        table.sort_by_key(|permission| permission.name);
        table
    })
}

fn permission_of(row: &'static str) -> GraphPermission {
    let mut columns = row.split(' ').map(stated);
    let mut next = || columns.next().flatten();
    GraphPermission {
        name: next().unwrap_or_default(),
        application_id: next(),
        delegated_id: next(),
        delegated_consent: next().map(|who| match who {
            "user" => Consent::User,
            _ => Consent::Admin,
        }),
    }
}

fn directory_role_table() -> &'static [DirectoryRole] {
    static TABLE: OnceLock<Vec<DirectoryRole>> = OnceLock::new();
    TABLE.get_or_init(|| {
        rows(include_str!("facts/directory_roles.txt"))
            .filter_map(|row| {
                let mut columns = row.splitn(3, ' ');
                Some(DirectoryRole {
                    template_id: columns.next()?,
                    privilege: match columns.next()? {
                        "privileged" => Privilege::Privileged,
                        _ => Privilege::Plain,
                    },
                    name: columns.next()?,
                })
            })
            .collect()
    })
}

fn application_tables() -> &'static ApplicationTables {
    static TABLES: OnceLock<ApplicationTables> = OnceLock::new();
    TABLES.get_or_init(|| {
        let mut applications: Vec<WellKnownApplication> =
            rows(include_str!("facts/applications.txt"))
                .map(application_of)
                .collect();
        applications.sort_by_key(|application| application.app_id);
        let mut by_name = BTreeMap::new();
        for (at, application) in applications.iter().enumerate() {
            for name in application.display_name.iter().chain(&application.aliases) {
                by_name.entry(name.to_lowercase()).or_insert(at);
            }
        }
        ApplicationTables {
            applications,
            by_name,
        }
    })
}

fn application_of(row: &'static str) -> WellKnownApplication {
    let mut columns = row.split(" | ");
    let app_id = columns.next().unwrap_or_default();
    let owner_tenant = match columns.next() {
        Some("services") => Some(MICROSOFT_SERVICES_TENANT),
        Some("corporate") => Some(MICROSOFT_CORPORATE_TENANT),
        _ => None,
    };
    WellKnownApplication {
        app_id,
        owner_tenant,
        display_name: columns.next().and_then(stated),
        aliases: columns.collect(),
    }
}

fn rows(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn stated(column: &'static str) -> Option<&'static str> {
    (column != "-").then_some(column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_people_name() {
        let write = graph_permission("Application.ReadWrite.All").expect("a published permission");
        assert_eq!(
            write.application_id,
            Some("1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9")
        );
        let read = graph_permission("User.Read").expect("a published permission");
        assert_eq!(read.application_id, None);
        assert_eq!(
            read.delegated_id,
            Some("e1fe6dd8-ba31-4d61-89e7-88639da4683d")
        );
        assert_eq!(read.delegated_consent, Some(Consent::User));
        assert_eq!(graph_permission("User.Raed"), None);
        let role = directory_role("global administrator").expect("a built-in directory role");
        assert_eq!(role.template_id, "62e90394-69f5-4237-9190-012177145e10");
        assert_eq!(role.privilege, Privilege::Privileged);
        for (name, app_id) in [
            ("microsoft graph", MICROSOFT_GRAPH_APP_ID),
            ("Azure Key Vault", "cfa8b339-82a2-471a-a3c9-0fc0be7a4093"),
            (
                "Azure Service Management",
                "797f4846-ba00-4fd7-ba43-dac1f8f63013",
            ),
            ("Azure DevOps", "499b84ac-1321-427f-aa17-267ca6975798"),
            ("SharePoint Online", "00000003-0000-0ff1-ce00-000000000000"),
            ("Exchange Online", "00000002-0000-0ff1-ce00-000000000000"),
        ] {
            let found = well_known_application(name).map(|application| application.app_id);
            assert_eq!(found, Some(app_id), "{name}");
        }
        let by_id = well_known_application_by_id("00000003-0000-0000-C000-000000000000");
        assert_eq!(
            by_id.map(WellKnownApplication::name),
            Some("Microsoft Graph")
        );
    }

    #[test]
    fn tables_are_whole() {
        assert_eq!(graph_permissions().count(), 926);
        assert!(graph_permissions().all(|permission| {
            permission.application_id.is_some() || permission.delegated_id.is_some()
        }));
        assert!(directory_roles().count() > 120);
        assert!(well_known_applications().all(|application| application.app_id.len() == 36));
    }
}
