//! Money neither appears nor vanishes, whatever a platform, its seller, their banks and the clock do in whatever
//! order. How many sequences are tried is said by `TOLLBRIDGE_MONEY_SEQUENCES`.
mod books;

use crate::testing::{Answer, Bench, PLATFORM, PLATFORM_ID, SELLER, SELLER_ID, TOKEN};
use books::Books;
use proptest::{prelude::*, sample::Index};

/// What is tried where nobody says otherwise.
const SEQUENCES: u32 = 1_000;

/// Something that happens.
#[derive(Debug, Clone)]
enum Step {
    Charge { by: &'static str, amount: i64, fee: i64, capture: bool, card: &'static str },
    DestinationCharge { amount: i64, fee: i64, part: i64, capture: bool, card: &'static str },
    Capture { which: Index, amount: i64 },
    Reserve { by: &'static str, amount: i64, card: &'static str },
    TakePart { which: Index, amount: i64, last: bool },
    Refund { which: Index, amount: i64, fee: bool, transfer: bool },
    FeeRefund { which: Index, amount: i64 },
    Transfer { amount: i64, of: Option<Index> },
    Reverse { which: Index, amount: i64, fee: bool },
    Payout { by: &'static str, amount: i64, instant: bool },
    Debit { amount: i64 },
    Topup { by: &'static str, amount: i64, fails: bool },
    Cancel { which: Index },
    TakeBack { which: Index },
    Dispute { which: Index, evidence: &'static str },
    Leave { by: &'static str, amount: i64 },
    Wait { seconds: i64 },
}

fn step() -> impl Strategy<Value = Step> {
    let amount = || prop_oneof![50i64..200, 500i64..1200, Just(99_999_999)];
    let part = || prop_oneof![Just(0i64), 1i64..300, 300i64..1500];
    let card = || {
        prop_oneof![
            4 => Just("tok_visa"),
            4 => Just("tok_bypassPending"),
            1 => Just("tok_createDispute"),
            1 => Just("tok_createDisputeInquiry"),
            1 => Just("tok_pendingRefund"),
            1 => Just("tok_refundFail"),
            1 => Just("tok_chargeDeclined"),
        ]
    };
    let which = any::<Index>;
    let who = || prop_oneof![Just(PLATFORM), Just(SELLER)];
    prop_oneof![
        3 => (prop_oneof![Just(TOKEN), Just(SELLER), Just(PLATFORM)], amount(), 0i64..400, any::<bool>(), card())
            .prop_map(|(by, amount, fee, capture, card)| Step::Charge { by, amount, fee, capture, card }),
        3 => (amount(), 0i64..400, part(), prop::bool::weighted(0.8), card())
            .prop_map(|(amount, fee, part, capture, card)| Step::DestinationCharge { amount, fee, part, capture, card }),
        1 => (which(), part()).prop_map(|(which, amount)| Step::Capture { which, amount }),
        1 => (prop_oneof![Just(TOKEN), Just(PLATFORM)], amount(), prop_oneof![Just("pm_card_visa"), Just("pm_card_refundFail")])
            .prop_map(|(by, amount, card)| Step::Reserve { by, amount, card }),
        2 => (which(), part(), any::<bool>()).prop_map(|(which, amount, last)| Step::TakePart { which, amount, last }),
        4 => (which(), part(), any::<bool>(), any::<bool>())
            .prop_map(|(which, amount, fee, transfer)| Step::Refund { which, amount, fee, transfer }),
        1 => (which(), part()).prop_map(|(which, amount)| Step::FeeRefund { which, amount }),
        3 => (1i64..1500, prop::option::of(which())).prop_map(|(amount, of)| Step::Transfer { amount, of }),
        2 => (which(), part(), any::<bool>()).prop_map(|(which, amount, fee)| Step::Reverse { which, amount, fee }),
        2 => (who(), 1i64..1500, any::<bool>()).prop_map(|(by, amount, instant)| Step::Payout { by, amount, instant }),
        1 => (1i64..1500).prop_map(|amount| Step::Debit { amount }),
        1 => (who(), part()).prop_map(|(by, amount)| Step::Leave { by, amount }),
        1 => (who(), 1i64..1500, any::<bool>()).prop_map(|(by, amount, fails)| Step::Topup { by, amount, fails }),
        1 => which().prop_map(|which| Step::Cancel { which }),
        1 => which().prop_map(|which| Step::TakeBack { which }),
        1 => (which(), prop_oneof![Just("winning_evidence"), Just("losing_evidence")])
            .prop_map(|(which, evidence)| Step::Dispute { which, evidence }),
        3 => prop_oneof![1i64..7200, 80_000i64..400_000].prop_map(|seconds| Step::Wait { seconds }),
    ]
}

/// What was made so far: with which key, under which id.
#[derive(Default)]
struct Made {
    charges: Vec<(&'static str, String)>,
    reserved: Vec<(&'static str, String)>,
    fees: Vec<String>,
    transfers: Vec<String>,
    payouts: Vec<(&'static str, String)>,
    disputes: Vec<(&'static str, String)>,
}

fn with_amount(amount: i64) -> String {
    if amount > 0 { format!("&amount={amount}") } else { String::new() }
}

impl Made {
    /// Does a step. A refusal is as good as anything, but a fault of the server is not.
    fn act(&mut self, bench: &Bench, step: &Step) {
        let post = |key: &str, path: &str, form: &str| {
            let answer = bench.post(key, path, form);
            assert!(answer.status < 500, "{path} {form}: {}", answer.body.to_json());
            answer
        };
        let pick = |from: &[(&'static str, String)], which: &Index| {
            if from.is_empty() { None } else { Some(from[which.index(from.len())].clone()) }
        };
        match step {
            Step::Charge { by, amount, fee, capture, card } => {
                let mut form = format!("amount={amount}&currency=usd&source={card}&capture={capture}");
                if *by == TOKEN && *fee > 0 {
                    form += &format!("&application_fee_amount={fee}");
                }
                self.charged(by, &post(by, "/v1/charges", &form));
            }
            Step::DestinationCharge { amount, fee, part, capture, card } => {
                let mut form = format!(
                    "amount={amount}&currency=usd&source={card}&capture={capture}&transfer_data[destination]={SELLER_ID}"
                );
                match (*fee, *part) {
                    (0, 0) => {}
                    (0, part) => form += &format!("&transfer_data[amount]={part}"),
                    (fee, _) => form += &format!("&application_fee_amount={fee}"),
                }
                self.charged(PLATFORM, &post(PLATFORM, "/v1/charges", &form));
            }
            Step::Capture { which, amount } => {
                if let Some((key, id)) = pick(&self.charges, which) {
                    let charge = post(key, &format!("/v1/charges/{id}/capture"), &with_amount(*amount));
                    self.know(&charge);
                }
            }
            Step::Leave { by, amount } => {
                let form = format!("payments[payouts][minimum_balance_by_currency][usd]={amount}");
                post(by, "/v1/balance_settings", &form);
            }
            Step::Reserve { by, amount, card } => {
                let form = format!(
                    "amount={amount}&currency=usd&payment_method={card}&confirm=true&off_session=true&capture_method=manual&payment_method_options[card][request_multicapture]=if_available&payment_method_options[card][request_overcapture]=if_available"
                );
                let intent = post(by, "/v1/payment_intents", &form);
                if intent.status == 200 {
                    self.charges.push((by, intent.text("latest_charge")));
                    self.reserved.push((by, intent.text("id")));
                }
            }
            Step::TakePart { which, amount, last } => {
                if let Some((key, id)) = pick(&self.reserved, which) {
                    let amount = if *amount == 0 && !last {
                        String::new()
                    } else {
                        format!("&amount_to_capture={amount}")
                    };
                    let form = format!("final_capture={last}{amount}");
                    post(key, &format!("/v1/payment_intents/{id}/capture"), &form);
                }
            }
            Step::Refund { which, amount, fee, transfer } => {
                if let Some((key, id)) = pick(&self.charges, which) {
                    let form = format!(
                        "charge={id}{}&refund_application_fee={fee}&reverse_transfer={transfer}",
                        with_amount(*amount)
                    );
                    post(key, "/v1/refunds", &form);
                }
            }
            Step::FeeRefund { which, amount } => {
                if !self.fees.is_empty() {
                    let id = &self.fees[which.index(self.fees.len())];
                    post(PLATFORM, &format!("/v1/application_fees/{id}/refunds"), &with_amount(*amount));
                }
            }
            Step::Transfer { amount, of } => {
                let mut form = format!("amount={amount}&currency=usd&destination={SELLER_ID}");
                if let Some((_, id)) = of.as_ref().and_then(|which| pick(&self.charges, which)) {
                    form += &format!("&source_transaction={id}");
                }
                let transfer = post(PLATFORM, "/v1/transfers", &form);
                if transfer.status == 200 {
                    self.transfers.push(transfer.text("id"));
                }
            }
            Step::Reverse { which, amount, fee } => {
                if !self.transfers.is_empty() {
                    let id = &self.transfers[which.index(self.transfers.len())];
                    let form = format!("refund_application_fee={fee}{}", with_amount(*amount));
                    post(PLATFORM, &format!("/v1/transfers/{id}/reversals"), &form);
                }
            }
            Step::Payout { by, amount, instant } => {
                let method = if *instant { "instant" } else { "standard" };
                let form = format!("amount={amount}&currency=usd&method={method}");
                let payout = post(by, "/v1/payouts", &form);
                if payout.status == 200 {
                    self.payouts.push((by, payout.text("id")));
                }
            }
            Step::Debit { amount } => {
                let form = format!("amount={amount}&currency=usd&source={SELLER_ID}");
                self.charged(PLATFORM, &post(PLATFORM, "/v1/charges", &form));
            }
            Step::Topup { by, amount, fails } => {
                let source = if *fails { "btok_us_verified_noAccount" } else { "btok_us_verified" };
                post(by, "/v1/topups", &format!("amount={amount}&currency=usd&source={source}"));
            }
            Step::Cancel { which } => {
                if let Some((key, id)) = pick(&self.payouts, which) {
                    post(key, &format!("/v1/payouts/{id}/cancel"), "");
                }
            }
            Step::TakeBack { which } => {
                if let Some((key, id)) = pick(&self.payouts, which) {
                    post(key, &format!("/v1/payouts/{id}/reverse"), "");
                }
            }
            Step::Dispute { which, evidence } => {
                for key in [PLATFORM, SELLER] {
                    let open = bench.get(key, "/v1/disputes?limit=100").ok().items();
                    self.disputes.extend(open.iter().map(|it| (key, it.text("id"))));
                }
                if let Some((key, id)) = pick(&self.disputes, which) {
                    let form = format!("evidence[uncategorized_text]={evidence}&submit=true");
                    post(key, &format!("/v1/disputes/{id}"), &form);
                }
                self.disputes.clear();
            }
            Step::Wait { seconds } => bench.wait(*seconds),
        }
    }

    fn charged(&mut self, by: &'static str, charge: &Answer) {
        if charge.status == 200 {
            self.charges.push((by, charge.text("id")));
            self.know(charge);
        }
    }

    /// What a charge brought into the world.
    fn know(&mut self, charge: &Answer) {
        if charge.text("application_fee").starts_with("fee_") {
            self.fees.push(charge.text("application_fee"));
        }
        if charge.text("transfer").starts_with("tr_") {
            self.transfers.push(charge.text("transfer"));
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "how long a test may take is said by whoever runs it")]
fn sequences() -> u32 {
    let said = std::env::var("TOLLBRIDGE_MONEY_SEQUENCES").ok();
    said.and_then(|said| said.parse().ok()).unwrap_or(SEQUENCES)
}

/// Whether the platform and the seller have no bank, one that takes payouts, or one that refuses them.
fn banks() -> impl Strategy<Value = [usize; 2]> {
    [0usize..3, 0usize..3]
}

fn run(banks: [usize; 2], steps: &[Step]) {
    let bench = Bench::again();
    for (account, bank) in [PLATFORM_ID, SELLER_ID].into_iter().zip(banks) {
        match bank {
            0 => {}
            1 => bench.bank(account, "000123456789"),
            _ => bench.bank(account, "000111111116"),
        }
    }
    let mut made = Made::default();
    let mut books = Books::default();
    for step in steps {
        made.act(&bench, step);
        books.check(&bench);
    }
    books.close(&bench);
}

// In two halves, so that two processors share them.
proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(sequences() / 2) })]
    #[test]
    fn whatever_is_done(banks in banks(), steps in prop::collection::vec(step(), 1..16)) {
        run(banks, &steps);
    }
    #[test]
    fn whatever_else_is_done(banks in banks(), steps in prop::collection::vec(step(), 1..16)) {
        run(banks, &steps);
    }
}
