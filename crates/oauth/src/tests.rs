//! The loop from the ask to the end of the connection.
mod asking;
mod deciding;
mod settings;
mod swapping;
