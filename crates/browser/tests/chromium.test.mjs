// The library in a real browser, on a page of another origin than the API.
//
// Needs the npm package `playwright-core` (looked for here, then in the project's test package) and a Chromium, whose
// path is taken from CHROMIUM, else /usr/bin/chromium. Without them the tests are skipped and say so.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import { after, before, beforeEach, describe, test } from 'node:test';
import { PK, source } from './support.mjs';

const executablePath = process.env.CHROMIUM || '/usr/bin/chromium';
const playwright = findPlaywright();
const skip = !playwright ? 'playwright-core cannot be resolved: install it in tests/clients (npm ci)'
  : !existsSync(executablePath) ? `there is no Chromium at ${executablePath}: set CHROMIUM` : false;

function findPlaywright() {
  for (const from of [import.meta.url, new URL('../../../tests/clients/package.json', import.meta.url)]) {
    try { return createRequire(from)('playwright-core'); } catch (e) {
      if (e.code !== 'MODULE_NOT_FOUND') throw e;
    }
  }
  return null;
}

const CARD = { number: '4242424242424242', cvc: '123', exp_month: 12, exp_year: 2099, name: 'Zoë & Co +1' };
const TOKEN = { id: 'tok_1', object: 'token', type: 'card', card: { last4: '4242' } };
const DECLINED = { error: { type: 'card_error', code: 'incorrect_number', param: 'number', message: 'No.' } };

/** Plays the API. `behaviour` decides what it does with a request to /v1/tokens. */
class Api {
  behaviour = {};
  requests = [];
  held = [];
  waiting = [];

  server = http.createServer((req, res) => {
    const url = new URL(req.url, 'http://api');
    const script = /^\/v([12])\/?$/.exec(url.pathname);
    if (script) {
      res.writeHead(200, { 'content-type': 'text/javascript; charset=utf-8' });
      return res.end(source(script[1]));
    }
    let body = '';
    req.setEncoding('utf8').on('data', (text) => { body += text; }).on('end', () => {
      const form = new URLSearchParams(req.method === 'POST' ? body : url.search);
      const seen = {
        method: req.method, path: url.pathname, headers: req.headers, search: url.search, body,
        form: Object.fromEntries(form), jsonp: form.has('callback'),
      };
      this.requests.push(seen);
      for (const wake of this.waiting.splice(0)) wake();
      const mode = this.behaviour[seen.jsonp ? 'jsonp' : 'xhr'] ?? 'answer';
      if (mode === 'drop') return req.socket.destroy();
      const answer = () => this.answer(seen, res, mode);
      if (mode === 'hang') this.held.push(answer); else answer();
    });
  });

  answer({ form, jsonp }, res, mode) {
    const status = form['card[number]'] === '4242424242424241' ? 402 : 200;
    const json = JSON.stringify(status === 200 ? TOKEN : DECLINED);
    if (mode === 'silent') {
      res.writeHead(200, { 'content-type': 'text/javascript' });
      return res.end('/* no call */');
    }
    if (mode === 'html') {
      res.writeHead(502, { 'content-type': 'text/html', 'access-control-allow-origin': '*' });
      return res.end('<h1>Bad gateway</h1>');
    }
    if (jsonp) {
      res.writeHead(200, { 'content-type': 'text/javascript; charset=utf-8', 'x-content-type-options': 'nosniff' });
      return res.end(`${form.callback}(${json}, ${status})`);
    }
    const cors = mode === 'no-cors' ? {} : { 'access-control-allow-origin': '*' };
    res.writeHead(status, { 'content-type': 'application/json', ...cors });
    res.end(json);
  }

  /** Resolves when `count` requests have arrived. */
  async arrived(count) {
    while (this.requests.length < count) await new Promise((wake) => this.waiting.push(wake));
  }

  reset() {
    this.behaviour = {};
    this.requests = [];
    for (const answer of this.held.splice(0)) answer();
  }
}

