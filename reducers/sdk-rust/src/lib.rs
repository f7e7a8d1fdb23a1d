//! Reducers and pure modules of AgentOS in Rust, without `std` and without dependencies.
//!
//! A module is a crate of type `cdylib` with one function and one line that exports it:
//!
//! ```
//! # extern crate alloc;
//! use aos_reducer::{Input, Output, Value};
//!
//! fn reduce(input: &Input, out: &mut Output) -> Value {
//!     let items = input.state.field("items").as_nat().unwrap_or(0) + 1;
//!     if items >= 10 {
//!         out.raise("demo/CartFilled@1", Value::record([("items", items.into())]));
//!     }
//!     Value::record([("items", items.into())])
//! }
//!
//! aos_reducer::reducer!(reduce);
//! # fn main() {}
//! ```
//!
//! What a function must not be is what no module may be: it has no clock, no chance and no files. A panic is a trap, and
//! the cell stays as it was.
#![cfg_attr(not(test), no_std)]

extern crate alloc;

mod cbor;
mod envelope;
mod memory;
mod value;

pub use cbor::{decode, encode, Malformed};
pub use envelope::{run_pure, run_step, Input, Output};
pub use memory::{give, take_input};
pub use value::Value;

/// Exports a function `fn(&Input, &mut Output) -> Value` as the reducer of the crate (spec/04-abi.md). The value that it
/// returns is the next state; null deletes the cell.
#[macro_export]
macro_rules! reducer {
    ($reduce:path) => {
        /// # Safety
        /// The caller passes what `alloc` gave it.
        #[no_mangle]
        pub unsafe extern "C" fn step(target: *mut [usize; 2], pointer: *const u8, length: usize) {
            let output = $crate::run_step($crate::take_input(pointer, length), $reduce);
            $crate::give(target, output);
        }
        $crate::module!();
    };
}

/// Exports a function `fn(&Value) -> Value` as the pure module of the crate.
#[macro_export]
macro_rules! pure {
    ($run:path) => {
        /// # Safety
        /// The caller passes what `alloc` gave it.
        #[no_mangle]
        pub unsafe extern "C" fn run(target: *mut [usize; 2], pointer: *const u8, length: usize) {
            let output = $crate::run_pure($crate::take_input(pointer, length), $run);
            $crate::give(target, output);
        }
        $crate::module!();
    };
}

/// What both kinds of modules export beside their entry.
#[doc(hidden)]
#[macro_export]
macro_rules! module {
    () => {
        #[no_mangle]
        pub extern "C" fn alloc(length: usize) -> *mut u8 {
            extern crate alloc;
            ::core::mem::ManuallyDrop::new(alloc::vec::Vec::<u8>::with_capacity(length))
                .as_mut_ptr()
        }
    };
}
