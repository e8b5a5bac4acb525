//! One shape, three lives, three types: an object as it is declared, as it is desired in one environment, and as
//! it is observed in a tenant.

mod desired;
mod node;
mod observed;
mod value;

pub use desired::{
    Coverage, Deletion, DesiredLink, DesiredObject, DesiredProperty, DesiredRelation, DesiredSet,
    Key, Management, Previous, Reference,
};
pub use node::{Content, DeclaredObject, Entry, Node, Style};
pub use observed::{Links, ObservedObject, Properties};
pub use value::{Part, Template, Value};
