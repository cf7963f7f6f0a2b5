#!/bin/sh
# A Samba AD DC for one test run: made new below $DATA, on the loopback address $ADDRESS (Samba's LDAP ports are fixed, its
# address is not), with a certificate of an authority of its own. $DELEGATION holds the commands of docs/active-directory.md.
# $SERVICES and $OLD_PASSWORD_MINUTES may say what it offers, and how long old passwords are let in.
# With $FIRST and $FIRST_DATA, the address and the folder of another one, it becomes that one's second controller instead.
# Says "ready" once LDAPS answers, does what it is told on its standard input until that ends, and leaves nothing behind.
set -eu
umask 077
realm=CORP.EXAMPLE
if [ -n "${FIRST:-}" ]; then host=DC2 name=dc2.corp.example; else host=DC1 name=dc1.corp.example; fi
samba=
mkdir -p "$DATA/tls" "$DATA/run/ncalrpc"
conf=$DATA/smb.conf

fail() {
    [ -z "$samba" ] || stop
    echo "$1"
    tail -n 30 "$DATA/output" 2>/dev/null
    exit 1
}

# Joins, and copies, by address and without Kerberos: there is no name service.
as_admin() {
    samba-tool "$@" --username='CORP\Administrator' --password="$ADMIN_PASSWORD" --use-kerberos=off \
        </dev/null >>"$DATA/output" 2>&1
}

if [ -n "${FIRST:-}" ]; then
    as_admin domain join corp.example DC --server="$FIRST" --realm="$realm" --dns-backend=NONE --targetdir="$DATA" \
        --option="netbios name=$host" --option="interfaces=$ADDRESS/8" --option="bind interfaces only=yes" \
        --option="posix:eadb=$DATA/eadb.tdb" || fail "samba-tool could not join the domain"
    cp "$FIRST_DATA/tls/ca.key" "$FIRST_DATA/tls/ca.pem" "$DATA/tls"
else
    samba-tool domain provision --realm="$realm" --domain=CORP --host-name=dc1 --host-ip="$ADDRESS" --server-role=dc \
        --dns-backend=NONE --adminpass="$ADMIN_PASSWORD" --targetdir="$DATA" --option="posix:eadb=$DATA/eadb.tdb" \
        >"$DATA/output" 2>&1 || fail "samba-tool could not provision a domain"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=Authority of a test" \
        -keyout "$DATA/tls/ca.key" -out "$DATA/tls/ca.pem" >>"$DATA/output" 2>&1
fi

# It is good for 127.0.0.1, too, where a test may stand in between.
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$name" \
    -keyout "$DATA/tls/dc.key" -out "$DATA/tls/dc.csr" >>"$DATA/output" 2>&1
printf 'subjectAltName=DNS:%s,IP:%s,IP:127.0.0.1\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n' "$name" "$ADDRESS" >"$DATA/tls/ext"
openssl x509 -req -in "$DATA/tls/dc.csr" -CA "$DATA/tls/ca.pem" -CAkey "$DATA/tls/ca.key" -CAcreateserial -days 2 \
    -extfile "$DATA/tls/ext" -out "$DATA/tls/dc.pem" >>"$DATA/output" 2>&1

# Only the directory, its Kerberos, and what a second one joins by: no shares, no name service, unless asked for. The old
# password is refused at once, so that tests can tell; Samba and Windows let it in for another hour otherwise.
cat >"$conf" <<CONF
[global]
    realm = $realm
    workgroup = CORP
    netbios name = $host
    server role = active directory domain controller
    server services = ${SERVICES:-ldap, cldap, kdc, rpc}
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
if [ -z "${FIRST:-}" ]; then
    mkdir "$DATA/as-documented" "$DATA/bin"
    printf '#!/bin/sh\nexec %s "$@" -s %s -H %s\n' "$(command -v samba-tool)" "$conf" "$DATA/private/sam.ldb" >"$DATA/bin/samba-tool"
    chmod +x "$DATA/bin/samba-tool"
    "$DATA/bin/samba-tool" ou add "OU=People,DC=corp,DC=example" >>"$DATA/output" 2>&1
    (cd "$DATA/as-documented" && PATH="$DATA/bin:$PATH" sh -eu "$DELEGATION") >>"$DATA/output" 2>&1 ||
        fail "a command of docs/active-directory.md failed"
fi

run() {
    [ -z "$samba" ] || return 0
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
}

stop() {
    kill "$samba" 2>/dev/null || true
    wait "$samba" 2>/dev/null || true
    samba=
}

# Takes over what has changed on the first one, now.
copy() {
    as_admin drs replicate "$host" "$FIRST" DC=corp,DC=example --local --configfile="$conf" || fail "nothing could be copied"
}

# Somebody's password was set in 2020. Over LDAP nobody may say so.
age() {
    /usr/bin/python3 -c '
import sys
from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB
settings = LoadParm()
settings.load(sys.argv[1])
accounts = SamDB(url=sys.argv[2], session_info=system_session(settings), lp=settings)
change = "dn: %s\nchangetype: modify\nreplace: pwdLastSet\npwdLastSet: 132223104000000000\n"
by_itself = "local_oid:1.3.6.1.4.1.7165.4.3.12:0"  # as if what looks after passwords had done it
accounts.modify_ldif(change % sys.argv[3], controls=[by_itself])' "$conf" "$DATA/private/sam.ldb" "$1" </dev/null >>"$DATA/output" 2>&1 ||
        fail "the password could not be made older"
}

run
# Who runs the tests may be somebody else.
chmod 755 "$DATA" "$DATA/tls"
chmod 644 "$DATA/tls/ca.pem" "$DATA/krb5.conf"
if [ -z "${FIRST:-}" ]; then
    chmod 755 "$DATA/as-documented"
    chmod 644 "$DATA/as-documented/regain-ad.password"
fi
echo ready
while read -r word about; do
    case $word in
        run | stop | copy) "$word" ;;
        age) age "$about" ;;
    esac
    echo "done"
done
stop
rm -rf "$DATA"
