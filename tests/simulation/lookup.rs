//! Whoever is meant by what a declaration says, found in the stored state of a tenant.

use idac::address::Address;
use idac::plan::Applied;
use serde_json::{Value, json};

use super::laws::id_of;
use super::root::{Root, items, kind_of};
use super::witness::Facts;

/// Reads a tenant for a root.
pub(crate) struct Reader<'a> {
    pub(crate) root: &'a Root,
    pub(crate) applied: &'a Applied,
    pub(crate) facts: &'a Facts,
    pub(crate) problems: Vec<String>,
}

impl Reader<'_> {
    pub(crate) fn id(&self, address: &str) -> Option<String> {
        let address = Address::parse(address).or_else(|| {
            let (root, part) = address.rsplit_once('/')?;
            Some(Address::parse(root)?.part(part))
        })?;
        id_of(self.applied.get(&address)?).map(ToString::to_string)
    }

    /// Whoever stands behind a reference: the service principal of an application.
    pub(crate) fn principal(&self, reference: &Value) -> Option<String> {
        let reference = reference.as_str()?;
        match kind_of(reference) {
            "user" => self.found(
                "User",
                "userPrincipalName",
                reference.strip_prefix("user/")?,
            ),
            "application" => self.resource(reference),
            "existing" => self.existing(&self.root.documents[reference]),
            _ => self.id(reference),
        }
    }

    pub(crate) fn existing(&self, document: &Value) -> Option<String> {
        let kind = match document["type"].as_str()? {
            "user" => "User",
            "group" => "Group",
            "servicePrincipal" => "ServicePrincipal",
            other => panic!("nobody here knows an existing {other}"),
        };
        if let Some(id) = document["id"].as_str() {
            return Some(id.to_owned());
        }
        let keys = ["appId", "displayName", "userPrincipalName"];
        keys.iter()
            .find_map(|key| self.found(kind, key, document[*key].as_str()?))
    }

    pub(crate) fn found(&self, kind: &str, property: &str, value: &str) -> Option<String> {
        let mut objects = self.facts.objects();
        let found = objects.find(|(_, object)| {
            object["kind"] == kind
                && object["deleted"] == false
                && object["properties"][property] == value
        });
        found.map(|(id, _)| id.to_owned())
    }

    pub(crate) fn app_id(&self, application: &Value) -> Option<String> {
        match application.as_str()? {
            "Microsoft Graph" => Some(idac::graph::facts::MICROSOFT_GRAPH_APP_ID.to_owned()),
            address if kind_of(address) == "application" => {
                let object = self.facts.living(&self.id(address)?)?;
                object["properties"]["appId"].as_str().map(str::to_owned)
            }
            app_id => Some(app_id.to_owned()),
        }
    }

    /// The service principal of an application.
    pub(crate) fn resource(&self, application: &str) -> Option<String> {
        self.found(
            "ServicePrincipal",
            "appId",
            &self.app_id(&json!(application))?,
        )
    }

    /// The id of an app role or permission scope, as the application that offers it has it.
    pub(crate) fn permission(
        &self,
        application: &str,
        collection: &str,
        value: &Value,
    ) -> Option<String> {
        let list = match application {
            "Microsoft Graph" => {
                let object = self.facts.living(&self.resource(application)?)?;
                object["properties"][collection].clone()
            }
            address => {
                let object = self.facts.living(&self.id(address)?)?;
                let properties = &object["properties"];
                match collection {
                    "appRoles" => properties["appRoles"].clone(),
                    _ => properties["api"][collection].clone(),
                }
            }
        };
        let found = items(&list).iter().find(|item| item["value"] == *value)?;
        found["id"].as_str().map(str::to_owned)
    }

    /// A text with what only the environment and the tenant know.
    pub(crate) fn filled(&self, address: &str, text: &str) -> String {
        let own = address.trim_end_matches("/servicePrincipal");
        let mut filled = text
            .replace("$${", "\u{0}")
            .replace("${environment}", "sandbox")
            .replace("${tenant.domain}", "contoso.onmicrosoft.com")
            .replace("${tenant.id}", "6f1d2a54-3c0b-4a57-9d0e-2b7c55f0a1c4")
            .replace("${host}", "sim.contoso.com");
        for (name, of) in [("self".to_owned(), own.to_owned())].into_iter().chain(
            self.root
                .of_kind("application")
                .into_iter()
                .map(|it| (it.clone(), it)),
        ) {
            let app_id = self.app_id(&json!(of)).unwrap_or_default();
            filled = filled.replace(&format!("${{{name}.appId}}"), &app_id);
        }
        filled.replace('\u{0}', "${")
    }
}
