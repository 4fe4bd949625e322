//! The kinds of tax ids: which there are, where they are from, and what those look like that are checked.
use wire::{At, Bad, Node, Shape, Wire};

/// A kind of tax id, such as `eu_vat`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaxIdKind(&'static str);

/// Every kind.
#[rustfmt::skip]
const KINDS: &[&str] = &[
    "ad_nrt", "ae_trn", "al_tin", "am_tin", "ao_tin", "ar_cuit", "au_abn", "au_acn", "au_arn", "au_wpn",
    "aw_tin", "az_tin", "ba_tin", "bb_tin", "bd_bin", "bf_ifu", "bg_uic", "bh_vat", "bj_ifu", "bo_tin",
    "br_cnpj", "br_cpf", "bs_tin", "bw_vat", "by_tin", "ca_bn", "ca_gst_hst", "ca_pst_bc", "ca_pst_mb",
    "ca_pst_sk", "ca_qst", "cd_nif", "ch_uid", "ch_vat", "ci_vat", "cl_tin", "cm_niu", "cn_tin",
    "co_nit", "cr_tin", "cv_nif", "cz_dic", "de_stn", "do_rcn", "ec_ruc", "eg_tin", "es_cif", "et_tin",
    "eu_oss_vat", "eu_vat", "fo_vat", "fr_siren", "fr_siret", "fr_spi", "gb_vat", "ge_vat", "gh_tin",
    "gi_tin", "gn_nif", "hk_br", "hr_oib", "hu_tin", "ic_nif", "id_npwp", "il_vat", "in_gst", "is_kt",
    "is_vat", "it_cf", "jp_cn", "jp_rn", "jp_trn", "ke_pin", "kg_tin", "kh_tin", "kr_brn", "kz_bin",
    "la_tin", "li_uid", "li_vat", "lk_vat", "ma_vat", "md_cf", "md_vat", "me_pib", "mk_vat", "mr_nif",
    "mu_vat", "mx_rfc", "my_frp", "my_itn", "my_sst", "mz_nuit", "ng_tin", "no_vat", "no_voec", "np_pan",
    "nz_bn", "nz_gst", "om_vat", "pe_ruc", "ph_tin", "pl_nip", "pt_nif", "py_ruc", "ro_tin", "rs_pib",
    "ru_inn", "ru_kpp", "sa_vat", "sg_gst", "sg_uen", "si_tin", "sm_coe", "sn_ninea", "sr_fin", "sv_nit",
    "th_vat", "tj_tin", "tr_tin", "tt_bir", "tt_vat", "tw_vat", "tz_vat", "ua_vat", "ug_tin", "us_ein",
    "uy_ruc", "uz_tin", "uz_vat", "ve_rif", "vn_tin", "za_vat", "zm_tin", "zw_tin",
];

/// What values look like: `9` is a digit, `A` a letter, `*` either; several ways with a bar between. Blanks, dots,
/// hyphens and slashes in a value do not count, nor does the case.
#[rustfmt::skip]
const LOOKS: &[(&str, &str)] = &[
    ("au_abn", "99999999999"), ("au_arn", "999999999999"), ("br_cnpj", "99999999999999"),
    ("br_cpf", "99999999999"), ("ca_bn", "999999999"), ("ca_gst_hst", "999999999RT9999"),
    ("ca_pst_bc", "PST99999999"), ("ca_pst_mb", "9999999"), ("ca_pst_sk", "9999999"),
    ("ca_qst", "9999999999TQ9999"), ("ch_vat", "CHE999999999MWST|CHE999999999TVA|CHE999999999IVA"),
    ("es_cif", "*9999999*"), ("eu_oss_vat", "EU999999999"),
    ("gb_vat", "GB999999999|GB999999999999|GBGD999|GBHA999|XI999999999|XI999999999999|XIGD999|XIHA999"),
    ("in_gst", "99***********Z*"), ("jp_cn", "9999999999999"), ("no_vat", "999999999MVA"),
    ("us_ein", "999999999"), ("za_vat", "9999999999"),
];

/// The same of European VAT numbers, by the two letters that they begin with.
#[rustfmt::skip]
const EUROPE: &[(&str, &str)] = &[
    ("AT", "U99999999"), ("BE", "9999999999"), ("BG", "999999999|9999999999"), ("CY", "99999999A"),
    ("CZ", "99999999|999999999|9999999999"), ("DE", "999999999"), ("DK", "99999999"), ("EE", "999999999"),
    ("EL", "999999999"), ("ES", "*9999999*"), ("FI", "99999999"), ("FR", "**999999999"), ("HR", "99999999999"),
    ("HU", "99999999"), ("IE", "9*99999A|9999999AA"), ("IT", "99999999999"), ("LT", "999999999|999999999999"),
    ("LU", "99999999"), ("LV", "99999999999"), ("MT", "99999999"), ("NL", "*********B99"), ("PL", "9999999999"),
    ("PT", "999999999"), ("RO", "99|999|9999|99999|999999|9999999|99999999|999999999|9999999999"),
    ("SE", "999999999999"), ("SI", "99999999"), ("SK", "9999999999"),
    ("XI", "999999999|999999999999|GD999|HA999"),
];

