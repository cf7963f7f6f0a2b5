// The guide: read at any width, with scripts and without, and printed.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { cleanUp } from './support/processes.mjs';
import { demo } from './support/regain.mjs';
import { Visitor } from './support/visitor.mjs';

after(cleanUp);

const { address } = await demo();

for (const [width, scripts] of [[320, true], [320, false], [1280, true], [1280, false]]) {
  test(`the guide at ${width} px ${scripts ? 'with' : 'without'} scripts`, async () => {
    const visitor = await Visitor.arrive({ address, width, scripts });
    await visitor.during('guide', async () => {
      await visitor.open('/');
      await visitor.page.getByRole('link', { name: 'Help', exact: true }).click();
      await visitor.look('Help with your password');
      const contents = visitor.page.getByRole('navigation', { name: 'On this page' });
      await contents.getByRole('link', { name: 'Ask the Supporter Care Team' }).click();
      assert.match(visitor.page.url(), /#care-team$/);
      assert.match(await visitor.words(), /0300 555 0184/);
      await visitor.page.getByRole('link', { name: 'Get back into your account' }).first().click();
      await visitor.look('Get back into your account');
    });
  });
}

test('on paper there is the guide alone, and links say where they lead', async () => {
  const visitor = await Visitor.arrive({ address });
  await visitor.during('guide on paper', async () => {
    await visitor.page.emulateMedia({ media: 'print' });
    await visitor.open('/help');
    await visitor.look('Help with your password');
    for (const gone of ['.top', '.foot', '.contents', '.ribbon']) {
      assert.equal(await visitor.page.locator(gone).isVisible(), false, gone);
    }
    const link = visitor.page.locator('.guide a[href$="/register"]').first();
    const after = await link.evaluate((element) => globalThis.getComputedStyle(element, '::after').content);
    assert.ok(after.includes('attr(href)') || after.includes(`${address}/register`), after);
    const paper = await visitor.page.pdf({ format: 'A4' });
    assert.equal(paper.subarray(0, 5).toString(), '%PDF-');
  });
});
