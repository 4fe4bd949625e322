// The official SDK of today, with only the host changed, goes through the whole loop.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import Stripe from 'stripe';
import { DEVELOPMENT, PLATFORM_SECRET, SELLER, sdk, startReceiver, startServer } from './harness.mjs';

let server;
let receiver;
const client = (key, more) => sdk(server, key, { telemetry: false, ...more });

before(async () => {
  server = await startServer();
  receiver = await startReceiver();
});
after(async () => {
  await receiver?.stop();
  await server?.stop();
});

test('connect, charge, hear of it, refund, disconnect', async () => {
  const platform = client(PLATFORM_SECRET);
  const hook = await platform.webhookEndpoints.create({ url: receiver.url, enabled_events: ['*'], connect: true });

  const url = new URL(platform.oauth.authorizeUrl({ client_id: DEVELOPMENT, state: 's' }));
  assert.equal(url.pathname, '/oauth/authorize');
  const token = await platform.oauth.token({ grant_type: 'authorization_code', code: await server.code() });
  assert.equal(token.stripe_user_id, SELLER);
  assert.equal(token.scope, 'read_write');

  const seller = client(token.access_token);
  assert.equal((await seller.accounts.retrieveCurrent?.() ?? await seller.accounts.retrieve()).id, SELLER);
  const card = await client(token.stripe_publishable_key).tokens.create({
    card: { number: '4242424242424242', exp_month: '12', exp_year: '2034', cvc: '123' },
  });
  const charge = await seller.charges.create(
    { amount: 1000, currency: 'usd', source: card.id, application_fee_amount: 123, expand: ['balance_transaction'] },
    { idempotencyKey: 'once' });
  assert.equal(charge.paid, true);
  assert.equal(charge.balance_transaction.net, 818);
  const again = await seller.charges.create(
    { amount: 1000, currency: 'usd', source: card.id, application_fee_amount: 123, expand: ['balance_transaction'] },
    { idempotencyKey: 'once' });
  assert.equal(again.id, charge.id);
  assert.equal(again.lastResponse.headers['idempotent-replayed'], 'true');

  const told = await receiver.wait((e) => e.type === 'charge.succeeded' && e.data.object.id === charge.id);
  const event = platform.webhooks.constructEvent(told.body, told.headers['stripe-signature'], hook.secret);
  assert.equal(event.account, SELLER);
  assert.throws(() => platform.webhooks.constructEvent(told.body, told.headers['stripe-signature'], 'whsec_x'));

  const fees = await platform.applicationFees.list({ charge: charge.id });
  assert.equal(fees.data[0].amount, 123);
  const refund = await platform.refunds.create(
    { charge: charge.id, refund_application_fee: true }, { stripeAccount: SELLER });
  assert.equal(refund.status === 'succeeded' || refund.status === 'pending', true);
  assert.equal((await platform.applicationFees.retrieve(fees.data[0].id)).refunded, true);

  const gone = await platform.oauth.deauthorize({ client_id: DEVELOPMENT, stripe_user_id: SELLER });
  assert.equal(gone.stripe_user_id, SELLER);
  await assert.rejects(seller.charges.list(), Stripe.errors.StripeAuthenticationError);
  await assert.rejects(platform.charges.list({}, { stripeAccount: SELLER }), Stripe.errors.StripePermissionError);
  await receiver.wait((e) => e.type === 'account.application.deauthorized' && e.account === SELLER);
});

test('errors are the exceptions of the SDK', async () => {
  const platform = client(PLATFORM_SECRET);
  const is = (type, code) => (error) => {
    assert.ok(error instanceof Stripe.errors[type], `${error.type}: ${error.message}`);
    if (code) assert.equal(error.code, code);
    assert.match(error.requestId, /^req_/);
    return true;
  };
  await assert.rejects(platform.charges.retrieve('ch_none'), is('StripeInvalidRequestError', 'resource_missing'));
  await assert.rejects(platform.charges.create({ amount: 500, currency: 'usd', source: 'tok_chargeDeclined' }),
    is('StripeCardError', 'card_declined'));
  await assert.rejects(client('sk_live_' + 'x'.repeat(24)).balance.retrieve(), is('StripeAuthenticationError'));
  await platform.customers.create({ name: 'a' }, { idempotencyKey: 'k' });
  await assert.rejects(platform.customers.create({ name: 'b' }, { idempotencyKey: 'k' }), is('StripeIdempotencyError'));
  const denied = await server.connect('read_only');
  await assert.rejects(client(denied.access_token).customers.create({ name: 'b' }), is('StripePermissionError'));
  await assert.rejects(platform.oauth.token({ grant_type: 'authorization_code', code: 'ac_none' }),
    is('StripeInvalidGrantError'));
});

test('auto-paging, both ways', async () => {
  const platform = client(PLATFORM_SECRET);
  const made = [];
  for (let i = 0; i < 12; i++) made.push((await platform.customers.create({ name: `p${i}` })).id);
  const forward = await platform.customers.list({ limit: 5 }).autoPagingToArray({ limit: 12 });
  assert.deepEqual(forward.map((c) => c.id), [...made].reverse());
  const back = await platform.customers.list({ limit: 5, ending_before: made[1] }).autoPagingToArray({ limit: 100 });
  assert.deepEqual(back.map((c) => c.id), made.slice(2));
});
