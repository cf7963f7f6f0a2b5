//! Where a corpus comes from: files or standard input, plain or packed, line by line.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek as _, SeekFrom};
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ruzstd::decoding::FrameDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use serde::{Deserialize, Serialize};

/// No line of a corpus comes near this.
const LONGEST_LINE: usize = 256;

/// Read at once.
const PIECE: usize = 1 << 18;

/// One input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The file; none is standard input.
    path: Option<PathBuf>,
    /// Its bytes.
    size: u64,
    /// When it was last written to, in nanoseconds since 1970.
    written: i128,
}

impl Source {
    /// The input of this name; `-` is standard input.
    ///
    /// # Errors
    /// If there is no such file, with what to do.
    pub fn named(path: PathBuf) -> Result<Self, String> {
        if path.as_os_str() == "-" {
            return Ok(Self { path: None, size: 0, written: 0 });
        }
        let found = std::fs::metadata(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        if found.is_dir() {
            return Err(format!("{}: this is a folder; name the files in it, as {0}/*", path.display()));
        }
        // A relative name means another file elsewhere.
        let path = path.canonicalize().map_err(|error| format!("{}: {error}", path.display()))?;
        let written = i128::from(found.mtime()) * 1_000_000_000 + i128::from(found.mtime_nsec());
        Ok(Self { path: Some(path), size: found.len(), written })
    }

    /// What it is called in messages.
    pub fn name(&self) -> String {
        self.path.as_ref().map_or_else(|| "standard input".to_owned(), |path| path.display().to_string())
    }

    /// Whether it can be read a second time.
    pub(super) fn is_lasting(&self) -> bool {
        self.path.is_some() && self.size > 0
    }

    /// Its bytes as they lie there; 0 if nobody knows.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Opens it for reading from so many unpacked bytes on. Bytes as they lie there are counted in `read`.
    pub(super) fn open(&self, from: u64, read: &Arc<AtomicU64>) -> io::Result<Box<dyn BufRead>> {
        let Some(path) = &self.path else { return unpacked(io::stdin(), from, read) };
        let mut file = File::open(path)?;
        let mut magic = [0; 4];
        let length = fill(&mut file, &mut magic)?;
        let plain = Packing::of(magic.get(..length).unwrap_or_default()) == Packing::None;
        let start = if plain { from } else { 0 };
        file.seek(SeekFrom::Start(start))?;
        read.fetch_add(start, Ordering::Relaxed);
        unpacked(file, from - start, read)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Packing {
    None,
    Gzip,
    Zstd,
}

impl Packing {
    /// By the first bytes. RFC 1952 §2.3.1; RFC 8878 §3.1.1, and §3.1.2 for frames to be skipped.
    fn of(magic: &[u8]) -> Self {
        match magic {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd] | [0x50..=0x5f, 0x2a, 0x4d, 0x18] => Self::Zstd,
            _ => Self::None,
        }
    }
}

pub(super) fn unpacked(
    mut from: impl Read + 'static,
    skip: u64,
    read: &Arc<AtomicU64>,
) -> io::Result<Box<dyn BufRead>> {
    let mut magic = [0; 4];
    let length = fill(&mut from, &mut magic)?;
    let magic = magic.get(..length).unwrap_or_default().to_vec();
    let packing = Packing::of(&magic);
    let whole = Counted { inner: Cursor::new(magic).chain(from), read: Arc::clone(read) };
    let whole = BufReader::with_capacity(PIECE, whole);
    let mut lines: Box<dyn BufRead> = match packing {
        Packing::None => Box::new(whole),
        Packing::Gzip => Box::new(BufReader::with_capacity(PIECE, flate2::bufread::MultiGzDecoder::new(whole))),
        Packing::Zstd => Box::new(BufReader::with_capacity(PIECE, Frames::new(whole))),
    };
    io::copy(&mut lines.by_ref().take(skip), &mut io::sink())?;
    Ok(lines)
}

/// Reads until the buffer is full or there is no more; a pipe may bring a byte at a time.
fn fill(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut rest = &mut *buffer;
    while !rest.is_empty() {
        match from.read(rest) {
            Ok(0) => break,
            Ok(read) => rest = rest.get_mut(read..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let left = rest.len();
    Ok(buffer.len() - left)
}

/// Counts what passes.
struct Counted<R> {
    inner: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.read.fetch_add(u64::try_from(read).unwrap_or(0), Ordering::Relaxed);
        Ok(read)
    }
}

/// All frames of a zstd file one after the other: there are several if it was packed by several threads.
struct Frames<R> {
    inner: R,
    decoder: FrameDecoder,
    within: bool,
}

impl<R: BufRead> Frames<R> {
    fn new(inner: R) -> Self {
        Self { inner, decoder: FrameDecoder::new(), within: false }
    }

    /// Begins the next frame. Gives whether there is one.
    fn begin(&mut self) -> io::Result<bool> {
        while !self.inner.fill_buf()?.is_empty() {
            match self.decoder.reset(&mut self.inner) {
                Ok(()) => {
                    self.within = true;
                    return Ok(true);
                }
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                    io::copy(&mut self.inner.by_ref().take(u64::from(length)), &mut io::sink())?;
                }
                Err(error) => return Err(io::Error::other(error)),
            }
        }
        Ok(false)
    }

    /// Looks at the checksum of the frame that was read to its end.
    fn end(&mut self) -> io::Result<()> {
        self.within = false;
        let (written, found) = (self.decoder.get_checksum_from_data(), self.decoder.get_calculated_checksum());
        if written.is_some() && written != found {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "zstd: the checksum is wrong"));
        }
        Ok(())
    }
}

impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        use ruzstd::decoding::BlockDecodingStrategy::UptoBlocks;
        while !buffer.is_empty() {
            if !self.within && !self.begin()? {
                return Ok(0);
            }
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                self.decoder.decode_blocks(&mut self.inner, UptoBlocks(1)).map_err(io::Error::other)?;
            }
            let read = self.decoder.read(buffer)?;
            if read > 0 {
                return Ok(read);
            }
            self.end()?;
        }
        Ok(0)
    }
}

