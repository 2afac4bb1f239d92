//! Which methods a path has, as the OpenAPI document knows it.

use std::sync::LazyLock;

use utoipa::openapi::PathItem;

/// A path's template by its segments, and its methods.
type Route = (Vec<String>, Vec<&'static str>);

static ROUTES: LazyLock<Vec<Route>> = LazyLock::new(|| {
    let document = crate::openapi::document();
    let routes = document.paths.paths.iter();
    routes
        .map(|(template, item)| {
            (
                segments(template).map(str::to_owned).collect(),
                of_item(item),
            )
        })
        .collect()
});

/// The methods of a path; none when there is no such path.
pub(crate) fn methods(path: &str) -> Vec<&'static str> {
    let path: Vec<&str> = segments(path).collect();
    let mut methods: Vec<&'static str> = ROUTES
        .iter()
        .filter(|(template, _)| fits(template, &path))
        .flat_map(|(_, methods)| methods)
        .copied()
        .collect();
    methods.sort_unstable();
    methods.dedup();
    methods
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/')
}

fn fits(template: &[String], path: &[&str]) -> bool {
    template.len() == path.len()
        && template.iter().zip(path).all(|(expected, found)| {
            expected == found || (expected.starts_with('{') && !found.is_empty())
        })
}

fn of_item(item: &PathItem) -> Vec<&'static str> {
    [
        ("DELETE", &item.delete),
        ("GET", &item.get),
        ("PATCH", &item.patch),
        ("POST", &item.post),
        ("PUT", &item.put),
    ]
    .into_iter()
    .filter_map(|(method, operation)| operation.is_some().then_some(method))
    .chain(["HEAD"].into_iter().filter(|_| item.get.is_some()))
    .chain(["OPTIONS"])
    .collect()
}
