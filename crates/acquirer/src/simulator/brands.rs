//! Cards that succeed, by brand; those of the first years included.
use super::table::{
    Authentication,
    Funding::{Credit, Debit, Prepaid},
    Payout, TestCard, card,
};
use crate::Brand::{Amex, Diners, Discover, Jcb, Mastercard, UnionPay, Visa};

#[rustfmt::skip]
pub(super) static CARDS: &[TestCard] = &[
    card("4242424242424242", Visa, Credit, "US", &["visa", "us"]),
    card("4012888888881881", Visa, Credit, "US", &[]),
    card("4000056655665556", Visa, Debit, "US", &["visa_debit", "visa_debit_us_transferSuccess"]).pays_out(Payout::Paid),
    card("5555555555554444", Mastercard, Credit, "US", &["mastercard"]),
    card("2223003122003222", Mastercard, Credit, "US", &[]),
    card("5200828282828210", Mastercard, Debit, "US", &["mastercard_debit", "mastercard_debit_us_transferSuccess"]).pays_out(Payout::Paid),
    card("5105105105105100", Mastercard, Prepaid, "US", &["mastercard_prepaid"]),
    card("378282246310005", Amex, Credit, "US", &["amex", "amex_threeDSecureNotSupported"]).asks(Authentication::NotSupported),
    card("371449635398431", Amex, Credit, "US", &[]),
    card("6011111111111117", Discover, Credit, "US", &["discover"]),
    card("6011000990139424", Discover, Credit, "US", &[]),
    card("6011981111111113", Discover, Debit, "US", &["discover_debit_us_transferSuccess"]).pays_out(Payout::Paid),
    card("3056930009020004", Diners, Credit, "US", &["diners"]),
    card("36227206271667", Diners, Credit, "US", &[]),
    card("30569309025904", Diners, Credit, "US", &[]),
    card("38520000023237", Diners, Credit, "US", &[]),
    // BCcard and DinaCard run on Discover's network.
    card("6555900000604105", Discover, Credit, "US", &[]),
    card("3566002020360505", Jcb, Credit, "JP", &["jcb"]),
    card("6200000000000005", UnionPay, Credit, "CN", &["unionpay"]),
    card("6200000000000047", UnionPay, Debit, "CN", &[]),
    card("6205500000000000004", UnionPay, Credit, "CN", &[]),
    card("4000002500001001", Visa, Credit, "FR", &["visa_cartesBancaires"]).with("cartes_bancaires"),
    card("5555552500001001", Mastercard, Credit, "FR", &["mastercard_cartesBancaires"]).with("cartes_bancaires"),
    card("4000050360000001", Visa, Debit, "AU", &["visa_debit_eftposAuCoBranded"]).with("eftpos_au"),
    card("5555050360000080", Mastercard, Debit, "AU", &["mastercard_debit_eftposAuCoBranded"]).with("eftpos_au"),
    card("4000051230000072", Visa, Debit, "US", &["visaFsaProductCode", "visaHsaProductCode"]),
    card("5200828282828897", Mastercard, Debit, "US", &["mastercard_debit_mastercardFsaProductCode"]),
];
