//! What a header says.
