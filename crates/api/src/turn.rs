//! Long walks leave the processor to others now and then: what a home has at hand it answers at once, so a walk through
//! it would keep its thread to the end.
use std::task::Poll;

/// Lets whatever else wants to run on this thread run first.
pub(crate) async fn give() {
    let mut given = false;
    std::future::poll_fn(|cx| {
        if std::mem::replace(&mut given, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
