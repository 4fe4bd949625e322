// What the library sends and how it answers, over JSONP in a page without XMLHttpRequest.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PK, element, load, plain, source } from './support.mjs';

const CARD = { number: '4242 4242 4242 4242', cvc: '123', exp_month: 12, exp_year: 2030 };

function ready(version, options) {
  const page = load(version, options);
  page.Stripe.setPublishableKey(PK);
  return page;
}

function recorder() {
  const calls = [];
  const callback = (...args) => calls.push(plain(args));
  return { calls, callback };
}

const both = (name, run) => { for (const version of [1, 2]) test(`v${version} ${name}`, () => run(version)); };

both('keeps to ECMAScript 5, and to what a strict content security policy allows', (version) => {
  const code = source(version).replace(/\/\*[^]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  assert.doesNotMatch(code, /=>|`|(?<!\.)\b(const|let|class|async|await)\s/);
  assert.doesNotMatch(code, /\beval\b|new Function|innerHTML|document\.write|localStorage|\.cookie/);
});

both('asks the origin that it was loaded from', (version) => {
  const endpoint = (src, more) => load(version, { src, ...more }).Stripe.endpoint;
  assert.equal(endpoint(`http://127.0.0.1:7070/v${version}/`), 'http://127.0.0.1:7070/v1');
  assert.equal(endpoint(`https://pay.example/v${version}?x=/v9#y`), 'https://pay.example/v1');
  assert.equal(endpoint(`https://pay.example/v${version}`, { currentScript: false }), 'https://pay.example/v1');
  assert.equal(endpoint('https://cdn.example/bundle.js', { currentScript: false }), 'https://shop.example/v1');
  assert.equal(load(version).Stripe.version, version);
});

both('replaces nothing but Stripe, and keeps the key of an earlier load', (version) => {
  const before = load(version);
  assert.deepEqual(Object.keys(before.window).filter((name) => /stripe|toll|core/i.test(name)), ['Stripe']);
  assert.equal(load(version, { earlier: { key: PK } }).Stripe.key, PK);
});

test('the JSONP request of v1 is the documented one, to the letter', () => {
  const page = ready(1);
  page.Stripe.createToken(CARD, () => {});
  const { url, query, fields } = page.request();
  assert.equal(url, 'http://127.0.0.1:7070/v1/tokens');
  assert.match(fields.callback, /^sjsonp\d{13}$/);
  assert.equal(query, 'card[number]=4242+4242+4242+4242&card[cvc]=123&card[exp_month]=12&card[exp_year]=2030' +
    `&key=${PK}&callback=${fields.callback}&_method=POST`);
});

test('v2 says what it is, after what the caller says', () => {
  const page = ready(2);
  page.Stripe.card.createToken(CARD, () => {});
  assert.match(page.request().fields.payment_user_agent, /^stripe\.js%2F\d+\.\d+\.\d+$/);

  const other = ready(2);
  other.Stripe.card.createToken(CARD, { payment_user_agent: 'shop/1' }, () => {});
  assert.match(decodeURIComponent(other.request().fields.payment_user_agent), /^shop\/1\+\(stripe\.js\/[\d.]+\)$/);
  assert.doesNotMatch(source(1), /payment_user_agent/);
});

both('encodes every value', (version) => {
  const page = ready(version);
  page.Stripe.createToken({ ...CARD, name: 'Zoë & Söhne +1 =?#%', address_city: '', address_zip: null,
    address_state: undefined }, () => {});
  const { fields } = page.request();
  assert.equal(fields['card[name]'], 'Zo%C3%AB+%26+S%C3%B6hne+%2B1+%3D%3F%23%25');
  assert.equal(fields['card[address_city]'], '');
  assert.ok(!('card[address_zip]' in fields) && !('card[address_state]' in fields));
});

both('takes names in camel case and with dashes, and leaves the object alone', (version) => {
  const page = ready(version);
  const card = { number: '4242424242424242', expMonth: 1, 'exp-year': 2031, addressLine1: '1 Main St', 'address-zip': '1' };
  const before = plain(card);
  page.Stripe.createToken(card, () => {});
  assert.deepEqual(page.request().names.slice(0, 5),
    ['card[number]', 'card[exp_month]', 'card[exp_year]', 'card[address_line1]', 'card[address_zip]']);
  assert.deepEqual(card, before);
});

both('sends an amount, parameters or neither', (version) => {
  const sent = (...args) => {
    const page = ready(version);
    page.Stripe.createToken(CARD, ...args);
    return page.request().fields;
  };
  assert.equal(sent(1500, () => {}).amount, '1500');
  assert.equal(sent('1500', () => {}).amount, '1500');
  for (const none of [0, -5, 'x', null, undefined]) assert.ok(!('amount' in sent(none, () => {})), String(none));
  const params = { email: 'a@b.example', metadata: { order: 7 }, key: 'pk_test_other' };
  const fields = sent(params, () => {});
  assert.equal(fields.email, 'a%40b.example');
  assert.equal(fields['metadata[order]'], '7');
  assert.equal(fields.key, 'pk_test_other');
  assert.deepEqual(Object.keys(params), ['email', 'metadata', 'key']);
  assert.ok(sent(), 'a callback is not needed');
});

const form = () => element('form', {}, [
  element('input', { 'data-stripe': 'number', value: '4242424242424242' }),
  element('div', {}, [element('input', { 'data-stripe': 'cvc', value: '123' })]),
  element('input', { 'data-stripe': 'exp-month', value: '12' }),
  element('select', { 'data-stripe': 'expYear', value: '2030' }),
  element('input', { 'data-stripe': 'address_zip', value: '94110' }),
  element('input', { 'data-stripe': 'favourite_colour', value: 'not a field' }),
  element('input', { name: 'coupon', value: 'not marked' }),
  element('input', { type: 'radio', 'data-stripe': 'address_country', value: 'US', checked: false }),
  element('input', { type: 'radio', 'data-stripe': 'address_country', value: 'CA', checked: true }),
  element('input', { type: 'radio', 'data-stripe': 'address_country', value: 'MX', checked: false }),
]);

both('reads a form element, a jQuery object and a list that holds one', (version) => {
  for (const data of [form(), { jquery: '1.8.2', length: 1, 0: form() }, [form()]]) {
    const page = ready(version);
    page.Stripe.createToken(data, () => {});
    const fields = Object.entries(page.request().fields).filter(([name]) => name.startsWith('card'));
    assert.deepEqual(Object.fromEntries(fields), {
      'card[number]': '4242424242424242', 'card[cvc]': '123', 'card[exp_month]': '12', 'card[address_zip]': '94110',
      'card[address_country]': 'CA', 'card[exp_year]': '2030',
    });
  }
});

test('v2 splits one field of month and year', () => {
  const expiry = (exp) => {
    const page = ready(2);
    page.Stripe.card.createToken({ number: '4242424242424242', exp }, () => {});
    const { fields } = page.request();
    assert.ok(!('card[exp]' in fields));
    return [fields['card[exp_month]'], fields['card[exp_year]']];
  };
  assert.deepEqual(expiry('05 / 31'), ['05', '2031']);
  assert.deepEqual(expiry('5-2031'), ['5', '2031']);
  assert.deepEqual(expiry('2031/05'), ['05', '2031']);
  assert.deepEqual(expiry('soon'), ['soon', ''], 'left for the server to refuse');
});

both('makes tokens of bank accounts', (version) => {
  const page = ready(version);
  page.Stripe.bankAccount.createToken(
    { country: 'US', routingNumber: '110000000', accountNumber: '000123456789' }, () => {});
  const { url, query } = page.request();
  assert.equal(url, 'http://127.0.0.1:7070/v1/tokens');
  assert.ok(query.startsWith('bank_account[country]=US&bank_account[routing_number]=110000000' +
    '&bank_account[account_number]=000123456789&'));
});

both('fetches a token', (version) => {
  for (const getToken of ['Stripe', 'card', 'bankAccount']) {
    const page = ready(version);
    (page.Stripe[getToken] ?? page.Stripe).getToken('tok_1/../x', () => {});
    const { url, fields } = page.request();
    assert.equal(url, 'http://127.0.0.1:7070/v1/tokens/tok_1%2F..%2Fx');
    assert.deepEqual(Object.keys(fields), ['key', 'callback']);
  }
});

both('refuses a missing, secret or broken key before anything is sent', (version) => {
  const page = load(version);
  const refuses = (key, message) => {
    page.Stripe.setPublishableKey(key);
    for (const call of [() => page.Stripe.createToken(CARD, () => {}), () => page.Stripe.getToken('tok_1', () => {}),
      () => page.Stripe.bankAccount.createToken({}, () => {})]) assert.throws(call, { message });
  };
  for (const key of [undefined, null, '', 7, {}]) refuses(key, /^You did not set a valid publishable key/);
  for (const key of ['pk_test_ x', `${PK}\n`, ' ']) refuses(key, /whitespace/);
  refuses('sk_test_TollbridgePlatformSecret', /^You are using a secret key with Stripe\.js/);
  assert.throws(() => page.Stripe.createToken(CARD, { key: 'sk_live_x' }, () => {}), /secret key/);
  assert.equal(page.requests().length, 0);

  // The first keys were 32 characters with no prefix.
  page.Stripe.setPublishableKey('vtUQeOtUnYr7PGCLQ96Ul4zqpDUO4sOE');
  page.Stripe.createToken(CARD, () => {});
  assert.equal(page.requests().length, 1);
});

both('refuses what is no card', (version) => {
  const page = ready(version);
  for (const data of [undefined, null, '', 'tok_1', { jquery: '1.8.2', length: 0 }]) {
    assert.throws(() => page.Stripe.createToken(data, () => {}), { name: 'Error', message: /card/ });
  }
  assert.equal(page.requests().length, 0);
});

both('warns, once, of a live key on a page without HTTPS', (version) => {
  const warnings = (key, protocol) => {
    const page = load(version, { protocol });
    page.Stripe.setPublishableKey(key);
    page.Stripe.createToken(CARD, () => {});
    page.Stripe.createToken(CARD, () => {});
    return page.warnings.length;
  };
  assert.equal(warnings('pk_live_x', 'http:'), 1);
  assert.equal(warnings('pk_live_x', 'https:'), 0);
  assert.equal(warnings('pk_test_x', 'http:'), 0);
});

both('hands over status and body, once, and leaves nothing behind', (version) => {
  for (const [body, status] of [[{ id: 'tok_1', object: 'token' }, 200],
    [{ error: { type: 'card_error', code: 'incorrect_number', param: 'number' } }, 402]]) {
    const page = ready(version);
    const { calls, callback } = recorder();
    page.Stripe.createToken(CARD, callback);
    const { script, fields } = page.request();
    page.window[fields.callback](body, status);
    script.onload();
    assert.deepEqual(calls, [[status, body]]);
    assert.equal(page.requests().length, 0);
    assert.ok(!(fields.callback in page.window));
    assert.ok(page.timers.filter((timer) => timer.ms > 0).every((timer) => !timer.live));
  }
});

both('reports a failed network as 500, and survives a late answer', (version) => {
  const outcomes = {
    abort: (page, script) => script.onerror(),
    timeout: (page) => page.timers.find((timer) => timer.ms === 40000).run(),
  };
  for (const [reason, happen] of Object.entries(outcomes)) {
    for (const [start, message] of [
      [(page, done) => page.Stripe.createToken(CARD, done),
        'A network error has occurred, and you have not been charged. Please try again.'],
      [(page, done) => page.Stripe.getToken('tok_1', done), /loading data/]]) {
      const page = ready(version);
      const { calls, callback } = recorder();
      start(page, callback);
      const { script, fields } = page.request();
      happen(page, script);
      assert.equal(calls.length, 1);
      const [status, { error }] = calls[0];
      assert.equal(status, 500);
      assert.deepEqual([error.code, error.type], [reason, reason]);
      if (typeof message === 'string') assert.equal(error.message, message);
      else assert.match(error.message, message);
      assert.equal(page.requests().length, 0);

      page.window[fields.callback]({ id: 'tok_late' }, 200);
      script.onload();
      assert.equal(calls.length, 1);
      assert.ok(!(fields.callback in page.window));
    }
  }
});

both('an answer that never calls back is a failure at once', (version) => {
  const page = ready(version);
  const { calls, callback } = recorder();
  page.Stripe.createToken(CARD, callback);
  page.request().script.onload();
  assert.equal(calls[0][0], 500);
});

both('keeps requests under way apart', (version) => {
  const page = ready(version);
  const { calls, callback } = recorder();
  page.Stripe.createToken(CARD, callback);
  page.Stripe.createToken(CARD, callback);
  const names = page.requests().map((script) => /callback=(\w+)/.exec(script.src)[1]);
  assert.notEqual(names[0], names[1]);
  page.window[names[1]]({ id: 'tok_2' }, 200);
  page.window[names[0]]({ id: 'tok_1' }, 200);
  assert.deepEqual(calls.map(([, body]) => body.id), ['tok_2', 'tok_1']);
});

both('clears the addresses that held a card from the list of loaded resources', (version) => {
  let cleared = 0;
  const page = ready(version, { globals: { performance: { clearResourceTimings: () => { cleared += 1; } } } });
  page.Stripe.getToken('tok_1', () => {});
  page.request().script.onerror();
  assert.equal(cleared, 0);
  page.Stripe.createToken(CARD, () => {});
  page.request().script.onerror();
  assert.ok(cleared > 0);
});

both('passes the nonce of its own script on', (version) => {
  const page = ready(version, { nonce: 'abc123' });
  page.Stripe.createToken(CARD, () => {});
  assert.equal(page.request().script.getAttribute('nonce'), 'abc123');
});

both('makes itself known to an AMD loader', (version) => {
  const defined = [];
  const define = (...args) => defined.push(args);
  define.amd = {};
  const page = load(version, { globals: { define } });
  assert.equal(defined[0][0], 'stripe');
  assert.equal(defined[0][2](), page.Stripe);
});
