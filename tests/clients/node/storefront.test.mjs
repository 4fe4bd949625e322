// The example, walked through as its README says.

import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { ROOT, SELLER, WIDE, approve, launch, screenshot, signIn, start, startServer } from './harness.mjs';

let server;
let storefront;
let browser;

before(async () => {
  server = await startServer();
  storefront = await start(process.env.PYTHON ?? 'python3', [path.join(ROOT, 'examples', 'storefront', 'app.py')], {
    env: { TOLLBRIDGE: server.origin, PORT: '0', PYTHONDONTWRITEBYTECODE: '1' },
  });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await storefront?.stop();
  await server?.stop();
});

/** Presses reload until the words are there: the webhook comes when it comes. */
async function reloadUntil(page, locator) {
  const deadline = Date.now() + 15000;
  while (!(await locator.count())) {
    assert.ok(Date.now() < deadline, `never came: ${await page.locator('main').innerText()}`);
    await page.reload();
  }
}

async function pay(page, number) {
  await page.getByLabel('Card number').fill(number);
  await page.getByRole('button', { name: 'Pay $48.00' }).click();
}

test('connect, sell, listen, leave', async () => {
  const page = await (await browser.newContext({ viewport: WIDE })).newPage();
  await page.goto(storefront.origin);
  await screenshot(page, 'storefront-start');
  await page.getByRole('link', { name: 'Connect with Tollbridge' }).click();
  await approve(page, page.url());

  await page.getByText(SELLER).first().waitFor();
  await page.getByRole('link', { name: 'Visit the shop' }).click();
  await screenshot(page, 'storefront-checkout');
  await pay(page, '4242 4242 4242 4241');
  await page.getByText('Your card number is incorrect').waitFor();
  await pay(page, '4000 0000 0000 0002');
  await page.getByText('Your card was declined').waitFor();
  await pay(page, '4242 4242 4242 4242');
  await page.getByRole('heading', { name: 'Thank you' }).waitFor();
  await page.getByRole('link', { name: 'Back to the platform' }).click();

  await page.getByRole('row', { name: /Stoneware bowl succeeded \$48.00 \$4.80/ }).waitFor();
  await reloadUntil(page, page.getByText('charge.succeeded'));
  await screenshot(page, 'storefront-connected');

  await page.getByRole('button', { name: 'Disconnect' }).click();
  await page.getByRole('link', { name: 'Connect with Tollbridge' }).waitFor();
  await reloadUntil(page, page.getByText('account.application.deauthorized'));
});

test('revoking at Tollbridge closes the shop', async () => {
  const page = await (await browser.newContext()).newPage();
  await page.goto(storefront.origin);
  await page.getByRole('link', { name: 'Connect with Tollbridge' }).click();
  await approve(page, page.url());
  await page.getByRole('link', { name: 'Visit the shop' }).waitFor();

  await page.goto(`${server.origin}/dashboard/authorized-applications`);
  await page.locator('summary', { hasText: 'Revoke access' }).click();
  await page.getByRole('button', { name: 'Revoke access' }).click();
  await page.goto(storefront.origin);
  await reloadUntil(page, page.getByRole('link', { name: 'Connect with Tollbridge' }));
});

test('answers that belong to no question are refused', async () => {
  const answer = await fetch(`${storefront.origin}/callback?code=ac_x&state=guessed`);
  assert.equal(answer.status, 400);
  const unsigned = await fetch(`${storefront.origin}/webhook`, { method: 'POST', body: '{"type":"charge.succeeded"}' });
  assert.equal(unsigned.status, 400);
});

test('declining is said', async () => {
  const page = await (await browser.newContext()).newPage();
  await page.goto(storefront.origin);
  await page.getByRole('link', { name: 'Connect with Tollbridge' }).click();
  const instead = page.getByRole('link', { name: 'Sign in instead' });
  if (await instead.isVisible()) await instead.click();
  await signIn(page);
  await page.getByRole('button', { name: 'Cancel', exact: true }).click();
  await page.getByText('The user denied your request').waitFor();
});
