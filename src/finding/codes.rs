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
        id: "IDAC101",
        title: "The file is not UTF-8",
        explanation: "idac reads UTF-8 and nothing else, because a byte that means two characters in two encodings would \
                      also mean two names in Entra. Editors of Windows sometimes save UTF-16 or a code page. Save the file \
                      as UTF-8; a byte order mark does no harm.",
    },
    Code {
        id: "IDAC102",
        title: "The file is not YAML",
        explanation: "The parser could not go on at this place. What was declared in the rest of the document is not \
                      known, so nothing is planned. Within `[ ]` and `{ }` a variable must stand in quotes, because braces \
                      mean something there:\n\
                      \n\
                      \x20   owners: [ \"${owner}\" ]",
    },
    Code {
        id: "IDAC103",
        title: "The file is too large, too deep or too full",
        explanation: "A declaration is written and reviewed by people. A file of more than 1 MiB, values more than 32 \
                      deep, more than 5,000 documents in a file or more than 100 findings about one file are signs that it \
                      is something else, and reading on would only take time. Split the file, or move it out of the \
                      identity root.",
    },
    Code {
        id: "IDAC104",
        title: "No such app role or permission scope on a declared application",
        explanation: "The reference names a `value` that the declared application does not offer. Values are compared \
                      exactly, with case. Declare the app role or permission scope there, or correct the name here:\n\
                      \n\
                      \x20   appRoleAssignedTo:\n\
                      \x20     - { principal: group/payments-operators, appRole: Payments.Process }",
    },
    Code {
        id: "IDAC105",
        title: "A permission that this version does not know",
        explanation: "This version of idac knows the permissions that Microsoft Graph offered when it was built, and this \
                      is not one of them. Microsoft adds permissions, so this is a warning: the plan looks the permission \
                      up in the tenant, and fails there if it does not exist. Check the spelling first.",
    },
    Code {
        id: "IDAC106",
        title: "A key is written twice",
        explanation: "YAML does not allow a key twice in one map, and many readers silently take the last one. One of the \
                      two would have had no effect, and a reviewer could not have told which. Keep one.",
    },
    Code {
        id: "IDAC107",
        title: "An unknown key",
        explanation: "idac does not know this key here, so it would have no effect. Names and nesting are those of the \
                      Graph resource; what Graph alone writes, such as `appId` of an application or `createdDateTime`, \
                      cannot be declared. Correct the key, or remove it. The files in `schemas/` let an editor complete \
                      and check keys while you type.",
    },
    Code {
        id: "IDAC108",
        title: "A merge key",
        explanation: "`<<` takes keys from elsewhere, so that one can no longer read in one place what an object is, nor \
                      review it in a pull request. YAML 1.2 does not have it any more. Write the keys out; what differs \
                      from environment to environment is a variable.",
    },
    Code {
        id: "IDAC109",
        title: "A tag",
        explanation: "A tag such as `!!str` or `!secret` changes how a value is read. The language has none: every key \
                      knows what its value must be. Remove the tag. Text that begins with `!` stands in quotes.",
    },
    Code {
        id: "IDAC110",
        title: "An anchor or an alias",
        explanation: "Anchors and aliases make one value stand in many places, and a few lines of them can grow to \
                      gigabytes. In a declaration each object should be readable by itself. Write the value out, or make \
                      it a variable of the environment:\n\
                      \n\
                      \x20   # environments/prod.yaml\n\
                      \x20   variables: { host: pay.contoso.com }\n\
                      \n\
                      Text that begins with `&` or `*` stands in quotes.",
    },
    Code {
        id: "IDAC111",
        title: "A tab",
        explanation: "YAML does not allow tabs for indentation, because nobody can see how wide they are. Indent with \
                      spaces, two for each level.",
    },
    Code {
        id: "IDAC112",
        title: "An invisible character",
        explanation: "Control characters, and characters that change the direction of writing, make a file read \
                      differently from what it says; a reviewer could approve something else than what is applied. Remove \
                      the character. Where it is really meant, write it as an escape in a double-quoted text.",
    },
    Code {
        id: "IDAC113",
        title: "A value of the wrong type",
        explanation: "The key wants a map, a list, text, a number or a boolean, and something else stands there. In YAML \
                      1.2 only `true` and `false` are booleans: `yes` and `no` are text. A list may be written as `{ \
                      atLeast: [...] }` where Graph's list can hold more than idac manages:\n\
                      \n\
                      \x20   tags: { atLeast: [ payments ] }",
    },
    Code {
        id: "IDAC114",
        title: "A required key is missing",
        explanation: "Graph does not create the object without this property, or idac does not know what the document \
                      declares. Every document has `kind` and `name`; what else a kind needs stands in its schema in \
                      `schemas/`.",
    },
    Code {
        id: "IDAC115",
        title: "Entra would refuse this text",
        explanation: "Entra's own rule for this property refuses the text: a value for tokens has no space, a redirect URI \
                      is https unless it is on localhost, and the like. idac says so before anything is written. Where the \
                      text has variables, it is checked with their values in each environment.",
    },
    Code {
        id: "IDAC116",
        title: "Not one of the values",
        explanation: "The property takes one of a few words, spelled as Graph spells them. The remedy lists them.",
    },
    Code {
        id: "IDAC117",
        title: "Not an object that can stand here",
        explanation: "The reference is not the address of an object, or of one of a kind that Entra refuses here: groups \
                      own nothing, and an application is no principal, though its service principal is. An address is \
                      `kind/name`; people are `user/<userPrincipalName>`:\n\
                      \n\
                      \x20   owners: [ user/ana@contoso.com, application/platform-pipeline ]",
    },
    Code {
        id: "IDAC118",
        title: "Too many, too few, or out of range",
        explanation: "Entra limits how many items the list may have, or what the number may be. Where one is needed, an \
                      empty list is refused as well.",
    },
    Code {
        id: "IDAC119",
        title: "A value is missing",
        explanation: "The key is written, but nothing stands after it. For most properties `null` means \"managed and \
                      empty\", but Graph has no empty value for this one. Write the value, or remove the key: omitted is \
                      not managed.",
    },
    Code {
        id: "IDAC120",
        title: "An unknown kind",
        explanation: "There is no kind of this name in this version of idac. Kinds are spelled as Graph spells its types, \
                      with a small first letter: `application`, `servicePrincipal`, `group`, `directoryRoleAssignment`, \
                      and `existing` for something that idac only refers to.",
    },
    Code {
        id: "IDAC121",
        title: "A kind that is only referred to",
        explanation: "Accounts of people come from elsewhere (HR, synchronisation), so this version of idac does not \
                      create them. Refer to one by its user principal name; it needs no document:\n\
                      \n\
                      \x20   members: [ user/ana@contoso.com ]",
    },
    Code {
        id: "IDAC122",
        title: "Two documents with one address",
        explanation: "The address `kind/name` names one object in the whole root, whatever the folder. Two documents with \
                      one address contradict each other, or will one day. Rename one or remove one.",
    },
    Code {
        id: "IDAC123",
        title: "Nothing is declared",
        explanation: "An empty root is what is left of a bad merge, a wrong `--root` or a failed checkout, and reading it \
                      as \"delete everything\" would be the worst answer. idac never does that, in any environment. \
                      Declare an object; to delete objects, remove them one by one while others stay.",
    },
    Code {
        id: "IDAC124",
        title: "No idac.yaml",
        explanation: "The file `idac.yaml` at the top of the identity root names the project, which is the prefix of every \
                      `uniqueName` by which idac finds its objects again. Without it the folder is not an identity root:\n\
                      \n\
                      \x20   project: contoso",
    },
    Code {
        id: "IDAC125",
        title: "No environment",
        explanation: "An environment is a tenant and its variables, one file each. Without one there is nowhere to apply \
                      anything. The embedded tenant needs no account:\n\
                      \n\
                      \x20   # environments/sandbox.yaml\n\
                      \x20   tenant: emulator",
    },
    Code {
        id: "IDAC126",
        title: "A file that would have no effect",
        explanation: "The file has a place or a name that means something, but this version of idac does not read it. A \
                      guardrail or waiver that is silently ignored is worse than none, so it is an error. Remove or rename \
                      the file.",
    },
    Code {
        id: "IDAC127",
        title: "A secret",
        explanation: "Secrets never enter a declaration: it is read by many, kept for ever and printed in plans. idac \
                      makes no password credentials at all. Let the workload prove itself with a federated identity \
                      credential:\n\
                      \n\
                      \x20   federatedIdentityCredentials:\n\
                      \x20     - name: github-deploy\n\
                      \x20       issuer: https://token.actions.githubusercontent.com\n\
                      \x20       subject: repo:contoso/payments:environment:prod\n\
                      \n\
                      If the secret was real, revoke it: it is in the history now.",
    },
    Code {
        id: "IDAC128",
        title: "A symbolic link, or something else that is no file",
        explanation: "Reviews and CODEOWNERS go by the path of a file. Through a symbolic link something is declared \
                      that stands elsewhere, perhaps outside the repository, and changes without a review of its path. \
                      idac follows none, wherever it leads, and reads no pipe, socket or device. Put the file itself \
                      there, or remove what stands there.",
    },
    Code {
        id: "IDAC129",
        title: "The name of a file is not UTF-8",
        explanation: "Names of files stand in findings, and of environments in the tenant's state. A name that is not \
                      text cannot be shown or said. Rename the file.",
    },
    Code {
        id: "IDAC130",
        title: "An undefined variable",
        explanation: "The text names a variable that this environment does not define. Every environment must define every \
                      variable that it uses, so that nothing is silently empty. Add it to `variables` of the environment's \
                      file, or correct the name. `$${` stands for a literal `${`.",
    },
    Code {
        id: "IDAC131",
        title: "A `${` that names nothing",
        explanation: "Between `${` and `}` stands the name of a variable, `environment`, `tenant.id`, `tenant.domain`, \
                      `self.appId`, `self.id`, or a property of an object such as `application/checkout-web.appId`. Only \
                      `id` and, for applications and service principals, `appId` can be had. Variables do not refer to \
                      other variables. `$${` stands for a literal `${`.",
    },
    Code {
        id: "IDAC132",
        title: "A cycle of computed references",
        explanation: "An object that needs what another gets when it is created must be created after it. Here that goes \
                      in a circle, so none can be first. Remove one of the references. `identifierUris` are no problem: \
                      idac writes them in a second step, so `api://${self.appId}` is fine there.",
    },
    Code {
        id: "IDAC133",
        title: "A value that must be known from the start",
        explanation: "idac itself needs this value to plan: a name, the value of an app role, a reference. What an object \
                      gets only when it is created is too late for it. Write the value itself, or a variable of the \
                      environment; where an object is meant, write its address instead of its id.",
    },
    Code {
        id: "IDAC134",
        title: "OnlyIn names no environment",
        explanation: "`onlyIn` lists environments by the names of their files. A name that is not there would make the \
                      object vanish everywhere. Correct the name, or add the environment.",
    },
    Code {
        id: "IDAC135",
        title: "A reference to an object of another environment",
        explanation: "The object that is named exists only in other environments, because of its `onlyIn`. Say `onlyIn` on \
                      this object too, or refer to something that exists in every environment.",
    },
    Code {
        id: "IDAC136",
        title: "Previously cannot be right",
        explanation: "`previously` says that an object had another name, so that idac renames it instead of deleting one \
                      and creating another. That cannot be when the old name is still declared, or when two objects claim \
                      it. Remove `previously` once every environment has been applied.",
    },
    Code {
        id: "IDAC137",
        title: "Something is adopted that is not declared",
        explanation: "`adopt` in an environment says where an object is that was in the tenant before idac; which object \
                      that is, a declaration must say. Declare the object under this address, correct the address, or \
                      remove the entry.",
    },
    Code {
        id: "IDAC138",
        title: "Two addresses for one object",
        explanation: "Two declared objects have the same key (the same `uniqueName`, `appId` or id, or the same \
                      assignment), so they are one object in the tenant, and each plan would undo what the other wants. \
                      Keep one. An assignment is declared either by `adminConsent` of the client or in `appRoleAssignedTo` \
                      of the resource.",
    },
    Code {
        id: "IDAC139",
        title: "A bad name for a variable",
        explanation: "The name of a variable has letters, digits, `_` and `-`, and begins with a letter or `_`. \
                      `environment`, `self` and `tenant` are idac's own.",
    },
    Code {
        id: "IDAC140",
        title: "App roles or permission scopes collide",
        explanation: "App roles and permission scopes of one application share their values and ids: Entra refuses one \
                      value with two ids, and one id with two values. Give each its own value, and leave out `id` unless \
                      you must insist: idac derives one that never changes.",
    },
    Code {
        id: "IDAC141",
        title: "Refused for personal Microsoft accounts",
        explanation: "When personal accounts can sign in, Entra has stricter rules: access tokens of version 2, no app \
                      roles, shorter names, no query in redirect URIs. Follow them, or let only accounts of organisations \
                      sign in with `signInAudience: AzureADMyOrg` or `AzureADMultipleOrgs`.",
    },
    Code {
        id: "IDAC142",
        title: "The application has too much of something",
        explanation: "Entra limits several lists of an application together: 1,200 entries in all, 700 app roles and \
                      permission scopes, 400 permissions asked for, 256 redirect URIs (100 with personal accounts). Remove \
                      what nobody uses, or declare a second application.",
    },
    Code {
        id: "IDAC143",
        title: "Not exactly one way to find the object",
        explanation: "An object that is in the tenant already must be found without doubt, so exactly one key says which \
                      it is, and one that this type of object has. Keep one:\n\
                      \n\
                      \x20   kind: existing\n\
                      \x20   name: graph\n\
                      \x20   type: servicePrincipal\n\
                      \x20   appId: 00000003-0000-0000-c000-000000000000",
    },
    Code {
        id: "IDAC144",
        title: "Two federated identity credentials accept the same token",
        explanation: "Entra tells the credentials of one application apart by issuer and subject, and refuses a second \
                      with both the same. Remove one of the two. The comparison is made after variables are filled in.",
    },
    Code {
        id: "IDAC150",
        title: "A reference to something that is not declared",
        explanation: "The address stands in no document of the root. Addresses are compared exactly. If the object is in \
                      the tenant and idac shall only refer to it, give it a name:\n\
                      \n\
                      \x20   kind: existing\n\
                      \x20   name: security-team\n\
                      \x20   type: group\n\
                      \x20   displayName: Security Team",
    },
    Code {
        id: "IDAC151",
        title: "Not an API or not a client",
        explanation: "Permissions are asked of an API: a published name such as `Microsoft Graph`, an appId, or the \
                      address of an application, a service principal or an existing one. The clients of an API are named \
                      by address or appId.",
    },
    Code {
        id: "IDAC152",
        title: "The same thing twice",
        explanation: "The item stands twice in one list, so one of the two does nothing, and Graph refuses many lists with \
                      doubles. For permissions write one entry for each API, with all its scopes and app roles. The \
                      comparison is made after variables are filled in.",
    },
    Code {
        id: "IDAC153",
        title: "A contradiction in a dynamic group",
        explanation: "A group with a `membershipRule` has the members that the rule decides, so it has no `members` of its \
                      own, and Entra lets no directory role be assigned to it. Keep the rule or the other key.",
    },
    Code {
        id: "IDAC154",
        title: "No such directory role",
        explanation: "Built-in directory roles are named as the portal names them, such as `Application Administrator`. \
                      Correct the name. A custom role is named by the id of its definition.",
    },
    Code {
        id: "IDAC155",
        title: "A redirect URI in two platforms",
        explanation: "Entra answers a sign-in according to the platform of its redirect URI, so each URI belongs to one of \
                      `web`, `spa` and `publicClient`, and a second is refused. Keep it where the application runs.",
    },
    Code {
        id: "IDAC156",
        title: "A group that cannot stand here",
        explanation: "Directory roles can only be assigned to groups with `isAssignableToRole: true`, which cannot change \
                      after the group is created. Such groups are not in other groups and have no groups in them, so that \
                      nobody gets a directory role by way of a group that others manage. No group is a member of itself.",
    },
    Code {
        id: "IDAC201",
        title: "The tenant has no such object",
        explanation: "The declaration refers to a user, or to something declared as `existing`, and the tenant has nothing \
                      that fits. idac does not create what it only refers to. Correct the name, or create the object \
                      first.",
    },
    Code {
        id: "IDAC202",
        title: "Several objects of the tenant fit",
        explanation: "The key fits more than one object, and taking any of them could be wrong. Refer to the object by \
                      `id`, or by a key that only one object has.",
    },
    Code {
        id: "IDAC203",
        title: "The tenant's API offers no such permission",
        explanation: "The service principal in this tenant offers no app role or permission scope with this value. Values \
                      are compared exactly, with case. Correct the name, or let the API's owner add it first.",
    },
    Code {
        id: "IDAC204",
        title: "An adopted object is not there",
        explanation: "The environment says under `adopt` that the object was in the tenant before idac, and the tenant has \
                      none with this id. Creating another would not be what was meant. Correct the id, or remove the entry \
                      so that idac creates the object.",
    },
    Code {
        id: "IDAC205",
        title: "A property that cannot change",
        explanation: "Graph takes this property only when the object is created. To change it, declare another object and \
                      remove this one in a later change, after everything that uses it has moved; or write the value that \
                      the tenant has.",
    },
    Code {
        id: "IDAC206",
        title: "An app role that somebody has",
        explanation: "The declaration removes an app role that is assigned to somebody whom the declaration does not \
                      mention. Removing it would take access away without a line in the plan that says so. Remove the \
                      assignments first, or declare who has the app role.",
    },
    Code {
        id: "IDAC207",
        title: "Another tenant answers",
        explanation: "The environment states the id of its tenant, and the tenant that answers has another. Nothing is \
                      planned, so that a change for one tenant never lands in another. Sign in to the right tenant, or \
                      correct `tenant.id`.",
    },
    Code {
        id: "IDAC208",
        title: "Two declared objects are one object of the tenant",
        explanation: "Two addresses were found to be the same object in the tenant, and each plan would undo what the \
                      other wants. Declare it once, and refer to it by that address.",
    },
    Code {
        id: "IDAC301",
        title: "The plan deletes too much",
        explanation: "A plan may delete so many objects, and such a share of the managed ones, as `guardrails.blast- \
                      radius` in idac.yaml allows. An object counts once with all its parts. More than that is usually a \
                      folder that was not read, a merge that went wrong or a renamed project. Split the change, or raise \
                      the limit in a change of its own.",
    },
    Code {
        id: "IDAC302",
        title: "The root declares nothing",
        explanation: "Objects are managed in this environment and the root declares none. That happens when the wrong \
                      folder is read, a checkout is empty, or every document has an `onlyIn` that leaves the environment \
                      out. An empty root never means that everything is deleted.",
    },
    Code {
        id: "IDAC303",
        title: "The tenant refuses an identifier URI",
        explanation: "The default policy of a tenant refuses identifier URIs that name neither the application \
                      (`api://${self.appId}`), nor the tenant (`api://${tenant.id}/…`), nor one of its verified domains. \
                      Applications with `api.requestedAccessTokenVersion: 2` and those with SAML sign-in are exempt; a URI \
                      that is there already is left alone. No URI may end with a slash, hold a wildcard, or have a host \
                      that is not verified.",
    },
    Code {
        id: "IDAC304",
        title: "A step cannot be undone",
        explanation: "Most steps have an inverse, and a plan that fails halfway is walked back. This step has none: once it is \
                      done it stays, also when a later step is refused. Look whether it is meant, and apply it in a \
                      change of its own if something else might fail.",
    },
    Code {
        id: "IDAC305",
        title: "An object loses its last owner",
        explanation: "Owners manage an object without being administrators. Graph refuses to remove the last owner of a \
                      group who is a person; other objects may go without owners, and then only administrators can manage \
                      them.",
    },
    Code {
        id: "IDAC306",
        title: "A permission that can take over the tenant is granted",
        explanation: "From some application permissions of Microsoft Graph there is a way to every other, up to Global \
                      Administrator. Whoever can sign in as the application, or owns it, has that way too. Ask for the \
                      least permission that does, and guard the application as one guards an administrator.",
    },
    Code {
        id: "IDAC307",
        title: "A privileged directory role is assigned in the whole tenant",
        explanation: "Microsoft labels this built-in directory role as privileged, and with the directory scope `/` it \
                      holds everywhere. Prefer a lesser directory role, an administrative unit as its scope, or an \
                      assignment that is only eligible.",
    },
    Code {
        id: "IDAC308",
        title: "A protected object would lose something",
        explanation: "No plan deletes an object that is under `protect: true` or listed in `protected` of idac.yaml, nor \
                      one of its parts; none switches it off, and none takes a member, an owner, an assignment or a grant \
                      from it. Protection outlives the document that asked for it: remove `protect` first and apply that, \
                      then remove the document.",
    },
];
