// Client libraries of the time of the guide, against `Stripe-Version: 2012-10-26`.
//
// `stripe-2012` is the library that Node had through 2012: its host is fixed, and it knows no version header, so
// the test hands its requests to our server and pins the version there. `stripe-2013` is the first official one.

import assert from 'node:assert/strict';
import http from 'node:http';
import https from 'node:https';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { DEVELOPMENT, PLATFORM_SECRET, SELLER, SELLER_PUBLIC, startServer } from './harness.mjs';

const require = createRequire(import.meta.url);
const VERSION = '2012-10-26';
const CARD = { number: '4242424242424242', exp_month: '12', exp_year: '2034', cvc: '123', name: 'Ann' };
const CHARGE_KEYS = ['id', 'object', 'created', 'livemode', 'paid', 'amount', 'currency', 'refunded', 'fee',
  'fee_details', 'card', 'failure_message', 'amount_refunded', 'customer', 'invoice', 'description', 'disputed'];
const CARD_KEYS = ['object', 'last4', 'type', 'exp_month', 'exp_year', 'fingerprint', 'country', 'name',
  'address_line1', 'address_line2', 'address_state', 'address_zip', 'address_country', 'cvc_check',
  'address_line1_check', 'address_zip_check'];
const LATER = ['balance_transaction', 'metadata', 'captured_at', 'status', 'source', 'outcome', 'refunds_url',
  'payment_method_details', 'billing_details', 'application_fee_amount', 'receipt_url', 'dispute'];

let server;
let realRequest;
let token;

function holds(object, keys) {
  for (const key of keys) assert.ok(key in object, `${object.object} has no ${key}: ${Object.keys(object)}`);
}

before(async () => {
  server = await startServer();
  const { hostname, port } = new URL(server.origin);
  realRequest = https.request;
  https.request = (options, ...rest) => http.request(
    { ...options, host: hostname, port, headers: { ...options.headers, 'Stripe-Version': VERSION } }, ...rest);
  token = await server.connect();
});
after(async () => {
  if (realRequest) https.request = realRequest;
  await server?.stop();
});

/** The library of 2012, with promises in the place of callbacks. */
function old(key) {
  const stripe = require('stripe-2012')(key);
  return new Proxy({}, {
    get: (_, resource) => new Proxy({}, {
      get: (_, verb) => promisify(stripe[resource][verb]),
    }),
  });
}

function first(key) {
  const { hostname, port } = new URL(server.origin);
  const stripe = require('stripe-2013')(key);
  stripe.setHost(hostname, port, 'http');
  stripe.setApiVersion(VERSION);
  return stripe;
}

test('2012: token, charge, refund', async () => {
  const made = await old(SELLER_PUBLIC).token.create({ card: CARD });
  holds(made, ['id', 'livemode', 'created', 'used', 'object', 'type', 'card']);
  assert.equal(made.card.type, 'Visa');
  assert.equal(made.used, false);

  const stripe = old(token.access_token);
  const charge = await stripe.charges.create({ amount: 1000, currency: 'usd', card: made.id, application_fee: 123 });
  holds(charge, CHARGE_KEYS);
  holds(charge.card, CARD_KEYS);
  for (const key of LATER) assert.ok(!(key in charge), `a charge of 2012 has no ${key}`);
  assert.equal(charge.paid, true);
  assert.equal(charge.refunded, false);
  assert.equal(charge.disputed, false);
  assert.equal(charge.fee, 182);
  assert.deepEqual(charge.fee_details.map((d) => [d.type, d.amount]).sort(), [['application_fee', 123], ['stripe_fee', 59]]);
  assert.equal(charge.card.type, 'Visa');
  assert.equal(charge.card.last4, '4242');
  assert.equal(charge.card.cvc_check, 'pass');
  assert.ok(!('brand' in charge.card));

  const seen = await stripe.charges.retrieve(charge.id);
  assert.equal(seen.id, charge.id);
  const part = await stripe.charges.refund(charge.id, 400);
  assert.equal(part.object, 'charge');
  assert.equal(part.refunded, false);
  assert.equal(part.amount_refunded, 400);
  const whole = await stripe.charges.refund(charge.id);
  assert.equal(whole.refunded, true);
  assert.equal(whole.amount_refunded, 1000);
});

