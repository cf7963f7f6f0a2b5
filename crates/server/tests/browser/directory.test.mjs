// "Resetting your password", with the accounts on a real OpenLDAP and in a real domain of Samba: what other programs accept
// afterwards is what counts.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Box, smtp } from './support/messages.mjs';
import { cleanUp } from './support/processes.mjs';
import { serve } from './support/regain.mjs';
import { samba } from './support/samba.mjs';
import { slapd } from './support/slapd.mjs';
import { Visitor } from './support/visitor.mjs';
import { JO, begin, choose, prove, signIn } from './support/walk.mjs';

const OLD = 'First kettle 94';
const NEW = 'Nine purple trombones 1!';
const boxes = { mail: new Box() };
after(cleanUp);

/** Regain on this directory, with Jo's private mail registered. */
async function site(directory) {
  const settings = `[captcha]\nkind = "off"\n[policy]\ncooling_off_hours = 0\n[register]\ntrust_imported = true\n${directory.section}`;
  const contacts = `user_id,kind,address,verified\n${JO.id},email,${JO.email},yes\n`;
  return serve({ delivery: await smtp(boxes.mail), settings, contacts });
}

test('a reset on OpenLDAP: its own programs take the new password and not the old one', async () => {
  const directory = await slapd([{ id: JO.id, name: 'Jo Bloggs', password: OLD }]);
  const { address } = await site(directory);
  const visitor = await Visitor.arrive({ address, scripts: true, width: 1280 });
  await visitor.during('reset on OpenLDAP', async () => {
    await begin(visitor, JO.id);
    await prove(visitor, boxes, JO, 'email');
    await choose(visitor, NEW);
    assert.equal(directory.letsIn(JO.id, NEW), true, 'the new password');
    assert.equal(directory.letsIn(JO.id, OLD), false, 'the old password');
    assert.equal(await signIn(visitor, JO.id, OLD), false, 'the old password fails');

    await begin(visitor, JO.id);
    await prove(visitor, boxes, JO, 'email');
    await visitor.look('Choose a new password');
    await visitor.box('Enter new password').fill(OLD);
    await visitor.box('Confirm new password').fill(OLD);
    await visitor.press('Finish');
    await visitor.page.getByRole('alert').filter({ hasText: 'before' }).waitFor();
    assert.equal(directory.letsIn(JO.id, NEW), true, 'what the directory refused has changed nothing');
  });
});

test('a reset in a domain: Kerberos and file shares take the new password, and the old one as docs/active-directory.md says', async () => {
  const name = 'jbloggs';
  const domain = await samba([{ name, mail: JO.id, password: OLD }]);
  assert.equal(domain.kerberos(name, OLD) && domain.share(name, OLD), true, 'the old password, before');
  const { address } = await site(domain);
  const visitor = await Visitor.arrive({ address, scripts: false, width: 320 });
  await visitor.during('reset in a domain', async () => {
    await begin(visitor, JO.id);
    await prove(visitor, boxes, JO, 'email');
    await choose(visitor, NEW);
    assert.equal(domain.kerberos(name, NEW), true, 'Kerberos takes the new password');
    assert.equal(domain.kerberos(name, OLD), false, 'and refuses the old one at once');
    assert.equal(domain.share(name, NEW), true, 'NTLM takes the new password');
    assert.equal(domain.share(name, OLD), true, 'and, for an hour, the old one, too');
    assert.equal(domain.share(name, 'Another kettle 95'), false, 'but no other');
    const other = await Visitor.arrive({ address, scripts: true, width: 1280 });
    assert.equal(await signIn(other, JO.id, OLD), true, 'Regain asks by LDAP, which lets the old one in as NTLM does');

    await domain.refuseOldPasswords();
    assert.equal(domain.share(name, OLD), false, 'unless that hour is set to nothing');
    assert.equal(domain.share(name, NEW), true, 'the new password, still');
    assert.equal(await signIn(visitor, JO.id, NEW), true, 'Regain takes the new password');
  });
});
