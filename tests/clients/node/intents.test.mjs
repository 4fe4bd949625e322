// A payment with the official SDK whose payer is asked by their bank, in Chromium.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fitsEverybody, launch, listen, screenshot, sdk, startServer, visitor } from './harness.mjs';

let server;
let browser;
let shop;
let stripe;

before(async () => {
  server = await startServer();
  browser = await launch();
  shop = await listen((request, body, response) => {
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.end('<!doctype html><title>Shop</title><h1>Back at the shop</h1>');
  });
  stripe = sdk(server);
});
after(async () => {
  await browser?.close();
  await shop?.stop();
  await server?.stop();
});

/** Walks the challenge of a payment and presses a button; what the shop is told. */
async function challenged(intent, button, name) {
  const { context, page, complaints } = await visitor(browser);
  await page.goto(intent.next_action.redirect_to_url.url);
  await page.getByText('$20.00').waitFor();
  if (name) {
    await fitsEverybody(page);
    await screenshot(page, name);
  }
  await page.getByRole('button', { name: button }).click();
  await page.waitForURL(`${shop.origin}/**`);
  const told = new URL(page.url()).searchParams;
  await context.close();
  assert.deepEqual(complaints, []);
  return told;
}

const wanted = () => stripe.paymentIntents.create({
  amount: 2000, currency: 'usd', payment_method: 'pm_card_threeDSecure2Required', confirm: true,
  return_url: `${shop.origin}/done`,
});

test('a payer proves who they are', async () => {
  const intent = await wanted();
  assert.equal(intent.status, 'requires_action');
  const told = await challenged(intent, 'Complete authentication', 'challenge');
  assert.equal(told.get('payment_intent'), intent.id);
  assert.equal(told.get('payment_intent_client_secret'), intent.client_secret);
  assert.equal(told.get('redirect_status'), 'succeeded');
  const paid = await stripe.paymentIntents.retrieve(intent.id, { expand: ['latest_charge'] });
  assert.equal(paid.status, 'succeeded');
  assert.equal(paid.latest_charge.payment_method_details.card.three_d_secure.authentication_flow, 'challenge');
});

test('a payer fails and pays with another card', async () => {
  const intent = await wanted();
  const told = await challenged(intent, 'Fail authentication');
  assert.equal(told.get('redirect_status'), 'failed');
  const waiting = await stripe.paymentIntents.retrieve(intent.id);
  assert.equal(waiting.last_payment_error.code, 'payment_intent_authentication_failure');
  const paid = await stripe.paymentIntents.confirm(intent.id, { payment_method: 'pm_card_visa' });
  assert.equal(paid.status, 'succeeded');
});

test('a card is kept and charged while its holder is away', async () => {
  const customer = await stripe.customers.create({ email: 'payer@example.com' });
  const setup = await stripe.setupIntents.create({
    customer: customer.id, payment_method: 'pm_card_visa', confirm: true, return_url: `${shop.origin}/done`,
  });
  assert.equal(setup.status, 'succeeded');
  const kept = await stripe.customers.listPaymentMethods(customer.id);
  assert.equal(kept.data[0].id, setup.payment_method);
  const paid = await stripe.paymentIntents.create({
    amount: 500, currency: 'usd', customer: customer.id, payment_method: setup.payment_method, off_session: true, confirm: true,
  });
  assert.equal(paid.status, 'succeeded');
  await assert.rejects(
    stripe.paymentIntents.create({
      amount: 500, currency: 'usd', payment_method: 'pm_card_authenticationRequired', off_session: true, confirm: true,
    }),
    (error) => error.code === 'authentication_required' && error.payment_intent.status === 'requires_payment_method',
  );
});
