// "Self-service password reset sign-up" and "Making changes to your registration", as the user guide says they go, and then a
// reset by what was just registered; with and without scripts, narrow and wide.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Box, smtp, twilio } from './support/messages.mjs';
import { cleanUp } from './support/processes.mjs';
import { FIRST_PASSWORD, serve } from './support/regain.mjs';
import { Visitor } from './support/visitor.mjs';
import { JO, SAM, begin, choose, prove } from './support/walk.mjs';

const TITLE = 'Don’t lose access to your account!';
const NEW = { ...SAM, mobile: '+447700900777', email: 'sam.private@mail.co.uk' };
const SETTINGS = `[captcha]
kind = "off"
[policy]
resend_seconds = 0
cooling_off_hours = 0
[register]
own_domains = ["example.org"]
`;

const boxes = { mail: new Box(), phone: new Box() };
let delivery;

before(async () => {
  delivery = (await smtp(boxes.mail)) + (await twilio(boxes.phone));
});
after(cleanUp);

describe('registering', () => {
  for (const scripts of [true, false]) {
    for (const width of [1280, 320]) {
      const name = `sign-up, changes and a reset, ${scripts ? 'with' : 'without'} scripts, ${width} px`;
      test(name, async () => {
        const site = await serve({ delivery, settings: SETTINGS });
        for (const part of [signUp, change, reset, practise]) {
          const visitor = await Visitor.arrive({ address: site.address, scripts, width });
          await visitor.during(`${part.name} ${name}`, () => part(visitor));
        }
      });
    }
  }
});

/** Signs in, and arrives at the page with this heading. */
async function enter(visitor, id, heading) {
  await visitor.open('/');
  await visitor.box('User ID').fill(id);
  await visitor.press('Next');
  await visitor.box('Password').fill(FIRST_PASSWORD);
  await visitor.press('Sign in');
  await visitor.look(heading);
}

function follow(visitor, name) {
  return visitor.page.getByRole('link', { name }).click();
}

async function says(visitor, ...lines) {
  const words = (await visitor.words()).replace(/\s+/g, ' ');
  for (const line of lines) assert.ok(words.includes(line), `${line}\nis not in\n${words}`);
}

async function typeCode(visitor, box, to) {
  await visitor.look('Enter your verification code');
  const message = await box.next(to, ({ text }) => /code/.test(text));
  await visitor.box('Enter your verification code').fill(message.code());
  await visitor.press('Next');
  await visitor.look(TITLE);
}

async function signUp(visitor) {
  for (const to of [NEW.mobile, JO.mobile]) boxes.phone.forget(to);
  boxes.mail.forget(NEW.email);
  await enter(visitor, SAM.id, TITLE);
  await says(
    visitor,
    'To make sure that you can reset your password, we need to collect some info so that we can verify who you are.',
    'You’ll need to set up at least 1 of the options below. One is still missing.',
    'Office phone is not configured. This information is managed by your administrator.',
    'Authentication Phone is not configured.',
    'Authentication Email Address is not configured.',
    'You can do this later, until',
  );
  await follow(visitor, 'Set it up now (Authentication Phone)');
  await visitor.look('Your authentication phone');
  assert.equal(await visitor.box('Country').inputValue(), 'GB', 'the country of the organisation');
  await visitor.box('Phone number').fill('020 7946 0958');
  await visitor.press('Text me');
  await visitor.look('Your authentication phone');
  assert.match(await visitor.told(), /landline/);
  assert.equal(await visitor.box('Phone number').inputValue(), '020 7946 0958', 'what was typed stays');
  await visitor.box('Phone number').fill('07700 900 777');
  await visitor.press('Text me');
  await typeCode(visitor, boxes.phone, NEW.mobile);
  await says(visitor, 'Authentication Phone is set to +44 7700 900777', 'You have set up enough.');

  await follow(visitor, 'Set it up now (Authentication Email Address)');
  await visitor.look('Your authentication email address');
  await visitor.box('Email address').fill('sam.lee@example.org');
  await visitor.press('Email me');
  await visitor.look('Your authentication email address');
  assert.match(await visitor.told(), /locked/);
  await visitor.box('Email address').fill(NEW.email);
  await visitor.press('Email me');
  await typeCode(visitor, boxes.mail, NEW.email);
  await says(visitor, `Authentication Email Address is set to ${NEW.email}`);
  await visitor.press('Looks good');
  await visitor.look('It looks good');
  await says(visitor, 'you can choose a new one by yourself');
}

