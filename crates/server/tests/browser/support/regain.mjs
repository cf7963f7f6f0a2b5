// Regain itself, started as an operator would.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { environment, folder, freePort, run, start } from './processes.mjs';

const PROGRAM = process.env.REGAIN ?? fileURLToPath(new URL('../../../../../target/debug/regain', import.meta.url));

/** Everyone's password at first. */
export const FIRST_PASSWORD = 'demo-password-1';

/** A filter of breached passwords, from lines with their hashes. Gives its file. */
export async function breachFilter(lines) {
  const home = folder('breach');
  writeFileSync(join(home, 'list'), lines.join('\n'));
  await run(PROGRAM, ['breach', 'build', 'list', '-o', 'filter'], { cwd: home });
  return join(home, 'filter');
}

/** `regain demo`. Gives its address. */
export async function demo(settings = {}, words = []) {
  const port = await freePort();
  const address = `http://127.0.0.1:${port}`;
  const options = { env: environment(settings), ready: (line) => line.includes('Stop with Ctrl-C') };
  const { stop } = await start(PROGRAM, ['demo', '--listen', `127.0.0.1:${port}`, ...words], options);
  return { address, stop };
}

/**
 * `regain serve` with the demo's people on a store: SQLite unless an address of PostgreSQL is given.
 * `delivery`, `settings` and `budget`, which is the rest of that section, are TOML. With `contacts` (CSV), people are in the directory that `settings` name, and these are
 * what they have registered.
 */
export async function serve({ postgres, delivery, settings = '', budget = '', contacts }) {
  const home = folder('serve');
  const url = postgres ?? `sqlite:${join(home, 'regain.db')}`;
  const key = join(home, 'regain.key');
  if (contacts === undefined) {
    const people = await demo({ REGAIN__STORE__URL: url, REGAIN__STORE__KEY_FILE: key });
    await people.stop();
  }

  const port = await freePort();
  const address = `http://127.0.0.1:${port}`;
  const file = join(home, 'regain.toml');
  writeFileSync(file, `
[server]
listen = "127.0.0.1:${port}"
public_url = "${address}"

[store]
url = "${url}"
key_file = "${key}"

[organisation]
name = "Example Society"
region = "GB"

[care_team]
name = "Supporter Care Team"
mail = "supportercare@example.org"
telephone = "0300 555 0184"
time_zone = "Europe/London"

[throttle]
failed_proofs = 100
failed_proofs_per_network = []
sends = []
sends_per_account = []
sends_per_network = []
resets_per_user_id = []
resets_per_network = []
sign_ins_per_network = []

[budget]
number_range = []
${budget}
${delivery}
${settings}
`);
  if (contacts !== undefined) {
    writeFileSync(join(home, 'contacts.csv'), contacts);
    await run(PROGRAM, ['method', 'import', 'contacts.csv', '--config', file], { cwd: home });
  }
  const { said } = await start(PROGRAM, ['serve', '--config', file], {
    cwd: home,
    ready: (line) => line.includes('"ready"'),
  });
  return { address, said };
}
