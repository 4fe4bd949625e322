//! `#[derive(Wire)]`: writes down, once, a struct's field names, doc comments and types, and from them how it
//! is read and written. It knows no attributes: what a field means is said by its type.
//!
//! Two forms are understood: a struct with named fields and no generics, and an enum of bare variants, which
//! travels as the variant's name in `snake_case`.
use proc_macro::{Delimiter, Spacing, TokenStream, TokenTree};
use std::fmt::Write as _;

/// Derives `wire::Wire` (and, for structs, `wire::Shaped`).
#[proc_macro_derive(Wire)]
pub fn wire(input: TokenStream) -> TokenStream {
    match expand(input) {
        Ok(code) => code.parse().unwrap_or_else(|_| fail("derive(Wire) wrote code that does not parse")),
        Err(why) => fail(&why),
    }
}

fn fail(why: &str) -> TokenStream {
    format!("::core::compile_error!({why:?});").parse().unwrap_or_default()
}

fn expand(input: TokenStream) -> Result<String, String> {
    let mut tokens = input.into_iter();
    let (mut doc, mut name, mut is_enum) = (String::new(), String::new(), false);
    let body = loop {
        match tokens.next().ok_or("derive(Wire) wants a braced struct or enum")? {
            TokenTree::Punct(p) if p.as_char() == '#' => take_doc(tokens.next(), &mut doc),
            TokenTree::Ident(i) if matches!(i.to_string().as_str(), "struct" | "enum") => {
                is_enum = i.to_string() == "enum";
                name = tokens.next().ok_or("a name is missing")?.to_string();
            }
            TokenTree::Group(g) if g.delimiter() == Delimiter::Brace => break g.stream(),
            TokenTree::Punct(p) if p.as_char() == '<' => return Err("derive(Wire) knows no generics".into()),
            _ => {}
        }
    };
    Ok(if is_enum { of_enum(&name, body) } else { of_struct(&name, &doc, body) })
}

fn of_enum(name: &str, body: TokenStream) -> String {
    let (mut variants, mut skip) = (Vec::new(), false);
    for token in body {
        match token {
            TokenTree::Punct(p) if p.as_char() == '#' => skip = true,
            TokenTree::Group(_) if skip => skip = false,
            TokenTree::Ident(i) => variants.push(i.to_string()),
            _ => {}
        }
    }
    let (mut names, mut read, mut write) = (String::new(), String::new(), String::new());
    for variant in &variants {
        let text = snake(variant);
        let _ = write!(names, "{text:?},");
        let _ = write!(read, "{text:?} => ::core::result::Result::Ok(Self::{variant}),");
        let _ = write!(write, "Self::{variant} => {text:?},");
    }
    format!(
        "impl {name} {{
            /// The name on the wire.
            pub fn as_str(self) -> &'static str {{ match self {{ {write} }} }}
        }}
        impl ::wire::Wire for {name} {{
            const SHAPE: ::wire::Shape = ::wire::Shape::Choice(&[{names}]);
            fn read(at: &::wire::At<'_>, node: ::core::option::Option<&::wire::Node<'_>>)
                -> ::core::result::Result<Self, ::wire::Bad> {{
                match ::wire::text(at, node)? {{
                    {read}
                    other => ::core::result::Result::Err(::wire::Bad::choice(at, other, &[{names}])),
                }}
            }}
            fn write(&self, out: &mut ::std::vec::Vec<u8>) {{ ::wire::write_str(out, self.as_str()); }}
        }}"
    )
}

