//! Lists of resources over SCIM.

use vestibule_scim::{ListQuery, ListRequest, PageLimits, ResourceType};

use crate::Service;
use crate::caller::Parsed;

/// A page of resources.
#[derive(Debug, Clone)]
pub struct Listed {
    /// How many there are on all pages.
    pub total: i64,
    pub start_index: u64,
    /// JSON texts.
    pub resources: Vec<String>,
}

impl Service {
    pub(crate) fn parsed_list(
        &self,
        request: Result<ListRequest, vestibule_scim::Error>,
        resource_type: fn(&Self) -> &ResourceType,
    ) -> Parsed<ListQuery> {
        let service = self.clone();
        Parsed::new(move |tolerances| {
            let request = request.as_ref().map_err(Clone::clone)?;
            let settings = service.settings();
            let page = PageLimits {
                default: settings.default_page,
                max: settings.maximum_page,
                cursors: false,
            };
            ListQuery::parse(
                resource_type(&service),
                request,
                &settings.limits,
                page,
                tolerances,
            )
        })
    }
}
