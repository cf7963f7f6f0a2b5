//! Building from every kind of input, resuming, refusing, and changing a filter under way.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use regain_core::password::breach::{Index, Kind, entry};
use regain_core::{Secret, Time};
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use super::build::make;
use super::input::lines;
use super::manifest::Folder;
use super::partition::{Ended, partition};
use super::progress::Progress;
use super::*;

const NOW: Time = Time(1_795_428_000_000);

/// The n-th hash of a corpus, as digits.
fn hash(n: u64) -> String {
    let spread = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23).wrapping_mul(0xd6e8_feb8_6659_fd93);
    format!("{:016X}{:016X}{:08X}", spread(n), spread(n + 7), n % 0xffff_ffff)
}

fn corpus(numbers: impl Iterator<Item = u64>) -> String {
    numbers.map(|n| format!("{}:{}\n", hash(n), n % 50 + 1)).collect()
}

fn gzip(text: &str) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(text.as_bytes()).unwrap();
    packed.finish().unwrap()
}

fn zstd(text: &str) -> Vec<u8> {
    compress_to_vec(text.as_bytes(), CompressionLevel::Fastest)
}

struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn source(&self, name: &str, bytes: impl AsRef<[u8]>) -> Source {
        fs::write(self.path(name), bytes).unwrap();
        Source::named(self.path(name)).unwrap()
    }

    fn build(&self, inputs: &[Source], name: &str, options: Options) -> Result<Built, String> {
        make(inputs, &self.path(name), options, NOW, false, 1_000)
    }

    /// A filter of so many entries.
    fn filter(&self, name: &str, entries: u64) -> PathBuf {
        let source = self.source("corpus", corpus(0..entries));
        self.build(&[source], name, Options::default()).unwrap();
        self.path(name)
    }

    /// What lies there besides inputs.
    fn left(&self) -> Vec<String> {
        let names = fs::read_dir(self.0.path()).unwrap().map(|found| found.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.contains("building")).collect()
    }
}

fn found(filter: &Filter, n: u64) -> bool {
    filter.holds_key(entry(hash(n).as_bytes()).unwrap().unwrap().key)
}

#[test]
fn the_order_and_the_dress_of_a_corpus_do_not_matter() {
    let desk = Desk::new();
    let sorted = desk.source("sorted", corpus(0..20_000));
    desk.build(&[sorted], "one", Options::default()).unwrap();
    // Four lists, none in order, with each line in at least one: packed, in lower case, with CRLF, without counts.
    let at = |n: u64, step: u64| n * step % 20_000;
    let crlf = corpus((0..9_000).map(|n| at(n, 7_919))).replace('\n', "\r\n");
    let lower = corpus((4_000..12_000).map(|n| at(n, 7_919))).to_lowercase();
    let (first, second) =
        (corpus((11_000..13_000).map(|n| at(n, 7_919))), corpus((13_000..17_000).map(|n| at(n, 7_919))));
    let bare: String = (16_000..20_000).map(|n| hash(at(n, 7_919)) + "\n").collect();
    let frames = [zstd(&first), b"\x50\x2a\x4d\x18\x03\0\0\0abc".to_vec(), zstd(&second)].concat();
    let members = [gzip(&lower), gzip("\n")].concat();
    let inputs = [
        desk.source("crlf", crlf),
        desk.source("members.gz", members),
        desk.source("frames.zst", frames),
        desk.source("bare", bare.trim_end()),
    ];
    let built = desk.build(&inputs, "other", Options::default()).unwrap();
    assert_eq!((built.about.entries, built.taken, built.bad), (20_000, 27_000, 0));
    assert!(fs::read(desk.path("one")).unwrap() == fs::read(desk.path("other")).unwrap());
    let filter = Filter::open(&desk.path("other")).unwrap();
    assert!((0..20_000).all(|n| found(&filter, n)));
    assert!((20_000..40_000).filter(|n| found(&filter, *n)).count() < 150);
    assert!(desk.left().is_empty());
}

