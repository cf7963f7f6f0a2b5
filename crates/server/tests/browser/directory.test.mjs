// "Resetting your password", with the accounts on a real OpenLDAP: what other programs accept afterwards is what counts.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Box, smtp } from './support/messages.mjs';
import { cleanUp } from './support/processes.mjs';
import { serve } from './support/regain.mjs';
import { slapd } from './support/slapd.mjs';
import { Visitor } from './support/visitor.mjs';
import { JO, begin, choose, prove, signIn } from './support/walk.mjs';

const OLD = 'First kettle 94';
const boxes = { mail: new Box() };
let directory;
let site;

before(async () => {
  directory = await slapd([{ id: JO.id, name: 'Jo Bloggs', password: OLD }]);
  const settings = `[captcha]\nkind = "off"\n[policy]\ncooling_off_hours = 0\n[register]\ntrust_imported = true\n${directory.section}`;
  const contacts = `user_id,kind,address,verified\n${JO.id},email,${JO.email},yes\n`;
  site = await serve({ delivery: await smtp(boxes.mail), settings, contacts });
});
after(cleanUp);

test('a reset on OpenLDAP: its own programs take the new password and not the old one', async () => {
  const visitor = await Visitor.arrive({ address: site.address, scripts: true, width: 1280 });
  await visitor.during('reset on OpenLDAP', async () => {
    const password = 'Nine purple trombones 1!';
    await begin(visitor, JO.id);
    await prove(visitor, boxes, JO, 'email');
    await choose(visitor, password);
    assert.equal(directory.letsIn(JO.id, password), true, 'the new password');
    assert.equal(directory.letsIn(JO.id, OLD), false, 'the old password');
    assert.equal(await signIn(visitor, JO.id, OLD), false, 'the old password fails');

    await begin(visitor, JO.id);
    await prove(visitor, boxes, JO, 'email');
    await visitor.look('Choose a new password');
    await visitor.box('Enter new password').fill(OLD);
    await visitor.box('Confirm new password').fill(OLD);
    await visitor.press('Finish');
    await visitor.page.getByRole('alert').filter({ hasText: 'before' }).waitFor();
    assert.equal(directory.letsIn(JO.id, password), true, 'what the directory refused has changed nothing');
  });
});
