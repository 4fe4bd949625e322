//! Documents that nearly every request looks at (a key, the settings of an account, who listens), read once for
//! each version of theirs.
use crate::Object;
use std::{
    any::{Any, TypeId},
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use store::{Bytes, Fault, Key, Store};

/// Readings kept at most; beyond that all are dropped, which costs a reading each.
const KEPT_MAX: usize = 4_096;

/// Readings by type and place, each with the bytes that it was read from.
#[derive(Default)]
pub struct Memo(Mutex<HashMap<(TypeId, String), Reading>>);

struct Reading {
    body: Bytes,
    it: Arc<dyn Any + Send + Sync>,
}

impl Memo {
    /// The object under a key, as the store has it now; it is read anew only when its bytes are others.
    pub(crate) async fn look<T: Object>(
        &self,
        store: &dyn Store,
        key: &Key,
    ) -> Result<Option<Arc<T>>, Fault> {
        let Some(doc) = store.get(key).await? else { return Ok(None) };
        let place = (TypeId::of::<T>(), key.path());
        if let Some(known) = self.known(&place, &doc.body) {
            return Ok(Some(known));
        }
        let read = wire::from_json::<T>(&doc.body);
        let it =
            Arc::new(read.map_err(|bad| Fault::broken(format!("{} is not readable: {bad:?}", place.1)))?);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        kept.insert(place, Reading { body: doc.body, it: it.clone() });
        Ok(Some(it))
    }

    fn known<T: Object>(&self, place: &(TypeId, String), body: &Bytes) -> Option<Arc<T>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let reading = kept.get(place)?;
        // The reading holds its bytes, so nothing else can have come to lie at their address.
        let same = reading.body.as_ptr() == body.as_ptr() && reading.body.len() == body.len();
        let it = if same { Some(reading.it.clone()) } else { None };
        it?.downcast::<T>().ok()
    }
}
