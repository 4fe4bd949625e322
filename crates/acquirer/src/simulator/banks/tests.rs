use super::*;
use crate::bank::routing_is_valid;

/// (account, payment method, token, payout, debit)
#[test]
fn bank_accounts() {
    let fails = |code| (Payout::Fails(code), Debit::Fails(code));
    for (account, method, token, (payout, debit)) in [
        ("000123456789", "success", "verified", (Payout::Paid, Debit::Succeeds)),
        ("000111111113", "accountClosed", "verified_accountClosed", fails("account_closed")),
        ("000111111116", "noAccount", "verified_noAccount", fails("no_account")),
        ("000222222227", "insufficientFunds", "verified_insufficientFunds", fails("insufficient_funds")),
        ("000333333335", "debitNotAuthorized", "verified_debitNotAuthorized", fails("debit_not_authorized")),
        ("000444444440", "invalidCurrency", "verified_invalidCurrency", fails("invalid_currency")),
        ("000000004954", "riskLevelHighest", "", (Payout::Paid, Debit::Blocked)),
        ("000666666661", "failMicrodeposits", "", (Payout::Paid, Debit::MicrodepositsFail)),
        ("000555555559", "dispute", "", (Payout::Paid, Debit::Disputed)),
        ("000000000009", "processing", "", (Payout::Paid, Debit::Processing)),
        ("000777777771", "weeklyLimitExceeded", "", (Payout::Paid, Debit::WeeklyLimitExceeded)),
        ("000888888885", "", "", (Payout::Paid, Debit::Succeeds)),
        ("000888888883", "", "", (Payout::NotInstant, Debit::Succeeds)),
        ("000999999991", "", "", (Payout::Paid, Debit::Succeeds)),
        ("000999999992", "", "", (Payout::Paid, Debit::Succeeds)),
    ] {
        let bank = find(ROUTING, account).expect(account);
        assert_eq!((bank.payout, bank.debit), (payout, debit), "{account}");
        for id in [format!("pm_usBankAccount_{method}"), format!("btok_us_{token}")] {
            if !id.ends_with('_') {
                assert_eq!(named(&id), Some(bank), "{id}");
            }
        }
    }
    assert_eq!(banks().count(), 15);
    assert!(routing_is_valid(ROUTING));
    assert_eq!(bank_name("110000000"), Some("STRIPE TEST BANK"));
    assert_eq!(bank_name("021000021"), None);
    assert!(admit("110000000", "000123456789").is_ok());
    assert!(admit("021000021", "000123456789").is_err());
    for id in ["btok_us_", "btok_us_nobody", "btok_verified", "pm_usBankAccount_", ""] {
        assert_eq!(named(id), None, "{id}");
    }
}
