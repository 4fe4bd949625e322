//! Recovery: when an invoice that could not be paid is tried again, and what becomes of its subscription in the end.

/// How unpaid invoices are pursued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovery {
    /// After how many days it is tried again, each counted from the attempt before.
    pub retries: Vec<i64>,
    /// What becomes of the subscription when the last attempt has failed.
    pub then: Then,
}

/// What becomes of a subscription that nobody pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// It is canceled.
    Cancel,
    /// It is unpaid: its invoices stay drafts.
    Unpaid,
    /// It stays past due.
    PastDue,
}

/// Three, five and seven days later, then the subscription is canceled.
impl Default for Recovery {
    fn default() -> Self {
        Recovery { retries: vec![3, 5, 7], then: Then::Cancel }
    }
}
