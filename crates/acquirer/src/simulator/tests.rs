use super::*;
use crate::{
    Brand, Card, CardNumber, Check, Cvc, Expiry, NetworkStatus, NoAcquirer, OutcomeType, Presence, RiskLevel,
};
use base::{Currency, Timestamp};
use std::{
    collections::BTreeSet,
    pin::pin,
    task::{Context, Poll, Waker},
};
use wire::{At, Wire};

/// 15 June 2026.
const NOW: Timestamp = Timestamp(1_781_481_600);

/// Every published number, in the order of the published tables.
const DOCUMENTED: &str = "\
    4000000000000077 4242424242424242 4012888888881881 5555555555554444 5105105105105100 378282246310005 \
    371449635398431 6011111111111117 6011000990139424 30569309025904 38520000023237 3530111333300000 \
    3566002020360505 4000000000000010 4000000000000028 4000000000000036 4000000000000044 \
    4000000000000101 4000000000000341 4000000000000002 4000000000000127 4000000000000069 \
    4000000000000119 4000056655665556 2223003122003222 5200828282828210 6011981111111113 \
    3056930009020004 36227206271667 6555900000604105 6200000000000005 6200000000000047 \
    6205500000000000004 4000002500001001 5555552500001001 4000050360000001 5555050360000080 \
    4000051230000072 5200828282828897 4000000320000021 4000000760000002 4000001240000000 \
    4000001520000001 4000001700000003 4000001880000005 4000002180000000 4000004840008001 \
    5062210000000009 4000005910000000 4000006000000066 4000006040000068 4000008580000003 \
    4000007840000001 5200007840000022 4000000400000008 4000000560000004 4000001000000000 \
    4000001120000005 4000001910000009 4000001960000008 4000002030000002 4000002080000001 \
    4000002330000009 4000002460000001 4000002500000003 4000002760000016 4000002920000005 \
    4000003000000030 4000003480000005 4000003720000005 4000003800000008 4000004280000005 \
    4000004380000004 4000004400000000 4000004420000006 4000004700000007 4000005280000002 \
    4000005780000007 4000006160000005 4000006200000007 4000006420000001 4000006820000007 \
    4000007050000006 4000007030000001 4000007240000007 4000007520000008 4000007560000009 \
    4000008260000000 4000058260000005 5555558265554449 4000000360000006 4000001560000002 \
    4000003440000004 4000003560000008 4000003920000003 4000004580000002 4000005540000008 \
    4000007020000003 4000001580000008 4000007640000003 4000057640000008 4000000000009995 \
    4000000000009987 4000000000009979 4000000000006975 4100000000000019 4000000000004954 \
    4000000000009235 4000058400307872 4000058400306072 4000008400000407 4000008400000159 \
    4000008400001017 4001858821843804 4000008405600003 4000000000001208 4000000000003725 \
    4000000000000259 4000000000002685 4000000000001976 4000000000005423 4000000404000079 \
    4000000404000038 4000008400000779 5105008400000002 4000000001000043 4000000404004816 \
    4000000404005649 5105000300000018 4000000000007726 4000000000005126 4000003720000278 \
    4000002500003155 4000002760003184 4000003800000446 4000008260003178 4000000000003220 \
    4000008400000027 4000008400001629 4000008400001280 4000000000003055 4000000000003097 \
    4000000032200000 4000582600000094 4000582600000045 4000582600000102 4000582600000110 \
    4001007020000002 4000008260000075 4001000360000005 4000002760000008 4000056655665572 \
    4000056755665555 4000051240000005 4000051240000021 4000051240000039 5510121240000006 \
    4000057020000008 4000057020000016 4000057020000024 2227200000000009 4000050360000019 \
    4000050360000027 4000050360000035 5555050360000023 4000057840000006 4000057840000014 \
    4000057840000022 5555057840000002 4000058260000203 4000058260000211 4000058260000229 \
    5555058260000100 4000050400000003 4000050400000011 4000050400000029 5555050400000009 \
    4000050560000009 4000050560000017 4000050560000025 5555050560000005 4000052500000008 \
    4000052500000016 4000052500000024 5555052500000004 4000052760000037 4000052760000011 \
    4000052760000029 5555052760000009 4000053720000000 4000053720000018 4000053720000026 \
    5555053720000006 4000053800000037 4000053800000011 4000053800000029 5555053800000009 \
    4000055280000007 4000055280000015 4000055280000023 5555055280000003 4000057240000036 \
    4000057240000010 4000057240000028 5555057240000008 4000057520000003 4000057520000011 \
    4000057520000029 5555057520000009 4000055780000002 4000055780000010 4000055780000028 \
    5555055780000008 4000052080000006 4000052080000014 4000052080000022 5555052080000002 \
    4000052460000006 4000052460000014 4000052460000022 5555052460000002 4000056160000000 \
    4000056160000018 4000056160000026 5555056160000006 4000056200000002 4000056200000010 \
    4000056200000028 5555056200000008 4000055540000003 4000055540000011 4000055540000029 \
    5555055540000165 4000054580000031 4000054580000015 4000054580000023 5555054580000003 \
    4000052030000007 4000052030000015 4000052030000023 5555052030000003 4000053480000000 \
    4000053480000018 4000053480000026 5555053480000006 4000056420000030 4000056420000014 \
    4000056420000022 5555056420000002 4000053000000001 4000053000000019 4000053000000027 \
    5555053000000007 4000000000004202 4000000000004210 4000000000004236";

