//! What may be asked of which property, and what needs the advanced query (`ConsistencyLevel: eventual` with
//! `$count=true`). Source: concepts/aad-advanced-queries and the list page of each entity.

use super::filter::{Expr, Function, Literal, Operator};
use super::problem::Problem;
use super::query::Level;
use super::record::Kind;
use super::shape::{Holds, Shape};

/// How many alternatives `or` and `in` may have.
const MOST_ALTERNATIVES: usize = 15;

/// Which operators a property takes without the advanced query. With it, it also takes their negations,
/// comparison with null, and those under `advanced`.
pub(super) struct Rule {
    path: &'static str,
    basic: u8,
    advanced: u8,
}

pub(super) const EQ: u8 = 1;
pub(super) const IN: u8 = 2;
pub(super) const STARTS: u8 = 4;
/// `ge` and `le`.
pub(super) const ORDER: u8 = 8;
const ENDS: u8 = 16;
pub(super) const NONE: u8 = 0;
const ALL: u8 = EQ | IN | STARTS | ORDER;

pub(super) const fn rule(path: &'static str, basic: u8, advanced: u8) -> Rule {
    Rule {
        path,
        basic,
        advanced,
    }
}

const APPLICATION: &[Rule] = &[
    rule("id", EQ | IN, NONE),
    rule("appId", EQ | IN, NONE),
    rule("createdDateTime", EQ | ORDER, IN),
    rule("displayName", EQ | IN | STARTS, ORDER),
    rule("identifierUris", EQ | STARTS, NONE),
    rule("uniqueName", EQ, IN),
    rule("publisherDomain", EQ | STARTS | ORDER, IN),
    rule("signInAudience", EQ | STARTS, ORDER | IN),
    rule("tags", EQ | STARTS | ORDER, NONE),
    rule("disabledByMicrosoftStatus", NONE, EQ),
    rule("applicationTemplateId", EQ, NONE),
    rule("description", NONE, EQ | STARTS),
    rule("notes", NONE, EQ | STARTS),
    rule("isFallbackPublicClient", NONE, EQ),
    rule("serviceManagementReference", NONE, EQ | STARTS),
    rule("keyCredentials", NONE, EQ | ORDER),
    rule("passwordCredentials", NONE, EQ | ORDER),
    rule("web/homePageUrl", NONE, EQ | STARTS),
    rule("web/redirectUris", EQ | STARTS, NONE),
    rule("spa/redirectUris", NONE, EQ | STARTS),
    rule("publicClient/redirectUris", NONE, EQ | STARTS),
    rule("verifiedPublisher/displayName", NONE, EQ | STARTS | ORDER),
    rule("verifiedPublisher/verifiedPublisherId", NONE, EQ),
    rule("owners", NONE, EQ),
];

const SERVICE_PRINCIPAL: &[Rule] = &[
    rule("id", EQ | IN, NONE),
    rule("accountEnabled", EQ | IN, NONE),
    rule("alternativeNames", EQ | STARTS | ORDER, NONE),
    rule("appId", EQ | IN, STARTS | ORDER),
    rule("appDisplayName", NONE, EQ | IN | STARTS),
    rule("appOwnerOrganizationId", NONE, EQ | ORDER),
    rule("applicationTemplateId", EQ, NONE),
    rule("appRoleAssignmentRequired", NONE, EQ),
    rule("createdDateTime", NONE, EQ | ORDER),
    rule("displayName", EQ | IN | STARTS, ORDER),
    rule("homepage", EQ | STARTS, NONE),
    rule("keyCredentials", NONE, EQ | ORDER),
    rule("notes", NONE, EQ | STARTS),
    rule("preferredSingleSignOnMode", NONE, EQ),
    rule("servicePrincipalNames", EQ | STARTS | ORDER, NONE),
    rule("servicePrincipalType", EQ | IN, STARTS),
    rule("signInAudience", NONE, EQ | STARTS),
    rule("tags", EQ | STARTS | ORDER, NONE),
    rule("owners", NONE, EQ),
];

