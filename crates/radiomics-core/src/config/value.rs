//! What a setting can be: its type read from a parameter file, and the values allowed.

use serde_json::json;

use crate::params::{
    self,
    node::{Node, Place, Value},
};

/// The values allowed for a setting, beyond its type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    lowest: Option<f64>,
    /// `lowest` itself is not allowed.
    above: bool,
    highest: Option<f64>,
    items: (usize, usize),
    names: &'static [&'static str],
    /// The names in short, where there are many.
    in_short: Option<&'static str>,
    infinite: bool,
    numbers: bool,
    whole: bool,
    /// One more number, outside the range.
    also: Option<f64>,
}

impl Rule {
    /// Any value; numbers must be finite.
    pub const ANY: Self = Self {
        lowest: None,
        above: false,
        highest: None,
        items: (1, usize::MAX),
        names: &[],
        in_short: None,
        infinite: false,
        numbers: false,
        whole: false,
        also: None,
    };
    /// Any number, infinity and NaN too.
    pub const ANY_NUMBER: Self = Self { infinite: true, ..Self::ANY };

    /// A name, or the number that stands for it.
    pub const NAME_OR_NUMBER: Self = Self { numbers: true, ..Self::ANY };

    /// Numbers larger than `limit`.
    pub const fn above(limit: f64) -> Self {
        Self { lowest: Some(limit), above: true, ..Self::ANY }
    }

    /// Numbers from `limit` on.
    pub const fn at_least(limit: f64) -> Self {
        Self { lowest: Some(limit), ..Self::ANY }
    }

    /// The same, up to `limit`.
    pub const fn up_to(self, limit: f64) -> Self {
        Self { highest: Some(limit), ..self }
    }

    /// Numbers from `lowest` to `highest`, both included.
    pub const fn within(lowest: f64, highest: f64) -> Self {
        Self { lowest: Some(lowest), highest: Some(highest), ..Self::ANY }
    }

    /// One of `names`; `in_short` describes a long list of them.
    pub const fn one_of(names: &'static [&'static str], in_short: Option<&'static str>) -> Self {
        Self { names, in_short, ..Self::ANY }
    }

    /// Numbers larger than `limit`, up to `highest`.
    pub const fn above_to(limit: f64, highest: f64) -> Self {
        Self { highest: Some(highest), ..Self::above(limit) }
    }

    /// The same for lists that have `least` to `most` items.
    pub const fn items(self, least: usize, most: usize) -> Self {
        Self { items: (least, most), ..self }
    }

    /// The same and `number`.
    pub const fn or(self, number: f64) -> Self {
        Self { also: Some(number), ..self }
    }

    /// The same without fractions.
    pub const fn whole(self) -> Self {
        Self { whole: true, ..self }
    }

    pub(super) fn allows_numbers(&self) -> bool {
        self.numbers
    }

    fn allows(&self, value: f64) -> bool {
        let low = self.lowest.is_none_or(|low| if self.above { value > low } else { value >= low });
        let high = self.highest.is_none_or(|high| value <= high);
        let whole = !self.whole || value.fract() == 0.0;
        let inside = if value.is_finite() { low && high && whole } else { self.infinite };
        inside || self.also == Some(value)
    }

    fn range(&self) -> String {
        let also = self.also.map_or(String::new(), |number| format!(", or {number}"));
        self.limits() + &also
    }

    fn limits(&self) -> String {
        match (self.lowest, self.highest) {
            (Some(low), Some(high)) if self.above => format!("above {low}, at most {high}"),
            (Some(low), Some(high)) => format!("{low} to {high}"),
            (Some(low), None) if self.above => format!("above {low}"),
            (Some(low), None) => format!("at least {low}"),
            (None, Some(high)) => format!("at most {high}"),
            (None, None) if self.infinite => "also `nan`, `inf`".into(),
            (None, None) => String::new(),
        }
    }
}

/// A type that a setting can have.
pub(crate) trait SettingValue: Sized {
    /// The type in words, singular, with an article, such as "a number".
    fn kind(rule: &Rule) -> String;

    /// The range in words, empty where there is none.
    fn range(rule: &Rule) -> String {
        rule.range()
    }

