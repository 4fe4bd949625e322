//! What else can be said of a draft: for whom it is, who bills, how it looks, how it may be paid, where goods go and what
//! that costs.
use super::Invoice;
use crate::{
    address::{Address, Shipping},
    billing::{
        amounts::{either, refused},
        line_item::TaxAmount,
        shipping_rate::{self, ShippingRate},
    },
    connect::account::Account,
    payments::{
        card::not_more_than,
        charge::make,
        customer::{AmountTaxDisplay, Customer},
        mandate::Mandate,
        payment_intent::types,
        tax_id::TaxId,
    },
};
use api::{Cx, Stop};
use base::{ApiError, Named as _, Ref};
use wire::{Included, Optional, Patch, Wire};

/// Who bills.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Issuer {
    /// The account, where it is not the one whose invoice it is.
    pub account: Optional<Ref<Account>>,
    /// Which of them.
    pub r#type: IssuerType,
}

/// Who can bill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum IssuerType {
    /// A connected account.
    Account,
    /// The account itself.
    Self_,
}

/// How an invoice looks.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Rendering {
    /// Whether amounts are shown with the tax that is within them.
    pub amount_tax_display: Option<AmountTaxDisplay>,
    /// How its document looks.
    pub pdf: Option<Pdf>,
    /// The template of it.
    pub template: Option<String>,
    /// The version of that.
    pub template_version: Option<i64>,
}

/// How the document of an invoice looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub struct Pdf {
    /// How large its pages are.
    pub page_size: Option<PageSize>,
}

/// How large pages are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum PageSize {
    /// 210 by 297 millimetres.
    A4,
    /// What is usual where the customer lives.
    Auto,
    /// 8.5 by 11 inches.
    Letter,
}

/// What shipping costs.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct ShippingCost {
    /// Without taxes, in minor units.
    pub amount_subtotal: i64,
    /// The taxes.
    pub amount_tax: i64,
    /// With taxes.
    pub amount_total: i64,
    /// What it follows from.
    pub shipping_rate: Option<Ref<ShippingRate>>,
    /// The taxes one by one.
    pub taxes: Included<Vec<TaxAmount>>,
}

/// How an invoice is to be paid.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct PaymentSettings {
    /// The mandate that allows it.
    pub default_mandate: Option<String>,
    /// What was said for each kind of payment method.
    pub payment_method_options: Option<String>,
    /// The kinds of payment methods that it can be paid with, where they are named.
    pub payment_method_types: Option<Vec<String>>,
}

/// `issuer` as sent.
#[derive(Debug, Wire)]
pub(super) struct IssuerParams {
    account: Option<String>,
    r#type: IssuerType,
}

/// `payment_settings` as sent.
#[derive(Debug, Wire)]
pub(super) struct PaymentSettingsParams {
    default_mandate: Patch<String>,
    payment_method_types: Patch<Vec<String>>,
}

/// `rendering` as sent.
#[derive(Debug, Wire)]
pub(super) struct RenderingParams {
    amount_tax_display: Patch<AmountTaxDisplay>,
    pdf: Option<PdfParams>,
}

/// `rendering[pdf]` as sent.
#[derive(Debug, Wire)]
struct PdfParams {
    page_size: Option<PageSize>,
}

/// `shipping_cost` as sent.
#[derive(Debug, Wire)]
pub(super) struct ShippingCostParams {
    shipping_rate: Option<String>,
    shipping_rate_data: Option<shipping_rate::Create>,
}

/// `shipping_details` as sent.
#[derive(Debug, Wire)]
pub(super) struct ShippingDetailsParams {
    address: Address,
    name: String,
    phone: Option<String>,
}

/// All of it as sent.
#[derive(Debug, Default)]
pub(super) struct Properties {
    pub(super) account_tax_ids: Patch<Vec<String>>,
    pub(super) issuer: Option<IssuerParams>,
    pub(super) on_behalf_of: Patch<String>,
    pub(super) payment_settings: Option<PaymentSettingsParams>,
    pub(super) rendering: Option<RenderingParams>,
    pub(super) shipping_cost: Patch<ShippingCostParams>,
    pub(super) shipping_details: Patch<ShippingDetailsParams>,
}

