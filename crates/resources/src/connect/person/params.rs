//! A person as sent: what is left out stays as it was, what is empty is cleared.
use super::{
    Exposure, Member, Relationship,
    cfpb::CfpbParams,
    number::{self, IdNumber},
};
use crate::{
    connect::{
        account::{
            AddressParams, DayParams, Declaration, DeclarationParams, DocumentParams, IDENTITY,
            JapanAddressParams, NamedFile, Percent, PersonPapers, id_number, member, phone, text,
        },
        user::is_email,
    },
    payments::card::Entered,
};
use api::{Cx, Stop};
use base::{ApiError, MetadataPatch, Timestamp};
use wire::{Bad, Patch, Wire};

/// What `POST /v1/accounts/{account}/persons` takes, and `individual` of an account, and `person` of a token.
#[derive(Debug, Wire)]
pub(crate) struct PersonParams {
    additional_tos_acceptances: Option<TosParams>,
    address: Option<AddressParams>,
    address_kana: Option<JapanAddressParams>,
    address_kanji: Option<JapanAddressParams>,
    dob: Patch<DayParams>,
    documents: Option<PersonPapers>,
    email: Patch<String>,
    first_name: Patch<String>,
    first_name_kana: Patch<String>,
    first_name_kanji: Patch<String>,
    full_name_aliases: Option<Vec<String>>,
    gender: Patch<Gender>,
    id_number: Patch<Entered>,
    id_number_secondary: Patch<Entered>,
    last_name: Patch<String>,
    last_name_kana: Patch<String>,
    last_name_kanji: Patch<String>,
    maiden_name: Patch<String>,
    metadata: MetadataPatch,
    nationality: Patch<String>,
    pub(super) person_token: Option<String>,
    phone: Patch<String>,
    political_exposure: Patch<Exposure>,
    registered_address: Option<AddressParams>,
    relationship: Option<RelationshipParams>,
    ssn_last_4: Patch<Entered>,
    us_cfpb_data: Option<CfpbParams>,
    verification: Option<VerificationParams>,
}

#[derive(Debug, Wire)]
struct TosParams {
    account: Option<DeclarationParams>,
}

#[derive(Debug, Clone, Copy, PartialEq, Wire)]
enum Gender {
    Female,
    Male,
}

#[derive(Debug, Wire)]
struct RelationshipParams {
    authorizer: Option<bool>,
    director: Option<bool>,
    executive: Option<bool>,
    legal_guardian: Option<bool>,
    owner: Option<bool>,
    percent_ownership: Patch<Percent>,
    representative: Option<bool>,
    title: Patch<String>,
}

#[derive(Debug, Wire)]
struct VerificationParams {
    additional_document: Option<DocumentParams>,
    document: Option<DocumentParams>,
}

/// Other names of one person.
const ALIASES_MAX: usize = 20;
/// The longest title, in characters.
const TITLE_MAX: usize = 5000;

/// What the numbers of a person say.
pub(crate) struct Numbers {
    first: Patch<IdNumber>,
    second: Patch<IdNumber>,
    live: bool,
}

impl PersonParams {
    /// What was sent that is never said of the one person behind an account.
    pub(crate) fn beyond_individual(&self, param: &str) -> Result<(), Bad> {
        let relationship = self.relationship.as_ref();
        let sent = [
            (self.additional_tos_acceptances.is_some(), "additional_tos_acceptances"),
            (self.documents.is_some(), "documents"),
            (self.us_cfpb_data.is_some(), "us_cfpb_data"),
            (self.nationality != Patch::Keep, "nationality"),
            (self.person_token.is_some(), "person_token"),
            (relationship.is_some_and(|it| it.authorizer.is_some()), "relationship][authorizer"),
            (relationship.is_some_and(|it| it.legal_guardian.is_some()), "relationship][legal_guardian"),
            (relationship.is_some_and(|it| it.representative.is_some()), "relationship][representative"),
        ];
        match sent.into_iter().find(|(sent, _)| *sent) {
            Some((_, name)) => Err(Bad::Unknown(vec![format!("{param}[{name}]")])),
            None => Ok(()),
        }
    }

    /// The files that were named under the parameter `under`.
    pub(crate) fn named(&self, under: &str) -> Vec<NamedFile> {
        let mut all = Vec::new();
        if let Some(verification) = &self.verification {
            for (name, document) in [
                ("verification[document]", &verification.document),
                ("verification[additional_document]", &verification.additional_document),
            ] {
                all.extend(document.iter().flat_map(|it| it.named(&place(under, name), IDENTITY)));
            }
        }
        all.extend(self.documents.iter().flat_map(|it| it.named(&place(under, "documents"))));
        all
    }

