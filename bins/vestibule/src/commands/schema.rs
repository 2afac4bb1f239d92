//! `vestibule schema`.

use std::path::PathBuf;

use clap::Subcommand;
use serde_json::{Value, json};

use super::{CommandError, Session};
use crate::output::Answer;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List the schemas, built in and defined, and the resource types that have them
    #[command(after_long_help = "Example:\n  vestibule schema list")]
    List,
    /// Define schemas and resource types, as RFC 7643 writes them
    #[command(after_long_help = "\
The file holds one JSON object or an array of them. One with an `endpoint` is a resource type, any
other a schema.

Examples:
  vestibule schema add badge.json
  vestibule schema add badge.json --extend User
  vestibule schema add number.json --attribute-of urn:ietf:params:scim:schemas:core:2.0:User")]
    Add {
        /// The file to read
        file: PathBuf,
        /// Extend this resource type by each schema of the file
        #[arg(long, value_name = "TYPE", conflicts_with = "attribute_of")]
        extend: Option<String>,
        /// The file holds attributes, to be added to the schema of this URN
        #[arg(long, value_name = "URN")]
        attribute_of: Option<String>,
    },
    /// Remove a definition that no resource holds data of
    #[command(after_long_help = "\
Examples:
  vestibule schema remove urn:example:params:scim:schemas:Badge
  vestibule schema remove urn:example:params:scim:schemas:Badge --from User
  vestibule schema remove urn:ietf:params:scim:schemas:core:2.0:User --attribute badgeNumber
  vestibule schema remove Device")]
    Remove {
        /// URN of a schema, or name of a resource type
        name: String,
        /// Only take the schema from this resource type
        #[arg(long, value_name = "TYPE", conflicts_with = "attribute")]
        from: Option<String>,
        /// Only remove this attribute that was added to the schema
        #[arg(long, value_name = "NAME")]
        attribute: Option<String>,
    },
}

pub(super) fn run(session: &Session, command: Command) -> Result<Answer, CommandError> {
    let Session { service, call, .. } = session;
    match command {
        Command::List => {}
        Command::Add {
            file,
            extend,
            attribute_of,
        } => {
            for definition in definitions(&file)? {
                if let Some(urn) = &attribute_of {
                    service.add_attribute(call, urn, &definition)?;
                } else if definition.get("endpoint").is_some() {
                    service.add_resource_type(call, &definition)?;
                } else {
                    let schema = service.add_schema(call, &definition)?;
                    if let Some(extended) = &extend {
                        service.add_extension(call, extended, &schema.id)?;
                    }
                }
            }
        }
        Command::Remove {
            name,
            from,
            attribute,
        } => match (from, attribute) {
            (Some(from), _) => service.remove_extension(call, &from, &name)?,
            (None, Some(attribute)) => service.remove_attribute(call, &name, &attribute)?,
            // A URN has a colon and a name has none.
            (None, None) if name.contains(':') => service.remove_schema(call, &name)?,
            (None, None) => service.remove_resource_type(call, &name)?,
        },
    }
    let schemas = service.list_schemas(call)?;
    Ok(Answer::table(
        schemas
            .iter()
            .map(|info| {
                json!({
                    "id": info.schema.id,
                    "built_in": info.built_in,
                    "resource_types": info.resource_types.join(", "),
                    "added": info.added.join(", "),
                })
            })
            .collect(),
        &[
            ("SCHEMA", "/id"),
            ("BUILT IN", "/built_in"),
            ("RESOURCE TYPES", "/resource_types"),
            ("ADDED", "/added"),
        ],
    ))
}

fn definitions(file: &PathBuf) -> Result<Vec<Value>, CommandError> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| CommandError::Input(format!("{}: {error}", file.display())))?;
    match serde_json::from_str(&text) {
        Ok(Value::Array(definitions)) => Ok(definitions),
        Ok(definition) => Ok(vec![definition]),
        Err(error) => Err(CommandError::Input(format!("{}: {error}", file.display()))),
    }
}
