//! What the breach filter costs, from 10⁶ to 10⁸ passwords: `cargo xtask bench breach` runs it.
//!
//! The list of hashes is made here, in a folder of its own that is removed at the end; 10⁸ lines have 4.4 GB. Each build runs in
//! a process of its own, so that the most memory it had is its own. Times are CPU times: others may use the machine as well.

use std::fs::{self, File};
use std::hint::black_box;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::Command;

use regain::breach::{Filter, Options, Source, build};
use regain::clock::{self, Clock};
use regain_core::Secret;
use regain_core::password::breach::entry;

/// Passwords that are looked up in a round, and rounds.
const ASKED: u64 = 50_000;
const ROUNDS: usize = 21;
/// Keys that are in no list, of which some are taken for one that is.
const ABSENT: u64 = 10_000_000;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let done = match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["build", list, filter, precise] => built(list, filter, *precise == "precise"),
        [largest] => largest.parse().map_err(|_| format!("{largest} is no number")).and_then(measure),
        _ => Err("name the most passwords to measure with, such as 100000000".into()),
    };
    if let Err(why) = done {
        eprintln!("{why}");
        std::process::exit(1);
    }
}

fn measure(largest: u64) -> Result<(), String> {
    let folder = std::env::temp_dir().join(format!("regain-bench-{}", std::process::id()));
    fs::create_dir_all(&folder).map_err(text)?;
    let done = sizes(&folder, largest);
    fs::remove_dir_all(&folder).map_err(text)?;
    done
}

fn sizes(folder: &Path, largest: u64) -> Result<(), String> {
    for count in [1_000_000, 10_000_000, 100_000_000].into_iter().filter(|count| *count <= largest) {
        let list = folder.join("list");
        write(&list, count).map_err(text)?;
        for precise in ["usual", "precise"] {
            println!("{count} passwords, {precise}");
            let filter = folder.join("filter");
            let program = std::env::current_exe().map_err(text)?;
            let made = Command::new(program).arg("build").args([&list, &filter]).arg(precise).status();
            if !made.map_err(text)?.success() {
                return Err("the filter was not built".into());
            }
            look_up(&filter, count)?;
        }
        fs::remove_file(&list).map_err(text)?;
    }
    Ok(())
}

/// The password of this number, and a hash for it that is not its own: what is measured does not depend on that.
fn digits(number: u64) -> String {
    let mixed = |number: u64| {
        let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    };
    format!("{:016X}{:016X}{:08X}", mixed(number), mixed(!number), mixed(number << 1 | 1) >> 32)
}

fn write(list: &Path, count: u64) -> std::io::Result<()> {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(list)?);
    for number in 0..count {
        writeln!(file, "{}:{}", digits(number), number % 90 + 1)?;
    }
    file.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()
}

/// Builds a filter, in a process of its own.
fn built(list: &str, filter: &str, precise: bool) -> Result<(), String> {
    let options = Options { precise, ..Options::default() };
    let begun = clock::steady();
    let made = build(&[Source::named(list.into())?], filter.as_ref(), options, Clock::real().now(), false)?;
    let (wall, entries) = (begun.elapsed().as_secs_f64(), made.about.entries as f64);
    // All threads together, in hundredths of a second (proc(5)).
    let stat = fs::read_to_string("/proc/self/stat").map_err(text)?;
    let ticks = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    let cpu = ticks.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0;
    let status = fs::read_to_string("/proc/self/status").map_err(text)?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default().trim();
    println!("  built at        {:.2} M/s; {:.2} M per CPU second", entries / wall / 1e6, entries / cpu / 1e6);
    println!("  most memory     {peak}");
    println!("  bytes for each  {:.3}", made.length as f64 / entries);
    Ok(())
}

fn look_up(filter: &Path, count: u64) -> Result<(), String> {
    let filter = Filter::open(filter)?;
    let key = |number: u64| entry(digits(number).as_bytes()).ok().flatten().map_or(0, |entry| entry.key);
    let mut seed = 88_172_645_463_325_252_u64;
    let mut next = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    let some: Vec<u64> = (0..ASKED).map(|_| key(next() % count)).collect();
    if !some.iter().all(|key| filter.holds_key(*key)) {
        return Err("a password that is in the list is not found".into());
    }
    let passwords: Vec<Secret> = (0..ASKED).map(|_| Secret::new(format!("{:x}", next() & 0xffff_ffff_ffff))).collect();
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let before = thread_time()?;
        for password in &passwords {
            black_box(filter.holds(black_box(password)));
        }
        times.push((thread_time()? - before) / ASKED as f64);
    }
    times.sort_by(f64::total_cmp);
    println!("  a look-up       {:.0} ns at best, {:.0} ns in the middle", times[0], times[ROUNDS / 2]);
    let mistaken = (count..count + ABSENT).filter(|number| filter.holds_key(key(*number))).count();
    println!("  mistaken        {mistaken} of {ABSENT}: 1 in {:.0}", ABSENT as f64 / mistaken as f64);
    Ok(())
}

/// The CPU time of this thread in nanoseconds.
fn thread_time() -> Result<f64, String> {
    let spent = fs::read_to_string("/proc/thread-self/schedstat").map_err(text)?;
    spent.split_whitespace().next().and_then(|spent| spent.parse().ok()).ok_or_else(|| "no CPU time".to_owned())
}

fn text(error: std::io::Error) -> String {
    error.to_string()
}
