// Files with the official SDK.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sdk, startServer } from './harness.mjs';

let server;
let stripe;

before(async () => {
  server = await startServer();
  stripe = sdk(server);
});
after(() => server?.stop());

test('a file is uploaded, linked and opened', async () => {
  const png = Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x08\0\0\0\x08 and so on', 'latin1');
  const file = await stripe.files.create(
    {
      purpose: 'business_logo',
      file: { data: png, name: 'logo.png', type: 'image/png' },
      file_link_data: { create: true },
    },
    { host: new URL(server.origin).hostname },
  );
  assert.equal(file.size, png.length);
  assert.equal(file.type, 'png');
  const opened = await fetch(file.links.data[0].url);
  assert.deepEqual(Buffer.from(await opened.arrayBuffer()), png);
  const link = await stripe.fileLinks.update(file.links.data[0].id, { expires_at: 'now' });
  assert.equal(link.expired, true);
  assert.equal((await fetch(link.url)).status, 404);
  await assert.rejects(
    stripe.files.create({
      purpose: 'business_logo',
      file: { data: png, name: 'logo.png', type: 'application/pdf' },
    }),
    { param: 'file', type: 'StripeInvalidRequestError' },
  );
});