    /// What the numbers say that were sent under the parameter `under`. Errors: what is no number, and tokens that stand for
    /// none.
    pub(crate) async fn numbers(&self, cx: &mut Cx<'_>, under: &str, live: bool) -> Result<Numbers, Stop> {
        let first = number::redeem(cx, &self.id_number, &place(under, "id_number"), live).await?;
        let secondary = place(under, "id_number_secondary");
        let second = number::redeem(cx, &self.id_number_secondary, &secondary, live).await?;
        Ok(Numbers { first, second, live })
    }

    /// Looks at what was sent under the parameter `under`, without taking it in: numbers by token are not asked for.
    /// Errors: what nobody could be; a token within a token.
    pub(crate) fn check(self, cx: &Cx<'_>, under: &str) -> Result<(), Stop> {
        if self.person_token.is_some() {
            return Err(Bad::Unknown(vec![place(under, "person_token")]).into());
        }
        let live = cx.caller.livemode;
        let first = number::look(&self.id_number, &place(under, "id_number"), live)?;
        let second = number::look(&self.id_number_secondary, &place(under, "id_number_secondary"), live)?;
        Ok(self.apply(under, cx.now(), Numbers { first, second, live }, &mut Member::new(cx, ""))?)
    }

    /// Applies what was sent under the parameter `under`, which is empty at the top. Errors: what cannot be kept.
    pub(crate) fn apply(
        self,
        under: &str,
        now: Timestamp,
        numbers: Numbers,
        to: &mut Member,
    ) -> Result<(), ApiError> {
        let at = |name: &str| place(under, name);
        let before = to.clone();
        let it = &mut to.shown;
        if let Some(tos) = self.additional_tos_acceptances.and_then(|it| it.account) {
            let kept = it.additional_tos_acceptances.0.get_or_insert_default();
            let declaration = kept.account.get_or_insert_with(Declaration::default);
            tos.apply(&at("additional_tos_acceptances[account]"), now, declaration)?;
        }
        for (name, params, field) in [
            ("address", self.address, &mut it.address),
            ("registered_address", self.registered_address, &mut it.registered_address),
        ] {
            if let Some(params) = params {
                params.apply(&at(name), field.0.get_or_insert_default())?;
            }
        }
        for (name, params, field) in [
            ("address_kana", self.address_kana, &mut it.address_kana),
            ("address_kanji", self.address_kanji, &mut it.address_kanji),
        ] {
            if let Some(params) = params {
                params.apply(&at(name), field.0.get_or_insert_default())?;
            }
        }
        match self.dob {
            Patch::Keep => {}
            Patch::Clear => it.dob.0 = None,
            Patch::Set(day) => it.dob.0 = Some(born(day, &at("dob"), now)?),
        }
        if let Patch::Set(email) = &self.email
            && !is_email(email)
        {
            let shown: String = email.chars().take(100).collect();
            let error = ApiError::invalid(400, format!("Invalid email address: {shown}"));
            return Err(error.code("email_invalid").param(at("email")));
        }
        self.email.apply(&mut it.email);
        phone(&at("phone"), &self.phone)?;
        self.phone.apply(&mut it.phone);
        text(&at("first_name"), self.first_name, &mut it.first_name)?;
        text(&at("last_name"), self.last_name, &mut it.last_name)?;
        for (name, patch, field) in [
            ("first_name_kana", self.first_name_kana, &mut it.first_name_kana),
            ("first_name_kanji", self.first_name_kanji, &mut it.first_name_kanji),
            ("last_name_kana", self.last_name_kana, &mut it.last_name_kana),
            ("last_name_kanji", self.last_name_kanji, &mut it.last_name_kanji),
            ("maiden_name", self.maiden_name, &mut it.maiden_name),
            ("nationality", self.nationality, &mut it.nationality),
        ] {
            member(&at(name), patch, field)?;
        }
        match self.gender {
            Patch::Keep => {}
            Patch::Clear => it.gender.0 = Some(None),
            Patch::Set(gender) => it.gender.0 = Some(Some(gender.as_str().into())),
        }
        if let Some(aliases) = self.full_name_aliases {
            if aliases.len() > ALIASES_MAX {
                let message = format!("A person can have up to {ALIASES_MAX} other names.");
                return Err(ApiError::invalid(400, message).param(at("full_name_aliases")));
            }
            it.full_name_aliases.0 = Some(aliases);
        }
        self.political_exposure.apply(&mut it.political_exposure.0);
        self.metadata.apply(&mut it.metadata)?;
        if let Some(relationship) = self.relationship {
            relationship.apply(&at("relationship[title]"), &mut it.relationship)?;
        }
        if let Some(verification) = self.verification {
            if let Some(document) = verification.document {
                document.apply(&mut it.verification.document);
            }
            if let Some(document) = verification.additional_document {
                let kept = it.verification.additional_document.0.get_or_insert_default();
                document.apply(kept);
            }
        }
        if let Some(papers) = &self.documents {
            papers.apply(&at("documents"), &mut to.papers)?;
        }
        if let Some(data) = self.us_cfpb_data {
            data.apply(&at("us_cfpb_data"), to.shown.us_cfpb_data.0.get_or_insert_default())?;
        }
        let it = &mut to.shown;
        // The end of a social security number comes with the whole of it, and goes with it.
        it.ssn_last_4_provided |= matches!(&numbers.first, Patch::Set(given) if given.is_whole);
        it.ssn_last_4_provided &= numbers.first != Patch::Clear || to.ssn_last_4.is_some();
        if numbers.first != Patch::Keep {
            it.id_number_provided = numbers.first != Patch::Clear;
        }
        if numbers.second != Patch::Keep {
            it.id_number_secondary_provided.0 = Some(numbers.second != Patch::Clear);
        }
        match numbers.first {
            Patch::Keep => {}
            Patch::Clear => to.id_number = None,
            Patch::Set(given) => to.id_number = Some(given.said),
        }
        if self.ssn_last_4 != Patch::Keep {
            let given = match &self.ssn_last_4 {
                Patch::Set(sent) => number::plain(sent, &at("ssn_last_4"))?,
                _ => String::new(),
            };
            if !given.is_empty() && (given.len() != 4 || !given.bytes().all(|b| b.is_ascii_digit())) {
                let message = "Invalid ssn_last_4: send the last four digits of the social security number.";
                return Err(ApiError::invalid(400, message).param(at("ssn_last_4")));
            }
            it.ssn_last_4_provided = !given.is_empty();
            to.ssn_last_4 = (!given.is_empty()).then(|| id_number(&given, numbers.live).into());
        }
        if before.identity() != to.identity() {
            to.looked = false;
        }
        Ok(())
    }
}

