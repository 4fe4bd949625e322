//! Double entry: money never appears or vanishes, it moves between accounts of the ledger.
use base::{Currency, Timestamp};
use std::fmt;
use wire::{Optional, Wire};

/// Where money lies. Each account holder has a set of these in each currency and mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Wire)]
pub enum LedgerAccount {
    /// What the card network owes for charges.
    CardNetwork,
    /// What goes back to cardholders through the network.
    Refunds,
    /// What cardholders' banks took back of charges, and gave back of that.
    Disputes,
    /// The holder's own money: pending until its day, then available.
    Balance,
    /// What processing costs.
    ProcessingFees,
    /// Where money of one currency becomes money of another.
    Conversion,
    /// The clearing between a connected account and the platform: over both holders it sums to zero.
    ApplicationFees,
    /// The clearing of transfers between accounts: over all holders it sums to zero.
    Transfers,
    /// The holder's bank account: payouts go there, top-ups come from there.
    Bank,
    /// What is held back of a platform's balance for connected accounts that owe.
    Reserve,
    /// What payouts leave in a balance: held while one is made, and let go after it.
    MinimumBalance,
}

/// One side of a movement.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Entry {
    /// Where the money lies.
    pub account: LedgerAccount,
    /// In which currency.
    pub currency: Currency,
    /// What the account gains, in minor units; negative where it gives.
    pub amount: i64,
    /// From when the holder can spend it (midnight UTC); on `balance` only.
    pub available_on: Optional<Timestamp>,
}

impl Entry {
    /// Whether it is with others than the holder and the processor.
    fn is_outside(&self) -> bool {
        !matches!(self.account, LedgerAccount::Balance | LedgerAccount::ProcessingFees)
    }
}

/// Entries that do not sum to zero in this currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unbalanced {
    /// The currency that is off.
    pub currency: Currency,
    /// By how much, in minor units.
    pub off_by: i128,
}

impl fmt::Display for Unbalanced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "entries in {} are off by {}", self.currency, self.off_by)
    }
}

impl std::error::Error for Unbalanced {}

/// A movement: entries that sum to zero in every currency. There is no other way to make one than to prove it.
#[derive(Debug, Clone, PartialEq)]
pub struct Posting(Vec<Entry>);

impl Posting {
    /// Checks the entries; those of nothing are left out.
    pub fn new(mut entries: Vec<Entry>) -> Result<Self, Unbalanced> {
        entries.retain(|entry| entry.amount != 0);
        for (at, entry) in entries.iter().enumerate() {
            let currency = entry.currency;
            if entries[..at].iter().any(|earlier| earlier.currency == currency) {
                continue;
            }
            let same = entries[at..].iter().filter(|entry| entry.currency == currency);
            let off_by: i128 = same.map(|entry| i128::from(entry.amount)).sum();
            if off_by != 0 {
                return Err(Unbalanced { currency, off_by });
            }
        }
        Ok(Posting(entries))
    }

    /// The entries.
    pub fn entries(&self) -> &[Entry] {
        &self.0
    }

    /// The entries, to be stored.
    pub fn into_entries(self) -> Vec<Entry> {
        self.0
    }

    /// What the holder's balance gains in this currency, in minor units: the `net` of a balance transaction.
    pub fn net(&self, currency: Currency) -> i64 {
        self.gained(LedgerAccount::Balance, currency)
    }

    /// What an account gains in this currency, in minor units.
    pub fn gained(&self, account: LedgerAccount, currency: Currency) -> i64 {
        let same = self.0.iter().filter(|entry| entry.account == account && entry.currency == currency);
        same.map(|entry| entry.amount).fold(0, i64::saturating_add)
    }

    /// A platform's income of an application fee (minor units), the other half of what [`Charge`] set aside.
    pub fn application_fee_income(currency: Currency, fee: i64, available_on: Timestamp) -> Self {
        Self::moved(LedgerAccount::ApplicationFees, currency, fee, available_on)
    }

