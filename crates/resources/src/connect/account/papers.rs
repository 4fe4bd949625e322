//! Files that are named for an account: documents about its company and its persons, and the pictures of its business.
//! They were uploaded by the account, or by the platform that names them for it.
use super::{Account, checks};
use crate::files::file::{self, Purpose};
use api::{Cx, Stop};
use base::ApiError;
use wire::{Patch, Wire};

/// A file that was named, and what it must have been uploaded for.
#[derive(Debug)]
pub(crate) struct Named {
    param: String,
    id: String,
    purposes: &'static [Purpose],
}

impl Named {
    /// A file that the parameter `param` named.
    pub(crate) fn new(param: impl Into<String>, id: &str, purposes: &'static [Purpose]) -> Self {
        Named { param: param.into(), id: id.to_owned(), purposes }
    }
    /// The same where the parameter was sent and is not empty.
    pub(crate) fn patch(param: String, patch: &Patch<String>, purposes: &'static [Purpose]) -> Option<Self> {
        match patch {
            Patch::Set(id) => Some(Named::new(param, id, purposes)),
            _ => None,
        }
    }
}

/// What documents about somebody are uploaded as.
pub(crate) const IDENTITY: &[Purpose] = &[Purpose::IdentityDocument];
/// What documents about a company are uploaded as.
pub(crate) const COMPANY: &[Purpose] = &[Purpose::AdditionalVerification];
/// What further documents are uploaded as.
pub(crate) const FURTHER: &[Purpose] = &[Purpose::AccountRequirement, Purpose::AdditionalVerification];

/// Looks whether there are the files that were named for an account. Errors: there is none, or it is for something
/// else.
pub(crate) async fn look(cx: &mut Cx<'_>, account: &Account, named: Vec<Named>) -> Result<(), Stop> {
    let live = cx.caller.livemode;
    for Named { param, id, purposes } in named {
        let is_paper = purposes.iter().any(|it| !matches!(it, Purpose::BusinessIcon | Purpose::BusinessLogo));
        if !(is_paper && !live && checks::is_test_file(&id)) {
            file::named(cx, &param, &id, Some((&account.id, live)), purposes).await?;
        }
    }
    Ok(())
}

/// Documents of one kind.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Papers {
    /// Such as `company_license`.
    pub kind: String,
    /// The files.
    pub files: Vec<String>,
    /// The person who signed them.
    pub signer: Option<String>,
}

/// Files of one kind as sent.
#[derive(Debug, Wire)]
pub(crate) struct PapersParams {
    pub(super) files: Vec<String>,
}

/// The same, signed by somebody.
#[derive(Debug, Wire)]
pub(crate) struct SignedParams {
    files: Vec<String>,
    signer: Option<SignerParams>,
}

#[derive(Debug, Wire)]
struct SignerParams {
    person: Option<String>,
}

/// `documents` of a person as sent.
#[derive(Debug, Wire)]
pub(crate) struct PersonPapers {
    company_authorization: Option<PapersParams>,
    passport: Option<PapersParams>,
    visa: Option<PapersParams>,
}

impl PersonPapers {
    fn sent(&self) -> impl Iterator<Item = (&'static str, &[String])> {
        [
            ("company_authorization", &self.company_authorization),
            ("passport", &self.passport),
            ("visa", &self.visa),
        ]
        .into_iter()
        .filter_map(|(kind, sent)| Some((kind, &sent.as_ref()?.files[..])))
    }
    /// The files that were named under the parameter `under`.
    pub(crate) fn named(&self, under: &str) -> Vec<Named> {
        self.sent().flat_map(|(kind, files)| of_kind(under, kind, files)).collect()
    }
    /// Keeps what was sent. Errors: too many files.
    pub(crate) fn apply(&self, under: &str, to: &mut Vec<Papers>) -> Result<(), ApiError> {
        self.sent().try_for_each(|(kind, files)| keep(to, under, kind, files, None))
    }
}

