//! Where a value stands among the parameters, and why it could not be read.

/// A place in a tree of parameters, as a chain on the stack: it becomes text only when something is wrong.
#[derive(Debug, Clone, Copy)]
pub struct At<'a> {
    above: Option<&'a At<'a>>,
    name: &'a str,
    /// Whether a key that no field names is an error (parameters) or passed over (stored objects).
    pub strict: bool,
}

impl<'a> At<'a> {
    /// The top of a tree.
    pub fn top(strict: bool) -> Self {
        At { above: None, name: "", strict }
    }
    /// The child called `name`.
    pub fn child(&'a self, name: &'a str) -> Self {
        At { above: Some(self), name, strict: self.strict }
    }
    /// The place as the API writes it in `param`: `card[number]`.
    pub fn path(&self) -> String {
        match self.above {
            None => self.name.to_owned(),
            Some(above) => {
                let path = above.path();
                if path.is_empty() { self.name.to_owned() } else { format!("{path}[{}]", self.name) }
            }
        }
    }
}

/// Why parameters could not be read; each maps to one error of the API, with its `param`.
#[derive(Debug, Clone, PartialEq)]
pub enum Bad {
    /// A required parameter was not sent.
    Missing(String),
    /// Parameters that the endpoint does not know.
    Unknown(Vec<String>),
    /// An empty string where there is nothing to unset.
    Empty(String),
    /// Not of the wanted type. `wanted` is a word such as `integer`.
    Not {
        /// Where it stands.
        param: String,
        /// What was wanted.
        wanted: &'static str,
        /// What was sent.
        got: String,
    },
    /// Not one of the known words.
    Choice {
        /// Where it stands.
        param: String,
        /// What was sent.
        got: String,
        /// What may be sent.
        of: &'static [&'static str],
    },
    /// Of the right type, but not acceptable; the sentence says what to do.
    Invalid {
        /// Where it stands.
        param: String,
        /// The error code of the API, where it has one.
        code: Option<&'static str>,
        /// A sentence for the caller.
        message: String,
    },
}

impl Bad {
    /// The value at `at` is not one of `of`.
    pub fn choice(at: &At<'_>, got: &str, of: &'static [&'static str]) -> Self {
        Bad::Choice { param: at.path(), got: got.to_owned(), of }
    }
    /// The value at `at` is not of the type that `wanted` names.
    pub fn not(at: &At<'_>, wanted: &'static str, got: impl Into<String>) -> Self {
        Bad::Not { param: at.path(), wanted, got: got.into() }
    }
}
