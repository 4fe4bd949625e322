/* Version 1: every request is JSONP. Follows core.js in the same script. */
window.Stripe = (function (core) {
  'use strict';

  return core.build({
    version: 1,
    transport: core.jsonp,
    cardFields: core.CARD_FIELDS,
    bankFields: core.BANK_FIELDS
  });
}(window.Stripe));
