// Texts and calls are stopped for everybody: what is said, and that email still leads to the end.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Box, smtp, twilio } from './support/messages.mjs';
import { cleanUp } from './support/processes.mjs';
import { serve } from './support/regain.mjs';
import { Visitor } from './support/visitor.mjs';
import { JO, WAYS, begin, choose, prove } from './support/walk.mjs';

const boxes = { mail: new Box(), phone: new Box() };
let site;

before(async () => {
  const delivery = (await smtp(boxes.mail)) + (await twilio(boxes.phone));
  const settings = '[captcha]\nkind = "off"\n[policy]\nresend_seconds = 0\ncooling_off_hours = 0\n';
  site = await serve({ delivery, settings, budget: 'messages = [{ count = 1, seconds = 86400 }]' });
  const visitor = await Visitor.arrive({ address: site.address });
  await begin(visitor, JO.id);
  await prove(visitor, boxes, JO, 'text');
});
after(cleanUp);

const way = (visitor, name) => visitor.page.getByRole('radio', { name: new RegExp(`^${WAYS[name].label}`) });

for (const [scripts, width] of [[true, 1280], [true, 320], [false, 320]]) {
  const name = `where texts are stopped email is offered, at ${width} px ${scripts ? 'with' : 'without'} scripts`;
  test(name, async () => {
    const visitor = await Visitor.arrive({ address: site.address, scripts, width });
    await visitor.during(name, async () => {
      await begin(visitor, JO.id);
      await visitor.look('How shall we check that it is you?');
      await way(visitor, 'mobile').check();
      await visitor.press('Call');
      await visitor.look('How shall we check that it is you?');
      assert.match(await visitor.told(), /cannot go to telephones just now.*another way/s);
      for (const stopped of ['text', 'mobile']) assert.ok(await way(visitor, stopped).isDisabled(), stopped);
      assert.ok(await way(visitor, 'email').isChecked(), 'what is possible is chosen');
      const told = await visitor.page.getByText('Not available just now').all();
      const seen = await Promise.all(told.map((one) => one.isVisible()));
      assert.deepEqual(seen, [true, true], 'and it is said beside each');
      await prove(visitor, boxes, JO, 'email');
      await choose(visitor, `Seven green accordions ${width} ${scripts}`);
    });
  });
}

test('where no code can go at all, that is said, with whom to ask', async () => {
  const visitor = await Visitor.arrive({ address: site.address, width: 320 });
  await visitor.during('one way', async () => {
    await begin(visitor, 'robin.khan@example.org');
    await visitor.look('How shall we check that it is you?');
    await visitor.press('Call');
    await visitor.look('How shall we check that it is you?');
    assert.match(await visitor.told(), /Codes cannot be sent just now.*Supporter Care Team/s);
    // It may have been lifted meanwhile: one can try again, and is told the same as long as it was not.
    assert.ok(await way(visitor, 'office').isChecked());
    await visitor.press('Call');
    await visitor.look('How shall we check that it is you?');
    assert.match(await visitor.told(), /Codes cannot be sent just now/);
  });
});
