// `regain demo`: everything in one place, nothing to set up.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Box, codeIn } from './support/messages.mjs';
import { cleanUp } from './support/processes.mjs';
import { FIRST_PASSWORD, demo } from './support/regain.mjs';
import { Visitor } from './support/visitor.mjs';
import { JO, begin, choose, prove, signIn } from './support/walk.mjs';

let site;

before(async () => {
  site = await demo();
});
after(cleanUp);

/** Takes messages from the demo's page of messages. */
class Inbox extends Box {
  async next(to) {
    const end = Date.now() + 10_000;
    while (Date.now() < end) {
      const messages = await (await fetch(`${site.address}/demo/inbox.json`)).json();
      const found = messages.findLast((message) => message.to === to);
      if (found) return { ...found, code: () => codeIn(found.text) };
    }
    throw new Error(`nothing came for ${to}`);
  }
}

test('the demo lets somebody back in, puzzle and all', async () => {
  const visitor = await Visitor.arrive({ address: site.address, width: 320 });
  await visitor.during('demo', async () => {
    await begin(visitor, JO.id);
    const inbox = new Inbox();
    const message = await prove(visitor, { mail: inbox, phone: inbox }, JO, 'text');
    assert.equal(message.channel, 'text');
    await choose(visitor, 'Eleven orange bassoons');
    assert.equal(await signIn(visitor, JO.id, FIRST_PASSWORD), false);
    assert.equal(await signIn(visitor, JO.id, 'Eleven orange bassoons'), true);
    await visitor.open('/demo/inbox');
    await visitor.look(/./);
    assert.match(await visitor.words(), /\d{6}/);
  });
});