const GROUP: &[Rule] = &[
    rule("id", EQ | IN, NONE),
    rule("classification", NONE, EQ | IN | STARTS | ORDER),
    rule("createdDateTime", EQ | ORDER, IN),
    rule("description", EQ | STARTS | ORDER, NONE),
    rule("displayName", EQ | IN | STARTS | ORDER, NONE),
    rule("expirationDateTime", EQ | ORDER, IN),
    rule("groupTypes", EQ, NONE),
    rule("isAssignableToRole", EQ, NONE),
    rule("mail", ALL, NONE),
    rule("mailEnabled", EQ, NONE),
    rule("mailNickname", ALL, NONE),
    rule("membershipRule", NONE, EQ | IN | STARTS | ORDER),
    rule("membershipRuleProcessingState", NONE, EQ | IN),
    rule("onPremisesSyncEnabled", EQ | IN, NONE),
    rule("onPremisesSecurityIdentifier", EQ, NONE),
    rule("preferredDataLocation", NONE, EQ | IN | STARTS | ORDER),
    rule("preferredLanguage", NONE, EQ | IN | STARTS | ORDER),
    rule("proxyAddresses", EQ | STARTS | ORDER, ENDS),
    rule("renewedDateTime", EQ | ORDER, IN),
    rule("resourceProvisioningOptions", EQ, NONE),
    rule("securityEnabled", EQ | IN, NONE),
    rule("securityIdentifier", EQ, NONE),
    rule("uniqueName", EQ, IN),
    rule("owners", NONE, EQ),
    rule("members", NONE, EQ),
];

const USER: &[Rule] = &[
    rule("id", EQ | IN, NONE),
    rule("accountEnabled", EQ | IN, NONE),
    rule("businessPhones", EQ | STARTS | ORDER, NONE),
    rule("companyName", EQ | IN | STARTS | ORDER, NONE),
    rule("createdDateTime", EQ | ORDER, IN),
    rule("creationType", EQ | IN, NONE),
    rule("department", ALL, NONE),
    rule("displayName", ALL, NONE),
    rule("employeeId", ALL, NONE),
    rule("givenName", ALL, NONE),
    rule("jobTitle", ALL, NONE),
    rule("mail", ALL, ENDS),
    rule("mailNickname", ALL, NONE),
    rule("mobilePhone", NONE, EQ | IN | STARTS),
    rule("officeLocation", NONE, EQ | IN | STARTS),
    rule("onPremisesSyncEnabled", EQ | IN, NONE),
    rule("preferredLanguage", NONE, EQ | IN | STARTS),
    rule("surname", ALL, NONE),
    rule("usageLocation", ALL, NONE),
    rule("userPrincipalName", ALL, ENDS),
    rule("userType", EQ | IN, NONE),
];

const ADMINISTRATIVE_UNIT: &[Rule] = &[
    rule("id", EQ | IN, NONE),
    rule("displayName", EQ | IN | STARTS | ORDER, NONE),
    rule("description", NONE, EQ | IN | STARTS),
];

const NAMED: &[Rule] = &[
    rule("id", EQ | IN, NONE),
    rule("displayName", EQ | IN | STARTS, NONE),
];

const MIXED: &[Rule] = &[
    rule("id", NONE, EQ | IN),
    rule("displayName", NONE, EQ | IN | STARTS),
];

const FEDERATED: &[Rule] = &[rule("name", EQ, NONE), rule("subject", EQ, NONE)];

const ASSIGNMENT: &[Rule] = &[
    rule("appRoleId", EQ, NONE),
    rule("principalId", EQ, NONE),
    rule("resourceId", EQ, NONE),
];

const GRANT: &[Rule] = &[
    rule("clientId", EQ, NONE),
    rule("consentType", EQ, NONE),
    rule("principalId", EQ, NONE),
    rule("resourceId", EQ, NONE),
];

const ROLE_DEFINITION: &[Rule] = &[
    rule("id", EQ | IN, NONE),
    rule("displayName", EQ | IN | STARTS, NONE),
    rule("isBuiltIn", EQ | IN, NONE),
    rule("templateId", EQ | IN, NONE),
];

const ROLE_ASSIGNMENT: &[Rule] = &[
    rule("id", EQ | IN, NONE),
    rule("directoryScopeId", EQ | IN, NONE),
    rule("principalId", EQ | IN, NONE),
    rule("roleDefinitionId", EQ | IN, NONE),
];

const DELETED: Rule = rule("deletedDateTime", NONE, EQ | ORDER);

fn rules(shape: Shape) -> &'static [Rule] {
    match shape {
        Shape::Object(Kind::Application) => APPLICATION,
        Shape::Object(Kind::ServicePrincipal) => SERVICE_PRINCIPAL,
        Shape::Object(Kind::Group) => GROUP,
        Shape::Object(Kind::User) => USER,
        Shape::Object(Kind::AdministrativeUnit) => ADMINISTRATIVE_UNIT,
        Shape::Object(Kind::Device | Kind::OrgContact) => NAMED,
        Shape::Object(Kind::Unknown) | Shape::Mixed => MIXED,
        Shape::Federated => FEDERATED,
        Shape::Assignment => ASSIGNMENT,
        Shape::Grant => GRANT,
        Shape::RoleDefinition => ROLE_DEFINITION,
        Shape::RoleAssignment => ROLE_ASSIGNMENT,
        Shape::Document(set) => set.filters(),
        Shape::Organization | Shape::Domain => &[],
    }
}