impl TaxIdKind {
    /// Every kind, in the order of their words.
    pub fn all() -> impl Iterator<Item = TaxIdKind> {
        KINDS.iter().map(|kind| TaxIdKind(kind))
    }
    /// The word.
    pub fn as_str(self) -> &'static str {
        self.0
    }
    /// Whether registries are asked whether a value is right.
    pub fn is_verified(self) -> bool {
        matches!(self.0, "au_abn" | "eu_vat" | "gb_vat")
    }
    /// The country of a value: two letters (ISO 3166-1).
    pub fn country(self, value: &str) -> Option<String> {
        let letters = match self.0 {
            "eu_oss_vat" => return None,
            "eu_vat" => plain(value).get(..2)?.to_owned(),
            kind => kind.get(..2)?.to_ascii_uppercase(),
        };
        match letters.as_str() {
            "EL" => Some("GR".into()),
            "XI" => Some("GB".into()),
            letters if letters.bytes().all(|b| b.is_ascii_uppercase()) => Some(letters.to_owned()),
            _ => None,
        }
    }
    /// Whether a value can be one of this kind. Those whose look is not known here only need to be plausible.
    pub fn fits(self, value: &str) -> bool {
        let value = plain(value);
        if self.0 == "eu_vat" {
            let (Some(letters), Some(rest)) = (value.get(..2), value.get(2..)) else { return false };
            return EUROPE.iter().any(|(country, look)| *country == letters && looks(rest, look));
        }
        match LOOKS.iter().find(|(kind, _)| *kind == self.0) {
            Some((_, look)) => looks(&value, look),
            None => (2..=40).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_alphanumeric()),
        }
    }
}

/// A value without what only makes it readable.
fn plain(value: &str) -> String {
    value.chars().filter(|c| !matches!(c, ' ' | '.' | '-' | '/')).collect::<String>().to_uppercase()
}

fn looks(value: &str, look: &str) -> bool {
    let fits = |look: &str| {
        look.len() == value.len()
            && look.bytes().zip(value.bytes()).all(|(look, b)| match look {
                b'9' => b.is_ascii_digit(),
                // Letters stand for themselves, but for the one that means any.
                b'A' => b.is_ascii_uppercase(),
                b'*' => b.is_ascii_alphanumeric(),
                letter => b == letter,
            })
    };
    look.split('|').any(fits)
}

impl Wire for TaxIdKind {
    const SHAPE: Shape = Shape::Choice(KINDS);
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        let word = wire::text(at, node)?;
        let known = KINDS.iter().find(|kind| **kind == word);
        known.map(|kind| TaxIdKind(kind)).ok_or_else(|| Bad::choice(at, word, KINDS))
    }
    fn write(&self, out: &mut Vec<u8>) {
        wire::write_str(out, self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_looked_at() {
        for (kind, value, country) in [
            ("eu_vat", "DE123456789", Some("DE")),
            ("eu_vat", "ie 1234567AB", Some("IE")),
            ("eu_vat", "EL123456789", Some("GR")),
            ("eu_vat", "NL123456789B12", Some("NL")),
            ("gb_vat", "GB123456789", Some("GB")),
            ("au_abn", "12 345 678 912", Some("AU")),
            ("us_ein", "12-3456789", Some("US")),
            ("ch_vat", "CHE-123.456.789 MWST", Some("CH")),
            ("br_cnpj", "01.234.456/5432-10", Some("BR")),
            ("ca_gst_hst", "123456789RT0002", Some("CA")),
            ("th_vat", "1234567891234", Some("TH")),
            ("eu_oss_vat", "EU123456789", None),
        ] {
            assert!(TaxIdKind(kind).fits(value), "{kind} {value}");
            assert_eq!(TaxIdKind(kind).country(value).as_deref(), country, "{kind} {value}");
        }
        for (kind, value) in [
            ("eu_vat", "DE12345678"),
            ("eu_vat", "ZZ123456789"),
            ("eu_vat", "D"),
            ("eu_vat", "äöü"),
            ("au_abn", "123"),
            ("us_ein", "12-34567890"),
            ("gb_vat", "DE123456789"),
            ("th_vat", "x"),
            ("th_vat", "<script>"),
        ] {
            assert!(!TaxIdKind(kind).fits(value), "{kind} {value}");
        }
    }
}
