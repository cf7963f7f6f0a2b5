//! `regain serve`: the service, until it is told to stop.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use regain_core::method::Method;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing_subscriber::EnvFilter;

use super::ConfigArg;
use crate::app::App;
use crate::audit::Trail;
use crate::clock::{self, Clock};
use crate::config::audit::Audit;
use crate::config::server::{Server, bare};
use crate::config::{Config, environment};
use crate::delivery::Delivery;
use crate::edge::certificate::Certificate;
use crate::edge::{Edge, most_files};
use crate::{web, worker};

/// What `regain serve` takes.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    config: ConfigArg,
}

/// Runs the service.
///
/// # Errors
/// With what to do about it.
pub async fn run(args: Args) -> Result<(), String> {
    log();
    let lines = |problems: Vec<String>| problems.join("\nregain: ");
    let mut config = Config::load(args.config.config.as_deref()).map_err(lines)?;
    let clock = Clock::real();
    let delivery = Delivery::open(&config.delivery, clock.clone()).map_err(lines)?;
    for method in drop_uncarried(&mut config, &delivery)? {
        tracing::warn!(method = method.name(), "this method is allowed, but not offered: no gateway carries it");
    }
    let (audit, key_file) = (config.audit.clone(), config.store.key_file.clone());
    let app = Arc::new(App::open(config, clock).await?);
    let trail = trail(&app, &audit, &key_file)?;
    let server = &app.settings.server;
    let certificate = Certificate::open(server, app.clock.clone())?;
    let router = web::router(Arc::clone(&app))?;
    let listener = listen("listen", server.listen).await?;
    let machines = match server.metrics_listen {
        None => None,
        Some(address) => {
            let listener = listen("metrics_listen", address).await?;
            Some(Edge::for_machines(listener, web::machines::router(Arc::clone(&app)), server))
        }
    };
    tracing::info!(listen = %server.listen, url = server.public_url, "ready");
    let pages = Edge::new(listener, router, server, certificate.clone());
    serve(Arc::clone(&app), Arc::new(delivery), trail, pages, Beside { machines, certificate }).await
}

/// What looks after the audit trail.
pub(super) fn trail(app: &App, settings: &Audit, key_file: &Path) -> Result<Arc<Trail>, String> {
    let host = bare(&app.settings.server.host);
    let key_file = settings.key_file(key_file);
    let trail = Trail::open(settings, &key_file, host, app.store.clone(), app.clock.clone());
    trail.map(Arc::new).map_err(|problems| problems.join("\nregain: "))
}

/// Takes out the methods that nothing carries: a code that cannot arrive must not be offered. Gives them.
///
/// # Errors
/// If too few are left for the steps the policy asks for.
pub(super) fn drop_uncarried(config: &mut Config, delivery: &Delivery) -> Result<Vec<Method>, String> {
    let policy = &mut config.policy;
    let (carried, dropped): (Vec<_>, Vec<_>) = policy.methods.iter().partition(|m| delivery.offers(m.channel()));
    policy.methods = carried;
    policy.channels.retain(|channel| delivery.offers(*channel));
    if policy.methods.len() < usize::from(policy.steps) {
        let names: Vec<&str> = dropped.iter().map(|method| method.name()).collect();
        return Err(format!(
            "policy.steps = {} needs as many methods that can be sent; nothing carries {}: add [[delivery.email.gateway]], \
             [[delivery.text.gateway]] or [[delivery.call.gateway]]",
            policy.steps,
            names.join(", ")
        ));
    }
    Ok(dropped)
}

/// Log lines go to standard error, one JSON object each unless somebody looks at them. `REGAIN_LOG` is a level and holds for
/// Regain's own lines only: at their finer levels, libraries write down what they send, and that includes secrets.
pub(super) fn log() {
    use std::io::IsTerminal as _;
    let asked = environment().into_iter().find(|(name, _)| name == "REGAIN_LOG").map(|(_, level)| level.to_lowercase());
    let known = ["off", "error", "warn", "info", "debug", "trace"];
    let level = asked.as_deref().unwrap_or("info");
    let level = known.iter().find(|known| **known == level).copied().unwrap_or_else(|| {
        eprintln!("regain: REGAIN_LOG: \"{level}\" is not one of {}; info is taken", known.join(", "));
        "info"
    });
    let others = if level == "off" { "off" } else { "warn" };
    let filter = EnvFilter::new(format!("{others},regain={level}"));
    let to = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second call, in a test, changes nothing.
    let _ = if std::io::stderr().is_terminal() { to.try_init() } else { to.json().try_init() };
}

/// Takes the address that this key of `[server]` names.
pub(super) async fn listen(key: &str, address: SocketAddr) -> Result<TcpListener, String> {
    let listener = TcpListener::bind(address).await;
    listener.map_err(|error| format!("server.{key}: {address}: {error}"))
}

/// What is served beside the pages.
#[derive(Default)]
pub(super) struct Beside {
    /// The figures.
    machines: Option<Edge>,
    /// The certificate, which may change.
    certificate: Option<Arc<Certificate>>,
}

/// Serves pages and sends messages until SIGTERM or SIGINT; requests and messages under way are finished.
pub(super) async fn serve(
    app: Arc<App>,
    delivery: Arc<Delivery>,
    trail: Arc<Trail>,
    pages: Edge,
    beside: Beside,
) -> Result<(), String> {
    arm_faults();
    let server = &app.settings.server;
    few_files(server);
    let (stop, stopped) = watch::channel(false);
    let mut others = JoinSet::new();
    others.spawn(worker::run(Arc::clone(&app), delivery, stopped.clone()));
    others.spawn(trail.run(stopped.clone()));
    if let Some(certificate) = beside.certificate {
        others.spawn(certificate.keep(stopped.clone()));
    }
    if let Some(machines) = beside.machines {
        others.spawn(machines.serve(stopped));
    }
    let (shut, shutting) = watch::channel(false);
    let public = tokio::spawn(pages.serve(shutting));
    told_to_stop().await;
    // Whoever asks whether we are ready hears that we are not, while everybody else is still let in.
    app.stopping.store(true, Ordering::Relaxed);
    clock::wait(server.limits.stop_notice).await;
    shut.send_replace(true);
    let served = public.await;
    stop.send_replace(true);
    while let Some(ended) = others.join_next().await {
        ended.map_err(|error| format!("a part of the service broke off: {error}"))?;
    }
    served.map_err(|error| format!("serving broke off: {error}"))
}

/// Says so if the system does not allow as many connections as the settings do.
fn few_files(server: &Server) {
    // Beside them: the store, the directory, gateways.
    let needed = server.limits.connections as u64 + 128;
    if let Some(most) = most_files().filter(|most| *most < needed) {
        tracing::warn!(
            most,
            needed,
            "server.connections is more than the system's limit of open files (ulimit -n) allows"
        );
    }
}

/// Stops the program at a numbered point: for the tests that look at what is left behind.
pub(super) fn arm_faults() {
    #[cfg(debug_assertions)]
    if let Some((_, n)) = environment().into_iter().find(|(name, _)| name == "REGAIN_FAULT_KILL_AT") {
        crate::fault::kill_at(&n);
    }
}

async fn told_to_stop() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
}
