//! `idac.yaml` and `environments/<name>.yaml`: what may stand there, and what it comes to.

use std::collections::BTreeMap;

use super::check::{self, Variables};
use super::declaration::{Environment, Source, Tenant};
use super::tree::Document;
use crate::address::{Address, AppId, Name, ObjectId};
use crate::finding::{self, Finding, Origin};
use crate::kind::shape::exact_list;
use crate::kind::{Adoption, Field, Shape, rule};
use crate::object::{Content, Node};

/// The kinds whose objects `protected` can name: those that plans delete.
const PROTECTED_KINDS: &[&str] = &[
    "application",
    "directoryRoleAssignment",
    "group",
    "servicePrincipal",
];

/// The keys of `idac.yaml`.
pub(super) static PROJECT: &[Field] = &[
    Field::required(
        "project",
        Shape::Text(&rule::NAME),
        "The project's name. It begins the `uniqueName` by which idac finds its objects again: it never changes.",
    ),
    Field::optional(
        "guardrails",
        Shape::Map(GUARDRAILS),
        "What a plan may do without a further word.",
    ),
    Field::optional(
        "protected",
        exact_list(&Shape::Reference(PROTECTED_KINDS), 1_000),
        "Objects that no plan deletes, declared here or not.",
    ),
];

static GUARDRAILS: &[Field] = &[Field::optional(
    "blast-radius",
    Shape::Map(BLAST_RADIUS),
    "How much one plan may delete.",
)];

static BLAST_RADIUS: &[Field] = &[
    Field::never_empty(
        "deletes",
        Shape::Integer {
            least: 0,
            most: 1_000_000,
        },
        "The most objects that one plan deletes.",
    ),
    Field::never_empty(
        "percent",
        Shape::Integer {
            least: 0,
            most: 100,
        },
        "The most of the managed objects that one plan deletes, in percent.",
    ),
];

/// The keys of `environments/<name>.yaml`, where `tenant` is a map.
pub(super) static ENVIRONMENT: &[Field] = &[
    Field::required(
        "tenant",
        Shape::Map(TENANT),
        "The tenant: `emulator` for the embedded one, or the id and the cloud of one of Microsoft's.",
    ),
    Field::optional(
        "variables",
        Shape::Named(&Shape::Scalar),
        "Values for `${name}` in declarations.",
    ),
    Field::optional(
        "adopt",
        Shape::Named(&Shape::Map(ADOPTION)),
        "Objects that were there before idac, by the address that declares them.",
    ),
];

/// The keys of `tenant`.
pub(super) static TENANT: &[Field] = &[
    Field::required("id", Shape::Text(&rule::GUID), "The tenant's id."),
    Field::never_empty(
        "cloud",
        Shape::OneOf(&["global", "usgov", "usdod", "china"]),
        "The cloud in which it is; omitted, the global one.",
    ),
];

/// The keys of an object below `adopt`.
pub(super) static ADOPTION: &[Field] = &[
    Field::never_empty(
        "appId",
        Shape::Text(&rule::GUID),
        "The appId of the application.",
    ),
    Field::never_empty("id", Shape::Text(&rule::GUID), "The object id."),
];

/// What `idac.yaml` says.
pub(super) struct Project {
    pub(super) name: Name,
    pub(super) blast_radius: Option<(u64, u64)>,
    pub(super) protected: Vec<(Address, Origin)>,
}

/// Reads `idac.yaml`.
pub(super) fn project(
    source: &Source,
    documents: &[Document],
    findings: &mut Vec<Finding>,
) -> Option<Project> {
    let node = only_document(source, documents, "project: <name>", findings)?;
    let start = Origin::start_of(&source.shown);
    check::fields(
        &[PROJECT],
        node,
        "idac.yaml",
        &start,
        Variables::Refused,
        findings,
    );
    let radius = node
        .get("guardrails")
        .and_then(|guardrails| guardrails.get("blast-radius"));
    let number = |key: &str| {
        let number = radius?.get(key)?.integer()?;
        u64::try_from(number).ok()
    };
    let usual = crate::declare::BLAST_RADIUS;
    Some(Project {
        name: Name::new(node.get("project").and_then(Node::text).unwrap_or_default()),
        blast_radius: radius.map(|_| {
            (
                number("deletes").unwrap_or(usual.0),
                number("percent").unwrap_or(usual.1),
            )
        }),
        protected: node
            .get("protected")
            .map(Node::items)
            .unwrap_or_default()
            .iter()
            .filter_map(|item| Some((Address::parse(item.text()?)?, item.origin.clone())))
            .collect(),
    })
}

/// Reads `environments/<name>.yaml`.
pub(super) fn environment(
    source: &Source,
    name: &str,
    documents: &[Document],
    findings: &mut Vec<Finding>,
) -> Option<Environment> {
    let start = Origin::start_of(&source.shown);
    if let Err(problem) = (rule::NAME.check)(name) {
        findings.push(Finding::error(
            "IDAC115",
            &start,
            format!("`{name}` as the name of an environment {problem}"),
            "rename the file",
        ));
        return None;
    }
    let node = only_document(source, documents, "tenant: emulator", findings)?;
    check_environment(node, name, &start, findings);
    let variables = variables(node, findings);
    let adopt = adopted(node, findings);
    Some(Environment {
        name: Name::new(name),
        tenant: tenant(node)?,
        variables,
        adopt,
        origin: node
            .get("tenant")
            .map_or(start, |tenant| tenant.origin.clone()),
    })
}