test('2012: a customer has one active card; lists count', async () => {
  const stripe = old(token.access_token);
  const made = await old(SELLER_PUBLIC).token.create({ card: CARD });
  const customer = await stripe.customers.create({ email: 'ann@example.com', description: 'Ann', card: made.id });
  holds(customer, ['object', 'created', 'id', 'livemode', 'description', 'email', 'delinquent', 'subscription',
    'discount', 'account_balance', 'active_card']);
  assert.equal(customer.active_card.last4, '4242');
  assert.equal(customer.active_card.type, 'Visa');
  for (const key of ['cards', 'sources', 'default_card', 'default_source', 'subscriptions']) assert.ok(!(key in customer));

  const charge = await stripe.charges.create({ amount: 700, currency: 'usd', customer: customer.id });
  assert.equal(charge.customer, customer.id);
  const changed = await stripe.customers.update(customer.id, { description: 'Ann B.' });
  assert.equal(changed.description, 'Ann B.');

  for (let i = 0; i < 4; i++) await stripe.customers.create({ email: `c${i}@example.com` });
  // This library sends the parameters of a GET in its body.
  const page = await stripe.customers.list(2, 1);
  assert.equal(page.count, 5);
  assert.deepEqual(page.data.map((c) => c.email), ['c2@example.com', 'c1@example.com']);
  assert.ok(!('has_more' in page));
  assert.deepEqual(await stripe.customers.del(customer.id), { id: customer.id, deleted: true });
});

test('2012: errors', async () => {
  const stripe = old(token.access_token);
  await assert.rejects(stripe.charges.create({ amount: 1000, currency: 'usd', card: 'tok_chargeDeclined' }),
    (error) => error.name === 'card_error');
  await assert.rejects(stripe.charges.retrieve('ch_none'), { name: 'invalid_request_error', message: 'No such charge: ch_none' });
  await assert.rejects(stripe.charges.create({ amount: 1000, currency: 'usd', card: CARD }),
    { message: /OAuth based requests must use card tokens from Stripe.js, but card details were directly provided/ });
});

test('2012: events', async () => {
  const list = await old(token.access_token).events.list();
  const event = list.data.find((e) => e.type === 'charge.succeeded');
  assert.deepEqual(Object.keys(event).sort(), ['created', 'data', 'id', 'livemode', 'object', 'pending_webhooks', 'type']);
  const seen = await old(token.access_token).events.retrieve(event.id);
  assert.equal(seen.id, event.id);
  await assert.rejects(old(token.access_token).events.retrieve('evt_none'), { message: 'No such notification: evt_none' });
});

test('2013, the first official library: account and what is the same', async () => {
  const stripe = first(token.access_token);
  const account = await stripe.account.retrieve();
  assert.deepEqual(Object.keys(account), ['id', 'email', 'statement_descriptor', 'details_submitted', 'charge_enabled',
    'transfer_enabled', 'currencies_supported', 'default_currency', 'country', 'object']);
  assert.equal(account.id, SELLER);
  assert.equal(account.default_currency, 'USD');

  const made = await first(SELLER_PUBLIC).tokens.create({ card: CARD });
  const charge = await stripe.charges.create({ amount: 500, currency: 'usd', card: made.id });
  assert.equal(charge.fee, 45);
  const list = await stripe.charges.list({ count: 1 });
  assert.equal(list.data.length, 1);
  assert.equal(list.data[0].id, charge.id);
  assert.equal(typeof list.count, 'number');
  await assert.rejects(async () => first(PLATFORM_SECRET).charges.retrieve(charge.id), { type: 'StripeInvalidRequest' });
  await assert.rejects(async () => first('sk_live_' + 'x'.repeat(24)).account.retrieve(), { type: 'StripeAuthenticationError' });
});

test('a revoked token is an unknown key', async () => {
  const fresh = await server.connect();
  await server.post('/oauth/deauthorize', { client_id: DEVELOPMENT, stripe_user_id: SELLER });
  await assert.rejects(async () => first(fresh.access_token).account.retrieve(), { type: 'StripeAuthenticationError' });
});
