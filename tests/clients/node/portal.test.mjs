// The customer portal in Chromium: one life of a customer, and the flows that a platform leads to.

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
  stripe = sdk(server);
  shop = await listen((request, body, response) => {
    response.setHeader('Content-Type', 'text/html');
    response.end('<!doctype html><html lang="en"><title>Shop</title><h1>Back at the shop</h1></html>');
  });
});
after(async () => {
  await browser?.close();
  await shop?.stop();
  await server?.stop();
});

/** A customer with Silver, who may have Gold. */
async function customer() {
  const jenny = await stripe.customers.create({
    name: 'Jenny Rosen', email: 'jenny@example.com', payment_method: 'pm_card_visa', invoice_settings: { default_payment_method: 'pm_card_visa' },
    address: { line1: '510 Townsend St', city: 'San Francisco', state: 'CA', postal_code: '94103', country: 'US' },
  });
  const plan = async (name, description, unit_amount) => {
    const product = await stripe.products.create({ name, description });
    const price = await stripe.prices.create({ product: product.id, currency: 'usd', unit_amount, recurring: { interval: 'month' } });
    return { product: product.id, prices: [price.id], adjustable_quantity: { enabled: true, minimum: 1, maximum: 10 } };
  };
  const silver = await plan('Silver', 'Clay and a wheel', 1000);
  const gold = await plan('Gold', 'Clay, a wheel and the kiln', 3000);
  const subscription = await stripe.subscriptions.create({ customer: jenny.id, items: [{ price: silver.prices[0] }] });
  const configuration = await stripe.billingPortal.configurations.create({
    business_profile: { headline: 'Your plans and payments', privacy_policy_url: `${shop.origin}/privacy`, terms_of_service_url: `${shop.origin}/terms` },
    features: {
      customer_update: { enabled: true, allowed_updates: ['name', 'email', 'address', 'tax_id'] },
      invoice_history: { enabled: true },
      payment_method_update: { enabled: true },
      subscription_cancel: { enabled: true, cancellation_reason: { enabled: true, options: ['too_expensive', 'unused', 'other'] } },
      subscription_pause: { enabled: true, duration: { type: 'interval_options', interval_options: [{ interval: 'month' }, { interval: 'month', interval_count: 3 }] } },
      subscription_update: {
        enabled: true, default_allowed_updates: ['price', 'quantity', 'promotion_code'], proration_behavior: 'always_invoice', products: [silver, gold],
      },
    },
  });
  return { jenny, subscription, configuration, gold: gold.prices[0], silver: silver.prices[0] };
}

async function typed(page, number) {
  await page.getByLabel('Card number').fill(number);
  await page.getByLabel('Expires').fill('12 / 44');
  await page.getByLabel('Security code').fill('123');
  await page.getByLabel('Name on the card').fill('Jenny Rosen');
  await page.getByRole('button', { name: 'Save card' }).click();
}

async function looked(page, name) {
  await fitsEverybody(page);
  await screenshot(page, name);
}

