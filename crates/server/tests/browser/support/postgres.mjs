// A PostgreSQL of the tests' own: a folder and a port that go when the test file ends.

import { chownSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { folder, freePort, later, run } from './processes.mjs';

const VERSIONS = '/usr/lib/postgresql';

/** Starts one and gives the address of an empty database. */
export async function postgres() {
  const newest = readdirSync(VERSIONS).sort((a, b) => Number(b) - Number(a))[0];
  const tool = (name) => join(VERSIONS, newest, 'bin', name);
  const home = folder('postgres');
  const port = await freePort();
  const data = join(home, 'data');
  let who = {};
  if (process.getuid() === 0) {
    // PostgreSQL refuses to run as root.
    const id = async (flag) => Number(await run('id', [flag, 'postgres']));
    who = { uid: await id('-u'), gid: await id('-g') };
    chownSync(home, who.uid, who.gid);
  }
  const options = { cwd: home, ...who };
  await run(tool('initdb'), ['-D', data, '-U', 'regain', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync'], options);
  const settings = `-c listen_addresses=127.0.0.1 -c port=${port} -c unix_socket_directories=${home} -c fsync=off`;
  const log = join(home, 'log');
  later(() => run(tool('pg_ctl'), ['-D', data, '-m', 'immediate', '-w', 'stop'], options));
  await run(tool('pg_ctl'), ['-D', data, '-l', log, '-o', settings, '-w', 'start'], options);
  return `postgres://regain@127.0.0.1:${port}/postgres`;
}
