//! The counter of `examples/00-counter` in Rust.
#![no_std]

use aos_reducer::{Input, Output, Value};

fn counter(pc: &str, remaining: u64) -> Value {
    Value::record([
        ("pc", Value::variant(pc, Value::Null)),
        ("remaining", remaining.into()),
    ])
}

/// Counts down from the target of `Start`, one `Tick` at a time.
fn reduce(input: &Input, _out: &mut Output) -> Value {
    let (arm, payload) = input.event.arm().expect("a variant");
    if arm == "Start" {
        let target = payload.field("target").as_nat().expect("a target");
        return counter(if target == 0 { "Done" } else { "Counting" }, target);
    }
    // A tick before any start creates the cell, idle.
    let Some((pc, _)) = input.state.field("pc").arm() else {
        return counter("Idle", 0);
    };
    let remaining = input.state.field("remaining").as_nat().expect("a count");
    match (pc, remaining) {
        ("Counting", 1) => counter("Done", 0),
        ("Counting", _) => counter("Counting", remaining - 1),
        _ => input.state.clone(),
    }
}

aos_reducer::reducer!(reduce);
