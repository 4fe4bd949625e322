//! What the product is asked: its sandbox keys, what has to exist before a run, and the requests of a run.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::Result;
use crate::http::{Client, form_value, write_get, write_post};
use crate::load::{RequestFn, describe};
use crate::sink::Sink;

const PLATFORM_KEY: &str = "Bearer sk_test_TollbridgePlatformSecret";
/// The same key as Basic: `base64("sk_test_TollbridgePlatformSecret:")`.
const PLATFORM_KEY_BASIC: &str = "Basic c2tfdGVzdF9Ub2xsYnJpZGdlUGxhdGZvcm1TZWNyZXQ6";
const DEVELOPMENT_CLIENT_ID: &str = "ca_32D88BD1qLklliziD7gYQvctJIhWBSQ7";
const CONNECTED_ACCOUNT: &str = "acct_seller";
/// Reads go round over so many objects, so that no row is a measure of one hot object.
const OBJECTS: usize = 256;
const CODES_PER_REQUEST: u64 = 1000;
/// How long the first webhook may take before the row says that none came.
const WEBHOOK_MAX: Duration = Duration::from_secs(1);

const CHARGE: &str = "amount=2000&currency=usd&source=tok_visa&description=Order+1234";
const INTENT: &str = "amount=2000&currency=usd&description=one&off_session=true&confirm=true";
const CHARGE_WITH_FEE: &str =
    "amount=2000&currency=usd&source=tok_visa&application_fee_amount=123&description=Order+1234";
/// A charge of the platform whose money goes on to an account, less a fee.
const CHARGE_SENT_ON: &str = "amount=2000&currency=usd&source=tok_visa&application_fee_amount=123&\
                              transfer_data%5Bdestination%5D=acct_seller&description=Order+1234";
/// So many accounts share the load where it is spread.
const ACCOUNTS: usize = 64;
const CUSTOMER: &str =
    "email=jenny.rosen%40example.com&name=Jenny+Rosen&description=A+regular&metadata%5Border%5D=1234";

/// The work of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// `GET /v1/charges/:id` with the platform's key.
    RetrieveCharge,
    /// The same as the connected account, with its access token.
    RetrieveChargeAsAccount,
    /// `GET /v1/customers?limit=10`.
    ListCustomers,
    /// `POST /v1/customers`.
    CreateCustomer,
    /// `POST /v1/charges` with an application fee and an access token, a webhook endpoint registered.
    ChargeWithFee,
    /// The same with a fresh idempotency key each.
    ChargeWithFeeAndKey,
    /// `POST /v1/payment_intents` that is confirmed at once, with a card that a customer keeps.
    ConfirmIntent,
    /// The same with a documented card that nobody keeps, so that each makes its payment method, too.
    ConfirmIntentOnce,
    /// `POST /v1/charges` with `transfer_data` and an application fee: a charge, a transfer, a payment and a fee.
    ChargeSentOn,
    /// `POST /v1/charges` for one account by everybody.
    ChargeOneAccount,
    /// The same for as many accounts as there are connections, each in a world of its own.
    ChargeManyAccounts,
    /// `GET /v1/balance` of an account that has been charged for.
    ReadBalance,
    /// `POST /oauth/token` with a fresh code each.
    SwapCode,
}

impl Work {
    /// Whether each request has a webhook to deliver.
    pub(crate) fn sends_webhooks(self) -> bool {
        matches!(self, Self::ChargeWithFee | Self::ChargeWithFeeAndKey)
    }
}

/// A row's requests, ready to send.
pub(crate) struct Prepared {
    /// Makes each request. Number 0 has been sent already.
    pub(crate) request: RequestFn,
    /// Numbers from here on would repeat what must be unique.
    pub(crate) end: u64,
    /// Bytes of the body that answered number 0.
    pub(crate) response_bytes: usize,
    /// For work that sends webhooks, whether the one of number 0 came in time.
    pub(crate) webhook_came: Option<bool>,
}

/// How the product is set up before a run.
pub(crate) struct Setup<'a> {
    /// Receives the webhooks.
    pub(crate) sink: &'a Sink,
    /// Path and form that register a webhook endpoint for connected accounts; `{url}` is the receiver.
    pub(crate) webhook: &'a str,
    /// Codes to mint for the row that swaps them.
    pub(crate) codes: u64,
}

