//! The first step of a build: the lines of all inputs, put into parts by the first byte of their keys.

use std::fs::File;
use std::io::{self, Seek as _, SeekFrom, Write as _};

use regain_core::password::breach::{Entry, Kind, entry};

use super::input::{Stopped, lines};
use super::manifest::{Folder, Manifest};
use super::progress::Progress;
use crate::fault;

/// Bytes of a part that are gathered before they are written.
const GATHERED: usize = 1 << 16;

/// How often the manifest is written: so many lines are read again at most. A minute's work at the most.
pub(super) const EVERY: u64 = 20_000_000;

/// How often the time is looked at, in lines.
const GLANCE: u64 = 1 << 16;

/// Why a build ends early.
#[derive(Debug)]
pub(super) enum Ended {
    /// An input is not as it should be: what was done is of no use.
    Refused(String),
    /// The machine would not: what was done is kept.
    Failed(io::Error),
}

impl From<io::Error> for Ended {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

/// Reads what has not been read yet.
pub(super) fn partition(
    folder: &Folder,
    manifest: &mut Manifest,
    progress: &mut Progress,
    every: u64,
) -> Result<(), Ended> {
    let mut parts = Parts::open(folder, &manifest.parts)?;
    let before: u64 = manifest.inputs().iter().take(manifest.input).map(super::input::Source::size).sum();
    progress.begin("reading", manifest.inputs().iter().map(super::input::Source::size).sum(), "B");
    progress.read.fetch_add(before, std::sync::atomic::Ordering::Relaxed);
    while let Some(source) = manifest.inputs().get(manifest.input).cloned() {
        let name = source.name();
        let unread = |error: io::Error| Ended::Failed(io::Error::new(error.kind(), format!("{name}: {error}")));
        let mut from = source.open(manifest.at, &progress.read).map_err(unread)?;
        let done = lines(&mut *from, |line, bytes| {
            manifest.lines += 1;
            manifest.at += bytes;
            if let Some(key) = judged(manifest, line).map_err(|why| refused(&name, manifest.lines, &why))? {
                parts.put(key)?;
                manifest.taken += 1;
            }
            if manifest.lines.is_multiple_of(GLANCE) {
                progress.tell(manifest.taken);
            }
            if manifest.lines.is_multiple_of(every) { checkpoint(folder, manifest, &mut parts) } else { Ok(()) }
        });
        done.map_err(|stopped| match stopped {
            Stopped::Input(error) => {
                unread(io::Error::new(error.kind(), format!("after line {}: {error}", manifest.lines)))
            }
            Stopped::Taker(ended) => ended,
        })?;
        (manifest.input, manifest.at, manifest.lines) = (manifest.input + 1, 0, 0);
        checkpoint(folder, manifest, &mut parts)?;
    }
    manifest.is_read = true;
    checkpoint(folder, manifest, &mut parts)
}

fn refused(name: &str, line: u64, why: &str) -> Ended {
    Ended::Refused(format!("{name}, line {line}: {why}. Mend it, or leave out what cannot be read with --skip-bad"))
}

/// The key of a line, if it is to be taken.
fn judged(manifest: &mut Manifest, line: &[u8]) -> Result<Option<u64>, String> {
    let options = manifest.options();
    let found = match entry(line) {
        Ok(None) => return Ok(None),
        Ok(Some(found)) => fitting(manifest, found),
        Err(broken) => Err(broken.to_string()),
    };
    match found {
        Err(_) if options.skip_bad => {
            manifest.bad += 1;
            Ok(None)
        }
        Err(why) => Err(why),
        Ok(found) if found.count.is_some_and(|count| count < options.min_count) => {
            manifest.rare += 1;
            Ok(None)
        }
        Ok(found) => Ok(Some(found.key)),
    }
}

/// All hashes are of the kind of the first.
fn fitting(manifest: &mut Manifest, found: Entry) -> Result<Entry, String> {
    let ntlm = found.kind == Kind::Ntlm;
    if *manifest.ntlm.get_or_insert(ntlm) == ntlm {
        return Ok(found);
    }
    let expected = match (manifest.options().ntlm, ntlm) {
        (true, _) => "32 hexadecimal digits, because of --ntlm, and found 40",
        (false, true) => "40 hexadecimal digits, as in the lines before, and found 32",
        (false, false) => "32 hexadecimal digits, as in the lines before, and found 40",
    };
    Err(format!("expected a hash of {expected}"))
}

/// Makes what was read last, and writes down how much that is.
fn checkpoint(folder: &Folder, manifest: &mut Manifest, parts: &mut Parts) -> Result<(), Ended> {
    fault::point("breach.parts");
    parts.sync()?;
    manifest.parts.clone_from(&parts.keys);
    folder.save(manifest)?;
    fault::point("breach.manifest");
    Ok(())
}

/// The files of the parts.
struct Parts {
    files: Vec<(File, Vec<u8>)>,
    keys: Vec<u64>,
}

impl Parts {
    /// Opens them; what was written after the manifest is forgotten.
    fn open(folder: &Folder, keys: &[u64]) -> io::Result<Self> {
        let open = |(part, keys): (usize, &u64)| {
            let mut file = File::options().create(true).truncate(false).write(true).open(folder.part(part))?;
            file.set_len(keys * 8)?;
            file.seek(SeekFrom::End(0))?;
            Ok((file, Vec::with_capacity(GATHERED)))
        };
        let files = keys.iter().enumerate().map(open).collect::<io::Result<_>>()?;
        Ok(Self { files, keys: keys.to_vec() })
    }

    fn put(&mut self, key: u64) -> io::Result<()> {
        let part = (usize::from(key.to_be_bytes()[0]) * self.keys.len()) >> 8;
        let (Some((file, gathered)), Some(keys)) = (self.files.get_mut(part), self.keys.get_mut(part)) else {
            return Err(io::Error::other("there is no such part"));
        };
        gathered.extend(key.to_le_bytes());
        *keys += 1;
        if gathered.len() >= GATHERED {
            file.write_all(gathered)?;
            gathered.clear();
        }
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        for (file, gathered) in &mut self.files {
            file.write_all(gathered)?;
            gathered.clear();
        }
        self.files.iter().try_for_each(|(file, _)| file.sync_data())
    }
}