#[test]
fn passwords_are_found_by_either_hash() {
    let desk = Desk::new();
    let sha1 = "5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8:9\nCBFDAC6008F9CAB4083784CBD1874F76618D2A97\n";
    let ntlm = "8846F7EAEE8FB117AD06BDD830B7586C:9\na9fdfa038c4b75ebc76dc855dd74f0da\n";
    for (text, kind, ntlm) in [(sha1, Kind::Sha1, false), (ntlm, Kind::Ntlm, false), (ntlm, Kind::Ntlm, true)] {
        let source = desk.source("list", text);
        let options = Options { ntlm, precise: true, ..Options::default() };
        assert_eq!(desk.build(&[source], "filter", options).unwrap().about.kind, kind);
        let filter = Filter::open(&desk.path("filter")).unwrap();
        for (password, expected) in [("password", true), ("password123", true), ("plum kettle 94 orbit", false)] {
            assert_eq!(filter.holds(&Secret::new(password)), expected, "{password}");
        }
    }
}

#[test]
fn what_was_seen_rarely_is_left_out_on_request() {
    let desk = Desk::new();
    let source = desk.source("list", format!("{}{}\n", corpus(0..1_000), hash(5_000)));
    let built = desk.build(&[source], "filter", Options { min_count: 41, ..Options::default() }).unwrap();
    assert_eq!((built.about.entries, built.rare, built.about.min_count), (201, 800, 41));
    let filter = Filter::open(&desk.path("filter")).unwrap();
    assert!(found(&filter, 40) && found(&filter, 5_000));
}

#[test]
fn a_line_that_cannot_be_read_is_named_or_counted() {
    let desk = Desk::new();
    let (good, ntlm) = (corpus(0..3), "8846F7EAEE8FB117AD06BDD830B7586C");
    for (text, ntlm, line, expected) in [
        (format!("{good}not a hash\n"), false, 4, "40 (SHA-1) or 32 (NTLM) hexadecimal digits"),
        (format!("{good}\n{}\n", &hash(9)[1..]), false, 5, "found 39"),
        (format!("{good}{}:many\n", hash(9)), false, 4, "a whole number after the colon"),
        (format!("{good}{ntlm}\n"), false, 4, "40 hexadecimal digits, as in the lines before"),
        (format!("{ntlm}\n{good}"), false, 2, "32 hexadecimal digits, as in the lines before"),
        (good.clone(), true, 1, "because of --ntlm"),
        (format!("{good}{}\n", "A".repeat(5_000_000)), false, 4, "hexadecimal digits"),
        (format!("{good}{}", &hash(9)[..20]), false, 4, "found 20"),
    ] {
        let source = desk.source("list", text);
        let why = desk.build(&[source], "filter", Options { ntlm, ..Options::default() }).unwrap_err();
        let place = format!("list, line {line}: ");
        assert!(why.contains(&place) && why.contains(expected) && why.contains("--skip-bad"), "{why}");
        assert!(!desk.path("filter").exists() && desk.left().is_empty());
    }
    let source = desk.source("list", format!("oh\n{good}dear:{}\n", hash(2)));
    let built = desk.build(&[source], "filter", Options { skip_bad: true, ..Options::default() }).unwrap();
    assert_eq!((built.about.entries, built.bad), (3, 2));
    let nothing = desk.source("list", "\n\r\n");
    assert!(desk.build(&[nothing], "none", Options::default()).unwrap_err().contains("no password"));
    assert!(Source::named(desk.path("missing")).is_err() && Source::named(desk.0.path().into()).is_err());
}

#[test]
fn packed_lists_that_are_damaged_are_noticed() {
    let desk = Desk::new();
    let text = corpus(0..5_000);
    for (name, packed) in [("list.gz", gzip(&text)), ("list.zst", zstd(&text))] {
        let short = desk.source(name, &packed[..packed.len() - 9]);
        let why = desk.build(&[short], "filter", Options::default()).unwrap_err();
        assert!(why.contains(name) && why.contains("after line"), "{why}");
        let mut turned = packed.clone();
        // The last four bytes but four of gzip and the last four of zstd are checksums.
        let last = turned.len() - if name.ends_with("gz") { 8 } else { 1 };
        turned[last] ^= 1;
        let damaged = desk.source(name, &turned);
        assert!(desk.build(&[damaged], "filter", Options::default()).is_err(), "{name}");
        assert!(!desk.path("filter").exists());
        let whole = desk.source(name, &packed);
        assert_eq!(desk.build(&[whole], "filter", Options::default()).unwrap().about.entries, 5_000);
        fs::remove_file(desk.path("filter")).unwrap();
    }
}

