//! The language of searches.
use super::{Member, Sort};
use base::ApiError;
use std::{iter::Peekable, str::CharIndices};

/// Clauses in one query.
const CLAUSES_MAX: usize = 10;
/// The shortest part of a text that can be looked for, in characters.
const PART_MIN: usize = 3;

/// What is asked for.
#[derive(Debug)]
pub(super) struct Query {
    /// Whether one of the clauses is enough.
    pub(super) any: bool,
    pub(super) clauses: Vec<Clause>,
}

/// One condition.
#[derive(Debug)]
pub(super) struct Clause {
    pub(super) negated: bool,
    /// The member; none where it is about metadata.
    pub(super) member: Option<&'static Member>,
    /// The key of metadata.
    pub(super) key: Option<String>,
    pub(super) operator: Operator,
    pub(super) value: Value,
}

/// How a value is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    /// `:`
    Is,
    /// `~`
    Contains,
    /// `>`
    Above,
    /// `>=`
    AtLeast,
    /// `<`
    Below,
    /// `<=`
    AtMost,
}

/// What is compared with.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    Number(i64),
    Null,
}

fn wrong(message: impl Into<String>) -> ApiError {
    ApiError::invalid(400, message).param("query")
}

impl Query {
    /// Reads a query. Errors: what is wrong with it, and where.
    pub(super) fn parse(text: &str, members: &'static [Member]) -> Result<Self, ApiError> {
        let mut reader = Reader { text, rest: text.char_indices().peekable(), members };
        let (mut clauses, mut any) = (Vec::new(), None);
        reader.blank();
        while reader.rest.peek().is_some() {
            if !clauses.is_empty() {
                // A blank is an AND.
                let or = reader.connective().unwrap_or(false);
                if any.is_some_and(|any| any != or) {
                    return Err(wrong(
                        "A search query can use AND or OR, and not both. Ask two queries, and put their answers together.",
                    ));
                }
                any = Some(or);
            }
            clauses.push(reader.clause()?);
            if clauses.len() > CLAUSES_MAX {
                let message = format!("A search query can have up to {CLAUSES_MAX} clauses.");
                return Err(wrong(message));
            }
            reader.separated()?;
        }
        if clauses.is_empty() {
            return Err(wrong(
                "The search query is empty. Ask for something, such as email:\"jenny@example.com\".",
            ));
        }
        Ok(Query { any: any == Some(true), clauses })
    }
}

struct Reader<'q> {
    text: &'q str,
    rest: Peekable<CharIndices<'q>>,
    members: &'static [Member],
}

