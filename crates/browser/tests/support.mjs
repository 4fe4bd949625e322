// What the tests share: the scripts as the crate joins them, and a document small enough to run them in.

import { readFileSync } from 'node:fs';
import vm from 'node:vm';

const asset = (name) => readFileSync(new URL(`../assets/${name}`, import.meta.url), 'utf8');

/** The text served at `/v<version>/`; `src/lib.rs` joins the same files. */
export const source = (version) => `${asset('core.js')}\n${asset(`stripe-v${version}.js`)}`;

export const PK = 'pk_test_TollbridgePlatformPublic';

class Element {
  nodeType = 1;
  children = [];
  attributes = {};
  parentNode = null;

  constructor(tagName, attributes = {}, children = []) {
    this.tagName = tagName;
    for (const [name, value] of Object.entries(attributes)) this.setAttribute(name, value);
    for (const child of children) this.appendChild(child);
  }
  setAttribute(name, value) {
    this.attributes[name] = value;
    if (['type', 'value', 'checked'].includes(name)) this[name] = value;
  }
  getAttribute(name) { return this.attributes[name] ?? null; }
  appendChild(child) { this.children.push(child); child.parentNode = this; return child; }
  removeChild(child) {
    this.children.splice(this.children.indexOf(child), 1);
    child.parentNode = null;
    return child;
  }
  getElementsByTagName(name) {
    return this.children.flatMap((c) => [...(c.tagName === name ? [c] : []), ...c.getElementsByTagName(name)]);
  }
}

export const element = (tagName, attributes, children) => new Element(tagName, attributes, children);

/**
 * Runs a script in a page of its own. Timers fire only when the test says so (`page.timers`), the clock stands
 * still at `now`, and the script elements that JSONP adds are in `page.requests()`.
 */
export function load(version, options = {}) {
  const {
    src = `http://127.0.0.1:7070/v${version}/`, now = '2024-02-29T12:00:00', protocol = 'https:', currentScript = true,
    earlier, globals = {},
  } = options;
  const head = element('head');
  const own = element('script', {});
  own.src = src;
  if (options.nonce) own.nonce = options.nonce;
  head.appendChild(own);

  const timers = [];
  const warnings = [];
  const frozen = new Date(now).getTime();
  class StillDate extends Date {
    constructor(...args) { if (args.length) super(...args); else super(frozen); }
  }
  const window = {
    location: { protocol, host: 'shop.example' },
    console: { warn: (text) => warnings.push(text) },
    Date: StillDate,
    setTimeout: (run, ms) => timers.push({ run, ms, live: true }) - 1,
    clearTimeout: (id) => { if (timers[id]) timers[id].live = false; },
    document: {
      head,
      currentScript: currentScript ? own : null,
      createElement: (name) => element(name),
      getElementsByTagName: (name) => head.getElementsByTagName(name),
    },
    Stripe: earlier,
    ...globals,
  };
  window.window = window;
  vm.createContext(window);
  vm.runInContext(source(version), window);
  window.document.currentScript = null;

  const requests = () => head.children.filter((script) => script !== own);
  return {
    window, Stripe: window.Stripe, timers, warnings, requests,
    /** The address of the only JSONP request under way, taken apart but not decoded. */
    request() {
      const all = requests();
      if (all.length !== 1) throw new Error(`${all.length} requests are under way`);
      const [url, query] = all[0].src.split('?');
      const pairs = query.split('&').map((pair) => pair.split('='));
      return { script: all[0], url, query, names: pairs.map(([n]) => n), fields: Object.fromEntries(pairs) };
    },
  };
}

/** Plain copies, since objects of the page have prototypes of their own. */
export const plain = (value) => JSON.parse(JSON.stringify(value));