fn typed(number: &str) -> Card<'_> {
    Card {
        number,
        expiry: Expiry { month: 12, year: 2030 },
        cvc: Cvc::Given("123"),
        name: None,
        line1: Some("Main Street 1"),
        zip: Some("94103"),
    }
}

fn ask(card: Card<'_>, livemode: bool) -> Authorization<'_> {
    Authorization {
        key: "k1",
        amount: 1_000,
        currency: Currency::USD,
        livemode,
        at: NOW,
        card,
        capture: true,
        presence: Presence::Unproven,
    }
}

/// The simulator never waits.
fn now<T>(answer: Fut<'_, T>) -> T {
    match pin!(answer).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(it) => it,
        Poll::Pending => panic!("the simulator waits"),
    }
}

/// Code and decline code of a charge; empty where it succeeds.
fn charged(card: &Card<'_>) -> String {
    let words = |code: String, why: Option<String>| format!("{code} {}", why.unwrap_or("-".to_owned()));
    charge_outcome(card, NOW, Presence::Unproven)
        .err()
        .map(|d| words(d.code, d.decline_code))
        .unwrap_or_default()
}

/// The same of attaching it.
fn attached(card: &Card<'_>) -> String {
    let why = attach_outcome(card).err();
    why.map(|d| format!("{} {}", d.code(), d.decline_code().unwrap_or("-"))).unwrap_or_default()
}

#[test]
fn every_published_number_is_listed_and_no_other_but_three() {
    let documented: BTreeSet<&str> = DOCUMENTED.split_ascii_whitespace().collect();
    let listed: BTreeSet<&str> = cards().map(|card| card.number).collect();
    assert_eq!(documented.difference(&listed).collect::<Vec<_>>(), Vec::<&&str>::new());
    let more: Vec<&str> = listed.difference(&documented).copied().collect();
    assert_eq!(more, ["4000000000009037", "4000000000009110", "4000056655669905"]);
    assert_eq!(listed.len(), cards().count(), "a number is listed twice");
}

#[test]
fn the_table_is_sound() {
    let mut names = BTreeSet::new();
    for card in cards() {
        let number = CardNumber::parse(card.number).expect("a number with a right check digit");
        assert_eq!(number.brand(), card.brand, "{}", card.number);
        assert_eq!(number.last4(), card.last4());
        assert!(card.country.len() == 2 && card.country.bytes().all(|b| b.is_ascii_uppercase()));
        assert_eq!(find(card.number), Some(card));
        for name in card.names {
            assert!(names.insert(*name), "{name} names two cards");
            assert_eq!(named(&format!("tok_{name}")), Some(card));
            assert_eq!(named(&format!("pm_card_{name}")), Some(card));
        }
    }
    for id in ["tok_", "tok_nobody", "visa", "pm_visa", "", "tok_Visa"] {
        assert_eq!(named(id), None, "{id}");
    }
    assert_eq!(find("4242424242424241"), None);
}

