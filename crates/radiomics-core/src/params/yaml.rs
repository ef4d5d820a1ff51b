//! YAML 1.2 → tree. Anchors, aliases and merge keys are resolved, within a budget.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned, UserMessageFormatter};

use super::node::{Key, MAX_DEPTH, Node, Place, Value};
use super::{ParamsError, Position, Problem};

/// Reads the only document of `text`; `None` where it holds none.
pub(super) fn read(text: &str) -> Result<Option<Node>, ParamsError> {
    let options = serde_saphyr::options! {
        // `yes` and `on` are words in YAML 1.2, which PyRadiomics reads unless the text asks for 1.1.
        strict_booleans: !text.trim_start().starts_with("%YAML 1.1"),
        non_finite_float_policy: serde_saphyr::options::NonFiniteFloatPolicy::PassThrough,
        with_snippet: false,
        // A parameter file has some hundred nodes. What asks for more is an accident or an attack.
        budget: serde_saphyr::budget! {
            max_depth: MAX_DEPTH,
            flow_nesting_limit: MAX_DEPTH,
            max_nodes: 20_000,
            max_events: 100_000,
            max_aliases: 1_000,
            max_anchors: 1_000,
            max_documents: 2,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: 20_000,
            max_replay_stack_depth: 16,
        },
    };
    let node: Spanned<Tree> = serde_saphyr::from_str_with_options(text, options).map_err(fault)?;
    let node = node_of(node);
    Ok((node.value != Value::Null).then_some(node))
}

fn fault(error: serde_saphyr::Error) -> ParamsError {
    let at = error.location().and_then(position);
    let (path, problem) = match error.without_snippet() {
        serde_saphyr::Error::DuplicateMappingKey { key: Some(key), .. } => (key.clone(), Problem::Duplicate),
        other => {
            let text = other.render_with_formatter(&UserMessageFormatter);
            // The place comes from `at`, and its own limits are nobody's concern.
            let end = text.find(" at line ").unwrap_or(text.len());
            let text = text.get(..end).unwrap_or(&text).replace('\n', " ");
            let too_large =
                text.starts_with("YAML document too large") || text.starts_with("recursion limit");
            let larger = "larger, deeper or more repetitive than parameters can be";
            (String::new(), Problem::Syntax(if too_large { larger.into() } else { text }))
        }
    };
    ParamsError { at, path, problem }
}

fn position(at: Location) -> Option<Position> {
    (at != Location::UNKNOWN).then(|| Position { line: at.line() as usize, column: at.column() as usize })
}

fn place(at: Location) -> Place {
    position(at).map_or(Place::Unknown, Place::At)
}

fn node_of(tree: Spanned<Tree>) -> Node {
    Node { value: tree.value.0, at: place(tree.referenced) }
}

/// A value without its place: serde-saphyr's `Spanned` adds that.
struct Tree(Value);

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TreeVisitor).map(Self)
    }
}

struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Int(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Int(value.into()))
    }

    fn visit_i128<E: Error>(self, value: i128) -> Result<Value, E> {
        Ok(Value::Int(value))
    }

    fn visit_u128<E: Error>(self, value: u128) -> Result<Value, E> {
        Ok(i128::try_from(value).map_or(Value::Float(value as f64), Value::Int))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Float(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.to_owned()))
    }

    fn visit_bytes<E: Error>(self, _: &[u8]) -> Result<Value, E> {
        Ok(Value::Other("binary data".into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element::<Spanned<Tree>>()? {
            items.push(node_of(item));
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = map.next_key::<Spanned<String>>()? {
            let key = Key { at: place(key.referenced), name: key.value };
            entries.push((key, node_of(map.next_value()?)));
        }
        Ok(Value::Table(entries))
    }
}
