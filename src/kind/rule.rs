//! What Entra accepts as text, rule by rule, so that an author hears of it before the tenant does.

use super::shape::{Known, Rule};
use crate::address::is_guid;

const fn rule(
    what: &'static str,
    most: usize,
    pattern: Option<&'static str>,
    check: fn(&str) -> Result<(), &'static str>,
) -> Rule {
    Rule {
        what,
        example: "",
        most,
        pattern,
        known: Known::InTheEnd,
        check,
    }
}

/// A rule of text that one understands best when one sees some.
const fn like(rule: Rule, example: &'static str) -> Rule {
    Rule { example, ..rule }
}

/// A rule of text that idac itself reads, so that it must be known from the start.
const fn known(rule: Rule) -> Rule {
    Rule {
        known: Known::FromTheStart,
        ..rule
    }
}

fn anything(_: &str) -> Result<(), &'static str> {
    Ok(())
}

fn not_blank(text: &str) -> Result<(), &'static str> {
    if text.trim().is_empty() {
        return Err("is empty");
    }
    if text.chars().any(char::is_control) {
        return Err("has a control character");
    }
    Ok(())
}

/// Text of at most 1,024 characters (descriptions, notes).
pub static TEXT: Rule = rule("text", 1024, None, anything);
/// Long text that Graph does not measure, such as a membership rule (3,072 characters).
pub static LONG_TEXT: Rule = rule("text of visible characters", 3072, None, not_blank);
/// `displayName` of an application: learn.microsoft.com, supported-accounts-validation.
pub static APPLICATION_DISPLAY_NAME: Rule =
    rule("a display name of visible characters", 120, None, not_blank);
/// `displayName` of a group: learn.microsoft.com, group resource.
pub static DISPLAY_NAME: Rule = rule("a display name of visible characters", 256, None, not_blank);
/// The short texts of a permission scope and an app role.
pub static CONSENT_DISPLAY_NAME: Rule =
    rule("a display name of visible characters", 100, None, not_blank);
