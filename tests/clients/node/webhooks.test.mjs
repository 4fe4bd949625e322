// The webhooks pages of the dashboard, in Chromium: what was delivered and what was not, sending again, rolling a secret.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { PASSWORD, PLATFORM_SECRET, fitsEverybody, launch, listen, screenshot, sdk, signIn, startServer, visitor } from './harness.mjs';

let server;
let browser;
let receiver;
let status = 500;
const came = [];

before(async () => {
  server = await startServer();
  browser = await launch();
  receiver = await listen((request, body, response) => {
    came.push({ signed: request.headers['stripe-signature'], body });
    response.writeHead(status, { 'X-Shop': 'mine', 'Set-Cookie': 'secret=1' });
    response.end(`<b>status ${status}</b>`);
  });
});
after(async () => {
  await browser?.close();
  await receiver?.stop();
  await server?.stop();
});

test('a failed delivery is looked at, sent again, and the secret is rolled', async () => {
  const stripe = sdk(server, PLATFORM_SECRET, { telemetry: false });
  const hook = await stripe.webhookEndpoints.create({
    url: `${receiver.origin}/hook?key=concealed`, enabled_events: ['customer.created'], description: 'The shop',
  });
  const customer = await stripe.customers.create({ name: '<i>Zoë</i>' });
  const { context, page, complaints } = await visitor(browser);
  try {
    await page.goto(`${server.origin}/dashboard/webhooks`);
    await signIn(page, 'platform@example.com', PASSWORD);
    await page.getByRole('heading', { name: /Webhooks/ }).waitFor();
    assert.match(await page.locator('main').innerText(), /The shop/);
    assert.doesNotMatch(await page.content(), /concealed/);
    await fitsEverybody(page);
    await screenshot(page, 'webhooks');

    await page.getByRole('link', { name: /Deliveries of/ }).click();
    await page.getByText('Failed: answered 500').waitFor();
    await fitsEverybody(page);
    await screenshot(page, 'webhook-endpoint');
    await page.getByRole('link', { name: /^Look/ }).first().click();
    await page.getByRole('heading', { name: 'Answer: 500' }).waitFor();
    const text = await page.locator('main').innerText();
    for (const part of ['stripe-signature: t=', 'x-shop: mine', 'set-cookie: …', '<b>status 500</b>', '"<i>Zoë</i>"', customer.id]) {
      assert.ok(text.includes(part), `${part} in ${text}`);
    }
    await fitsEverybody(page);
    await screenshot(page, 'webhook-attempt');

    status = 200;
    await page.getByRole('button', { name: 'Resend' }).click();
    await page.getByText('The event is on its way').waitFor();
    await page.reload();
    await page.getByText('by hand').first().waitFor();
    assert.match(await page.locator('main').innerText(), /Delivered/);

    await page.getByText('Roll secret', { exact: true }).first().click();
    await page.getByRole('button', { name: 'Roll secret' }).click();
    await page.getByRole('heading', { name: 'New signing secret' }).waitFor();
    await screenshot(page, 'webhook-secret');
    const secret = await page.locator('#secret-value').innerText();
    assert.match(secret, /^whsec_/);
    const seen = came.length;
    await stripe.customers.create({ name: 'after' });
    while (came.length === seen) await new Promise((later) => setTimeout(later, 20));
    for (const valid of [secret, hook.secret]) {
      stripe.webhooks.constructEvent(came.at(-1).body, came.at(-1).signed, valid);
    }

    await page.goto(`${server.origin}/dashboard/webhooks/endpoint?id=${hook.id}`);
    await page.getByText('Disable', { exact: true }).click();
    await page.getByRole('button', { name: 'Disable the endpoint' }).click();
    await page.getByText('Your changes are saved').waitFor();
    assert.equal((await stripe.webhookEndpoints.retrieve(hook.id)).status, 'disabled');
    await page.getByRole('button', { name: 'Enable' }).click();
    await page.getByText('Your changes are saved').waitFor();
    assert.equal((await stripe.webhookEndpoints.retrieve(hook.id)).status, 'enabled');
    assert.deepEqual(complaints, []);

    // Nobody else sees it.
    const other = await visitor(browser);
    await other.page.goto(`${server.origin}/dashboard/webhooks/endpoint?id=${hook.id}`);
    await signIn(other.page);
    await other.page.getByRole('heading', { level: 1 }).waitFor();
    assert.doesNotMatch(await other.page.content(), /The shop/);
    await other.context.close();
  } finally {
    await context.close();
  }
});

test('an endpoint that failed for days is told of and disabled', async () => {
  const key = `sk_test_${Array.from({ length: 24 }, () => Math.floor(Math.random() * 16).toString(16)).join('')}`;
  const post = (path, form) => server.post(path, form, key);
  const world = await (await fetch(`${server.origin}/_tollbridge/world`, { headers: { Authorization: `Bearer ${key}` } })).json();
  status = 503;
  const hook = (await post('/v1/webhook_endpoints', { url: `${receiver.origin}/hook`, 'enabled_events[]': '*' })).body;
  const look = async () => (await (await fetch(`${server.origin}/v1/webhook_endpoints/${hook.id}`, { headers: { Authorization: `Bearer ${key}` } })).json()).status;
  const fail = async () => {
    const seen = came.length;
    await post('/v1/customers', { name: 'x' });
    while (came.length === seen) await new Promise((later) => setTimeout(later, 20));
  };
  const { context, page } = await visitor(browser);
  try {
    await fail();
    await page.goto(`${server.origin}/sign-in?next=${encodeURIComponent('/dashboard/webhooks')}`);
    await signIn(page, world.platform.sign_in.email, world.platform.sign_in.password);
    const at = `${server.origin}/dashboard/webhooks/endpoint?id=${hook.id}`;
    for (const [days, told] of [[3, /If that goes on, it is disabled on/], [9, /This endpoint was disabled, because nothing had reached it/]]) {
      await post('/_tollbridge/clock', { advance: days * 86400 });
      // What was to be tried again fails, and maybe this as well, where the endpoint still hears of it.
      await post('/v1/customers', { name: 'x' });
      for (let tries = 0; ; tries += 1) {
        await page.goto(at);
        if (told.test(await page.locator('main').innerText())) break;
        assert.ok(tries < 400, 'nobody is told');
        await new Promise((later) => setTimeout(later, 50));
      }
      await screenshot(page, `webhook-failing-${days}-days`);
    }
    assert.equal(await look(), 'disabled');
    await page.getByRole('button', { name: 'Enable' }).click();
    await page.getByText('Your changes are saved').waitFor();
    assert.equal(await look(), 'enabled');
  } finally {
    await context.close();
  }
});