    /// A platform gives back `amount` minor units of an application fee.
    pub fn application_fee_refund_paid(currency: Currency, amount: i64, available_on: Timestamp) -> Self {
        Self::moved(LedgerAccount::ApplicationFees, currency, amount.saturating_neg(), available_on)
    }

    /// A connected account gets back `amount` minor units of an application fee without a refund of the charge
    /// (else it is part of [`Refund`]).
    pub fn application_fee_refund_received(currency: Currency, amount: i64, available_on: Timestamp) -> Self {
        Self::moved(LedgerAccount::ApplicationFees, currency, amount, available_on)
    }

    /// The bank gives back `amount` minor units of what it took for a dispute.
    pub fn dispute_reinstated(currency: Currency, amount: i64, available_on: Timestamp) -> Self {
        Self::moved(LedgerAccount::Disputes, currency, amount, available_on)
    }

    /// `amount` minor units of a refund come back, because the card's bank would not take them or they were not sent.
    pub fn refund_returned(currency: Currency, amount: i64, available_on: Timestamp) -> Self {
        Self::moved(LedgerAccount::Refunds, currency, amount, available_on)
    }

    /// Money that another holder's balance gave (`gross`), of which a platform takes an application fee; both negative
    /// where it goes back. Errors: an amount beyond 64 bits.
    pub fn payment(
        currency: Currency,
        gross: i64,
        application_fee: i64,
        available_on: Timestamp,
    ) -> Result<Self, Unbalanced> {
        let net = i128::from(gross) - i128::from(application_fee);
        let parts = [
            (LedgerAccount::Transfers, -i128::from(gross)),
            (LedgerAccount::ApplicationFees, i128::from(application_fee)),
            (LedgerAccount::Balance, net),
        ];
        post(currency, available_on, &parts)
    }

    /// A payout of `amount` to the bank, and what sending it costs (`fee`); both negative where it comes back. Errors: an
    /// amount beyond 64 bits.
    pub fn payout(
        currency: Currency,
        amount: i64,
        fee: i64,
        available_on: Timestamp,
    ) -> Result<Self, Unbalanced> {
        let parts = [
            (LedgerAccount::Bank, i128::from(amount)),
            (LedgerAccount::ProcessingFees, i128::from(fee)),
            (LedgerAccount::Balance, -i128::from(amount) - i128::from(fee)),
        ];
        post(currency, available_on, &parts)
    }

    /// `amount` from an account to the balance, or (negative) from the balance to it. Balanced by construction.
    pub fn moved(from: LedgerAccount, currency: Currency, amount: i64, available_on: Timestamp) -> Self {
        // Symmetric, so that the amount can be negated either way.
        let amount = amount.max(-i64::MAX);
        if amount == 0 {
            return Posting(Vec::new());
        }
        Posting(vec![
            Entry { account: from, currency, amount: -amount, available_on: Optional(None) },
            Entry {
                account: LedgerAccount::Balance,
                currency,
                amount,
                available_on: Optional(Some(available_on)),
            },
        ])
    }
}

/// A captured charge in the books of the account that owns it; amounts in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charge {
    /// The currency of all three.
    pub currency: Currency,
    /// What the cardholder pays.
    pub gross: i64,
    /// What processing costs.
    pub processing_fee: i64,
    /// What the platform takes; zero where there is none.
    pub application_fee: i64,
    /// When the net can be spent.
    pub available_on: Timestamp,
}

impl Charge {
    /// The balance gains what both fees leave of the gross. An amount beyond 64 bits is unbalanced.
    pub fn post(self) -> Result<Posting, Unbalanced> {
        let Charge { currency, gross, processing_fee, application_fee, available_on } = self;
        let net = i128::from(gross) - i128::from(processing_fee) - i128::from(application_fee);
        let parts = [
            (LedgerAccount::CardNetwork, -i128::from(gross)),
            (LedgerAccount::ProcessingFees, i128::from(processing_fee)),
            (LedgerAccount::ApplicationFees, i128::from(application_fee)),
            (LedgerAccount::Balance, net),
        ];
        post(currency, available_on, &parts)
    }
}

