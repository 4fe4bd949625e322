/* Version 2: requests go by XMLHttpRequest, and by JSONP where that fails. Follows core.js in the same script. */
window.Stripe = (function (window, core) {
  'use strict';

  var USER_AGENT = 'stripe.js/' + core.RELEASE;

  function canAskAcrossOrigins() {
    return Boolean(window.XMLHttpRequest) && 'withCredentials' in new window.XMLHttpRequest();
  }

  /**
   * Asks by a form POST (or GET) that needs no preflight and carries no cookies.
   * Calls one of `succeed(status, body)` and `fail(reason)`, once; `unreachable()` instead of `fail` where no
   * answer could be had at all, be it the network, the page's content security policy or a proxy's doing.
   */
  function cors(request, succeed, fail, unreachable) {
    var xhr = new window.XMLHttpRequest();
    var settled = false;
    var timer = setTimeout(function () {
      settle(function () { fail('timeout'); });
      xhr.abort();
    }, request.deadline - new Date().getTime());

    function settle(next) {
      if (settled) { return; }
      settled = true;
      clearTimeout(timer);
      next();
    }

    xhr.onload = function () {
      settle(function () {
        var body;
        try {
          body = JSON.parse(xhr.responseText);
        } catch (e) {
          return fail('parse_error');
        }
        succeed(xhr.status, body);
      });
    };
    xhr.onerror = function () { settle(unreachable); };
    xhr.onabort = function () { settle(function () { fail('abort'); }); };

    var form = core.serialize(request.data);
    try {
      xhr.open(request.method, request.method === 'GET' ? request.url + '?' + form : request.url, true);
      xhr.setRequestHeader('Accept', 'application/json');
      if (request.method === 'POST') {
        xhr.setRequestHeader('Content-Type', 'application/x-www-form-urlencoded');
      }
      xhr.send(request.method === 'POST' ? form : null);
    } catch (e) {
      settle(unreachable);
    }
  }

  function transport(request, succeed, fail) {
    if (!canAskAcrossOrigins()) { return core.jsonp(request, succeed, fail); }
    cors(request, succeed, fail, function () { core.jsonp(request, succeed, fail); });
  }

  function fullYear(year) {
    if (!/^\d{2}$/.test(year)) { return year; }
    return (parseInt(year, 10) < 70 ? '20' : '19') + year;
  }

  /** Month and year of one field such as `05 / 17`, `05-2017` or `2017/05`. */
  function splitExpiry(expiry) {
    var parts = core.trim(expiry).split(/[\s.\/\-]+/);
    if (/^\d{3,}$/.test(parts[0])) { parts.reverse(); }
    return { month: parts[0], year: fullYear(parts.slice(1).join(' ')) };
  }

  function validateExpiry(month, year) {
    if (arguments.length < 2) {
      var expiry = splitExpiry(month);
      return core.validateExpiry(expiry.month, expiry.year);
    }
    return core.validateExpiry(month, fullYear(core.trim(year)));
  }

  // What cannot be read as a date is sent as it stands: the server's refusal names the field, and reaches the
  // page where it expects errors.
  function prepareCard(card) {
    if ('exp' in card) {
      var expiry = splitExpiry(card.exp);
      card.exp_month = expiry.month;
      card.exp_year = expiry.year;
      delete card.exp;
    }
    return card;
  }

  function prepareParams(params) {
    var theirs = params.payment_user_agent;
    params.payment_user_agent = theirs ? theirs + ' (' + USER_AGENT + ')' : USER_AGENT;
    return params;
  }

  var api = core.build({
    version: 2,
    transport: transport,
    cardFields: core.CARD_FIELDS.concat(['exp', 'currency']),
    bankFields: core.BANK_FIELDS.concat(['account_holder_name', 'account_holder_type']),
    prepareCard: prepareCard,
    prepareParams: prepareParams,
    validateExpiry: validateExpiry
  });
  api.card.cardBrand = core.cardType;
  return api;
}(window, window.Stripe));
