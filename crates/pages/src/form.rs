//! What was typed into a form, and what is wrong with it.

use std::collections::BTreeMap;

use serde::Serialize;

/// The fields of a form by name, as typed, with the problems found in them.
///
/// Templates never send the value of a password field back.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Form {
    values: BTreeMap<String, String>,
    errors: BTreeMap<String, String>,
    problems: Vec<Problem>,
}

/// One line of the summary above a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The field it belongs to; empty when it is about the whole form.
    pub name: String,
    /// What to do about it, as a sentence.
    pub message: String,
}

impl Form {
    /// A form filled in with these fields; of a repeated name the last one counts.
    pub fn filled<N: Into<String>, V: Into<String>>(fields: impl IntoIterator<Item = (N, V)>) -> Self {
        let values = fields.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self { values, ..Self::default() }
    }

    /// What was typed, without surrounding white space; empty when the field was not sent.
    pub fn text(&self, name: &str) -> &str {
        self.values.get(name).map_or("", |value| value.trim())
    }

    /// The value exactly as sent: passwords may begin or end with a space.
    pub fn raw(&self, name: &str) -> &str {
        self.values.get(name).map_or("", String::as_str)
    }

    /// Fills a field, for instance with a default.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.values.insert(name.into(), value.into());
    }

    /// Notes what is wrong with a field. The first note on a field stands; the form's own name for it
    /// (`dob`, for the three parts of a date of birth) must be one that its template shows.
    pub fn refuse(&mut self, name: &str, message: impl Into<String>) {
        if !self.errors.contains_key(name) {
            let message = message.into();
            self.errors.insert(name.to_owned(), message.clone());
            self.problems.push(Problem { name: name.to_owned(), message });
        }
    }

    /// Notes what is wrong with the form as a whole, such as an unknown pair of email and password.
    pub fn refuse_all(&mut self, message: impl Into<String>) {
        self.problems.push(Problem { name: String::new(), message: message.into() });
    }

    /// Whether nothing was found wrong.
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }

    /// What was found wrong, in the order of finding.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_problem_of_a_field_stands() {
        let mut form = Form::filled([("url", " x ")]);
        form.refuse("url", "Enter an address");
        form.refuse("url", "Another");
        form.refuse_all("Try again");
        assert_eq!(form.text("url"), "x");
        assert_eq!(form.raw("url"), " x ");
        assert!(!form.is_sound());
        assert_eq!(form.problems().len(), 2);
        assert_eq!(form.problems()[0].message, "Enter an address");
    }
}