/// Whether an expression is asked as such or in its negation.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sense {
    Plain,
    Negated,
}

/// Refuses what this type does not answer at this level.
pub(super) fn check(expr: &Expr, shape: Shape, level: Level) -> Result<(), Problem> {
    Check { shape, level }.expr(expr, Sense::Plain)
}

struct Check {
    shape: Shape,
    level: Level,
}

impl Check {
    fn expr(&self, expr: &Expr, sense: Sense) -> Result<(), Problem> {
        match expr {
            Expr::All(parts) => parts.iter().try_for_each(|part| self.expr(part, sense)),
            Expr::Any(parts) => {
                if self.shape == Shape::Grant {
                    return Err(unsupported());
                }
                alternatives(parts.len(), "OR")?;
                parts.iter().try_for_each(|part| self.expr(part, sense))
            }
            Expr::Not(inside) => self.expr(inside, Sense::Negated),
            Expr::Compare {
                path,
                operator,
                value,
            } => {
                let holds = self.holds(path)?;
                fits(holds, *operator, value)?;
                self.compare(path, *operator, value, sense)
            }
            Expr::In { path, values } => {
                let holds = self.holds(path)?;
                for value in values {
                    fits(holds, Operator::Equal, value)?;
                }
                alternatives(values.len(), "IN")?;
                self.allow(path, IN, sense)
            }
            Expr::Call { function, path, .. } => {
                match self.holds(path)? {
                    Holds::Text | Holds::Id => {}
                    Holds::Flag
                    | Holds::Number
                    | Holds::Moment
                    | Holds::Complex
                    | Holds::TextList
                    | Holds::ComplexList => return Err(no_function(*function)),
                }
                self.allow(path, operator_of(*function), sense)
            }
            Expr::Some { path, body } => self.lambda(path, body.as_deref(), sense),
            Expr::Every { path, .. } => {
                self.list(path)?;
                Err(unsupported())
            }
            Expr::Count { path, .. } => {
                self.list(path)?;
                self.allow(path, EQ, Sense::Negated)
            }
        }
    }

    fn compare(
        &self,
        path: &[String],
        operator: Operator,
        value: &Literal,
        sense: Sense,
    ) -> Result<(), Problem> {
        let sense = match (value, operator) {
            (Literal::Null, _) | (_, Operator::NotEqual) => Sense::Negated,
            _ => sense,
        };
        match operator {
            Operator::Equal | Operator::NotEqual => self.allow(path, EQ, sense),
            Operator::GreaterOrEqual | Operator::LessOrEqual => self.allow(path, ORDER, sense),
            Operator::Greater | Operator::Less => Err(self.refuse(path)),
        }
    }

    fn lambda(&self, path: &[String], body: Option<&Expr>, sense: Sense) -> Result<(), Problem> {
        let holds = self.list(path)?;
        let Some(body) = body else {
            return self.allow(path, EQ, Sense::Negated);
        };
        match body {
            Expr::Compare {
                path: inside,
                operator,
                value,
            } => {
                if holds == Some(Holds::TextList) && inside.is_empty() {
                    fits(Holds::Text, *operator, value)?;
                }
                self.compare(path, *operator, value, sense)
            }
            Expr::Call { function, .. } => self.allow(path, operator_of(*function), sense),
            Expr::In { .. } => Err(self.refuse(path)),
            Expr::All(parts) | Expr::Any(parts) => parts
                .iter()
                .try_for_each(|part| self.lambda(path, Some(part), sense)),
            Expr::Not(inside) => self.lambda(path, Some(inside), Sense::Negated),
            Expr::Some { .. } | Expr::Every { .. } | Expr::Count { .. } => Err(unsupported()),
        }
    }

    /// What a property holds that is compared as a whole.
    fn holds(&self, path: &[String]) -> Result<Holds, Problem> {
        self.shape.holds(path).ok_or_else(|| {
            self.shape
                .no_property("Invalid filter clause", &path.join("/"))
        })
    }