    /// The largest whole number that the type holds.
    fn largest() -> Option<i128> {
        None
    }

    /// The names that can be written, where the setting takes names.
    fn names(_: &Rule) -> Vec<&'static str> {
        Vec::new()
    }

    /// The value, if the node holds one of this type that the rule allows.
    fn read(node: &Node, rule: &Rule) -> Option<Self>;

    /// What a text on a command line stands for; lists may come without brackets.
    fn node(text: &str) -> Node {
        params::scalar_or_list(text)
    }

    /// What a key without value means; `None` where it means nothing.
    fn absent() -> Option<Self> {
        None
    }

    /// Whether the rule allows this value.
    fn allowed(&self, rule: &Rule) -> bool;

    /// The value as a parameter file holds it.
    fn to_json(&self) -> serde_json::Value;
}

/// Type and range in words: what an error message says was expected.
pub(crate) fn expected<T: SettingValue>(rule: &Rule) -> String {
    let (kind, range) = (T::kind(rule), T::range(rule));
    let text = if range.is_empty() { kind } else { format!("{kind} ({range})") };
    // TOML and command lines have no null.
    if T::absent().is_some_and(|absent| absent.to_json().is_null()) {
        format!("{text} or `none`")
    } else {
        text
    }
}

macro_rules! whole_numbers {
    ($($type:ty),*) => {$(
        impl SettingValue for $type {
            fn kind(_: &Rule) -> String {
                "a whole number".into()
            }

            fn range(rule: &Rule) -> String {
                let range = rule.range();
                if range.is_empty() && Self::MIN == 0 { "at least 0".into() } else { range }
            }

            fn largest() -> Option<i128> {
                i128::try_from(Self::MAX).ok()
            }

            fn read(node: &Node, rule: &Rule) -> Option<Self> {
                // `2.0` is no whole number for PyRadiomics either, nor is `true`.
                let Value::Int(value) = node.value else { return None };
                Self::try_from(value).ok().filter(|value| value.allowed(rule))
            }

            fn allowed(&self, rule: &Rule) -> bool {
                rule.allows(*self as f64)
            }

            fn to_json(&self) -> serde_json::Value {
                json!(self)
            }
        }
    )*};
}

whole_numbers!(u8, u32, u64, usize, i64);

impl SettingValue for f64 {
    fn kind(rule: &Rule) -> String {
        if rule.whole { "a whole number".into() } else { "a number".into() }
    }

    fn read(node: &Node, rule: &Rule) -> Option<Self> {
        let value = match &node.value {
            Value::Int(whole) => *whole as Self,
            Value::Float(value) => *value,
            // PyRadiomics' checker takes texts for numbers, but only `nan` for `initValue` works later on.
            Value::Text(text) if rule.infinite => match text.trim_start_matches('.') {
                "nan" | "NaN" => Self::NAN,
                "inf" => Self::INFINITY,
                "-inf" | "-.inf" => Self::NEG_INFINITY,
                _ => return None,
            },
            _ => return None,
        };
        value.allowed(rule).then_some(value)
    }

    fn allowed(&self, rule: &Rule) -> bool {
        rule.allows(*self)
    }

    fn to_json(&self) -> serde_json::Value {
        // JSON has no such numbers; read() takes the words.
        if self.is_finite() { json!(self) } else { json!(self.to_string().to_lowercase()) }
    }
}

impl SettingValue for bool {
    fn kind(_: &Rule) -> String {
        "`true` or `false`".into()
    }

