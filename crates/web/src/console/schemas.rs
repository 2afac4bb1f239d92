//! Settings > System > Schemas: what people, groups and further resources consist of.

use serde_json::Value;
use vestibule_domain::Mistake;
use vestibule_service::definitions::{ResourceTypeInfo, SchemaInfo};
use vestibule_service::{Error, Role, Service};

use super::MOUNT;
use super::fields::Fields;
use super::form::{Field, Form, Pick, not_json};
use super::page::{Anchor, Block, Button, Cell, Notice, Page, Section, Tone};
use super::phrase::Part;
use super::query::Pairs;
use super::reply::{Answer, Reply};
use super::table::Table;
use super::visit::Visit;

/// An attribute as RFC 7643, section 7, writes it.
const ATTRIBUTE: &str = r#"{"name": "badgeNumber", "type": "integer", "uniqueness": "server"}"#;
/// A schema as that section writes it.
const SCHEMA: &str = r#"{"id": "urn:example:params:scim:schemas:Badge", "name": "Badge",
 "attributes": [{"name": "number", "type": "integer"}]}"#;
/// A resource type as section 6 writes it.
const RESOURCE_TYPE: &str = r#"{"name": "Badge", "endpoint": "/Badges",
 "schema": "urn:example:params:scim:schemas:Badge"}"#;

pub(super) async fn list(visit: &Visit) -> Answer {
    Ok(page(visit, None).await?.into())
}

/// The page; with the form that was sent and what was wrong in it.
async fn page(visit: &Visit, wrong: Option<(&str, &Pairs, Error)>) -> Result<Page, Error> {
    let t = visit.t;
    let (schemas, types) = visit
        .run(|service: &Service, call| {
            Ok((
                service.list_schemas(call)?,
                service.list_resource_types(call)?,
            ))
        })
        .await?;
    let mut page = Page {
        title: t.own("nav.schemas"),
        lead: Some(t.own("schema.lead")),
        trail: vec![
            Anchor::words(t.own("nav.settings")),
            Anchor::words(t.own("nav.system")),
            Anchor::new(t.own("nav.schemas"), format!("{MOUNT}/schemas")),
        ],
        current: "nav.schemas",
        ..Page::default()
    };
    let (what, sent, error) = match wrong {
        Some((what, sent, error)) => (what, sent.clone(), Some(error)),
        None => ("", Pairs::default(), None),
    };
    let mut forms = forms(visit, &schemas, &types, what, &sent);
    if let Some(error) = error {
        let form = forms.iter_mut().find(|form| form.id == what);
        page.notice = told(visit, form, error)?;
    }
    let mut forms = forms.into_iter();
    let mut with_form = |table: Table, example: Option<&str>| {
        let mut blocks = vec![Block::Table(table)];
        if let Some(form) = forms.next() {
            if let Some(example) = example {
                blocks.push(Block::Text(t.own("schema.example")));
                blocks.push(Block::Source(example.to_owned()));
            }
            blocks.push(Block::Form(form));
        }
        blocks
    };
    page.sections = vec![
        Section::new(
            "schemas",
            t.own("nav.schemas"),
            with_form(schemas_table(visit, &schemas), Some(SCHEMA)),
        ),
        Section {
            lead: Some(t.own("schema.attributes_lead")),
            ..Section::new(
                "attributes",
                t.own("schema.added"),
                with_form(added_table(visit, &schemas), Some(ATTRIBUTE)),
            )
        },
        Section::new(
            "types",
            t.own("schema.types"),
            with_form(types_table(visit, &types), Some(RESOURCE_TYPE)),
        ),
        Section {
            lead: Some(t.own("schema.extensions_lead")),
            ..Section::new(
                "extensions",
                t.own("schema.extensions"),
                with_form(extensions_table(visit, &schemas, &types), None),
            )
        },
    ];
    Ok(page)
}

/// Says what was wrong at the form that it was wrong in, and above the page what stands in the way.
fn told(visit: &Visit, form: Option<&mut Form>, error: Error) -> Result<Option<Notice>, Error> {
    let t = visit.t;
    match (form, error) {
        (Some(form), Error::Invalid { field, detail }) => {
            let mut mistake = t.mistake(&field, &detail);
            if !field.is_empty() {
                mistake.0.insert(0, Part::Words(format!("{field}: ")));
            }
            if !form.mark("definition", mistake.clone()) {
                form.mark("urn", mistake);
            }
            Ok(None)
        }
        (Some(form), Error::Conflict(said) | Error::Uniqueness(said)) => {
            form.mark("definition", t.get("form.wrong"));
            Ok(Some(Notice::new(Tone::Bad, t.hindrance(&said))))
        }
        (None, Error::Conflict(said)) => Ok(Some(Notice::new(Tone::Bad, t.hindrance(&said)))),
        (_, error) => Err(error),
    }
}

