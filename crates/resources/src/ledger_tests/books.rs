//! What must hold of all balances, charges and transfers after every step.
use crate::{
    connect::application_fee::ApplicationFee,
    payments::{
        balance_transaction::{BalanceTransaction, COUNTERS, Counter, FeeType, Kind},
        charge::Charge,
        refund::{Refund, Status},
        transfer::Transfer,
    },
    testing::{Bench, PLATFORM, PLATFORM_ID, SELLER, SELLER_ID, now},
};
use ::money::{Entry, LedgerAccount, Posting};
use api::Object;
use base::Currency;
use std::collections::{BTreeMap, HashMap};
use store::{Bytes, Key, Query};

/// What is known of the books. Movements are added up as they are first seen, and must never change.
#[derive(Default)]
pub(super) struct Books {
    seen: HashMap<String, Bytes>,
    sums: BTreeMap<(LedgerAccount, String), i128>,
    /// Movements of balances by account: currency, from when, how much.
    moved: HashMap<&'static str, Vec<(Currency, i64, i64)>>,
    charges: HashMap<String, Moved>,
    fees: HashMap<String, i64>,
    read: (Known<Charge>, Known<Refund>, Known<Transfer>, Known<ApplicationFee>),
}

/// Documents as they were read last, so that only changed ones are read again.
struct Known<T>(HashMap<String, (Bytes, T)>);

impl<T> Default for Known<T> {
    fn default() -> Self {
        Known(HashMap::new())
    }
}

impl<T: Object> Known<T> {
    /// All of an account.
    fn all(&mut self, bench: &Bench, account: &str) -> Vec<&T> {
        let docs = all::<T>(bench, account);
        for doc in &docs {
            if self.0.get(&doc.key.id).is_none_or(|(body, _)| *body != doc.body) {
                self.0.insert(doc.key.id.clone(), (doc.body.clone(), read(doc)));
            }
        }
        docs.iter().filter_map(|doc| self.0.get(&doc.key.id)).map(|(_, it)| it).collect()
    }
}

/// What a charge moved.
#[derive(Default)]
struct Moved {
    gross: i64,
    net: i64,
    processing: i64,
    application: i64,
}

fn all<T: Object>(bench: &Bench, account: &str) -> Vec<store::Doc> {
    let query = Query::newest(account, false, T::NAME, None, 10_000);
    now(bench.api.world.store.list(&query)).unwrap_or_else(|e| panic!("{e}"))
}

fn read<T: Object>(doc: &store::Doc) -> T {
    wire::from_json(&doc.body).unwrap_or_else(|e| panic!("{}: {e:?}", doc.key.path()))
}

impl Books {
    /// After each step.
    pub(super) fn check(&mut self, bench: &Bench) {
        for account in [PLATFORM_ID, SELLER_ID] {
            self.movements(bench, account);
            self.balance(bench, account);
            self.objects(bench, account);
        }
        let mut currencies: BTreeMap<&str, i128> = BTreeMap::new();
        for ((account, currency), sum) in &self.sums {
            *currencies.entry(currency).or_default() += sum;
            if matches!(account, LedgerAccount::Transfers | LedgerAccount::ApplicationFees) {
                assert_eq!(*sum, 0, "what one account gave, another had: {account:?} {currency}");
            }
        }
        assert!(currencies.values().all(|sum| *sum == 0), "{currencies:?}");
    }