impl Properties {
    /// The first of what was sent.
    pub(super) fn first(&self) -> Option<&'static str> {
        let sent = [
            ("account_tax_ids", !matches!(self.account_tax_ids, Patch::Keep)),
            ("issuer", self.issuer.is_some()),
            ("on_behalf_of", !matches!(self.on_behalf_of, Patch::Keep)),
            ("payment_settings", self.payment_settings.is_some()),
            ("rendering", self.rendering.is_some()),
            ("shipping_cost", !matches!(self.shipping_cost, Patch::Keep)),
            ("shipping_details", !matches!(self.shipping_details, Patch::Keep)),
        ];
        sent.iter().find(|(_, sent)| *sent).map(|(name, _)| *name)
    }

    /// Takes it over. Errors: something that is named is not there, or not the account's to use.
    pub(super) async fn apply(self, cx: &mut Cx<'_>, it: &mut Invoice) -> Result<(), Stop> {
        match self.account_tax_ids {
            Patch::Keep => {}
            Patch::Clear => it.account_tax_ids = None,
            Patch::Set(ids) => it.account_tax_ids = Some(tax_ids(cx, ids).await?),
        }
        match self.on_behalf_of {
            Patch::Keep => {}
            Patch::Clear => it.on_behalf_of = None,
            Patch::Set(id) => {
                make::terms(cx, Some(&id)).await?;
                it.on_behalf_of = Some(Ref::to(id));
            }
        }
        if let Some(issuer) = self.issuer {
            it.issuer = issuer.read(cx).await?;
        }
        if let Some(settings) = self.payment_settings {
            settings.apply(cx, it).await?;
        }
        if let Some(rendering) = self.rendering {
            rendering.apply(it);
        }
        match self.shipping_cost {
            Patch::Keep => {}
            Patch::Clear => it.shipping_cost = None,
            Patch::Set(cost) => it.shipping_cost = Some(cost.read(cx, it).await?),
        }
        match self.shipping_details {
            Patch::Keep => {}
            Patch::Clear => it.shipping_details = None,
            Patch::Set(ShippingDetailsParams { address, name, phone }) => {
                not_more_than(TEXT_MAX, "shipping_details[name]", Some(&name))?;
                not_more_than(TEXT_MAX, "shipping_details[phone]", phone.as_deref())?;
                let (carrier, tracking_number) = (None, None);
                it.shipping_details =
                    Some(Shipping { address, carrier, name: Some(name), phone, tracking_number });
            }
        }
        Ok(())
    }
}

/// The longest of short texts, in characters.
const TEXT_MAX: usize = 5_000;

/// Checks tax ids of the account.
async fn tax_ids(cx: &mut Cx<'_>, ids: Vec<String>) -> Result<Vec<String>, Stop> {
    for (n, id) in ids.iter().enumerate() {
        let param = format!("account_tax_ids[{n}]");
        let it: TaxId = cx.must(&param, id).await?;
        if it.customer.is_some() {
            return Err(ApiError::no_such(TaxId::NAME, id, &param).into());
        }
    }
    Ok(ids)
}