    /// What a collection holds; `None` for a relation.
    fn list(&self, path: &[String]) -> Result<Option<Holds>, Problem> {
        match self.shape.holds(path) {
            Some(holds @ (Holds::TextList | Holds::ComplexList)) => Ok(Some(holds)),
            Some(_) => Err(Problem::new(
                400,
                "BadRequest",
                "Invalid filter clause: Any/All may only be used following a collection.",
            )),
            None if matches!(path, [name] if name == "owners" || name == "members") => Ok(None),
            None => Err(self
                .shape
                .no_property("Invalid filter clause", &path.join("/"))),
        }
    }

    fn allow(&self, path: &[String], operator: u8, sense: Sense) -> Result<(), Problem> {
        let joined = path.join("/");
        let rule = rules(self.shape)
            .iter()
            .find(|rule| rule.path == joined)
            .or((joined == DELETED.path).then_some(&DELETED));
        let Some(rule) = rule else {
            return Err(self.refuse(path));
        };
        let advanced = self.level == Level::Advanced;
        let basic = rule.basic & operator != 0;
        let known = basic || rule.advanced & operator != 0;
        let negatable = !matches!(
            self.shape,
            Shape::Grant | Shape::Assignment | Shape::Federated
        );
        let allowed = match sense {
            Sense::Plain => basic || advanced && known,
            Sense::Negated => advanced && known && negatable,
        };
        if allowed {
            Ok(())
        } else {
            Err(self.refuse(path))
        }
    }

    fn refuse(&self, path: &[String]) -> Problem {
        Problem::new(
            400,
            "Request_UnsupportedQuery",
            format!(
                "Unsupported or invalid query filter clause specified for property '{}' of resource '{}'.",
                path.join("/"),
                self.shape.resource_name()
            ),
        )
    }
}

/// `Request_UnsupportedQuery` without a property to name.
pub(super) fn unsupported() -> Problem {
    Problem::new(400, "Request_UnsupportedQuery", "Unsupported Query.")
}

fn operator_of(function: Function) -> u8 {
    match function {
        Function::StartsWith => STARTS,
        Function::EndsWith => ENDS,
        // No property of a directory object takes it in a filter.
        Function::Contains => NONE,
    }
}

fn alternatives(count: usize, operator: &str) -> Result<(), Problem> {
    if count > MOST_ALTERNATIVES {
        return Err(Problem::new(
            400,
            "Request_UnsupportedQuery",
            format!(
                "Too many child clauses specified in search filter expression containing '{operator}' operators: {count}. Max allowed: {MOST_ALTERNATIVES}."
            ),
        ));
    }
    Ok(())
}

/// Whether a value can be compared with what the property holds.
fn fits(holds: Holds, operator: Operator, value: &Literal) -> Result<(), Problem> {
    let (fits, held) = match (holds, value) {
        (Holds::Text, Literal::Text(_) | Literal::Null) => (true, "Edm.String"),
        (Holds::Id, Literal::Text(_) | Literal::Bare(_) | Literal::Null) => (true, "Edm.Guid"),
        (Holds::Flag, Literal::Flag(_) | Literal::Null) => (true, "Edm.Boolean"),
        (Holds::Number, Literal::Number(_) | Literal::Null) => (true, "Edm.Int32"),
        (Holds::Moment, Literal::Bare(text)) => {
            (super::moment::parse(text).is_some(), "Edm.DateTimeOffset")
        }
        (Holds::Moment, Literal::Null) => (true, "Edm.DateTimeOffset"),
        (Holds::Complex, Literal::Null) => (true, "Edm.ComplexType"),
        (Holds::Text, _) => (false, "Edm.String"),
        (Holds::Id, _) => (false, "Edm.Guid"),
        (Holds::Flag, _) => (false, "Edm.Boolean"),
        (Holds::Number, _) => (false, "Edm.Int32"),
        (Holds::Moment, _) => (false, "Edm.DateTimeOffset"),
        (Holds::Complex, _) => (false, "Edm.ComplexType"),
        (Holds::TextList, _) => (false, "Collection(Edm.String)"),
        (Holds::ComplexList, _) => (false, "Collection(Edm.ComplexType)"),
    };
    if fits {
        return Ok(());
    }
    Err(Problem::new(
        400,
        "BadRequest",
        format!(
            "Invalid filter clause: A binary operator with incompatible types was detected. Found operand types '{held}' and '{}' for operator kind '{}'.",
            value.type_name(),
            operator.kind()
        ),
    ))
}

fn no_function(function: Function) -> Problem {
    let name = match function {
        Function::StartsWith => "startswith",
        Function::EndsWith => "endswith",
        Function::Contains => "contains",
    };
    Problem::new(
        400,
        "BadRequest",
        format!(
            "Invalid filter clause: No function signature for the function with name '{name}' matches the specified arguments."
        ),
    )
}
