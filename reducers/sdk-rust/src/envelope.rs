//! Envelopes between the kernel and a module (spec/04-abi.md, "Input" and "Output").

use crate::cbor::{decode, encode};
use crate::value::Value;
use alloc::string::String;
use alloc::vec::Vec;

/// What a reducer is called with.
pub struct Input {
    /// Null when the cell does not exist.
    pub state: Value,
    /// The schema of the event.
    pub schema: String,
    pub event: Value,
    /// The key of the cell; null when the reducer has no key.
    pub key: Value,
    /// `sys/ReducerContext@1`; null when the module does not declare it.
    pub context: Value,
}

/// What a step puts out beside the state, in the order of the calls.
#[derive(Default)]
pub struct Output {
    events: Vec<Value>,
    effects: Vec<Value>,
}

impl Output {
    /// Raises an event; routing derives the key of its cell.
    pub fn raise(&mut self, schema: &str, value: Value) {
        self.events.push(Value::record([
            ("schema", schema.into()),
            ("value", Value::Bytes(encode(&value))),
        ]));
    }

    /// Raises an event for the cell of a key.
    pub fn raise_to(&mut self, schema: &str, value: Value, key: &Value) {
        let value = ("value", Value::Bytes(encode(&value)));
        self.events.push(Value::record([
            ("schema", schema.into()),
            value,
            ("key", Value::Bytes(encode(key))),
        ]));
    }

    /// Asks for an effect that the module declares; `slot` names the grant that is meant.
    pub fn effect(&mut self, kind: &str, params: Value, slot: Option<&str>) {
        let params = ("params_cbor", Value::Bytes(encode(&params)));
        self.effects.push(Value::record([
            ("kind", kind.into()),
            params,
            ("cap_slot", slot.into()),
        ]));
    }
}

/// One step: from the bytes of the input envelope to those of the output envelope. Panics for an envelope that is none.
pub fn run_step(input: &[u8], reduce: impl FnOnce(&Input, &mut Output) -> Value) -> Vec<u8> {
    let envelope = decode(input).expect("an envelope");
    let event = envelope.field("event");
    let input = Input {
        state: inner(envelope.field("state")),
        schema: event.field("schema").as_text().unwrap_or_default().into(),
        event: inner(event.field("value")),
        key: inner(event.field("key")),
        context: inner(envelope.field("ctx")),
    };
    let mut out = Output::default();
    let state = match reduce(&input, &mut out) {
        Value::Null => Value::Null,
        state => Value::Bytes(encode(&state)),
    };
    encode(&Value::record([
        ("state", state),
        ("domain_events", Value::List(out.events)),
        ("effects", Value::List(out.effects)),
        ("ann", Value::Null),
    ]))
}

/// One call of a pure module, in the same way.
pub fn run_pure(input: &[u8], run: impl FnOnce(&Value) -> Value) -> Vec<u8> {
    let envelope = decode(input).expect("an envelope");
    let output = run(&inner(envelope.field("input")));
    encode(&Value::record([("output", Value::Bytes(encode(&output)))]))
}

/// A value that stands in an envelope as bytes.
fn inner(value: &Value) -> Value {
    match value {
        Value::Bytes(bytes) => decode(bytes).expect("a value"),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_goes_through_its_envelopes() {
        let event = Value::record([
            ("schema", "demo/Add@1".into()),
            ("value", Value::Bytes(encode(&2u64.into()))),
        ]);
        let input = encode(&Value::record([
            ("version", 1u64.into()),
            ("state", Value::Null),
            ("event", event),
        ]));
        let output = run_step(&input, |input, out| {
            assert!(input.state.is_null() && input.key.is_null() && input.context.is_null());
            out.raise("demo/Added@1", input.event.clone());
            out.effect(
                "timer.set",
                Value::record([("key", Value::Null)]),
                Some("clock"),
            );
            Value::record([("items", input.event.clone())])
        });
        let output = decode(&output).unwrap();
        assert_eq!(inner(output.field("state")).field("items"), &Value::Int(2));
        let Value::List(effects) = output.field("effects") else {
            panic!("expected a list")
        };
        assert_eq!(effects[0].field("cap_slot").as_text(), Some("clock"));
        let Value::List(events) = output.field("domain_events") else {
            panic!("expected a list")
        };
        assert_eq!(events[0].field("schema").as_text(), Some("demo/Added@1"));
    }

    #[test]
    fn null_deletes_the_cell() {
        let event = Value::record([
            ("schema", "demo/Add@1".into()),
            ("value", Value::Bytes(encode(&Value::Null))),
        ]);
        let input = encode(&Value::record([
            ("version", 1u64.into()),
            ("state", Value::Null),
            ("event", event),
        ]));
        assert!(decode(&run_step(&input, |_, _| Value::Null))
            .unwrap()
            .field("state")
            .is_null());
    }
}
