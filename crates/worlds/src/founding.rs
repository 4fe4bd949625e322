//! What is in a world from its beginning: a platform with its application, and somebody with an account that is not
//! connected to it. Written down in one unit, so that a world is there whole or not at all.
use crate::names::Names;
use api::{Cx, Outcome, Stop, done};
use base::Currency;
use oauth::applications::{self, Settings};
use resources::connect::{
    account::{self, Account, ApplicationForm, BankForm, Keys, NewAccount},
    user,
};

/// What everybody of a world signs in with at first.
pub const PASSWORD: &str = "password";
/// argon2id of [`PASSWORD`], which is no secret: the guides name it. Hashing it anew would take a start longer than
/// everything else together.
const HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$YRgw02QaaPlKaQ3MJdH0sA$knlbm0MKMJu7jBqXkHt4VZO4sJhK0fJeNyJccynjlAg";

/// Makes what is missing; whether it made anything.
pub(crate) async fn found(cx: &mut Cx<'_>, names: &Names) -> Outcome<bool> {
    if cx.get::<Account>(&names.account).await?.is_some() {
        return done(false);
    }
    person(cx, &names.email, &names.account, &names.keys, "Acme Storefronts")?;
    person(cx, &names.seller_email, &names.seller, &names.seller_keys, "Selma's Ceramics")?;
    let settings = Settings {
        name: "Acme Storefronts".into(),
        url: Some("https://storefronts.example.com".into()),
        ..Settings::default()
    };
    applications::register(cx, &names.account, &settings, Some(&names.clients)).await?;
    done(true)
}

fn person(cx: &mut Cx<'_>, email: &str, id: &str, keys: &Keys, business: &str) -> Result<(), Stop> {
    let mut user = user::enrol(cx, email, HASH);
    let new = NewAccount {
        id: Some(id.into()),
        keys: Some(keys.clone()),
        business_name: Some(business.into()),
        ..NewAccount::new(None, Some(email), "US", Currency::USD)
    };
    let opened = user::open_account(cx, &mut user, new);
    let form = ApplicationForm {
        country: "US".into(),
        business_type: "sole_prop".into(),
        business_name: business.into(),
        url: "https://shop.example.com".into(),
        product_description: "Handmade goods, sold online".into(),
        statement_descriptor: business.to_uppercase().replace('\'', ""),
        first_name: "Selma".into(),
        last_name: "Person".into(),
        born: (1980, 1, 2),
        phone: Some("2025550123".into()),
        street: "1 Main Street".into(),
        city: "Springfield".into(),
        state: Some("IL".into()),
        zip: Some("62701".into()),
        bank: BankForm {
            country: "US".into(),
            currency: "usd".into(),
            routing_number: Some("110000000".into()),
            account_number: "000123456789".into(),
        },
        ip: None,
        user_agent: None,
    };
    match account::take_in(cx, opened.account, form)? {
        Ok(_) => Ok(()),
        Err(problems) => Err(api::fault(format!("the known account form has mistakes: {problems:?}"))),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_known_password_is_password() {
        assert_eq!(vault::verify_password(super::PASSWORD, super::HASH), Ok(true));
    }
}
