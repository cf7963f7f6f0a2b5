// The user guide's section "Resetting your password", step by step.

import assert from 'node:assert/strict';

/** People of the demo, and how they can be reached. */
export const JO = { id: 'jo.bloggs@example.org', mobile: '+447700900123', email: 'jobloggs@mail.co.uk' };
export const SAM = { id: 'sam.lee@example.org' };
export const ROBIN = { id: 'robin.khan@example.org', office: '+442079460321' };
export const ALEX = { id: 'alex.admin@example.org', mobile: '+447700900456', email: 'alex.private@mail.co.uk' };

/** The four ways, as the pages name them. */
export const WAYS = {
  email: { label: 'Email my alternative email address', button: 'Email', box: 'mail', to: (who) => who.email },
  text: { label: 'Send a text to my mobile phone number', button: 'Text', box: 'phone', to: (who) => who.mobile },
  mobile: { label: 'Call my mobile phone number', button: 'Call', box: 'phone', to: (who) => who.mobile },
  office: { label: 'Call my office phone number', button: 'Call', box: 'phone', to: (who) => who.office },
};

/** From the first page to the first question: User ID, Next, Forgotten my password, Next. */
export async function begin(visitor, id) {
  await visitor.open('/');
  await visitor.look('Sign in');
  await visitor.box('User ID').fill(id);
  await visitor.press('Next');
  await visitor.look('Type your password');
  await visitor.page.getByRole('link', { name: 'Forgotten my password' }).click();
  await visitor.look('Get back into your account');
  assert.equal(await visitor.box('User ID').inputValue(), id, 'the User ID is carried along');
  await visitor.press('Next');
}

/** One verification step. `boxes` are where messages arrive. */
export async function prove(visitor, boxes, who, way) {
  const { label, button, box, to } = WAYS[way];
  await visitor.look('How shall we check that it is you?');
  await visitor.page.getByRole('radio', { name: new RegExp(`^${label}`) }).check();
  boxes[box].forget(to(who));
  await visitor.press(button);
  await visitor.look('Get back into your account');
  const message = await boxes[box].next(to(who));
  await visitor.box('Enter your verification code').fill(message.code());
  await visitor.press('Next');
  return message;
}

/** The new password, typed twice, and the end. */
export async function choose(visitor, password) {
  await visitor.look('Choose a new password');
  await visitor.box('Enter new password').fill(password);
  await visitor.box('Confirm new password').fill(password);
  await visitor.press('Finish');
  await visitor.look('You have a new password');
}

/** Signs in from the first page; gives whether the password was taken. */
export async function signIn(visitor, id, password) {
  await visitor.open('/');
  await visitor.box('User ID').fill(id);
  await visitor.press('Next');
  await visitor.box('Password').fill(password);
  await visitor.press('Sign in');
  const inside = visitor.page.getByRole('button', { name: 'Sign out' });
  const alert = visitor.page.getByRole('alert');
  await inside.or(alert).first().waitFor();
  return inside.isVisible();
}

/** The names of the steps at the top of the page. */
export async function stepper(visitor) {
  const list = visitor.page.getByRole('list', { name: 'Your steps' });
  const names = (await list.innerText()).split(/[>\n]|✓|\(done\)/).map((name) => name.trim());
  return names.filter(Boolean);
}
