// What is told to whom: strangers, people with nothing registered, mistakes, second thoughts.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Box, smtp, twilio } from './support/messages.mjs';
import { cleanUp } from './support/processes.mjs';
import { serve } from './support/regain.mjs';
import { Visitor } from './support/visitor.mjs';
import { ALEX, JO, SAM, begin, choose, prove } from './support/walk.mjs';

const boxes = { mail: new Box(), phone: new Box() };
let site;

before(async () => {
  const delivery = (await smtp(boxes.mail)) + (await twilio(boxes.phone));
  site = await serve({ delivery, settings: '[captcha]\nkind = "off"\n[policy]\nresend_seconds = 0\ncooling_off_hours = 0\n' });
});
after(cleanUp);

/** A test with somebody at a browser. */
function visit(name, how, act) {
  test(name, async () => {
    const visitor = await Visitor.arrive({ address: site.address, ...how });
    await visitor.during(name, () => act(visitor));
  });
}

/** What a page says, without what differs from person to person. */
async function said(visitor, id) {
  const words = await visitor.words();
  const plain = words.replaceAll(id, 'ID').replace(/\S*\*\S*/g, 'MASK').replace(/\d+:\d\d/g, 'TIME');
  return { title: await visitor.page.title(), words: plain };
}

/** A made-up User ID that is shown ways to verify in one step. Others are led to the care team, as some people are. */
async function madeUp() {
  for (let n = 0; n < 60; n++) {
    const id = `nobody.${n}@example.org`;
    const visitor = await Visitor.arrive({ address: site.address, scripts: false });
    await begin(visitor, id);
    const words = await visitor.words();
    if (words.includes('How shall we check that it is you?') && !words.includes('verification step 2')) return id;
  }
  throw new Error('no made-up User ID is shown ways to verify');
}

test('an unknown User ID looks like a known one', async () => {
  const pages = [];
  for (const id of [JO.id, await madeUp()]) {
    const visitor = await Visitor.arrive({ address: site.address, scripts: false });
    await visitor.during(`unknown ${id}`, async () => {
      await begin(visitor, id);
      await visitor.look('How shall we check that it is you?');
      const { title } = await said(visitor, id);
      const first = visitor.page.getByRole('radio').first();
      await first.check();
      await visitor.page.locator('.way', { has: first }).getByRole('button').click();
      await visitor.look('Get back into your account');
      await visitor.box('Enter your verification code').fill('000000');
      await visitor.press('Next');
      await visitor.look('Get back into your account');
      const alert = await visitor.told();
      pages.push({ title, alert, after: (await said(visitor, id)).title });
    });
  }
  assert.deepEqual(pages[1], pages[0]);
  assert.match(pages[0].alert, /not the code we sent/);
});

visit('whoever has nothing registered is led to the care team', { width: 320 }, async (visitor) => {
  await begin(visitor, SAM.id);
  await visitor.look('We need to help you in person');
  const words = await visitor.words();
  assert.match(words, /Supporter Care Team/);
  assert.match(words, /0300 555 0184/);
  assert.match(words, /reference number/i);
});

visit('an administrator has two steps by two devices, whatever the policy says', {}, async (visitor) => {
  await begin(visitor, ALEX.id);
  await prove(visitor, boxes, ALEX, 'text');
  await visitor.look('How shall we check that it is you?');
  const ways = await visitor.page.getByRole('radio').count();
  assert.equal(ways, 1, 'only the mail is left: a call reaches the same telephone');
  await prove(visitor, boxes, ALEX, 'email');
  await visitor.look('Choose a new password');
});

for (const scripts of [true, false]) {
  visit(`a password that does not do is explained, ${scripts ? 'with' : 'without'} scripts`, { scripts, width: 320 }, async (visitor) => {
    await begin(visitor, JO.id);
    await prove(visitor, boxes, JO, 'email');
    await visitor.look('Choose a new password');
    for (const [first, second, told] of [
      ['Nine purple trombones', 'Nine purple trumpets', /not the same/],
      ['abc', 'abc', /too short/],
      ['password1', 'password1', /attackers try first/],
      [JO.id, JO.id, /contains your User ID/],
      ['', '', /both boxes/],
    ]) {
      await visitor.box('Enter new password').fill(first);
      await visitor.box('Confirm new password').fill(second);
      await visitor.press('Finish');
      await visitor.look('Choose a new password');
      assert.match(await visitor.told(), told);
    }
    if (scripts) {
      await visitor.box('Enter new password').fill('correct horse battery staple');
      await visitor.page.getByText('strong', { exact: false }).first().waitFor();
      await visitor.page.getByLabel('Show passwords').check();
      assert.equal(await visitor.box('Enter new password').getAttribute('type'), 'text');
    }
    await choose(visitor, `Seven green accordions ${scripts}`);
  });
}

visit('a wrong code, another code, another way', { scripts: false }, async (visitor) => {
  await begin(visitor, JO.id);
  await visitor.look('How shall we check that it is you?');
  await visitor.page.getByRole('radio', { name: /^Email/ }).check();
  boxes.mail.forget(JO.email);
  await visitor.press('Email');
  const first = await boxes.mail.next(JO.email);
  const wrong = first.code() === '123456' ? '654321' : '123456';
  await visitor.box('Enter your verification code').fill(wrong);
  await visitor.press('Next');
  await visitor.look('Get back into your account');
  assert.match(await visitor.told(), /4 tries left/);

  await visitor.press('Send another code');
  const second = await boxes.mail.next(JO.email);
  await visitor.look('Get back into your account');
  await visitor.box('Enter your verification code').fill(wrong);
  await visitor.press('Next');
  await visitor.look('Get back into your account');
  const left = await visitor.told();
  if (second.code() !== wrong) assert.match(left, /3 tries left/, 'another code brings no new tries');

  await visitor.press('Choose another way');
  await prove(visitor, boxes, JO, 'text');
  await visitor.look('Choose a new password');
});

visit('stopping changes nothing', {}, async (visitor) => {
  await begin(visitor, JO.id);
  await visitor.press('Cancel');
  await visitor.look('You stopped here');
});

visit('the care team is found without a reset', { width: 320 }, async (visitor) => {
  await visitor.open('/contact');
  await visitor.look('Talk to a person');
  assert.match(await visitor.words(), /Open now until|Opens/);
});
