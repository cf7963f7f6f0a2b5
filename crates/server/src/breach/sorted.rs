//! The second and third step of a build: each part in order, and the blocks of the filter from all parts.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use regain_core::password::breach::{self, About, BLOCK, Block, Index, Precision, block_of};

use super::manifest::Folder;
use super::progress::Progress;
use crate::fault;

/// Blocks that are made before they are written and counted: 50 MB of keys.
const BATCH: u32 = 128;

/// More threads than this would only need more memory.
const MOST_THREADS: usize = 4;

/// Bytes of a block in the table.
const RECORD: u64 = 16;

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS)
}

/// Puts each part in order, each key once; parts that are so already are left. Gives how many keys each has.
pub(super) fn sort(folder: &Folder, parts: &[u64], progress: &mut Progress) -> io::Result<Vec<u64>> {
    progress.begin("sorting", parts.iter().sum(), "lines");
    let (next, done) = (AtomicUsize::new(0), Mutex::new((vec![0_u64; parts.len()], progress)));
    let work = || -> io::Result<()> {
        loop {
            let part = next.fetch_add(1, Ordering::Relaxed);
            let Some(keys) = parts.get(part) else { return Ok(()) };
            let sorted = sort_part(folder, part, *keys)?;
            let Ok(mut done) = done.lock() else { return Ok(()) };
            if let Some(slot) = done.0.get_mut(part) {
                *slot = sorted;
            }
            let kept = done.0.iter().sum();
            done.1.read.fetch_add(*keys, Ordering::Relaxed);
            done.1.tell(kept);
        }
    };
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads()).map(|_| scope.spawn(work)).collect();
        running.into_iter().try_for_each(|thread| thread.join().map_err(|_| broke_off())?)
    })?;
    Ok(done.into_inner().map_err(|_| broke_off())?.0)
}

fn broke_off() -> io::Error {
    io::Error::other("a thread broke off")
}

