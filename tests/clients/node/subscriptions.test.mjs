// A subscription on a test clock with the official SDK: trial, renewal, upgrade, a payer who is asked by their bank, the end.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import Stripe from 'stripe';
import { launch, sdk, startServer, visitor } from './harness.mjs';

const DAY = 86_400;
// Monday, 1 January 2024.
const START = 1_704_067_200;
let server;
let browser;
let stripe;

before(async () => {
  server = await startServer();
  browser = await launch();
  stripe = sdk(server);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

async function move(clock, to) {
  await stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: to });
  while ((await stripe.testHelpers.testClocks.retrieve(clock.id)).status !== 'ready') await new Promise(setImmediate);
}

const monthly = (unit_amount) => stripe.prices.create({
  currency: 'usd', unit_amount, recurring: { interval: 'month' }, product_data: { name: 'Gold' },
});

test('a whole life', async () => {
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: START });
  const jenny = await stripe.customers.create({
    test_clock: clock.id, payment_method: 'pm_card_visa', invoice_settings: { default_payment_method: 'pm_card_visa' },
  });
  const [silver, gold] = [await monthly(3100), await monthly(6200)];
  let sub = await stripe.subscriptions.create({ customer: jenny.id, items: [{ price: silver.id }], trial_period_days: 14 });
  const [item] = sub.items.data;
  assert.deepEqual([sub.status, sub.trial_end], ['trialing', START + 14 * DAY]);
  await move(clock, START + 14 * DAY + 3600);
  sub = await stripe.subscriptions.retrieve(sub.id, { expand: ['latest_invoice'] });
  assert.deepEqual([sub.status, sub.latest_invoice.status, sub.latest_invoice.total], ['active', 'paid', 3100]);
  await move(clock, sub.items.data[0].current_period_end + 3600);
  sub = await stripe.subscriptions.retrieve(sub.id, { expand: ['latest_invoice'] });
  assert.equal(sub.latest_invoice.billing_reason, 'subscription_cycle');
  const items = [{ id: item.id, price: gold.id }];
  const preview = await stripe.invoices.createPreview({ subscription: sub.id, subscription_details: { items, proration_behavior: 'always_invoice' } });
  sub = await stripe.subscriptions.update(sub.id, { items, proration_behavior: 'always_invoice', expand: ['latest_invoice'] });
  assert.deepEqual([sub.latest_invoice.status, sub.latest_invoice.total], ['paid', preview.total]);
  const asks = await stripe.paymentMethods.attach('pm_card_authenticationRequired', { customer: jenny.id });
  await stripe.subscriptions.update(sub.id, { default_payment_method: asks.id });
  await move(clock, sub.items.data[0].current_period_end + 3600);
  sub = await stripe.subscriptions.retrieve(sub.id, { expand: ['latest_invoice.payments'] });
  assert.deepEqual([sub.status, sub.latest_invoice.status], ['past_due', 'open']);
  const intent = await stripe.paymentIntents.confirm(sub.latest_invoice.payments.data[0].payment.payment_intent, {
    payment_method: asks.id, return_url: `${server.origin}/healthz`,
  });
  const { context, page } = await visitor(browser);
  await page.goto(intent.next_action.redirect_to_url.url);
  await page.getByRole('button', { name: 'Complete' }).click();
  await page.waitForURL(`${server.origin}/healthz**`);
  await context.close();
  sub = await stripe.subscriptions.retrieve(sub.id);
  assert.equal(sub.status, 'active');
  const gone = await stripe.subscriptions.cancel(sub.id, { prorate: true, invoice_now: true });
  assert.equal(gone.status, 'canceled');
  assert.ok((await stripe.customers.retrieve(jenny.id)).balance < 0);
  const all = await stripe.invoices.list({ subscription: sub.id }).autoPagingToArray({ limit: 100 });
  assert.deepEqual(all.map((it) => it.status), ['paid', 'paid', 'paid', 'paid', 'paid', 'paid']);
});

test('errors name what is wrong', async () => {
  const jenny = await stripe.customers.create({});
  const gold = await monthly(2000);
  await assert.rejects(stripe.subscriptions.create({ customer: jenny.id, items: [{ price: gold.id }] }),
    (error) => error instanceof Stripe.errors.StripeInvalidRequestError && error.code === 'resource_missing');
  await assert.rejects(stripe.subscriptions.create({ customer: jenny.id, items: [{ price: 'price_none' }] }),
    (error) => error.param === 'items[0][price]');
});
