//! TOML → tree.

use ::toml::Spanned;
use ::toml::de::{DeTable, DeValue};

use super::node::{Key, Node, Place, Value};
use super::{ParamsError, Position, Problem};

/// Reads the table that is `text`; `None` where it is empty.
pub(super) fn read(text: &str) -> Result<Option<Node>, ParamsError> {
    let table = DeTable::parse(text).map_err(|error| ParamsError {
        at: error.span().and_then(|span| Position::of(text, span.start)),
        path: String::new(),
        problem: Problem::Syntax(error.message().replace('\n', " ")),
    })?;
    let table = table.into_inner();
    Ok((!table.is_empty()).then(|| Node { value: entries(table), at: Place::Unknown }))
}

fn entries(table: DeTable<'_>) -> Value {
    let mut entries: Vec<_> = table.into_iter().collect();
    // The parser sorts by name; columns follow the order of the file.
    entries.sort_by_key(|(key, _)| key.span().start);
    let entry = |(key, value): (Spanned<_>, _)| {
        let at = Place::Byte(key.span().start);
        (Key { at, name: String::from(key.into_inner()) }, node(value))
    };
    Value::Table(entries.into_iter().map(entry).collect())
}

fn node(value: Spanned<DeValue<'_>>) -> Node {
    let at = Place::Byte(value.span().start);
    let value = match value.into_inner() {
        DeValue::String(text) => Value::Text(text.into_owned()),
        DeValue::Integer(integer) => match i128::from_str_radix(integer.as_str(), integer.radix()) {
            Ok(whole) => Value::Int(whole),
            Err(_) => Value::Other(format!("`{integer}`")),
        },
        DeValue::Float(float) => match float.as_str().parse() {
            Ok(number) => Value::Float(number),
            Err(_) => Value::Other(format!("`{float}`")),
        },
        DeValue::Boolean(boolean) => Value::Bool(boolean),
        DeValue::Datetime(time) => Value::Other(format!("the time `{time}`")),
        DeValue::Array(items) => Value::List(items.into_iter().map(node).collect()),
        DeValue::Table(table) => entries(table),
    };
    Node { value, at }
}
