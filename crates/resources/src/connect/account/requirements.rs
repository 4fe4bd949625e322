//! What is wanted of an account, of one of its capabilities, or of a person behind it.
use base::Timestamp;
use wire::Wire;

/// What is wanted of an account, or for one of its capabilities.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct Requirements {
    /// What would do instead.
    pub alternatives: Vec<Alternative>,
    /// By when, before something is switched off.
    pub current_deadline: Option<Timestamp>,
    /// What is wanted now.
    pub currently_due: Vec<String>,
    /// Why something is switched off.
    pub disabled_reason: Option<String>,
    /// What is wrong with what was given.
    pub errors: Vec<Complaint>,
    /// What is wanted at some time, with what is wanted now.
    pub eventually_due: Vec<String>,
    /// What should have been given already.
    pub past_due: Vec<String>,
    /// What is being looked at.
    pub pending_verification: Vec<String>,
}

/// What would do in place of something else.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Alternative {
    /// What would do.
    pub alternative_fields_due: Vec<String>,
    /// In place of what.
    pub original_fields_due: Vec<String>,
}

/// What is wrong with something that was given.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Complaint {
    /// One of the published codes.
    pub code: String,
    /// A sentence for people.
    pub reason: String,
    /// What has to be given again.
    pub requirement: String,
}

/// What is wanted of a person.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct PersonRequirements {
    /// What would do instead.
    pub alternatives: Vec<Alternative>,
    /// What is wanted now.
    pub currently_due: Vec<String>,
    /// What is wrong with what was given.
    pub errors: Vec<Complaint>,
    /// What is wanted at some time, with what is wanted now.
    pub eventually_due: Vec<String>,
    /// What should have been given already.
    pub past_due: Vec<String>,
    /// What is being looked at.
    pub pending_verification: Vec<String>,
}

impl Complaint {
    /// A complaint about a requirement, with the sentence that belongs to its code.
    pub fn of(code: &str, requirement: &str) -> Self {
        Complaint { code: code.into(), reason: reason(code).into(), requirement: requirement.into() }
    }
}

/// What a code says to people.
fn reason(code: &str) -> &'static str {
    match code {
        "invalid_business_profile_name" => {
            "The name of the business can't be used. Give the name that customers know."
        }
        "invalid_business_profile_name_denylisted" | "invalid_company_name_denylisted" => {
            "This name can't be used. Give another name."
        }
        "invalid_statement_descriptor_business_mismatch" | "invalid_statement_descriptor_prefix_mismatch" => {
            "The statement descriptor has to resemble the name or the website of the business."
        }
        "invalid_statement_descriptor_denylisted" | "invalid_statement_descriptor_prefix_denylisted" => {
            "This statement descriptor can't be used. Give another one."
        }
        "invalid_url_denylisted" => "Businesses with this website can't be served. Give another website.",
        "invalid_url_website_business_information_mismatch" => {
            "What stands on the website differs from what the account says."
        }
        "invalid_url_website_empty" => "There is nothing on the website.",
        "invalid_url_website_inaccessible" => "The website can't be reached.",
        "invalid_url_website_inaccessible_geoblocked" => "The website can't be reached from everywhere.",
        "invalid_url_website_inaccessible_password_protected" => {
            "The website can't be seen without a password."
        }
        "invalid_url_website_incomplete_under_construction" => "The website is still being built.",
        "invalid_url_website_other" => "The website could not be verified.",
        "verification_document_failed_test_mode" => {
            "A test document was given that stands for one that is refused."
        }
        "verification_failed_address_match" | "verification_failed_residential_address" => {
            "The address could not be verified. Give the address as it stands in official records."
        }
        "verification_failed_id_number_match" => "The id number does not belong to this person.",
        "verification_failed_keyed_identity" => {
            "The identity of the person could not be verified from what was given. Upload an identity document."
        }
        "verification_failed_name_match" => "The name of the company could not be verified.",
        "verification_failed_tax_id_match" => "The tax id does not belong to this company.",
        "verification_failed_tax_id_not_issued" => "The tax id was never issued.",
        "verification_directors_mismatch" => "The directors given differ from those in official records.",
        "verification_missing_directors" => "Directors that stand in official records are missing.",
        "verification_extraneous_directors" => "Directors were given who stand in no official records.",
        _ => "What was given could not be verified.",
    }
}