impl IssuerParams {
    async fn read(self, cx: &Cx<'_>) -> Result<Issuer, Stop> {
        let account = match (self.r#type, self.account) {
            (IssuerType::Self_, None) => None,
            (IssuerType::Self_, Some(_)) => {
                let message = "You can only name an issuer[account] where issuer[type] is account.";
                return Err(refused(message).param("issuer[account]").into());
            }
            (IssuerType::Account, None) => return Err(ApiError::missing("issuer[account]").into()),
            (IssuerType::Account, Some(id)) => {
                make::terms(cx, Some(&id)).await.map_err(|stop| about(stop, "issuer[account]"))?;
                Some(Ref::to(id))
            }
        };
        Ok(Issuer { account: Optional(account), r#type: self.r#type })
    }
}

impl PaymentSettingsParams {
    async fn apply(self, cx: &mut Cx<'_>, it: &mut Invoice) -> Result<(), Stop> {
        let settings = &mut it.payment_settings;
        match self.default_mandate {
            Patch::Keep => {}
            Patch::Clear => settings.default_mandate = None,
            Patch::Set(id) => {
                cx.must::<Mandate>("payment_settings[default_mandate]", &id).await?;
                settings.default_mandate = Some(id);
            }
        }
        match self.payment_method_types {
            Patch::Keep => {}
            Patch::Clear => settings.payment_method_types = None,
            Patch::Set(kinds) => {
                let param = "payment_settings[payment_method_types]";
                let known = types::resolve(cx, &kinds, None, Some(it.currency), None).await;
                known.map_err(|stop| about(stop, param))?;
                settings.payment_method_types = Some(kinds).filter(|it| !it.is_empty());
            }
        }
        Ok(())
    }
}

impl Rendering {
    /// How the invoices of a customer look.
    pub(super) fn of(customer: &Customer) -> Option<Self> {
        let amount_tax_display = customer.invoice_settings.rendering_options.as_ref()?.amount_tax_display;
        Some(Rendering { amount_tax_display, pdf: None, template: None, template_version: None })
    }
}

impl RenderingParams {
    fn apply(self, it: &mut Invoice) {
        let rendering = it.rendering.get_or_insert(Rendering {
            amount_tax_display: None,
            pdf: None,
            template: None,
            template_version: None,
        });
        self.amount_tax_display.apply(&mut rendering.amount_tax_display);
        if let Some(pdf) = self.pdf {
            rendering.pdf = Some(Pdf { page_size: pdf.page_size.or(Some(PageSize::Auto)) });
        }
    }
}

impl ShippingCostParams {
    /// Errors: nothing is said, or both; the rate is not in use, or costs nothing in the currency of the invoice.
    async fn read(self, cx: &mut Cx<'_>, it: &Invoice) -> Result<ShippingCost, Stop> {
        let (rate, param): (ShippingRate, _) = match (self.shipping_rate, self.shipping_rate_data) {
            (Some(_), Some(_)) => {
                return Err(
                    either("shipping_cost[shipping_rate]", "shipping_cost[shipping_rate_data]").into()
                );
            }
            (None, None) => return Err(ApiError::missing("shipping_cost[shipping_rate]").into()),
            (Some(id), None) => {
                let param = "shipping_cost[shipping_rate]";
                (cx.must(param, &id).await?, param)
            }
            (None, Some(data)) => {
                let param = "shipping_cost[shipping_rate_data]";
                (shipping_rate::make(cx, data).map_err(|error| within(error, param))?, param)
            }
        };
        if !rate.active {
            return Err(refused(format!("The shipping rate {} is not active.", rate.id)).param(param).into());
        }
        let Some(amount) = rate.costs(it.currency) else {
            let message = format!("The shipping rate {} has no amount in {}.", rate.id, it.currency);
            return Err(refused(message).param(param).into());
        };
        Ok(ShippingCost {
            amount_subtotal: amount,
            amount_tax: 0,
            amount_total: amount,
            shipping_rate: Some(Ref::to(&rate.id)),
            taxes: Included(Some(Vec::new())),
        })
    }
}

/// The same error about this parameter.
fn about(stop: Stop, param: &str) -> Stop {
    let Stop::Api(mut error) = stop else { return stop };
    error.param = Some(param.to_owned());
    Stop::Api(error)
}

/// The same error about what stands within `at`.
fn within(mut error: ApiError, at: &str) -> ApiError {
    if let Some(param) = error.param.take() {
        let (first, rest) = param.split_at(param.find('[').unwrap_or(param.len()));
        error.param = Some(format!("{at}[{first}]{rest}"));
    }
    error
}

impl Invoice {
    /// The account that bills, where the invoice is one of `own`.
    pub fn biller<'a>(&'a self, own: &'a str) -> &'a str {
        let issuer = self.issuer.account.0.as_ref().or(self.on_behalf_of.as_ref());
        issuer.map_or(own, |it| &it.id)
    }
}
