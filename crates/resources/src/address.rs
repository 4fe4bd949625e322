//! Postal addresses, and where something is shipped: parts of several nouns.
use wire::Wire;

/// A postal address.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct Address {
    /// City.
    pub city: Option<String>,
    /// Two letters (ISO 3166-1).
    pub country: Option<String>,
    /// Street, or company.
    pub line1: Option<String>,
    /// Apartment, suite or building.
    pub line2: Option<String>,
    /// ZIP or postal code.
    pub postal_code: Option<String>,
    /// State, county, province or region.
    pub state: Option<String>,
}

/// Where and to whom something is shipped.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Shipping {
    /// Where.
    pub address: Address,
    /// Who delivers.
    pub carrier: Option<String>,
    /// To whom.
    pub name: Option<String>,
    /// Their telephone number.
    pub phone: Option<String>,
    /// The number by which the parcel is followed.
    pub tracking_number: Option<String>,
}