/// A GUID.
pub static GUID: Rule = like(
    known(rule(
        "a GUID",
        36,
        Some("^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"),
        |text| {
            if is_guid(text) {
                Ok(())
            } else {
                Err("is not a GUID")
            }
        },
    )),
    "7f3c2a10-58be-4c1d-9e07-a4d1b6f20c35",
);
/// The name of a declared object, a project or an environment: half of an address and part of `uniqueName`.
pub static NAME: Rule = like(
    known(rule(
        "a name",
        64,
        Some("^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$"),
        |text| {
            let inner = |byte: u8| {
                byte.is_ascii_lowercase()
                    || byte.is_ascii_digit()
                    || matches!(byte, b'.' | b'_' | b'-')
            };
            let outer = |byte: Option<&u8>| {
                byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
            };
            let bytes = text.as_bytes();
            if outer(bytes.first()) && outer(bytes.last()) && bytes.iter().copied().all(inner) {
                Ok(())
            } else {
                Err(
                    "may hold lower-case letters, digits, `.`, `_` and `-`, and begins and ends with a letter or digit",
                )
            }
        },
    )),
    "payments-api",
);
/// `value` of an app role or permission scope: it goes into tokens as it is. The characters are those that the
/// directory accepts (hashicorp/terraform-provider-azuread, internal/services/applications/validate/tokens.go).
pub static TOKEN_VALUE: Rule = like(
    known(rule(
        "a value for tokens",
        120,
        Some(
            r"^[A-Za-z0-9:!#$%&'()*+,/;<=>?@\[\]^_{|}~`-][A-Za-z0-9:!#$%&'()*+,./;<=>?@\[\]^_{|}~`-]*$",
        ),
        |text| {
            let allowed = |char: char| {
                char.is_ascii_alphanumeric() || ":!#$%&'()*+,-./;<=>?@[]^_{|}~`".contains(char)
            };
            if text.is_empty() {
                Err("is empty")
            } else if text.contains("${") {
                Err("has `${`, which is how variables begin")
            } else if text.contains(char::is_whitespace) {
                Err("has a space; tokens separate values by spaces")
            } else if text.starts_with('.') {
                Err("begins with a dot")
            } else if !text.chars().all(allowed) {
                Err(
                    "has a character that Entra refuses; letters, digits and `:!#$%&'()*+,-./;<=>?@[]^_{|}~`` are allowed",
                )
            } else {
                Ok(())
            }
        },
    )),
    "Payments.Process",
);
/// A redirect URI: learn.microsoft.com, reply-url.
pub static REDIRECT_URI: Rule = like(
    rule("a redirect URI", 256, None, redirect_uri),
    "https://pay.contoso.com/signin-oidc",
);
/// A redirect URI of a native client, which may have a scheme of its own.
pub static NATIVE_REDIRECT_URI: Rule = like(
    rule("a redirect URI", 256, None, native_redirect_uri),
    "msauth.com.contoso.app://auth",
);
/// An identifier URI: learn.microsoft.com, identifier-uri-restrictions and supported-accounts-validation.
pub static IDENTIFIER_URI: Rule = like(
    rule("an identifier URI", 255, None, |text| {
        if text.ends_with('/') {
            return Err("ends with a slash");
        }
        if text.contains('*') {
            return Err("has a wildcard");
        }
        let parsed = url::Url::parse(text).map_err(|_| "is not a URI")?;
        match parsed.scheme() {
            "api" | "https" | "http" | "urn" | "spn" | "ms-appx" => Ok(()),
            _ => Err("has a scheme other than `api` and `https`"),
        }
    }),
    "api://${self.appId}",
);
/// A web address.
pub static URL: Rule = like(
    rule("a URL", 2048, Some("^https?://"), |text| {
        let parsed = url::Url::parse(text).map_err(|_| "is not a URL")?;
        if matches!(parsed.scheme(), "http" | "https") && parsed.has_host() {
            Ok(())
        } else {
            Err("is not an http or https URL")
        }
    }),
    "https://contoso.com/help",
);
/// `issuer` of a federated identity credential.
pub static ISSUER: Rule = like(
    rule("an issuer", 600, Some("^https://"), |text| {
        if text.trim() != text {
            return Err("has white space around it; the comparison at sign-in is exact");
        }
        let parsed = url::Url::parse(text).map_err(|_| "is not a URL")?;
        if parsed.scheme() == "https" && parsed.has_host() {
            Ok(())
        } else {
            Err("is not an https URL")
        }
    }),
    "https://token.actions.githubusercontent.com",
);
/// `subject` and `audiences` of a federated identity credential: compared exactly, with case.
pub static CLAIM: Rule = like(
    rule("a claim", 600, None, |text| {
        if text.is_empty() {
            Err("is empty")
        } else if text.trim() != text {
            Err("has white space around it; the comparison at sign-in is exact")
        } else if text.contains('*') {
            Err("has a wildcard; the comparison at sign-in is exact")
        } else {
            Ok(())
        }
    }),
    "repo:contoso/payments:environment:prod",
);
/// `name` of a federated identity credential: learn.microsoft.com, federatedIdentityCredential resource.
pub static CREDENTIAL_NAME: Rule = like(
    known(rule(
        "a credential name",
        120,
        Some("^[A-Za-z0-9][A-Za-z0-9_-]{2,119}$"),
        |text| {
            let first = text
                .bytes()
                .next()
                .is_some_and(|byte| byte.is_ascii_alphanumeric());
            let rest = text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
            if text.len() < 3 {
                Err("is shorter than 3 characters")
            } else if first && rest {
                Ok(())
            } else {
                Err("may hold letters, digits, `-` and `_`, and begins with a letter or digit")
            }
        },
    )),
    "github-deploy",
);
/// `mailNickname` of a group: learn.microsoft.com, group resource.
pub static MAIL_NICKNAME: Rule = like(
    known(rule(
        "a mail nickname",
        64,
        Some(r#"^[!#-'*+./-9=?A-Z^-~-]+$"#),
        |text| {
            if text.is_empty() {
                Err("is empty")
            } else if !text.is_ascii()
                || text.contains(|char: char| " @()\\[]\";:<>,".contains(char) || char.is_control())
            {
                Err("may hold ASCII characters except space and `@()\\[]\";:<>,`")
            } else {
                Ok(())
            }
        },
    )),
    "payments-team",
);
/// A tag: learn.microsoft.com, supported-accounts-validation.
pub static TAG: Rule = like(
    rule("a tag", 256, Some(r"^\S+$"), |text| {
        if text.is_empty() || text.contains(char::is_whitespace) {
            Err("is empty or has white space")
        } else {
            Ok(())
        }
    }),
    "payments",
);
/// A mail address.
pub static MAIL: Rule = like(
    rule("a mail address", 256, Some("^[^@ ]+@[^@ ]+$"), mail),
    "payments@contoso.com",
);
/// The resource of a permission: its published name, its `appId`, or the address of an application.
pub static RESOURCE: Rule = known(rule(
    "a resource: a published name such as `Microsoft Graph`, an appId, or the address of an application",
    256,
    None,
    not_blank,
));
/// `directoryScopeId` of a directory role assignment, or the address of the object that is the directory scope.
pub static DIRECTORY_SCOPE: Rule = known(rule(
    "a directory scope: `/`, `/administrativeUnits/<id>`, or the address of an application",
    256,
    None,
    |text| match text.strip_prefix("/administrativeUnits/") {
        Some(id) if is_guid(id) => Ok(()),
        Some(_) => Err("does not end with the GUID of an administrative unit"),
        None if text == "/" || crate::address::Address::parse(text).is_some() => Ok(()),
        None => Err("is neither `/`, `/administrativeUnits/<id>` nor an address"),
    },
));
/// A user principal name.
pub static USER_PRINCIPAL_NAME: Rule = like(
    known(rule(
        "a user principal name",
        256,
        Some("^[^@ ]+@[^@ ]+$"),
        mail,
    )),
    "ana@contoso.com",
);
/// The name of a directory role, or the id of one.
pub static DIRECTORY_ROLE: Rule = known(rule("a directory role", 256, None, not_blank));
/// What an existing object is found by.
pub static FOUND_BY: Rule = known(rule("text of visible characters", 256, None, not_blank));
/// The name of a variable.
pub static VARIABLE: Rule = like(
    known(rule(
        "the name of a variable",
        64,
        Some("^[A-Za-z_][A-Za-z0-9_-]*$"),
        |text| {
            let first = text.starts_with(|char: char| char.is_ascii_alphabetic() || char == '_');
            let rest = text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
            if matches!(text, "environment" | "self" | "tenant") {
                Err("is what idac itself calls something")
            } else if first && rest {
                Ok(())
            } else {
                Err("may hold letters, digits, `_` and `-`, and begins with a letter or `_`")
            }
        },
    )),
    "suffix",
);
/// `description` of a federated identity credential: learn.microsoft.com, federatedIdentityCredential resource.
pub static CREDENTIAL_DESCRIPTION: Rule = rule("text", 600, None, anything);
/// `groupMembershipClaims`: learn.microsoft.com, application resource.
pub static GROUP_CLAIMS: Rule = known(rule("a list of group claims", 256, None, |text| {
    let known = [
        "None",
        "SecurityGroup",
        "DirectoryRole",
        "ApplicationGroup",
        "All",
    ];
    if text.split(',').all(|word| known.contains(&word.trim())) {
        Ok(())
    } else {
        Err(
            "has a word other than `None`, `SecurityGroup`, `DirectoryRole`, `ApplicationGroup` and `All`",
        )
    }
}));
/// Any text that is not blank.
pub static NOT_BLANK: Rule = rule("text of visible characters", 1024, None, not_blank);

fn mail(text: &str) -> Result<(), &'static str> {
    match text.split_once('@') {
        Some((before, after))
            if !before.is_empty() && after.contains('.') && !text.contains(' ') =>
        {
            Ok(())
        }
        _ => Err("is not a mail address"),
    }
}

