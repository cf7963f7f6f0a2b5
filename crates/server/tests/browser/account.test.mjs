// Signed in: changing a password one knows, having to, and unlocking an account that is locked.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Box, smtp } from './support/messages.mjs';
import { cleanUp } from './support/processes.mjs';
import { serve } from './support/regain.mjs';
import { Visitor } from './support/visitor.mjs';
import { JO, SAM, signIn, stepper } from './support/walk.mjs';

const FIRST = 'demo-password-1';
const KIM = { id: 'kim.locked@example.org', email: 'kim.locked@mail.co.uk' };
const PAT = { id: 'pat.new@example.org' };
const LOOKS = [
  { scripts: true, width: 1280 },
  { scripts: false, width: 320 },
];
const boxes = { mail: new Box() };

async function site() {
  const settings = '[captcha]\nkind = "off"\n[policy]\nresend_seconds = 0\ncooling_off_hours = 0\n';
  return serve({ delivery: await smtp(boxes.mail), settings });
}

const sites = [];
before(async () => {
  for (const _ of LOOKS) sites.push(await site());
});
after(cleanUp);

for (const [place, look] of LOOKS.entries()) {
  const how = `${look.scripts ? 'with' : 'without'} scripts, ${look.width} px`;

  /** A test with somebody at a browser. */
  function visit(name, act) {
    test(`${name}, ${how}`, async () => {
      const visitor = await Visitor.arrive({ address: sites[place].address, ...look });
      await visitor.during(`${name} ${how}`, () => act(visitor));
    });
  }

  async function change(visitor, old, password) {
    await visitor.box('The password you have now').fill(old);
    await visitor.box('Enter new password').fill(password);
    await visitor.box('Confirm new password').fill(password);
    await visitor.press('Change my password');
  }

  visit('a password is changed by who knows it', async (visitor) => {
    const password = 'Seven green accordions';
    assert.equal(await signIn(visitor, JO.id, FIRST), true);
    await visitor.open('/account');
    await visitor.look('Your account');
    await visitor.page.getByRole('link', { name: 'Change my password' }).click();
    await visitor.look('Change your password');
    await change(visitor, 'not the old one', password);
    await visitor.look('Change your password');
    assert.match(await visitor.told(), /not right/);
    await change(visitor, FIRST, `${FIRST}2`);
    await visitor.look('Change your password');
    assert.match(await visitor.told(), /like your old one/);
    boxes.mail.forget(JO.email);
    await change(visitor, FIRST, password);
    await visitor.page.getByText('Your password is changed').first().waitFor();
    await visitor.press('Sign out');
    await visitor.look('Sign in');
    assert.equal(await signIn(visitor, JO.id, FIRST), false, 'the old password');
    assert.equal(await signIn(visitor, JO.id, password), true, 'the new password');
  });

  visit('a password is made for who changes it', async (visitor) => {
    assert.equal(await signIn(visitor, SAM.id, FIRST), true);
    await visitor.open('/change');
    await visitor.press('Make me a password');
    await visitor.look('Change your password');
    const { page } = visitor;
    const phrases = await page.locator('.phrases code').allInnerTexts();
    assert.equal(new Set(phrases).size, 3);
    if (visitor.scripts) {
      assert.equal(await page.evaluate('document.activeElement.id'), 'phrases', 'they are read out first');
      await page.getByRole('button', { name: `Use this one ${phrases[1]}` }).click();
      await page.locator('.strength[data-level="4"]').waitFor();
      await visitor.box('The password you have now').fill(FIRST);
      await visitor.press('Change my password');
    } else {
      await change(visitor, FIRST, phrases[1]);
    }
    await page.getByText('Your password is changed').first().waitFor();
    await visitor.press('Sign out');
    assert.equal(await signIn(visitor, SAM.id, phrases[1]), true, 'the new password');
  });

  visit('nothing is done before a password that has to be changed is changed', async (visitor) => {
    assert.equal(await signIn(visitor, PAT.id, FIRST), true);
    await visitor.look('Change your password');
    await visitor.open('/register');
    await visitor.look('Change your password');
    await change(visitor, FIRST, 'Seven green accordions');
    await visitor.page.getByRole('heading', { name: 'Change your password' }).waitFor({ state: 'detached' });
    await visitor.open('/account');
    await visitor.look('Your account');
  });

  visit('a locked account is unlocked, and its password stays', async (visitor) => {
    assert.equal(await signIn(visitor, KIM.id, FIRST), false, 'locked');
    await visitor.open('/');
    await visitor.page.getByRole('link', { name: /I know my password/ }).click();
    await visitor.look('Unlock your account');
    await visitor.box('User ID').fill(KIM.id);
    await visitor.press('Next');
    await visitor.page.getByRole('heading', { name: 'How shall we check that it is you?' }).waitFor();
    assert.deepEqual(await stepper(visitor), ['verification step 1', 'unlock your account']);
    await visitor.page.getByRole('radio', { name: /^Email/ }).check();
    boxes.mail.forget(KIM.email);
    await visitor.press('Email');
    await visitor.box('Enter your verification code').fill((await boxes.mail.next(KIM.email)).code());
    await visitor.press('Next');
    await visitor.look('Unlock your account');
    await visitor.press('Unlock my account');
    await visitor.look('Your account is unlocked');
    assert.equal(await signIn(visitor, KIM.id, FIRST), true, 'the same password');
  });
}
