//! How a message looks: as text and as simple HTML, by templates.
use super::Message;
use minijinja::{AutoEscape, Environment, Error, Value, context};
use std::sync::LazyLock;

/// A message as mail programs show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// For programs that show text.
    pub text: String,
    /// For the others.
    pub html: String,
}

/// The names of the two templates.
const TEXT: &str = "message.txt";
const HTML: &str = "message.html";

static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut env = Environment::new();
    env.set_auto_escape_callback(|name| if name == HTML { AutoEscape::Html } else { AutoEscape::None });
    env.set_trim_blocks(true);
    env.set_lstrip_blocks(true);
    // One that does not parse is left out, and rendering says so; a test renders both.
    let _ = env.add_template(TEXT, include_str!("message.txt"));
    let _ = env.add_template(HTML, include_str!("message.html"));
    env
});

/// Renders a message. Errors: a template does not fit; a defect of the program, never of the message.
pub fn render(it: &Message) -> Result<Rendered, Error> {
    let said = &it.said;
    let pairs = |all: Vec<(&str, &str)>| -> Value {
        all.into_iter().map(|(name, value)| context! { name, value }).collect()
    };
    let context = context! {
        business => it.from,
        reply_to => it.reply_to,
        test => !it.livemode,
        subject => it.subject,
        heading => said.heading,
        lines => said.lines,
        facts => pairs(said.facts.iter().map(|it| (it.name.as_str(), it.value.as_str())).collect()),
        button => pairs(said.button.0.iter().map(|it| (it.text.as_str(), it.url.as_str())).collect()),
        links => pairs(said.links.iter().map(|it| (it.text.as_str(), it.url.as_str())).collect()),
    };
    let one = |name| TEMPLATES.get_template(name)?.render(&context);
    Ok(Rendered { text: one(TEXT)?, html: one(HTML)? })
}
