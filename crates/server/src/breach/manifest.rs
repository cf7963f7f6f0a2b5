//! What is left of a build that was broken off, and whether it may be gone on with.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use regain_core::password::breach::Kind;
use serde::{Deserialize, Serialize};

use super::build::Options;
use super::input::Source;

/// Of the files in the folder of a build. Another version begins anew.
const VERSION: u32 = 1;

/// Into how many parts the keys are sorted at most: as many as the first byte of a key has values. A part of 10⁹ passwords takes
/// 31 MB.
const PARTS: usize = 256;

/// Into how many if there is little: each is a file that is to be brought to the disk.
const FEW_PARTS: usize = 4;

/// From how many bytes on there is much.
const MUCH: u64 = 64 << 20;

/// Into how many parts these inputs are put.
fn parts(inputs: &[Source]) -> usize {
    let is_little = inputs.iter().all(Source::is_lasting) && inputs.iter().map(Source::size).sum::<u64>() < MUCH;
    if is_little { FEW_PARTS } else { PARTS }
}

/// How far a build has come.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Manifest {
    version: u32,
    inputs: Vec<Source>,
    options: Options,
    /// Whether the hashes are NTLM; unknown before the first line.
    pub(super) ntlm: Option<bool>,
    /// The input that is being read, by its place in the list.
    pub(super) input: usize,
    /// How many bytes of it have been read, unpacked.
    pub(super) at: u64,
    /// How many lines.
    pub(super) lines: u64,
    /// Keys taken, one for each line.
    pub(super) taken: u64,
    /// Lines left out because their count is too small.
    pub(super) rare: u64,
    /// Lines left out because they cannot be read.
    pub(super) bad: u64,
    /// Keys in each part.
    pub(super) parts: Vec<u64>,
    /// Whether all inputs were read to the end.
    pub(super) is_read: bool,
}

impl Manifest {
    /// Of a build that begins.
    pub(super) fn new(inputs: &[Source], options: Options) -> Self {
        let (inputs, ntlm) = (inputs.to_vec(), options.ntlm.then_some(true));
        let (version, parts) = (VERSION, vec![0; parts(inputs.as_slice())]);
        let (input, at, lines, taken, rare, bad) = (0, 0, 0, 0, 0, 0);
        Self { version, inputs, options, ntlm, input, at, lines, taken, rare, bad, parts, is_read: false }
    }

    /// By which hash passwords are known.
    pub(super) fn kind(&self) -> Kind {
        if self.ntlm == Some(true) { Kind::Ntlm } else { Kind::Sha1 }
    }

    pub(super) fn options(&self) -> Options {
        self.options
    }

    pub(super) fn inputs(&self) -> &[Source] {
        &self.inputs
    }

    /// Why this build cannot be gone on with; nothing if it can.
    fn hindrance(&self, inputs: &[Source], options: Options) -> Option<&'static str> {
        if self.version != VERSION || self.parts.len() != parts(&self.inputs) {
            return Some("it was begun by another version");
        }
        if self.options != options {
            return Some("it was begun with other options");
        }
        if self.inputs != inputs {
            return Some("it was begun with other inputs, or they have been changed since");
        }
        let fleeting = inputs.iter().any(|input| !input.is_lasting());
        fleeting.then_some("what comes through a pipe cannot be read again from where it was left")
    }
}

/// The folder of a build, beside what it makes. Nobody else builds in it as long as this lives.
pub(super) struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Makes or finds the folder for this output.
    ///
    /// # Errors
    /// If it cannot be made, or somebody builds in it.
    pub(super) fn beside(output: &Path) -> Result<Self, String> {
        let mut name = output.as_os_str().to_owned();
        name.push(".building");
        let path = PathBuf::from(name);
        fs::create_dir_all(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let lock = path.join("lock");
        let opened = File::options().create(true).truncate(false).write(true).open(&lock);
        let lock = opened.map_err(|error| format!("{}: {error}", lock.display()))?;
        if lock.try_lock().is_err() {
            return Err(format!("{}: another build is under way there; wait for it or end it", path.display()));
        }
        Ok(Self { path, _lock: lock })
    }

    /// Where the keys of a part are gathered.
    pub(super) fn part(&self, part: usize) -> PathBuf {
        self.path.join(format!("{part:02x}.keys"))
    }

    /// Where they lie in order, each once.
    pub(super) fn sorted(&self, part: usize) -> PathBuf {
        self.path.join(format!("{part:02x}.sorted"))
    }

    /// Where the filter grows.
    pub(super) fn filter(&self) -> PathBuf {
        self.path.join("filter")
    }

    /// Where the table of its blocks grows.
    pub(super) fn table(&self) -> PathBuf {
        self.path.join("table")
    }

    /// Where something is written before it gets its name.
    pub(super) fn draft(&self, name: &str) -> PathBuf {
        self.path.join(format!("{name}.draft"))
    }

    fn manifest(&self) -> PathBuf {
        self.path.join("manifest.json")
    }

    /// For an error, with the folder's name.
    pub(super) fn failed(&self, error: &io::Error) -> String {
        format!(
            "{}: {error}. What was done so far is kept: the same command goes on from there; to give up, delete the folder",
            self.path.display()
        )
    }

    /// The build to go on with, or a new one; and why, if another was there that is given up.
    pub(super) fn resume(&self, inputs: &[Source], options: Options) -> io::Result<(Manifest, Option<String>)> {
        let found = match fs::read(self.manifest()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            read => Some(read?),
        };
        let mut told = None;
        if let Some(bytes) = found {
            let read = serde_json::from_slice::<Manifest>(&bytes);
            let hindrance = match &read {
                Ok(manifest) => manifest.hindrance(inputs, options),
                Err(_) => Some("its manifest cannot be read"),
            };
            match (read, hindrance) {
                (Ok(manifest), None) => return Ok((manifest, None)),
                (_, why) => {
                    told = why.map(|why| format!("what was left of a build is not used: {why}; beginning anew"))
                }
            }
        }
        self.clear()?;
        Ok((Manifest::new(inputs, options), told))
    }

    /// Writes down how far the build has come: wholly or not at all.
    pub(super) fn save(&self, manifest: &Manifest) -> io::Result<()> {
        let bytes = serde_json::to_vec_pretty(manifest)?;
        let draft = self.draft("manifest");
        let mut file = File::create(&draft)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(draft, self.manifest())?;
        sync_folder(&self.path)
    }

    /// Removes what a build leaves, and nothing else that may lie there.
    fn clear(&self) -> io::Result<()> {
        let parts = (0..PARTS).flat_map(|part| [self.part(part), self.sorted(part)]);
        let drafts = (0..PARTS).map(|part| self.draft(&format!("{part:02x}")));
        // The manifest goes first: without it, the rest is nothing.
        let names = [self.manifest(), self.draft("manifest"), self.filter(), self.table()];
        for path in names.into_iter().chain(parts).chain(drafts) {
            match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// Removes the folder with what the build left in it.
    pub(super) fn remove(self) -> io::Result<()> {
        self.clear()?;
        fs::remove_file(self.path.join("lock"))?;
        fs::remove_dir(&self.path)
    }
}

/// Makes names in a folder last through a power cut.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    let here = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    File::open(here)?.sync_all()
}