/// `documents` of an account as sent.
#[derive(Debug, Wire)]
pub(crate) struct AccountPapers {
    bank_account_ownership_verification: Option<PapersParams>,
    company_license: Option<PapersParams>,
    company_memorandum_of_association: Option<PapersParams>,
    company_ministerial_decree: Option<PapersParams>,
    company_registration_verification: Option<PapersParams>,
    company_tax_id_verification: Option<PapersParams>,
    proof_of_address: Option<PapersParams>,
    proof_of_business_presence: Option<PapersParams>,
    proof_of_registration: Option<SignedParams>,
    proof_of_ultimate_beneficial_ownership: Option<SignedParams>,
}

/// The kind of document that tells whose a bank account is.
pub(super) const BANK: &str = "bank_account_ownership_verification";
/// The kinds of document that tell that a company is what it says.
pub(super) const OF_COMPANY: [&str; 2] = ["company_registration_verification", "company_tax_id_verification"];
const REGISTRATION: &str = "proof_of_registration";
const OWNERSHIP: &str = "proof_of_ultimate_beneficial_ownership";
/// At most this many files of one kind.
const FILES_MAX: usize = 20;

impl AccountPapers {
    fn sent(&self) -> impl Iterator<Item = (&'static str, &[String])> {
        let plain = [
            (BANK, &self.bank_account_ownership_verification),
            ("company_license", &self.company_license),
            ("company_memorandum_of_association", &self.company_memorandum_of_association),
            ("company_ministerial_decree", &self.company_ministerial_decree),
            (OF_COMPANY[0], &self.company_registration_verification),
            (OF_COMPANY[1], &self.company_tax_id_verification),
            ("proof_of_address", &self.proof_of_address),
            ("proof_of_business_presence", &self.proof_of_business_presence),
        ];
        let plain = plain.into_iter().filter_map(|(kind, sent)| Some((kind, &sent.as_ref()?.files[..])));
        plain.chain(self.signed().map(|(kind, it)| (kind, &it.files[..])))
    }
    fn signed(&self) -> impl Iterator<Item = (&'static str, &SignedParams)> {
        let all = [
            (REGISTRATION, &self.proof_of_registration),
            (OWNERSHIP, &self.proof_of_ultimate_beneficial_ownership),
        ];
        all.into_iter().filter_map(|(kind, sent)| Some((kind, sent.as_ref()?)))
    }
    /// Who signed the documents of a kind.
    fn signer(&self, kind: &str) -> Option<&str> {
        let (_, signed) = self.signed().find(|(signed, _)| *signed == kind)?;
        signed.signer.as_ref()?.person.as_deref()
    }
    /// The files that were named.
    pub(super) fn named(&self) -> Vec<Named> {
        self.sent().flat_map(|(kind, files)| of_kind("documents", kind, files)).collect()
    }
    /// The files that tell whose a bank account is, where they were sent.
    pub(super) fn of_bank(&self) -> Option<&[String]> {
        self.bank_account_ownership_verification.as_ref().map(|it| &it.files[..])
    }
    /// Keeps what was sent. Errors: too many files; nobody of the account signed.
    pub(super) fn apply(&self, account: &mut Account) -> Result<(), ApiError> {
        for (kind, files) in self.sent() {
            let signer = self.signer(kind);
            if let Some(id) = signer
                && !account.members.0.iter().any(|it| it.shown.id == id)
            {
                return Err(ApiError::no_such("person", id, &format!("documents[{kind}][signer][person]")));
            }
            keep(&mut account.papers.0, "documents", kind, files, signer.map(str::to_owned))?;
        }
        Ok(())
    }
}

fn of_kind<'f>(under: &str, kind: &str, files: &'f [String]) -> impl Iterator<Item = Named> + use<'f> {
    let param = format!("{under}[{kind}][files]");
    files.iter().map(move |id| Named::new(param.clone(), id, FURTHER))
}

/// Keeps files in the place of those of the same kind.
fn keep(
    to: &mut Vec<Papers>,
    under: &str,
    kind: &str,
    files: &[String],
    signer: Option<String>,
) -> Result<(), ApiError> {
    if files.len() > FILES_MAX {
        let message = format!("Name up to {FILES_MAX} files.");
        return Err(ApiError::invalid(400, message).param(format!("{under}[{kind}][files]")));
    }
    to.retain(|it| it.kind != kind);
    if !files.is_empty() {
        to.push(Papers { kind: kind.to_owned(), files: files.to_vec(), signer });
    }
    Ok(())
}
