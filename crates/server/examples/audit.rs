//! How many events a second are written and have their places in the chain: `cargo xtask bench audit` runs it.
//!
//! Takes the address of a store that may be filled; without one, SQLite in a temporary folder. First the events are written
//! with nobody chaining them, then with the chain running beside, and then it is looked through.

use std::sync::Arc;

use regain::audit::verify::in_store;
use regain::audit::{SigningKey, Trail};
use regain::clock::{self, Clock};
use regain::config::audit::Audit;
use regain::store::Store;
use regain::store::audit::Origin;
use regain_core::audit::{Act, Event};
use regain_core::method::Method;
use regain_core::{FlowId, Keys, Secret};

/// Who writes at the same moment.
const WRITERS: u32 = 64;
/// Events of each, one to a transaction: nobody has fewer.
const EVENTS: u32 = 1_000;

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Outcome {
    let folder = tempfile::tempdir()?;
    let url = std::env::args().nth(1).unwrap_or_else(|| format!("sqlite:{}", folder.path().join("bench.db").display()));
    let clock = Clock::real();
    let store = Store::open(&url, Keys::new([42; 32]), clock.clone()).await?;
    let seed = [7; 32];
    let key = data_encoding::HEXLOWER.encode(&seed);
    let settings = Audit { signing_key: Some(Secret::new(key)), ..Audit::default() };
    let trail = Trail::open(&settings, "none".as_ref(), "bench", store.clone(), clock.clone());
    let trail = Arc::new(trail.map_err(|problems| problems.join(", "))?);
    let all = f64::from(WRITERS * EVENTS);

    let begun = clock::steady();
    write(&store, &clock, 1).await?;
    println!("written, nobody chains            {:.0} events/s", all / begun.elapsed().as_secs_f64());
    let begun = clock::steady();
    trail.finish().await?;
    println!("chained and signed, nobody writes {:.0} events/s", all / begun.elapsed().as_secs_f64());

    let (stop, stopped) = tokio::sync::watch::channel(false);
    let begun = clock::steady();
    let running = tokio::spawn(Arc::clone(&trail).run(stopped));
    write(&store, &clock, 2).await?;
    let written = begun.elapsed();
    stop.send_replace(true);
    running.await?;
    let whole = begun.elapsed();
    println!("written, with the chain beside    {:.0} events/s", all / written.as_secs_f64());
    println!("written, chained and signed       {:.0} events/s", all / whole.as_secs_f64());

    let begun = clock::steady();
    let public = SigningKey::from_seed(&seed)?.public().clone();
    let found = in_store(&store, &[public], &[], clock.now()).await?;
    println!("looked through                    {:.0} events/s", 2.0 * all / begun.elapsed().as_secs_f64());
    let whole = found.report.problems.is_empty() && found.report.events == i64::from(2 * WRITERS * EVENTS);
    if whole { Ok(()) } else { Err(format!("the trail is not whole: {:?}", found.report).into()) }
}

async fn write(store: &Store, clock: &Clock, round: u32) -> Outcome {
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..WRITERS {
        let (store, clock) = (store.clone(), clock.clone());
        writers.spawn(async move {
            for n in 0..EVENTS {
                let mut id = [0; 16];
                for (place, number) in id.chunks_exact_mut(4).zip([round, writer, n, 0]) {
                    place.copy_from_slice(&number.to_be_bytes());
                }
                let act = Act::CodeSent { method: Method::Text, step: 1 };
                let event = Event { user_id: "jo.bloggs@example.org".into(), account: None, act };
                let origin = Origin { address: "192.0.2.7".into(), browser: "Mozilla/5.0 of a benchmark".into() };
                let row = store.append_audit(FlowId(id), (1, 0), &event, &origin, clock.now())?;
                store.db().write(vec![row]).await?;
            }
            Outcome::Ok(())
        });
    }
    while let Some(done) = writers.join_next().await {
        done??;
    }
    Ok(())
}
