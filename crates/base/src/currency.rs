//! Currencies: three letters, their minor unit and the smallest charge.
use std::fmt;
use wire::{At, Bad, Node, Shape, Wire, text};

/// An ISO 4217 currency that can be presented; lower case on the wire.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

/// Currencies without a minor unit (API page "Supported currencies").
const ZERO_DECIMAL: &str = "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf";
/// Currencies whose minor unit is a thousandth; the last digit must be zero.
const THREE_DECIMAL: &str = "bhd jod kwd omr tnd";
/// The others that can be presented.
const TWO_DECIMAL: &str = "usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bmd bnd bob brl bsd bwp byn bzd \
     cad cdf chf cny cop crc cve czk dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gtq gyd hkd hnl htg huf idr \
     ils inr isk jmd kes kgs khr kyd kzt lak lbp lkr lrd lsl mad mdl mkd mmk mnt mop mur mvr mwk mxn myr mzn nad \
     ngn nio nok npr nzd pab pen pgk php pkr pln qar ron rsd rub sar sbd scr sek sgd shp sle sos srd std szl thb \
     tjs top try ttd twd tzs uah ugx uyu uzs wst xcd yer zar zmw bgn";
/// The smallest charge in minor units where it is not fifty.
const MINIMUM: &[(&str, i64)] = &[
    ("aed", 200),
    ("bgn", 100),
    ("czk", 1500),
    ("dkk", 250),
    ("gbp", 30),
    ("hkd", 400),
    ("huf", 17_500),
    ("jpy", 50),
    ("mxn", 1000),
    ("myr", 200),
    ("nok", 300),
    ("pln", 200),
    ("ron", 200),
    ("sek", 300),
    ("thb", 1000),
];

impl Currency {
    /// United States dollar.
    pub const USD: Currency = Currency(*b"usd");

    /// The currency that a code names, in any case; `None` where it cannot be presented.
    pub fn parse(code: &str) -> Option<Self> {
        let bytes: [u8; 3] = code.as_bytes().try_into().ok()?;
        let lower = bytes.map(|b| b.to_ascii_lowercase());
        let it = Currency(lower);
        let known = |list: &str| list.split_ascii_whitespace().any(|code| code.as_bytes() == lower);
        (known(TWO_DECIMAL) || known(ZERO_DECIMAL) || known(THREE_DECIMAL)).then_some(it)
    }
    /// Every currency that can be presented, in the order of the alphabet.
    pub fn all() -> impl Iterator<Item = Currency> {
        let mut all: Vec<Currency> = [ZERO_DECIMAL, THREE_DECIMAL, TWO_DECIMAL]
            .into_iter()
            .flat_map(str::split_ascii_whitespace)
            .filter_map(Currency::parse)
            .collect();
        all.sort();
        all.into_iter()
    }
    /// The code in lower case.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("usd")
    }
    /// Digits of the minor unit: 0, 2 or 3.
    pub fn decimals(self) -> u32 {
        let is = |list: &str| list.split_ascii_whitespace().any(|code| code.as_bytes() == self.0);
        if is(ZERO_DECIMAL) {
            0
        } else if is(THREE_DECIMAL) {
            3
        } else {
            2
        }
    }
    /// The smallest amount that can be charged, in minor units.
    pub fn minimum(self) -> i64 {
        let listed = MINIMUM.iter().find(|(code, _)| *code == self.as_str()).map(|(_, least)| *least);
        listed.unwrap_or(50)
    }
    /// An amount for a person: `$0.50 usd` is written as `$0.50`, others with their code.
    pub fn display(self, amount: i64) -> String {
        let (decimals, whole) = (self.decimals(), 10i64.pow(self.decimals()));
        let sign = if amount < 0 { "-" } else { "" };
        let (units, rest) = (amount.unsigned_abs() / whole as u64, amount.unsigned_abs() % whole as u64);
        let number = if decimals == 0 {
            units.to_string()
        } else {
            format!("{units}.{rest:0width$}", width = decimals as usize)
        };
        match self.as_str() {
            "usd" => format!("{sign}${number}"),
            "eur" => format!("{sign}€{number}"),
            "gbp" => format!("{sign}£{number}"),
            code => format!("{sign}{number} {}", code.to_ascii_uppercase()),
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Wire for Currency {
    const SHAPE: Shape = Shape::Text;
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        let code = text(at, node)?;
        Currency::parse(code).ok_or_else(|| {
            let shown: String = code.chars().take(20).collect();
            let message = format!("Invalid currency: {}. This account can charge in the currencies listed under \"Supported currencies\" in the API documentation, written as three letters such as usd.", shown.to_lowercase());
            Bad::Invalid { param: at.path(), code: None, message }
        })
    }
    fn write(&self, out: &mut Vec<u8>) {
        wire::write_str(out, self.as_str());
    }
}
