//! What a price says of amounts, as it is sent and as it is kept.
use super::{BillingScheme, Price, TiersMode};
use crate::billing::amounts::{ByCurrency, TaxBehavior, bounds, not_negative, refused, unit};
use base::{ApiError, Currency};
use money::{Decimal, Package, Scheme};
use wire::{At, Bad, Node, Optional, Patch, Shape, Wire};

/// A tier.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Tier {
    /// What is added once, where that is a whole number.
    pub flat_amount: Option<i64>,
    /// What is added once.
    pub flat_amount_decimal: Option<Decimal>,
    /// What a unit costs, where that is a whole number.
    pub unit_amount: Option<i64>,
    /// What a unit costs.
    pub unit_amount_decimal: Option<Decimal>,
    /// The last quantity within it; none for the last tier.
    pub up_to: Option<i64>,
}

/// Between which bounds the customer says what to pay, in minor units.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct CustomUnitAmount {
    /// At most.
    pub maximum: Option<i64>,
    /// At least.
    pub minimum: Option<i64>,
    /// What is proposed.
    pub preset: Option<i64>,
}

/// How units make packages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub struct TransformQuantity {
    /// How many units a package has.
    pub divide_by: i64,
    /// What becomes of a package that is begun.
    pub round: Round,
}

/// What becomes of a package that is begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Round {
    /// It does not count.
    Down,
    /// It counts.
    Up,
}

/// What a price is in one of its currencies.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct CurrencyOption {
    /// Between which bounds the customer says what to pay.
    pub custom_unit_amount: Option<CustomUnitAmount>,
    /// Whether it is with tax.
    pub tax_behavior: Option<TaxBehavior>,
    /// What units cost by their number.
    pub tiers: Optional<Vec<Tier>>,
    /// What a unit costs, where that is a whole number.
    pub unit_amount: Option<i64>,
    /// What a unit costs.
    pub unit_amount_decimal: Option<Decimal>,
}

/// Where a tier ends, as sent: at a quantity, or `inf`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UpTo {
    Quantity(i64),
    Inf,
}

impl Wire for UpTo {
    const SHAPE: Shape = Shape::Any;
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        match node.and_then(Node::as_str) {
            Some("inf") => Ok(UpTo::Inf),
            _ => i64::read(at, node).map(UpTo::Quantity),
        }
    }
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            UpTo::Quantity(it) => it.write(out),
            UpTo::Inf => wire::write_str(out, "inf"),
        }
    }
}

/// A tier as sent.
#[derive(Debug, Wire)]
pub(crate) struct TierParams {
    flat_amount: Option<i64>,
    flat_amount_decimal: Option<Decimal>,
    unit_amount: Option<i64>,
    unit_amount_decimal: Option<Decimal>,
    up_to: UpTo,
}

/// `custom_unit_amount` as sent.
#[derive(Debug, Wire)]
pub(crate) struct CustomParams {
    enabled: bool,
    maximum: Option<i64>,
    minimum: Option<i64>,
    preset: Option<i64>,
}

/// What a price is in another currency, as sent.
#[derive(Debug, Wire)]
pub(crate) struct OptionParams {
    custom_unit_amount: Option<CustomParams>,
    tax_behavior: Option<TaxBehavior>,
    tiers: Vec<TierParams>,
    unit_amount: Option<i64>,
    unit_amount_decimal: Option<Decimal>,
}

/// What a price costs, in one currency.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cost {
    Unit(Decimal),
    Custom(CustomUnitAmount),
    Tiers(Vec<Tier>),
}