async function change(visitor) {
  await enter(visitor, JO.id, /./);
  await visitor.open('/register');
  await visitor.look(TITLE);
  await says(
    visitor,
    'Authentication Phone is set to +44 7700 900123',
    `Authentication Email Address is set to ${JO.email}`,
  );
  await follow(visitor, 'Change (Authentication Phone)');
  await visitor.look('Your authentication phone');
  await visitor.box('Phone number').fill('+44 7700 900888');
  await visitor.press('Call me');
  await visitor.look('Enter your verification code');
  await boxes.phone.next('+447700900888', ({ text }) => /code/.test(text));
  await visitor.press('Cancel');
  await visitor.look(TITLE);
  await says(visitor, 'Nothing was changed.', 'set to +44 7700 900123');
  await follow(visitor, 'Change (Authentication Phone)');
  await visitor.box('Phone number').fill('+44 7700 900888');
  await visitor.press('Call me');
  await typeCode(visitor, boxes.phone, '+447700900888');
  await says(visitor, 'Authentication Phone is set to +44 7700 900888');

  const notice = await boxes.phone.next(JO.mobile, ({ text }) => text.includes('/freeze/'));
  await follow(visitor, 'Remove (Authentication Email Address)');
  await visitor.look('Remove your authentication email address?');
  await follow(visitor, 'Cancel');
  await visitor.press('Looks good');
  await visitor.look('It looks good');
  await visitor.open('/register/activity');
  await visitor.look('What happened with your account');
  await says(visitor, 'The authentication phone was changed for another.', 'today at');

  await visitor.open(new URL(/http\S+/.exec(notice.text)[0]).pathname);
  await visitor.look('Was this not you?');
  await visitor.press('This wasn’t me');
  await visitor.look('Resets are stopped');
  await follow(visitor, 'Sign in');
  await visitor.box('User ID').fill(JO.id);
  await visitor.press('Next');
  await visitor.box('Password').fill(FIRST_PASSWORD);
  await visitor.press('Sign in');
  await visitor.look(TITLE);
  await says(visitor, 'Resets of your account are stopped', 'set to +44 7700 900123');
  await visitor.press('Make resets possible again');
  await visitor.look(TITLE);
  await says(visitor, 'Resets of your account are possible again.');
}

async function reset(visitor) {
  await begin(visitor, SAM.id);
  await prove(visitor, boxes, NEW, 'text');
  await choose(visitor, 'Nine purple trombones!');
}

test('a number that gets no codes any more is said to be so', async () => {
  const site = await serve({ delivery, settings: SETTINGS, budget: 'countries = ["FR"]' });
  for (const width of [1280, 320]) {
    const visitor = await Visitor.arrive({ address: site.address, width });
    await visitor.during(`barred ${width}`, async () => {
      await enter(visitor, JO.id, /./);
      await visitor.open('/register');
      await visitor.look(TITLE);
      const told = 'We cannot send codes to this number any more. Register another.';
      await says(visitor, 'Authentication Phone is set to', told);
    });
  }
});

async function practise(visitor) {
  await enter(visitor, JO.id, /./);
  await visitor.open('/register');
  await visitor.press('Practise a reset');
  await visitor.look('Get back into your account');
  await says(visitor, 'This is a rehearsal: nothing will be changed.');
  await visitor.press('Next');
  await prove(visitor, boxes, JO, 'email');
  await visitor.look('Choose a new password');
  await says(visitor, 'This is a rehearsal: nothing will be changed.');
  await visitor.box('Enter new password').fill('Ten orange bassoons!');
  await visitor.box('Confirm new password').fill('Ten orange bassoons!');
  await visitor.press('Finish');
  await visitor.look('That went well');
  await follow(visitor, 'Back to what is registered');
  await visitor.look(TITLE);
  await says(visitor, 'You last practised on');
}
