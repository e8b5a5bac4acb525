//! What Graph says of an entity, as data: where it lives, what identifies it, what its properties are like.
//!
//! `observe`, `plan` and `execute` read these tables and never ask which kind they have before them.

/// One entity of Graph.
#[derive(Debug)]
pub struct Entity {
    /// Graph's own name of the type, without its namespace.
    pub name: &'static str,
    /// The collection: `/applications`, or with `{parent}` for contained entities.
    pub collection: &'static str,
    pub creation: Creation,
    pub removal: Removal,
    pub properties: &'static [Property],
    pub relations: &'static [Relation],
    /// How all objects of the entity that belong to one other object are read.
    pub sets: &'static [SetRead],
    /// Lists in which Graph also shows what the object has in them of which this one is a part.
    pub follows: &'static [&'static str],
    /// What no two objects of the entity have at the same time.
    pub exclusive: &'static [Exclusive],
    /// Writes that must not share a request with another, or must come after it.
    pub later: &'static [Later],
    /// Items that Graph refuses to change or remove while they are switched on.
    pub switched: &'static [Switched],
    /// How many objects of the entity one object may contain.
    pub children_max: Option<usize>,
    /// The object whose writes exclude each other with those of this entity.
    pub lane: Lane,
    /// Graph application permissions: the least that reading and writing need.
    pub permissions: Permissions,
}

/// How an object comes to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Creation {
    /// `PATCH collection(key='…')` with `Prefer: create-if-missing`: sending it twice makes one object.
    Upsert { key: &'static str },
    /// `POST collection`: Graph refuses a second object with the same `key` properties.
    Post { key: &'static [&'static str] },
    /// idac never creates it.
    Never,
}

/// How an object is addressed by a property other than `id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Addressing {
    /// An alternate key: `/applications(appId='…')`.
    Key,
    /// In the place of the id: `/users/ana@contoso.com`.
    Segment,
}

/// What DELETE does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    /// To the recycle bin for thirty days; restore brings back the same ids.
    Soft,
    /// For good; the inverse is to create it again with the same properties.
    Hard,
    /// idac never deletes it.
    Never,
}

/// One property.
#[derive(Debug)]
pub struct Property {
    pub name: &'static str,
    pub form: Form,
    pub write: Write,
}

/// When a property can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Write {
    Always,
    /// Only by the request that creates the object; a change needs another object.
    OnCreate,
    /// Graph alone writes it.
    Never,
}

/// What makes two values of a property the same.
#[derive(Debug)]
pub enum Form {
    /// Compared as they are; `null`, `""` and absent are the same.
    Plain,
    /// A list in which order does not matter.
    Set,
    /// One text of words separated by spaces, in which order does not matter.
    Words,
    /// A list of items that are told apart by one member.
    Items(&'static Items),
    /// Members of their own, merged by PATCH in practice; idac sends every member it may write.
    Complex(&'static [Property]),
}

/// A list of items.
#[derive(Debug)]
pub struct Items {
    /// The member that tells items apart: `value`, `resourceAppId`.
    pub key: &'static str,
    /// The member that Graph knows an item by and that must never change; made by idac when it is not written.
    pub id: Option<&'static str>,
    pub members: &'static [Property],
}

/// One relation, written with `$ref`.
#[derive(Debug)]
pub struct Relation {
    pub name: &'static str,
    /// What to ask of each target when reading.
    pub last: Last,
    /// The properties of the object whose change comes before links are.
    pub after: &'static [&'static str],
}

/// Whether the last user of a relation can be removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Last {
    Removable,
    /// Graph refuses to remove the last one that is a user.
    KeptByGraph,
}

/// How the objects that belong to one object are read.
#[derive(Debug)]
pub struct SetRead {
    /// The property that holds the owner's id; `None` for contained objects.
    pub by: Option<&'static str>,
    /// The URL, with `{owner}` for the owner's id.
    pub url: &'static str,
    /// The property that holds the object in whose URL the read objects are deleted; `None`: the collection's own.
    pub parent: Option<&'static str>,
}

