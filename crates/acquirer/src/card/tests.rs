use super::*;

/// 15 June 2026.
const NOW: Timestamp = Timestamp(1_781_481_600);

fn raw<'a>(number: &'a str, exp_month: &'a str, exp_year: &'a str, cvc: Option<&'a str>) -> RawCard<'a> {
    RawCard { number, exp_month, exp_year, cvc }
}

#[test]
fn numbers() {
    for (given, digits) in [
        ("4242424242424242", Some("4242424242424242")),
        ("4242 4242-4242 4242", Some("4242424242424242")),
        ("6205500000000000004", Some("6205500000000000004")),
        ("378282246310005", Some("378282246310005")),
        ("4242424242424241", None),
        ("", None),
        ("    ", None),
        ("4242", None),
        ("00000000000", None),
        ("62055000000000000040", None),
        ("42424242424242424242424242424242424242424242424242424242424242424242424242", None),
        ("4242424242424242x", None),
        ("４２４２４２４２４２４２４２４２", None),
        ("4242\t424242424242", None),
    ] {
        assert_eq!(CardNumber::parse(given).as_ref().map(CardNumber::reveal), digits, "{given}");
    }
}

#[test]
fn brands() {
    for (number, brand) in [
        ("378282246310005", Brand::Amex),
        ("3056930009020004", Brand::Diners),
        ("36227206271667", Brand::Diners),
        ("6011111111111117", Brand::Discover),
        ("3566002020360505", Brand::Jcb),
        ("5555555555554444", Brand::Mastercard),
        ("2223003122003222", Brand::Mastercard),
        ("6200000000000005", Brand::UnionPay),
        ("4242424242424242", Brand::Visa),
        ("5062210000000009", Brand::Unknown),
        ("99", Brand::Unknown),
        ("", Brand::Unknown),
    ] {
        assert_eq!(Brand::of(number), brand, "{number}");
    }
    assert_eq!((Brand::Amex.name(), Brand::Amex.code()), ("American Express", "amex"));
}

#[test]
fn what_is_typed() {
    const VISA: &str = "4242424242424242";
    const AMEX: &str = "378282246310005";
    let bad = |code, param| Err((code, param));
    for (card, says) in [
        (raw(VISA, "12", "2030", Some("123")), Ok((12, 2030, true))),
        (raw(VISA, "12", "30", Some("123")), Ok((12, 2030, true))),
        (raw(VISA, " 06 ", "2026", None), Ok((6, 2026, false))),
        (raw(VISA, "6", "2026", Some("  ")), Ok((6, 2026, false))),
        (raw(VISA, "12", "2076", Some("1234")), Ok((12, 2076, true))),
        (raw(AMEX, "12", "2030", Some("1234")), Ok((12, 2030, true))),
        (raw("4242424242424241", "13", "1970", Some("99")), bad("incorrect_number", "number")),
        (raw(VISA, "13", "1970", Some("99")), bad("invalid_expiry_month", "exp_month")),
        (raw(VISA, "0", "2030", None), bad("invalid_expiry_month", "exp_month")),
        (raw(VISA, "", "2030", None), bad("invalid_expiry_month", "exp_month")),
        (raw(VISA, "-1", "2030", None), bad("invalid_expiry_month", "exp_month")),
        (raw(VISA, "+1", "2030", None), bad("invalid_expiry_month", "exp_month")),
        (raw(VISA, "5", "2026", None), bad("invalid_expiry_month", "exp_month")),
        (raw(VISA, "12", "1970", Some("99")), bad("invalid_expiry_year", "exp_year")),
        (raw(VISA, "12", "2025", None), bad("invalid_expiry_year", "exp_year")),
        (raw(VISA, "12", "2077", None), bad("invalid_expiry_year", "exp_year")),
        (raw(VISA, "12", "203", None), bad("invalid_expiry_year", "exp_year")),
        (raw(VISA, "12", "", None), bad("invalid_expiry_year", "exp_year")),
        (raw(VISA, "12", "99999999999999999999", None), bad("invalid_expiry_year", "exp_year")),
        (raw(VISA, "12", "2030", Some("99")), bad("invalid_cvc", "cvc")),
        (raw(VISA, "12", "2030", Some("12345")), bad("invalid_cvc", "cvc")),
        (raw(VISA, "12", "2030", Some("12a")), bad("invalid_cvc", "cvc")),
        (raw(AMEX, "12", "2030", Some("123")), bad("invalid_cvc", "cvc")),
    ] {
        let shown = format!("{} {} {:?}", card.exp_month, card.exp_year, card.cvc);
        match (validate(card, NOW), says) {
            (Ok(valid), Ok((month, year, cvc_given))) => {
                assert_eq!((valid.expiry, valid.cvc_given), (Expiry { month, year }, cvc_given), "{shown}");
            }
            (Err(declined), Err((code, param))) => {
                assert_eq!((declined.code(), declined.param()), (code, Some(param)), "{shown}");
                assert_eq!(declined.decline_code(), None, "{shown}");
            }
            (got, wanted) => panic!("{shown}: {got:?} instead of {wanted:?}"),
        }
    }
}

#[test]
fn the_sentences_of_bad_data() {
    for (card, message) in [
        (raw("4242424242424241", "12", "2030", None), "Your card number is incorrect."),
        (raw("4242424242424242", "13", "2030", None), "Your card's expiration month is invalid."),
        (raw("4242424242424242", "12", "1970", None), "Your card's expiration year is invalid."),
        (raw("4242424242424242", "12", "2030", Some("99")), "Your card's security code is invalid."),
    ] {
        assert_eq!(validate(card, NOW).unwrap_err().message(), message);
    }
}

#[test]
fn nothing_secret_prints() {
    let typed = raw("4242424242424242", "12", "2030", Some("987"));
    let valid = validate(typed, NOW).unwrap();
    let card = Card {
        number: valid.number.reveal(),
        expiry: valid.expiry,
        cvc: Cvc::Given("987"),
        name: None,
        line1: None,
        zip: None,
    };
    let printed = format!("{typed:?} {valid:?} {card:?} {:?}", valid.number);
    assert!(!printed.contains("42424") && !printed.contains("987"), "{printed}");
    assert!(printed.contains("************4242"), "{printed}");
    let short = Card { number: "42", ..card };
    assert_eq!(format!("{short:?}"), "Card(************, cvc ***)");
}
