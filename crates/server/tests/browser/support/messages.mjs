// What receives Regain's messages: an SMTP server, Twilio as its published API says, and a provider that nobody has heard of.

import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { later, start } from './processes.mjs';

const ACCOUNT = `AC${'0123456789abcdef'.repeat(2)}`;
const TOKEN = 'the-token-of-the-test';
const KEY = 'Bearer the-key-of-the-test';
const PATIENCE = 15_000;

/** Messages that have arrived, and those who wait for one. */
export class Box {
  #kept = [];
  #waiting = [];

  put(message) {
    const place = this.#waiting.findIndex((waiter) => waiter.fits(message));
    if (place < 0) this.#kept.push(message);
    else this.#waiting.splice(place, 1)[0].resolve(message);
  }

  /** Drops what came to this address and was not taken. */
  forget(to) {
    this.#kept = this.#kept.filter((message) => message.to !== to);
  }

  /** The first message to this address that nobody took before; waits for it. */
  next(to, fits = () => true) {
    const wanted = (message) => message.to === to && fits(message);
    const place = this.#kept.findIndex(wanted);
    if (place >= 0) return Promise.resolve(this.#kept.splice(place, 1)[0]);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`nothing came for ${to}; kept: ${JSON.stringify(this.#kept)}`)), PATIENCE);
      this.#waiting.push({ fits: wanted, resolve: (message) => (clearTimeout(timer), resolve(message)) });
    });
  }
}

/** The six digits in a message's words. */
export function codeIn(text) {
  const found = /(?<!\d)\d{6}(?!\d)/.exec(text);
  if (!found) throw new Error(`no code in: ${text}`);
  return found[0];
}

/** An SMTP server. Gives its part of the configuration. */
export async function smtp(box) {
  const script = fileURLToPath(new URL('smtp_server.py', import.meta.url));
  const hear = (line) => {
    const said = JSON.parse(line);
    if (said.port) return said.port;
    for (const to of said.to) box.put({ ...said, to, code: () => codeIn(said.text) });
    return 0;
  };
  const server = await start('/usr/bin/python3', [script], { ready: hear });
  return `
[[delivery.email.gateway]]
kind = "smtp"
host = "127.0.0.1"
port = ${server.found}
security = "none"
from = "Example Society <password-help@example.org>"
`;
}

/** Twilio: messages and calls, with its answers to what is wrong. Gives its part of the configuration. */
export async function twilio(box) {
  const port = await serve((request, body) => {
    const form = Object.fromEntries(new URLSearchParams(body));
    const resource = new RegExp(`^/2010-04-01/Accounts/${ACCOUNT}/(Messages|Calls)\\.json$`).exec(request.url)?.[1];
    const login = `Basic ${Buffer.from(`${ACCOUNT}:${TOKEN}`).toString('base64')}`;
    const wrong = (status, code, message) => [status, { code, message, status }];
    if (request.headers.authorization !== login) return wrong(401, 20003, 'Authenticate');
    if (request.method !== 'POST' || !resource) return wrong(404, 20404, 'The requested resource was not found');
    if (!/^\+[1-9]\d{6,14}$/.test(form.To ?? '')) return wrong(400, 21211, "Invalid 'To' Phone Number");
    if (form.From !== '+442079460000') return wrong(400, 21606, "The 'From' number is not yours");
    if (resource === 'Messages') {
      if (!form.Body) return wrong(400, 21602, 'Message body is required');
      box.put({ to: form.To, text: form.Body, code: () => codeIn(form.Body) });
      return [201, { sid: `SM${'0'.repeat(32)}`, status: 'queued', to: form.To }];
    }
    if (!form.Twiml?.includes('<Response>')) return wrong(400, 21205, 'Url or Twiml is required');
    box.put({ to: form.To, text: form.Twiml, digits: form.SendDigits, code: () => spoken(form.Twiml) });
    return [201, { sid: `CA${'0'.repeat(32)}`, status: 'queued', to: form.To }];
  });
  const section = (channel) => `
[[delivery.${channel}.gateway]]
kind = "twilio"
account_sid = "${ACCOUNT}"
auth_token = "${TOKEN}"
from = "+442079460000"
base_url = "http://127.0.0.1:${port}"
`;
  return section('text') + section('call');
}

/** The code of a call, as a person hears it: each digit by itself, all of it three times. */
function spoken(twiml) {
  const digits = [...twiml.matchAll(/<Say[^>]*>(\d)<\/Say>/g)].map((found) => found[1]).join('');
  const code = digits.slice(0, 6);
  if (digits !== code.repeat(3) || code.length !== 6) throw new Error(`not said three times: ${twiml}`);
  return code;
}

/** Any provider with an HTTP interface. Gives its part of the configuration. */
export async function anyProvider(box) {
  const port = await serve((request, body) => {
    if (request.headers.authorization !== KEY) return [403, { error: 'who are you?' }];
    const message = JSON.parse(body);
    if (request.url === '/texts') box.put({ ...message, code: () => codeIn(message.text) });
    else if (request.url === '/calls') box.put({ ...message, code: () => codeIn(message.code) });
    else return [404, { error: 'no such thing' }];
    return [200, { accepted: true }];
  });
  const section = (channel, body) => `
[[delivery.${channel}.gateway]]
kind = "http"
url = "http://127.0.0.1:${port}/${channel}s"
headers = { Authorization = "${KEY}", Content-Type = "application/json" }
body = '${body}'
success_body = '"accepted":true'
`;
  const text = section('text', '{"to": "{to}", "text": "{text}", "key": "{key}"}');
  return text + section('call', '{"to": "{to}", "ext": "{ext}", "text": "{before} {after}", "code": "{code}"}');
}

async function serve(answer) {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (data) => (body += data));
    request.on('end', () => {
      const [status, said] = answer(request, body);
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(said));
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  later(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return server.address().port;
}