fn sort_part(folder: &Folder, part: usize, keys: u64) -> io::Result<u64> {
    let (from, to) = (folder.part(part), folder.sorted(part));
    match fs::metadata(&to) {
        Ok(found) => return remove_if_there(&from).map(|()| found.len() / 8),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let mut keys = read_keys(&from, keys)?;
    keys.sort_unstable();
    keys.dedup();
    let draft = folder.draft(&format!("{part:02x}"));
    let mut file = BufWriter::with_capacity(1 << 18, File::create(&draft)?);
    keys.iter().try_for_each(|key| file.write_all(&key.to_le_bytes()))?;
    file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_data()?;
    fs::rename(&draft, &to)?;
    fault::point("breach.sorted");
    remove_if_there(&from)?;
    Ok(u64::try_from(keys.len()).unwrap_or(0))
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

fn read_keys(path: &Path, keys: u64) -> io::Result<Vec<u64>> {
    let mut file = File::open(path)?.take(keys * 8);
    let mut found = Vec::with_capacity(usize::try_from(keys).map_err(io::Error::other)?);
    let mut piece = vec![0; 1 << 18];
    loop {
        let mut length = 0;
        while let Some(rest) = piece.get_mut(length..).filter(|rest| !rest.is_empty()) {
            match file.read(rest)? {
                0 => break,
                read => length += read,
            }
        }
        let (whole, _) = piece.get(..length).unwrap_or_default().as_chunks();
        found.extend(whole.iter().map(|bytes| u64::from_le_bytes(*bytes)));
        if length < piece.len() {
            break;
        }
    }
    if u64::try_from(found.len()).ok() == Some(keys) { Ok(found) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// Makes the filter in the build's folder, from the blocks on that are there already.
pub(super) fn fill(folder: &Folder, parts: &[u64], about: About, progress: &mut Progress) -> io::Result<()> {
    let count = u32::try_from(about.entries.div_ceil(BLOCK)).map_err(io::Error::other)?;
    let mut output = Output::open(folder, about, count)?;
    let made = output.blocks.iter().map(|block| u64::from(block.entries)).sum();
    progress.begin("filtering", about.entries, "passwords");
    progress.read.fetch_add(made, Ordering::Relaxed);
    let mut keys = Keys { folder, parts, next: 0, left: Vec::new().into_iter() };
    let mut first = output.made();
    while first < count {
        let batch = keys.blocks(first, (first + BATCH).min(count), count)?;
        output.add(&batch, about.precision)?;
        first = output.made();
        progress.read.fetch_add(batch.iter().map(|keys| keys.len() as u64).sum(), Ordering::Relaxed);
        progress.tell(u64::from(first));
    }
    output.end(about)
}

/// The keys of all parts in order.
struct Keys<'a> {
    folder: &'a Folder,
    parts: &'a [u64],
    next: usize,
    left: std::vec::IntoIter<u64>,
}

impl Keys<'_> {
    /// The keys of these blocks; what comes before them is passed over.
    fn blocks(&mut self, from: u32, to: u32, count: u32) -> io::Result<Vec<Vec<u64>>> {
        let mut blocks = vec![Vec::new(); usize::try_from(to - from).map_err(io::Error::other)?];
        loop {
            while let Some(key) = self.left.as_slice().first().copied() {
                let number = block_of(key, count);
                if number >= to {
                    return Ok(blocks);
                }
                self.left.next();
                let own = number.checked_sub(from).and_then(|at| blocks.get_mut(usize::try_from(at).ok()?));
                if let Some(block) = own {
                    block.push(key);
                }
            }
            let Some(keys) = self.parts.get(self.next) else { return Ok(blocks) };
            self.left = read_keys(&self.folder.sorted(self.next), *keys)?.into_iter();
            self.next += 1;
        }
    }
}

/// The filter as it grows, and its table beside it.
struct Output {
    filter: File,
    table: File,
    blocks: Vec<Block>,
}

impl Output {
    /// Opens them; keeps the blocks that are in both.
    fn open(folder: &Folder, about: About, count: u32) -> io::Result<Self> {
        let open = |path| File::options().create(true).truncate(false).read(true).write(true).open(path);
        let (mut filter, mut table) = (open(folder.filter())?, open(folder.table())?);
        let mut blocks = Vec::new();
        let mut end = Self::start(count);
        let length = filter.metadata()?.len();
        let mut record = [0; RECORD as usize];
        while table.read_exact(&mut record).is_ok() {
            let Some(block) = Block::decode(&record) else { break };
            let bytes = u64::from(block.shape.slots()) * about.precision.width() as u64;
            if end + bytes > length || crc(&filter, end, bytes)? != block.crc {
                break;
            }
            end += bytes;
            blocks.push(block);
        }
        filter.set_len(end)?;
        filter.seek(SeekFrom::Start(end))?;
        table.set_len(blocks.len() as u64 * RECORD)?;
        table.seek(SeekFrom::End(0))?;
        Ok(Self { filter, table, blocks })
    }

    /// The first byte of the first block.
    fn start(count: u32) -> u64 {
        Index::HEAD as u64 + u64::from(count) * RECORD
    }

    fn made(&self) -> u32 {
        u32::try_from(self.blocks.len()).unwrap_or(u32::MAX)
    }

    /// Makes the next blocks and writes them.
    fn add(&mut self, batch: &[Vec<u64>], precision: Precision) -> io::Result<()> {
        for (entries, filled) in batch.iter().map(Vec::len).zip(filled(batch, precision)?) {
            let entries = u32::try_from(entries).map_err(io::Error::other)?;
            let crc = crc32fast::hash(&filled.bytes);
            self.filter.write_all(&filled.bytes)?;
            self.blocks.push(Block { entries, shape: filled.shape, seed: filled.seed, crc });
        }
        // The blocks first: a record without its block would be believed.
        self.filter.sync_data()?;
        fault::point("breach.blocks");
        let added = self.blocks.iter().rev().take(batch.len()).rev();
        self.table.write_all(&added.flat_map(Block::encode).collect::<Vec<u8>>())?;
        fault::point("breach.table");
        Ok(())
    }

    /// Writes the head.
    fn end(mut self, about: About) -> io::Result<()> {
        self.filter.seek(SeekFrom::Start(0))?;
        self.filter.write_all(&breach::encode(&about, &self.blocks))?;
        self.filter.sync_all()
    }
}

fn crc(file: &File, at: u64, length: u64) -> io::Result<u32> {
    let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
    file.read_exact_at(&mut bytes, at)?;
    Ok(crc32fast::hash(&bytes))
}

/// Makes the blocks of a batch side by side.
fn filled(batch: &[Vec<u64>], precision: Precision) -> io::Result<Vec<breach::Filled>> {
    let share = batch.len().div_ceil(threads()).max(1);
    let make = |keys: &Vec<u64>| {
        breach::fill(keys, precision)
            .ok_or_else(|| io::Error::other("the keys of a block found no places: build it again"))
    };
    std::thread::scope(|scope| {
        let work = |keys: &[Vec<u64>]| keys.iter().map(make).collect::<io::Result<Vec<_>>>();
        let running: Vec<_> = batch.chunks(share).map(|keys| scope.spawn(move || work(keys))).collect();
        let mut all = Vec::new();
        for thread in running {
            all.extend(thread.join().map_err(|_| broke_off())??);
        }
        Ok(all)
    })
}
