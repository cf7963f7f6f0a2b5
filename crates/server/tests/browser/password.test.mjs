// Choosing a password: the rules beside the box, why one is not taken, and passwords that are made for somebody.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Box, smtp, twilio } from './support/messages.mjs';
import { cleanUp } from './support/processes.mjs';
import { breachFilter, serve } from './support/regain.mjs';
import { Visitor } from './support/visitor.mjs';
import { JO, begin, prove } from './support/walk.mjs';

const boxes = { mail: new Box(), phone: new Box() };
// SHA-1 of STOLEN.
const HASH = '9930D3753E8438B0E9A346127C19B858A124F704:12';
const STOLEN = 'walrus 71 bicycle tin';
let site;

before(async () => {
  const delivery = (await smtp(boxes.mail)) + (await twilio(boxes.phone));
  const password = `[password]\nbreach_file = "${await breachFilter([HASH])}"\n`;
  const settings = `${password}[captcha]\nkind = "off"\n[policy]\nsteps = 2\nresend_seconds = 0\n`;
  site = await serve({ delivery, settings });
});
after(cleanUp);

for (const scripts of [true, false]) {
  for (const width of [320, 1280]) {
    const name = `a password is refused with its reason, then made, ${scripts ? 'with' : 'without'} scripts, ${width} px`;
    test(name, async () => {
      const visitor = await Visitor.arrive({ address: site.address, scripts, width });
      await visitor.during(name, () => made(visitor));
    });
  }
}

async function made(visitor) {
  const { page } = visitor;
  await begin(visitor, JO.id);
  for (const way of ['email', 'text']) await prove(visitor, boxes, JO, way);
  await visitor.look('Choose a new password');
  const rules = await page.locator('#rules').innerText();
  for (const rule of [/8 to 256 characters/, /your name, User ID/, /none of your last 5/]) assert.match(rules, rule);

  await visitor.box('Enter new password').fill('Bloggs kettle 94');
  if (visitor.scripts) await page.getByText(/contains “bloggs”/i).waitFor();
  await visitor.box('Confirm new password').fill('Bloggs kettle 94');
  await visitor.press('Finish');
  await visitor.look('Choose a new password');
  assert.match(await visitor.told(), /contains “bloggs”, which is part of your name/i);

  await visitor.box('Enter new password').fill(STOLEN);
  if (visitor.scripts) await page.getByText(/stolen somewhere before/).waitFor();
  await visitor.box('Confirm new password').fill(STOLEN);
  await visitor.press('Finish');
  await visitor.look('Choose a new password');
  assert.match(await visitor.told(), /stolen somewhere before/);

  await visitor.press('Make me a password');
  await visitor.look('Choose a new password');
  const phrases = await page.locator('.phrases code').allInnerTexts();
  assert.equal(new Set(phrases).size, 3);
  for (const phrase of phrases) assert.match(phrase, /^[a-z]+( [a-z]+){4}$/);
  assert.ok(!page.url().includes(phrases[0].split(' ')[0]), 'no password is in an address');
  if (visitor.scripts) {
    assert.equal(await page.evaluate('document.activeElement.id'), 'phrases', 'they are read out first');
    await page.getByRole('button', { name: `Use this one ${phrases[1]}` }).click();
    await page.locator('.strength[data-level="4"]').waitFor();
  } else {
    for (const box of ['Enter new password', 'Confirm new password']) await visitor.box(box).fill(phrases[1]);
  }
  await visitor.look('Choose a new password');
  await visitor.press('Finish');
  await visitor.look('You have a new password');
}
