// The checks that pages run while a person types.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './support.mjs';

const NBSP = '\u00a0';

const cardNumbers = [
  ['4242424242424242', true], ['4012888888881881', true], ['5555555555554444', true], ['5105105105105100', true],
  ['378282246310005', true], ['371449635398431', true], ['6011111111111117', true], ['6011000990139424', true],
  ['30569309025904', true], ['38520000023237', true], ['3530111333300000', true], ['3566002020360505', true],
  ['4242 4242 4242 4242', true], ['4242-4242-4242-4242', true], [' 4242\t4242-4242 4242\n', true],
  [`4242${NBSP}4242${NBSP}4242${NBSP}4242`, true], [4242424242424242, true],
  ['4242424242424241', false], ['4242-1111-1111-1111', false], ['12345678', false], ['mistake', false],
  ['', false], [null, false], [undefined, false], ['4242x4242424242424', false], ['4242.4242.4242.4242', false],
  ['-4242424242424242', true], // a hyphen is a separator wherever it stands
  ['0000000000', true], ['000000000', false], ['0000000000000000', true], ['00000000000000000', false],
  ['٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢', false], [{}, false], [[], false], [true, false],
];

const cvcs = [
  ['123', true], ['1234', true], [' 123 ', true], [123, true], ['000', true],
  ['12', false], ['12345', false], ['', false], ['12a', false], ['1 23', false], ['-12', false], ['1.2', false],
  [null, false], [undefined, false], ['abc', false],
];

// The clock stands at 29 February 2024.
const expiries = [
  ['02', '2024', true], [2, 2024, true], [' 02 ', ' 2024 ', true], ['2', '2024', true], ['12', '2024', true],
  ['01', '2025', true], ['03', '2024', true], ['12', '9999', true],
  ['01', '2024', false], ['12', '2023', false], ['02', '2010', false], [1, 1970, false],
  ['0', '2030', false], ['13', '2030', false], ['-1', '2030', false], ['', '2030', false], ['02', '', false],
  ['1.5', '2030', false], ['Feb', '2030', false], ['02', '20300', false], ['02', '203', false],
  ['02', '0099', false], [null, null, false], [undefined, undefined, false], ['02', 'abcd', false],
];

const cardTypes = [
  ['40', 'Visa'], ['49', 'Visa'], ['4242424242424242', 'Visa'], ['50', 'MasterCard'], ['59', 'MasterCard'],
  ['5555555555554444', 'MasterCard'], ['34', 'American Express'], ['378282246310005', 'American Express'],
  ['6011111111111117', 'Discover'], ['62', 'Discover'], ['64', 'Discover'], ['65', 'Discover'], ['35', 'JCB'],
  ['3530111333300000', 'JCB'], ['30569309025904', 'Diners Club'], ['36', 'Diners Club'], ['38', 'Diners Club'],
  ['39', 'Diners Club'], ['4242-4242-4242-4242', 'Visa'], [' 37 8', 'American Express'], [4242, 'Visa'],
  ['4', 'Unknown'], ['', 'Unknown'], [null, 'Unknown'], [undefined, 'Unknown'], ['31', 'Unknown'], ['33', 'Unknown'],
  ['61', 'Unknown'], ['63', 'Unknown'], ['66', 'Unknown'], ['10', 'Unknown'], ['99', 'Unknown'], ['ab', 'Unknown'],
];

const routingNumbers = [
  ['110000000', 'US', true], ['111000025', 'US', true], ['021000021', 'US', true], [' 110000000 ', 'US', true],
  [110000000, 'US', true], ['110000001', 'US', false], ['000000000', 'US', false], ['11000000', 'US', false],
  ['1100000000', 'US', false], ['11000000a', 'US', false], ['', 'US', false], [null, 'US', false],
  ['11000-000', 'CA', true], [' 11000-000 ', 'CA', true], ['11000000', 'CA', false], ['1100-0000', 'CA', false],
  ['11000-0000', 'CA', false], ['x11000-000', 'CA', false], ['', 'CA', false],
  ['whatever', 'DE', true], ['', 'GB', true], ['anything', undefined, true],
];

const accountNumbers = [
  ['000123456789', 'US', true], ['1', 'US', true], ['12345678901234567', 'US', true], [' 12 ', 'US', true],
  ['123456789012345678', 'US', false], ['', 'US', false], ['12a', 'US', false], ['12-34', 'US', false],
  [null, 'US', false], ['DE89370400440532013000', 'DE', true], ['', 'CA', true], ['x', undefined, true],
];

function table(name, rows, call) {
  test(name, () => {
    for (const row of rows) {
      const expected = row[row.length - 1];
      assert.equal(call(...row.slice(0, -1)), expected, JSON.stringify(row));
    }
  });
}

for (const version of [1, 2]) {
  const { Stripe } = load(version);
  table(`v${version} validateCardNumber`, cardNumbers, Stripe.card.validateCardNumber);
  table(`v${version} validateCVC`, cvcs, Stripe.card.validateCVC);
  table(`v${version} validateExpiry`, expiries, Stripe.card.validateExpiry);
  table(`v${version} cardType`, cardTypes, Stripe.card.cardType);
  table(`v${version} validateRoutingNumber`, routingNumbers, Stripe.bankAccount.validateRoutingNumber);
  table(`v${version} validateAccountNumber`, accountNumbers, Stripe.bankAccount.validateAccountNumber);

  test(`v${version} keeps the old names`, () => {
    for (const name of
      ['createToken', 'getToken', 'validateCardNumber', 'validateCVC', 'validateExpiry', 'cardType']) {
      assert.equal(typeof Stripe[name], 'function');
      assert.equal(Stripe[name], Stripe.card[name]);
    }
  });
}

table('v2 cardBrand', cardTypes, load(2).Stripe.card.cardBrand);

test('only v2 has cardBrand', () => {
  assert.equal(load(1).Stripe.card.cardBrand, undefined);
});

test('only v2 reads a year of two digits, 70 and above as 19yy', () => {
  const rows = [['02', '24', true], ['01', '24', false], [12, 69, true], ['12', '70', false], ['12', '99', false],
    ['02', ' 25 ', true], ['02', '5', false]];
  for (const [month, year, expected] of rows) {
    assert.equal(load(2).Stripe.card.validateExpiry(month, year), expected, `${month}/${year}`);
    assert.equal(load(1).Stripe.card.validateExpiry(month, year), false, `${month}/${year} in v1`);
  }
});

test('v2 reads month and year from one text', () => {
  const { validateExpiry } = load(2).Stripe.card;
  for (const text of ['02/24', '2/2024', '02 / 24', '02-2024', '02.24', '2024/02', ' 02 24 ']) {
    assert.equal(validateExpiry(text), true, text);
  }
  for (const text of ['01/24', '13/30', '02', '', '02/', '02/24/25', 'soon', undefined]) {
    assert.equal(validateExpiry(text), false, String(text));
  }
});

test('a card is good until the last instant of its month', () => {
  for (const version of [1, 2]) {
    const lasts = load(version, { now: '2023-12-31T23:59:59.999' }).Stripe;
    assert.equal(lasts.card.validateExpiry('12', '2023'), true);
    const over = load(version, { now: '2024-01-01T00:00:00.000' }).Stripe;
    assert.equal(over.card.validateExpiry('12', '2023'), false);
  }
});