/// Each published decline by number and by names: (number, names, charge, attach, sentence, member).
#[test]
fn declines() {
    const DECLINED: &str = "Your card was declined.";
    #[rustfmt::skip]
    let table: &[(&str, &str, &str, &str, &str, Option<&str>)] = &[
        ("4000000000000002", "visa_chargeDeclined chargeDeclined", "card_declined generic_decline", "same", DECLINED, None),
        ("4000000000009995", "visa_chargeDeclinedInsufficientFunds chargeDeclinedInsufficientFunds",
            "card_declined insufficient_funds", "same", "Your card has insufficient funds.", None),
        ("4000056655669905", "visa_debit_chargeDeclinedInsufficientFunds",
            "card_declined insufficient_funds", "same", "Your card has insufficient funds.", None),
        ("4000000000009987", "visa_chargeDeclinedLostCard", "card_declined lost_card", "same", DECLINED, None),
        ("4000000000009979", "visa_chargeDeclinedStolenCard", "card_declined stolen_card", "same", DECLINED, None),
        ("4000000000000069", "chargeDeclinedExpiredCard", "expired_card -", "same", "Your card has expired.", Some("exp_month")),
        ("4000000000000127", "chargeDeclinedIncorrectCvc", "incorrect_cvc -", "same",
            "Your card's security code is incorrect.", Some("cvc")),
        ("4000000000000119", "chargeDeclinedProcessingError", "processing_error -", "same",
            "An error occurred while processing your card. Try again in a little bit.", None),
        ("4000000000006975", "visa_chargeDeclinedVelocityLimitExceeded", "card_declined card_velocity_exceeded", "same", DECLINED, None),
        ("4100000000000019", "radarBlock visa_chargeDeclinedFraudulent chargeDeclinedFraudulent",
            "card_declined fraudulent", "same", DECLINED, None),
        ("4000000000004954", "riskLevelHighest", "card_declined fraudulent", "", DECLINED, None),
        ("4000000000000341", "chargeCustomerFail", "card_declined generic_decline", "", DECLINED, None),
        ("4000000000009037", "visa_chargeCustomerFailLostCard", "card_declined lost_card", "", DECLINED, None),
        ("4000000000009110", "visa_chargeCustomerFailStolenCard", "card_declined stolen_card", "", DECLINED, None),
    ];
    for (number, names, charge, attach, message, param) in table {
        let card = typed(number);
        assert_eq!(charged(&card), *charge, "{number}");
        assert_eq!(attached(&card), if *attach == "same" { *charge } else { *attach }, "{number}");
        let declined = charge_outcome(&card, NOW, Presence::Unproven).unwrap_err();
        assert_eq!((declined.message.as_str(), declined.param.as_deref()), (*message, *param), "{number}");
        for name in names.split(' ') {
            assert_eq!(named(&format!("tok_{name}")).map(|card| card.number), Some(*number), "{name}");
        }
    }
    // Whoever declines is in the table above, or wants the cardholder's part.
    for card in cards() {
        let in_table = table.iter().any(|row| row.0 == card.number);
        let says = charged(&typed(card.number));
        let plain = !says.is_empty() && !says.starts_with("authentication_required");
        assert_eq!(plain, in_table, "{} {says}", card.number);
    }
}

#[test]
fn cards_that_want_the_cardholder() {
    let refused: Vec<&str> = cards()
        .filter(|card| charged(&typed(card.number)) == "authentication_required authentication_required")
        .map(|card| card.number)
        .collect();
    assert_eq!(
        refused,
        [
            "4000002500003155",
            "4000002760003184",
            "4000008260003178",
            "4000000000003220",
            "4000008400000027",
            "4000008400001629",
            "4000008400001280",
            "4000582600000094",
            "4000582600000045",
            "4000582600000102",
            "4000582600000110",
        ]
    );
    assert!(refused.iter().all(|number| attached(&typed(number)).is_empty()));
}

/// (number, cvc, line1, zip, risk) where anything is not plainly fine.
#[test]
fn checks_and_risk() {
    use Check::{Fail, Pass, Unavailable};
    use RiskLevel::{Elevated, Normal};
    let table = [
        ("4000000000009235", Pass, Pass, Pass, Elevated),
        ("4000000000000101", Fail, Pass, Pass, Normal),
        ("4000000000000036", Pass, Pass, Fail, Normal),
        ("4000058400307872", Fail, Pass, Pass, Elevated),
        ("4000058400306072", Pass, Pass, Fail, Elevated),
        ("4000000000000028", Pass, Fail, Pass, Normal),
        ("4000000000000010", Pass, Fail, Fail, Normal),
        ("4000000000000044", Pass, Unavailable, Unavailable, Normal),
    ];
    for card in cards() {
        let given = typed(card.number);
        let Ok(charged) = charge_outcome(&given, NOW, Presence::Unproven) else { continue };
        let row = table.iter().find(|row| row.0 == card.number);
        let (_, cvc, line1, zip, risk) = row.copied().unwrap_or((card.number, Pass, Pass, Pass, Normal));
        let expected = crate::Checks { cvc: Some(cvc), line1: Some(line1), zip: Some(zip) };
        assert_eq!(charged.checks, expected, "{}", card.number);
        assert_eq!(attach_outcome(&given), Ok(expected), "{}", card.number);
        assert_eq!(charged.outcome.risk_level, risk, "{}", card.number);
        assert_eq!(charged.outcome.kind, OutcomeType::Authorized);
        assert_eq!(card.address().is_some(), line1 != Pass || zip != Pass, "{}", card.number);
        // What was not given was not checked.
        let bare = Card { cvc: Cvc::Absent, line1: None, zip: Some(""), ..given };
        assert_eq!(
            charge_outcome(&bare, NOW, Presence::Unproven).unwrap().checks,
            crate::Checks::default(),
            "{}",
            card.number
        );
    }
}

