//! Names for things that are in the tenant already and that idac only refers to.

use super::shape::{Field, Shape};
use super::{COMMON_FIELDS, Documents, Kind, rule};

pub(super) static KIND: Kind = Kind {
    name: "existing",
    doc: "A name for one object of the tenant that idac refers to and never writes.",
    fields: &[COMMON_FIELDS, FIELDS],
    documents: Documents::Declared,
};

/// The keys by which an existing object can be found; a document has exactly one of them.
pub(super) static KEYS: &[&str] = &[
    "id",
    "appId",
    "uniqueName",
    "displayName",
    "userPrincipalName",
];

static FIELDS: &[Field] = &[
    Field::required(
        "type",
        Shape::OneOf(&["application", "group", "servicePrincipal", "user"]),
        "What the object is.",
    ),
    Field::optional("id", Shape::Text(&rule::GUID), "Its object id."),
    Field::optional(
        "appId",
        Shape::Text(&rule::GUID),
        "Its appId, for an application or a service principal.",
    ),
    Field::optional(
        "uniqueName",
        Shape::Text(&rule::NOT_BLANK),
        "Its unique name, for an application or a group.",
    ),
    Field::optional(
        "displayName",
        Shape::Text(&rule::DISPLAY_NAME),
        "Its display name; exactly one object of the tenant must have it.",
    ),
    Field::optional(
        "userPrincipalName",
        Shape::Text(&rule::MAIL),
        "Its user principal name, for a user.",
    ),
];
