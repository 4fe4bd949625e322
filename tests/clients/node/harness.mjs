// What these tests share: the real server, a webhook receiver, a browser.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, mkdirSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import Stripe from 'stripe';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const TARGET = process.env.CARGO_TARGET_DIR ?? path.join(ROOT, 'target');
const BINARY = process.env.TOLLBRIDGE_BIN ?? path.join(TARGET, 'debug', 'tollbridge');
const SCREENSHOTS = process.env.TOLLBRIDGE_SCREENSHOTS ?? path.join(TARGET, 'screenshots');

// The well-known values of a first start of `tollbridge dev`.
export const PLATFORM_SECRET = 'sk_test_TollbridgePlatformSecret';
export const DEVELOPMENT = 'ca_32D88BD1qLklliziD7gYQvctJIhWBSQ7';
export const SELLER = 'acct_seller';
export const SELLER_PUBLIC = 'pk_test_TollbridgeSellerPublic01';
export const SELLER_EMAIL = 'seller@example.com';
export const PASSWORD = 'password';

/** Starts a program and waits for the line that names its origin. */
export async function start(command, args, { env = {}, cwd } = {}) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd, env: { ...process.env, ...env } });
  const log = [];
  const origin = await new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        log.push(line);
        const found = /listening on (http:\/\/[a-z0-9.]+:\d+)/i.exec(line);
        if (found) resolve(found[1]);
      });
    }
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${command} ended with ${code}:\n${log.slice(-40).join('\n')}`)));
  });
  return {
    origin,
    log,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM');
        await once(child, 'exit');
      }
    },
  };
}

/** `tollbridge dev` on a free port with a data directory of its own. */
export async function startServer() {
  const data = mkdtempSync(path.join(tmpdir(), 'tollbridge-'));
  const env = Object.fromEntries(Object.keys(process.env).filter((k) => k.startsWith('TOLLBRIDGE_')).map((k) => [k, undefined]));
  const server = await start(BINARY, ['dev', '--port', '0', '--data', data], { env });
  const { origin } = server;

  const post = async (target, form, key = PLATFORM_SECRET, headers = {}) => {
    const answer = await fetch(origin + target, {
      method: 'POST',
      headers: { ...(key && { Authorization: `Bearer ${key}` }), ...headers },
      body: new URLSearchParams(form),
    });
    return { status: answer.status, headers: answer.headers, body: await answer.json() };
  };

  return {
    ...server,
    post,
    async stop() {
      await server.stop();
      rmSync(data, { recursive: true, force: true });
    },
    /** An authorization code as the consent page would have given it. */
    async code(scope = 'read_write', account = SELLER) {
      const answer = await post('/_tollbridge/codes', { client_id: DEVELOPMENT, account, scope, count: 1 });
      if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
      return answer.body.codes[0];
    },
    /** A connection: the token answer. */
    async connect(scope, account) {
      const code = await this.code(scope, account);
      const answer = await post('/oauth/token', { grant_type: 'authorization_code', code });
      if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
      return answer.body;
    },
    authorizeUrl(more = {}) {
      const form = new URLSearchParams({ response_type: 'code', client_id: DEVELOPMENT, scope: 'read_write', ...more });
      return `${origin}/oauth/authorize?${form}`;
    },
  };
}

/** Listens on a free loopback port; `handle(request, body, response)` answers. */
export async function listen(handle) {
  const server = http.createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => handle(request, Buffer.concat(chunks), response));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    stop: () => new Promise((done) => { server.closeAllConnections(); server.close(done); }),
  };
}

/** A webhook endpoint that answers 200 and keeps what came. */
export async function startReceiver() {
  const deliveries = [];
  let waiting = [];
  const server = await listen((request, body, response) => {
    deliveries.push({ headers: request.headers, body, event: JSON.parse(body) });
    waiting = waiting.filter((look) => !look());
    response.end();
  });
  return {
    url: `${server.origin}/hook`,
    deliveries,
    stop: server.stop,
    /** The first delivery whose event is wanted, whether it came already or not. */
    wait(wanted, ms = 15000) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(
          `no such delivery; came: ${deliveries.map((d) => d.event.type)}`)), ms);
        const look = () => {
          const found = deliveries.find((d) => wanted(d.event));
          if (found) { clearTimeout(timer); resolve(found); }
          return Boolean(found);
        };
        if (!look()) waiting.push(look);
      });
    },
  };
}

// ---- The browser -----------------------------------------------------------------------------------------

/** Today's official SDK on a server; it tries nothing twice, unless it is told to. */
export function sdk(server, key = PLATFORM_SECRET, more = {}) {
  const { hostname, port } = new URL(server.origin);
  return new Stripe(key, { host: hostname, port, protocol: 'http', maxNetworkRetries: 0, ...more });
}

export const WIDE = { width: 1280, height: 900 };
export const NARROW = { width: 390, height: 844 };

export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync'],
  });
}

/** A person's window: its page, and what the page complained of, among it what it does wrong under its own policy. */
export async function visitor(browser) {
  const context = await browser.newContext({ viewport: WIDE });
  context.setDefaultTimeout(15000);
  const page = await context.newPage();
  const complaints = [];
  page.on('console', (m) => m.type() === 'error' && !/favicon/.test(m.location().url) && complaints.push(m.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  return { context, page, complaints };
}

/** A whole-page picture, wide and narrow, of what the browser shows now. */
export async function screenshot(page, name) {
  mkdirSync(SCREENSHOTS, { recursive: true });
  const before = page.viewportSize();
  for (const [size, viewport] of [['wide', WIDE], ['narrow', NARROW]]) {
    await page.setViewportSize(viewport);
    await page.screenshot({ path: path.join(SCREENSHOTS, `${name}-${size}.png`), fullPage: true });
  }
  await page.setViewportSize(before);
}

export async function signIn(page, email = SELLER_EMAIL, password = PASSWORD) {
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

/** Walks an authorization address as a person with an account: signs in if asked, consents. */
export async function approve(page, url, email, password) {
  await page.goto(url);
  const consent = page.getByRole('button', { name: 'Connect my account' });
  if (!(await consent.isVisible())) {
    const instead = page.getByRole('link', { name: 'Sign in instead' });
    if (await instead.isVisible()) await instead.click();
    await signIn(page, email, password);
  }
  // Who is connected already is not asked again.
  const left = page.waitForURL((to) => to.origin !== new URL(url).origin);
  await Promise.race([consent.click(), left]).catch(() => {});
  await left;
}

/** Every input has a name for a screen reader, nothing sticks out of a narrow window, and focus can be seen. */
export async function fitsEverybody(page) {
  const nameless = await page.evaluate(() => [...document.querySelectorAll('input:not([type=hidden]),select,textarea,button')]
    .filter((e) => !(e.labels?.length || e.getAttribute('aria-label') || e.getAttribute('aria-labelledby') || e.textContent.trim()))
    .map((e) => e.outerHTML));
  assert.deepEqual(nameless, []);
  assert.ok(await page.evaluate(() => document.documentElement.lang), 'the page says its language');
  const before = page.viewportSize();
  await page.setViewportSize(NARROW);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(overflow <= 0, `sticks out by ${overflow} pixels on a phone`);
  await page.setViewportSize(before);
}