/// What can be added, in the order of the sections; none for who may only look.
fn forms(
    visit: &Visit,
    schemas: &[SchemaInfo],
    types: &[ResourceTypeInfo],
    what: &str,
    sent: &Pairs,
) -> Vec<Form> {
    let t = visit.t;
    if !visit.may(Role::Administrator) {
        return Vec::new();
    }
    let given = |form: &str| {
        if form == what {
            sent.get("definition")
        } else {
            ""
        }
    };
    let urns = |all: bool| -> Vec<Pick> {
        schemas
            .iter()
            .filter(|one| all || !one.built_in)
            .map(|one| Pick::new(&one.schema.id, &one.schema.id))
            .collect()
    };
    let kinds = types
        .iter()
        .map(|one| Pick::new(&one.name, &one.name))
        .collect();
    let form = |id: &'static str, key: &'static str, fields| {
        Form::of(id, format!("{MOUNT}/schemas/{id}"), t.own(key), fields)
    };
    let definition = |id: &str, rows| {
        Field::area("definition", t.own("schema.definition"), given(id), rows)
            .required()
            .hint(t.own("schema.definition_hint"))
    };
    let mut forms = vec![
        form("add", "schema.add", vec![definition("add", 5)]),
        form(
            "attribute",
            "schema.add_attribute",
            vec![
                Field::choice("urn", t.own("schema.schema"), urns(true), sent.get("urn")),
                definition("attribute", 3),
            ],
        ),
        form("type", "schema.add_type", vec![definition("type", 4)]),
    ];
    let own = urns(false);
    if !own.is_empty() {
        forms.push(form(
            "extension",
            "schema.extend",
            vec![
                Field::choice("type", t.own("schema.type"), kinds, sent.get("type")),
                Field::choice("urn", t.own("schema.schema"), own, sent.get("urn")),
            ],
        ));
    }
    forms
}

