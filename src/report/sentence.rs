//! A step in one sentence.

use super::change;
use super::names::{Names, called};
use crate::object::{Properties, Value};
use crate::plan::{Action, Reason, Step};

/// What the step does: `create application/payments-api`.
pub fn of(step: &Step, names: &Names) -> String {
    let subject = subject(step, names);
    match &step.action {
        Action::Create {
            properties: _,
            revive: Some(_),
        } => format!("take {subject} out of the recycle bin"),
        Action::Create {
            properties,
            revive: None,
        } => match assignment(properties, "to", names) {
            Some(assignment) => format!("give {assignment}"),
            None => format!("create {subject}"),
        },
        Action::Update {
            target: _,
            was,
            will,
        } => format!(
            "{} of {subject}",
            change::summary(&step.entity, was, will, names)
        ),
        Action::Delete { target: _, was } => match assignment(&was.properties, "from", names) {
            Some(assignment) => format!("take {assignment}"),
            None => format!("delete {subject}"),
        },
        Action::Link {
            from: _,
            relation,
            to,
        } => format!("add {} to the {relation} of {subject}", names.target(to)),
        Action::Unlink {
            from: _,
            relation,
            to,
        } => format!(
            "remove {} from the {relation} of {subject}",
            names.target(to)
        ),
    }
}

/// What the step is about, as people call it: the declared object's address, or a part and the object it is of.
pub(super) fn subject(step: &Step, names: &Names) -> String {
    if step.subject.part_name().is_empty() {
        return step.subject.to_string();
    }
    format!("the {} of {}", part(step, names), step.subject.root())
}

/// What a part is called below its object: `service principal`, `federated identity credential github-deploy`.
pub(super) fn part(step: &Step, names: &Names) -> String {
    let said = match &step.action {
        Action::Create {
            properties,
            revive: _,
        } => assignment(properties, "to", names),
        Action::Delete { target: _, was } => assignment(&was.properties, "from", names),
        Action::Update { .. } | Action::Link { .. } | Action::Unlink { .. } => None,
    };
    if let Some(said) = said {
        return said;
    }
    let noun = noun(&step.entity);
    match step.subject.part_name().rsplit_once('/') {
        // An object that nobody declared has no name of its own below its owner but its id.
        Some((_, name)) => format!("{noun} {}", names.name(name)),
        None => noun,
    }
}

/// Who may do what where (given `to` somebody or taken `from` somebody), when these are the properties of an assignment or a grant.
pub(super) fn assignment(
    properties: &Properties,
    direction: &str,
    names: &Names,
) -> Option<String> {
    let word = |name: &str| properties.get(name).map(|value| names.word(value));
    if let (Some(role), Some(resource)) = (word("appRoleId"), word("resourceId")) {
        let principal = word("principalId")?;
        return Some(match role.as_str() {
            "default access" => format!("default access to {resource}, {direction} {principal}"),
            role => format!("app role {role} of {resource} {direction} {principal}"),
        });
    }
    if let (Some(role), Some(principal)) = (word("roleDefinitionId"), word("principalId")) {
        let place = match properties.get("directoryScopeId").and_then(Value::as_text) {
            Some("/") | None => "the whole tenant".to_owned(),
            Some(path) => path
                .strip_prefix('/')
                .filter(|id| crate::address::is_guid(id))
                .map_or_else(|| path.to_owned(), |id| names.name(id)),
        };
        let place = match properties.get("directoryScopeId") {
            Some(scope @ Value::Computed(_)) => names
                .value(scope)
                .trim_start_matches("/${")
                .trim_end_matches(".id}")
                .to_owned(),
            _ => place,
        };
        return Some(format!(
            "directory role {role} over {place} {direction} {principal}"
        ));
    }
    let (client, resource) = (word("clientId")?, word("resourceId")?);
    let scopes = word("scope").unwrap_or_default();
    let scopes: Vec<&str> = scopes.split_whitespace().collect();
    let users = match word("principalId").filter(|principal| principal != "(nothing)") {
        Some(principal) => format!("for {principal}"),
        None => "for all users".to_owned(),
    };
    let noun = if scopes.len() == 1 {
        "permission scope"
    } else {
        "permission scopes"
    };
    Some(format!(
        "{noun} {} of {resource} {direction} {client} {users}",
        scopes.join(", ")
    ))
}

/// Why the step is there.
pub(super) fn why(step: &Step) -> String {
    match (&step.reason, &step.action) {
        (
            Reason::Declared,
            Action::Create {
                properties: _,
                revive: Some(_),
            },
        ) => "declared again: taken out of the recycle bin".to_owned(),
        (Reason::Declared, Action::Create { .. }) => "new".to_owned(),
        (
            Reason::Declared,
            Action::Update { .. }
            | Action::Delete { .. }
            | Action::Link { .. }
            | Action::Unlink { .. },
        ) => "declared".to_owned(),
        (Reason::Drifted { properties }, _) if properties.is_empty() => {
            "drifted: the tenant was changed since the last apply".to_owned()
        }
        (Reason::Drifted { properties }, _) => format!(
            "drifted: {} changed in the tenant since the last apply",
            properties.join(", ")
        ),
        (Reason::Undeclared, _) => "no longer declared".to_owned(),
        (Reason::DisableFirst { items }, _) => format!(
            "switched off first: Graph refuses to change or remove what is enabled ({})",
            items.join(", ")
        ),
        (Reason::Detached { waits_for }, _)
            if waits_for.iter().all(|address| *address == step.subject) =>
        {
            "set later: Graph wants the object stored first".to_owned()
        }
        (Reason::Detached { waits_for }, _) => {
            let waits_for: Vec<&str> = waits_for.iter().map(called).collect();
            format!(
                "set later: Graph wants {} stored first",
                waits_for.join(", ")
            )
        }
    }
}

/// Graph's name of a type, in words.
pub(super) fn noun(entity: &str) -> String {
    match entity {
        "oAuth2PermissionGrant" => return "permission grant".to_owned(),
        "unifiedRoleAssignment" => return "directory role assignment".to_owned(),
        _ => {}
    }
    let mut noun = String::new();
    for character in entity.chars() {
        if character.is_ascii_uppercase() {
            noun.push(' ');
        }
        noun.push(character.to_ascii_lowercase());
    }
    noun
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entity_has_a_noun_that_people_say() {
        let nouns: Vec<String> = crate::kind::ENTITIES
            .iter()
            .map(|entity| noun(entity.name))
            .collect();
        assert_eq!(
            nouns,
            [
                "application",
                "app role assignment",
                "federated identity credential",
                "group",
                "permission grant",
                "service principal",
                "directory role assignment",
                "user",
            ]
        );
    }
}