/// A refund in the books of the account that owns the charge; amounts in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refund {
    /// The currency of all three.
    pub currency: Currency,
    /// What the cardholder gets back.
    pub gross: i64,
    /// What of the processing fee is returned: nothing today, its share in the first years.
    pub processing_fee: i64,
    /// What of the application fee is returned; zero where the platform keeps it.
    pub application_fee: i64,
    /// From when the balance is lower.
    pub available_on: Timestamp,
}

impl Refund {
    /// The balance gives the gross less what is returned of both fees. An amount beyond 64 bits is unbalanced.
    pub fn post(self) -> Result<Posting, Unbalanced> {
        let Refund { currency, gross, processing_fee, application_fee, available_on } = self;
        let net = i128::from(processing_fee) + i128::from(application_fee) - i128::from(gross);
        let parts = [
            (LedgerAccount::Refunds, i128::from(gross)),
            (LedgerAccount::ProcessingFees, -i128::from(processing_fee)),
            (LedgerAccount::ApplicationFees, -i128::from(application_fee)),
            (LedgerAccount::Balance, net),
        ];
        post(currency, available_on, &parts)
    }
}

/// A cardholder's bank takes money of a charge back, in the books of the account that owns it; amounts in minor
/// units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Withdrawal {
    /// The currency of both.
    pub currency: Currency,
    /// What goes back to the bank.
    pub gross: i64,
    /// What the dispute costs.
    pub fee: i64,
    /// From when the balance is lower.
    pub available_on: Timestamp,
}

impl Withdrawal {
    /// The balance gives both. An amount beyond 64 bits is unbalanced.
    pub fn post(self) -> Result<Posting, Unbalanced> {
        let Withdrawal { currency, gross, fee, available_on } = self;
        let parts = [
            (LedgerAccount::Disputes, i128::from(gross)),
            (LedgerAccount::ProcessingFees, i128::from(fee)),
            (LedgerAccount::Balance, -i128::from(gross) - i128::from(fee)),
        ];
        post(currency, available_on, &parts)
    }
}

/// The same movement where the holder's balance is of another currency: what is paid stays in its own, the balance
/// gains `net` (minor units of `to`) after `processing_fee`, and the two sides meet in the conversion.
pub fn exchanged(
    paid: &Posting,
    to: Currency,
    net: i64,
    processing_fee: i64,
    available_on: Timestamp,
) -> Result<Posting, Unbalanced> {
    let mut entries: Vec<Entry> = paid.entries().iter().filter(|it| it.is_outside()).cloned().collect();
    let mut left: Vec<(Currency, i128)> = Vec::new();
    for entry in &entries {
        match left.iter_mut().find(|(currency, _)| *currency == entry.currency) {
            Some((_, sum)) => *sum -= i128::from(entry.amount),
            None => left.push((entry.currency, -i128::from(entry.amount))),
        }
    }
    left.push((to, -i128::from(net) - i128::from(processing_fee)));
    for (currency, amount) in left {
        let amount = i64::try_from(amount).map_err(|_| Unbalanced { currency, off_by: amount })?;
        entries.push(Entry {
            account: LedgerAccount::Conversion,
            currency,
            amount,
            available_on: Optional(None),
        });
    }
    let ours = [(LedgerAccount::ProcessingFees, processing_fee), (LedgerAccount::Balance, net)];
    entries.extend(ours.map(|(account, amount)| {
        let day = (account == LedgerAccount::Balance).then_some(available_on);
        Entry { account, currency: to, amount, available_on: Optional(day) }
    }));
    Posting::new(entries)
}

fn post(
    currency: Currency,
    available_on: Timestamp,
    parts: &[(LedgerAccount, i128)],
) -> Result<Posting, Unbalanced> {
    let mut entries = Vec::with_capacity(parts.len());
    for &(account, amount) in parts {
        let amount = i64::try_from(amount).map_err(|_| Unbalanced { currency, off_by: amount })?;
        let day = (account == LedgerAccount::Balance).then_some(available_on);
        entries.push(Entry { account, currency, amount, available_on: Optional(day) });
    }
    Posting::new(entries)
}

#[cfg(test)]
mod tests;
