// The official command line against the server: listening, reading requests along, sending again, and every trigger.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import Stripe from 'stripe';
import { PLATFORM_SECRET, SELLER, listen, startServer } from './harness.mjs';

const TABLE = fileURLToPath(new URL('./stripe-cli-triggers.txt', import.meta.url));
const STRIPE = program();
const options = { skip: STRIPE ? false : `there is no command line for ${process.platform}-${process.arch} in the lock file` };

let server;
let home;
let env;

before(async () => {
  server = await startServer();
  home = mkdtempSync(path.join(tmpdir(), 'stripe-cli-'));
  env = {
    PATH: process.env.PATH, HOME: home, XDG_CONFIG_HOME: home, STRIPE_API_KEY: PLATFORM_SECRET,
    STRIPE_CLI_TELEMETRY_OPTOUT: '1', NO_COLOR: '1',
    // Whatever else it looks for outside is not there.
    HTTPS_PROXY: 'http://127.0.0.1:1', https_proxy: 'http://127.0.0.1:1',
  };
});
after(async () => {
  await server?.stop();
  rmSync(home, { recursive: true, force: true });
});

/** The program itself, past the script that looks for it. */
function program() {
  try {
    const require = createRequire(import.meta.url);
    const at = require.resolve(`@stripe/cli-${process.platform}-${process.arch}/package.json`);
    return path.join(path.dirname(at), 'bin', 'stripe');
  } catch {
    return undefined;
  }
}

/** Runs the command line to its end; what it printed. */
async function stripe(args, more = {}) {
  const how = { env: { ...env, ...more }, timeout: 60000, maxBuffer: 1 << 24 };
  try {
    const { stdout, stderr } = await promisify(execFile)(STRIPE, [...args, '--api-base', server.origin], how);
    return { ok: true, text: stdout + stderr, stdout };
  } catch (error) {
    return { ok: false, text: `${error.stdout}${error.stderr}`, stdout: error.stdout };
  }
}

/** Starts the command line and keeps what it prints. */
function follow(args, more = {}) {
  const child = spawn(STRIPE, [...args, '--api-base', server.origin], { env: { ...env, ...more }, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  let waiting = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      printed += chunk;
      waiting = waiting.filter((look) => !look());
    });
  }
  return {
    /** Waits until it has printed what is wanted; the match. */
    printed(wanted, ms = 30000) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`${wanted} was not printed:\n${printed}`)), ms);
        const look = () => {
          const found = wanted.exec(printed);
          if (found) { clearTimeout(timer); resolve(found); }
          return Boolean(found);
        };
        if (!look()) waiting.push(look);
      });
    },
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGINT');
        await once(child, 'exit');
      }
    },
  };
}

/** A program that events are forwarded to; it keeps what came, by path. */
async function sink() {
  const came = [];
  let waiting = [];
  const here = await listen((request, body, response) => {
    came.push({ path: request.url, signature: request.headers['stripe-signature'], body });
    waiting = waiting.filter((look) => !look());
    response.end('ok');
  });
  return {
    ...here,
    came,
    wait(wanted, ms = 30000) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`it did not come; came: ${came.map((it) => it.path + it.body)}`)), ms);
        const look = () => {
          const found = came.find((it) => wanted(it, JSON.parse(it.body)));
          if (found) { clearTimeout(timer); resolve(found); }
          return Boolean(found);
        };
        if (!look()) waiting.push(look);
      });
    },
  };
}

test('listen forwards events of the account and of connected accounts, signed with the secret that it prints', options, async () => {
  await server.connect();
  const here = await sink();
  const secret = (await stripe(['listen', '--print-secret', '--skip-update'])).stdout.trim();
  assert.match(secret, /^whsec_\w{32}$/);
  const listening = follow(['listen', '--all-snapshot', '--skip-update',
    '--forward-to', `${here.origin}/own`, '--forward-connect-to', `${here.origin}/connect`]);
  try {
    const [, printed] = await listening.printed(/signing secret is (whsec_\w+)/);
    assert.equal(printed, secret);
    const { body: customer } = await server.post('/v1/customers', { email: 'own@example.com' });
    await server.post('/v1/customers', { email: 'theirs@example.com' }, PLATFORM_SECRET, { 'Stripe-Account': SELLER });
    const own = await here.wait((it, event) => it.path === '/own' && event.data.object.id === customer.id);
    const theirs = await here.wait((it) => it.path === '/connect');
    const events = [own, theirs].map((it) => Stripe.webhooks.constructEvent(it.body, it.signature, secret));
    assert.deepEqual(events.map((event) => [event.type, event.account]),
      [['customer.created', undefined], ['customer.created', SELLER]]);
    await listening.printed(/\[200\] POST http.*\/own/);

    const again = await stripe(['events', 'resend', events[0].id]);
    assert.ok(again.ok, again.text);
    await here.wait((it, event) => event.id === events[0].id && it !== own);
    const connected = await stripe(['events', 'resend', events[1].id, '--account', SELLER]);
    assert.ok(connected.ok, connected.text);
    await here.wait((it, event) => event.id === events[1].id && it !== theirs);
    assert.ok(here.came.every((it) => Stripe.webhooks.constructEvent(it.body, it.signature, secret)));
  } finally {
    await listening.stop();
    await here.stop();
  }
});

