#!/bin/sh
# A Samba AD DC for one test run: made new below $DATA, on the loopback address $ADDRESS (Samba's LDAP ports are fixed, its
# address is not), with a certificate of an authority of its own. $DELEGATION holds the commands of docs/active-directory.md.
# $SERVICES and $OLD_PASSWORD_MINUTES may say what it offers, and how long old passwords are let in.
# Says "ready" once LDAPS answers, goes on until its standard input ends, and leaves nothing behind.
set -eu
umask 077
realm=CORP.EXAMPLE
name=dc1.corp.example
mkdir -p "$DATA/tls" "$DATA/run/ncalrpc"
conf=$DATA/smb.conf

fail() {
    echo "$1"
    tail -n 30 "$DATA/output" 2>/dev/null
    exit 1
}

samba-tool domain provision --realm="$realm" --domain=CORP --host-name=dc1 --host-ip="$ADDRESS" --server-role=dc \
    --dns-backend=NONE --adminpass="$ADMIN_PASSWORD" --targetdir="$DATA" --option="posix:eadb=$DATA/eadb.tdb" \
    >"$DATA/output" 2>&1 || fail "samba-tool could not provision a domain"

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=Authority of a test" \
    -keyout "$DATA/tls/ca.key" -out "$DATA/tls/ca.pem" >>"$DATA/output" 2>&1
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$name" \
    -keyout "$DATA/tls/dc.key" -out "$DATA/tls/dc.csr" >>"$DATA/output" 2>&1
printf 'subjectAltName=DNS:%s,IP:%s\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n' "$name" "$ADDRESS" >"$DATA/tls/ext"
openssl x509 -req -in "$DATA/tls/dc.csr" -CA "$DATA/tls/ca.pem" -CAkey "$DATA/tls/ca.key" -CAcreateserial -days 2 \
    -extfile "$DATA/tls/ext" -out "$DATA/tls/dc.pem" >>"$DATA/output" 2>&1

# Only the directory and its Kerberos: no shares, no name service, unless asked for. The old password is refused at once, so
# that tests can tell; Samba and Windows let it in for another hour otherwise.
cat >"$conf" <<CONF
[global]
    realm = $realm
    workgroup = CORP
    netbios name = DC1
    server role = active directory domain controller
    server services = ${SERVICES:-ldap, kdc}
    interfaces = $ADDRESS/8
    bind interfaces only = yes
    private dir = $DATA/private
    state directory = $DATA/state
    cache directory = $DATA/cache
    lock directory = $DATA
    pid directory = $DATA/run
    ncalrpc dir = $DATA/run/ncalrpc
    posix:eadb = $DATA/eadb.tdb
    logging = file
    log file = $DATA/log
    disable netbios = yes
    tls enabled = yes
    tls cafile = $DATA/tls/ca.pem
    tls certfile = $DATA/tls/dc.pem
    tls keyfile = $DATA/tls/dc.key
    old password allowed period = ${OLD_PASSWORD_MINUTES:-0}
[sysvol]
    path = $DATA/state/sysvol
    read only = No
CONF
printf '[libdefaults]\ndefault_realm = %s\ndns_lookup_kdc = false\n[realms]\n%s = {\nkdc = %s\n}\n' \
    "$realm" "$realm" "$ADDRESS" >"$DATA/krb5.conf"

# The page says `samba-tool …` as it is typed on a controller; here it means this one, before it runs.
mkdir "$DATA/as-documented" "$DATA/bin"
printf '#!/bin/sh\nexec %s "$@" -s %s -H %s\n' "$(command -v samba-tool)" "$conf" "$DATA/private/sam.ldb" >"$DATA/bin/samba-tool"
chmod +x "$DATA/bin/samba-tool"
"$DATA/bin/samba-tool" ou add "OU=People,DC=corp,DC=example" >>"$DATA/output" 2>&1
(cd "$DATA/as-documented" && PATH="$DATA/bin:$PATH" sh -eu "$DELEGATION") >>"$DATA/output" 2>&1 ||
    fail "a command of docs/active-directory.md failed"

samba --foreground --no-process-group --model=single --configfile="$conf" </dev/null >>"$DATA/output" 2>&1 &
samba=$!
tries=0
until LDAPTLS_CACERT="$DATA/tls/ca.pem" ldapsearch -x -LLL -H "ldaps://$ADDRESS" -s base -b '' currentTime >/dev/null 2>&1; do
    tries=$((tries + 1))
    if [ "$tries" -gt 200 ] || ! kill -0 "$samba" 2>/dev/null; then
        cat "$DATA/log" >>"$DATA/output" 2>/dev/null || true
        fail "Samba did not start"
    fi
    sleep 0.05
done
# Who runs the tests may be somebody else.
chmod 755 "$DATA" "$DATA/tls" "$DATA/as-documented"
chmod 644 "$DATA/tls/ca.pem" "$DATA/krb5.conf" "$DATA/as-documented/regain-ad.password"
echo ready
read -r _ || true
kill "$samba" 2>/dev/null || true
wait "$samba" 2>/dev/null || true
rm -rf "$DATA"
