//! BuildKit's trace, as far as a person wants to know of it: which steps began,
//! and what they print. Its messages are protocol buffers
//! (`moby.buildkit.v1.StatusResponse`); five fields of them are read here, which
//! needs no generated code.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeSet;

/// What one message told.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Heard {
    /// Names of steps that are new.
    pub(super) steps: Vec<String>,
    /// What steps printed.
    pub(super) output: Vec<u8>,
}

/// Steps known so far.
#[derive(Debug, Default)]
pub(super) struct Trace {
    known: BTreeSet<Vec<u8>>,
}

impl Trace {
    /// Reads one message; one that cannot be read tells nothing.
    pub(super) fn read(&mut self, base64: &str) -> Heard {
        let mut heard = Heard::default();
        let Ok(bytes) = STANDARD.decode(base64) else {
            return heard;
        };
        for (field, message) in Fields(&bytes) {
            match field {
                // vertexes
                1 => {
                    let (mut digest, mut name, mut begun) = (&[][..], String::new(), false);
                    for (field, value) in Fields(message) {
                        match field {
                            1 => digest = value,
                            3 => name = String::from_utf8_lossy(value).into_owned(),
                            // started
                            5 => begun = true,
                            _ => {}
                        }
                    }
                    if begun && !name.is_empty() && self.known.insert(digest.to_vec()) {
                        heard.steps.push(name);
                    }
                }
                // logs
                3 => {
                    let printed = Fields(message).filter(|(field, _)| *field == 4);
                    printed.for_each(|(_, bytes)| heard.output.extend_from_slice(bytes));
                }
                _ => {}
            }
        }
        heard
    }
}

/// The length-delimited fields of a message; what cannot be read ends it.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn varint(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn take(&mut self, length: u64) -> Option<&'a [u8]> {
        let length = usize::try_from(length).ok()?;
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = (u64, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let key = self.varint()?;
            match key & 7 {
                0 => {
                    self.varint()?;
                }
                1 => {
                    self.take(8)?;
                }
                2 => {
                    let length = self.varint()?;
                    return Some((key >> 3, self.take(length)?));
                }
                5 => {
                    self.take(4)?;
                }
                _ => return None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Printed by Docker Engine 20.10.
    const STARTED: &str = "CrEBCkdzaGEyNTY6ZjFmNzllNjc4ZjcxNjI3Mjc4Zjc0MWYyNzczZTgwYjg3NGQ2OTI5MTljNmU0ZDEwMjk4NjJjOGQ3NDQ3MjczYRJHc2hhMjU2OjdhZjBhZDJlN2JkYjhkN2ExNmM2MTU4ZTNkM2VkZjg0MGE1Y2RkNTI3YzRmOGEyZGExMTgwNjlmY2QxYTYwMWYaD1sxLzFdIENPUFkgYSAvYSoMCJawmdgGEPDN3ZcC";

    #[test]
    fn a_step_is_told_once() {
        let mut trace = Trace::default();
        assert_eq!(trace.read(STARTED).steps, ["[1/1] COPY a /a"]);
        assert_eq!(trace.read(STARTED), Heard::default());
        assert_eq!(trace.read("no base64"), Heard::default());
        // Every beginning of a message is read without harm.
        let bytes = STANDARD.decode(STARTED).unwrap();
        for end in 0..bytes.len() {
            trace.read(&STANDARD.encode(&bytes[..end]));
        }
    }

    #[test]
    fn what_a_step_prints_is_heard() {
        // logs { vertex: "v", stream: 1, msg: "hi" }
        let bytes = [0x1a, 9, 0x0a, 1, b'v', 0x18, 1, 0x22, 2, b'h', b'i'];
        assert_eq!(Trace::default().read(&STANDARD.encode(bytes)).output, b"hi");
    }
}