    /// No entry ever changes, and each movement is balanced and says what it is.
    fn movements(&mut self, bench: &Bench, account: &'static str) {
        let docs = all::<BalanceTransaction>(bench, account);
        for doc in &docs {
            if let Some(before) = self.seen.get(&doc.key.id) {
                assert_eq!(*before, doc.body, "{} was changed", doc.key.id);
                continue;
            }
            let it: BalanceTransaction = read(doc);
            let entries: Vec<Entry> = it.entries.0.clone();
            let gained: i64 =
                entries.iter().filter(|e| e.account == LedgerAccount::Balance).map(|e| e.amount).sum();
            assert_eq!((it.amount - it.fee, gained), (it.net, it.net), "{}", it.id);
            for entry in &entries {
                let sum = self.sums.entry((entry.account, entry.currency.to_string())).or_default();
                *sum += i128::from(entry.amount);
            }
            assert!(Posting::new(entries).is_ok(), "{}", it.id);
            let part = |kind: FeeType| -> i64 {
                it.fee_details.iter().filter(|it| it.r#type == kind).map(|it| it.amount).sum()
            };
            let (processing, application) = (part(FeeType::StripeFee), part(FeeType::ApplicationFee));
            assert_eq!(processing + application, it.fee, "{}", it.id);
            self.moved.entry(account).or_default().push((it.currency, it.available_on.0, it.net));
            if let (Kind::Charge | Kind::Payment, Some(source)) = (it.r#type, &it.source) {
                // A charge that is taken in parts moves with each.
                let moved = self.charges.entry(source.0.clone()).or_default();
                moved.gross += it.amount;
                moved.net += it.net;
                moved.processing += processing;
                moved.application += application;
            }
            if let (Kind::ApplicationFee, Some(source)) = (it.r#type, &it.source) {
                self.fees.insert(source.0.clone(), it.amount);
            }
            self.seen.insert(doc.key.id.clone(), doc.body.clone());
        }
    }

    /// Balances are what their entries add up to.
    fn balance(&self, bench: &Bench, account: &'static str) {
        let space = Key::space(account, false, "counter");
        let counters = now(bench.api.world.store.counters(&format!("{space}{COUNTERS}")));
        let mut held: BTreeMap<(String, bool), i64> = BTreeMap::new();
        for (name, amount) in counters.unwrap_or_else(|e| panic!("{e}")) {
            let (currency, day) =
                Counter::parse(&name[space.len()..]).unwrap_or_else(|| panic!("no counter: {name}"));
            *held.entry((currency.to_string(), day <= bench.now())).or_default() += amount;
        }
        let mut moved: BTreeMap<(String, bool), i64> = BTreeMap::new();
        for (currency, day, net) in self.moved.get(account).into_iter().flatten() {
            *moved.entry((currency.to_string(), *day <= bench.now().0)).or_default() += net;
        }
        held.retain(|_, amount| *amount != 0);
        moved.retain(|_, amount| *amount != 0);
        assert_eq!(held, moved, "{account}");
    }

    /// Refunds never exceed charges, and what was charged is what the fees and the balance had of it.
    fn objects(&mut self, bench: &Bench, account: &str) {
        let (charges, refunds, transfers, fees) = &mut self.read;
        let mut refunded: HashMap<String, i64> = HashMap::new();
        for it in refunds.all(bench, account) {
            if let (Some(charge), false) =
                (&it.charge, matches!(it.status, Some(Status::Failed | Status::Canceled)))
            {
                *refunded.entry(charge.id.clone()).or_default() += it.amount;
            }
        }
        let mut sent: HashMap<String, i64> = HashMap::new();
        for it in transfers.all(bench, account) {
            assert!((0..=it.amount).contains(&it.amount_reversed), "{}", it.id);
            if let Some(charge) = &it.source_transaction {
                *sent.entry(charge.id.clone()).or_default() += it.amount;
            }
        }
        for it in charges.all(bench, account) {
            assert!((0..=it.amount).contains(&it.amount_refunded), "{}", it.id);
            assert!(refunded.get(&it.id).copied().unwrap_or(0) <= it.amount, "{}", it.id);
            assert!(sent.get(&it.id).copied().unwrap_or(0) <= it.amount_captured, "{}", it.id);
            assert_eq!(it.refunded, it.amount_refunded == it.amount, "{}", it.id);
            let Some(moved) = self.charges.get(&it.id) else { continue };
            assert_eq!(moved.gross, it.amount_captured, "{}", it.id);
            assert_eq!(moved.application + moved.net + moved.processing, moved.gross, "{}", it.id);
            if let (Some(fee), None) = (&it.application_fee, &it.transfer_data) {
                assert_eq!(self.fees.get(&fee.id), Some(&moved.application), "{}", it.id);
            }
        }
        for it in fees.all(bench, account) {
            assert!((0..=it.amount).contains(&it.amount_refunded), "{}", it.id);
        }
    }

    /// At the end the API says of balances what the books do.
    pub(super) fn close(&self, bench: &Bench) {
        for (key, account) in [(PLATFORM, PLATFORM_ID), (SELLER, SELLER_ID)] {
            let balance = bench.get(key, "/v1/balance").ok();
            let sum = |is_available: bool| -> i64 {
                let moved = self.moved.get(account).into_iter().flatten();
                moved.filter(|(_, day, _)| (*day <= bench.now().0) == is_available).map(|it| it.2).sum()
            };
            let shown = (balance.number("available.0.amount"), balance.number("pending.0.amount"));
            assert_eq!(shown, (sum(true), sum(false)), "{account}");
            paid_out(bench, key);
        }
    }
}

/// An automatic payout is what its movements add up to.
fn paid_out(bench: &Bench, key: &str) {
    for payout in bench.get(key, "/v1/payouts?limit=100").ok().items() {
        if !payout.is("automatic") || payout.number("amount") < 0 {
            continue;
        }
        let path = format!("/v1/balance_transactions?limit=100&payout={}", payout.text("id"));
        let movements = bench.get(key, &path).ok().items();
        let sum: i64 = movements.iter().map(|it| it.number("net")).sum();
        assert_eq!(sum, 0, "{} and what it pays out", payout.text("id"));
    }
}
