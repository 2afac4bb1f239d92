//! Lists of resources over SCIM.

use vestibule_scim::{ListParams, ListQuery, PageLimits, ResourceType};

use crate::Service;
use crate::caller::Parsed;

/// The parameters of a list as they arrived.
#[derive(Debug, Clone, Default)]
pub struct ListRequest {
    pub filter: Option<String>,
    pub sort_by: Option<String>,
    pub sort_order: Option<String>,
    pub start_index: Option<String>,
    pub count: Option<String>,
    pub attributes: Option<String>,
    pub excluded_attributes: Option<String>,
}

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
            let params = ListParams {
                filter: request.filter.as_deref(),
                sort_by: request.sort_by.as_deref(),
                sort_order: request.sort_order.as_deref(),
                start_index: request.start_index.as_deref(),
                count: request.count.as_deref(),
                attributes: request.attributes.as_deref(),
                excluded_attributes: request.excluded_attributes.as_deref(),
            };
            let settings = service.settings();
            let page = PageLimits {
                default: settings.default_page,
                max: settings.maximum_page,
            };
            ListQuery::parse(
                resource_type(&service),
                &params,
                &settings.limits,
                page,
                tolerances,
            )
        })
    }
}
