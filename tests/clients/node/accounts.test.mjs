// A person in Chromium whom a platform sends to an account link, and to a login link.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { NARROW, PLATFORM_SECRET, fitsEverybody, launch, listen, screenshot, startServer, visitor } from './harness.mjs';

let server;
let browser;
let shop;
let context;
let page;
let complaints;

before(async () => {
  server = await startServer();
  browser = await launch();
  shop = await listen((request, body, response) => {
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.end('<!doctype html><title>Shop</title><h1>Back at the shop</h1>');
  });
});
after(async () => {
  await browser?.close();
  await shop?.stop();
  await server?.stop();
});
beforeEach(async () => {
  ({ context, page, complaints } = await visitor(browser));
});
afterEach(() => context.close());

/** An answer of the API to the platform. */
async function api(method, path, form = {}) {
  const answer = await fetch(`${server.origin}${path}`, {
    method,
    headers: { Authorization: `Bearer ${PLATFORM_SECRET}` },
    body: method === 'GET' ? undefined : new URLSearchParams(form),
  });
  const body = await answer.json();
  assert.equal(answer.status, 200, JSON.stringify(body));
  return body;
}

const create = (type) => api('POST', '/v1/accounts', {
  type, 'capabilities[card_payments][requested]': 'true', 'capabilities[transfers][requested]': 'true',
});

const link = (account) => api('POST', '/v1/account_links', {
  account, type: 'account_onboarding', refresh_url: `${shop.origin}/again`, return_url: `${shop.origin}/back`,
});

/** The account once it may be charged for: what was given is looked at a moment later. */
async function enabled(id) {
  for (;;) {
    const account = await api('GET', `/v1/accounts/${id}`);
    if (account.charges_enabled) return account;
    assert.deepEqual(account.requirements.errors, []);
    await new Promise((wake) => setTimeout(wake, 50));
  }
}

/** Nothing went against the page's own policy, either. */
async function isForEverybody() {
  await fitsEverybody(page);
  assert.deepEqual(complaints.filter((c) => !/410|422/.test(c)), []);
}

test('an account link takes somebody through their details, once', { timeout: 90_000 }, async () => {
  const { id } = await create('express');
  const { url } = await link(id);
  await page.goto(url);
  await page.getByLabel('What kind of business is it?').waitFor();
  await screenshot(page, 'setup-kind');
  await isForEverybody();
  await page.getByLabel('What kind of business is it?').selectOption('individual');
  await page.getByRole('button', { name: 'Continue' }).click();

  await page.getByLabel('First name').waitFor();
  await screenshot(page, 'setup-details');
  await isForEverybody();
  // What is wrong is said at the field, and nothing of the rest is lost.
  await page.getByRole('button', { name: 'Fill in test values' }).click();
  await page.getByLabel('Routing number').fill('123');
  await page.getByRole('button', { name: 'Agree and submit' }).click();
  assert.equal(await page.getByLabel('Routing number').getAttribute('aria-invalid'), 'true');
  assert.equal(await page.getByLabel('First name').inputValue(), 'Ann');
  await screenshot(page, 'setup-error');
  await page.getByLabel('Routing number').fill('110000000');
  await page.getByRole('button', { name: 'Agree and submit' }).click();
  await page.waitForURL(`${shop.origin}/back`);
  const account = await enabled(id);
  assert.equal(account.details_submitted, true);
  assert.equal(account.payouts_enabled, true);

  // The link opened once.
  await page.goto(url);
  await page.waitForURL(`${shop.origin}/again`);
});

test('a company with its people, on a telephone', { timeout: 90_000 }, async () => {
  await page.setViewportSize(NARROW);
  const { id } = await create('custom');
  await page.goto((await link(id)).url);
  await page.getByLabel('What kind of business is it?').selectOption('company');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByLabel('Name of the company, as registered').waitFor();
  await page.getByRole('button', { name: 'Fill in test values' }).click();
  await page.getByLabel('Your position in the company').waitFor();
  await screenshot(page, 'setup-company-narrow');
  await isForEverybody();
  await page.getByRole('button', { name: 'Agree and submit' }).click();
  await page.waitForURL(`${shop.origin}/back`);
  assert.ok((await enabled(id)).company.name);
});

test('a login link opens balance and payouts', { timeout: 90_000 }, async () => {
  const { id } = await create('express');
  await page.goto((await link(id)).url);
  await page.getByLabel('What kind of business is it?').selectOption('individual');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('button', { name: 'Fill in test values' }).click();
  await page.getByRole('button', { name: 'Agree and submit' }).click();
  await page.waitForURL(`${shop.origin}/back`);
  await enabled(id);
  await api('POST', `/v1/accounts/${id}`, { 'business_profile[name]': "Ann's Pottery" });
  for (const [path, form] of [
    ['/v1/charges', { amount: '123400', currency: 'usd', source: 'tok_bypassPending' }],
    ['/v1/payouts', { amount: '50000', currency: 'usd' }],
  ]) {
    const answer = await fetch(`${server.origin}${path}`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${PLATFORM_SECRET}`, 'Stripe-Account': id },
      body: new URLSearchParams(form),
    });
    assert.equal(answer.status, 200, await answer.text());
  }
  const login = await api('POST', `/v1/accounts/${id}/login_links`);
  await page.goto(login.url);
  await page.getByText('STRIPE TEST BANK').waitFor();
  await page.getByRole('cell', { name: '500.00 USD' }).waitFor();
  await screenshot(page, 'express');
  await isForEverybody();
  await page.setViewportSize(NARROW);
  await screenshot(page, 'express-narrow');
  await isForEverybody();
  await page.getByRole('button', { name: 'Leave' }).click();
  const again = await page.goto(login.url);
  assert.equal(again.status(), 410);
  await screenshot(page, 'express-spent');
});
