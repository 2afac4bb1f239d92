//! Routes on their way into an application or into the OpenAPI document.

use actix_web::dev::HttpServiceFactory;
use actix_web::web::{self, ServiceConfig};
use actix_web::{Route, Scope};
use utoipa::openapi::{Components, OpenApi};
use utoipa_actix_web::OpenApiFactory;

/// What is written once, next to the handlers, and read twice: by every worker, which only serves, and by
/// the document, which only describes. A worker that described too would do so for nobody, in memory
/// that it never gets back.
pub(crate) enum Routes<'a> {
    Served(&'a mut ServiceConfig),
    Described(&'a mut OpenApi),
}

impl Routes<'_> {
    pub(crate) fn configure(&mut self, more: impl FnOnce(&mut Routes<'_>)) -> &mut Self {
        more(self);
        self
    }

    pub(crate) fn service<F>(&mut self, handler: F) -> &mut Self
    where
        F: HttpServiceFactory + OpenApiFactory + 'static,
    {
        match self {
            Self::Served(config) => {
                config.service(handler);
            }
            Self::Described(document) => {
                let mut schemas = Vec::new();
                handler.schemas(&mut schemas);
                components(document).schemas.extend(schemas);
                document.paths.merge(handler.paths());
            }
        }
        self
    }

    /// A route that is no operation of its own.
    pub(crate) fn undescribed(&mut self, path: &str, route: Route) -> &mut Self {
        if let Self::Served(config) = self {
            config.route(path, route);
        }
        self
    }

    /// The routes of `inner` below a path, and what is `around` them.
    pub(crate) fn below<F>(
        &mut self,
        path: &str,
        inner: impl FnOnce(&mut Routes<'_>),
        around: impl FnOnce(Scope) -> F,
    ) -> &mut Self
    where
        F: HttpServiceFactory + 'static,
    {
        match self {
            Self::Served(config) => {
                let scope = web::scope(path).configure(|config| inner(&mut Routes::Served(config)));
                config.service(around(scope));
            }
            Self::Described(document) => {
                let mut described = OpenApi::default();
                inner(&mut Routes::Described(&mut described));
                components(document)
                    .schemas
                    .extend(std::mem::take(components(&mut described)).schemas);
                for (below, item) in described.paths.paths {
                    document.paths.paths.insert(format!("{path}{below}"), item);
                }
            }
        }
        self
    }
}

fn components(document: &mut OpenApi) -> &mut Components {
    document.components.get_or_insert_default()
}