fn remove(visit: &Visit, what: &str, about: String, fields: Vec<(&'static str, String)>) -> Cell {
    if !visit.may(Role::Administrator) {
        return Cell::Nothing;
    }
    Cell::Button(Button {
        text: visit.t.own("schema.remove"),
        about,
        action: format!("{MOUNT}/schemas/{what}"),
        fields,
        tone: Tone::Bad,
    })
}

fn schemas_table(visit: &Visit, schemas: &[SchemaInfo]) -> Table {
    let t = visit.t;
    let mut table = Table::new(
        t.own("nav.schemas"),
        &[
            t.get("schema.schema"),
            t.get("provider.name"),
            t.get("schema.attributes"),
            t.get("schema.types"),
            t.get("table.actions"),
        ],
    )
    .acting();
    table.rows = schemas
        .iter()
        .map(|one| {
            let id = &one.schema.id;
            let names: Vec<&str> = one
                .schema
                .attributes
                .iter()
                .map(|attribute| attribute.name.as_str())
                .collect();
            vec![
                Cell::Code(id.clone()),
                Cell::text(one.schema.name.clone()),
                Cell::text(names.join(", ")),
                Cell::text(one.resource_types.join(", ")),
                if one.built_in {
                    Cell::text(t.own("schema.built_in"))
                } else {
                    remove(visit, "remove", id.clone(), vec![("urn", id.clone())])
                },
            ]
        })
        .collect();
    table
}

fn added_table(visit: &Visit, schemas: &[SchemaInfo]) -> Table {
    let t = visit.t;
    let mut table = Table::new(
        t.own("schema.added"),
        &[
            t.get("schema.attribute"),
            t.get("schema.schema"),
            t.get("table.actions"),
        ],
    )
    .acting();
    table.empty = t.own("schema.none_added");
    table.rows = schemas
        .iter()
        .flat_map(|one| one.added.iter().map(move |name| (one, name)))
        .map(|(one, name)| {
            let fields = vec![("urn", one.schema.id.clone()), ("name", name.clone())];
            vec![
                Cell::Code(name.clone()),
                Cell::Code(one.schema.id.clone()),
                remove(visit, "remove-attribute", name.clone(), fields),
            ]
        })
        .collect();
    table
}

fn types_table(visit: &Visit, types: &[ResourceTypeInfo]) -> Table {
    let t = visit.t;
    let mut table = Table::new(
        t.own("schema.types"),
        &[
            t.get("provider.name"),
            t.get("schema.endpoint"),
            t.get("schema.schema"),
            t.get("table.actions"),
        ],
    )
    .acting();
    table.rows = types
        .iter()
        .map(|one| {
            vec![
                Cell::Name(one.name.clone()),
                Cell::Code(one.endpoint.clone()),
                Cell::Code(one.schema.clone()),
                if one.built_in {
                    Cell::text(t.own("schema.built_in"))
                } else {
                    let fields = vec![("name", one.name.clone())];
                    remove(visit, "remove-type", one.name.clone(), fields)
                },
            ]
        })
        .collect();
    table
}

fn extensions_table(visit: &Visit, schemas: &[SchemaInfo], types: &[ResourceTypeInfo]) -> Table {
    let t = visit.t;
    let mut table = Table::new(
        t.own("schema.extensions"),
        &[
            t.get("schema.type"),
            t.get("schema.schema"),
            t.get("table.actions"),
        ],
    )
    .acting();
    let built_in = |urn: &str| {
        schemas
            .iter()
            .any(|one| one.built_in && one.schema.id.eq_ignore_ascii_case(urn))
    };
    table.rows = types
        .iter()
        .flat_map(|one| one.extensions.iter().map(move |urn| (one, urn)))
        .map(|(one, urn)| {
            let fields = vec![("type", one.name.clone()), ("urn", urn.clone())];
            vec![
                Cell::Name(one.name.clone()),
                Cell::Code(urn.clone()),
                if built_in(urn) {
                    Cell::text(t.own("schema.built_in"))
                } else {
                    remove(visit, "remove-extension", urn.clone(), fields)
                },
            ]
        })
        .collect();
    table
}

/// Runs a change; a mistake comes back in the form `what` it was made in.
async fn change(
    visit: &Visit,
    fields: &Fields,
    what: &str,
    operation: impl FnOnce(&Service, &vestibule_service::AdminCall) -> Result<(), Error>
    + Send
    + 'static,
) -> Answer {
    match visit.run(operation).await {
        Ok(()) => Ok(Reply::See(format!("{MOUNT}/schemas?done=saved"))),
        Err(error @ (Error::Invalid { .. } | Error::Conflict(_) | Error::Uniqueness(_))) => {
            let page = page(visit, Some((what, fields, error))).await?;
            Ok(Reply::Mistaken(Box::new(page)))
        }
        Err(error) => Err(error),
    }
}

/// A definition as it was typed.
fn definition(fields: &Fields) -> Result<Value, Error> {
    if fields.given("definition").is_none() {
        return Err(Error::Invalid {
            field: String::new(),
            detail: Mistake::Empty.english().to_owned(),
        });
    }
    serde_json::from_str(fields.get("definition")).map_err(|error| Error::Invalid {
        field: String::new(),
        detail: not_json(&error).to_string(),
    })
}

pub(super) async fn add(visit: &Visit, fields: &Fields) -> Answer {
    let given = definition(fields);
    change(visit, fields, "add", move |service, call| {
        service.add_schema(call, &given?).map(drop)
    })
    .await
}

pub(super) async fn remove_schema(visit: &Visit, fields: &Fields) -> Answer {
    let urn = fields.get("urn").to_owned();
    change(visit, fields, "", move |service, call| {
        service.remove_schema(call, &urn)
    })
    .await
}

pub(super) async fn add_attribute(visit: &Visit, fields: &Fields) -> Answer {
    let (given, urn) = (definition(fields), fields.get("urn").to_owned());
    change(visit, fields, "attribute", move |service, call| {
        service.add_attribute(call, &urn, &given?).map(drop)
    })
    .await
}

pub(super) async fn remove_attribute(visit: &Visit, fields: &Fields) -> Answer {
    let (urn, name) = (fields.get("urn").to_owned(), fields.get("name").to_owned());
    change(visit, fields, "", move |service, call| {
        service.remove_attribute(call, &urn, &name)
    })
    .await
}

pub(super) async fn add_type(visit: &Visit, fields: &Fields) -> Answer {
    let given = definition(fields);
    change(visit, fields, "type", move |service, call| {
        service.add_resource_type(call, &given?).map(drop)
    })
    .await
}

pub(super) async fn remove_type(visit: &Visit, fields: &Fields) -> Answer {
    let name = fields.get("name").to_owned();
    change(visit, fields, "", move |service, call| {
        service.remove_resource_type(call, &name)
    })
    .await
}

pub(super) async fn extend(visit: &Visit, fields: &Fields) -> Answer {
    let (name, urn) = (fields.get("type").to_owned(), fields.get("urn").to_owned());
    change(visit, fields, "extension", move |service, call| {
        service.add_extension(call, &name, &urn)
    })
    .await
}

pub(super) async fn remove_extension(visit: &Visit, fields: &Fields) -> Answer {
    let (name, urn) = (fields.get("type").to_owned(), fields.get("urn").to_owned());
    change(visit, fields, "", move |service, call| {
        service.remove_extension(call, &name, &urn)
    })
    .await
}
