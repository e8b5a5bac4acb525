//! Who holds which permissions and directory roles, as far as the snapshot and the plan know.

use std::collections::BTreeMap;

use super::rating::{self, Rating};
use crate::address::{Address, ObjectId};
use crate::graph::facts;
use crate::object::{Part, Properties, Value};
use crate::observe::Snapshot;
use crate::plan::{Action, Plan, Step, Target};

/// The farthest that each holder reaches.
pub(super) struct Holders<'a> {
    plan: &'a Plan,
    snapshot: &'a Snapshot,
    /// By object id, or by address for those that the plan creates.
    powers: BTreeMap<String, Rating>,
}

impl<'a> Holders<'a> {
    pub(super) fn of(plan: &'a Plan, snapshot: &'a Snapshot) -> Holders<'a> {
        let mut holders = Holders {
            plan,
            snapshot,
            powers: BTreeMap::new(),
        };
        let observed = snapshot
            .objects
            .values()
            .map(|object| (object.entity.as_str(), &object.properties));
        let created = plan.steps.iter().filter_map(|step| match &step.action {
            Action::Create {
                properties,
                revive: _,
            } => Some((step.entity.as_str(), properties)),
            Action::Update { .. }
            | Action::Delete { .. }
            | Action::Link { .. }
            | Action::Unlink { .. } => None,
        });
        for (entity, properties) in observed.chain(created) {
            if !["appRoleAssignment", "unifiedRoleAssignment"].contains(&entity) {
                continue;
            }
            if let (Some(rating), Some(who)) = (
                holders.rated(properties),
                properties
                    .get("principalId")
                    .and_then(|who| holders.key(who)),
            ) {
                holders
                    .powers
                    .entry(who)
                    .and_modify(|power| {
                        if rating.reach < power.reach {
                            *power = rating;
                        }
                    })
                    .or_insert(rating);
            }
        }
        holders
    }

    /// How far an assignment with these properties reaches; `None` when it stays within the company's own applications.
    pub(super) fn rated(&self, properties: &Properties) -> Option<Rating> {
        if let Some(role) = properties.get("roleDefinitionId") {
            let rating = role
                .as_text()
                .and_then(facts::directory_role_by_id)
                .map_or(Rating::UNRATED, rating::directory_role);
            let is_whole = properties.get("directoryScopeId").and_then(Value::as_text) == Some("/");
            return Some(if is_whole { rating } else { rating.in_part() });
        }
        let app_role = properties.get("appRoleId")?;
        match app_role {
            Value::Text(id) => {
                let known = facts::graph_permissions().find(|known| {
                    known
                        .application_id
                        .is_some_and(|known| known.eq_ignore_ascii_case(id))
                });
                match known {
                    Some(known) => rating::permission(known.name),
                    // Access without an app role reads nothing by itself.
                    None if id == facts::DEFAULT_ACCESS_APP_ROLE => None,
                    None => self
                        .is_microsoft(properties.get("resourceId")?)
                        .then_some(Rating::UNRATED),
                }
            }
            Value::Computed(template) => match template.0.as_slice() {
                // A declared application may call an app role of its own what it likes.
                [Part::Property { of, property }] if of.kind() != "application" => {
                    let name = property.strip_prefix("appRoles[")?.strip_suffix(']')?;
                    Some(rating::permission(name).unwrap_or(Rating::UNRATED))
                }
                _ => None,
            },
            Value::Null | Value::Bool(_) | Value::Integer(_) | Value::List(_) | Value::Map(_) => {
                None
            }
        }
    }

    /// How far an object reaches by what it was assigned.
    pub(super) fn power_of(&self, address: &Address) -> Option<Rating> {
        self.powers.get(&self.key_of(address)).copied()
    }

    /// How far whoever signs in as the application reaches.
    pub(super) fn power_of_application(&self, address: &Address) -> Option<Rating> {
        let declared = self.power_of(&address.part("servicePrincipal"));
        let own = self.power_of(address);
        let app_id = match self.plan.objects.get(address).map(|object| &object.target) {
            Some(Target::Existing(id)) => self
                .snapshot
                .objects
                .get(id)
                .and_then(|object| object.text("appId")),
            Some(Target::Planned(_)) | None => None,
        };
        let by_app_id = app_id.and_then(|app_id| {
            self.snapshot
                .objects
                .values()
                .filter(|object| object.entity == "servicePrincipal")
                .find(|object| object.text("appId") == Some(app_id))
                .and_then(|object| self.powers.get(object.id.as_str()).copied())
        });
        [declared, own, by_app_id]
            .into_iter()
            .flatten()
            .min_by_key(|rating| rating.reach)
    }

    /// Whether the group may hold directory roles.
    pub(super) fn is_role_assignable(&self, group: &Address) -> bool {
        let says = |properties: &Properties| {
            properties.get("isAssignableToRole") == Some(&Value::Bool(true))
        };
        let observed = match self.plan.objects.get(group).map(|object| &object.target) {
            Some(Target::Existing(id)) => self.snapshot.objects.get(id),
            Some(Target::Planned(_)) | None => None,
        };
        observed.is_some_and(|object| says(&object.properties))
            || self.plan.steps.iter().any(|step| {
                step.subject == *group
                    && match &step.action {
                        Action::Create {
                            properties,
                            revive: _,
                        } => says(properties),
                        Action::Update { will, .. } => says(will),
                        Action::Delete { .. } | Action::Link { .. } | Action::Unlink { .. } => {
                            false
                        }
                    }
            })
    }

    /// Whether the resource is an application of Microsoft's own. One that is not known is taken for one: that says more,
    /// not less.
    pub(super) fn is_microsoft(&self, resource: &Value) -> bool {
        match resource {
            Value::Text(id) => match self.snapshot.objects.get(&ObjectId::new(id)) {
                Some(object) => {
                    let owner = object.text("appOwnerOrganizationId");
                    owner == Some(facts::MICROSOFT_SERVICES_TENANT)
                        || owner == Some(facts::MICROSOFT_CORPORATE_TENANT)
                        || object
                            .text("appId")
                            .is_some_and(|id| facts::well_known_application_by_id(id).is_some())
                }
                None => !self.is_ours(id),
            },
            Value::Computed(template) => match template.0.as_slice() {
                [Part::Property { of, property: _ }] => of.kind() != "application",
                _ => true,
            },
            Value::Null | Value::Bool(_) | Value::Integer(_) | Value::List(_) | Value::Map(_) => {
                true
            }
        }
    }

    /// What was observed of the object that a step changes.
    pub(super) fn observed_properties(&self, step: &Step) -> Option<&Properties> {
        match &step.action {
            Action::Update {
                target: Target::Existing(id),
                ..
            } => self
                .snapshot
                .objects
                .get(id)
                .map(|object| &object.properties),
            Action::Update { .. }
            | Action::Create { .. }
            | Action::Delete { .. }
            | Action::Link { .. }
            | Action::Unlink { .. } => None,
        }
    }

    fn is_ours(&self, id: &str) -> bool {
        let target = Target::Existing(ObjectId::new(id));
        self.plan
            .objects
            .values()
            .any(|object| object.target == target)
    }

    fn key(&self, value: &Value) -> Option<String> {
        match value {
            Value::Text(id) => Some(ObjectId::new(id).as_str().to_owned()),
            Value::Computed(template) => match template.0.as_slice() {
                [Part::Property { of, property }] if property == "id" => Some(self.key_of(of)),
                _ => None,
            },
            Value::Null | Value::Bool(_) | Value::Integer(_) | Value::List(_) | Value::Map(_) => {
                None
            }
        }
    }

    fn key_of(&self, address: &Address) -> String {
        match self.plan.objects.get(address).map(|object| &object.target) {
            Some(Target::Existing(id)) => id.as_str().to_owned(),
            Some(Target::Planned(_)) | None => address.as_str().to_owned(),
        }
    }
}
