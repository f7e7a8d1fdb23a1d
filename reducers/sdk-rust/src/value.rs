//! Values as modules see them (spec/02-encoding.md, spec/03-values.md).

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// A value of any AIR type. Integers reach from `-2^64` to `2^64 - 1`, as CBOR's do.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Int(i128),
    Bytes(Vec<u8>),
    Text(String),
    List(Vec<Value>),
    /// In the order in which it was read or built; it is written in canonical order.
    Map(Vec<(Value, Value)>),
}

impl Value {
    /// A record or a part of one.
    pub fn record<const N: usize>(fields: [(&str, Value); N]) -> Value {
        Value::Map(
            fields
                .into_iter()
                .map(|(name, value)| (name.into(), value))
                .collect(),
        )
    }

    /// An arm of a variant with its payload; `Value::Null` for a unit arm.
    pub fn variant(tag: &str, payload: Value) -> Value {
        match payload {
            Value::Null => Value::record([("$tag", tag.into())]),
            payload => Value::record([("$tag", tag.into()), ("$value", payload)]),
        }
    }

    /// A field of a record; null when it is not there.
    pub fn field(&self, name: &str) -> &Value {
        const NULL: &Value = &Value::Null;
        match self {
            Value::Map(entries) => entries
                .iter()
                .find(|(key, _)| matches!(key, Value::Text(text) if text == name))
                .map_or(NULL, |(_, value)| value),
            _ => NULL,
        }
    }

    /// The name of a variant's arm and its payload.
    pub fn arm(&self) -> Option<(&str, &Value)> {
        match self.field("$tag") {
            Value::Text(tag) => Some((tag, self.field("$value"))),
            _ => None,
        }
    }

    /// An integer that is not negative; `None` for everything else.
    pub fn as_nat(&self) -> Option<u64> {
        match self {
            Value::Int(value) => u64::try_from(*value).ok(),
            _ => None,
        }
    }

    /// An integer; `None` for everything else.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Value::Int(value) => i64::try_from(*value).ok(),
            _ => None,
        }
    }

    /// A text; `None` for everything else.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A byte string, or a list of integers from 0 to 255 as serde writes one; `None` for everything else.
    pub fn as_bytes(&self) -> Option<Box<[u8]>> {
        match self {
            Value::Bytes(bytes) => Some(bytes.as_slice().into()),
            Value::List(items) => items
                .iter()
                .map(|item| item.as_nat().and_then(|value| u8::try_from(value).ok()))
                .collect(),
            _ => None,
        }
    }

    /// True for null: an option without a value, a cell that does not exist.
    pub fn is_null(&self) -> bool {
        *self == Value::Null
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.to_string())
    }
}

impl From<u64> for Value {
    fn from(value: u64) -> Value {
        Value::Int(value.into())
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Value {
        Value::Int(value.into())
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Value {
        Value::Bool(value)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Value {
        value.map_or(Value::Null, Into::into)
    }
}
