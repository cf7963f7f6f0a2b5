// A Samba domain controller of the tests' own, with the file shares of one. It goes when the test file ends.

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { environment, folder, later, run, start } from './processes.mjs';

const PEOPLE = 'OU=People,DC=corp,DC=example';
const SCRIPT = fileURLToPath(new URL('../../support/samba.sh', import.meta.url));
const PAGE = new URL('../../../../../docs/active-directory.md', import.meta.url);

/**
 * Starts one with these people (`{ name, mail, password }`). An old password is let in for another hour, as in every domain that
 * nobody has changed. Gives the section `[directory]` for it, and what ask with programs that people use: `kerberos(name, password)`
 * and `share(name, password)`; `refuseOldPasswords()` sets that hour to nothing.
 */
export async function samba(people) {
  const home = folder('samba');
  const data = join(home, 'data');
  const address = `127.${60 + (process.pid % 4)}.${(process.pid >> 8) % 256}.${2 + (process.pid % 250)}`;
  const delegation = join(home, 'delegation.sh');
  const blocks = readFileSync(PAGE, 'utf8').split('```sh\n').slice(1).map((rest) => rest.split('```')[0]);
  writeFileSync(delegation, blocks.filter((block) => block.includes('samba-tool')).join(''));
  const settings = {
    DATA: data,
    ADDRESS: address,
    DELEGATION: delegation,
    ADMIN_PASSWORD: 'Adm1n-Passw0rd!',
    SERVICES: 's3fs, rpc, ldap, kdc, winbindd',
    OLD_PASSWORD_MINUTES: '60',
  };
  // Its ports are below 1024.
  const asRoot = process.getuid() === 0 ? [] : ['sudo', '--non-interactive', `--preserve-env=${Object.keys(settings)}`];
  const [program, ...words] = [...asRoot, 'sh', SCRIPT];
  const { child } = await start(program, words, {
    env: environment(settings),
    stdio: ['pipe', 'pipe', 'pipe'],
    ready: (line) => line === 'ready',
  });
  // It stops by itself when nobody writes to it any more; what it has started goes with it.
  later(() => new Promise((resolve) => child.once('exit', resolve) && child.stdin.end()));
  const tool = (...words) => {
    const [program, ...all] = [...asRoot, join(data, 'bin/samba-tool'), ...words];
    return run(program, all);
  };
  await tool(...'domain passwordsettings set --min-pwd-age=0'.split(' '));
  for (const { name, mail, password } of people) {
    await tool('user', 'create', name, password, '--userou=OU=People', `--mail-address=${mail}`);
  }
  const succeeds = (program, words, input, env) =>
    spawnSync(program, words, { input, env: { ...process.env, ...env } }).status === 0;
  const kerberos = (name, password) => succeeds('kinit', [`${name}@CORP.EXAMPLE`], `${password}\n`, {
    KRB5_CONFIG: join(data, 'krb5.conf'),
    KRB5CCNAME: `FILE:${join(home, 'tickets')}`,
  });
  // By NTLM, as a program does that knows a server by its address.
  const share = (name, password) => succeeds('smbclient', ['--configfile=/dev/null', `//${address}/sysvol`, '--use-kerberos=off',
    '--user', `CORP/${name}%${password}`, '--command', 'exit']);
  const refuseOldPasswords = async () => {
    const words = ['sed', '-i', 's/old password allowed period = .*/old password allowed period = 0/', join(data, 'smb.conf')];
    const [program, ...all] = [...asRoot, ...words];
    await run(program, all);
  };
  const section = `
[directory]
kind = "active_directory"
servers = ["ldaps://${address}"]
ca_file = "${data}/tls/ca.pem"
base_dn = "${PEOPLE}"
bind_dn = "regain@corp.example"
bind_password_file = "${data}/as-documented/regain-ad.password"
`;
  return { section, kerberos, share, refuseOldPasswords };
}
