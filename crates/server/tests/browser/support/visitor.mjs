// A person's browser, which watches every page: accessibility, width, weight, errors, and who else is asked.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { get } from 'node:http';
import { fileURLToPath } from 'node:url';
import axe from 'axe-core';
import { chromium } from 'playwright-core';
import { later } from './processes.mjs';

const PICTURES = fileURLToPath(new URL('../../../../../target/browser/', import.meta.url));
const MOST_BYTES = 20 * 1024;
/** The guide is all that the other pages have to say at once. */
const GUIDE_BYTES = 32 * 1024;
/** What the list of all countries may weigh beside it. */
const COUNTRIES = 12 * 1024;

/** Pages that the auditor has seen. */
const audited = new Set();
let browser;

async function theBrowser() {
  if (!browser) {
    // Chromium's sandbox cannot be built by root.
    const args = process.getuid() === 0 ? ['--no-sandbox'] : [];
    browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args });
    later(() => browser.close());
  }
  return browser;
}

/** Somebody with a browser of their own. */
export class Visitor {
  #problems = [];
  #weights = new Map();

  /** @param {{address: string, scripts: boolean, width: number}} how */
  static async arrive({ address, scripts = true, width = 1280 }) {
    const visitor = new Visitor();
    const viewport = { width, height: width < 500 ? 640 : 800 };
    const context = await (await theBrowser()).newContext({ baseURL: address, javaScriptEnabled: scripts, viewport });
    context.setDefaultTimeout(10_000);
    const page = await context.newPage();
    Object.assign(visitor, { address, scripts, width, context, page });
    visitor.#watch();
    return visitor;
  }

  #watch() {
    const host = new URL(this.address).host;
    this.page.on('console', (said) => {
      // The browser says so of every page whose status is not good; statuses are checked by who expects them.
      if (/the server responded with a status of 4\d\d/.test(said.text())) return;
      if (['error', 'warning'].includes(said.type())) this.#problems.push(`console: ${said.text()}`);
    });
    this.page.on('pageerror', (error) => this.#problems.push(`script: ${error.message}`));
    this.page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.protocol !== 'data:' && url.host !== host) this.#problems.push(`asked ${url.host}`);
    });
  }

  /** Goes to an address. */
  async open(path) {
    const response = await this.page.goto(path);
    assert.equal(response.status(), 200, path);
  }

  /** Looks at the page that is open: its heading, and everything that holds for all pages. */
  async look(heading) {
    const { page } = this;
    await page.getByRole('heading', { name: heading }).first().waitFor();
    const what = `${new URL(page.url()).pathname} "${heading}", ${this.scripts ? 'with' : 'without'} scripts, ${this.width} px`;
    const wide = await page.evaluate('document.documentElement.scrollWidth');
    assert.ok(wide <= this.width, `${what}: ${wide} px wide`);
    await this.#audit(what);
    await this.#weigh(what);
    assert.deepEqual(this.#problems, [], what);
    if (process.env.REGAIN_PICTURES) await this.#picture(what);
  }

  /** To look at all pages: `REGAIN_PICTURES=folder npm test`. */
  async #picture(what) {
    mkdirSync(process.env.REGAIN_PICTURES, { recursive: true });
    const name = what.replace(/[^a-z0-9]+/gi, '-').slice(0, 120);
    await this.page.screenshot({ path: `${process.env.REGAIN_PICTURES}/${name}.png`, fullPage: true });
  }

  async #audit(what) {
    // The same markup at the same width is not looked at twice: tokens, names, times and codes make no difference.
    const markup = (await this.page.content()).replace(/ (value|href|src|data-\w+)="[^"]*"/g, '').replace(/[\d:]+|\S+@\S+/g, '');
    const seen = `${this.width} ${markup}`;
    if (audited.has(seen)) return;
    audited.add(seen);
    const page = this.scripts ? this.page : await this.#twin();
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate('axe.run()');
    const told = violations.map((v) => `${v.id}: ${v.help}\n${v.nodes.map((node) => `  ${node.html}`).join('\n')}`);
    assert.deepEqual(told, [], what);
    if (page !== this.page) await page.context().close();
  }

  /** The same page where scripts run, for the auditor is one; the page's own are taken out. */
  async #twin() {
    const html = (await this.page.content()).replace(/<\/?noscript[^>]*>/g, '').replace(/<script[^>]*><\/script>/g, '');
    const context = await (await theBrowser()).newContext({ viewport: this.page.viewportSize() });
    await context.addCookies(await this.context.cookies());
    const page = await context.newPage();
    const address = this.page.url();
    await page.route(address, (route) => route.fulfill({ body: html, contentType: 'text/html; charset=utf-8' }));
    await page.goto(address);
    return page;
  }

  /** What the page and everything that was loaded for it weighs, as it travels. */
  async #weigh(what) {
    const loaded = this.scripts ? 'link[href], script[src], img[src]' : 'link[href], img[src]';
    const parts = await this.page.evaluate(
      `[...document.querySelectorAll('${loaded}')].filter((e) => e.naturalWidth !== 0).map((e) => e.href || e.src)`,
    );
    const addresses = [this.page.url(), ...parts].filter((address) => address.startsWith('http'));
    let total = 0;
    for (const address of new Set(addresses)) total += await this.#weight(address);
    const told = [...new Set(addresses)].map((address) => `${address} ${this.#weights.get(address)}`);
    const rich = (await this.page.locator('select').count()) > 0 ? MOST_BYTES + COUNTRIES : MOST_BYTES;
    const most = new URL(this.page.url()).pathname === '/help' ? GUIDE_BYTES : rich;
    assert.ok(total <= most, `${what}: ${total} bytes\n${told.join('\n')}`);
  }

  async #weight(address) {
    const isPage = address === this.page.url();
    if (!isPage && this.#weights.has(address)) return this.#weights.get(address);
    const cookies = await this.context.cookies();
    const headers = {
      cookie: cookies.map((cookie) => `${cookie.name}=${cookie.value}`).join('; '),
      'accept-encoding': 'gzip, deflate, br',
    };
    const bytes = await new Promise((resolve, reject) => {
      get(address, { headers }, (response) => {
        let count = 0;
        response.on('data', (data) => (count += data.length)).on('end', () => resolve(count));
      }).on('error', reject);
    });
    this.#weights.set(address, bytes);
    return bytes;
  }

  /** What somebody reads on the page. */
  words() {
    return words(this.page.locator('body'));
  }

  /** What somebody is told that needs attention. */
  told() {
    return words(this.page.getByRole('alert'));
  }

  box(label) {
    return this.page.getByLabel(label, { exact: true });
  }

  press(name) {
    return this.page.getByRole('button', { name, exact: true }).click();
  }

  /** Runs a test; if it fails, a picture of the page is kept. */
  async during(name, act) {
    try {
      await act();
    } catch (error) {
      mkdirSync(PICTURES, { recursive: true });
      const path = `${PICTURES}${name.replace(/[^a-z0-9]+/gi, '-')}.png`;
      await this.page.screenshot({ path, fullPage: true }).catch(() => {});
      error.message += `\n(on ${this.page.url()}; a picture is in ${path})\n${await this.words().catch(() => '')}`;
      throw error;
    } finally {
      await this.context.close();
    }
  }
}

/** The words of an element, without the marks that keep writing directions apart. */
async function words(element) {
  return (await element.innerText()).replace(/[\u2066-\u2069]/g, '');
}