#[test]
fn a_build_goes_on_within_an_input() {
    let desk = Desk::new();
    let good = corpus(0..5_000);
    let broken = good.replacen(&hash(4_321), &"?".repeat(40), 1);
    let direct = desk.source("direct", &good);
    desk.build(&[direct], "expected", Options::default()).unwrap();
    let packs: [fn(&str) -> Vec<u8>; 3] = [|text| text.as_bytes().to_vec(), gzip, zstd];
    for pack in packs {
        let inputs = [desk.source("a", pack(&good)), desk.source("b", pack(&broken))];
        let output = desk.path("filter");
        let folder = Folder::beside(&output).unwrap();
        let (mut manifest, _) = folder.resume(&inputs, Options::default()).unwrap();
        let mut progress = Progress::new(false);
        let ended = partition(&folder, &mut manifest, &mut progress, 1_000);
        assert!(matches!(ended, Err(Ended::Refused(why)) if why.contains("line 4322")));
        let (manifest, told) = folder.resume(&inputs, Options::default()).unwrap();
        assert_eq!((told, manifest.input, manifest.lines, manifest.taken), (None, 1, 4_000, 9_000));
        assert_eq!(manifest.at, corpus(0..4_000).len() as u64);
        drop(folder);
        // The input is as it should be now; that it was written to is not told.
        fs::write(desk.path("b"), pack(&good)).unwrap();
        let built = desk.build(&inputs, "filter", Options::default()).unwrap();
        assert_eq!((built.taken, built.about.entries), (10_000, 5_000));
        assert!(fs::read(&output).unwrap() == fs::read(desk.path("expected")).unwrap());
    }
}

#[test]
fn what_is_left_of_another_build_is_not_gone_on_with() {
    let desk = Desk::new();
    let inputs = [desk.source("a", corpus(0..2_000))];
    let output = desk.path("filter");
    let begin = || {
        let folder = Folder::beside(&output).unwrap();
        let (mut manifest, _) = folder.resume(&inputs, Options::default()).unwrap();
        partition(&folder, &mut manifest, &mut Progress::new(false), 500).unwrap();
        folder
    };
    let told = |inputs: &[Source], options| begin().resume(inputs, options).unwrap().1.unwrap();
    let precise = Options { precise: true, ..Options::default() };
    assert!(told(&inputs, precise).contains("other options"));
    let more = [inputs[0].clone(), desk.source("b", corpus(5..6))];
    assert!(told(&more, Options::default()).contains("other inputs"));
    let changed = [desk.source("a", corpus(0..2_001))];
    assert!(told(&changed, Options::default()).contains("changed"));
    let folder = begin();
    fs::write(desk.path("filter.building/manifest.json"), "{").unwrap();
    assert!(folder.resume(&inputs, Options::default()).unwrap().1.unwrap().contains("manifest"));
    assert!(Folder::beside(&output).is_err(), "one build at a time");
    drop(folder);
    // Somebody else's file in the folder is left alone.
    fs::write(desk.path("filter.building/mine"), "mine").unwrap();
    assert!(desk.build(&inputs, "filter", Options::default()).is_err() || desk.path("filter").exists());
    assert_eq!(fs::read_to_string(desk.path("filter.building/mine")).unwrap(), "mine");
}

/// Opens a file with these bytes.
fn opened(desk: &Desk, bytes: &[u8]) -> Result<Filter, String> {
    fs::write(desk.path("copy"), bytes).unwrap();
    Filter::open(&desk.path("copy"))
}

