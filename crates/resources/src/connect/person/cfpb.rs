//! What the consumer protection law of the United States asks about the owners of small businesses.
use crate::{connect::account::text, payments::card::not_more_than};
use base::ApiError;
use wire::{Patch, Wire};

/// What somebody said of themselves.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct Cfpb {
    /// Their ethnicity.
    pub ethnicity_details: Option<EthnicityDetails>,
    /// Their race.
    pub race_details: Option<RaceDetails>,
    /// Their gender in their own words.
    pub self_identified_gender: Option<String>,
}

/// What somebody said of their ethnicity.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct EthnicityDetails {
    /// In the words of the form.
    pub ethnicity: Option<Vec<Ethnicity>>,
    /// In their own.
    pub ethnicity_other: Option<String>,
}

/// What somebody said of their race.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct RaceDetails {
    /// In the words of the form.
    pub race: Option<Vec<Race>>,
    /// In their own.
    pub race_other: Option<String>,
}

/// The words of the form for ethnicities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Ethnicity {
    Cuban,
    HispanicOrLatino,
    Mexican,
    NotHispanicOrLatino,
    OtherHispanicOrLatino,
    PreferNotToAnswer,
    PuertoRican,
}

/// The words of the form for races.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Race {
    AfricanAmerican,
    AmericanIndianOrAlaskaNative,
    Asian,
    AsianIndian,
    BlackOrAfricanAmerican,
    Chinese,
    Ethiopian,
    Filipino,
    GuamanianOrChamorro,
    Haitian,
    Jamaican,
    Japanese,
    Korean,
    NativeHawaiian,
    NativeHawaiianOrOtherPacificIslander,
    Nigerian,
    OtherAsian,
    OtherBlackOrAfricanAmerican,
    OtherPacificIslander,
    PreferNotToAnswer,
    Samoan,
    Somali,
    Vietnamese,
    White,
}

/// The same as sent.
#[derive(Debug, Wire)]
pub(super) struct CfpbParams {
    ethnicity_details: Option<EthnicityDetails>,
    race_details: Option<RaceDetails>,
    self_identified_gender: Patch<String>,
}

/// The longest answer in somebody's own words, in characters.
const WORDS_MAX: usize = 500;

impl CfpbParams {
    /// Applies what was sent: details replace what was said before. Errors: too long an answer.
    pub(super) fn apply(self, under: &str, to: &mut Cfpb) -> Result<(), ApiError> {
        let other = self.ethnicity_details.as_ref().and_then(|it| it.ethnicity_other.as_deref());
        not_more_than(WORDS_MAX, &format!("{under}[ethnicity_details][ethnicity_other]"), other)?;
        let other = self.race_details.as_ref().and_then(|it| it.race_other.as_deref());
        not_more_than(WORDS_MAX, &format!("{under}[race_details][race_other]"), other)?;
        to.ethnicity_details = self.ethnicity_details.or(to.ethnicity_details.take());
        to.race_details = self.race_details.or(to.race_details.take());
        text(
            &format!("{under}[self_identified_gender]"),
            self.self_identified_gender,
            &mut to.self_identified_gender,
        )
    }
}