/// Why a line was not read.
pub(super) enum Stopped<E> {
    /// The input could not be read.
    Input(io::Error),
    /// Whoever took the lines did not want to go on.
    Taker(E),
}

/// Hands over each line without its line feed, and how many bytes of the input it took. A line that is far too long is cut.
pub(super) fn lines<E>(
    from: &mut dyn BufRead,
    mut take: impl FnMut(&[u8], u64) -> Result<(), E>,
) -> Result<(), Stopped<E>> {
    let mut begun: Vec<u8> = Vec::new();
    let mut passed = 0_u64;
    loop {
        let piece = from.fill_buf().map_err(Stopped::Input)?;
        if piece.is_empty() {
            break;
        }
        let length = piece.len();
        let mut rest = piece;
        while let Some(at) = memchr::memchr(b'\n', rest) {
            let (line, after) = (rest.get(..at).unwrap_or_default(), rest.get(at + 1..).unwrap_or_default());
            let bytes = passed + wide(at) + 1;
            passed = 0;
            if begun.is_empty() {
                take(line, bytes).map_err(Stopped::Taker)?;
            } else {
                begun.extend(line.iter().take(LONGEST_LINE));
                take(&begun, bytes).map_err(Stopped::Taker)?;
                begun.clear();
            }
            rest = after;
        }
        passed += wide(rest.len());
        let room = LONGEST_LINE.saturating_sub(begun.len());
        begun.extend(rest.iter().take(room));
        from.consume(length);
    }
    if passed > 0 { take(&begun, passed).map_err(Stopped::Taker) } else { Ok(()) }
}

fn wide(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
