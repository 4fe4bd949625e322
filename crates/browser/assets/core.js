/*
 * Tollbridge browser library: turns card and bank account details into tokens, so that they never reach the
 * server of the page that asked for them.
 *
 * This file is what both versions share. The file of one version follows it in the same script; until then
 * `window.Stripe` holds these shared parts, which that file replaces by the library itself.
 *
 * Kept to ECMAScript 5: the pages that load it may be as old as the interface.
 */
window.Stripe = (function (window, document, earlier) {
  'use strict';

  var RELEASE = '0.1.0';
  var TIMEOUT_MS = 40000;

  var CARD_FIELDS = ['number', 'cvc', 'exp_month', 'exp_year', 'name', 'address_line1', 'address_line2',
    'address_city', 'address_state', 'address_zip', 'address_country'];
  var BANK_FIELDS = ['country', 'currency', 'routing_number', 'account_number'];

  // Read while the script runs; afterwards the document no longer says which element it came from.
  var ownScript = findOwnScript();
  var ownOrigin = findOwnOrigin();
  var nonce = ownScript ? ownScript.nonce || ownScript.getAttribute('nonce') : null;
  var callbackNumber = new Date().getTime();
  var warnedOfPlainHttp = false;

  function findOwnScript() {
    if (document.currentScript) { return document.currentScript; }
    var all = document.getElementsByTagName('script');
    for (var i = all.length - 1; i >= 0; i--) {
      if (/\/v[12]\/?([?#]|$)/.test(all[i].src)) { return all[i]; }
    }
    return null;
  }

  function findOwnOrigin() {
    var match = /^https?:\/\/[^\/?#]+/i.exec(ownScript ? ownScript.src : '');
    return match ? match[0] : window.location.protocol + '//' + window.location.host;
  }

  // ---- Values --------------------------------------------------------------------------------------------

  function has(object, key) {
    return Object.prototype.hasOwnProperty.call(object, key);
  }

  function isBlank(value) {
    return value === undefined || value === null;
  }

  function trim(value) {
    return isBlank(value) ? '' : String(value).replace(/^\s+|\s+$/g, '');
  }

  function compact(value) {
    return isBlank(value) ? '' : String(value).replace(/[\s\-]+/g, '');
  }

  /** `expMonth` and `exp-month` are both written `exp_month` on the wire. */
  function snakeCase(name) {
    return String(name).replace(/[A-Z]/g, function (letter) {
      return '_' + letter.toLowerCase();
    }).replace(/-/g, '_').replace(/^_/, '');
  }

  function copy(object) {
    var result = {};
    for (var key in object) {
      if (has(object, key)) { result[key] = object[key]; }
    }
    return result;
  }

  // Brackets stay bare, as servers and their logs have always seen them.
  function encodeName(name) {
    return encodeURIComponent(name).replace(/%5B/g, '[').replace(/%5D/g, ']');
  }

  /** Form encoding: `{card: {number: '42 42'}}` becomes `card[number]=42+42`. Absent values are left out. */
  function serialize(object, scope) {
    var pairs = [];
    for (var key in object) {
      if (!has(object, key)) { continue; }
      var value = object[key];
      var name = scope ? scope + '[' + key + ']' : key;
      if (isBlank(value) || typeof value === 'function') { continue; }
      if (typeof value === 'object') {
        var nested = serialize(value, name);
        if (nested) { pairs.push(nested); }
      } else {
        pairs.push(encodeName(name) + '=' + encodeURIComponent(value).replace(/%20/g, '+'));
      }
    }
    return pairs.join('&');
  }

  // ---- What the caller handed over -----------------------------------------------------------------------

  /** The element meant by a DOM element or a jQuery object; null for a plain object of fields. */
  function elementOf(data) {
    if (data.nodeType === 1) { return data; }
    return data[0] && data[0].nodeType === 1 ? data[0] : null;
  }

  function readForm(form, fields) {
    var result = {};
    var tags = ['input', 'select'];
    for (var t = 0; t < tags.length; t++) {
      var inputs = form.getElementsByTagName(tags[t]);
      for (var i = 0; i < inputs.length; i++) {
        var input = inputs[i];
        var name = snakeCase(input.getAttribute('data-stripe') || '');
        var isChoice = input.type === 'radio' || input.type === 'checkbox';
        if (fields.indexOf(name) !== -1 && (!isChoice || input.checked)) { result[name] = input.value; }
      }
    }
    return result;
  }

  /** The fields in `data`, always as a new object: the caller's own is left as it was. */
  function readFields(data, fields, kind) {
    if (!data) { throw new Error('No ' + kind + ' was given to createToken.'); }
    if (typeof data !== 'object' || (data.jquery && !data.length)) {
      throw new Error('The ' + kind + ' given to createToken is neither a form nor an object of fields.');
    }
    var element = elementOf(data);
    if (element) { return readForm(element, fields); }
    var result = {};
    for (var key in data) {
      if (has(data, key)) { result[snakeCase(key)] = data[key]; }
    }
    return result;
  }

  /** Parameters beside the fields: an object, or an amount in minor currency units as the first pages gave it. */
  function readParams(params) {
    if (isBlank(params) || typeof params === 'function') { return {}; }
    if (typeof params === 'object') { return copy(params); }
    var amount = parseInt(params, 10);
    return amount > 0 ? { amount: amount } : {};
  }

  function checkKey(key) {
    if (!key || typeof key !== 'string') {
      throw new Error('You did not set a valid publishable key: ' +
        'give it to Stripe.setPublishableKey() before anything else.');
    }
    if (/\s/.test(key)) {
      throw new Error('The publishable key has whitespace in it: copy it again, without blanks or line ends.');
    }
    if (/^sk_/.test(key)) {
      throw new Error('You are using a secret key with Stripe.js: a page may only hold the publishable key. ' +
        'Whoever has seen this page has the secret key, so replace it.');
    }
    if (/_live_/.test(key) && window.location.protocol !== 'https:' && !warnedOfPlainHttp) {
      warnedOfPlainHttp = true;
      if (window.console && window.console.warn) {
        window.console.warn('This page uses a live key but was not loaded over HTTPS: ' +
          'what people type into it can be read on the way.');
      }
    }
    return key;
  }

  // ---- JSONP ---------------------------------------------------------------------------------------------

  /**
   * Asks through a script element; the server answers with a call `sjsonp<N>(<body>, <status>)`.
   * Calls one of `succeed(status, body)` and `fail(reason)`, once.
   */
  function jsonp(request, succeed, fail) {
    var name;
    do { name = 'sjsonp' + (++callbackNumber); } while (name in window);

    var script = document.createElement('script');
    var settled = false;
    var timer = setTimeout(function () { stop('timeout'); }, request.deadline - new Date().getTime());

    function settle() {
      settled = true;
      clearTimeout(timer);
      if (script.parentNode) { script.parentNode.removeChild(script); }
    }

    function forget() {
      try { delete window[name]; } catch (e) { window[name] = undefined; }
    }

    function stop(reason) {
      if (settled) { return; }
      settle();
      // An answer may still come; it must find something to call.
      window[name] = forget;
      fail(reason);
    }

    // The browser lists the address of every script it loaded, and this one carried the card: left there, any
    // page-speed monitor would send it on. The list can only be cleared as a whole. Its entry is written
    // after this event in some browsers, hence the second round.
    function clearAddress() {
      var clear = function () {
        if (window.performance && window.performance.clearResourceTimings) {
          window.performance.clearResourceTimings();
        }
      };
      clear();
      setTimeout(clear, 0);
    }

    window[name] = function (body, status) {
      forget();
      if (settled) { return; }
      settle();
      succeed(status, body);
    };

    var holdsSecrets = request.method === 'POST';
    // A script that loaded without calling back was no answer.
    script.onload = script.onerror = function () {
      if (holdsSecrets) { clearAddress(); }
      stop('abort');
    };

    var data = copy(request.data);
    data.callback = name;
    if (request.method !== 'GET') { data._method = request.method; }
    if (nonce) { script.setAttribute('nonce', nonce); }
    script.async = true;
    script.src = request.url + '?' + serialize(data);
    (document.head || document.documentElement).appendChild(script);
  }

  // ---- Validation ----------------------------------------------------------------------------------------

  function luhn(digits) {
    var sum = 0;
    for (var i = 0; i < digits.length; i++) {
      var digit = Number(digits.charAt(digits.length - 1 - i));
      if (i % 2 === 1) { digit = digit > 4 ? digit * 2 - 9 : digit * 2; }
      sum += digit;
    }
    return sum % 10 === 0;
  }

  function validateCardNumber(number) {
    var digits = compact(number);
    return /^\d{10,16}$/.test(digits) && luhn(digits);
  }

  function validateCVC(cvc) {
    return /^\d{3,4}$/.test(trim(cvc));
  }

  /** Whether the end of that month still lies ahead. `year` has four digits. */
  function validateExpiry(month, year) {
    month = trim(month);
    year = trim(year);
    if (!/^\d+$/.test(month) || !/^\d{4}$/.test(year)) { return false; }
    month = parseInt(month, 10);
    if (month < 1 || month > 12) { return false; }
    // Months count from 0 here, so this is the first instant after the month on the card.
    return new Date(parseInt(year, 10), month, 1) > new Date();
  }

  function cardType(number) {
    var prefix = compact(number).slice(0, 2);
    if (/^4\d/.test(prefix)) { return 'Visa'; }
    if (/^5\d/.test(prefix)) { return 'MasterCard'; }
    if (/^3[47]/.test(prefix)) { return 'American Express'; }
    if (/^6[0245]/.test(prefix)) { return 'Discover'; }
    if (/^35/.test(prefix)) { return 'JCB'; }
    if (/^3[0689]/.test(prefix)) { return 'Diners Club'; }
    return 'Unknown';
  }

  function validateRoutingNumber(number, country) {
    number = trim(number);
    if (country === 'CA') { return /^\d{5}-\d{3}$/.test(number); }
    if (country !== 'US') { return true; }
    if (!/^\d{9}$/.test(number)) { return false; }
    var weights = [3, 7, 1];
    var sum = 0;
    for (var i = 0; i < 9; i++) { sum += Number(number.charAt(i)) * weights[i % 3]; }
    return sum !== 0 && sum % 10 === 0;
  }

  function validateAccountNumber(number, country) {
    return country !== 'US' || /^\d{1,17}$/.test(trim(number));
  }

  // ---- The library ---------------------------------------------------------------------------------------

  /**
   * Builds the object that pages see as `Stripe`. A version is described by
   *   version             its number
   *   transport           like `jsonp` above
   *   cardFields, bankFields   the fields that are read from a form; an object may hold others, which the
   *                       server then judges
   *   prepareCard(card)   last change to the card's fields before they are sent (optional)
   *   prepareParams(params)  the same for the parameters beside them (optional)
   *   validateExpiry      where it differs from the one above (optional)
   */
  function build(face) {
    var api = {
      version: face.version,
      endpoint: ownOrigin + '/v1',
      // A script loaded twice must not lose the key that the page set in between.
      key: earlier && typeof earlier.key === 'string' ? earlier.key : undefined
    };

    api.setPublishableKey = function (key) {
      api.key = key;
    };

    function send(method, path, data, sentence, callback) {
      var request = {
        method: method,
        url: api.endpoint + path,
        data: data,
        deadline: new Date().getTime() + TIMEOUT_MS
      };
      function answer(status, body) {
        if (typeof callback === 'function') { callback(status, body); }
      }
      face.transport(request, answer, function (reason) {
        answer(500, { error: { code: reason, type: reason, message: sentence } });
      });
    }

    function creator(kind, fields, prepare) {
      return function (data, params, callback) {
        var details = readFields(data, fields, kind);
        var body = {};
        if (typeof params === 'function') { callback = params; }
        params = readParams(params);
        params.key = checkKey(params.key || api.key || api.publishableKey);
        if (face.prepareParams) { params = face.prepareParams(params); }
        body[kind] = prepare ? prepare(details) : details;
        for (var name in params) { body[name] = params[name]; }
        send('POST', '/tokens', body,
          'A network error has occurred, and you have not been charged. Please try again.', callback);
      };
    }

    function getToken(token, callback) {
      if (!token) { throw new Error('No token was given to getToken.'); }
      var data = { key: checkKey(api.key || api.publishableKey) };
      send('GET', '/tokens/' + encodeURIComponent(token), data,
        'The network failed while loading data. Try once more.', callback);
    }

    api.card = {
      createToken: creator('card', face.cardFields, face.prepareCard),
      getToken: getToken,
      validateCardNumber: validateCardNumber,
      validateCVC: validateCVC,
      validateExpiry: face.validateExpiry || validateExpiry,
      cardType: cardType
    };
    // Where the first pages look for them.
    for (var name in api.card) { api[name] = api.card[name]; }

    api.bankAccount = {
      createToken: creator('bank_account', face.bankFields),
      getToken: getToken,
      validateRoutingNumber: validateRoutingNumber,
      validateAccountNumber: validateAccountNumber
    };

    if (typeof window.define === 'function' && window.define.amd) {
      window.define('stripe', [], function () { return api; });
    }
    return api;
  }

  return {
    RELEASE: RELEASE,
    CARD_FIELDS: CARD_FIELDS,
    BANK_FIELDS: BANK_FIELDS,
    build: build,
    jsonp: jsonp,
    serialize: serialize,
    trim: trim,
    cardType: cardType,
    validateExpiry: validateExpiry
  };
}(window, document, window.Stripe));
