// The page of an invoice, in Chromium: seen, paid by card with the bank's question, and paid.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fitsEverybody, launch, screenshot, sdk, startServer, visitor } from './harness.mjs';

let server;
let browser;
let stripe;

before(async () => {
  server = await startServer();
  browser = await launch();
  stripe = sdk(server);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

/** An invoice of two lines with tax that is sent to its customer. */
async function sent() {
  const customer = await stripe.customers.create({
    name: 'Jenny Rosen', email: 'jenny@example.com', address: { line1: '510 Townsend St', city: 'San Francisco', state: 'CA', postal_code: '94103', country: 'US' },
  });
  const rate = await stripe.taxRates.create({ display_name: 'VAT', percentage: 10, inclusive: false });
  await stripe.invoiceItems.create({ customer: customer.id, currency: 'usd', unit_amount_decimal: '500', quantity: 3, description: 'Pot', tax_rates: [rate.id] });
  await stripe.invoiceItems.create({ customer: customer.id, currency: 'usd', amount: 500, description: 'Glaze, and the firing of it' });
  const draft = await stripe.invoices.create({
    customer: customer.id, collection_method: 'send_invoice', days_until_due: 30, pending_invoice_items_behavior: 'include',
    footer: 'Thank you for buying clay.',
  });
  return stripe.invoices.sendInvoice(draft.id);
}

async function typed(page, number) {
  await page.getByLabel('Card number').fill(number);
  await page.getByLabel('Expires').fill('12 / 44');
  await page.getByLabel('Security code').fill('123');
  await page.getByLabel('Name on the card').fill('Jenny Rosen');
  await page.getByRole('button', { name: 'Pay $21.50' }).click();
}

test('an invoice is seen, paid with the bank asking, and paid', async () => {
  const invoice = await sent();
  const { context, page, complaints } = await visitor(browser);
  await page.goto(invoice.hosted_invoice_url);
  await page.getByText('$21.50 due').waitFor();
  await fitsEverybody(page);
  await screenshot(page, 'invoice');
  await typed(page, '4000 0027 6000 3184');
  await page.getByRole('button', { name: 'Fail authentication' }).click();
  await page.getByRole('button', { name: 'Pay $21.50' }).waitFor();
  assert.equal((await stripe.invoices.retrieve(invoice.id)).status, 'open');
  await typed(page, '4000 0027 6000 3184');
  await page.getByRole('button', { name: 'Complete authentication' }).click();
  await page.getByText('This invoice is paid').waitFor();
  await fitsEverybody(page);
  await screenshot(page, 'invoice-paid');
  const paid = await stripe.invoices.retrieve(invoice.id);
  assert.deepEqual([paid.status, paid.amount_paid], ['paid', 2150]);
  const document = await fetch(paid.invoice_pdf);
  assert.equal(document.headers.get('content-type'), 'application/pdf');
  assert.match(Buffer.from(await document.arrayBuffer()).toString('latin1'), /Page 1 of 1/);
  await context.close();
  assert.deepEqual(complaints, []);
});

test('a declined card is told, and another one works', async () => {
  const invoice = await sent();
  const { context, page } = await visitor(browser);
  await page.goto(invoice.hosted_invoice_url);
  await typed(page, '4000000000000002');
  await page.getByRole('alert').waitFor();
  await fitsEverybody(page);
  await screenshot(page, 'invoice-declined');
  await typed(page, '4242424242424242');
  await page.getByText('This invoice is paid').waitFor();
  await context.close();
});