/// What is sent of a cost, and how the parameters are called.
pub(super) struct Given<'p> {
    pub(super) unit: (&'p str, Option<i64>),
    pub(super) decimal: (&'p str, Option<Decimal>),
    pub(super) custom: (&'p str, Option<CustomParams>),
    pub(super) tiers: (&'p str, Vec<TierParams>),
}

/// The most tiers.
const TIERS_MAX: usize = 100;

impl Given<'_> {
    /// What it comes to. Errors: nothing was sent, or more than one way.
    pub(super) fn cost(self, scheme: BillingScheme) -> Result<Cost, ApiError> {
        let unit_sent = self.unit.1.is_some() || self.decimal.1.is_some();
        if scheme == BillingScheme::Tiered {
            if unit_sent || self.custom.1.is_some() {
                let name = if unit_sent { self.unit.0 } else { self.custom.0 };
                return Err(refused(format!(
                    "You cannot set {name} where billing_scheme is tiered; set tiers instead."
                ))
                .param(name));
            }
            return tiers(self.tiers.0, self.tiers.1).map(Cost::Tiers);
        }
        if !self.tiers.1.is_empty() {
            return Err(refused("You can only set tiers where billing_scheme is tiered.").param(self.tiers.0));
        }
        match (self.custom.1, unit(self.unit, self.decimal)?) {
            (Some(_), Some(_)) => Err(crate::billing::amounts::either(self.unit.0, self.custom.0)),
            (Some(custom), None) => custom.read(self.custom.0).map(Cost::Custom),
            (None, Some(unit)) => Ok(Cost::Unit(unit)),
            (None, None) => Err(ApiError::missing(self.unit.0)),
        }
    }
}

impl CustomParams {
    fn read(self, name: &str) -> Result<CustomUnitAmount, ApiError> {
        let at = |member: &str| format!("{name}[{member}]");
        if !self.enabled {
            return Err(refused("A custom amount must be enabled, or left out.").param(at("enabled")));
        }
        for (member, amount) in
            [("maximum", self.maximum), ("minimum", self.minimum), ("preset", self.preset)]
        {
            amount.map_or(Ok(()), |amount| not_negative(&at(member), amount))?;
        }
        let (least, most) = (self.minimum.unwrap_or(0), self.maximum.unwrap_or(i64::MAX));
        if least > most {
            return Err(refused("The maximum must not be below the minimum.").param(at("maximum")));
        }
        if self.preset.is_some_and(|preset| preset < least || preset > most) {
            return Err(
                refused("The preset must lie between the minimum and the maximum.").param(at("preset"))
            );
        }
        Ok(CustomUnitAmount { maximum: self.maximum, minimum: self.minimum, preset: self.preset })
    }
}

/// Reads tiers: rising, the last without an end, each with some amount.
fn tiers(name: &str, given: Vec<TierParams>) -> Result<Vec<Tier>, ApiError> {
    if given.is_empty() {
        return Err(ApiError::missing(name));
    }
    if given.len() > TIERS_MAX {
        return Err(refused(format!("A price can have up to {TIERS_MAX} tiers.")).param(name));
    }
    let (last, mut before) = (given.len() - 1, 0);
    let mut all = Vec::with_capacity(given.len());
    for (n, it) in given.into_iter().enumerate() {
        let at = |member: &str| format!("{name}[{n}][{member}]");
        let flat =
            unit((&at("flat_amount"), it.flat_amount), (&at("flat_amount_decimal"), it.flat_amount_decimal))?;
        let each =
            unit((&at("unit_amount"), it.unit_amount), (&at("unit_amount_decimal"), it.unit_amount_decimal))?;
        if flat.is_none() && each.is_none() {
            return Err(
                refused("Each tier must have a unit amount or a flat amount.").param(at("unit_amount"))
            );
        }
        let up_to = match it.up_to {
            UpTo::Inf if n == last => None,
            UpTo::Quantity(end) if n < last && end > before => Some(end),
            UpTo::Inf => return Err(refused("Only the last tier can be up to inf.").param(at("up_to"))),
            UpTo::Quantity(_) if n == last => {
                return Err(refused("The last tier must be up to inf.").param(at("up_to")));
            }
            UpTo::Quantity(_) => {
                return Err(refused("Tiers must rise: each ends above the one before.").param(at("up_to")));
            }
        };
        before = up_to.unwrap_or(before);
        all.push(Tier {
            flat_amount: flat.and_then(Decimal::whole),
            flat_amount_decimal: flat,
            unit_amount: each.and_then(Decimal::whole),
            unit_amount_decimal: each,
            up_to,
        });
    }
    Ok(all)
}

impl TransformQuantity {
    /// Whether it can be. Errors name `param`.
    pub(super) fn check(self, param: &str) -> Result<(), ApiError> {
        bounds(&format!("{param}[divide_by]"), self.divide_by, (1, 1_000_000_000))
    }
}

impl Cost {
    /// What it is as an option of a currency.
    pub(super) fn option(self, tax_behavior: Option<TaxBehavior>) -> CurrencyOption {
        let (mut unit, mut custom, mut tiers) = (None, None, None);
        match self {
            Cost::Unit(amount) => unit = Some(amount),
            Cost::Custom(amount) => custom = Some(amount),
            Cost::Tiers(all) => tiers = Some(all),
        }
        CurrencyOption {
            custom_unit_amount: custom,
            tax_behavior,
            tiers: Optional(tiers),
            unit_amount: unit.and_then(Decimal::whole),
            unit_amount_decimal: unit,
        }
    }
}

impl OptionParams {
    /// What a price of this scheme is in a currency.
    pub(super) fn read(
        self,
        currency: Currency,
        scheme: BillingScheme,
        above: &str,
    ) -> Result<CurrencyOption, ApiError> {
        let at = |member: &str| format!("{above}[{currency}][{member}]");
        let names = [at("unit_amount"), at("unit_amount_decimal"), at("custom_unit_amount"), at("tiers")];
        let given = Given {
            unit: (&names[0], self.unit_amount),
            decimal: (&names[1], self.unit_amount_decimal),
            custom: (&names[2], self.custom_unit_amount),
            tiers: (&names[3], self.tiers),
        };
        Ok(given.cost(scheme)?.option(self.tax_behavior.or(Some(TaxBehavior::Unspecified))))
    }
}

impl Price {
    /// Sets what it is in other currencies. Errors: the first one is among them.
    pub(super) fn more_currencies(&mut self, given: Patch<ByCurrency<OptionParams>>) -> Result<(), ApiError> {
        const NAME: &str = "currency_options";
        let given = match given {
            Patch::Keep => return Ok(()),
            Patch::Clear => {
                if let Some(all) = self.currency_options.0.as_mut() {
                    all.0.retain(|(currency, _)| *currency == self.currency);
                }
                return Ok(());
            }
            Patch::Set(given) => given,
        };
        let all = self.currency_options.0.get_or_insert_default();
        for (currency, option) in given.0 {
            if currency == self.currency {
                let message =
                    format!("The currency of the price itself, {currency}, cannot be one of its options.");
                return Err(refused(message).param(format!("{NAME}[{currency}]")));
            }
            all.set(currency, option.read(currency, self.billing_scheme, NAME)?);
        }
        Ok(())
    }

    /// How a quantity of it is priced in a currency; none where it has no amount in that.
    pub(crate) fn scheme(&self, currency: Currency) -> Option<Scheme> {
        let option = self.currency_options.0.as_ref()?.get(currency)?;
        if let Some(unit) = option.unit_amount_decimal {
            return Some(Scheme::PerUnit(unit));
        }
        let tier = |it: &Tier| money::Tier {
            up_to: it.up_to,
            unit: it.unit_amount_decimal.unwrap_or_default(),
            flat: it.flat_amount_decimal.unwrap_or_default(),
        };
        let tiers = option.tiers.0.as_ref()?.iter().map(tier).collect();
        Some(match self.tiers_mode? {
            TiersMode::Graduated => Scheme::Graduated(tiers),
            TiersMode::Volume => Scheme::Volume(tiers),
        })
    }

    /// What a quantity of it costs in a currency, in minor units; none where it has no amount in that, or that is too large.
    pub(crate) fn amount(&self, quantity: i64, currency: Currency) -> Option<i64> {
        let package =
            self.transform_quantity.map(|it| Package { size: it.divide_by, up: it.round == Round::Up });
        let counted = package.map_or(quantity, |package| package.count(quantity));
        self.scheme(currency)?.amount(counted)
    }
}
