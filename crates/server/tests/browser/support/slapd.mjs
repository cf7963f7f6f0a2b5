// An OpenLDAP of the tests' own: a folder and ports that go when the test file ends. Its certificate is its own authority.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder, freePort, start } from './processes.mjs';

const SUFFIX = 'dc=example,dc=org';
const SERVICE = { dn: `cn=regain,ou=services,${SUFFIX}`, password: 'service-secret-1' };

/**
 * Starts one with these people (`{ id, name, password }`), and a policy that remembers passwords. Gives the section
 * `[directory]` for it, `letsIn(id, password)`, which asks with OpenLDAP's own program, and `stop` and `run` for one that is gone
 * and comes back.
 */
export async function slapd(people) {
  const home = folder('slapd');
  const file = (name) => join(home, name);
  const port = await freePort();
  const address = `ldaps://127.0.0.1:${port}`;
  mkdirSync(file('db'));
  execFileSync('openssl', [...'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=directory'.split(' '),
    '-addext', 'subjectAltName=IP:127.0.0.1', '-addext', 'basicConstraints=critical,CA:FALSE',
    '-keyout', file('key.pem'), '-out', file('cert.pem')], { stdio: 'ignore' });
  const schema = ['core', 'cosine', 'inetorgperson'].map((name) => `include /etc/ldap/schema/${name}.schema`).join('\n');
  writeFileSync(file('slapd.conf'), `${schema}
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload ppolicy
TLSCertificateFile ${file('cert.pem')}
TLSCertificateKeyFile ${file('key.pem')}
database mdb
suffix "${SUFFIX}"
directory ${file('db')}
access to attrs=userPassword by dn.exact="${SERVICE.dn}" =w by self =xw by anonymous auth by * none
access to attrs=pwdAccountLockedTime by dn.exact="${SERVICE.dn}" write by * none
access to * by dn.exact="${SERVICE.dn}" read by * none
overlay ppolicy
ppolicy_default "cn=default,${SUFFIX}"
ppolicy_hash_cleartext
`);
  const person = ({ id, name, password }) => `
dn: uid=${id},${SUFFIX}
objectClass: inetOrgPerson
uid: ${id}
mail: ${id}
cn: ${name}
sn: ${name}
userPassword: ${password}
`;
  writeFileSync(file('entries.ldif'), `dn: ${SUFFIX}
objectClass: dcObject
objectClass: organization
o: Example
dc: example

dn: ou=services,${SUFFIX}
objectClass: organizationalUnit
ou: services

dn: cn=default,${SUFFIX}
objectClass: device
objectClass: pwdPolicy
cn: default
pwdAttribute: userPassword
pwdCheckQuality: 2
pwdMinLength: 8
pwdInHistory: 3

dn: ${SERVICE.dn}
objectClass: device
objectClass: simpleSecurityObject
cn: regain
userPassword: ${SERVICE.password}
${people.map(person).join('')}`);
  execFileSync('/usr/sbin/slapadd', ['-f', file('slapd.conf'), '-l', file('entries.ldif')], { stdio: 'pipe' });
  // With a debug level it stays in the foreground, and says when it is there.
  const run = () => start('/usr/sbin/slapd', ['-f', file('slapd.conf'), '-h', address, '-d', 'stats'], {
    ready: (line) => line.includes('slapd starting'),
  });
  const { stop } = await run();
  const letsIn = (id, password) => spawnSync('ldapwhoami', ['-x', '-H', address, '-D', `uid=${id},${SUFFIX}`, '-w', password], {
    env: { ...process.env, LDAPTLS_CACERT: file('cert.pem') },
  }).status === 0;
  const section = `
[directory]
kind = "ldap"
servers = ["${address}"]
ca_file = "${file('cert.pem')}"
bind_dn = "${SERVICE.dn}"
bind_password = "${SERVICE.password}"
base_dn = "${SUFFIX}"
default_policy_dn = "cn=default,${SUFFIX}"
`;
  return { section, letsIn, stop, run };
}
