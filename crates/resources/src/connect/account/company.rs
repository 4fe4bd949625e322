//! The company behind an account.
use super::fields::{
    AddressParams, Day, DayParams, Declaration, DeclarationParams, Document, DocumentParams, JapanAddress,
    JapanAddressParams, member, phone, text,
};
use super::{NamedFile, papers::COMPANY};
use crate::{
    address::Address,
    payments::{card::Entered, token::Origin},
};
use base::{ApiError, Timestamp};
use wire::{Bad, Optional, Patch, Wire};

/// The company behind an account. Numbers that identify it are checked and not kept.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct Company {
    /// Where it is.
    pub address: Optional<Address>,
    /// The same in kana.
    pub address_kana: Optional<JapanAddress>,
    /// The same in kanji.
    pub address_kanji: Optional<JapanAddress>,
    /// Where it is administered.
    pub administrative_address: Optional<Address>,
    /// Whether all directors were given.
    pub directors_provided: Optional<bool>,
    /// That what is said of directors is true.
    pub directorship_declaration: Optional<Declaration>,
    /// Whether all executives were given.
    pub executives_provided: Optional<bool>,
    /// The licence to export.
    pub export_license_id: Optional<Option<String>>,
    /// Why it exports.
    pub export_purpose_code: Optional<Option<String>>,
    /// Its name as registered.
    pub name: Option<String>,
    /// The same in kana.
    pub name_kana: Optional<Option<String>>,
    /// The same in kanji.
    pub name_kanji: Optional<Option<String>>,
    /// Whether all owners were given.
    pub owners_provided: Optional<bool>,
    /// That what is said of owners is true.
    pub ownership_declaration: Optional<Declaration>,
    /// Why no owners need be given.
    pub ownership_exemption_reason: Optional<Exemption>,
    /// Its telephone number.
    pub phone: Option<String>,
    /// Where it is in fact.
    pub physical_address: Optional<Address>,
    /// Where it mostly does business.
    pub principal_place_of_business: Optional<Address>,
    /// When it was registered.
    pub registration_date: Optional<Day>,
    /// That whoever represents it may.
    pub representative_declaration: Optional<Declaration>,
    /// Its legal form.
    pub structure: Optional<Structure>,
    /// Whether its tax id was given.
    pub tax_id_provided: Optional<bool>,
    /// Where its tax id is registered.
    pub tax_id_registrar: Optional<Option<String>>,
    /// Whether its VAT number was given.
    pub vat_id_provided: Optional<bool>,
    /// Its documents.
    pub verification: Optional<CompanyVerification>,
}

/// Documents of a company.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct CompanyVerification {
    /// The document.
    pub document: Document,
}

/// Why no owners need be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Exemption {
    /// Nobody owns enough of it.
    QualifiedEntityExceedsOwnershipThreshold,
    /// It is a bank or the like.
    QualifiesAsFinancialInstitution,
}

/// The legal form of a company.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
#[expect(missing_docs, reason = "the names are those of the law")]
pub enum Structure {
    FreeZoneEstablishment,
    FreeZoneLlc,
    GovernmentInstrumentality,
    GovernmentalUnit,
    IncorporatedNonProfit,
    IncorporatedPartnership,
    LimitedLiabilityPartnership,
    Llc,
    MultiMemberLlc,
    PrivateCompany,
    PrivateCorporation,
    PrivatePartnership,
    PublicCompany,
    PublicCorporation,
    PublicPartnership,
    RegisteredCharity,
    SingleMemberLlc,
    SoleEstablishment,
    SoleProprietorship,
    TaxExemptGovernmentInstrumentality,
    UnincorporatedAssociation,
    UnincorporatedNonProfit,
    UnincorporatedPartnership,
}

/// `company` as sent.
#[derive(Debug, Wire)]
pub(super) struct CompanyParams {
    address: Option<AddressParams>,
    address_kana: Option<JapanAddressParams>,
    address_kanji: Option<JapanAddressParams>,
    administrative_address: Option<AddressParams>,
    directors_provided: Option<bool>,
    directorship_declaration: Option<DeclarationParams>,
    executives_provided: Option<bool>,
    export_license_id: Patch<String>,
    export_purpose_code: Patch<String>,
    name: Patch<String>,
    name_kana: Patch<String>,
    name_kanji: Patch<String>,
    owners_provided: Option<bool>,
    ownership_declaration: Option<DeclarationParams>,
    ownership_declaration_shown_and_signed: Option<bool>,
    ownership_exemption_reason: Patch<Exemption>,
    phone: Patch<String>,
    physical_address: Option<AddressParams>,
    principal_place_of_business: Option<AddressParams>,
    registration_date: Patch<DayParams>,
    registration_number: Option<Entered>,
    representative_declaration: Option<DeclarationParams>,
    structure: Patch<Structure>,
    tax_id: Option<Entered>,
    tax_id_registrar: Patch<String>,
    vat_id: Option<Entered>,
    verification: Option<VerificationParams>,
}

#[derive(Debug, Wire)]
struct VerificationParams {
    document: Option<DocumentParams>,
}

