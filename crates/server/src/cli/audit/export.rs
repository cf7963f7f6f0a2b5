//! `regain audit export`.

use std::collections::BTreeMap;
use std::io::Write;

use clap::ValueEnum;
use regain_core::Time;
use regain_core::audit::Act;
use regain_core::audit::chain::{Linked, Row};
use regain_core::audit::checkpoint::Signed;

use super::super::{sheet, trail};
use crate::audit::line;
use crate::clock::Clock;
use crate::config::Config;
use crate::store::Store;

/// Events read together.
const PAGE: i64 = 1_000;

/// What it takes.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Only from this moment on: 2026-11-27 or 2026-11-27T08:00:00Z; a day begins at midnight UTC
    #[arg(long, value_name = "WHEN", value_parser = moment)]
    since: Option<Time>,
    /// Only before this moment
    #[arg(long, value_name = "WHEN", value_parser = moment)]
    until: Option<Time>,
    /// Only about this User ID, or the account of that name
    #[arg(long, value_name = "USER_ID")]
    user: Option<String>,
    /// JSON lines (which can be verified), or a list for spreadsheets
    #[arg(long, value_enum, default_value = "jsonl")]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Jsonl,
    Csv,
}

/// The columns of a list.
const COLUMNS: &[&str] = &[
    "seq",
    "time",
    "act",
    "outcome",
    "user_id",
    "account",
    "address",
    "browser",
    "reference",
    "detail",
    "flow",
    "id",
    "hash",
];

fn moment(text: &str) -> Result<Time, String> {
    let day = format!("{text}T00:00:00Z").parse::<jiff::Timestamp>().ok();
    let moment = text.parse::<jiff::Timestamp>().ok().or(day);
    moment
        .map(|at| Time(at.as_millisecond()))
        .ok_or_else(|| "write it as 2026-11-27 or 2026-11-27T08:00:00Z".to_owned())
}

/// Writes what was asked for, and notes that it was.
pub(super) async fn run(args: &Args, config: &Config) -> Result<(), String> {
    let store = super::open(config).await?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let written = write(args, &store, &mut out).await?;
    // Noted before the last of it is out: who breaks it off has still taken some.
    let act = Act::AuditExported { events: written };
    trail::note(&store, Clock::real().now(), act).await?;
    out.flush().map_err(|error| error.to_string())
}

async fn write(args: &Args, store: &Store, out: &mut impl Write) -> Result<u64, String> {
    let failed = |error: crate::store::Error| error.to_string();
    let mut put = |line: &str| writeln!(out, "{line}").map_err(|error| error.to_string());
    let csv = args.format == Format::Csv;
    if csv {
        put(&sheet::line(COLUMNS.iter().map(|name| (*name).to_owned()))?)?;
    }
    let (head, _) = store.audit_head().await.map_err(failed)?;
    let signed = if csv || args.user.is_some() { Vec::new() } else { store.checkpoints().await.map_err(failed)? };
    let mut points = BTreeMap::<i64, Vec<&String>>::new();
    for line in &signed {
        if let Some(signed) = Signed::parse(line) {
            points.entry(signed.checkpoint.seq).or_default().push(line);
        }
    }
    let (mut after, mut written) = (0, 0);
    loop {
        let page = store.linked_audit(after, head, PAGE).await.map_err(failed)?;
        for event in page.iter().filter(|event| args.wants(&event.row)) {
            // What is signed about the event before the first tells where the trail begins.
            let before = if written == 0 { points.remove(&(event.seq - 1)) } else { None };
            before.unwrap_or_default().into_iter().try_for_each(|line| put(&line::checkpoint(line)))?;
            put(&if csv { row(&event.row, Some(event))? } else { line::event(event) })?;
            let of_it = points.remove(&event.seq).unwrap_or_default();
            of_it.into_iter().try_for_each(|line| put(&line::checkpoint(line)))?;
            written += 1;
        }
        let Some(last) = page.last() else { break };
        after = last.seq;
    }
    for waiting in store.waiting_audit(false, i64::MAX).await.map_err(failed)?.iter().filter(|row| args.wants(row)) {
        put(&if csv { row(waiting, None)? } else { line::waiting(waiting) })?;
        written += 1;
    }
    Ok(written)
}

impl Args {
    fn wants(&self, row: &Row) -> bool {
        let at = Time(row.at);
        let user = |name: &String| {
            row.user_id.to_lowercase() == name.trim().to_lowercase() || row.account.as_ref() == Some(name)
        };
        self.since.is_none_or(|since| at >= since)
            && self.until.is_none_or(|until| at < until)
            && self.user.as_ref().is_none_or(user)
    }
}

fn row(row: &Row, place: Option<&Linked>) -> Result<String, String> {
    sheet::line(
        [
            place.map(|event| event.seq.to_string()).unwrap_or_default(),
            line::time(Time(row.at)),
            row.act.clone(),
            row.outcome.clone(),
            row.user_id.clone(),
            row.account.clone().unwrap_or_default(),
            row.address.clone(),
            row.browser.clone(),
            row.reference.clone(),
            row.detail.clone(),
            row.flow.clone(),
            row.id.clone(),
            place.map(|event| event.hash.hex()).unwrap_or_default(),
        ]
        .into_iter(),
    )
}
