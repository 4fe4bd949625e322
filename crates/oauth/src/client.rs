//! Who calls the token endpoint: a platform with its secret key.
