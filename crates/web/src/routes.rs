//! The table of routes: which path and method leads to which handler, and what the OpenAPI document
//! says of it.
//!
//! Methods are handled alike in all tables: HEAD has become GET at the [`entrance`](crate::entrance), OPTIONS
//! and what has no handler go to who answers otherwise, with the [`Methods`] that there are.
//!
//! Routes are written once, next to the handlers, and read twice: by every worker, which only serves,
//! and by the document, which only describes. Paths are found in one step however many there are.

use actix_web::dev::{
    HttpServiceFactory, Service, ServiceFactory, ServiceRequest, ServiceResponse,
};
use actix_web::http::Method;
use actix_web::web::{self, ServiceConfig};
use actix_web::{FromRequest, Handler, HttpMessage as _, HttpRequest, Responder, Route, Scope};
use futures_core::future::LocalBoxFuture;
use matchit::Router;
use utoipa::openapi::path::HttpMethod;
use utoipa::openapi::{Components, OpenApi};
use utoipa_actix_web::OpenApiFactory;

mod segments;

pub(crate) use segments::{Segment, read, segment};

/// Where routes go.
pub(crate) enum Routes<'a> {
    /// Into the table of a worker. One that described too would do so for nobody, in memory that it never
    /// gets back.
    Served(&'a mut Table),
    /// Into the document.
    Described(&'a mut OpenApi),
}

/// Adds operations by the names of their handlers, which `utoipa::path` describes.
macro_rules! operations {
    ($routes:expr; $($handler:ident),+ $(,)?) => {
        ::pastey::paste! {
            $($routes.operation(&[<__path_ $handler>], &$handler);)+
        }
    };
}
pub(crate) use operations;

impl Routes<'_> {
    /// A handler with its description, under the path and methods that this names.
    pub(crate) fn operation<D, H, A>(&mut self, described: &D, handler: &H)
    where
        D: utoipa::Path + OpenApiFactory,
        H: Handler<A>,
        H::Output: Responder + 'static,
        A: FromRequest + 'static,
    {
        match self {
            Self::Served(table) => {
                for method in D::methods() {
                    table.add(&D::path(), method_of(&method), web::to(handler.clone()));
                }
            }
            Self::Described(document) => {
                let mut schemas = Vec::new();
                described.schemas(&mut schemas);
                components(document).schemas.extend(schemas);
                document.paths.merge(described.paths());
            }
        }
    }

    /// The routes of `inner` below a path; `otherwise` answers for all others there. What is `around`
    /// is around both.
    pub(crate) fn below<F>(
        &mut self,
        path: &'static str,
        inner: impl FnOnce(&mut Routes<'_>),
        otherwise: Route,
        around: impl FnOnce(Scope) -> F + 'static,
    ) where
        F: HttpServiceFactory + 'static,
    {
        match self {
            Self::Served(table) => {
                let mut below = Table::default();
                inner(&mut Routes::Served(&mut below));
                table.mount(path, below, otherwise, around);
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
    }
}

fn components(document: &mut OpenApi) -> &mut Components {
    document.components.get_or_insert_default()
}

fn method_of(method: &HttpMethod) -> Method {
    match method {
        HttpMethod::Get => Method::GET,
        HttpMethod::Post => Method::POST,
        HttpMethod::Put => Method::PUT,
        HttpMethod::Delete => Method::DELETE,
        HttpMethod::Options => Method::OPTIONS,
        HttpMethod::Head => Method::HEAD,
        HttpMethod::Patch => Method::PATCH,
        HttpMethod::Trace => Method::TRACE,
    }
}

/// The routes of one worker, while they are gathered.
#[derive(Default)]
pub(crate) struct Table {
    paths: Vec<Path<Route>>,
    mounts: Vec<Mount>,
}

type Mount = Box<dyn FnOnce(&mut ServiceConfig)>;

/// What is done at a path, by method.
struct Path<R> {
    /// With `{name}` for a segment that may be anything, and `{*name}` for all that follow.
    pattern: String,
    methods: Vec<(Method, R)>,
    /// Where what may be anything is something: tells of the first segment that is left open.
    known: Option<Known>,
}

/// Whether there is something of that name.
type Known = fn(&str) -> bool;

impl Table {
    /// A handler that is no operation of an API.
    pub(crate) fn page<H, A>(&mut self, method: Method, pattern: &str, handler: H) -> &mut Self
    where
        H: Handler<A>,
        H::Output: Responder + 'static,
        A: FromRequest + 'static,
    {
        self.add(pattern, method, web::to(handler));
        self
    }

    /// The same of names that only `known` tells of: any other is no path, whatever the method.
    pub(crate) fn page_of_known<H, A>(
        &mut self,
        method: Method,
        pattern: &str,
        known: Known,
        handler: H,
    ) -> &mut Self
    where
        H: Handler<A>,
        H::Output: Responder + 'static,
        A: FromRequest + 'static,
    {
        self.page(method, pattern, handler);
        if let Some(path) = self.paths.iter_mut().find(|path| path.pattern == pattern) {
            path.known = Some(known);
        }
        self
    }

    fn add(&mut self, pattern: &str, method: Method, route: Route) {
        let same = |path: &&mut Path<Route>| path.pattern == pattern;
        match self.paths.iter_mut().find(same) {
            Some(path) => path.methods.push((method, route)),
            None => self.paths.push(Path {
                pattern: pattern.to_owned(),
                methods: vec![(method, route)],
                known: None,
            }),
        }
    }

    /// A table of its own below a path.
    pub(crate) fn mount<F>(
        &mut self,
        path: &'static str,
        below: Self,
        otherwise: Route,
        around: impl FnOnce(Scope) -> F + 'static,
    ) where
        F: HttpServiceFactory + 'static,
    {
        self.mounts.push(Box::new(move |config| {
            let scope = web::scope(path).configure(|config| below.serve(config, otherwise));
            config.service(around(scope));
        }));
    }

    /// Takes every path of an application, or of a scope, that nothing else in it takes.
    pub(crate) fn serve(self, config: &mut ServiceConfig, otherwise: Route) {
        for mount in self.mounts {
            mount(config);
        }
        config.default_service(Dispatch {
            paths: self.paths,
            otherwise,
        });
    }
}

/// Makes a worker's [`Dispatcher`].
struct Dispatch {
    paths: Vec<Path<Route>>,
    otherwise: Route,
}

type RouteService = <Route as ServiceFactory<ServiceRequest>>::Service;

impl ServiceFactory<ServiceRequest> for Dispatch {
    type Response = ServiceResponse;
    type Error = actix_web::Error;
    type Config = ();
    type Service = Dispatcher;
    type InitError = ();
    type Future = LocalBoxFuture<'static, Result<Dispatcher, ()>>;

    fn new_service(&self, (): ()) -> Self::Future {
        let otherwise = self.otherwise.new_service(());
        let paths: Vec<_> = self
            .paths
            .iter()
            .map(|path| {
                let methods = path.methods.iter();
                let made = methods.map(|(method, route)| (method.clone(), route.new_service(())));
                (path.pattern.clone(), made.collect::<Vec<_>>(), path.known)
            })
            .collect();
        Box::pin(async move {
            let mut router = Router::new();
            for (pattern, made, known) in paths {
                let mut methods = Vec::with_capacity(made.len());
                for (method, service) in made {
                    methods.push((method, service.await?));
                }
                router
                    .insert(rooted(&pattern).to_owned(), There { methods, known })
                    .expect("no two patterns are for the same paths");
            }
            Ok(Dispatcher {
                router,
                otherwise: otherwise.await?,
            })
        })
    }
}

/// What a worker does at a path.
struct There {
    methods: Vec<(Method, RouteService)>,
    known: Option<Known>,
}

/// Finds who answers a request.
struct Dispatcher {
    router: Router<There>,
    otherwise: RouteService,
}

impl Service<ServiceRequest> for Dispatcher {
    type Response = ServiceResponse;
    type Error = actix_web::Error;
    type Future = LocalBoxFuture<'static, Result<ServiceResponse, actix_web::Error>>;

    actix_web::dev::always_ready!();

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let Ok(found) = self.router.at(rooted(request.match_info().unprocessed())) else {
            return self.otherwise.call(request);
        };
        let There { methods, known } = found.value;
        let first = found.params.iter().next().map_or("", |(_, text)| text);
        if known.is_some_and(|known| !known(&read(first))) {
            return self.otherwise.call(request);
        }
        let asked = request.method();
        if let Some((_, service)) = methods.iter().find(|(method, _)| method == asked) {
            segments::keep(&request, &found.params);
            return service.call(request);
        }
        let methods = methods.iter().map(|(method, _)| method.clone());
        request.extensions_mut().insert(Methods::new(methods));
        self.otherwise.call(request)
    }
}

/// The path of a mount's own root is empty, which no table of paths takes.
pub(crate) fn rooted(path: &str) -> &str {
    if path.is_empty() { "/" } else { path }
}

/// The methods that the path of a request has, where it was asked for by another one.
#[derive(Debug, Clone)]
pub(crate) struct Methods(Vec<Method>);

impl Methods {
    /// Of the path of this request; none where there is nothing at this path. To be used by who answers
    /// otherwise.
    pub(crate) fn of(request: &HttpRequest) -> Option<Self> {
        request.extensions().get().cloned()
    }

    /// Of the methods that have handlers, with those that a server answers by itself.
    pub(crate) fn new(handled: impl Iterator<Item = Method>) -> Self {
        let mut methods: Vec<Method> = handled.collect();
        if methods.contains(&Method::GET) {
            methods.push(Method::HEAD);
        }
        methods.push(Method::OPTIONS);
        Self(methods)
    }

    /// As `Allow` lists them.
    pub(crate) fn listed(&self) -> String {
        let usual = [
            Method::GET,
            Method::HEAD,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
            Method::OPTIONS,
        ];
        let there = usual.iter().filter(|method| self.0.contains(method));
        let names: Vec<&str> = there.map(Method::as_str).collect();
        names.join(", ")
    }
}

#[cfg(test)]
mod tests;
