// Faults on demand: what the official SDK's own retries make of them. Nothing twice, nothing lost.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import Stripe from 'stripe';
import { sdk, startServer } from './harness.mjs';

let server;
before(async () => { server = await startServer(); });
after(async () => { await server?.stop(); });

/** A world of its own, and the SDK for it: it tries again by itself, without its usual pauses. */
function world(maxNetworkRetries = 4) {
  const key = `sk_test_${randomBytes(12).toString('hex')}`;
  const stripe = sdk(server, key, { maxNetworkRetries, telemetry: false });
  stripe.getInitialNetworkRetryDelay = () => 0.01;
  const fault = async (form) => {
    const made = await server.post('/_tollbridge/faults', form, key);
    assert.equal(made.status, 200, JSON.stringify(made.body));
  };
  return { key, stripe, fault };
}

const CHARGE = { amount: 1000, currency: 'usd', source: 'tok_visa' };
const ROUTE = { route: '/v1/charges', method: 'POST', count: '2' };

for (const form of [
  { fault: 'rate_limit' },
  { fault: 'lock_timeout' },
  { fault: 'error', status: '503' },
  { fault: 'error', status: '500', when: 'after' },
  { fault: 'dropped' },
  { fault: 'dropped', when: 'after' },
]) {
  test(`the SDK gets through and charges once: ${Object.values(form).join(' ')}`, async () => {
    const { stripe, fault } = world();
    await fault({ ...ROUTE, ...form });
    const charge = await stripe.charges.create(CHARGE);
    const held = await stripe.charges.list();
    assert.deepEqual(held.data.map((it) => it.id), [charge.id]);
    assert.equal(charge.lastResponse.headers['idempotent-replayed'], form.when === 'after' ? 'true' : undefined);
  });
}

test('the SDK does what Stripe-Should-Retry says', async () => {
  const { stripe, fault } = world();
  await fault({ fault: 'rate_limit', should_retry: 'false', count: '2' });
  await assert.rejects(stripe.balance.retrieve(), (error) => {
    assert.equal(error.type, 'StripeRateLimitError');
    assert.equal(error.headers['stripe-rate-limited-reason'], 'global-rate');
    return true;
  });
  await assert.rejects(stripe.balance.retrieve(), { statusCode: 429 }, 'one was left');
  assert.equal((await stripe.balance.retrieve()).object, 'balance');
});

test('a hostile world neither doubles nor loses', async () => {
  const { key, stripe } = world(10);
  const made = await server.post('/_tollbridge/faults', { profile: 'hostile' }, key);
  for (const rule of made.body.data.filter((it) => it.fault === 'latency')) {
    // Delays would only make the test slow.
    await fetch(`${server.origin}/_tollbridge/faults/${rule.id}`, {
      method: 'DELETE', headers: { Authorization: `Bearer ${key}` },
    });
  }
  const told = new Map();
  const pay = async (n) => {
    try {
      told.set((await stripe.charges.create({ ...CHARGE, amount: 1000 + n })).id, 'succeeded');
    } catch (error) {
      assert.equal(error.type, 'StripeCardError', error.message);
      told.set(error.charge, 'failed');
    }
  };
  for (let n = 0; n < 120; n += 8) await Promise.all([...Array(8).keys()].map((i) => pay(n + i)));
  const held = new Map();
  for await (const it of stripe.charges.list({ limit: 100 })) held.set(it.id, it.status);
  assert.deepEqual([...held].sort(), [...told].sort());
  assert.equal(held.size, 120);
});
