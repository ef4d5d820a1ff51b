//! JSON → tree. Each value is cut out as text first, which tells where it stands.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::node::{Key, MAX_DEPTH, Node, Place, Value};
use super::{ParamsError, Position, Problem};

/// Reads the value that is `text`; `None` where there is none or it is `null`.
pub(super) fn read(text: &str) -> Result<Option<Node>, ParamsError> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let raw: &RawValue = serde_json::from_str(text).map_err(|error| syntax(text, Place::Unknown, &error))?;
    let node = node(text, raw.get(), 0)?;
    Ok((node.value != Value::Null).then_some(node))
}

/// `part` is a piece of `text`, and a whole JSON value.
fn node(text: &str, part: &str, depth: usize) -> Result<Node, ParamsError> {
    let at = place(text, part);
    let fail = |error: serde_json::Error| syntax(text, at, &error);
    if depth > MAX_DEPTH {
        let problem = Problem::Syntax(format!("values inside values, more than {MAX_DEPTH} deep"));
        return Err(ParamsError { at: at.position(text), path: String::new(), problem });
    }
    let value = match part.as_bytes().first() {
        Some(b'{') => {
            let entries: Entries<'_> = serde_json::from_str(part).map_err(fail)?;
            let entries = entries.0.into_iter().map(|(key, value)| {
                let (name, at) = match key {
                    Name::Plain(name) => (name.to_owned(), before_quote(place(text, name))),
                    Name::Escaped(name) => (name, place(text, value.get())),
                };
                Ok((Key { name, at }, node(text, value.get(), depth + 1)?))
            });
            Value::Table(entries.collect::<Result<_, ParamsError>>()?)
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(part).map_err(fail)?;
            let items = items.into_iter().map(|item| node(text, item.get(), depth + 1));
            Value::List(items.collect::<Result<_, ParamsError>>()?)
        }
        Some(b'"') => Value::Text(serde_json::from_str(part).map_err(fail)?),
        Some(b't' | b'f') => Value::Bool(serde_json::from_str(part).map_err(fail)?),
        Some(b'n') | None => Value::Null,
        Some(_) => match part.parse() {
            Ok(whole) => Value::Int(whole),
            Err(_) => Value::Float(serde_json::from_str(part).map_err(fail)?),
        },
    };
    Ok(Node { value, at })
}

/// Where `part`, a piece of `text`, begins.
fn place(text: &str, part: &str) -> Place {
    let offset = (part.as_ptr() as usize).checked_sub(text.as_ptr() as usize);
    offset.map_or(Place::Unknown, Place::Byte)
}

fn before_quote(at: Place) -> Place {
    match at {
        Place::Byte(offset) => Place::Byte(offset.saturating_sub(1)),
        other => other,
    }
}

fn syntax(text: &str, at: Place, error: &serde_json::Error) -> ParamsError {
    let message = error.to_string();
    // serde_json counts columns in bytes, and from the start of the piece it was given.
    let end = message.rfind(" at line ").unwrap_or(message.len());
    let here = || {
        let line = text.lines().nth(error.line().checked_sub(1)?)?;
        let column = line.get(..error.column().saturating_sub(1)).map_or(0, |head| head.chars().count());
        Some(Position { line: error.line(), column: column + 1 })
    };
    let problem = Problem::Syntax(message.get(..end).unwrap_or(&message).to_owned());
    ParamsError { at: at.position(text).or_else(here), path: String::new(), problem }
}

/// The entries of an object: in order, repeated keys too.
struct Entries<'a>(Vec<(Name<'a>, &'a RawValue)>);

/// A key, as it stands in the text or with its escapes resolved.
enum Name<'a> {
    Plain(&'a str),
    Escaped(String),
}

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EntriesVisitor;

        impl<'de> Visitor<'de> for EntriesVisitor {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(EntriesVisitor)
    }
}

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;

        impl<'de> Visitor<'de> for NameVisitor {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Self::Value, E> {
                Ok(Name::Plain(key))
            }

            fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
                Ok(Name::Escaped(key.to_owned()))
            }
        }

        deserializer.deserialize_str(NameVisitor)
    }
}
