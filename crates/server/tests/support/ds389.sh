#!/bin/sh
# A 389 Directory Server of the tests' own: ds389.sh NAME PLAIN_PORT TLS_PORT. Says "ready" when it answers, and removes itself when
# its standard input ends. Its package keeps an instance in folders of the system, under its name; root is needed.
set -e
name=$1 plain=$2 tls=$3
tool() {
  # As packaged, its tools insist on systemd; this lets them start the server themselves.
  /usr/bin/python3 -c '
import sys, runpy, lib389.paths as paths
paths.Paths.with_systemd = property(lambda own: False)
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")' "$@"
}
mkdir -p /run/dirsrv
chown dirsrv:dirsrv /run/dirsrv
settings=$(mktemp)
cat > "$settings" <<INF
[general]
config_version = 2
full_machine_name = localhost
strict_host_checking = False
systemd = False
start = True
[slapd]
instance_name = $name
port = $plain
secure_port = $tls
root_dn = cn=root
root_password = root-secret-1
self_sign_cert = True
[backend-userroot]
suffix = dc=example,dc=org
sample_entries = yes
INF
trap 'tool /usr/sbin/dsctl "$name" remove --do-it >/dev/null 2>&1; rm -f "$settings"' EXIT
tool /usr/sbin/dscreate from-file "$settings" >&2
echo ready
read -r _ || true