#[test]
fn a_security_code_that_was_not_given_is_not_wrong() {
    let card = |cvc| Card { cvc, ..typed("4000000000000127") };
    assert_eq!(charged(&card(Cvc::Absent)), "");
    assert_eq!(attached(&card(Cvc::Absent)), "");
    assert_eq!(charged(&card(Cvc::WasGiven)), "incorrect_cvc -");
    assert_eq!(attached(&card(Cvc::WasGiven)), "incorrect_cvc -");
}

#[test]
fn a_card_ends_with_its_month() {
    assert_eq!(named_expiry(NOW), Expiry { month: 6, year: 2027 });
    let until = |month, year| Card { expiry: Expiry { month, year }, ..typed("4242424242424242") };
    assert_eq!(charged(&until(6, 2026)), "");
    assert_eq!(charged(&until(5, 2026)), "expired_card -");
    assert_eq!(charged(&until(12, 2025)), "expired_card -");
    assert_eq!(charged(&until(1, 2027)), "");
}

/// A few of each family in full: (name, number, brand, funding, country).
#[test]
fn data_of_cards() {
    use crate::Brand::*;
    for (name, number, brand, funding, country) in [
        ("visa", "4242424242424242", Visa, "credit", "US"),
        ("us", "4242424242424242", Visa, "credit", "US"),
        ("visa_debit", "4000056655665556", Visa, "debit", "US"),
        ("mastercard", "5555555555554444", Mastercard, "credit", "US"),
        ("mastercard_debit", "5200828282828210", Mastercard, "debit", "US"),
        ("mastercard_prepaid", "5105105105105100", Mastercard, "prepaid", "US"),
        ("amex", "378282246310005", Amex, "credit", "US"),
        ("discover", "6011111111111117", Discover, "credit", "US"),
        ("diners", "3056930009020004", Diners, "credit", "US"),
        ("jcb", "3566002020360505", Jcb, "credit", "JP"),
        ("unionpay", "6200000000000005", UnionPay, "credit", "CN"),
        ("gb", "4000008260000000", Visa, "credit", "GB"),
        ("de", "4000002760000016", Visa, "credit", "DE"),
        ("br", "4000000760000002", Visa, "credit", "BR"),
        ("jp", "4000003920000003", Visa, "credit", "JP"),
        ("th_debit", "4000057640000008", Visa, "debit", "TH"),
        ("visa_debit_ca_transferSuccess", "4000051240000005", Visa, "debit", "CA"),
        ("bypassPending", "4000000000000077", Visa, "credit", "US"),
        ("createDispute", "4000000000000259", Visa, "credit", "US"),
    ] {
        let card = named(&format!("tok_{name}")).expect(name);
        let data = (card.number, card.brand, card.funding.as_str(), card.country);
        assert_eq!(data, (number, brand, funding, country), "{name}");
    }
    assert_eq!(named("tok_visa_cartesBancaires").and_then(|card| card.co_brand), Some("cartes_bancaires"));
    assert_eq!(Brand::Visa.name(), "Visa");
}

#[test]
fn what_happens_later() {
    for (number, later) in [
        ("4000000000000259", Later::Dispute("fraudulent")),
        ("4000000000002685", Later::Dispute("product_not_received")),
        ("4000000000001976", Later::Inquiry),
        ("4000000000005423", Later::FraudWarning),
        ("4000000000007726", Later::PendingRefund),
        ("4000000000005126", Later::FailingRefund),
        ("4000000000004202", Later::NextRequirements),
        ("4000000000004210", Later::ChargesBlocked),
        ("4000000000004236", Later::PayoutsBlocked),
        ("4242424242424242", Later::Nothing),
    ] {
        assert_eq!(find(number).unwrap().later, later, "{number}");
    }
    let countries = cards().filter(|card| matches!(card.payout, Payout::Fails(_))).count();
    let slow = cards().filter(|card| card.payout == Payout::NotInstant).count();
    assert_eq!((countries, slow), (26, 26));
}