const listen = (server) => new Promise((resolve, reject) => {
  server.once('error', reject);
  server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${server.address().port}`));
});

const close = (server) => new Promise((resolve) => {
  server.close(resolve);
  server.closeAllConnections();
});

describe('in Chromium', { skip, timeout: 120_000 }, () => {
  const api = new Api();
  let apiOrigin;
  let shop;
  let shopOrigin;
  let browser;
  let context;

  before(async () => {
    apiOrigin = await listen(api.server);
    shop = http.createServer((req, res) => {
      const url = new URL(req.url, 'http://shop');
      if (url.pathname !== '/') return res.writeHead(404).end();
      const headers = { 'content-type': 'text/html; charset=utf-8', 'set-cookie': 'session=secret' };
      const policy = url.searchParams.get('csp');
      if (policy) headers['content-security-policy'] = policy;
      res.writeHead(200, headers);
      res.end(`<!doctype html><title>Shop</title>
        <form id="pay">
          <input data-stripe="number" value="4242 4242 4242 4242"><input data-stripe="cvc" value="123">
          <select data-stripe="exp-month"><option>01</option><option selected>12</option></select>
          <select data-stripe="exp-year"><option value="2099">in a while</option></select>
          <input data-stripe="address_zip" value=""><input name="order" value="7">
        </form>
        <script nonce="n0nce" src="${apiOrigin}/v${url.searchParams.get('v')}/"></script>`);
    });
    shopOrigin = await listen(shop);
    browser = await playwright.chromium.launch({
      executablePath,
      args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
        '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    });
  });

  after(async () => {
    await browser?.close();
    await Promise.all([api.server, shop].filter((server) => server?.listening).map(close));
  });

  beforeEach(async () => {
    await context?.close();
    api.reset();
    context = await browser.newContext();
  });

  /** A page of the shop with the library, the key set, and what went wrong on it in `page.problems`. */
  async function open(version, { csp = '', prepare } = {}) {
    const page = await context.newPage();
    page.problems = [];
    page.on('pageerror', (error) => page.problems.push(error.message));
    if (prepare) await prepare(page);
    await page.goto(`${shopOrigin}/?v=${version}&csp=${encodeURIComponent(csp)}`);
    await page.evaluate((key) => window.Stripe.setPublishableKey(key), PK);
    return page;
  }

  /** Calls `Stripe.<path>(...args, callback)` and gives what the callback got. */
  const call = (page, path, ...args) => page.evaluate(([names, values]) => new Promise((resolve) => {
    const holder = names.slice(0, -1).reduce((object, name) => object[name], window.Stripe);
    holder[names[names.length - 1]](...values, (...got) => resolve(got));
  }), [path.split('.'), args]);

  /** What a curious script of the page could still find of a request. */
  const leftovers = (page) => page.evaluate(() => new Promise((resolve) => setTimeout(() => resolve({
    globals: Object.keys(window).filter((name) => name.startsWith('sjsonp')),
    scripts: document.querySelectorAll('script').length,
    addresses: performance.getEntriesByType('resource').filter((entry) => entry.name.includes('4242')).length,
    stored: localStorage.length + sessionStorage.length,
  }), 0)));
  const NOTHING = { globals: [], scripts: 1, addresses: 0, stored: 0 };

  for (const version of [1, 2]) {
    test(`v${version} finds its origin`, async () => {
      const page = await open(version);
      assert.deepEqual(await page.evaluate(() => [window.Stripe.endpoint, window.Stripe.version]),
        [`${apiOrigin}/v1`, version]);
      assert.deepEqual(page.problems, []);
    });

    test(`v${version} hands over an error of the API with its status`, async () => {
      const page = await open(version);
      const card = { ...CARD, number: '4242424242424241' };
      assert.deepEqual(await call(page, 'createToken', card), [402, DECLINED]);
    });

    test(`v${version} reads a form and a jQuery object`, async () => {
      const page = await open(version);
      await page.evaluate(() => new Promise((resolve) => {
        const form = document.getElementById('pay');
        window.Stripe.createToken(form, () => {
          window.Stripe.createToken({ jquery: '1.8.2', length: 1, 0: form }, resolve);
        });
      }));
      assert.equal(api.requests.length, 2);
      for (const { form } of api.requests) {
        const card = Object.entries(form).filter(([name]) => name.startsWith('card'));
        assert.deepEqual(Object.fromEntries(card), {
          'card[number]': '4242 4242 4242 4242', 'card[cvc]': '123', 'card[exp_month]': '12',
          'card[exp_year]': '2099', 'card[address_zip]': '',
        });
      }
    });

    test(`v${version} makes a bank account token and fetches tokens`, async () => {
      const page = await open(version);
      const account = { country: 'US', routingNumber: '110000000', accountNumber: '000123456789' };
      assert.deepEqual(await call(page, 'bankAccount.createToken', account), [200, TOKEN]);
      assert.equal(api.requests[0].form['bank_account[routing_number]'], '110000000');
      assert.deepEqual(await call(page, 'getToken', 'tok_1'), [200, TOKEN]);
      const { method, path, form } = api.requests[1];
      assert.deepEqual([method, path, form.key, form._method], ['GET', '/v1/tokens/tok_1', PK, undefined]);
    });

    test(`v${version} reports a network that fails`, async () => {
      const page = await open(version);
      api.behaviour = { xhr: 'drop', jsonp: 'drop' };
      const [status, { error }] = await call(page, 'createToken', CARD);
      assert.deepEqual([status, error.type, error.code], [500, 'abort', 'abort']);
      assert.match(error.message, /^A network error has occurred, and you have not been charged\./);
      assert.deepEqual(page.problems, []);
    });

    test(`v${version} gives up after 40 seconds, and a late answer harms nothing`, async () => {
      const page = await open(version, { prepare: (fresh) => fresh.clock.install() });
      await page.clock.pauseAt(Date.now() + 60_000);
      api.behaviour = { xhr: 'hang', jsonp: 'hang' };
      await page.evaluate((card) => {
        window.answers = [];
        window.Stripe.createToken(card, (...got) => window.answers.push(got));
      }, CARD);
      await api.arrived(1);
      await page.clock.runFor(39_999);
      assert.deepEqual(await page.evaluate(() => window.answers), []);
      await page.clock.runFor(1);
      const [[status, { error }]] = await page.evaluate(() => window.answers);
      assert.deepEqual([status, error.type, error.code], [500, 'timeout', 'timeout']);

      const late = version === 1 ? page.waitForEvent('requestfinished') : null;
      api.held.shift()();
      await late;
      await page.waitForFunction(() => !Object.keys(window).some((name) => /^sjsonp/.test(name)),
        null, { polling: 'raf' });
      assert.equal(await page.evaluate(() => window.answers.length), 1);
      assert.equal(api.requests.length, 1, 'nothing is asked twice after a timeout');
      assert.deepEqual(page.problems, []);
    });

    test(`v${version} throws on a secret key and sends nothing`, async () => {
      const page = await open(version);
      const thrown = await page.evaluate((card) => {
        window.Stripe.setPublishableKey('sk_test_TollbridgePlatformSecret');
        try { window.Stripe.createToken(card, () => {}); } catch (e) { return e.message; }
        return null;
      }, CARD);
      assert.match(thrown, /^You are using a secret key with Stripe\.js/);
      assert.equal(api.requests.length, 0);
    });

    test(`v${version} works under a policy of nonces, and needs no eval`, async () => {
      const csp = `default-src 'none'; script-src 'nonce-n0nce'; connect-src ${apiOrigin}`;
      const page = await open(version, { csp });
      assert.deepEqual(await call(page, 'createToken', CARD), [200, TOKEN]);
    });
  }

  test('v1 asks by GET, sends no body, and leaves no trace', async () => {
    const page = await open(1);
    assert.deepEqual(await call(page, 'createToken', CARD, 1500), [200, TOKEN]);
    const [{ method, path, form, search }] = api.requests;
    assert.deepEqual([method, path], ['GET', '/v1/tokens']);
    const { callback, ...rest } = form;
    assert.match(callback, /^sjsonp\d{13}$/);
    assert.deepEqual(rest, {
      'card[number]': CARD.number, 'card[cvc]': '123', 'card[exp_month]': '12', 'card[exp_year]': '2099',
      'card[name]': CARD.name, amount: '1500', key: PK, _method: 'POST',
    });
    assert.ok(search.startsWith('?card[number]=4242424242424242&card[cvc]=123&'), search);
    assert.ok(search.includes('Zo%C3%AB+%26+Co+%2B1'), search);
    assert.deepEqual(await leftovers(page), NOTHING);
  });

  test('v1 takes a script that does not call back as a failure', async () => {
    const page = await open(1);
    api.behaviour = { jsonp: 'silent' };
    assert.equal((await call(page, 'createToken', CARD))[0], 500);
    assert.deepEqual((await leftovers(page)).addresses, 0);
  });

  test('v2 asks by a POST without preflight or cookies, and leaves no trace', async () => {
    const page = await open(2);
    assert.deepEqual(await call(page, 'card.createToken', CARD, { email: 'a@b.example' }), [200, TOKEN]);
    assert.equal(api.requests.length, 1);
    const [{ method, path, form, search, headers }] = api.requests;
    assert.deepEqual([method, path, search], ['POST', '/v1/tokens', '']);
    const { payment_user_agent: agent, ...rest } = form;
    assert.match(agent, /^stripe\.js\/\d+\.\d+\.\d+$/);
    assert.deepEqual(rest, {
      'card[number]': CARD.number, 'card[cvc]': '123', 'card[exp_month]': '12', 'card[exp_year]': '2099',
      'card[name]': CARD.name, email: 'a@b.example', key: PK,
    });
    assert.equal(headers.accept, 'application/json');
    assert.match(headers['content-type'], /^application\/x-www-form-urlencoded/);
    assert.equal(headers.origin, shopOrigin);
    assert.equal(headers.cookie, undefined);
    assert.deepEqual(await leftovers(page), NOTHING);
  });

  const fallbacks = {
    'the connection breaks': { behaviour: { xhr: 'drop' }, attempts: null },
    'CORS is refused': { behaviour: { xhr: 'no-cors' }, attempts: 2 },
    "the page's policy forbids connecting": { csp: "connect-src 'none'", attempts: 1 },
    'there is no XMLHttpRequest': {
      prepare: (page) => page.addInitScript(() => { delete window.XMLHttpRequest; }), attempts: 1,
    },
    'XMLHttpRequest keeps to one origin': {
      prepare: (page) => page.addInitScript(() => { delete XMLHttpRequest.prototype.withCredentials; }), attempts: 1,
    },
  };
  for (const [reason, { behaviour = {}, attempts, ...options }] of Object.entries(fallbacks)) {
    test(`v2 falls back to JSONP when ${reason}`, async () => {
      const page = await open(2, options);
      api.behaviour = behaviour;
      assert.deepEqual(await call(page, 'card.createToken', CARD), [200, TOKEN]);
      const last = api.requests.at(-1);
      assert.deepEqual([last.method, last.form._method, last.form.key], ['GET', 'POST', PK]);
      assert.ok(last.form.payment_user_agent);
      // A browser may itself repeat a request whose connection broke.
      if (attempts !== null) assert.equal(api.requests.length, attempts);
      assert.deepEqual(await leftovers(page), NOTHING);
      assert.deepEqual(page.problems, []);
    });
  }

  test('v2 reports an answer that is no JSON, and does not ask again', async () => {
    const page = await open(2);
    api.behaviour = { xhr: 'html' };
    const [status, { error }] = await call(page, 'card.createToken', CARD);
    assert.deepEqual([status, error.code], [500, 'parse_error']);
    assert.equal(api.requests.length, 1);
  });
});
