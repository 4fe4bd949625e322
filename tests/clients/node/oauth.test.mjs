// OAuth 2.0 libraries that know nothing of this server, with a real browser between them.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import * as oauth from 'oauth4webapi';
import { DEVELOPMENT, PLATFORM_SECRET, SELLER, approve, launch, listen, startServer } from './harness.mjs';

const require = createRequire(import.meta.url);
let server;
let browser;
let callback;
let arrived;

before(async () => {
  server = await startServer();
  browser = await launch();
  callback = await listen((request, body, response) => {
    if (request.url.startsWith('/callback')) arrived = new URL(request.url, callback.origin);
    response.setHeader('Content-Type', 'text/html');
    response.end('<h1>Back at the shop</h1>');
  });
});
after(async () => {
  await browser?.close();
  await callback?.stop();
  await server?.stop();
});

/** A person in a fresh browser follows the address and consents: where the browser arrives. */
async function walk(url) {
  arrived = undefined;
  const context = await browser.newContext();
  const page = await context.newPage();
  await approve(page, String(url));
  await page.getByRole('heading', { name: 'Back at the shop' }).waitFor();
  await context.close();
  return arrived;
}

for (const [name, authenticate] of [
  ['client_secret_post', oauth.ClientSecretPost],
  ['client_secret_basic', oauth.ClientSecretBasic],
]) {
  test(`oauth4webapi: discovery, PKCE, iss, ${name}`, async () => {
    const loopback = { [oauth.allowInsecureRequests]: true };
    const issuer = new URL(server.origin);
    const found = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...loopback });
    const as = await oauth.processDiscoveryResponse(issuer, found);
    assert.equal(as.authorization_response_iss_parameter_supported, true);

    const client = { client_id: DEVELOPMENT };
    const verifier = oauth.generateRandomCodeVerifier();
    const state = oauth.generateRandomState();
    const redirect = `${callback.origin}/callback`;
    const url = new URL(as.authorization_endpoint);
    url.search = new URLSearchParams({
      client_id: client.client_id, redirect_uri: redirect, response_type: 'code', scope: 'read_write', state,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
      always_prompt: 'true',
    });
    const back = await walk(url);
    const parameters = oauth.validateAuthResponse(as, client, back, state);
    const answer = await oauth.authorizationCodeGrantRequest(
      as, client, authenticate(PLATFORM_SECRET), parameters, redirect, verifier, loopback);
    const token = await oauth.processAuthorizationCodeResponse(as, client, answer);
    assert.equal(token.stripe_user_id, SELLER);
    assert.equal(token.token_type, 'bearer');

    const account = await oauth.protectedResourceRequest(
      token.access_token, 'GET', new URL('/v1/account', server.origin), undefined, undefined, loopback);
    assert.equal((await account.json()).id, SELLER);

    const refreshed = await oauth.processRefreshTokenResponse(as, client, await oauth.refreshTokenGrantRequest(
      as, client, authenticate(PLATFORM_SECRET), token.refresh_token, loopback));
    assert.notEqual(refreshed.access_token, token.access_token);

    // The same code again: refused, in the words that the library understands.
    const twice = await oauth.authorizationCodeGrantRequest(
      as, client, authenticate(PLATFORM_SECRET), parameters, redirect, verifier, loopback);
    await assert.rejects(oauth.processAuthorizationCodeResponse(as, client, twice),
      (error) => error instanceof oauth.ResponseBodyError && error.error === 'invalid_grant' && error.status === 400);
  });
}

test('passport-stripe', async () => {
  const { Strategy } = require('passport-stripe');
  const strategy = new Strategy({
    clientID: DEVELOPMENT, clientSecret: PLATFORM_SECRET, callbackURL: `${callback.origin}/callback`,
    authorizationURL: `${server.origin}/oauth/authorize`, tokenURL: `${server.origin}/oauth/token`,
  }, (accessToken, refreshToken, stripe, done) => done(null, { accessToken, refreshToken, ...stripe }));

  /** What passport does with a strategy: one instance a request, with the outcomes on it. */
  const authenticate = (request, options) => new Promise((resolve, reject) => {
    Object.assign(Object.create(strategy), {
      redirect: (url) => resolve({ url }), success: (user) => resolve({ user }),
      fail: (challenge) => reject(new Error(`refused: ${challenge}`)), error: reject,
    }).authenticate(request, options);
  });

  const { url } = await authenticate({ query: {}, session: {} }, { scope: 'read_write', state: 'passport' });
  const back = await walk(url);
  assert.equal(back.searchParams.get('state'), 'passport');
  const { user } = await authenticate({ query: Object.fromEntries(back.searchParams), session: {} }, {});
  assert.equal(user.stripe_user_id, SELLER);
  assert.equal(user.scope, 'read_write');
  assert.match(user.stripe_publishable_key, /^pk_test_/);
  assert.match(user.accessToken, /^sk_test_/);
  assert.match(user.refreshToken, /^rt_/);
});
