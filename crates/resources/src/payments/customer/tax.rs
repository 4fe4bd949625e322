//! Where a customer is for the purposes of tax (`tax`). Nobody here collects tax by itself, so what is known is the place.
use super::Customer;
use crate::address::Address;
use base::ApiError;
use std::net::IpAddr;
use wire::{Included, Patch, Wire};

/// Where a customer is for the purposes of tax.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct CustomerTax {
    /// Whether tax can be worked out.
    pub automatic_tax: AutomaticTax,
    /// From where they came last.
    pub ip_address: Option<String>,
    /// The place.
    pub location: Option<Location>,
    /// Who works tax out: `stripe`, which is this server.
    pub provider: String,
}

/// Whether tax can be worked out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum AutomaticTax {
    /// The account collects none there.
    NotCollecting,
    /// Nobody knows where they are.
    UnrecognizedLocation,
}

/// A place, as far as tax is concerned.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Location {
    /// Two letters.
    pub country: String,
    /// By what it is known.
    pub source: LocationSource,
    /// The state or province.
    pub state: Option<String>,
}

/// By what a place is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum LocationSource {
    /// Where they live.
    BillingAddress,
    /// Where goods are sent.
    ShippingDestination,
}

/// `tax` as sent.
#[derive(Debug, Wire)]
pub(super) struct TaxParams {
    ip_address: Patch<String>,
    validate_location: Option<ValidateLocation>,
}

/// When the place must be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
enum ValidateLocation {
    Deferred,
    Immediately,
}

/// The place of an address. In the United States and Canada the country does not say enough.
fn place(address: &Address, source: LocationSource) -> Option<Location> {
    let country = address.country.as_ref()?.to_ascii_uppercase();
    if country.len() != 2 {
        return None;
    }
    let enough = match country.as_str() {
        "US" => address.postal_code.is_some(),
        "CA" => address.postal_code.is_some() || address.state.is_some(),
        _ => true,
    };
    enough.then(|| Location { country, source, state: address.state.clone() })
}

impl Customer {
    /// Works out where the customer is, once somebody asked (`sent`). Errors: that is no IP address; the place must be known
    /// and is not.
    pub(super) fn locate(&mut self, sent: Option<TaxParams>) -> Result<(), ApiError> {
        let before = self.tax.0.take();
        if before.is_none() && sent.is_none() {
            return Ok(());
        }
        let mut ip_address = before.and_then(|it| it.ip_address);
        let must =
            sent.as_ref().is_some_and(|it| it.validate_location == Some(ValidateLocation::Immediately));
        if let Some(sent) = sent {
            if let Patch::Set(ip) = &sent.ip_address
                && ip.parse::<IpAddr>().is_err()
            {
                let message = "This is not a valid IP address.";
                return Err(ApiError::invalid(400, message).param("tax[ip_address]"));
            }
            sent.ip_address.apply(&mut ip_address);
        }
        let shipped = self.shipping.as_ref();
        let location = shipped
            .and_then(|it| place(&it.address, LocationSource::ShippingDestination))
            .or_else(|| place(self.address.as_ref()?, LocationSource::BillingAddress));
        if must && location.is_none() {
            let message = "We could not determine the customer's tax location based on the provided customer address. Send a country, and within the United States a postal code.";
            return Err(ApiError::invalid(400, message)
                .code("customer_tax_location_invalid")
                .param("address"));
        }
        let automatic_tax = match location {
            Some(_) => AutomaticTax::NotCollecting,
            None => AutomaticTax::UnrecognizedLocation,
        };
        self.tax =
            Included(Some(CustomerTax { automatic_tax, ip_address, location, provider: "stripe".into() }));
        Ok(())
    }
}