impl Setup<'_> {
    /// Creates what the work needs, sends its first request and checks the answer.
    pub(crate) fn prepare(&self, address: SocketAddr, work: Work) -> Result<Prepared> {
        let mut client = Client::connect(address)?;
        let mut end = u64::MAX;
        let request: RequestFn = match work {
            Work::RetrieveCharge => {
                gets(&create_all(&mut client, "/v1/charges", PLATFORM_KEY, CHARGE)?, PLATFORM_KEY)
            }
            Work::RetrieveChargeAsAccount => {
                let token = access_token(&mut client)?;
                gets(&create_all(&mut client, "/v1/charges", &token, CHARGE)?, &token)
            }
            Work::ListCustomers => {
                create_all(&mut client, "/v1/customers", PLATFORM_KEY, CUSTOMER)?;
                let mut fixed = Vec::new();
                write_get(&mut fixed, "/v1/customers?limit=10", PLATFORM_KEY);
                Arc::new(move |_, out| out.extend_from_slice(&fixed))
            }
            Work::CreateCustomer => {
                let mut fixed = Vec::new();
                write_post(&mut fixed, "/v1/customers", PLATFORM_KEY_BASIC, "", CUSTOMER.as_bytes());
                Arc::new(move |_, out| out.extend_from_slice(&fixed))
            }
            Work::ChargeWithFee => {
                // In this order: what connecting sends must not pass for the first charge's webhook.
                let token = access_token(&mut client)?;
                self.register_webhook(&mut client)?;
                let mut fixed = Vec::new();
                write_post(&mut fixed, "/v1/charges", &token, "", CHARGE_WITH_FEE.as_bytes());
                Arc::new(move |_, out| out.extend_from_slice(&fixed))
            }
            Work::ChargeWithFeeAndKey => {
                let token = access_token(&mut client)?;
                self.register_webhook(&mut client)?;
                Arc::new(move |number, out| {
                    let key = format!("Idempotency-Key: load-run-{number:016}\r\n");
                    write_post(out, "/v1/charges", &token, &key, CHARGE_WITH_FEE.as_bytes());
                })
            }
            Work::ConfirmIntent => {
                let customer =
                    string_at(&accepted(&mut client, "/v1/customers", PLATFORM_KEY, CUSTOMER)?, "id")?;
                let attach = format!("customer={customer}");
                let path = "/v1/payment_methods/pm_card_visa/attach";
                let method = string_at(&accepted(&mut client, path, PLATFORM_KEY, &attach)?, "id")?;
                let form = format!("{INTENT}&customer={customer}&payment_method={method}");
                let mut fixed = Vec::new();
                write_post(&mut fixed, "/v1/payment_intents", PLATFORM_KEY, "", form.as_bytes());
                Arc::new(move |_, out| out.extend_from_slice(&fixed))
            }
            Work::ConfirmIntentOnce => {
                let form = format!("{INTENT}&payment_method=pm_card_visa");
                let mut fixed = Vec::new();
                write_post(&mut fixed, "/v1/payment_intents", PLATFORM_KEY, "", form.as_bytes());
                Arc::new(move |_, out| out.extend_from_slice(&fixed))
            }
            Work::ChargeSentOn => {
                // Connects the account that the money goes to.
                access_token(&mut client)?;
                let mut fixed = Vec::new();
                write_post(&mut fixed, "/v1/charges", PLATFORM_KEY, "", CHARGE_SENT_ON.as_bytes());
                Arc::new(move |_, out| out.extend_from_slice(&fixed))
            }
            Work::ChargeOneAccount => charges_of(&mut client, 1)?,
            Work::ChargeManyAccounts => charges_of(&mut client, ACCOUNTS)?,
            Work::ReadBalance => {
                create_all(&mut client, "/v1/charges", PLATFORM_KEY, CHARGE)?;
                let mut fixed = Vec::new();
                write_get(&mut fixed, "/v1/balance", PLATFORM_KEY);
                Arc::new(move |_, out| out.extend_from_slice(&fixed))
            }
            Work::SwapCode => {
                let codes = mint_codes(&mut client, self.codes)?;
                end = codes.len() as u64;
                Arc::new(move |number, out| {
                    let at = usize::try_from(number).unwrap_or(0) % codes.len().max(1);
                    let code = codes.get(at).map(String::as_str).unwrap_or_default();
                    let form = format!("grant_type=authorization_code&code={code}");
                    write_post(out, "/oauth/token", PLATFORM_KEY, "", form.as_bytes());
                })
            }
        };
        let mut first = Vec::new();
        request(0, &mut first);
        let webhooks_before = self.sink.received();
        let (status, body) = client.send(&first)?;
        if !(200..300).contains(&status) {
            return Err(format!("the first request was answered {}", describe(status, &body)).into());
        }
        let webhook_came = work.sends_webhooks().then(|| self.webhook_came(webhooks_before));
        Ok(Prepared { request, end, response_bytes: body.len(), webhook_came })
    }

    fn register_webhook(&self, client: &mut Client) -> Result<()> {
        let (path, form) = self.webhook.split_once(' ').ok_or("the webhook set-up is not \"PATH FORM\"")?;
        let form = form.replace("{url}", &form_value(&format!("http://{}/webhooks", self.sink.address)));
        accepted(client, path, PLATFORM_KEY, &form).map(drop)
    }

    fn webhook_came(&self, before: u64) -> bool {
        let start = Instant::now();
        while start.elapsed() < WEBHOOK_MAX {
            if self.sink.received() > before {
                return true;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        false
    }
}

/// Posts and insists on success.
fn accepted(client: &mut Client, path: &str, auth: &str, form: &str) -> Result<Value> {
    let (status, body) = client.post(path, auth, form)?;
    if !(200..300).contains(&status) {
        return Err(format!("setting up, POST {path} was answered {}", describe(status, &body)).into());
    }
    Ok(serde_json::from_slice(&body)?)
}

fn string_at(value: &Value, name: &str) -> Result<String> {
    Ok(value
        .get(name)
        .and_then(Value::as_str)
        .ok_or_else(|| format!("an answer without `{name}`"))?
        .to_owned())
}

/// Creates [`OBJECTS`] objects; their paths.
fn create_all(client: &mut Client, path: &str, auth: &str, form: &str) -> Result<Vec<String>> {
    let one = |_| Ok(format!("{path}/{}", string_at(&accepted(client, path, auth, form)?, "id")?));
    (0..OBJECTS).map(one).collect()
}

/// Charges of so many accounts in turn, each of a platform that its unknown key makes.
fn charges_of(client: &mut Client, accounts: usize) -> Result<RequestFn> {
    let mut requests = Vec::with_capacity(accounts);
    for number in 0..accounts {
        let key = format!("Bearer sk_test_TollbridgeLoadRun{number:08}");
        accepted(client, "/v1/charges", &key, CHARGE)?;
        let mut request = Vec::new();
        write_post(&mut request, "/v1/charges", &key, "", CHARGE.as_bytes());
        requests.push(request);
    }
    Ok(in_turn(requests))
}

fn gets(paths: &[String], auth: &str) -> RequestFn {
    let write = |path: &String| {
        let mut request = Vec::new();
        write_get(&mut request, path, auth);
        request
    };
    in_turn(paths.iter().map(write).collect())
}

fn in_turn(requests: Vec<Vec<u8>>) -> RequestFn {
    Arc::new(move |number, out| {
        let at = usize::try_from(number).unwrap_or(0) % requests.len().max(1);
        out.extend_from_slice(requests.get(at).map(Vec::as_slice).unwrap_or_default());
    })
}

fn mint_codes(client: &mut Client, count: u64) -> Result<Vec<String>> {
    let mut codes = Vec::new();
    while (codes.len() as u64) < count {
        let now = CODES_PER_REQUEST.min(count - codes.len() as u64);
        let form = format!(
            "client_id={DEVELOPMENT_CLIENT_ID}&account={CONNECTED_ACCOUNT}&scope=read_write&count={now}"
        );
        let answer = accepted(client, "/_tollbridge/codes", PLATFORM_KEY, &form)?;
        let minted = answer.get("codes").and_then(Value::as_array).ok_or("an answer without `codes`")?;
        let before = codes.len();
        codes.extend(minted.iter().filter_map(Value::as_str).map(str::to_owned));
        if codes.len() == before {
            return Err("no codes were minted".into());
        }
    }
    Ok(codes)
}

/// Connects the seller's account and returns its access token as an `Authorization` value.
fn access_token(client: &mut Client) -> Result<String> {
    let codes = mint_codes(client, 1)?;
    let code = codes.first().ok_or("no code")?;
    let form = format!("grant_type=authorization_code&code={code}");
    let answer = accepted(client, "/oauth/token", PLATFORM_KEY, &form)?;
    Ok(format!("Bearer {}", string_at(&answer, "access_token")?))
}