fn of_struct(name: &str, doc: &str, body: TokenStream) -> String {
    let (mut fields, mut read, mut write, mut hide) =
        (String::new(), String::new(), String::new(), String::new());
    for field in split_fields(body) {
        let Field { doc, name, ty } = field;
        let key = name.strip_prefix("r#").unwrap_or(&name);
        let _ = write!(
            fields,
            "::wire::Field {{ name: {key:?}, doc: {:?}, shape: <{ty} as ::wire::Wire>::SHAPE }},",
            doc.trim()
        );
        let _ = write!(read, "{name}: from.field({key:?})?,");
        let quoted = format!("\"{key}\":");
        let _ = write!(write, "to.field::<{ty}>({quoted:?}, &self.{name});");
        let _ = write!(hide, "to.hidden::<{ty}>({quoted:?}, &self.{name});");
    }
    format!(
        "impl ::wire::Shaped for {name} {{
            const DOC: &'static str = {:?};
            const FIELDS: &'static [::wire::Field] = &[{fields}];
            fn read_fields(from: &mut ::wire::Reader<'_, '_>) -> ::core::result::Result<Self, ::wire::Bad> {{
                ::core::result::Result::Ok(Self {{ {read} }})
            }}
            fn write_fields(&self, to: &mut ::wire::Writer<'_>) {{ {write} }}
            fn write_hidden(&self, to: &mut ::wire::Writer<'_>) {{ {hide} }}
        }}
        impl ::wire::Wire for {name} {{
            const SHAPE: ::wire::Shape = ::wire::Shape::Object(<Self as ::wire::Shaped>::FIELDS);
            fn read(at: &::wire::At<'_>, node: ::core::option::Option<&::wire::Node<'_>>)
                -> ::core::result::Result<Self, ::wire::Bad> {{ ::wire::read_struct(at, node) }}
            fn write(&self, out: &mut ::std::vec::Vec<u8>) {{ ::wire::write_struct(self, out) }}
        }}",
        doc.trim()
    )
}

struct Field {
    doc: String,
    name: String,
    ty: String,
}

fn split_fields(body: TokenStream) -> Vec<Field> {
    let mut fields = Vec::new();
    let mut it = body.into_iter();
    loop {
        let (mut doc, mut name, mut ty) = (String::new(), String::new(), TokenStream::new());
        let mut ended = true;
        while let Some(token) = it.next() {
            ended = false;
            match token {
                TokenTree::Punct(p) if p.as_char() == '#' => take_doc(it.next(), &mut doc),
                TokenTree::Ident(i) if i.to_string() == "pub" => {}
                TokenTree::Ident(i) => name = i.to_string(),
                TokenTree::Punct(p) if p.as_char() == ':' && p.spacing() == Spacing::Alone => {
                    let mut depth = 0i32;
                    for token in it.by_ref() {
                        match &token {
                            TokenTree::Punct(p) if p.as_char() == '<' => depth += 1,
                            TokenTree::Punct(p) if p.as_char() == '>' => depth -= 1,
                            TokenTree::Punct(p) if p.as_char() == ',' && depth == 0 => break,
                            _ => {}
                        }
                        ty.extend([token]);
                    }
                    break;
                }
                _ => {}
            }
        }
        if !name.is_empty() && !ty.is_empty() {
            fields.push(Field { doc, name, ty: ty.to_string() });
        } else if ended {
            return fields;
        }
    }
}

fn snake(name: &str) -> String {
    let name = name.strip_prefix("r#").unwrap_or(name);
    // What cannot be a name even so ends with an underscore.
    let name = name.strip_suffix('_').unwrap_or(name);
    let mut out = String::new();
    for (i, c) in name.chars().enumerate() {
        if c.is_ascii_uppercase() && i > 0 {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// Appends the text of a `#[doc = "…"]` attribute body; other attributes are passed over.
fn take_doc(attribute: Option<TokenTree>, out: &mut String) {
    let Some(TokenTree::Group(group)) = attribute else { return };
    let mut it = group.stream().into_iter();
    if !matches!(it.next(), Some(TokenTree::Ident(i)) if i.to_string() == "doc") {
        return;
    }
    if let (_, Some(TokenTree::Literal(literal))) = (it.next(), it.next()) {
        let text = literal.to_string();
        let text = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(&text);
        out.push_str(text.replace("\\\"", "\"").replace("\\'", "'").replace("\\\\", "\\").trim());
        out.push(' ');
    }
}
