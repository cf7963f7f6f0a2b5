// "Resetting your password", in every way there is: each method, one step and two, with and without scripts, narrow and wide,
// on SQLite with Twilio and on PostgreSQL with a provider of no name.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { anyProvider, Box, smtp, twilio } from './support/messages.mjs';
import { postgres } from './support/postgres.mjs';
import { cleanUp } from './support/processes.mjs';
import { FIRST_PASSWORD, serve } from './support/regain.mjs';
import { Visitor } from './support/visitor.mjs';
import { ALEX, JO, ROBIN, begin, choose, prove, signIn, stepper } from './support/walk.mjs';

const boxes = { mail: new Box(), phone: new Box() };
const CAPTCHA_OFF = '[captcha]\nkind = "off"\n';
/** What each store's servers have; steps by number. */
const sites = { sqlite: {}, postgres: {} };
/** Everyone's password, as long as it is known. */
const passwords = new Map();
let count = 0;

before(async () => {
  const mail = await smtp(boxes.mail);
  const byTwilio = mail + (await twilio(boxes.phone));
  const byAnyone = mail + (await anyProvider(boxes.phone));
  const policy = (steps) => `${CAPTCHA_OFF}[policy]\nsteps = ${steps}\nresend_seconds = 0\ncooling_off_hours = 0\n`;
  sites.sqlite[1] = await serve({ delivery: byTwilio, settings: policy(1) });
  sites.sqlite[2] = await serve({ delivery: byTwilio, settings: policy(2) });
  sites.postgres[1] = await serve({ postgres: await postgres(), delivery: byAnyone, settings: policy(1) });
  sites.postgres[2] = await serve({ postgres: await postgres(), delivery: byAnyone, settings: policy(2) });
});
after(cleanUp);

const WIDE = { scripts: true, width: 1280 };
const NARROW = { scripts: true, width: 320 };
const PLAIN_WIDE = { scripts: false, width: 1280 };
const PLAIN_NARROW = { scripts: false, width: 320 };

const WALKS = [
  ['sqlite', 1, WIDE, JO, ['email']],
  ['sqlite', 1, WIDE, JO, ['text']],
  ['sqlite', 1, WIDE, JO, ['mobile']],
  ['sqlite', 1, WIDE, ROBIN, ['office']],
  ['sqlite', 1, PLAIN_NARROW, JO, ['email']],
  ['sqlite', 1, PLAIN_NARROW, JO, ['text']],
  ['sqlite', 1, PLAIN_NARROW, JO, ['mobile']],
  ['sqlite', 1, PLAIN_NARROW, ROBIN, ['office']],
  ['sqlite', 2, NARROW, JO, ['email', 'text']],
  ['sqlite', 2, PLAIN_WIDE, JO, ['mobile', 'email']],
  ['sqlite', 1, NARROW, ALEX, ['text', 'email']],
  ['postgres', 1, NARROW, JO, ['email']],
  ['postgres', 1, PLAIN_WIDE, JO, ['text']],
  ['postgres', 1, WIDE, JO, ['mobile']],
  ['postgres', 1, NARROW, ROBIN, ['office']],
  ['postgres', 2, WIDE, JO, ['email', 'mobile']],
  ['postgres', 2, PLAIN_NARROW, JO, ['text', 'email']],
];

describe('resetting your password', () => {
  for (const [store, steps, how, who, ways] of WALKS) {
    const looks = `${how.scripts ? 'with' : 'without'} scripts, ${how.width} px`;
    const name = `${who.id.split('@')[0]} by ${ways.join(' and ')}, ${looks}, ${store}, ${steps} step${steps > 1 ? 's' : ''}`;
    test(name, async () => {
      const site = sites[store][steps];
      const visitor = await Visitor.arrive({ address: site.address, ...how });
      await visitor.during(name, () => walk(visitor, site, who, ways));
    });
  }
});

async function walk(visitor, site, who, ways) {
  const known = `${site.address} ${who.id}`;
  const old = passwords.get(known) ?? FIRST_PASSWORD;
  const password = `Nine purple trombones ${++count}!`;
  await begin(visitor, who.id);
  const expected = ways.map((_, n) => `verification step ${n + 1}`).concat('choose a new password');
  for (const way of ways) {
    assert.deepEqual(await stepper(visitor), expected);
    await prove(visitor, boxes, who, way);
  }
  passwords.delete(known);
  await choose(visitor, password);
  passwords.set(known, password);

  assert.equal(await signIn(visitor, who.id, old), false, 'the old password fails');
  await visitor.look('Type your password');
  assert.equal(await signIn(visitor, who.id, password), true, 'the new password works');
  await visitor.look('lose access to your account');

  const notice = await boxes.mail.next(who.email ?? who.id, (mail) => /changed/i.test(mail.subject));
  assert.match(notice.text, new RegExp(who.id));
  for (const line of site.said) assert.ok(!line.includes(password), 'the password is in no log line');
}
