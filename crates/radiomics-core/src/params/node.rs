//! A parameter file as a tree, whatever its syntax; every part knows its place in the text.

use super::Position;

/// One value of a parameter file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub value: Value,
    pub at: Place,
}

/// Where something stands, as cheaply as its reader can tell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Place {
    Unknown,
    /// Byte of the text; counting lines waits until an error has to be shown.
    Byte(usize),
    At(Position),
}

impl Place {
    /// Line and column in `text`.
    pub fn position(self, text: &str) -> Option<Position> {
        match self {
            Self::Unknown => None,
            Self::Byte(offset) => Position::of(text, offset),
            Self::At(position) => Some(position),
        }
    }
}

/// What a value is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    /// Keys in the order of the text; a key that stands there twice is here twice.
    Table(Vec<(Key, Node)>),
    /// Something that no setting takes, such as a date in TOML.
    Other(String),
}

/// The name of an entry of a table.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Key {
    pub name: String,
    pub at: Place,
}

/// Tables and lists inside each other beyond this depth are refused; parameter files need four.
pub(crate) const MAX_DEPTH: usize = 32;

impl Node {
    /// The value as an error message shows it: on one line, not longer than a message can bear.
    pub fn brief(&self) -> String {
        match &self.value {
            Value::Null => "no value".into(),
            Value::Bool(b) => format!("`{b}`"),
            Value::Int(i) => format!("`{i}`"),
            Value::Float(f) => format!("`{f:?}`"),
            Value::Text(text) => format!("the text {}", quoted(text)),
            Value::List(items) if items.is_empty() => "an empty list".into(),
            Value::List(items) if items.len() <= 6 && items.iter().all(Node::is_scalar) => {
                let items: Vec<String> = items.iter().map(Node::literal).collect();
                format!("`[{}]`", items.join(", "))
            }
            Value::List(items) => format!("a list of {} values", items.len()),
            Value::Table(entries) if entries.is_empty() => "an empty table".into(),
            Value::Table(_) => "a table".into(),
            Value::Other(what) => what.clone(),
        }
    }

    fn is_scalar(&self) -> bool {
        !matches!(self.value, Value::List(_) | Value::Table(_))
    }

    fn literal(&self) -> String {
        match &self.value {
            Value::Null => "null".into(),
            Value::Text(text) => quoted(text),
            _ => self.brief().trim_matches('`').to_owned(),
        }
    }
}

/// Text in quotation marks, control characters escaped, cut after 60 characters.
pub(crate) fn quoted(text: &str) -> String {
    let mut chars = text.chars();
    let mut shown: String = chars.by_ref().take(60).collect();
    if chars.next().is_some() {
        shown.push('…');
    }
    format!("{shown:?}")
}
