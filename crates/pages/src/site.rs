//! Every path that a person opens: what answers it, and with which headers.

use std::net::IpAddr;
use std::sync::Arc;

use api::Api;
use bytes::Bytes;
use http::Response;
use http::request::Parts;

use crate::views::SampleSignIn;

/// What the pages must be told; the rest they find in the world of the API.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Version of the program, for the foot of the home page.
    pub version: String,
    /// The operator's account terms, if there are any.
    pub terms_url: Option<String>,
    /// What the home page of a `dev` server invites to try; `None` on a server that real people use.
    pub sample: Option<Sample>,
}

/// What exists on a `dev` server from its first start.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The platform's test key, `sk_test_…`.
    pub secret_key: String,
    /// The development client id of its application.
    pub client_id: String,
    /// People who may sign in.
    pub sign_ins: Vec<SampleSignIn>,
}

/// The pages of a server.
#[derive(Debug)]
pub struct Site {
    options: Options,
}

impl Site {
    /// Pages with these options.
    pub fn new(options: Options) -> Self {
        Site { options }
    }

    /// Answers a request for a page, an asset, or a path that nothing is at.
    pub async fn answer(&self, api: &Arc<Api>, peer: IpAddr, head: &Parts, body: Bytes) -> Response<Bytes> {
        let _ = (&self.options, api, peer, head, body);
        Response::new(Bytes::new())
    }
}
