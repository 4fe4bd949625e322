use super::*;

const MEMBERS: &[Member] = &[
    Member::new("amount", Sort::Number),
    Member::new("email", Sort::Text),
    Member::new("status", Sort::Exact),
    Member::new("card.last4", Sort::Exact),
    Member {
        name: "big",
        sort: Sort::Exact,
        read: Some(|it| it.get("amount")?.as_i64().filter(|n| *n > 99).map(|_| "true".into())),
    },
];

const OBJECT: &str = r#"{"amount":500,"email":"Jenny.Rosen@example.com","status":"succeeded","card":{"last4":"4242"},
    "note":null,"metadata":{"order":"6735","the \"best\"":"a\\b"}}"#;

fn holds(query: &str) -> bool {
    let query = Query::parse(query, MEMBERS).unwrap_or_else(|error| panic!("{query}: {}", error.message));
    query.holds(&Node::parse(OBJECT.as_bytes()).unwrap())
}

#[test]
fn what_holds() {
    for query in [
        "amount:500",
        "amount:\"500\"",
        "amount>499 amount<501",
        "amount>=500 AND amount<=500",
        "  email:\"jenny.rosen@EXAMPLE.com\"  ",
        "email~\"rosen\"",
        "email~'ROSEN@'",
        "status:'failed' OR status:'succeeded'",
        "card.last4:4242",
        "-status:\"failed\"",
        "metadata[\"order\"]:\"6735\"",
        "metadata['order']:'6735' and amount:500",
        "-metadata[\"order\"]:null",
        "metadata[\"color\"]:null",
        "metadata[\"the \\\"best\\\"\"]:\"a\\\\b\"",
        "big:\"true\"",
        "big:true",
        "amount>-1",
    ] {
        assert!(holds(query), "{query}");
    }
}

#[test]
fn what_does_not() {
    for query in [
        "amount:501",
        "amount>500",
        "amount<500",
        "email:\"jenny\"",
        "email~\"nobody\"",
        "status:\"succeeded\" AND amount:1",
        "status:\"failed\" OR amount:1",
        "-status:\"succeeded\"",
        "metadata[\"order\"]:null",
        "metadata[\"color\"]:\"red\"",
        "-metadata[\"color\"]:null",
        "big:null",
    ] {
        assert!(!holds(query), "{query}");
    }
}

#[test]
fn what_cannot_be_asked_is_said() {
    let eleven = ["amount:1"; 11].join(" ");
    for (query, says) in [
        ("", "empty"),
        ("   ", "empty"),
        ("jenny", "not searchable"),
        ("email", "operators"),
        ("email=\"a\"", "operators"),
        (":\"a\"", "begin with the name"),
        ("name:\"jenny\"", "`name` is not searchable"),
        ("email:jenny", "in quotes: email:\"jenny\""),
        ("email:", "compared with nothing"),
        ("email:\"jenny", "not closed"),
        ("email:\"a\\", "not closed"),
        ("email~\"ab\"", "at least 3"),
        ("status~\"succ\"", "part of it"),
        ("status>\"a\"", "range"),
        ("metadata[\"order\"]~\"673\"", "part of it"),
        ("amount~\"500\"", "not by ~"),
        ("amount:\"much\"", "whole number"),
        ("amount:1.5", "in quotes"),
        ("amount>null", "amount:null"),
        ("metadata:\"a\"", "in brackets"),
        ("metadata[order]:\"a\"", "in brackets"),
        ("metadata[\"order\":\"a\"", "in brackets"),
        ("(amount:1)", "parentheses"),
        ("amount:1 AND status:\"a\" OR amount:2", "not both"),
        ("amount:1 status:\"a\" OR amount:2", "not both"),
        ("amount:1 AND", "begin with the name"),
        ("status:\"a\"amount:1", "between clauses"),
        (eleven.as_str(), "up to 10"),
        ("amount:99999999999999999999", "in quotes"),
    ] {
        let error = Query::parse(query, MEMBERS).expect_err(query);
        assert!(error.message.contains(says), "{query}: {}", error.message);
        assert_eq!((error.status, error.param.as_deref()), (400, Some("query")));
    }
}

#[test]
fn an_owner_is_looked_up_where_nothing_else_can_be_found() {
    let must = |query: &str| Query::parse(query, MEMBERS).unwrap().must_be("email").map(str::to_owned);
    assert_eq!(must("email:\"a@b\" amount>5"), Some("a@b".to_owned()));
    assert_eq!(must("email:\"a@b\""), Some("a@b".to_owned()));
    assert_eq!(must("email:\"a@b\" OR amount>5"), None);
    assert_eq!(must("-email:\"a@b\""), None);
    assert_eq!(must("email~\"a@b\""), None);
}
