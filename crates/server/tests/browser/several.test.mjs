// One new password, or an unlocking, for two directories, of which one is away: what the pages say of each, and the second try.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Box, smtp } from './support/messages.mjs';
import { cleanUp } from './support/processes.mjs';
import { serve } from './support/regain.mjs';
import { slapd } from './support/slapd.mjs';
import { Visitor } from './support/visitor.mjs';
import { JO, begin, prove, signIn } from './support/walk.mjs';

const OLD = 'First kettle 94';
const boxes = { mail: new Box() };
let first;
let second;
let site;

before(async () => {
  const people = [{ id: JO.id, name: 'Jo Bloggs', password: OLD }];
  [first, second] = [await slapd(people), await slapd(people)];
  const list = (section, more = '') => section.replace('[directory]', `[[directory]]\n${more}`);
  const settings = `[captcha]\nkind = "off"\n[policy]\ncooling_off_hours = 0\n[register]\ntrust_imported = true
${list(first.section)}${list(second.section, 'name = "Wi-Fi and printers"\nlink = "user_id"')}`;
  const contacts = `user_id,kind,address,verified\n${JO.id},email,${JO.email},yes\n`;
  site = await serve({ delivery: await smtp(boxes.mail), settings, contacts });
});
after(cleanUp);

async function type(visitor, password, button) {
  await visitor.box('Enter new password').fill(password);
  await visitor.box('Confirm new password').fill(password);
  // The word on it comes before the session that asks for it ends.
  if (visitor.scripts) await visitor.page.locator('.strength').filter({ hasText: /\S/ }).waitFor();
  await visitor.press(button);
}

for (const [width, scripts, password] of [[1280, true, 'Nine purple trombones 1!'], [320, false, 'Ten yellow bassoons 2!']]) {
  test(`one directory is away and comes back, at ${width} px`, async () => {
    const visitor = await Visitor.arrive({ address: site.address, scripts, width });
    await visitor.during('a reset in two directories', async () => {
      await begin(visitor, JO.id);
      await prove(visitor, boxes, JO, 'email');
      await visitor.look('Choose a new password');
      await visitor.page.getByText('It will also be your password for Wi-Fi and printers.').waitFor();
      await second.stop();
      await type(visitor, password, 'Finish');
      await visitor.page.getByRole('alert').filter({ hasText: 'cannot be reached at the moment' }).waitFor();
      await visitor.look('Choose a new password');
      assert.equal(first.letsIn(JO.id, password), false, 'nothing is changed yet');
      await type(visitor, password, 'Finish');

      await visitor.look('You have a new password, but not everywhere');
      const line = visitor.page.getByRole('listitem').filter({ hasText: 'Wi-Fi and printers' });
      assert.match(await line.innerText(), /could not be reached/);
      assert.equal(first.letsIn(JO.id, password), true);
      await type(visitor, 'short', 'Try again');
      await visitor.page.getByRole('alert').filter({ hasText: 'too short' }).waitFor();
      await visitor.look('You have a new password, but not everywhere');

      second.stop = (await second.run()).stop;
      await type(visitor, password, 'Try again');
      await visitor.look(/^You have a new password$/);
      assert.match(await line.innerText(), /The new password is set/);
      assert.equal(second.letsIn(JO.id, password), true);
      assert.equal(second.letsIn(JO.id, OLD), false);
    });
  });
}

test('what is away can be left as it is', async () => {
  const visitor = await Visitor.arrive({ address: site.address, scripts: true, width: 320 });
  await visitor.during('leaving it', async () => {
    await second.stop();
    await begin(visitor, JO.id);
    await prove(visitor, boxes, JO, 'email');
    await visitor.look('Choose a new password');
    await visitor.page.getByText('Wi-Fi and printers cannot be reached at the moment.').waitFor();
    await type(visitor, 'Eleven green oboes 3!', 'Finish');
    await visitor.look('You have a new password, but not everywhere');
    await visitor.press('Leave it as it is');
    await visitor.page.getByRole('link', { name: 'Sign in' }).first().waitFor();
    await visitor.look('You have a new password, but not everywhere');
    second.stop = (await second.run()).stop;
  });
});

for (const [width, scripts, old, password] of [
  [1280, true, 'Eleven green oboes 3!', 'Twelve amber harps 4!'],
  [320, false, 'Twelve amber harps 4!', 'Thirteen grey flutes 5!'],
]) {
  test(`a password is changed while one directory is away, at ${width} px`, async () => {
    const visitor = await Visitor.arrive({ address: site.address, scripts, width });
    await visitor.during('a change in two directories', async () => {
      await second.stop();
      assert.equal(await signIn(visitor, JO.id, old), true);
      await visitor.open('/change');
      await visitor.look('Change your password');
      await visitor.page.getByText('Wi-Fi and printers cannot be reached at the moment.').waitFor();
      assert.equal(await visitor.page.getByLabel('Show passwords').isVisible(), scripts);
      await visitor.box('The password you have now').fill(old);
      await type(visitor, password, 'Change my password');
      await visitor.look('You have a new password, but not everywhere');
      second.stop = (await second.run()).stop;
      await type(visitor, password, 'Try again');
      await visitor.look(/^You have a new password$/);
      assert.equal(first.letsIn(JO.id, password), true);
      assert.equal(second.letsIn(JO.id, password), true);
      await visitor.press('Go on');
      await visitor.page.getByRole('button', { name: 'Sign out' }).waitFor();
    });
  });

  test(`an account is unlocked while one directory is away, at ${width} px`, async () => {
    const visitor = await Visitor.arrive({ address: site.address, scripts, width });
    await visitor.during('an unlocking in two directories', async () => {
      await visitor.open('/unlock');
      await visitor.box('User ID').fill(JO.id);
      await visitor.press('Next');
      await visitor.page.getByRole('radio', { name: /^Email/ }).check();
      boxes.mail.forget(JO.email);
      await visitor.press('Email');
      await visitor.box('Enter your verification code').fill((await boxes.mail.next(JO.email)).code());
      await visitor.press('Next');
      await visitor.look('Unlock your account');
      await second.stop();
      await visitor.press('Unlock my account');
      await visitor.look('Your account is unlocked, but not everywhere');
      second.stop = (await second.run()).stop;
      await visitor.press('Try again');
      await visitor.look(/^Your account is unlocked$/);
    });
  });
}
