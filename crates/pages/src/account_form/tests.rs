use super::*;

const TODAY: (i64, i64, i64) = (2026, 11, 23);

fn good() -> Form {
    Form::filled([
        ("country", "US"),
        ("business_type", "llc"),
        ("business_name", "Maple & Rye Bakery"),
        ("url", "https://maple-and-rye.example/shop"),
        ("product_description", "Bread,\r\nsame day"),
        ("statement_descriptor", "MAPLE AND RYE"),
        ("first_name", "Noor"),
        ("last_name", "Haddad"),
        ("dob_month", "02"),
        ("dob_day", "29"),
        ("dob_year", "1988"),
        ("phone_number", "(415) 555-0100"),
        ("street_address", "1 Main Street"),
        ("city", "San Francisco"),
        ("state", "CA"),
        ("zip", "94103"),
        ("bank_country", "US"),
        ("currency", "usd"),
        ("routing_number", "110000000"),
        ("account_number", "000123456789"),
        ("email", "noor@maple-and-rye.example"),
        ("password", " four unrelated words "),
    ])
}

fn problems_with(changes: &[(&str, &str)]) -> Vec<String> {
    let mut form = good();
    for (name, value) in changes {
        form.set(*name, *value);
    }
    assert_eq!(check(&mut form, TODAY, Some(8)).is_some(), form.is_sound());
    form.problems().iter().map(|problem| problem.name.clone()).collect()
}

#[test]
fn a_sound_form_becomes_an_application() {
    let it = check(&mut good(), TODAY, Some(8)).expect("sound");
    assert_eq!(it.born, (1988, 2, 29));
    assert_eq!(it.phone.as_deref(), Some("4155550100"));
    assert_eq!(it.bank.routing_number.as_deref(), Some("110000000"));
    assert_eq!(it.password, " four unrelated words ");
    assert!(!format!("{it:?} {:?}", it.bank).contains("words") && !format!("{:?}", it.bank).contains("6789"));
}

#[test]
fn each_mistake_stands_at_its_field() {
    for (name, value) in [
        ("country", "XX"),
        ("business_type", "individual"),
        ("business_name", "  "),
        ("url", "maple-and-rye.example"),
        ("url", "javascript://x.y/%0aalert(1)"),
        ("url", "https://user@evil.example"),
        ("url", "https://"),
        ("url", "https://é"),
        ("product_description", "\u{7}"),
        ("statement_descriptor", "MR"),
        ("statement_descriptor", "12345678"),
        ("statement_descriptor", "MAPLE <RYE>"),
        ("first_name", ""),
        ("phone_number", "call me"),
        ("city", ""),
        ("state", "California"),
        ("zip", "9410"),
        ("zip", "94103-1"),
        ("bank_country", ""),
        ("currency", "xyz"),
        ("routing_number", "110000001"),
        ("routing_number", "000000000"),
        ("account_number", "12"),
        ("account_number", "DE89370400440532013000"),
        ("email", "noor@"),
        ("email", "a@b@c.de"),
        ("email", "a b@c.de"),
        ("password", "short"),
        ("password", "noor@maple-and-rye.example"),
    ] {
        let found = problems_with(&[(name, value)]);
        assert!(found.iter().any(|field| field == name), "{name}={value}: {found:?}");
    }
}

#[test]
fn a_date_of_birth_must_exist_and_be_long_enough_ago() {
    for (year, month, day) in [
        ("1987", "2", "29"),
        ("1987", "13", "1"),
        ("87", "1", "1"),
        ("", "1", "1"),
        ("2013", "11", "24"),
        ("9999", "1", "1"),
        ("9223372036854775807", "1", "1"),
    ] {
        let found = problems_with(&[("dob_year", year), ("dob_month", month), ("dob_day", day)]);
        assert_eq!(found, ["dob"], "{year}-{month}-{day}");
    }
    assert!(problems_with(&[("dob_year", "2013"), ("dob_month", "11"), ("dob_day", "23")]).is_empty());
}

#[test]
fn bank_accounts_of_other_countries_are_read_their_own_way() {
    let german = [("bank_country", "DE"), ("currency", "eur"), ("routing_number", "")];
    let with = |account: &'static str| [&german[..], &[("account_number", account)]].concat();
    assert!(problems_with(&with("de89 3704 0044 0532 0130 00")).is_empty());
    assert_eq!(problems_with(&with("DE89370400440532013001")), ["account_number"]);
    assert_eq!(problems_with(&with("0532013000")), ["account_number"]);
    assert_eq!(problems_with(&with("GB82WEST12345698765432")), ["account_number"]);
    assert_eq!(problems_with(&with("")), ["account_number"]);
    let british = [("bank_country", "GB"), ("currency", "gbp"), ("account_number", "00012345")];
    assert!(problems_with(&[&british[..], &[("routing_number", "10-88-00")]].concat()).is_empty());
    assert_eq!(problems_with(&[&british[..], &[("routing_number", "")]].concat()), ["routing_number"]);
}

#[test]
fn what_the_application_knows_is_filled_in_if_it_is_valid() {
    let form = prefilled(
        [
            ("client_id", "ca_1"),
            ("stripe_user[country]", "gb"),
            ("stripe_user[email]", "noor@maple-and-rye.example"),
            ("stripe_user[url]", "not an address"),
            ("stripe_user[business_type]", "company"),
            ("stripe_user[dob_day]", "30"),
            ("stripe_user[dob_month]", "2"),
            ("stripe_user[dob_year]", "1987"),
            ("stripe_user[password]", "secret"),
            ("stripe_user[account_number]", "1"),
            ("stripe_user[first_name]", "<b>Noor</b>"),
        ],
        "US",
    );
    assert_eq!((form.text("country"), form.text("bank_country"), form.text("currency")), ("GB", "GB", "gbp"));
    assert_eq!(form.text("email"), "noor@maple-and-rye.example");
    assert_eq!(form.text("business_type"), "corporation");
    assert_eq!(form.text("first_name"), "<b>Noor</b>");
    for name in ["url", "dob_day", "dob_year", "password", "account_number"] {
        assert_eq!(form.text(name), "", "{name}");
    }
    let empty = prefilled(
        [("stripe_user[country]", "XX"), ("stripe_user[currency]", "eur"), ("stripe_user[state]", "CA")],
        "US",
    );
    assert_eq!((empty.text("country"), empty.text("currency"), empty.text("state")), ("US", "usd", ""));
}

#[test]
fn an_empty_form_names_every_field_that_is_needed() {
    let mut form = Form::default();
    assert!(check(&mut form, TODAY, Some(8)).is_none());
    assert!(form.problems().len() >= 14, "{:?}", form.problems());
}
