//! Listing subscriptions.
use super::{Status, Subscription};
use crate::{
    billing::{invoice::CollectionMethod, price::Price},
    payments::customer::CustomerAccount,
    test_helpers::test_clock,
};
use api::{Cx, Outcome, Page, Range};
use base::Named as _;
use wire::Wire;

/// What `GET /v1/subscriptions` filters by.
#[derive(Debug, Wire)]
pub(super) struct List {
    collection_method: Option<CollectionMethod>,
    created: Option<Range>,
    current_period_end: Option<Range>,
    current_period_start: Option<Range>,
    customer: Option<String>,
    customer_account: Option<CustomerAccount>,
    plan: Option<String>,
    price: Option<String>,
    status: Option<Wanted>,
    test_clock: Option<String>,
}

/// Where the subscriptions of a list stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
enum Wanted {
    Active,
    All,
    Canceled,
    Ended,
    Incomplete,
    IncompleteExpired,
    PastDue,
    Paused,
    Trialing,
    Unpaid,
}

impl Wanted {
    fn holds(self, status: Status) -> bool {
        match self {
            Wanted::All => true,
            Wanted::Active => status == Status::Active,
            Wanted::Canceled => status == Status::Canceled,
            Wanted::Ended => matches!(status, Status::Canceled | Status::IncompleteExpired),
            Wanted::Incomplete => status == Status::Incomplete,
            Wanted::IncompleteExpired => status == Status::IncompleteExpired,
            Wanted::PastDue => status == Status::PastDue,
            Wanted::Paused => status == Status::Paused,
            Wanted::Trialing => status == Status::Trialing,
            Wanted::Unpaid => status == Status::Unpaid,
        }
    }
}

impl List {
    fn holds(&self, it: &Subscription, apart: bool) -> bool {
        let items = &it.items.data;
        let priced = |wanted: &String| items.iter().any(|item| item.price.id == *wanted);
        self.collection_method.is_none_or(|wanted| it.collection_method == wanted)
            && self.created.is_none_or(|range| range.holds(it.created.0))
            && self
                .current_period_end
                .is_none_or(|range| items.iter().any(|item| range.holds(item.current_period_end.0)))
            && self
                .current_period_start
                .is_none_or(|range| items.iter().any(|item| range.holds(item.current_period_start.0)))
            && self.customer.as_ref().is_none_or(|wanted| it.customer.id == *wanted)
            && self.plan.as_ref().is_none_or(priced)
            && self.price.as_ref().is_none_or(priced)
            && self.status.map_or(it.status != Status::Canceled, |wanted| wanted.holds(it.status))
            && self
                .test_clock
                .as_ref()
                .is_none_or(|wanted| it.test_clock.as_ref().is_some_and(|it| it.id == *wanted))
            && !(apart && it.test_clock.is_some())
    }
}

pub(super) async fn list(cx: &mut Cx<'_>, p: List) -> Outcome<Page> {
    // What lives by a clock of its own is shown to whoever asks for that clock, or for the customer.
    let apart = p.test_clock.is_none() && p.customer.is_none() && test_clock::any(cx).await?;
    let by = match (&p.customer, p.price.as_ref().or(p.plan.as_ref())) {
        (Some(customer), _) => Some((super::EVER, customer.clone())),
        (None, Some(price)) => Some((Price::NAME, price.clone())),
        (None, None) => None,
    };
    cx.page_where::<Subscription>(by, move |doc| {
        wire::from_json::<Subscription>(&doc.body).is_ok_and(|it| p.holds(&it, apart))
    })
    .await
}
