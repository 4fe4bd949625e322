//! What may not be redirected to is not.
