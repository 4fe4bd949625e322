// A person in Chromium: connects, signs up, skips, declines, revokes; and a shop's page that takes a card.

import assert from 'node:assert/strict';
import { after, before, beforeEach, afterEach, test } from 'node:test';
import {
  DEVELOPMENT, PASSWORD, PLATFORM_SECRET, SELLER, SELLER_EMAIL, approve, fitsEverybody, launch, listen, screenshot,
  signIn, startReceiver, startServer, visitor,
} from './harness.mjs';

let server;
let browser;
let shop;
let context;
let page;
let complaints;
const pages = new Map();

before(async () => {
  server = await startServer();
  browser = await launch();
  shop = await listen((request, body, response) => {
    const { pathname } = new URL(request.url, 'http://shop');
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.end(pages.get(pathname) ?? '<!doctype html><title>Shop</title><h1>Back at the shop</h1>');
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

const authorize = (more) => server.authorizeUrl({ redirect_uri: `${shop.origin}/callback`, state: 'st 1', ...more });

/** Where the browser came back to, once it did. */
async function back() {
  await page.waitForURL(`${shop.origin}/**`);
  return new URL(page.url()).searchParams;
}

async function swap(parameters) {
  const answer = await server.post('/oauth/token', { grant_type: 'authorization_code', code: parameters.get('code') });
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body;
}

async function account(token) {
  const answer = await fetch(`${server.origin}/v1/account`, { headers: { Authorization: `Bearer ${token.access_token}` } });
  return { status: answer.status, body: await answer.json() };
}

const isForEverybody = () => fitsEverybody(page);

test('connects an existing account', async () => {
  await page.goto(authorize({ stripe_landing: 'login' }));
  await page.getByRole('heading', { name: /Acme Storefronts/ }).first().waitFor();
  await screenshot(page, 'connect-sign-in');
  await isForEverybody();
  await signIn(page, SELLER_EMAIL, 'wrong');
  await page.getByRole('alert').waitFor();
  await screenshot(page, 'connect-sign-in-error');
  await signIn(page);
  await page.getByRole('button', { name: 'Connect my account' }).waitFor();
  assert.match(await page.locator('main').innerText(), /Take payments/);
  await screenshot(page, 'connect-consent');
  await isForEverybody();
  await page.getByRole('button', { name: 'Connect my account' }).click();
  const parameters = await back();
  assert.equal(parameters.get('state'), 'st 1');
  const token = await swap(parameters);
  assert.equal(token.stripe_user_id, SELLER);

  // Signed in and connected: the second time nothing is asked.
  await page.goto(authorize());
  assert.ok((await back()).get('code'));
  assert.deepEqual(complaints.filter((c) => !/40[0-9]|422/.test(c)), []);
});

test('the keyboard is enough, without scripts', async () => {
  const quiet = await browser.newContext({ javaScriptEnabled: false });
  page = await quiet.newPage();
  await page.goto(authorize({ stripe_landing: 'login', always_prompt: 'true' }));
  const field = page.getByLabel('Email');
  for (let i = 0; i < 30 && !(await field.evaluate((e) => e === document.activeElement)); i++) await page.keyboard.press('Tab');
  await page.keyboard.type(SELLER_EMAIL);
  await page.keyboard.press('Tab');
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Connect my account' }).focus();
  await page.keyboard.press('Enter');
  assert.ok((await back()).get('code'));
  await quiet.close();
});

test('signs up through the form', async () => {
  await page.goto(authorize({
    stripe_landing: 'register', 'stripe_user[email]': 'mara@atelier.example', 'stripe_user[business_name]': 'Atelier Mara',
    'stripe_user[country]': 'US', 'stripe_user[first_name]': 'Mara',
  }));
  await page.getByRole('button', { name: 'Open account and connect' }).waitFor();
  assert.equal(await page.getByLabel('Email').inputValue(), 'mara@atelier.example');
  assert.equal(await page.getByLabel('Business name').inputValue(), 'Atelier Mara');
  await screenshot(page, 'connect-form');
  await isForEverybody();

  const fill = async (values) => {
    for (const [label, value] of Object.entries(values)) await page.getByLabel(label).fill(value);
  };
  await page.getByLabel('Country', { exact: true }).selectOption('US');
  await page.getByLabel('Kind of business').selectOption({ index: 1 });
  await fill({
    Website: 'https://atelier.example', 'What do you sell?': 'Hand-bound notebooks, sent within a week.',
    'Name on card statements': 'ATELIER MARA', 'Last name': 'Lind', Month: '5', Day: '17', Year: '1984',
    'Phone optional': '4155550100', 'Street and number': '510 Townsend St', City: 'San Francisco', 'State or region': 'CA',
    'ZIP or postal code': '94103', 'Routing number': '110000000', 'Account number or IBAN': '000123456789', Password: 'short',
  });
  await page.getByLabel('Country of the bank').selectOption('US');
  await page.getByLabel('Currency').selectOption('usd');
  await page.getByRole('button', { name: 'Open account and connect' }).click();

  // A password too short: told beside the field, and nothing of the rest is lost.
  const password = page.getByLabel('Password');
  assert.equal(await password.getAttribute('aria-invalid'), 'true');
  assert.equal(await password.inputValue(), '');
  assert.equal(await page.getByLabel('City').inputValue(), 'San Francisco');
  await screenshot(page, 'connect-form-error');
  await password.fill('three unrelated words');
  await page.getByRole('button', { name: 'Open account and connect' }).click();

  const token = await swap(await back());
  const { body } = await account(token);
  assert.notEqual(body.id, SELLER);
  assert.equal(body.email, 'mara@atelier.example');
  assert.equal(body.details_submitted, true);
  assert.equal(body.charges_enabled, true);
  assert.equal(body.payouts_enabled, true);
  assert.equal(body.settings.payments.statement_descriptor, 'ATELIER MARA');

  // The new sign-in works, and one account an email.
  const other = await browser.newContext();
  const second = await other.newPage();
  await approve(second, authorize({ always_prompt: 'true' }), 'mara@atelier.example', 'three unrelated words');
  await second.waitForURL(`${shop.origin}/**`);
  await other.close();
});

test('skips the form', async () => {
  await page.goto(authorize({ stripe_landing: 'register' }));
  await page.getByRole('button', { name: /skip this account form/i }).click();
  const token = await swap(await back());
  assert.equal(token.livemode, false);
  const { body } = await account(token);
  assert.equal(body.details_submitted, false);
});

test('declines', async () => {
  await page.goto(authorize({ stripe_landing: 'login', always_prompt: 'true' }));
  await signIn(page);
  await page.getByRole('button', { name: 'Cancel', exact: true }).click();
  const parameters = await back();
  assert.deepEqual(Object.fromEntries(parameters), {
    error: 'access_denied', error_description: 'The user denied your request', state: 'st 1',
  });
});

test('declines before signing in', async () => {
  await page.goto(authorize({ stripe_landing: 'login' }));
  await page.getByRole('button', { name: 'Cancel and go back' }).click();
  assert.equal((await back()).get('error'), 'access_denied');
});

test('revokes in the dashboard', async () => {
  await approve(page, authorize({ always_prompt: 'true' }));
  const token = await swap(await back());
  assert.equal((await account(token)).status, 200);

  await page.goto(`${server.origin}/dashboard`);
  await screenshot(page, 'dashboard');
  await isForEverybody();
  await page.getByRole('link', { name: 'Authorized applications' }).first().click();
  await page.getByRole('heading', { name: 'Acme Storefronts' }).waitFor();
  await screenshot(page, 'authorized-applications');
  await isForEverybody();
  // The summary opens what asks once more.
  await page.locator('summary', { hasText: 'Revoke access' }).click();
  await page.getByRole('button', { name: 'Revoke access' }).click();
  await page.getByText('No application has access to this account.').waitFor();
  assert.equal((await account(token)).status, 401);
});

test('the platform side: application and connected accounts', async () => {
  await server.connect();
  await page.goto(`${server.origin}/dashboard`);
  await signIn(page, 'platform@example.com');
  for (const [link, name] of [['Application', 'application'], ['Connected accounts', 'connected-accounts'],
    ['Account and keys', 'account']]) {
    await page.getByRole('link', { name: link, exact: true }).first().click();
    await page.getByRole('heading', { level: 1 }).waitFor();
    await screenshot(page, name);
    await isForEverybody();
  }
  await page.getByRole('link', { name: 'Application', exact: true }).first().click();
  assert.match(await page.locator('main').innerText(), new RegExp(DEVELOPMENT));
  await page.getByRole('link', { name: 'Connected accounts', exact: true }).first().click();
  assert.match(await page.locator('main').innerText(), /acct_seller/);
  assert.deepEqual(complaints, []);
});

test('the platform edits its application, and people see it', async () => {
  const receiver = await startReceiver();
  await page.goto(`${server.origin}/dashboard`);
  await signIn(page, 'platform@example.com');
  await page.goto(`${server.origin}/dashboard/application`);
  const before = {};
  for (const label of ['Name', 'Redirect URIs']) before[label] = await page.getByLabel(label, { exact: true }).inputValue();
  const save = page.getByRole('button', { name: 'Save changes' });

  await page.getByLabel('Redirect URIs').fill('javascript:alert(1)');
  await save.click();
  assert.equal(await page.getByLabel('Redirect URIs').getAttribute('aria-invalid'), 'true');
  await screenshot(page, 'application-error');

  await page.getByLabel('Name', { exact: true }).fill('Acme <b>& Sons</b>');
  await page.getByLabel('Redirect URIs').fill(`https://shop.example/a\nhttps://shop.example/b?x=1\n${before['Redirect URIs']}`);
  await page.getByLabel('Development webhook URL').fill(receiver.url);
  await page.getByLabel('Icon').setInputFiles({
    name: 'icon.png', mimeType: 'image/png', buffer: await page.screenshot({ clip: { x: 0, y: 0, width: 128, height: 128 } }),
  });
  await save.click();
  await page.getByRole('heading', { name: 'Webhook signing secrets' }).waitFor();
  assert.match(await page.locator('main').innerText(), /whsec_/);

  // The production client, back to an https address that is listed, and to no other.
  const production = 'ca_32D8BLGuHeKmLnYVzWuSUxwrFxVTqgBC';
  const other = await browser.newContext();
  const person = await other.newPage();
  const url = server.authorizeUrl({ client_id: production, redirect_uri: 'https://shop.example/b?x=1', state: 'p', stripe_landing: 'login' });
  const returned = person.waitForRequest((request) => request.url().startsWith('https://shop.example/'));
  await person.goto(url);
  await signIn(person);
  await person.getByRole('heading', { name: 'Acme <b>& Sons</b>' }).first().waitFor();
  assert.equal(await person.getByRole('button', { name: /skip this/i }).count(), 0);
  const icon = person.locator('img.app-icon').first();
  assert.ok(await icon.evaluate((image) => image.complete && image.naturalWidth > 0), 'the icon is shown');
  await person.getByRole('button', { name: 'Connect my account' }).click();
  assert.match((await returned).url(), /^https:\/\/shop\.example\/b\?x=1&scope=read_write&code=ac_\w+&state=p$/);
  await other.close();
  const refused = await fetch(server.authorizeUrl({ client_id: production, redirect_uri: 'https://shop.example/c' }), { redirect: 'manual' });
  assert.equal(refused.status, 400);

  // The development URL of the page hears of test events.
  const token = await server.connect();
  const made = await server.post('/v1/customers', { email: 'hook@example.com' }, token.access_token);
  const told = await receiver.wait((event) => event.data.object.id === made.body.id);
  assert.equal(told.event.user_id, SELLER);
  await receiver.stop();

  await page.goto(`${server.origin}/dashboard/application`);
  for (const [label, value] of Object.entries(before)) await page.getByLabel(label, { exact: true }).fill(value);
  await page.getByLabel('Development webhook URL').fill('');
  await save.click();
});

test('the platform disconnects an account', async () => {
  const token = await server.connect();
  await page.goto(`${server.origin}/dashboard`);
  await signIn(page, 'platform@example.com');
  await page.goto(`${server.origin}/dashboard/connected-accounts`);
  const row = page.getByRole('row').filter({ hasText: SELLER }).filter({ hasText: 'Test' });
  await row.locator('summary').click();
  await row.getByRole('button', { name: 'Disconnect account' }).click();
  await page.getByRole('row').filter({ hasText: SELLER }).filter({ hasText: 'Test' }).waitFor({ state: 'detached' });
  assert.equal((await account(token)).status, 401);
});

test('a person signs in, is remembered, signs out', async () => {
  await page.goto(`${server.origin}/dashboard`);
  await screenshot(page, 'sign-in');
  await signIn(page);
  await page.getByRole('navigation', { name: 'Dashboard' }).waitFor();
  const before = await context.cookies();
  assert.ok(before.every((c) => c.httpOnly), 'no script reads the session');
  await page.goto(`${server.origin}/dashboard`);
  await page.locator('summary').first().click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.goto(`${server.origin}/dashboard`);
  await page.getByLabel('Password').waitFor();
});

// ---- The browser library on a page of another origin --------------------------------------------------------

const checkout = (version) => `<!doctype html><html lang="en"><title>Checkout</title>
<script src="${server.origin}/v${version}/"></script>
<form id="pay"><label>Number <input data-stripe="number"></label><label>CVC <input data-stripe="cvc"></label>
<label>Month <input data-stripe="exp_month"></label><label>Year <input data-stripe="exp_year"></label>
<button>Pay</button></form><output></output>
<script>
Stripe.setPublishableKey(new URLSearchParams(location.search).get('key'));
document.getElementById('pay').addEventListener('submit', function (event) {
  event.preventDefault();
  (Stripe.card || Stripe).createToken(this, function (status, response) {
    document.querySelector('output').textContent = JSON.stringify({ status: status, response: response });
  });
});
</script>`;

for (const version of [1, 2]) {
  test(`v${version}: a card becomes a token that is charged`, async () => {
    pages.set(`/checkout${version}`, checkout(version));
    const token = await server.connect();
    const asked = [];
    page.on('request', (request) => asked.push(new URL(request.url()).origin));
    await page.goto(`${shop.origin}/checkout${version}?key=${token.stripe_publishable_key}`);

    const pay = async (number) => {
      await page.locator('output').evaluate((e) => { e.textContent = ''; });
      for (const [label, value] of [['Number', number], ['CVC', '123'], ['Month', '12'], ['Year', '2034']]) {
        await page.getByLabel(label).fill(value);
      }
      await page.getByRole('button', { name: 'Pay' }).click();
      await page.waitForFunction(() => document.querySelector('output').textContent !== '');
      return JSON.parse(await page.locator('output').textContent());
    };

    const refused = await pay('4242 4242 4242 4241');
    assert.equal(refused.status, 402);
    assert.equal(refused.response.error.code, 'incorrect_number');
    const made = await pay('4242 4242 4242 4242');
    assert.equal(made.status, 200);
    assert.equal(made.response.card.last4, '4242');
    assert.ok(asked.every((origin) => origin === shop.origin || origin === server.origin), String(asked));

    const form = { amount: 1500, currency: 'usd', source: made.response.id, application_fee_amount: 100 };
    const charge = await server.post('/v1/charges', form, PLATFORM_SECRET, { 'Stripe-Account': SELLER });
    assert.equal(charge.status, 200, JSON.stringify(charge.body));
    assert.equal(charge.body.paid, true);
  });

  test(`v${version}: what the library knows by itself`, async () => {
    pages.set(`/checks${version}`, `<!doctype html><title>x</title><script src="${server.origin}/v${version}/"></script>`);
    await page.goto(`${shop.origin}/checks${version}`);
    const answers = await page.evaluate(() => [
      Stripe.card.validateCardNumber('4242 4242 4242 4242'), Stripe.card.validateCardNumber('4242424242424241'),
      Stripe.card.validateExpiry('12', '2034'), Stripe.card.validateExpiry('12', '2001'), Stripe.card.validateCVC('123'),
      Stripe.card.validateCVC('12'), Stripe.card.cardType('378282246310005'),
    ]);
    assert.deepEqual(answers, [true, false, true, false, true, false, 'American Express']);
    const thrown = await page.evaluate(() => {
      try { Stripe.setPublishableKey('sk_test_x'); Stripe.card.createToken({}, () => {}); } catch (e) { return e.message; }
    });
    assert.match(thrown, /secret key/);
    const bank = await page.evaluate((key) => new Promise((resolve) => {
      Stripe.setPublishableKey(key);
      Stripe.bankAccount.createToken(
        { country: 'US', currency: 'usd', routing_number: '110000000', account_number: '000123456789' },
        (status, response) => resolve({ status, response }));
    }), 'pk_test_TollbridgeSellerPublic01');
    assert.equal(bank.status, 200, JSON.stringify(bank));
    assert.equal(bank.response.bank_account.last4, '6789');
  });
}