#[test]
fn the_mode_decides_who_may_enter() {
    assert!(matches!(admit("4242424242424242", false), Ok(Some(card)) if card.last4() == "4242"));
    assert_eq!(admit("4539578763621486", true), Ok(None));
    let strange = admit("4539578763621486", false).unwrap_err();
    assert_eq!((strange.code(), strange.decline_code()), ("card_declined", Some("testmode_decline")));
    assert_eq!(
        strange.message(),
        "Your card was declined. Your request was in test mode, but used a non test (live) card. For a list of valid test cards, visit: https://stripe.com/docs/testing."
    );
    let listed = admit("4242424242424242", true).unwrap_err();
    assert_eq!((listed.code(), listed.decline_code()), ("card_declined", Some("live_mode_test_card")));
    assert_eq!(attached(&typed("4539578763621486")), "card_declined testmode_decline");
    assert_eq!(charged(&typed("4539578763621486")), "card_declined testmode_decline");
}

#[test]
fn the_simulator_answers_the_same_ask_alike() {
    let visa = ask(typed("4242424242424242"), false);
    let Answer::Approved(approved) = now(Simulator.authorize(visa)).unwrap() else { panic!("declined") };
    assert_eq!(now(Simulator.authorize(visa)), Ok(Answer::Approved(approved.clone())));
    assert!(!approved.immediately_available);
    assert_eq!(approved.outcome.network_status, NetworkStatus::ApprovedByNetwork);
    let other = now(Simulator.authorize(Authorization { key: "k2", ..visa })).unwrap();
    assert!(matches!(other, Answer::Approved(it) if it.reference != approved.reference));
    let bypass = now(Simulator.authorize(ask(typed("4000000000000077"), false))).unwrap();
    assert!(matches!(bypass, Answer::Approved(it) if it.immediately_available));
    let blocked = now(Simulator.authorize(ask(typed("4100000000000019"), false))).unwrap();
    let Answer::Declined(blocked) = blocked else { panic!("approved") };
    assert_eq!(blocked.outcome.kind, OutcomeType::Blocked);
    assert_eq!(blocked.outcome.network_status, NetworkStatus::NotSentToNetwork);
    assert_eq!((blocked.outcome.risk_level, blocked.outcome.risk_score), (RiskLevel::Highest, 92));
    assert_eq!(now(Simulator.abandon("k1", false)), Ok(Abandoned::Nothing));
    assert_eq!(Simulator.patience(), None);
}

#[test]
fn refunds_follow_the_card() {
    for (number, settled, fails) in [
        ("4242424242424242", true, false),
        ("4000000000007726", false, false),
        ("4000000000005126", true, true),
    ] {
        let answer = now(Simulator.authorize(ask(typed(number), false))).unwrap();
        let Answer::Approved(Approval { reference, .. }) = answer else { panic!("declined") };
        let movement = Movement {
            key: "k2",
            reference: &reference,
            amount: 1_000,
            currency: Currency::USD,
            livemode: false,
        };
        assert_eq!(now(Simulator.refund(movement)).unwrap().settled, settled, "{number}");
        assert_eq!(later(&reference) == Later::FailingRefund, fails, "{number}");
        assert_eq!(now(Simulator.capture(movement)), Ok(()));
        assert_eq!(now(Simulator.void(movement)), Ok(()));
        let live = Movement { livemode: true, ..movement };
        assert_eq!(now(Simulator.refund(live)), Err(Fault::NotConfigured));
    }
}

#[test]
fn live_mode_without_an_acquirer() {
    for acquirer in [&Simulator as &dyn Acquirer, &NoAcquirer] {
        let real = now(acquirer.authorize(ask(typed("4539578763621486"), true)));
        assert_eq!(real, Err(Fault::NotConfigured));
        let test = now(acquirer.authorize(ask(typed("4242424242424242"), true))).unwrap();
        let Answer::Declined(test) = test else { panic!("approved") };
        assert_eq!(test.decline_code.as_deref(), Some("live_mode_test_card"));
    }
    assert!(Fault::NotConfigured.to_string().starts_with("No acquirer is configured for live mode"));
}

#[test]
fn answers_are_kept_and_read_back() {
    for number in ["4242424242424242", "4000000000000002", "4000000000000069", "4000000000000010"] {
        let answer = now(Simulator.authorize(ask(typed(number), false))).unwrap();
        let kept = Kept { answer };
        let mut out = Vec::new();
        kept.write(&mut out);
        assert_eq!(wire::from_json::<Kept>(&out), Ok(kept), "{}", String::from_utf8_lossy(&out));
    }
    assert!(Answer::read(&At::top(false), None).is_err());
}

/// A place to keep an answer in.
#[derive(Debug, PartialEq, Wire)]
struct Kept {
    /// It.
    answer: Answer,
}
