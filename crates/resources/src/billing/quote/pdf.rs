//! `GET /v1/quotes/{id}/pdf`: a quote as a document.
use super::{Quote, Status, figures::recurs, steps::named};
use crate::{
    billing::{amounts::refused, quote_line_item::QuoteLineItem},
    connect::account::Account,
    payments::customer::Customer,
};
use api::{Cx, File, Nothing, Outcome, done};
use base::Currency;
use money::Interval;
use paper::{Row, Sheet, Sum, day};

pub(super) async fn pdf(cx: &mut Cx<'_>, _: Nothing) -> Outcome<File> {
    let (it, customer) = named(cx).await?;
    if it.number.is_none() {
        return Err(refused("A quote is drawn once it is finalized.").into());
    }
    let seller = it.on_behalf_of.as_ref().map_or(cx.caller.account.as_str(), |it| it.id.as_str()).to_owned();
    let seller = cx.peek_of::<Account>(&seller, cx.caller.livemode, &seller).await?;
    done(File(paper::draw(&sheet(&it, customer.as_ref(), seller.as_ref())).into()))
}

fn sheet(it: &Quote, customer: Option<&Customer>, seller: Option<&Account>) -> Sheet {
    let currency = it.currency.unwrap_or(Currency::USD);
    let show = |amount: i64| currency.display(amount);
    let state = match it.status {
        Status::Accepted => " (accepted)",
        Status::Canceled => " (canceled)",
        Status::Draft | Status::Open => "",
    };
    let mut facts = vec![("Number".to_owned(), it.number.clone().unwrap_or_default())];
    facts.extend(it.status_transitions.finalized_at.map(|at| ("Date of issue".to_owned(), day(at.0))));
    facts.push(("Valid until".to_owned(), day(it.expires_at.0)));
    let name = seller.and_then(|it| {
        it.business_profile.name.clone().or_else(|| it.settings.dashboard.display_name.clone())
    });
    let lines_of = |address: Option<&crate::address::Address>| -> Vec<String> {
        let Some(it) = address else { return Vec::new() };
        let join = |parts: &[&Option<String>]| {
            parts
                .iter()
                .filter_map(|part| part.as_deref())
                .filter(|part| !part.is_empty())
                .collect::<Vec<_>>()
                .join(" ")
        };
        [
            join(&[&it.line1]),
            join(&[&it.line2]),
            join(&[&it.city, &it.state, &it.postal_code]),
            join(&[&it.country]),
        ]
        .into_iter()
        .filter(|line| !line.is_empty())
        .collect()
    };
    let mut from = vec![name.unwrap_or_else(|| "an unnamed business".to_owned())];
    from.extend(lines_of(seller.and_then(|it| it.business_profile.support_address.as_ref())));
    let mut to = Vec::new();
    if let Some(customer) = customer {
        to.extend(customer.name.clone());
        to.extend(lines_of(customer.address.as_ref()));
        to.extend(customer.email.clone());
    }
    let row = |line: &QuoteLineItem| Row {
        text: line.description.clone().unwrap_or_default(),
        detail: if recurs(line) {
            line.price.as_ref().map_or_else(String::new, every)
        } else {
            String::new()
        },
        quantity: line.quantity.unwrap_or(1).to_string(),
        each: line.price.as_ref().and_then(|it| it.unit_amount).map(show).unwrap_or_default(),
        amount: show(line.amount_subtotal),
    };
    let sum =
        |name: &str, amount: i64, strong: bool| Sum { name: name.to_owned(), amount: show(amount), strong };
    let mut sums = vec![sum("Subtotal", it.amount_subtotal, false)];
    let details = &it.total_details;
    if details.amount_discount != 0 {
        sums.push(sum("Discounts", -details.amount_discount, false));
    }
    if details.amount_tax != 0 {
        sums.push(sum("Taxes", details.amount_tax, false));
    }
    sums.push(sum("Total", it.amount_total, true));
    if let Some(again) = &it.computed.recurring {
        sums.push(sum("To be paid at first", it.computed.upfront.amount_total, false));
        let often = period(again.interval, again.interval_count);
        sums.push(sum(&format!("Then every {often}"), again.amount_total, false));
    }
    Sheet {
        title: "Quote".into(),
        headline: format!("{}{state}", show(it.amount_total)),
        facts,
        from,
        to,
        rows: it.lines().iter().map(row).collect(),
        sums,
        notes: it.header.iter().chain(&it.description).chain(&it.footer).cloned().collect(),
        letter: false,
    }
}

fn every(price: &crate::billing::price::Price) -> String {
    price
        .recurring
        .as_ref()
        .map_or_else(String::new, |it| format!("Every {}", period(it.interval, it.interval_count)))
}

fn period(interval: Interval, count: i64) -> String {
    let word = interval.as_str();
    if count == 1 { word.to_owned() } else { format!("{count} {word}s") }
}
