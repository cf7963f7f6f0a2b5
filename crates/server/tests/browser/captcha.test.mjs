// Telling people from programs: nothing to do where scripts run, a picture and a sound where they do not.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { cleanUp } from './support/processes.mjs';
import { demo } from './support/regain.mjs';
import { Visitor } from './support/visitor.mjs';
import { JO, begin } from './support/walk.mjs';

let site;

before(async () => {
  site = await demo({ REGAIN__CAPTCHA__KIND: 'ladder' });
});
after(cleanUp);

test('with scripts the browser does the work', async () => {
  const visitor = await Visitor.arrive({ address: site.address, width: 320 });
  await visitor.during('captcha work', async () => {
    await begin(visitor, JO.id);
    await visitor.look('How shall we check that it is you?');
  });
});

test('without scripts there are a picture and a sound', async () => {
  const visitor = await Visitor.arrive({ address: site.address, scripts: false, width: 320 });
  await visitor.during('captcha picture', async () => {
    await visitor.open(`/reset?username=${encodeURIComponent(JO.id)}`);
    await visitor.look('Get back into your account');
    const { page } = visitor;
    const picture = page.getByRole('img', { name: /six letters and digits/ });
    await picture.scrollIntoViewIfNeeded();
    await page.waitForLoadState('networkidle');
    const width = await picture.evaluate((image) => image.naturalWidth);
    assert.ok(width >= 140, `the picture is ${width} px wide`);
    const sound = await visitor.context.request.get(await page.locator('audio').getAttribute('src'));
    assert.equal(sound.headers()['content-type'], 'audio/wav');
    const bytes = await sound.body();
    assert.equal(bytes.subarray(0, 4).toString(), 'RIFF');
    assert.ok(bytes.length > 10_000, `${bytes.length} bytes of sound`);

    const before = await picture.getAttribute('src');
    await visitor.press('New picture');
    await visitor.look('Get back into your account');
    assert.notEqual(await picture.getAttribute('src'), before);
    assert.equal(await visitor.box('User ID').inputValue(), JO.id, 'what was typed is not lost');

    await visitor.box('Characters you see or hear').fill('QQQQQQ');
    await visitor.press('Next');
    await visitor.look('Get back into your account');
    assert.match(await visitor.told(), /did not match/);
    assert.equal(await visitor.box('User ID').inputValue(), JO.id);
  });
});
