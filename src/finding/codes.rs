//! Every code that a finding can carry, with what `idac explain CODE` says of it.
//!
//! Codes are stable: one that was published is never used for anything else. 1xx: the identity root as text
//! and as a declaration. 2xx: the declaration against the tenant. 3xx: guardrails.

/// One code.
#[derive(Debug)]
pub struct Code {
    pub id: &'static str,
    /// What is wrong, in a few words.
    pub title: &'static str,
    /// Why it is a finding, and what to do about it.
    pub explanation: &'static str,
}

/// The code of this name, whatever its case.
pub fn code(id: &str) -> Option<&'static Code> {
    CODES.iter().find(|code| code.id.eq_ignore_ascii_case(id))
}

/// All codes, in order.
pub const CODES: &[Code] = &[
    Code {
        id: "IDAC301",
        title: "the plan deletes too much",
        explanation: "A plan may delete so many objects, and such a share of the managed ones, as `guardrails.blast- \
                      radius` in idac.yaml allows. An object counts once with all its parts. More than that is usually a \
                      folder that was not read, a merge that went wrong or a renamed project. Split the change, or raise \
                      the limit in a change of its own.",
    },
    Code {
        id: "IDAC302",
        title: "the root declares nothing",
        explanation: "Objects are managed in this environment and the root declares none. That happens when the wrong \
                      folder is read, a checkout is empty, or every document has an `onlyIn` that leaves the environment \
                      out. An empty root never means that everything is deleted.",
    },
    Code {
        id: "IDAC303",
        title: "the tenant refuses an identifier URI",
        explanation: "The default policy of a tenant refuses identifier URIs that name neither the application \
                      (`api://${self.appId}`), nor the tenant (`api://${tenant.id}/…`), nor one of its verified domains. \
                      Applications with `api.requestedAccessTokenVersion: 2` and those with SAML sign-in are exempt; a URI \
                      that is there already is left alone. No URI may end with a slash, hold a wildcard, or have a host \
                      that is not verified.",
    },
    Code {
        id: "IDAC304",
        title: "a step cannot be undone",
        explanation: "Most steps have an inverse, and a plan that fails halfway is walked back. This step has none. It is \
                      done last, and when it is done it stays.",
    },
    Code {
        id: "IDAC305",
        title: "an object loses its last owner",
        explanation: "Owners manage an object without being administrators. Graph refuses to remove the last owner of a \
                      group who is a person; other objects may go without owners, and then only administrators can manage \
                      them.",
    },
    Code {
        id: "IDAC306",
        title: "a permission that can take over the tenant is granted",
        explanation: "From some application permissions of Microsoft Graph there is a way to every other, up to Global \
                      Administrator. Whoever can sign in as the application, or owns it, has that way too. Ask for the \
                      least permission that does, and guard the application as one guards an administrator.",
    },
    Code {
        id: "IDAC307",
        title: "a privileged directory role is assigned in the whole tenant",
        explanation: "Microsoft labels this built-in directory role as privileged, and with the directory scope `/` it \
                      holds everywhere. Prefer a lesser directory role, an administrative unit as its scope, or an \
                      assignment that is only eligible.",
    },
    Code {
        id: "IDAC308",
        title: "a protected object would lose something",
        explanation: "No plan deletes an object that is under `protect: true` or listed in `protected` of idac.yaml, nor \
                      one of its parts; none switches it off, and none takes a member, an owner, an assignment or a grant \
                      from it. Protection outlives the document that asked for it: remove `protect` first and apply that, \
                      then remove the document.",
    },
];