/// What is found out when a company is sent: what the number says for which it is known.
pub(super) struct Told {
    /// What becomes of its tax id, where one was sent.
    pub(super) tax_id: Option<String>,
}

/// The longest number, in characters.
const NUMBER_MAX: usize = 100;

impl CompanyParams {
    /// The files that were named.
    pub(super) fn named(&self) -> Vec<NamedFile> {
        let document = self.verification.as_ref().and_then(|it| it.document.as_ref());
        document.map(|it| it.named("company[verification][document]", COMPANY)).unwrap_or_default()
    }
    /// Errors: what is said in tokens alone.
    pub(super) fn beyond_plain(&self) -> Result<(), Bad> {
        match self.ownership_declaration_shown_and_signed {
            Some(_) => Err(Bad::Unknown(vec!["company[ownership_declaration_shown_and_signed]".into()])),
            None => Ok(()),
        }
    }
    /// Turns what was signed where the token was made into a declaration.
    pub(super) fn declare(&mut self, origin: &Origin) {
        if self.ownership_declaration_shown_and_signed.take() == Some(true) {
            self.ownership_declaration = Some(DeclarationParams::of(origin));
        }
    }
    /// Applies what was sent. Errors: what cannot be kept, under `company[…]`.
    pub(super) fn apply(self, now: Timestamp, to: &mut Company) -> Result<Told, ApiError> {
        for (name, params, field) in [
            ("address", self.address, &mut to.address),
            ("administrative_address", self.administrative_address, &mut to.administrative_address),
            ("physical_address", self.physical_address, &mut to.physical_address),
            (
                "principal_place_of_business",
                self.principal_place_of_business,
                &mut to.principal_place_of_business,
            ),
        ] {
            if let Some(params) = params {
                params.apply(&format!("company[{name}]"), field.0.get_or_insert_default())?;
            }
        }
        for (name, params, field) in [
            ("address_kana", self.address_kana, &mut to.address_kana),
            ("address_kanji", self.address_kanji, &mut to.address_kanji),
        ] {
            if let Some(params) = params {
                params.apply(&format!("company[{name}]"), field.0.get_or_insert_default())?;
            }
        }
        for (name, params, field) in [
            ("directorship_declaration", self.directorship_declaration, &mut to.directorship_declaration),
            ("ownership_declaration", self.ownership_declaration, &mut to.ownership_declaration),
            (
                "representative_declaration",
                self.representative_declaration,
                &mut to.representative_declaration,
            ),
        ] {
            if let Some(params) = params {
                params.apply(&format!("company[{name}]"), now, field.0.get_or_insert_default())?;
            }
        }
        for (sent, field) in [
            (self.directors_provided, &mut to.directors_provided),
            (self.executives_provided, &mut to.executives_provided),
            (self.owners_provided, &mut to.owners_provided),
        ] {
            if sent.is_some() {
                field.0 = sent;
            }
        }
        text("company[name]", self.name, &mut to.name)?;
        phone("company[phone]", &self.phone)?;
        self.phone.apply(&mut to.phone);
        for (name, patch, field) in [
            ("export_license_id", self.export_license_id, &mut to.export_license_id),
            ("export_purpose_code", self.export_purpose_code, &mut to.export_purpose_code),
            ("name_kana", self.name_kana, &mut to.name_kana),
            ("name_kanji", self.name_kanji, &mut to.name_kanji),
            ("tax_id_registrar", self.tax_id_registrar, &mut to.tax_id_registrar),
        ] {
            member(&format!("company[{name}]"), patch, field)?;
            // What is cleared is left out.
            field.0 = field.0.take().filter(Option::is_some);
        }
        self.ownership_exemption_reason.apply(&mut to.ownership_exemption_reason.0);
        self.structure.apply(&mut to.structure.0);
        match self.registration_date {
            Patch::Keep => {}
            Patch::Clear => to.registration_date.0 = None,
            Patch::Set(day) => to.registration_date.0 = Some(day.day("company[registration_date]")?),
        }
        if let Some(document) = self.verification.and_then(|it| it.document) {
            let kept = to.verification.0.get_or_insert_default();
            document.apply(&mut kept.document);
        }
        number("registration_number", self.registration_number.as_ref())?;
        if let Some(given) = number("vat_id", self.vat_id.as_ref())? {
            to.vat_id_provided.0 = Some(!given.is_empty());
        }
        let tax_id = number("tax_id", self.tax_id.as_ref())?;
        if let Some(given) = &tax_id {
            to.tax_id_provided.0 = Some(!given.is_empty());
        }
        Ok(Told { tax_id })
    }
}

/// The digits and letters of a number.
fn number(name: &str, sent: Option<&Entered>) -> Result<Option<String>, ApiError> {
    let Some(sent) = sent else { return Ok(None) };
    let text = sent.0.reveal();
    if text.len() > NUMBER_MAX || text.chars().any(char::is_control) {
        let message = format!("Invalid {name}: send the number as it was issued.");
        return Err(ApiError::invalid(400, message).param(format!("company[{name}]")));
    }
    Ok(Some(text.chars().filter(char::is_ascii_alphanumeric).collect()))
}
