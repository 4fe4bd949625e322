//! `invoice_settings` of a customer.
use crate::payments::{card::not_more_than, payment_method::MethodRef};
use base::ApiError;
use wire::{Patch, Wire};

/// How a customer's invoices look.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct InvoiceSettings {
    /// Lines shown on each invoice.
    pub custom_fields: Option<Vec<CustomField>>,
    /// What subscriptions are paid with.
    pub default_payment_method: Option<MethodRef>,
    /// The footer.
    pub footer: Option<String>,
    /// How amounts are shown.
    pub rendering_options: Option<RenderingOptions>,
}

/// How the amounts on an invoice are shown.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct RenderingOptions {
    /// With or without the tax that they include.
    pub amount_tax_display: Option<AmountTaxDisplay>,
    /// The template of the invoice.
    pub template: Option<String>,
}

/// Whether amounts include tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum AmountTaxDisplay {
    /// They do not.
    ExcludeTax,
    /// They do, where the price does.
    IncludeInclusiveTax,
}

/// A line shown on each invoice.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct CustomField {
    /// What it is called.
    pub name: String,
    /// What it says.
    pub value: String,
}

/// `invoice_settings` as sent.
#[derive(Debug, Wire)]
pub(super) struct InvoiceSettingsParams {
    custom_fields: Patch<Vec<CustomField>>,
    pub(super) default_payment_method: Patch<String>,
    footer: Patch<String>,
    rendering_options: Patch<RenderingParams>,
}

/// `invoice_settings[rendering_options]` as sent.
#[derive(Debug, Wire)]
pub(super) struct RenderingParams {
    amount_tax_display: Patch<AmountTaxDisplay>,
}

/// Lines on an invoice, and the characters of their names and values.
const CUSTOM_FIELDS_MAX: (usize, usize, usize) = (4, 40, 140);
/// The longest footer, in characters.
pub(crate) const FOOTER_MAX: usize = 5000;

/// Checks lines that invoices show, which stand at `at`. Errors: too many, or one is too long.
pub(crate) fn check_custom_fields(lines: &[CustomField], at: &str) -> Result<(), ApiError> {
    let (most, name_max, value_max) = CUSTOM_FIELDS_MAX;
    if lines.len() > most {
        let message = format!("An invoice can have up to {most} custom fields.");
        return Err(ApiError::invalid(400, message).param(at));
    }
    for (n, line) in lines.iter().enumerate() {
        not_more_than(name_max, &format!("{at}[{n}][name]"), Some(&line.name))?;
        not_more_than(value_max, &format!("{at}[{n}][value]"), Some(&line.value))?;
    }
    Ok(())
}

impl InvoiceSettings {
    /// Takes up what was sent. Errors: a text or a list is too long.
    pub(super) fn set(&mut self, p: Option<InvoiceSettingsParams>) -> Result<(), ApiError> {
        let Some(p) = p else { return Ok(()) };
        if let Patch::Set(lines) = &p.custom_fields {
            check_custom_fields(lines, "invoice_settings[custom_fields]")?;
        }
        if let Patch::Set(footer) = &p.footer {
            not_more_than(FOOTER_MAX, "invoice_settings[footer]", Some(footer))?;
        }
        p.custom_fields.apply(&mut self.custom_fields);
        p.footer.apply(&mut self.footer);
        match p.rendering_options {
            Patch::Keep => {}
            Patch::Clear => self.rendering_options = None,
            Patch::Set(RenderingParams { amount_tax_display }) => {
                let options = self
                    .rendering_options
                    .get_or_insert(RenderingOptions { amount_tax_display: None, template: None });
                amount_tax_display.apply(&mut options.amount_tax_display);
            }
        }
        Ok(())
    }
}
