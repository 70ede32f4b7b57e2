//! The machine for which pickles are programs.

use std::collections::BTreeMap;

use super::batch::Batch;
use super::{Id, Result_, Value, Wrong, wrong};

/// No batch has as many values: 10,000 labels, as many names of files, and some more.
pub const MOST_VALUES: usize = 200_000;

/// The machine for which pickles are programs.
pub struct Machine<'a> {
    bytes: &'a [u8],
    at: usize,
    pub values: Vec<Value<'a>>,
    pub stack: Vec<Id>,
    /// Heights of the stack.
    marks: Vec<usize>,
    /// Values by the number under which they are kept.
    memo: BTreeMap<u32, Id>,
    /// How often a kept value was taken again.
    recalled: usize,
}

impl<'a> Machine<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            values: Vec::new(),
            stack: Vec::new(),
            marks: Vec::new(),
            memo: BTreeMap::new(),
            recalled: 0,
        }
    }

    /// Runs the program to its end, which must be the file's.
    pub fn run(mut self) -> Result_<Batch<'a>> {
        loop {
            let at = self.at;
            let [code] = *self.fixed()?;
            if code == b'.' {
                break;
            }
            match self.step(code) {
                Ok(()) => {}
                Err(Wrong(what, found, expected)) => {
                    return wrong(
                        format!("{what}, in the pickle at byte {at},"),
                        found,
                        expected,
                    );
                }
            }
        }
        match self.bytes.len() - self.at {
            0 => self.batch(),
            rest => wrong(
                "the number of bytes after the pickle's end",
                rest.to_string(),
                "0",
            ),
        }
    }

    fn step(&mut self, code: u8) -> Result_<()> {
        match code {
            0x80 => match *self.fixed()? {
                [2] => Ok(()),
                [other] => wrong("the protocol", other.to_string(), "2"),
            },
            b'(' => {
                self.marks.push(self.stack.len());
                match self.marks.len() {
                    0..=100 => Ok(()),
                    many => wrong("the depth", many.to_string(), "100 at most"),
                }
            }
            b'N' => self.push(Value::None),
            0x88 | 0x89 => self.push(Value::Bool(code == 0x88)),
            b'K' => {
                let [byte] = *self.fixed()?;
                self.push(Value::Int(byte.into()))
            }
            b'M' => {
                let value = u16::from_le_bytes(*self.fixed()?);
                self.push(Value::Int(value.into()))
            }
            b'J' => {
                let value = i32::from_le_bytes(*self.fixed()?);
                self.push(Value::Int(value.into()))
            }
            b'U' => {
                let [len] = *self.fixed()?;
                self.text(len.into())
            }
            // BINSTRING, BINUNICODE.
            b'T' | b'X' => {
                let len = u32::from_le_bytes(*self.fixed()?);
                self.text(len as usize)
            }
            b'c' => {
                let (module, name) = (self.line()?, self.line()?);
                self.push(Value::Global(module, name))
            }
            b']' => self.push(Value::List(Vec::new())),
            b'}' => self.push(Value::Dict(Vec::new())),
            b')' => self.push(Value::Tuple(Vec::new())),
            0x85..=0x87 => {
                let len = usize::from(code - 0x84);
                let items = self.pop_many(len)?;
                self.push(Value::Tuple(items))
            }
            b't' => {
                let items = self.pop_to_mark()?;
                self.push(Value::Tuple(items))
            }
            b'a' => {
                let items = self.pop_many(1)?;
                self.append(items)
            }
            b'e' => {
                let items = self.pop_to_mark()?;
                self.append(items)
            }
            b's' => {
                let items = self.pop_many(2)?;
                self.set(&items)
            }
            b'u' => {
                let items = self.pop_to_mark()?;
                self.set(&items)
            }
            b'q' => {
                let [number] = *self.fixed()?;
                self.keep(number.into())
            }
            b'r' => {
                let number = u32::from_le_bytes(*self.fixed()?);
                self.keep(number)
            }
            b'h' => {
                let [number] = *self.fixed()?;
                self.recall(number.into())
            }
            b'j' => {
                let number = u32::from_le_bytes(*self.fixed()?);
                self.recall(number)
            }
            b'R' => self.call(),
            b'b' => self.build(),
            other => wrong(
                "the instruction",
                format!("0x{other:02x}"),
                "one of those that CIFAR-10's batches have",
            ),
        }
    }

    /// The next `N` bytes.
    fn fixed<const N: usize>(&mut self) -> Result_<&'a [u8; N]> {
        match self.bytes[self.at..].split_first_chunk() {
            Some((bytes, _)) => {
                self.at += N;
                Ok(bytes)
            }
            None => self.too_short(N),
        }
    }

    fn too_short<T>(&self, wanted: usize) -> Result_<T> {
        let left = self.bytes.len() - self.at;
        let expected = format!("{wanted} at least");
        wrong("the number of bytes left", left.to_string(), expected)
    }

    fn text(&mut self, len: usize) -> Result_<()> {
        match self.bytes[self.at..].get(..len) {
            Some(text) => {
                self.at += len;
                self.push(Value::Text(text))
            }
            None => self.too_short(len),
        }
    }

    fn line(&mut self) -> Result_<&'a [u8]> {
        let rest = &self.bytes[self.at..];
        match rest.iter().take(256).position(|&byte| byte == b'\n') {
            Some(len) => {
                self.at += len + 1;
                Ok(&rest[..len])
            }
            None => wrong("a name's length", "more than 255", "255 at most"),
        }
    }

    fn push(&mut self, value: Value<'a>) -> Result_<()> {
        if self.values.len() == MOST_VALUES {
            let found = format!("more than {MOST_VALUES}");
            return wrong("the number of values", found, "no more");
        }
        self.stack.push(self.values.len());
        self.values.push(value);
        Ok(())
    }

    /// The last mark, or the bottom: what lies below it belongs to somebody else.
    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    fn pop_many(&mut self, len: usize) -> Result_<Vec<Id>> {
        let above = self.stack.len() - self.floor();
        match above.checked_sub(len) {
            Some(_) => Ok(self.stack.split_off(self.stack.len() - len)),
            None => wrong(
                "the height of the stack",
                above.to_string(),
                format!("{len} at least"),
            ),
        }
    }

    fn pop_to_mark(&mut self) -> Result_<Vec<Id>> {
        match self.marks.pop() {
            Some(height) => Ok(self.stack.split_off(height)),
            None => wrong("the number of marks", "0", "1 at least"),
        }
    }

    /// The value on top, which stays there.
    fn top(&self) -> Result_<Id> {
        match self.stack[self.floor()..].last() {
            Some(&id) => Ok(id),
            None => wrong("the height of the stack", "0", "1 at least"),
        }
    }

    fn append(&mut self, items: Vec<Id>) -> Result_<()> {
        let top = self.top()?;
        match &mut self.values[top] {
            Value::List(list) => {
                list.extend(items);
                Ok(())
            }
            other => wrong("what is appended to", other.kind(), "a list"),
        }
    }

    fn set(&mut self, items: &[Id]) -> Result_<()> {
        let top = self.top()?;
        let (pairs, rest) = items.as_chunks();
        match &mut self.values[top] {
            Value::Dict(entries) if rest.is_empty() => {
                entries.extend(pairs.iter().map(|&[key, value]| (key, value)));
                Ok(())
            }
            Value::Dict(_) => wrong("the last key's value", "missing", "there"),
            other => wrong("what gets keys", other.kind(), "a dictionary"),
        }
    }

    fn keep(&mut self, number: u32) -> Result_<()> {
        let top = self.top()?;
        self.memo.insert(number, top);
        match self.memo.len() {
            0..=MOST_VALUES => Ok(()),
            many => {
                let expected = format!("{MOST_VALUES} at most");
                wrong("the number of kept values", many.to_string(), expected)
            }
        }
    }

    fn recall(&mut self, number: u32) -> Result_<()> {
        let Some(&id) = self.memo.get(&number) else {
            return wrong("a kept value", number.to_string(), "the number of one");
        };
        // A value may lie on the stack or in a list many times, at two bytes each.
        self.recalled += 1;
        if self.recalled > MOST_VALUES {
            let found = format!("more than {MOST_VALUES}");
            return wrong("the number of values taken again", found, "no more");
        }
        self.stack.push(id);
        Ok(())
    }

    /// Calls a function. There are two: that of an array yet without contents, and that of a type
    /// of numbers.
    fn call(&mut self) -> Result_<()> {
        let items = self.pop_many(2)?;
        let [function, arguments] = [&self.values[items[0]], &self.values[items[1]]];
        let (Value::Global(module, name), Value::Tuple(arguments)) = (function, arguments) else {
            let found = format!("{} with {}", function.kind(), arguments.kind());
            return wrong("what is called", found, "a function with a tuple");
        };
        let made = match (*module, *name) {
            // The second is the name since NumPy 2.
            (b"numpy.core.multiarray" | b"numpy._core.multiarray", b"_reconstruct") => {
                Value::Array(None)
            }
            (b"numpy", b"dtype") => match arguments.first().map(|&id| &self.values[id]) {
                Some(Value::Text(name)) => Value::Dtype(name),
                _ => return wrong("the name of a type", "missing", "a string"),
            },
            (module, name) => {
                let found = format!("{}.{}", module.escape_ascii(), name.escape_ascii());
                let expected = "NumPy's _reconstruct or dtype";
                return wrong("the function", found, expected);
            }
        };
        self.push(made)
    }

    /// Gives an array its contents. The rest of a type's state says nothing of bytes.
    fn build(&mut self) -> Result_<()> {
        let state = self.pop_many(1)?[0];
        let top = self.top()?;
        match &self.values[top] {
            Value::Dtype(_) => Ok(()),
            Value::Array(_) => {
                let array = self.array(state)?;
                self.values[top] = Value::Array(Some(array));
                Ok(())
            }
            other => wrong("what gets a state", other.kind(), "an array or its type"),
        }
    }
}
