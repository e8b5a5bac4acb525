//! What a read sees of an object: with lag it may be what was there before.

use super::guid::Guid;
use super::record::Object;
use super::tenant::Tenant;

impl Tenant {
    /// The object as a read sees it, alive or deleted.
    pub(super) fn seen_object(&self, id: Guid) -> Option<&Object> {
        self.records.object(id)
    }

    /// The application as its service principal shows it.
    pub(super) fn seen_mirror(&self, application: Guid) -> Option<&Object> {
        self.records.object(application)
    }
}