fn redirect_uri(text: &str) -> Result<(), &'static str> {
    let parsed = url::Url::parse(text).map_err(|_| "is not a URL")?;
    let is_loopback = matches!(parsed.host_str(), Some("localhost" | "127.0.0.1"));
    if text.contains(|char: char| "!$'(),;".contains(char) || char.is_whitespace()) {
        Err("has a character that Entra refuses: one of `!$'(),;` or white space")
    } else if parsed.fragment().is_some() {
        Err("has a fragment")
    } else if parsed.scheme() == "https" && parsed.has_host()
        || parsed.scheme() == "http" && is_loopback
    {
        Ok(())
    } else {
        Err("is not an https URL; http is only for localhost and 127.0.0.1")
    }
}

fn native_redirect_uri(text: &str) -> Result<(), &'static str> {
    let parsed = url::Url::parse(text).map_err(|_| "is not a URI")?;
    match parsed.scheme() {
        "http" | "https" => redirect_uri(text),
        "javascript" | "data" | "file" | "vbscript" | "blob" => {
            Err("has a scheme that runs or reads content")
        }
        _ if text.contains(char::is_whitespace) => Err("has white space"),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(rule: &Rule, text: &str) -> bool {
        (rule.check)(text).is_err()
    }

    #[test]
    fn a_token_value_has_no_space_and_no_leading_dot() {
        for text in ["Payments.Read", "a:b", "x{y}|z", "Files.Read-Write"] {
            assert!(!refused(&TOKEN_VALUE, text), "{text}");
        }
        for text in ["", "a b", ".a", "ä", "a\"b", "a\\b"] {
            assert!(refused(&TOKEN_VALUE, text), "{text}");
        }
    }

    #[test]
    fn a_redirect_uri_is_https_or_loopback() {
        for text in [
            "https://a.b/c",
            "http://localhost:3000/x",
            "http://127.0.0.1",
        ] {
            assert!(!refused(&REDIRECT_URI, text), "{text}");
        }
        for text in [
            "http://a.b/c",
            "a.b/c",
            "https://a.b/(c)",
            "https://a.b/#x",
            "ftp://a.b",
        ] {
            assert!(refused(&REDIRECT_URI, text), "{text}");
        }
        assert!(!refused(
            &NATIVE_REDIRECT_URI,
            "msauth.com.contoso.app://auth"
        ));
        assert!(refused(&NATIVE_REDIRECT_URI, "javascript:alert(1)"));
    }

    #[test]
    fn a_name_is_lower_case_and_begins_and_ends_well() {
        for text in ["a", "payments-api", "a.b_c-1"] {
            assert!(!refused(&NAME, text), "{text}");
        }
        for text in ["", "-a", "a-", "A", "a b", "a/b"] {
            assert!(refused(&NAME, text), "{text}");
        }
    }

    #[test]
    fn a_claim_is_exact() {
        assert!(!refused(&CLAIM, "repo:contoso/payments:environment:prod"));
        for text in ["", " a", "repo:contoso/*"] {
            assert!(refused(&CLAIM, text), "{text}");
        }
    }
}
