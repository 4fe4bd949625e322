//! A Rust OAuth 2.0 library that knows nothing of us completes the loop: authorization URL with PKCE, the pages as a
//! person without JavaScript walks them, the code, the token.
use crate::harness::{Answer, CLIENT, PLATFORM, Server};
use oauth2::{
    AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, PkceCodeChallenge, RedirectUrl, Scope,
    TokenResponse as _, TokenUrl, basic::BasicClient,
};
use std::{collections::BTreeMap, io};

/// A browser that keeps cookies and fills in forms.
struct Browser<'s> {
    server: &'s Server,
    cookies: BTreeMap<String, String>,
}

impl Browser<'_> {
    fn go(&mut self, method: &str, path: &str, form: &str) -> Answer {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let headers = [("cookie", cookies.join("; ")), ("accept", "text/html".into())];
        let headers: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = self.server.send(method, path, &headers, form);
        for cookie in answer.all("set-cookie") {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        answer
    }
}

/// The hidden field against forged forms.
fn csrf(page: &Answer) -> String {
    let (_, rest) = page.body.split_once("name=\"csrf\" value=\"").expect("a form");
    rest.split('"').next().unwrap().to_owned()
}

fn parameter(url: &str, name: &str) -> Option<String> {
    let url = oauth2::url::Url::parse(url).unwrap();
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

#[test]
fn the_loop_with_a_library_that_knows_nothing_of_us() {
    let server = Server::start(&[]);
    let to = "http://127.0.0.1:9/callback";
    let client = BasicClient::new(ClientId::new(CLIENT.into()))
        .set_client_secret(ClientSecret::new(PLATFORM.into()))
        .set_auth_uri(AuthUrl::new(format!("{}/oauth/authorize", server.origin)).unwrap())
        .set_token_uri(TokenUrl::new(format!("{}/oauth/token", server.origin)).unwrap())
        .set_redirect_uri(RedirectUrl::new(to.into()).unwrap());
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state) = client
        .authorize_url(CsrfToken::new_random)
        .add_scope(Scope::new("read_write".into()))
        .add_extra_param("stripe_landing", "login")
        .set_pkce_challenge(challenge)
        .url();

    let mut person = Browser { server: &server, cookies: BTreeMap::new() };
    let path = format!("{}?{}", url.path(), url.query().unwrap());
    let page = person.go("GET", &path, "");
    assert_eq!(page.status, 200, "{}", page.body);
    let signing_in = format!("csrf={}&do=sign_in&email=seller%40example.com&password=password", csrf(&page));
    let signed_in = person.go("POST", &path, &signing_in);
    assert_eq!(signed_in.status, 303, "{}", signed_in.body);
    let consent = person.go("GET", &path, "");
    assert!(consent.body.contains("Acme Storefronts"), "{}", consent.body);
    let approved =
        person.go("POST", &path, &format!("csrf={}&do=approve&account=acct_seller", csrf(&consent)));
    let location = approved.all("location").pop().expect("a redirect");
    assert!(location.starts_with(to), "{location}");
    assert_eq!(parameter(&location, "state").as_deref(), Some(state.secret().as_str()));

    let code = AuthorizationCode::new(parameter(&location, "code").expect("a code"));
    let http = |request: oauth2::HttpRequest| -> Result<oauth2::HttpResponse, io::Error> {
        let (head, body) = request.into_parts();
        let headers: Vec<(&str, &str)> =
            head.headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        let path = oauth2::url::Url::parse(&head.uri.to_string()).unwrap().path().to_owned();
        let answer = server.send(head.method.as_str(), &path, &headers, std::str::from_utf8(&body).unwrap());
        let mut response = oauth2::HttpResponse::new(answer.body.into_bytes());
        *response.status_mut() = oauth2::http::StatusCode::from_u16(answer.status).unwrap();
        response
            .headers_mut()
            .insert("content-type", oauth2::http::HeaderValue::from_static("application/json"));
        Ok(response)
    };
    let token = client.exchange_code(code).set_pkce_verifier(verifier).request(&http).unwrap();
    let account = server.ask(token.access_token().secret(), "GET", "/v1/account", "");
    assert_eq!((account.status, account.text("id").as_str()), (200, "acct_seller"));
    let refreshed = client.exchange_refresh_token(token.refresh_token().unwrap()).request(&http).unwrap();
    assert_eq!(server.ask(token.access_token().secret(), "GET", "/v1/account", "").status, 401);
    assert_eq!(server.ask(refreshed.access_token().secret(), "GET", "/v1/account", "").status, 200);
}