impl<'q> Reader<'q> {
    fn at(&mut self) -> usize {
        self.rest.peek().map_or(self.text.len(), |(at, _)| *at)
    }
    fn left(&mut self) -> &'q str {
        let at = self.at();
        self.text.get(at..).unwrap_or_default()
    }
    fn take(&mut self, wanted: char) -> bool {
        self.rest.next_if(|(_, c)| *c == wanted).is_some()
    }
    fn blank(&mut self) {
        while self.rest.next_if(|(_, c)| c.is_whitespace()).is_some() {}
    }
    fn skip(&mut self, bytes: usize) {
        let end = self.at() + bytes;
        while self.rest.next_if(|(at, _)| *at < end).is_some() {}
    }
    /// What is left, for a message.
    fn shown(&mut self) -> String {
        self.left().chars().take(40).collect()
    }

    /// After a clause there is a blank, or the end.
    fn separated(&mut self) -> Result<(), ApiError> {
        if self.rest.peek().is_some_and(|(_, c)| !c.is_whitespace()) {
            let shown = self.shown();
            return Err(wrong(format!("There must be a blank, AND or OR between clauses, before: {shown}")));
        }
        self.blank();
        Ok(())
    }

    /// `AND` or `OR`, and the blank after it; true for `OR`.
    fn connective(&mut self) -> Option<bool> {
        let left = self.left();
        let word = left.split(char::is_whitespace).next().unwrap_or_default();
        let or = match word {
            "AND" | "and" => false,
            "OR" | "or" => true,
            _ => return None,
        };
        self.skip(word.len());
        self.blank();
        Some(or)
    }

    fn clause(&mut self) -> Result<Clause, ApiError> {
        let negated = self.take('-');
        if self.left().starts_with(['(', ')']) {
            return Err(wrong("A search query cannot have parentheses."));
        }
        let start = self.at();
        while self.rest.next_if(|(_, c)| c.is_ascii_alphanumeric() || matches!(c, '_' | '.')).is_some() {}
        let end = self.at();
        let name = self.text.get(start..end).unwrap_or_default();
        if name.is_empty() {
            let shown = self.shown();
            return Err(wrong(format!("A clause must begin with the name of a field: {shown}")));
        }
        let (member, key) = if name == "metadata" {
            (None, Some(self.key()?))
        } else {
            let member = self.members.iter().find(|member| member.name == name);
            let names = || self.members.iter().map(|member| member.name).collect::<Vec<_>>().join(", ");
            let message = || {
                let names = names();
                format!("Field `{name}` is not searchable here. The fields are: {names}, metadata[\"key\"].")
            };
            (Some(member.ok_or_else(|| wrong(message()))?), None)
        };
        let operator = self.operator(name)?;
        let value = self.value(name)?;
        let sort = member.map_or(Sort::Exact, |member| member.sort);
        Ok(Clause { negated, member, key, operator, value: fit(name, sort, operator, value)? })
    }

    /// The key of metadata, in brackets and quotes.
    fn key(&mut self) -> Result<String, ApiError> {
        let message = "Metadata is searched by a key in brackets and quotes: metadata[\"key\"]:\"value\".";
        if !self.take('[') {
            return Err(wrong(message));
        }
        let key = self.quoted()?.ok_or_else(|| wrong(message))?;
        if self.take(']') { Ok(key) } else { Err(wrong(message)) }
    }

    fn operator(&mut self, name: &str) -> Result<Operator, ApiError> {
        if self.take(':') {
            return Ok(Operator::Is);
        }
        if self.take('~') {
            return Ok(Operator::Contains);
        }
        if self.take('>') {
            return Ok(if self.take('=') { Operator::AtLeast } else { Operator::Above });
        }
        if self.take('<') {
            return Ok(if self.take('=') { Operator::AtMost } else { Operator::Below });
        }
        Err(wrong(format!("After `{name}` there must be one of the operators : ~ > < >= <=.")))
    }

    /// A text in quotes, with backslashes before quotes and backslashes in it; none where there is no quote.
    fn quoted(&mut self) -> Result<Option<String>, ApiError> {
        let Some((_, quote)) = self.rest.next_if(|(_, c)| matches!(c, '"' | '\'')) else { return Ok(None) };
        let mut text = String::new();
        while let Some((_, c)) = self.rest.next() {
            match c {
                '\\' => match self.rest.next() {
                    Some((_, c)) => text.push(c),
                    None => break,
                },
                c if c == quote => return Ok(Some(text)),
                c => text.push(c),
            }
        }
        Err(wrong(format!("A quote is not closed: {quote}{}", text.chars().take(40).collect::<String>())))
    }

    fn value(&mut self, name: &str) -> Result<Value, ApiError> {
        if let Some(text) = self.quoted()? {
            return Ok(Value::Text(text));
        }
        let start = self.at();
        while self.rest.next_if(|(_, c)| !c.is_whitespace()).is_some() {}
        let end = self.at();
        let word = self.text.get(start..end).unwrap_or_default();
        match word {
            "" => Err(wrong(format!("`{name}` is compared with nothing."))),
            "null" | "NULL" => Ok(Value::Null),
            "true" | "false" => Ok(Value::Text(word.to_owned())),
            word => word.parse().map(Value::Number).map_err(|_| {
                let shown: String = word.chars().take(40).collect();
                wrong(format!("Text must be in quotes: {name}:\"{shown}\"."))
            }),
        }
    }
}

/// The value as the member is compared. Errors: it cannot be compared so.
fn fit(name: &str, sort: Sort, operator: Operator, value: Value) -> Result<Value, ApiError> {
    if value == Value::Null {
        return match operator {
            Operator::Is => Ok(Value::Null),
            _ => Err(wrong(format!("Whether `{name}` is there is asked by {name}:null or -{name}:null."))),
        };
    }
    let ranged = !matches!(operator, Operator::Is | Operator::Contains);
    match (sort, value) {
        (Sort::Number, _) if operator == Operator::Contains => {
            Err(wrong(format!("The numeric field `{name}` is searched by : > < >= or <=, not by ~.")))
        }
        (Sort::Number, Value::Number(number)) => Ok(Value::Number(number)),
        (Sort::Number, Value::Text(text)) => text.parse().map(Value::Number).map_err(|_| {
            let shown: String = text.chars().take(40).collect();
            wrong(format!("`{name}` is compared with a whole number, not with '{shown}'."))
        }),
        (_, _) if ranged => {
            Err(wrong(format!("`{name}` is a text, which cannot be searched by a range. Use {name}:\"…\".")))
        }
        (Sort::Exact, _) if operator == Operator::Contains => {
            Err(wrong(format!("`{name}` cannot be searched by a part of it. Use {name}:\"…\".")))
        }
        (_, Value::Number(number)) => Ok(Value::Text(number.to_string())),
        (_, Value::Text(text)) => {
            if operator == Operator::Contains && text.chars().count() < PART_MIN {
                let message = format!("A part of `{name}` must have at least {PART_MIN} characters.");
                return Err(wrong(message));
            }
            Ok(Value::Text(text))
        }
        (_, Value::Null) => Ok(Value::Null),
    }
}