/// A parameter such as `verification[document]`, at the top or under another.
pub(crate) fn place(under: &str, name: &str) -> String {
    match (under, name.split_once('[')) {
        ("", _) => name.to_owned(),
        (under, None) => format!("{under}[{name}]"),
        (under, Some((head, rest))) => format!("{under}[{head}][{rest}"),
    }
}

impl RelationshipParams {
    fn apply(self, title: &str, to: &mut Relationship) -> Result<(), ApiError> {
        for (sent, field) in [
            (self.authorizer, &mut to.authorizer),
            (self.director, &mut to.director),
            (self.executive, &mut to.executive),
            (self.legal_guardian, &mut to.legal_guardian),
            (self.owner, &mut to.owner),
            (self.representative, &mut to.representative),
        ] {
            *field = sent.or(*field);
        }
        self.percent_ownership.apply(&mut to.percent_ownership);
        if let Patch::Set(text) = &self.title {
            crate::payments::card::not_more_than(TITLE_MAX, title, Some(text))?;
        }
        self.title.apply(&mut to.title);
        Ok(())
    }
}

/// A person must be this old, in years, to have an account.
const AGE_MIN: i64 = 13;
/// Nobody is older, in years.
const AGE_MAX: i64 = 130;

fn born(day: DayParams, param: &str, now: Timestamp) -> Result<crate::connect::account::Day, ApiError> {
    let it = day.day(param)?;
    let (year, month, day) = (it.year.unwrap_or(0), it.month.unwrap_or(0), it.day.unwrap_or(0));
    let today = now.date();
    if (year + AGE_MIN, month, day) > today {
        let message = format!("Must be at least {AGE_MIN} years of age to use Stripe.");
        return Err(ApiError::invalid(400, message).param(param));
    }
    if year + AGE_MAX < today.0 {
        let message = format!("Must be at most {AGE_MAX} years of age.");
        return Err(ApiError::invalid(400, message).param(param));
    }
    Ok(it)
}
