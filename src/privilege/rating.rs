//! How far permissions of Microsoft Graph and directory roles reach, as others have rated them.
//!
//! The tables stand beside this file as text, each with its sources and date.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::graph::facts::{DirectoryRole, Privilege};

/// How far something reaches: the farthest comes first in the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reach {
    /// A way from it to the control of the whole tenant is known.
    Tenant,
    /// It changes or reads much of the tenant, or nobody has rated it.
    Broad,
    /// One object, or little of many.
    Narrow,
}

/// How far one thing reaches, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rating {
    pub reach: Reach,
    /// Completes "its holder can".
    pub how: Option<&'static str>,
    source: Source,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Rated,
    InPart,
    Unrated,
}

impl Rating {
    /// What nobody has rated counts as broad until somebody has.
    pub(super) const UNRATED: Rating = Rating {
        reach: Reach::Broad,
        how: None,
        source: Source::Unrated,
    };

    /// The same over a part of the tenant only.
    pub(super) fn in_part(self) -> Rating {
        Rating {
            reach: match self.reach {
                Reach::Tenant => Reach::Broad,
                Reach::Broad | Reach::Narrow => Reach::Narrow,
            },
            // What it lets its holder do in the whole tenant it does not in a part.
            how: None,
            source: Source::InPart,
        }
    }

    /// Completes "a holder that".
    pub(super) fn can(&self) -> String {
        match (self.how, self.source) {
            (Some(how), _) => format!("can {how}"),
            (None, Source::Unrated) => "holds something that nobody has rated".to_owned(),
            (None, Source::Rated | Source::InPart) => self.why().to_owned(),
        }
    }

    /// Why it reaches so far, when nothing more is known of it.
    pub(super) fn why(&self) -> &'static str {
        match (self.source, self.reach) {
            (Source::Unrated, _) => "nobody has rated how far it reaches",
            (Source::InPart, Reach::Tenant | Reach::Broad) => {
                "controls everything in a part of the tenant"
            }
            (Source::InPart, Reach::Narrow) => "reaches a part of the tenant",
            (Source::Rated, Reach::Tenant | Reach::Broad) => "reaches much of the tenant",
            (Source::Rated, Reach::Narrow) => "reaches little of the tenant",
        }
    }
}

/// How far a permission of Microsoft Graph reaches; `None` when Microsoft Graph publishes none of this name.
pub(super) fn permission(name: &str) -> Option<Rating> {
    crate::graph::facts::graph_permission(name)?;
    Some(permissions().get(name).copied().unwrap_or(Rating::UNRATED))
}

/// How far a directory role reaches that is assigned in the whole tenant.
pub(super) fn directory_role(role: &DirectoryRole) -> Rating {
    let labelled = match role.privilege {
        Privilege::Privileged => Reach::Broad,
        Privilege::Plain => Reach::Narrow,
    };
    let label = Rating {
        reach: labelled,
        how: None,
        source: Source::Rated,
    };
    roles().get(role.name).copied().unwrap_or(label)
}

type Table = BTreeMap<&'static str, Rating>;

fn permissions() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| read(include_str!("permissions.txt"), " "))
}

fn roles() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| read(include_str!("roles.txt"), " | "))
}

fn read(text: &'static str, between: &str) -> Table {
    text.lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| {
            let mut cells = line.splitn(3, between);
            let reach = match cells.next() {
                Some("tenant") => Reach::Tenant,
                Some("broad") => Reach::Broad,
                Some("narrow") => Reach::Narrow,
                other => panic!("bug: `{other:?}` is no reach in `{line}`"),
            };
            let name = cells
                .next()
                .unwrap_or_else(|| panic!("bug: no name in `{line}`"));
            let how = cells.next();
            let source = Source::Rated;
            (name, Rating { reach, how, source })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::facts;

    #[test]
    fn what_is_rated_is_published_and_what_takes_the_tenant_says_how() {
        for (name, rating) in permissions() {
            assert!(facts::graph_permission(name).is_some(), "{name}");
            assert_eq!(
                rating.how.is_some(),
                rating.reach == Reach::Tenant,
                "{name}"
            );
        }
        for (name, rating) in roles() {
            assert!(facts::directory_role(name).is_some(), "{name}");
            assert_eq!(
                rating.how.is_some(),
                rating.reach == Reach::Tenant,
                "{name}"
            );
        }
        assert_eq!((permissions().len(), roles().len()), (658, 28));
    }

    #[test]
    fn what_nobody_rated_counts_as_broad() {
        let unrated = facts::graph_permissions()
            .filter(|known| !permissions().contains_key(known.name))
            .filter(|known| permission(known.name).map(|rating| rating.reach) == Some(Reach::Broad))
            .count();
        assert!(unrated > 100, "{unrated}");
        assert_eq!(permission("Invented.By.Somebody"), None);
    }

    #[test]
    fn a_labelled_directory_role_is_broad_and_a_plain_one_is_not() {
        let reach = |name| directory_role(facts::directory_role(name).expect("a role")).reach;
        assert_eq!(reach("Global Administrator"), Reach::Tenant);
        assert_eq!(reach("Application Administrator"), Reach::Tenant);
        assert_eq!(reach("Helpdesk Administrator"), Reach::Broad);
        assert_eq!(reach("Reports Reader"), Reach::Narrow);
    }
}