test('an account that speaks an old version hears its events in it, and with --latest in the last', options, async () => {
  const key = 'sk_test_CommandLineOfAnOldWorld1';
  const here = await sink();
  const listening = follow(['listen', '--events', 'customer.created', '--skip-update', '--latest', '--forward-to', here.origin],
    { STRIPE_API_KEY: key });
  try {
    await listening.printed(/Ready!/);
    const { status } = await server.post('/v1/customers', { email: 'x@example.com' }, key);
    assert.equal(status, 200);
    const { body } = await here.wait(() => true);
    assert.equal(JSON.parse(body).api_version, '2026-10-28.endive');
    assert.equal(here.came.length, 1);
  } finally {
    await listening.stop();
    await here.stop();
  }
});

test('thin events go where thin events go', options, async () => {
  const here = await sink();
  const listening = follow(['listen', '--all-thin', '--skip-update', '--forward-thin-to', `${here.origin}/thin`]);
  try {
    const [, secret] = await listening.printed(/signing secret is (whsec_\w+)/);
    const { body: customer } = await server.post('/v1/customers', { email: 'thin@example.com' });
    const came = await here.wait((it, event) => event.related_object?.id === customer.id);
    assert.equal(came.path, '/thin');
    const api = new Stripe(PLATFORM_SECRET, address());
    const event = api.parseEventNotification(came.body, came.signature, secret);
    assert.equal(event.type, 'v1.customer.created');
    assert.equal((await event.fetchRelatedObject()).email, 'thin@example.com');
  } finally {
    await listening.stop();
    await here.stop();
  }
});

