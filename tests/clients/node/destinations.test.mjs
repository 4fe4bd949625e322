// Event destinations and thin events of API v2, with the official SDK of today.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import Stripe from 'stripe';
import { PLATFORM_SECRET, SELLER, sdk, startReceiver, startServer } from './harness.mjs';

let server;
let receiver;
let client;

before(async () => {
  server = await startServer();
  receiver = await startReceiver();
  client = sdk(server, PLATFORM_SECRET, { telemetry: false });
  await client.oauth.token({ grant_type: 'authorization_code', code: await server.code() });
});
after(async () => {
  await receiver?.stop();
  await server?.stop();
});

const destination = (more) => client.v2.core.eventDestinations.create({
  name: 'mine', type: 'webhook_endpoint', event_payload: 'thin', events_from: ['@self', '@accounts'], enabled_events: ['*'],
  webhook_endpoint: { url: receiver.url }, include: ['webhook_endpoint.signing_secret', 'webhook_endpoint.url'], ...more,
});

test('thin events are verified and fetched, own and connected', async () => {
  const made = await destination();
  const secret = made.webhook_endpoint.signing_secret;
  for (const options of [{}, { stripeAccount: SELLER }]) {
    const customer = await client.customers.create({ name: 'thin' }, options);
    const told = await receiver.wait((e) => e.related_object?.id === customer.id);
    const event = client.parseEventNotification(told.body, told.headers['stripe-signature'], secret);
    assert.equal(event.type, 'v1.customer.created');
    assert.equal(event.context?.toString() ?? null, options.stripeAccount ?? null);
    assert.equal((await event.fetchRelatedObject()).id, customer.id);
    const full = await event.fetchEvent();
    assert.equal(full.id, event.id);
    assert.equal(full.object, 'v2.core.event');
    assert.throws(() => client.parseEventNotification(`${told.body} `, told.headers['stripe-signature'], secret));
  }
  const pinged = await client.v2.core.eventDestinations.ping(made.id);
  const told = await receiver.wait((e) => e.type === 'v2.core.event_destination.ping');
  assert.equal(client.parseEventNotification(told.body, told.headers['stripe-signature'], secret).id, pinged.id);
  assert.equal((await client.v2.core.eventDestinations.del(made.id)).id, made.id);
});

test('a destination is made, changed, listed', async () => {
  const calls = client.v2.core.eventDestinations;
  const made = await destination({ event_payload: 'snapshot', enabled_events: ['charge.succeeded'], metadata: { a: '1' } });
  assert.equal((await calls.retrieve(made.id)).webhook_endpoint.url, null);
  const changed = await calls.update(made.id, { name: 'renamed', metadata: { a: null, b: '2' } });
  assert.deepEqual([changed.name, { ...changed.metadata }], ['renamed', { b: '2' }]);
  assert.equal((await calls.disable(made.id)).status, 'disabled');
  assert.equal((await calls.enable(made.id)).status, 'enabled');
  await destination();
  const ids = [];
  for await (const it of calls.list({ limit: 1 })) ids.push(it.id);
  assert.equal(ids.includes(made.id) && new Set(ids).size === ids.length && ids.length >= 2, true);
});

test('what is wrong is named', async () => {
  await assert.rejects(destination({ enabled_events: ['no.such'] }), (error) =>
    error instanceof Stripe.errors.StripeInvalidRequestError && error.code === 'invalid_fields' && error.statusCode === 400);
  await assert.rejects(client.v2.core.events.retrieve('evt_test_none'), (error) => error.statusCode === 404);
  const seen = [];
  for await (const event of client.v2.core.events.list({ limit: 1, types: ['v1.customer.created'] })) seen.push(event.type);
  assert.deepEqual([...new Set(seen)], ['v1.customer.created']);
});
