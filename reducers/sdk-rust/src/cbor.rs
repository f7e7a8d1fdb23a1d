//! CBOR: written in canonical form, read in any definite one.

use crate::value::Value;
use alloc::string::String;
use alloc::vec::Vec;

/// The prefix that every canonical value has.
const PREFIX: [u8; 3] = [0xd9, 0xd9, 0xf7];

/// Nesting that is read; the kernel's own bound is 64 (spec/02-encoding.md).
const DEPTH_MAX: u32 = 64;

/// Why bytes are no value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Malformed {
    Truncated,
    Trailing,
    TooDeep,
    NotText,
    Unsupported(u8),
}

/// Reads one value, with or without the prefix.
pub fn decode(bytes: &[u8]) -> Result<Value, Malformed> {
    let mut reader = Reader {
        rest: bytes.strip_prefix(&PREFIX).unwrap_or(bytes),
    };
    let value = reader.value(DEPTH_MAX)?;
    if reader.rest.is_empty() {
        Ok(value)
    } else {
        Err(Malformed::Trailing)
    }
}

/// The canonical bytes of a value, with the prefix.
pub fn encode(value: &Value) -> Vec<u8> {
    let mut out = PREFIX.to_vec();
    write(&mut out, value);
    out
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        if count > self.rest.len() {
            return Err(Malformed::Truncated);
        }
        let (taken, rest) = self.rest.split_at(count);
        self.rest = rest;
        Ok(taken)
    }

    fn argument(&mut self, head: u8) -> Result<u64, Malformed> {
        let count = match head & 0x1f {
            small @ 0..=23 => return Ok(small.into()),
            size @ 24..=27 => 1usize << (size - 24),
            _ => return Err(Malformed::Unsupported(head)),
        };
        Ok(self
            .take(count)?
            .iter()
            .fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
    }

    fn length(&mut self, head: u8) -> Result<usize, Malformed> {
        usize::try_from(self.argument(head)?).map_err(|_| Malformed::Truncated)
    }

    fn value(&mut self, depth: u32) -> Result<Value, Malformed> {
        let depth = depth.checked_sub(1).ok_or(Malformed::TooDeep)?;
        let head = self.take(1)?[0];
        match head >> 5 {
            0 => Ok(Value::Int(self.argument(head)?.into())),
            1 => Ok(Value::Int(-1 - i128::from(self.argument(head)?))),
            2 => {
                let length = self.length(head)?;
                Ok(Value::Bytes(self.take(length)?.to_vec()))
            }
            3 => {
                let length = self.length(head)?;
                let text = String::from_utf8(self.take(length)?.to_vec());
                text.map(Value::Text).map_err(|_| Malformed::NotText)
            }
            4 => {
                let length = self.length(head)?;
                (0..length)
                    .map(|_| self.value(depth))
                    .collect::<Result<_, _>>()
                    .map(Value::List)
            }
            5 => {
                let length = self.length(head)?;
                let entries = (0..length).map(|_| Ok((self.value(depth)?, self.value(depth)?)));
                entries.collect::<Result<_, _>>().map(Value::Map)
            }
            _ => match head {
                0xf4 => Ok(Value::Bool(false)),
                0xf5 => Ok(Value::Bool(true)),
                0xf6 => Ok(Value::Null),
                _ => Err(Malformed::Unsupported(head)),
            },
        }
    }
}

fn write_head(out: &mut Vec<u8>, major: u8, argument: u64) {
    let major = major << 5;
    match argument {
        0..=23 => out.push(major | argument as u8),
        24..=0xff => out.extend([major | 24, argument as u8]),
        0x100..=0xffff => {
            out.push(major | 25);
            out.extend((argument as u16).to_be_bytes());
        }
        0x1_0000..=0xffff_ffff => {
            out.push(major | 26);
            out.extend((argument as u32).to_be_bytes());
        }
        _ => {
            out.push(major | 27);
            out.extend(argument.to_be_bytes());
        }
    }
}

/// Without the prefix.
fn write(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => out.push(0xf6),
        Value::Bool(false) => out.push(0xf4),
        Value::Bool(true) => out.push(0xf5),
        Value::Int(value) if *value >= 0 => write_head(out, 0, *value as u64),
        Value::Int(value) => write_head(out, 1, (-1 - *value) as u64),
        Value::Bytes(bytes) => {
            write_head(out, 2, bytes.len() as u64);
            out.extend(bytes);
        }
        Value::Text(text) => {
            write_head(out, 3, text.len() as u64);
            out.extend(text.as_bytes());
        }
        Value::List(items) => {
            write_head(out, 4, items.len() as u64);
            items.iter().for_each(|item| write(out, item));
        }
        Value::Map(entries) => {
            write_head(out, 5, entries.len() as u64);
            let mut encoded: Vec<(Vec<u8>, &Value)> = entries
                .iter()
                .map(|(key, value)| {
                    let mut bytes = Vec::new();
                    write(&mut bytes, key);
                    (bytes, value)
                })
                .collect();
            // Canonical order: by the bytes of the keys; shorter heads sort first by themselves.
            encoded.sort_by(|left, right| left.0.cmp(&right.0));
            for (key, value) in encoded {
                out.extend(key);
                write(out, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
            .collect()
    }

    #[test]
    fn writes_the_canonical_form() {
        let value = Value::record([
            ("items", 1u64.into()),
            ("note", Value::Null),
            ("names", Value::List(alloc::vec!["ÜBER".into()])),
        ]);
        assert_eq!(
            encode(&value),
            bytes("d9d9f7a3646e6f7465f6656974656d7301656e616d65738165c39c424552")
        );
        assert_eq!(
            decode(&encode(&value)).unwrap().field("items"),
            &Value::Int(1)
        );
    }

    #[test]
    fn reads_back_what_it_writes() {
        for value in [
            0,
            23,
            24,
            255,
            256,
            65535,
            65536,
            u32::MAX.into(),
            1 << 40,
            u64::MAX.into(),
        ] {
            for value in [Value::Int(value), Value::Int(-1 - value)] {
                assert_eq!(decode(&encode(&value)), Ok(value));
            }
        }
        for value in [
            Value::Bool(true),
            Value::Bytes(alloc::vec![7; 300]),
            Value::variant("Add", 5u64.into()),
        ] {
            assert_eq!(decode(&encode(&value)), Ok(value));
        }
    }

    #[test]
    fn refuses_what_is_no_value() {
        assert_eq!(decode(&[]), Err(Malformed::Truncated));
        assert_eq!(decode(&bytes("62c3")), Err(Malformed::Truncated));
        assert_eq!(decode(&bytes("61c3")), Err(Malformed::NotText));
        assert_eq!(decode(&bytes("0000")), Err(Malformed::Trailing));
        assert_eq!(decode(&bytes("9f00ff")), Err(Malformed::Unsupported(0x9f)));
        assert_eq!(
            decode(&bytes("9bffffffffffffffff")),
            Err(Malformed::Truncated)
        );
        assert_eq!(decode(&[0x81; 100]), Err(Malformed::TooDeep));
    }
}