    fn read(node: &Node, _: &Rule) -> Option<Self> {
        match node.value {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    fn node(text: &str) -> Node {
        match text.trim() {
            // PyRadiomics' command line takes 1 for true, and whatever is neither for false.
            "1" => Node { value: Value::Bool(true), at: Place::Unknown },
            "0" => Node { value: Value::Bool(false), at: Place::Unknown },
            _ => params::scalar_or_list(text),
        }
    }

    /// PyRadiomics asks Python whether `None` is true.
    fn absent() -> Option<Self> {
        Some(false)
    }

    fn allowed(&self, _: &Rule) -> bool {
        true
    }

    fn to_json(&self) -> serde_json::Value {
        json!(self)
    }
}

impl SettingValue for String {
    fn kind(rule: &Rule) -> String {
        if rule.names.is_empty() { "a text".into() } else { "a name".into() }
    }

    fn range(rule: &Rule) -> String {
        rule.in_short.map_or_else(|| one_of(rule.names), str::to_owned)
    }

    fn names(rule: &Rule) -> Vec<&'static str> {
        rule.names.to_vec()
    }

    fn read(node: &Node, rule: &Rule) -> Option<Self> {
        match &node.value {
            Value::Text(text) if text.allowed(rule) => Some(text.clone()),
            _ => None,
        }
    }

    fn allowed(&self, rule: &Rule) -> bool {
        rule.names.is_empty() || rule.names.contains(&self.as_str())
    }

    fn to_json(&self) -> serde_json::Value {
        json!(self)
    }
}

impl<T: SettingValue> SettingValue for Option<T> {
    fn kind(rule: &Rule) -> String {
        T::kind(rule)
    }

    fn range(rule: &Rule) -> String {
        T::range(rule)
    }

    fn largest() -> Option<i128> {
        T::largest()
    }

    fn names(rule: &Rule) -> Vec<&'static str> {
        T::names(rule)
    }

    fn read(node: &Node, rule: &Rule) -> Option<Self> {
        match &node.value {
            // Our own word, for TOML and command lines.
            Value::Text(text) if text == "none" || text == "None" => Some(None),
            _ => T::read(node, rule).map(Some),
        }
    }

    fn node(text: &str) -> Node {
        T::node(text)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }

    fn allowed(&self, rule: &Rule) -> bool {
        self.as_ref().is_none_or(|value| value.allowed(rule))
    }

    fn to_json(&self) -> serde_json::Value {
        self.as_ref().map_or(serde_json::Value::Null, T::to_json)
    }
}

impl<T: SettingValue> SettingValue for Vec<T> {
    fn kind(rule: &Rule) -> String {
        let kind = T::kind(rule);
        let item = kind.trim_start_matches("a ");
        match rule.items {
            (1, usize::MAX) => format!("a list of {item}s"),
            (least, most) => format!("a list of {least} to {most} {item}s"),
        }
    }

    fn range(rule: &Rule) -> String {
        each(T::range(rule))
    }

    fn read(node: &Node, rule: &Rule) -> Option<Self> {
        let Value::List(items) = &node.value else { return None };
        let items: Option<Self> = items.iter().map(|item| T::read(item, rule)).collect();
        items.filter(|items| items.allowed(rule))
    }

    fn node(text: &str) -> Node {
        comma_separated(text)
    }

    fn allowed(&self, rule: &Rule) -> bool {
        (rule.items.0..=rule.items.1).contains(&self.len()) && self.iter().all(|item| item.allowed(rule))
    }

    fn to_json(&self) -> serde_json::Value {
        self.iter().map(T::to_json).collect()
    }
}

impl SettingValue for [f64; 3] {
    fn kind(_: &Rule) -> String {
        "a list of 3 numbers".into()
    }

    fn range(rule: &Rule) -> String {
        each(rule.range())
    }

    fn read(node: &Node, rule: &Rule) -> Option<Self> {
        Vec::read(node, rule)?.try_into().ok()
    }

    fn node(text: &str) -> Node {
        comma_separated(text)
    }

    fn allowed(&self, rule: &Rule) -> bool {
        self.iter().all(|item| item.allowed(rule))
    }

    fn to_json(&self) -> serde_json::Value {
        json!(self)
    }
}

/// `[1,2]`, `1,2` or `1` as a list; a word stays a word.
fn comma_separated(text: &str) -> Node {
    let node = params::scalar_or_list(text);
    let items = match &node.value {
        Value::Text(text) if text.contains(',') => text.split(',').map(params::scalar_or_list).collect(),
        Value::Int(_) | Value::Float(_) => vec![node],
        _ => return node,
    };
    Node { value: Value::List(items), at: Place::Unknown }
}

fn each(range: String) -> String {
    if range.is_empty() { range } else { format!("each {range}") }
}

/// The names as a sentence lists them.
pub(crate) fn one_of(names: &[&str]) -> String {
    if names.is_empty() {
        return String::new();
    }
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    format!("one of {}", names.join(", "))
}
