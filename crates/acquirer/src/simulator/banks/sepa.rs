//! The documented test accounts of the euro area, by IBAN.
use super::Debit;

/// A test account of the euro area.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TestIban {
    /// The IBAN. Test numbers are public.
    pub iban: &'static str,
    /// Its name as a payment method, after `pm_sepaDebit_` or `pm_`.
    pub scenario: Option<&'static str>,
    /// What becomes of a debit from it, and after how many seconds.
    pub debit: (Debit, i64),
}

/// What becomes of a debit later, in seconds.
const DELAYED: i64 = 180;

/// The scenarios of every country, in the order of its IBANs below.
const SCENARIOS: [(Option<&str>, (Debit, i64)); 10] = [
    (Some("success"), (Debit::Succeeds, 0)),
    (Some("successDelayed"), (Debit::Succeeds, DELAYED)),
    (Some("failed"), (Debit::Fails("debit_not_authorized"), 0)),
    (Some("failedDelayed"), (Debit::Fails("debit_not_authorized"), DELAYED)),
    (Some("disputed"), (Debit::Disputed, 0)),
    (Some("exceedsWeeklyVolumeLimit"), (Debit::Fails("charge_exceeds_source_limit"), 0)),
    (Some("exceedsWeeklyTransactionLimit"), (Debit::WeeklyLimitExceeded, 0)),
    (Some("insufficientFunds"), (Debit::Fails("insufficient_funds"), 0)),
    // These two cannot even be entered.
    (None, (Debit::Unusable("sepa_debit_bank_not_supported"), 0)),
    (None, (Debit::Unusable("sepa_debit_debits_not_supported"), 0)),
];

/// Each country's IBANs; those of some countries end before the last two.
#[rustfmt::skip]
static IBANS: &[&[&str]] = &[
    &["AT611904300234573201", "AT321904300235473204", "AT861904300235473202", "AT051904300235473205", "AT591904300235473203",
      "AT981904300000343434", "AT601904300000121212", "AT981904300002222227", "AT271904300000055555", "AT511904300000066666"],
    &["BE62510007547061", "BE78510007547064", "BE68539007547034", "BE51510007547065", "BE08510007547063",
      "BE90510000343434", "BE52510000121212", "BE90510002222227", "BE19510000055555", "BE43510000066666"],
    &["DE89370400440532013000", "DE08370400440532013003", "DE62370400440532013001", "DE78370400440532013004", "DE35370400440532013002",
      "DE65370400440000343434", "DE27370400440000121212", "DE65370400440002222227", "DE91370400440000055555", "DE18370400440000066666"],
    &["FR1420041010050500013M02606", "FR3020041010050500013M02609", "FR8420041010050500013M02607", "FR7920041010050500013M02600",
      "FR5720041010050500013M02608", "FR9720041010050000000343434", "FR5920041010050000000121212", "FR9720041010050000002222227",
      "FR2620041010050000000055555", "FR5020041010050000000066666"],
    &["IE29AIBK93115212345678", "IE24AIBK93115212345671", "IE02AIBK93115212345679", "IE94AIBK93115212345672", "IE51AIBK93115212345670",
      "IE10AIBK93115200343434", "IE69AIBK93115200121212", "IE10AIBK93115202222227", "IE36AIBK93115200055555", "IE60AIBK93115200066666"],
    &["HR7624020064583467589", "HR6323600002337876649", "HR2725000096983499248", "HR6723600004878117427", "HR8724840081455523553",
      "HR7424020060000343434", "HR3624020060000121212", "HR7424020060002222227"],
    &["EE382200221020145685", "EE222200221020145682", "EE762200221020145680", "EE922200221020145683", "EE492200221020145681",
      "EE672200000000343434", "EE292200000000121212", "EE672200000002222227"],
    &["FI2112345600000785", "FI3712345600000788", "FI9112345600000786", "FI1012345600000789", "FI6412345600000787",
      "FI6712345600343434", "FI2912345600121212", "FI6712345602222227"],
];

/// Every test account of the euro area.
pub fn ibans() -> impl Iterator<Item = TestIban> {
    let of_country = |ibans: &'static [&'static str]| ibans.iter().zip(SCENARIOS);
    IBANS.iter().flat_map(move |ibans| of_country(ibans)).map(|(iban, (scenario, debit))| TestIban {
        iban,
        scenario,
        debit,
    })
}

/// The test account with this IBAN (without blanks).
pub fn find(iban: &str) -> Option<TestIban> {
    ibans().find(|it| it.iban == iban)
}

/// The test account of a documented payment method, such as `pm_sepaDebit_success_at`, or `pm_success_at` as it was
/// before.
pub fn named(id: &str) -> Option<TestIban> {
    let name = id.strip_prefix("pm_sepaDebit_").or_else(|| id.strip_prefix("pm_"))?;
    let (scenario, country) = name.rsplit_once('_')?;
    ibans().find(|it| {
        it.scenario == Some(scenario)
            && it.iban.get(..2).is_some_and(|cc| {
                country.len() == 2
                    && cc.chars().zip(country.chars()).all(|(a, b)| a.to_ascii_lowercase() == b)
            })
    })
}