/// What only one object can have: Graph refuses a write that would give it to a second one.
#[derive(Debug)]
pub enum Exclusive {
    /// These properties together, among the objects of one parent.
    Together(&'static [&'static str]),
    /// Each item of this list, in the whole tenant.
    Each(&'static str),
}

/// A property that waits for others of the same object.
#[derive(Debug)]
pub struct Later {
    /// The path that waits.
    pub property: &'static str,
    /// The paths that must be stored before, when they change too.
    pub than: &'static [&'static str],
    pub on_create: OnCreate,
}

/// Whether a property may go into the request that creates the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnCreate {
    Together,
    Later,
}

/// Items that must be switched off before they are changed or removed
/// (`CannotDeleteOrUpdateEnabledEntitlement`).
#[derive(Debug)]
pub struct Switched {
    /// The path of the items.
    pub items: &'static str,
    /// The member that switches one on.
    pub switch: &'static str,
    /// A list of items in the same object that names these by id, with the member that does.
    pub named_in: Option<(&'static str, &'static str)>,
    /// The entity whose objects assign an item, with the property that holds its id.
    pub assigned_by: Option<(&'static str, &'static str)>,
}

/// Which writes exclude each other: Graph answers 409 `Directory_ConcurrencyViolation` to two at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// The object itself.
    Own,
    /// The object that contains it.
    Parent,
    /// None: writes of this entity do not meet.
    Free,
}

/// Graph application permissions.
#[derive(Debug)]
pub struct Permissions {
    pub read: &'static [&'static str],
    pub write: &'static [&'static str],
}

impl Exclusive {
    /// The properties that say it.
    pub fn names(&'static self) -> &'static [&'static str] {
        match self {
            Exclusive::Together(names) => names,
            Exclusive::Each(name) => std::slice::from_ref(name),
        }
    }
}

impl Entity {
    /// The property of this path (`web.redirectUris`).
    pub fn property(&self, path: &str) -> Option<&'static Property> {
        find(self.properties, path)
    }

    /// How one object is addressed by this property; `None` when Graph wants a filter instead. Graph compares
    /// the values of these properties without case.
    pub fn addressing(&self, property: &str) -> Option<Addressing> {
        self.property(property)?;
        match property {
            "appId" | "uniqueName" => Some(Addressing::Key),
            "userPrincipalName" => Some(Addressing::Segment),
            _ => None,
        }
    }

    /// The relation of this name.
    pub fn relation(&self, name: &str) -> Option<&'static Relation> {
        self.relations.iter().find(|relation| relation.name == name)
    }
}

fn find(properties: &'static [Property], path: &str) -> Option<&'static Property> {
    let (name, rest) = path
        .split_once('.')
        .map_or((path, None), |(name, rest)| (name, Some(rest)));
    let property = properties.iter().find(|property| property.name == name)?;
    match (rest, &property.form) {
        (None, _) => Some(property),
        (Some(rest), Form::Complex(members)) => find(members, rest),
        (Some(_), Form::Plain | Form::Set | Form::Words | Form::Items(_)) => None,
    }
}

/// A property that is compared as it is and can always be written.
pub const fn plain(name: &'static str) -> Property {
    property(name, Form::Plain, Write::Always)
}

/// A list in which order does not matter.
pub const fn set(name: &'static str) -> Property {
    property(name, Form::Set, Write::Always)
}

/// One text of words, in which order does not matter.
pub const fn words(name: &'static str) -> Property {
    property(name, Form::Words, Write::Always)
}

/// A property that is written when the object is created, and never again.
pub const fn on_create(name: &'static str) -> Property {
    property(name, Form::Plain, Write::OnCreate)
}

/// A property that Graph alone writes.
pub const fn read_only(name: &'static str) -> Property {
    property(name, Form::Plain, Write::Never)
}

/// A property with members.
pub const fn complex(name: &'static str, members: &'static [Property]) -> Property {
    property(name, Form::Complex(members), Write::Always)
}

/// A list of items.
pub const fn items(name: &'static str, items: &'static Items) -> Property {
    property(name, Form::Items(items), Write::Always)
}

const fn property(name: &'static str, form: Form, write: Write) -> Property {
    Property { name, form, write }
}
