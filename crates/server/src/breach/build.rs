//! Makes a filter from a corpus, in memory that does not grow with it.
//!
//! Three steps: the keys of all lines are put into 256 files beside the output by their first byte; each file is put in order;
//! the blocks are made from one file after the other. A build that breaks off is gone on with by the same command.

use std::fs;
use std::io;
use std::path::Path;

use regain_core::Time;
use regain_core::password::breach::{About, Precision};
use serde::{Deserialize, Serialize};

use super::input::Source;
use super::manifest::{Folder, Manifest, sync_folder};
use super::partition::{EVERY, Ended, partition};
use super::progress::Progress;
use super::sorted;
use crate::fault;

/// How a filter is to be made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// Whether the hashes must be NTLM; otherwise the first line says what they are.
    pub ntlm: bool,
    /// Whether it shall be mistaken once in 65,536 instead of 256 times.
    pub precise: bool,
    /// Lines with a smaller count are left out; lines without a count are not.
    pub min_count: u64,
    /// Whether lines that cannot be read are left out, instead of ending the build.
    pub skip_bad: bool,
}

/// What came of it.
#[derive(Debug)]
pub struct Built {
    /// What the filter is made of.
    pub about: About,
    /// Bytes of its file.
    pub length: u64,
    /// Lines that were taken.
    pub taken: u64,
    /// Lines left out because of their count.
    pub rare: u64,
    /// Lines left out because they could not be read.
    pub bad: u64,
}

/// Makes a filter from these inputs and puts it at `output`, in one stroke: whoever has a filter there looks up in the old one
/// until then. Says on standard error how far it has come; `terminal` is whether somebody looks at it.
///
/// # Errors
/// If an input cannot be read or is no corpus, or the disk is full: with what to do.
pub fn build(inputs: &[Source], output: &Path, options: Options, now: Time, terminal: bool) -> Result<Built, String> {
    make(inputs, output, options, now, terminal, EVERY)
}

/// The same with a manifest every so many lines.
pub(super) fn make(
    inputs: &[Source],
    output: &Path,
    options: Options,
    now: Time,
    terminal: bool,
    every: u64,
) -> Result<Built, String> {
    let folder = Folder::beside(output)?;
    let mut progress = Progress::new(terminal);
    let (mut manifest, given_up) = folder.resume(inputs, options).map_err(|error| folder.failed(&error))?;
    match given_up {
        Some(why) => progress.note(&why),
        None if manifest.taken > 0 => {
            progress.note(&format!("going on with a build that broke off: {}", far(&manifest)))
        }
        None => {}
    }
    match steps(&folder, &mut manifest, &mut progress, output, (now, every)) {
        Ok(built) => {
            folder.remove().map_err(|error| format!("{}: the filter is there; {error}", output.display()))?;
            Ok(built)
        }
        Err(Ended::Failed(error)) => Err(folder.failed(&error)),
        Err(Ended::Refused(why)) => {
            // The reason for the refusal is what counts; what cannot be removed is told by the next build.
            let _ = folder.remove();
            Err(why)
        }
    }
}

fn far(manifest: &Manifest) -> String {
    match manifest.inputs().get(manifest.input) {
        Some(source) if !manifest.is_read => format!("{} from line {} on", source.name(), manifest.lines + 1),
        _ => format!("all {} lines have been read", manifest.taken),
    }
}

fn steps(
    folder: &Folder,
    manifest: &mut Manifest,
    progress: &mut Progress,
    output: &Path,
    (now, every): (Time, u64),
) -> Result<Built, Ended> {
    if !manifest.is_read {
        partition(folder, manifest, progress, every)?;
    }
    if manifest.taken == 0 {
        return Err(Ended::Refused("there is no password in the input, or none that is to be taken".into()));
    }
    let parts = sorted::sort(folder, &manifest.parts, progress)?;
    let options = manifest.options();
    let precision = if options.precise { Precision::Precise } else { Precision::Usual };
    let entries = parts.iter().sum();
    let about = About { kind: manifest.kind(), precision, entries, min_count: options.min_count, built: now };
    sorted::fill(folder, &parts, about, progress)?;
    let length = fs::metadata(folder.filter())?.len();
    fault::point("breach.rename");
    put(folder, output)?;
    fault::point("breach.done");
    Ok(Built { about, length, taken: manifest.taken, rare: manifest.rare, bad: manifest.bad })
}

/// Puts the filter in its place.
fn put(folder: &Folder, output: &Path) -> io::Result<()> {
    fs::rename(folder.filter(), output)?;
    sync_folder(output.parent().unwrap_or(Path::new(".")))
}