#[test]
fn a_damaged_file_is_refused_with_what_to_do() {
    let desk = Desk::new();
    let bytes = fs::read(desk.filter("filter", 3_000)).unwrap();
    let data = Index::needed(&bytes).unwrap();
    assert!(opened(&desk, &bytes).is_ok());
    // Head and table are tried bit by bit in core; here each byte once more through the file, and many of the blocks.
    for at in (0..data).chain((data..bytes.len()).step_by(37)).chain([bytes.len() - 1]) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x10;
        let why = opened(&desk, &damaged).unwrap_err();
        let expected = if at < 8 { "regain breach build" } else { "again" };
        assert!(why.contains("copy: ") && why.contains(expected), "byte {at}: {why}");
    }
    for length in [0, 1, 7, 8, 10, 16, 79, 80, data - 1, data, data + 1, bytes.len() - 1] {
        let why = opened(&desk, &bytes[..length]).unwrap_err();
        assert!(why.contains("again") || length < 8, "{length} bytes: {why}");
    }
    let long = [&bytes[..], b"\n"].concat();
    assert!(opened(&desk, &long).unwrap_err().contains("too long"));
    assert!(opened(&desk, b"SQLite format 3\0").unwrap_err().contains("no breach filter"));
    assert!(Filter::open(&desk.path("missing")).unwrap_err().contains("check the path"));
    assert!(Filter::open(desk.0.path()).is_err());
}

#[test]
fn a_file_cut_off_under_a_look_up_ends_nothing() {
    let desk = Desk::new();
    let path = desk.filter("filter", 3_000);
    let filter = Filter::open(&path).unwrap();
    assert!(found(&filter, 5));
    fs::File::options().write(true).open(&path).unwrap().set_len(100).unwrap();
    assert!(!found(&filter, 5));
}

/// Puts one file in the place of another at once.
fn put(from: &Path, to: &Path) {
    let draft = to.with_extension("draft");
    fs::copy(from, &draft).unwrap();
    fs::rename(draft, to).unwrap();
}

#[test]
fn another_filter_is_taken_into_use_and_a_damaged_one_is_not() {
    let desk = Desk::new();
    let (small, large) = (desk.filter("small", 100), desk.filter("large", 200));
    let path = desk.path("filter");
    put(&small, &path);
    let shelf = Shelf::open(&path).unwrap();
    let entries = || shelf.filter().about().entries;
    assert_eq!((shelf.look_again(), entries()), (Ok(false), 100));
    put(&large, &path);
    assert_eq!((shelf.look_again(), entries()), (Ok(true), 200));
    let damaged = desk.path("damaged");
    let mut bytes = fs::read(&small).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&damaged, &bytes).unwrap();
    put(&damaged, &path);
    let why = shelf.look_again().unwrap_err();
    assert!(why.contains("block 0") && why.contains("stays in use"), "{why}");
    assert_eq!((shelf.look_again(), entries()), (Ok(false), 200), "told once");
    fs::remove_file(&path).unwrap();
    assert!(shelf.look_again().unwrap_err().contains("gone"));
    assert_eq!((shelf.look_again(), entries()), (Ok(false), 200));
    put(&small, &path);
    assert_eq!((shelf.look_again(), entries()), (Ok(true), 100));
    fs::write(&path, &bytes).unwrap();
    assert!(shelf.look_again().unwrap_err().contains("rename"));
    assert!(Shelf::open(&damaged).is_err());
}

#[test]
fn lines_come_whole_however_the_input_is_cut() {
    let text = format!("one\n\ntwo\r\n{}\nlast", "x".repeat(300));
    for size in 1..20 {
        let mut from = std::io::BufReader::with_capacity(size, text.as_bytes());
        let (mut found, mut bytes) = (Vec::new(), 0);
        let done = lines(&mut from, |line, length| {
            found.push(String::from_utf8(line.to_vec()).unwrap());
            bytes += length;
            Ok::<(), ()>(())
        });
        assert!(done.is_ok());
        assert_eq!((found.len(), bytes), (5, text.len() as u64), "{size}");
        assert_eq!((&found[..3], found[4].as_str()), (&["one".into(), String::new(), "two\r".into()][..], "last"));
        assert!(found[3].len() > 100);
    }
}