test('a customer looks after what they pay for', async () => {
  const { jenny, subscription, configuration, gold } = await customer();
  const session = await stripe.billingPortal.sessions.create({ customer: jenny.id, configuration: configuration.id, return_url: `${shop.origin}/account` });
  const { context, page, complaints } = await visitor(browser);
  await page.goto(session.url);
  await page.getByRole('heading', { name: 'Current plan' }).waitFor();
  await looked(page, 'portal-home');
  const invoice = await page.getByRole('link', { name: /PDF of/ }).getAttribute('href');
  assert.equal((await fetch(invoice)).headers.get('content-type'), 'application/pdf');

  // Another plan, as it was shown.
  await page.getByRole('link', { name: 'Update plan' }).click();
  await page.getByLabel('Gold').check();
  await page.getByLabel('How many?').fill('2');
  await looked(page, 'portal-plan');
  await page.getByLabel('Promotion code').fill('NOPE');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('alert').waitFor();
  await looked(page, 'portal-plan-error');
  // What was typed is still there.
  assert.deepEqual([await page.getByLabel('Gold').isChecked(), await page.getByLabel('How many?').inputValue()], [true, '2']);
  await page.getByLabel('Promotion code').fill('');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByText('To be paid now').waitFor();
  await looked(page, 'portal-confirm');
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.getByText('Your plan is changed.').waitFor();
  let sub = await stripe.subscriptions.retrieve(subscription.id);
  assert.deepEqual([sub.items.data[0].price.id, sub.items.data[0].quantity], [gold, 2]);

  // Another card, whose bank asks.
  await page.getByRole('link', { name: 'Change payment method' }).click();
  await looked(page, 'portal-methods');
  await typed(page, '4000 0000 0000 0002');
  await page.getByRole('alert').waitFor();
  await looked(page, 'portal-methods-declined');
  await typed(page, '4000 0027 6000 3184');
  await page.getByRole('button', { name: 'Complete authentication' }).click();
  await page.getByText('Visa ending in 3184').waitFor();
  await page.getByText('Your card is saved.').waitFor();
  const paying = await stripe.customers.retrieve(jenny.id, { expand: ['invoice_settings.default_payment_method'] });
  assert.equal(paying.invoice_settings.default_payment_method.card.last4, '3184');

  // Who they are.
  await page.getByRole('link', { name: 'Update information' }).click();
  await page.getByLabel('Name').fill('Jenny Rosen-Weiss');
  await looked(page, 'portal-details');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Jenny Rosen-Weiss').waitFor();

  // Leaving, and not leaving after all.
  await page.getByRole('link', { name: 'Cancel plan' }).click();
  await page.getByText('I do not use it').click();
  await page.getByLabel('Anything else?').fill('See you next year');
  await looked(page, 'portal-cancel');
  await page.getByRole('button', { name: 'Cancel plan' }).click();
  await page.getByText('Your plan is canceled.').waitFor();
  await looked(page, 'portal-ends');
  sub = await stripe.subscriptions.retrieve(subscription.id);
  assert.deepEqual([sub.cancel_at_period_end, sub.cancellation_details.feedback, sub.cancellation_details.comment], [true, 'unused', 'See you next year']);
  await page.getByRole('button', { name: 'Keep this plan' }).click();
  await page.getByText('Your plan goes on.').waitFor();

  // Resting for a while.
  await page.getByRole('link', { name: 'Pause' }).click();
  await page.getByText('3 months').click();
  await looked(page, 'portal-pause');
  await page.getByRole('button', { name: 'Pause plan' }).click();
  await page.getByText('It is paused until').waitFor();
  await looked(page, 'portal-paused');
  await page.getByRole('button', { name: 'Resume' }).click();
  await page.getByText('It renews on').waitFor();
  sub = await stripe.subscriptions.retrieve(subscription.id);
  assert.deepEqual([sub.cancel_at_period_end, sub.pause_collection], [false, null]);

  await page.getByRole('link', { name: /Return to/ }).click();
  await page.getByText('Back at the shop').waitFor();
  await context.close();
  // The browser counts an answer that is no success as a complaint; there are two such pages above.
  assert.deepEqual(complaints.filter((it) => !/status of 40[02]/.test(it)), []);
});

test('a platform leads to one thing, and hears back', async () => {
  const { jenny, subscription, configuration, gold } = await customer();
  const item = subscription.items.data[0].id;
  const led = (flow_data) => stripe.billingPortal.sessions.create({ customer: jenny.id, configuration: configuration.id, flow_data });
  const { context, page, complaints } = await visitor(browser);
  let session = await led({
    type: 'subscription_update_confirm',
    subscription_update_confirm: { subscription: subscription.id, items: [{ id: item, price: gold }] },
    after_completion: { type: 'redirect', redirect: { return_url: `${shop.origin}/thanks` } },
  });
  await page.goto(session.url);
  await page.getByRole('heading', { name: 'Confirm your change' }).waitFor();
  await looked(page, 'portal-flow-confirm');
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.getByText('Back at the shop').waitFor();
  assert.equal((await stripe.subscriptions.retrieve(subscription.id)).items.data[0].price.id, gold);

  await stripe.coupons.create({ id: 'stay', name: 'Loyal potters', percent_off: 25, duration: 'repeating', duration_in_months: 3 });
  session = await led({
    type: 'subscription_cancel',
    subscription_cancel: { subscription: subscription.id, retention: { type: 'coupon_offer', coupon_offer: { coupon: 'stay' } } },
    after_completion: { type: 'hosted_confirmation', hosted_confirmation: { custom_message: 'We are glad that you told us.' } },
  });
  await page.goto(session.url);
  await page.getByText('Loyal potters: 25% off for 3 months.').waitFor();
  await looked(page, 'portal-offer');
  await page.getByRole('button', { name: 'Cancel plan' }).click();
  await page.getByText('We are glad that you told us.').waitFor();
  await looked(page, 'portal-done');
  assert.equal((await stripe.subscriptions.retrieve(subscription.id)).cancel_at_period_end, true);
  assert.deepEqual(complaints, []);
  await page.goto(`${session.url}x`);
  await page.getByRole('heading', { name: 'This page has expired' }).waitFor();
  await looked(page, 'portal-expired');
  await context.close();
});