/// `tenant` is a word or a map; the tables only know maps.
fn check_environment(node: &Node, name: &str, start: &Origin, findings: &mut Vec<Finding>) {
    let mut others = Vec::new();
    check::fields(
        &[ENVIRONMENT],
        node,
        &format!("the environment {name}"),
        start,
        Variables::Refused,
        &mut others,
    );
    let word = node.get("tenant").filter(|tenant| tenant.text().is_some());
    if let Some(word) = word {
        others.retain(|finding| finding.origin != word.origin);
        if let Some(text) = word.text()
            && text != "emulator"
        {
            others.push(
                Finding::error(
                    "IDAC116",
                    &word.origin,
                    format!("`{}` is not a tenant", check::shortened(text)),
                    "write `emulator`, or `{ id: <GUID>, cloud: global }`",
                )
                .with_suggestion(text, ["emulator"]),
            );
        }
    }
    findings.append(&mut others);
}

fn tenant(node: &Node) -> Option<Tenant> {
    let tenant = node.get("tenant")?;
    if tenant.text() == Some("emulator") {
        return Some(Tenant::Emulator);
    }
    Some(Tenant::Entra {
        id: tenant.get("id")?.text()?.to_ascii_lowercase(),
        cloud: tenant
            .get("cloud")
            .and_then(Node::text)
            .unwrap_or("global")
            .to_owned(),
    })
}

fn variables(node: &Node, findings: &mut Vec<Finding>) -> BTreeMap<String, Node> {
    let mut variables = BTreeMap::new();
    for entry in node.get("variables").map(Node::entries).unwrap_or_default() {
        if let Err(problem) = (rule::VARIABLE.check)(&entry.key) {
            findings.push(Finding::error(
                "IDAC139",
                &entry.key_origin,
                format!("`{}` as the name of a variable {problem}", entry.key),
                "give the variable another name",
            ));
            continue;
        }
        let Content::Scalar { text, .. } = &entry.value.content else {
            continue;
        };
        if check::has_variable(text) {
            findings.push(Finding::error(
                "IDAC131",
                &entry.value.origin,
                format!("the variable `{}` refers to another", entry.key),
                "write its value out; `$${` stands for a literal `${`",
            ));
        }
        variables.insert(entry.key.to_string(), entry.value.clone());
    }
    variables
}

fn adopted(node: &Node, findings: &mut Vec<Finding>) -> BTreeMap<Address, (Adoption, Origin)> {
    let mut adopted = BTreeMap::new();
    for entry in node.get("adopt").map(Node::entries).unwrap_or_default() {
        let address = Address::parse(&entry.key)
            .filter(|address| ["application", "group"].contains(&address.kind()));
        let Some(address) = address else {
            findings.push(Finding::error(
                "IDAC117",
                &entry.key_origin,
                format!("`{}` cannot be adopted", check::shortened(&entry.key)),
                "write the address of a declared application or group; a service principal is found by its appId without that",
            ));
            continue;
        };
        let app_id = entry.value.get("appId").and_then(Node::text);
        let id = entry.value.get("id").and_then(Node::text);
        let adoption = match (app_id, id, address.kind()) {
            (Some(app_id), None, "application") => Adoption::AppId(AppId::new(app_id)),
            (None, Some(id), _) => Adoption::Id(ObjectId::new(id)),
            _ => {
                findings.push(Finding::error(
                    "IDAC143",
                    &entry.key_origin,
                    format!("{address} is not adopted by exactly one id"),
                    "write `{ appId: … }` for an application, or `{ id: … }`",
                ));
                continue;
            }
        };
        adopted.insert(address, (adoption, entry.key_origin.clone()));
    }
    adopted
}

/// The one document of a settings file, which is a map.
fn only_document<'a>(
    source: &Source,
    documents: &'a [Document],
    least: &str,
    findings: &mut Vec<Finding>,
) -> Option<&'a Node> {
    let Some((first, more)) = documents.split_first() else {
        // Of a file that could not be read that was said.
        if !finding::has_errors(findings) {
            findings.push(Finding::error(
                "IDAC114",
                &Origin::start_of(&source.shown),
                format!("{} says nothing", source.shown),
                &format!("write `{least}` in it, or remove the file"),
            ));
        }
        return None;
    };
    if let Some(second) = more.first() {
        findings.push(Finding::error(
            "IDAC126",
            &second.root.origin,
            format!("{} has more than one document", source.shown),
            "write one document; objects are declared in files of their own",
        ));
    }
    if !matches!(first.root.content, Content::Map(_)) {
        findings.push(Finding::error(
            "IDAC113",
            &first.root.origin,
            format!(
                "{} is {}, and must be a map",
                source.shown,
                first.root.describe()
            ),
            "write keys and values",
        ));
        return None;
    }
    Some(&first.root)
}
