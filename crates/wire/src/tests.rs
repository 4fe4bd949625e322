//! What is read is what was written, and what is wrong is named.
use crate::*;

/// A card.
#[derive(Debug, PartialEq, Wire)]
struct Card {
    /// The number's end, "last four".
    last4: String,
    exp_year: i64,
    name: Option<String>,
}

#[derive(Debug, PartialEq, Clone, Copy, Wire)]
enum Kind {
    Credit,
    PrePaid,
}

#[derive(Debug, PartialEq, Wire)]
struct Thing {
    id: String,
    kind: Kind,
    r#type: Option<String>,
    cards: Vec<Card>,
    note: Optional<String>,
    secret: Hidden<i64>,
    paid: bool,
}

fn thing() -> Thing {
    let card = Card { last4: "4242".into(), exp_year: -7, name: Some("a \"b\"\n\\\u{1}é".into()) };
    Thing {
        id: "t_1".into(),
        kind: Kind::PrePaid,
        r#type: None,
        cards: vec![card],
        note: Optional(None),
        secret: Hidden(5),
        paid: true,
    }
}

fn form(text: &'static str) -> Node<'static> {
    Node::Form(text.into())
}

#[test]
fn a_stored_object_comes_back_and_hides_what_is_hidden() {
    let stored = to_stored(&thing());
    let text = String::from_utf8(stored.clone()).unwrap();
    let (public, hidden) = text.split_once('\n').unwrap();
    assert_eq!(
        public,
        r#"{"id":"t_1","kind":"pre_paid","type":null,"cards":[{"last4":"4242","exp_year":-7,"name":"a \"b\"\n\\\u0001é"}],"paid":true}"#
    );
    assert_eq!(hidden, r#"{"secret":5}"#);
    assert_eq!(from_json::<Thing>(&stored).unwrap(), thing());
}

#[test]
fn field_docs_are_kept() {
    assert_eq!(Card::FIELDS[0].doc, "The number's end, \"last four\".");
    assert_eq!(Card::DOC, "A card.");
}

#[test]
fn errors_name_the_parameter() {
    let card = |fields: &[(&'static str, &'static str)]| {
        Node::Map(fields.iter().map(|(k, v)| ((*k).into(), form(v))).collect())
    };
    let read = |fields: &[(&'static str, &'static str)]| from_params::<Card>(&card(fields));
    assert_eq!(read(&[("last4", "1")]), Err(Bad::Missing("exp_year".into())));
    assert_eq!(read(&[("last4", ""), ("exp_year", "1")]), Err(Bad::Empty("last4".into())));
    assert_eq!(
        read(&[("last4", "1"), ("exp_year", "+1")]),
        Err(Bad::Not { param: "exp_year".into(), wanted: "integer", got: "+1".into() })
    );
    assert_eq!(
        read(&[("last4", "1"), ("exp_year", "1"), ("zip", "1"), ("a", "b")]),
        Err(Bad::Unknown(vec!["zip".into(), "a".into()]))
    );
    assert!(read(&[("last4", "1"), ("exp_year", "9223372036854775808")]).is_err());
    let nested = Node::Map(vec![
        ("id".into(), form("x")),
        ("kind".into(), form("debit")),
        ("cards".into(), Node::List(vec![card(&[("last4", "1")])])),
    ]);
    assert_eq!(
        from_params::<Thing>(&nested),
        Err(Bad::Choice { param: "kind".into(), got: "debit".into(), of: &["credit", "pre_paid"] })
    );
}

#[test]
fn a_form_comes_back_as_a_form() {
    let form = Node::Map(vec![
        ("amount".into(), Node::Form("5".into())),
        ("card".into(), Node::Map(vec![("name".into(), Node::Form("".into()))])),
        ("list".into(), Node::List(vec![Node::Form("a\"b".into()), Node::Bool(true)])),
    ]);
    let json = form.to_json();
    assert_eq!(Node::parse(json.as_bytes()).unwrap().into_form(), form);
}
