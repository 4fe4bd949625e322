//! What files are for, and what follows from that: which formats are taken, how large they may be, how long they are
//! kept, and whether anybody gets them back (guide "File uploads").
use super::format::Format;
use base::Timestamp;
use wire::Wire;

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Purpose {
    /// What an account is asked for.
    AccountRequirement,
    /// A further document about somebody.
    AdditionalVerification,
    /// The icon of a business.
    BusinessIcon,
    /// The logo of a business.
    BusinessLogo,
    /// The signature of a customer.
    CustomerSignature,
    /// Evidence in a dispute.
    DisputeEvidence,
    /// A document that came from whoever proves identities.
    DocumentProviderIdentityDocument,
    /// What a report run wrote.
    FinanceReportRun,
    /// The statement of a financial account.
    FinancialAccountStatement,
    /// A document that tells who somebody is.
    IdentityDocument,
    /// The same, to be got back.
    IdentityDocumentDownloadable,
    /// What regulators of card issuing ask for.
    IssuingRegulatoryReporting,
    /// A questionnaire on the security of card data.
    PciDocument,
    /// The terms of a platform.
    PlatformTermsOfService,
    /// A picture that somebody took of themselves.
    Selfie,
    /// What a scheduled query found.
    SigmaScheduledQuery,
    /// A tax document.
    TaxDocumentUserUpload,
    /// A program for terminals.
    TerminalAndroidApk,
    /// What terminals show while nothing happens.
    TerminalReaderSplashscreen,
    /// The certificate of a terminal in a wireless network.
    TerminalWifiCertificate,
    /// Its private key.
    TerminalWifiPrivateKey,
}

/// What is taken for a purpose.
#[derive(Debug)]
pub(super) struct Rule {
    /// The formats.
    pub(super) formats: &'static [Format],
    /// The largest file, in bytes.
    pub(super) bytes_max: usize,
    /// How long it is kept, in seconds; none for ever.
    pub(super) kept: Option<i64>,
}

const KB: usize = 1 << 10;
const MB: usize = 1 << 20;
const PAPERS: &[Format] = &[Format::Pdf, Format::Jpeg, Format::Png];
const PICTURES: &[Format] = &[Format::Jpeg, Format::Png, Format::Gif];

impl Purpose {
    /// What is taken for it; `None` where nobody uploads such files.
    pub(super) fn rule(self) -> Option<Rule> {
        let days = |days: i64| Some(days * Timestamp::DAY);
        let (formats, bytes_max, kept) = match self {
            Purpose::AccountRequirement => (PAPERS, 64 * MB, None),
            Purpose::AdditionalVerification => (PAPERS, 16 * MB, None),
            Purpose::IdentityDocument => (PAPERS, 32 * MB, None),
            Purpose::BusinessIcon | Purpose::BusinessLogo => (PICTURES, 512 * KB, None),
            Purpose::CustomerSignature => (&[Format::Jpeg, Format::Png, Format::Svg][..], 4 * MB, days(7)),
            Purpose::DisputeEvidence => (PAPERS, 5 * MB, days(274)),
            Purpose::IssuingRegulatoryReporting => (&[Format::Json][..], 256 * KB, days(730)),
            Purpose::PciDocument => (&[Format::Pdf][..], 16 * MB, None),
            Purpose::PlatformTermsOfService => {
                (&[Format::Pdf, Format::Txt, Format::Markdown][..], 64 * MB, None)
            }
            Purpose::TaxDocumentUserUpload => (
                &[Format::Pdf, Format::Csv, Format::Jpeg, Format::Png, Format::Xlsx, Format::Docx][..],
                16 * MB,
                None,
            ),
            Purpose::TerminalReaderSplashscreen => (PICTURES, 4 * MB, days(365)),
            Purpose::TerminalWifiCertificate | Purpose::TerminalWifiPrivateKey => {
                (&[Format::Pem][..], 100 * KB, None)
            }
            // A program has up to 200 MB, and no terminal here would run it.
            Purpose::TerminalAndroidApk
            | Purpose::DocumentProviderIdentityDocument
            | Purpose::FinanceReportRun
            | Purpose::FinancialAccountStatement
            | Purpose::IdentityDocumentDownloadable
            | Purpose::Selfie
            | Purpose::SigmaScheduledQuery => return None,
        };
        Some(Rule { formats, bytes_max, kept })
    }

    /// Whether anybody gets such a file back, by its address or by a link.
    pub(crate) fn is_downloadable(self) -> bool {
        !matches!(
            self,
            Purpose::AccountRequirement
                | Purpose::AdditionalVerification
                | Purpose::DocumentProviderIdentityDocument
                | Purpose::IdentityDocument
                | Purpose::PlatformTermsOfService
                | Purpose::TerminalWifiCertificate
                | Purpose::TerminalWifiPrivateKey
        )
    }
}
