//! A PostgreSQL server for this test run: started by the first test that asks, stopped when the run is over, however it ends.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio_postgres::NoTls;

use super::missing;

/// Starts the server, says so, and stops it when its standard input ends: when the test process is gone.
const SCRIPT: &str = r#"
set -e
"$BIN/initdb" --pgdata "$DATA" --username regain --auth trust --encoding UTF8 --no-sync >/dev/null
"$BIN/pg_ctl" --pgdata "$DATA" --wait --silent --log "$DATA/log" --options "-p $PORT -c listen_addresses=127.0.0.1 -c unix_socket_directories=$DATA -c fsync=off -c max_connections=200" start
echo ready
read -r _ || true
"$BIN/pg_ctl" --pgdata "$DATA" --mode immediate --silent stop || true
rm -rf "$DATA"
"#;

struct Server {
    port: u16,
    // Dropped with the process: its standard input closes, and the script stops the server.
    _script: Child,
}

static SERVER: OnceLock<Option<Server>> = OnceLock::new();
static DATABASES: AtomicU32 = AtomicU32::new(0);

/// The address of a new, empty database; nothing where PostgreSQL is missing and that is allowed.
pub(crate) async fn database() -> Option<String> {
    let server = SERVER.get_or_init(start).as_ref()?;
    let name = format!("test_{}", DATABASES.fetch_add(1, Ordering::SeqCst));
    let admin = format!("postgres://regain@127.0.0.1:{}/postgres", server.port);
    let (client, connection) = tokio_postgres::connect(&admin, NoTls).await.expect("PostgreSQL answers");
    let driver = tokio::spawn(connection);
    client.batch_execute(&format!("CREATE DATABASE {name}")).await.expect("a database can be made");
    drop(client);
    driver.await.expect("the connection ends").expect("and ends well");
    Some(format!("postgres://regain@127.0.0.1:{}/{name}", server.port))
}

fn start() -> Option<Server> {
    let Some(bin) = binaries() else {
        missing("PostgreSQL (package postgresql)");
        return None;
    };
    let port = free_port();
    let data = std::env::temp_dir().join(format!("regain-test-pg-{}-{port}", std::process::id()));
    let mut script = as_postgres();
    script.arg("sh").arg("-c").arg(SCRIPT);
    script.env("BIN", bin).env("DATA", &data).env("PORT", port.to_string()).current_dir("/");
    script.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut script = script.spawn().expect("the script starts");
    let mut said = String::new();
    let answer = script.stdout.take().map(BufReader::new).map(|mut out| out.read_line(&mut said));
    assert!(matches!(answer, Some(Ok(_))) && said.trim() == "ready", "PostgreSQL did not start");
    Some(Server { port, _script: script })
}

/// PostgreSQL refuses to run as root.
fn as_postgres() -> Command {
    let root =
        std::fs::metadata("/proc/self").map(|own| std::os::unix::fs::MetadataExt::uid(&own)).is_ok_and(|uid| uid == 0);
    if root {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--preserve-environment", "--"]);
        command
    } else {
        Command::new("env")
    }
}

/// Debian keeps the server's programs in a folder of each version.
fn binaries() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?.filter_map(Result::ok);
    let mut found: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    found.retain(|bin: &PathBuf| Path::new(bin).join("initdb").exists());
    found.sort();
    found.pop()
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("its number").port()
}