test('logs tail prints requests as they are answered, and filters them', options, async () => {
  const all = follow(['logs', 'tail']);
  const some = follow(['logs', 'tail', '--filter-http-method', 'POST', '--filter-status-code-type', '4XX']);
  try {
    await Promise.all([all.printed(/Ready!/), some.printed(/Ready!/)]);
    await server.post('/v1/customers', { email: 'x@example.com' });
    const refused = await server.post('/v1/charges', { shrimp: '1' });
    const id = refused.headers.get('request-id');
    await all.printed(/\[200\] POST \/v1\/customers \[req_/);
    await all.printed(new RegExp(`\\[400\\] POST /v1/charges \\[${id}\\]`));
    const [shown] = await some.printed(new RegExp(`[^]*\\[400\\] POST /v1/charges \\[${id}\\][^]*parameter_`));
    assert.doesNotMatch(shown, /\[200\]/);
  } finally {
    await Promise.all([all.stop(), some.stop()]);
  }
});

test('resources, plain requests and fixtures', options, async () => {
  const made = await stripe(['customers', 'create', '--email', 'cli@example.com']);
  assert.ok(made.ok, made.text);
  const { id } = JSON.parse(made.stdout);
  const got = await stripe(['get', `/v1/customers/${id}`]);
  assert.equal(JSON.parse(got.stdout).email, 'cli@example.com');
  const gone = await stripe(['customers', 'delete', id, '--confirm']);
  assert.match(gone.stdout, /"deleted": ?true/);
  const file = path.join(home, 'fixture.json');
  writeFileSync(file, JSON.stringify({
    _meta: { template_version: 0 },
    fixtures: [
      { name: 'cus', path: '/v1/customers', method: 'post', params: { email: 'first@example.com' } },
      { name: 'named', path: '/v1/customers/${cus:id}', method: 'post', params: { name: '${cus:email}' } },
    ],
  }));
  const ran = await stripe(['fixtures', file]);
  assert.ok(ran.ok, ran.text);
  const list = await stripe(['customers', 'list', '--limit', '1']);
  assert.equal(JSON.parse(list.stdout).data[0].name, 'first@example.com');
});

test('a session that nobody began, or of somebody else, is told so', options, async () => {
  const begin = (key) => server.post('/v1/stripecli/sessions', { device_name: 'x', 'websocket_features[]': 'webhooks' }, key);
  const { body: session } = await begin(PLATFORM_SECRET);
  const headers = (id) => ({
    Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==', 'Websocket-Id': id,
  });
  const { request } = await import('node:http');
  const ask = (target, id) => new Promise((resolve, reject) => {
    const asked = request(server.origin + target, { headers: headers(id) });
    asked.on('upgrade', (response, socket) => { socket.destroy(); resolve({ status: response.statusCode, headers: response.headers }); });
    asked.on('response', async (response) => {
      let text = '';
      for await (const chunk of response) text += chunk;
      resolve({ status: response.statusCode, message: JSON.parse(text).error.message });
    });
    asked.on('error', reject);
    asked.end();
  });
  const right = await ask('/subscribe/acct_platform?websocket_feature=webhooks', session.websocket_id);
  assert.equal(right.status, 101);
  assert.equal(right.headers['sec-websocket-accept'], 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
  for (const [target, id] of [
    ['/subscribe/acct_platform', 'cliws_nobody'],
    ['/subscribe/acct_seller', session.websocket_id],
    ['/subscribe/acct_nobody', session.websocket_id],
  ]) {
    assert.equal((await ask(target, id)).message, 'Unknown WebSocket ID.', target);
  }
  assert.equal((await ask('/subscribe/acct_platform?websocket_feature=request_logs', session.websocket_id)).status, 400);
  assert.equal((await fetch(`${server.origin}/subscribe/acct_platform`)).status, 426);
  // A day later it has ended.
  await server.post('/_tollbridge/clock', { advance: '86400' });
  assert.equal((await ask('/subscribe/acct_platform', session.websocket_id)).message, 'Unknown WebSocket ID.');
});

test('every trigger, against the table', options, async () => {
  const rows = readFileSync(TABLE, 'utf8').split('\n').filter((line) => line && !line.startsWith('#'));
  const said = new Map(rows.map((line) => line.split(/\s+/, 2)));
  const known = new Map();
  // Each in a world of its own, some at a time.
  const left = [...said.keys()];
  const one = async (event) => {
    const key = `sk_test_Trigger${event.replaceAll(/[^a-z]/g, '0')}`.slice(0, 100);
    if (event.startsWith('transfer.')) {
      // It sends on all of a payment that processing has taken its part of.
      const { status, body } = await server.post('/v1/charges', { amount: '5000', currency: 'usd', source: 'tok_bypassPending' }, key);
      assert.equal(status, 200, JSON.stringify(body));
    }
    const ran = await stripe(['trigger', event], { STRIPE_API_KEY: key });
    if (!/Trigger succeeded/.test(ran.text)) {
      const missing = /Unrecognized request URL|must be one of [^"]* You sent 'customer_balance'/.test(ran.text);
      // A type of bank transfer that the published API does not have.
      if (/You sent 'jp_bank_account'/.test(ran.text)) return 'refused';
      return missing ? 'unserved' : `broken: ${/"message":"([^"]*)"/.exec(ran.text)?.[1] ?? ran.text}`;
    }
    return (await told(key, event)) ? 'works' : 'untold';
  };
  const next = async () => {
    for (let event = left.shift(); event; event = left.shift()) known.set(event, await one(event));
  };
  await Promise.all([next(), next(), next()]);
  if (process.env.TOLLBRIDGE_REGENERATE) {
    const head = readFileSync(TABLE, 'utf8').split('\n').filter((line) => line.startsWith('#'));
    const lines = [...known].map(([event, is]) => `${event.padEnd(52)} ${is}`).sort();
    writeFileSync(TABLE, [...head, ...lines, ''].join('\n'));
  }
  const differ = rows.map((line) => line.split(/\s+/, 2)).filter(([event, is]) => known.get(event) !== is);
  assert.deepEqual(differ.map(([event]) => `${event} ${known.get(event)}`), [],
    `the table ${path.basename(TABLE)} says otherwise; TOLLBRIDGE_REGENERATE=1 writes it anew`);
  assert.equal(rows.length, 121);
});

// Names of triggers that are no types of events: what they make happen.
const HAPPENS = {
  'subscription.payment_failed': 'invoice.payment_failed',
  'subscription.payment_succeeded': 'invoice.payment_succeeded',
};

/** Whether an event was told to the account of a key or to one of the accounts that it made. */
async function told(key, trigger) {
  const type = HAPPENS[trigger] ?? trigger.replace(/\.(eu|gb)$/, '');
  const api = new Stripe(key, { ...address(), maxNetworkRetries: 0 });
  const accounts = [undefined, ...(await api.accounts.list()).data.map((it) => it.id)];
  for (const deadline = Date.now() + 15000; Date.now() < deadline;) {
    for (const stripeAccount of accounts) {
      const { data } = await api.events.list({ type }, { stripeAccount });
      if (data.length > 0) return true;
    }
    // An account that has left is not asked; nothing else tells of it.
    if (type === 'account.application.deauthorized') return true;
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
  return false;
}

function address() {
  const { hostname, port } = new URL(server.origin);
  return { host: hostname, port, protocol: 'http' };
}
