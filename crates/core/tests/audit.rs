//! The chain of the audit trail: whatever is done to it is noticed, and the place is named.

use proptest::prelude::*;
use regain_core::audit::chain::{GENESIS, Linked, Row, Sealing, link};
use regain_core::audit::checkpoint::{Checkpoint, Kind, Signed};
use regain_core::audit::verify::{Problem, Report, SIGNED_WITHIN, Verifier};
use regain_core::{Digest, Keys, Span, Time};

const NOW: Time = Time(1_795_428_000_000);

fn keys() -> Keys {
    Keys::new([42; 32])
}

fn row(n: i64) -> Row {
    let mut row = Row {
        id: format!("{n:03}"),
        at: NOW.0 + n,
        flow: "f".into(),
        reference: "123".into(),
        user_id: "jo@example.org".into(),
        account: (n % 2 == 0).then(|| "a1".to_owned()),
        act: "started".into(),
        outcome: "success".into(),
        detail: "{\"act\":\"started\"}".into(),
        address: "192.0.2.7".into(),
        browser: "test".into(),
        seal: None,
    };
    row.seal = Some(row.sealed(&keys()));
    row
}

fn trail(events: i64) -> Vec<Linked> {
    link((0, GENESIS), (1..=events).map(row).collect())
}

fn point(kind: Kind, seq: i64, hash: Digest) -> Checkpoint {
    Checkpoint { seq, at: Time(NOW.0 + seq), kind, hash, key: "k".into() }
}

/// What was signed: that nothing is older than the chain, and events 5 and 10.
fn signed(trail: &[Linked]) -> Vec<Checkpoint> {
    let marks = trail.iter().filter(|event| event.seq % 5 == 0).map(|event| point(Kind::Mark, event.seq, event.hash));
    std::iter::once(point(Kind::Adopted, 0, GENESIS)).chain(marks).collect()
}

fn look(trail: &[Linked], signed: Vec<Checkpoint>, head: Option<(i64, Digest)>) -> Report {
    let keys = keys();
    let mut verifier = Verifier::new(signed, Some(&keys));
    trail.iter().for_each(|event| verifier.event(event));
    verifier.end(head, Some(NOW + SIGNED_WITHIN))
}

/// What is wrong with twelve events after `change`, of which the first ten are signed.
#[track_caller]
fn after(change: impl FnOnce(&mut Vec<Linked>)) -> Vec<Problem> {
    let whole = trail(12);
    let mut changed = whole.clone();
    change(&mut changed);
    let head = whole.last().map(|last| (last.seq, last.hash));
    look(&changed, signed(&whole), head).problems
}

fn altered(seq: i64) -> Problem {
    Problem::Altered { seq, id: format!("{seq:03}") }
}

fn forged(seq: i64) -> Problem {
    Problem::Forged { seq, id: format!("{seq:03}") }
}

#[test]
fn a_trail_as_it_was_written_is_good() {
    let whole = trail(12);
    let report = look(&whole, signed(&whole), Some((12, whole[11].hash)));
    assert_eq!(report.problems, []);
    assert_eq!((report.events, report.last, report.signed), (12, 12, Some((10, Time(NOW.0 + 10)))));
}

#[test]
fn every_column_is_covered_by_hash_and_seal() {
    let edits: [fn(&mut Row); 11] = [
        |row| row.at += 1,
        |row| row.flow.push('x'),
        |row| row.reference.push('x'),
        |row| row.user_id.push('x'),
        |row| row.account = None,
        |row| row.act.push('x'),
        |row| row.outcome.push('x'),
        |row| row.detail.push('x'),
        |row| row.address.push('x'),
        |row| row.browser.push('x'),
        // What is moved from one column to the next is another row.
        |row| (row.address, row.browser) = (format!("{}t", row.address), "est".into()),
    ];
    for (n, edit) in edits.into_iter().enumerate() {
        assert_eq!(after(|trail| edit(&mut trail[3].row)), [altered(4), forged(4)], "edit {n}");
    }
    let renamed = |name: &str| Problem::Altered { seq: 4, id: name.into() };
    let problems = after(|trail| trail[3].row.id = "x".into());
    assert_eq!(problems, [renamed("x"), Problem::Forged { seq: 4, id: "x".into() }]);
    assert_eq!(after(|trail| trail[3].row.seal = Some("x.y".into())), [altered(4)], "another key's seal is not judged");
    assert_eq!(after(|trail| trail[3].row.seal = None), [altered(4), forged(4)]);
}

#[test]
fn what_is_taken_out_is_missed_by_its_number() {
    let gone = |first, last| Problem::Missing { first, last };
    assert_eq!(after(|trail| drop(trail.remove(5))), [gone(6, 6)]);
    assert_eq!(after(|trail| drop(trail.remove(0))), [gone(1, 1)]);
    assert_eq!(after(|trail| drop(trail.drain(2..4))), [gone(3, 4)]);
    let cut = |last, was, at| Problem::CutOff { last, was, at };
    assert_eq!(after(|trail| drop(trail.pop())), [cut(11, 12, None)]);
    assert_eq!(after(|trail| trail.truncate(7)), [cut(7, 10, Some(Time(NOW.0 + 10)))]);
    assert_eq!(after(Vec::clear), [cut(0, 10, Some(Time(NOW.0 + 10)))]);
}

#[test]
fn what_is_moved_or_put_in_does_not_fit() {
    let swapped = after(|trail| {
        let (third, fourth) = (trail[2].row.clone(), trail[3].row.clone());
        (trail[2].row, trail[3].row) = (fourth, third);
    });
    let names = |seq, id: &str| Problem::Altered { seq, id: id.into() };
    assert_eq!(swapped, [names(3, "004"), names(4, "003")]);
    let put_in = after(|trail| {
        let hash = trail[2].hash;
        let mut all = link((2, trail[1].hash), vec![Row { seal: None, ..row(99) }]);
        all.extend(trail.split_off(2).into_iter().map(|event| Linked { seq: event.seq + 1, ..event }));
        trail.extend(all);
        assert_ne!(trail[2].hash, hash);
    });
    assert_eq!(put_in[..2], [Problem::Forged { seq: 3, id: "099".into() }, names(4, "003")]);
}

#[test]
fn hashes_made_to_fit_do_not_fit_what_was_signed() {
    let rewritten = after(|trail| {
        let mut rows: Vec<Row> = trail.iter().map(|event| event.row.clone()).collect();
        rows[6].user_id = "nobody".into();
        *trail = link((0, GENESIS), rows);
    });
    let at = Time(NOW.0 + 10);
    let last = Problem::HeadMoved { last: 12 };
    assert_eq!(rewritten, [forged(7), Problem::Rewritten { after: 5, signed: 10, at }, last]);
    let shortened = after(|trail| {
        let rows = trail.drain(..).map(|event| event.row).skip(1).collect();
        *trail = link((0, GENESIS), rows);
    });
    assert_eq!(shortened[0], Problem::Rewritten { after: 0, signed: 5, at: Time(NOW.0 + 5) });
}

#[test]
fn an_end_that_is_cut_off_shows_in_a_checkpoint_from_elsewhere_only() {
    let whole = trail(12);
    let (cut, mut points) = (&whole[..5], signed(&whole[..5]));
    assert_eq!(look(cut, points.clone(), Some((5, whole[4].hash))).problems, [], "nothing in the store tells of it");
    points.push(point(Kind::Mark, 10, whole[9].hash));
    let told = look(cut, points, Some((5, whole[4].hash))).problems;
    assert_eq!(told, [Problem::CutOff { last: 5, was: 10, at: Some(Time(NOW.0 + 10)) }]);
}

#[test]
fn signatures_that_were_taken_away_are_missed_after_some_time() {
    let whole = trail(12);
    let head = Some((12, whole[11].hash));
    let keys = keys();
    let late = |points, later| {
        let mut verifier = Verifier::new(points, Some(&keys));
        whole.iter().for_each(|event| verifier.event(event));
        verifier.end(head, Some(NOW + later)).problems
    };
    assert_eq!(late(signed(&whole), SIGNED_WITHIN), []);
    let much_later = Span(SIGNED_WITHIN.0 + 100);
    assert_eq!(late(signed(&whole), much_later), [Problem::Unsigned { first: 11, since: Time(NOW.0 + 11) }]);
    let rewound = signed(&whole[..6]);
    assert_eq!(late(rewound, much_later), [Problem::Unsigned { first: 6, since: Time(NOW.0 + 6) }]);
}

#[test]
fn after_pruning_the_trail_begins_where_that_was_signed() {
    let whole = trail(12);
    let mut points = vec![point(Kind::Pruned, 7, whole[6].hash)];
    points.extend(signed(&whole));
    let head = Some((12, whole[11].hash));
    let report = look(&whole[7..], points.clone(), head);
    assert_eq!((report.problems, report.pruned, report.too_old), (vec![], 7, 1));
    let more = look(&whole[8..], points.clone(), head);
    assert_eq!(more.problems, [Problem::Missing { first: 8, last: 8 }]);
    points[0].hash = Digest([1; 32]);
    assert_eq!(look(&whole[7..], points, head).problems, [altered(8)]);
    let without = look(&whole[7..], signed(&whole), head);
    assert_eq!(without.problems[0], Problem::Missing { first: 1, last: 7 });
}

#[test]
fn events_from_before_the_chain_have_no_seal_and_nothing_can_be_added_to_them() {
    let old = |n| Row { seal: None, ..row(n) };
    let whole = link((0, GENESIS), vec![old(1), old(2), row(3), row(4)]);
    let adopted = |seq: i64| vec![point(Kind::Adopted, seq, whole[usize::try_from(seq).unwrap() - 1].hash)];
    let head = Some((4, whole[3].hash));
    assert_eq!(look(&whole, adopted(2), head).problems, []);
    assert_eq!(look(&whole, adopted(1), head).problems, [forged(2)]);
    let again = [Problem::AdoptedTwice { seq: 3 }, Problem::AdoptedTwice { seq: 4 }];
    assert_eq!(look(&whole, adopted(4), head).problems, again);
}

#[test]
fn the_end_of_the_chain_cannot_be_moved_unseen() {
    let whole = trail(10);
    let points = signed(&whole);
    for (head, expected) in [
        ((10, whole[9].hash), vec![]),
        ((10, Digest([3; 32])), vec![Problem::HeadMoved { last: 10 }]),
        ((8, whole[7].hash), vec![Problem::HeadMoved { last: 10 }]),
        ((11, whole[9].hash), vec![Problem::CutOff { last: 10, was: 11, at: None }]),
    ] {
        assert_eq!(look(&whole, points.clone(), Some(head)).problems, expected);
    }
}

#[test]
fn a_part_is_looked_through_from_its_first_event() {
    let whole = trail(12);
    let look = |from: usize, points| {
        let mut verifier = Verifier::from_part(points, whole[from].seq);
        whole[from..].iter().for_each(|event| verifier.event(event));
        verifier.end(None, None)
    };
    let report = look(5, signed(&whole));
    assert_eq!((report.problems, report.pruned, report.events), (vec![], 5, 7));
    let mut wrong = signed(&whole);
    wrong[1].hash = Digest([1; 32]);
    assert_eq!(look(5, wrong).problems, [altered(6)], "what is signed about the event before holds the first one");
    assert_eq!(look(6, vec![]).problems, []);
}

#[test]
fn a_checkpoint_s_line_is_read_as_it_was_written_and_in_no_other_way() {
    let checkpoint = point(Kind::Mark, 7, Digest([0xab; 32]));
    let line = format!("{} c2ln", checkpoint.statement());
    let read = Signed::parse(&line).unwrap();
    assert_eq!((read.checkpoint, read.signature.as_str()), (checkpoint.clone(), "c2ln"));
    assert_eq!(read.signed, checkpoint.statement());
    for wrong in [
        line.replace(" 7 ", " +7 "),
        line.replace(" 7 ", " 07 "),
        line.replace(" mark ", " note "),
        line.replace("abab", "ABAB"),
        line.replace("audit/1", "audit/2"),
        format!("{line} x"),
        checkpoint.statement(),
        String::new(),
    ] {
        assert_eq!(Signed::parse(&wrong), None, "{wrong}");
    }
}

#[test]
fn a_seal_tells_who_wrote_a_row() {
    let (sealed, other) = (row(1), Keys::new([9; 32]));
    assert_eq!(sealed.sealing(&keys()), Sealing::Good);
    assert_eq!(sealed.sealing(&other), Sealing::OtherKey);
    let both = Keys::ring([9; 32], vec![[42; 32]]);
    assert_eq!(sealed.sealing(&both), Sealing::Good, "while the key is changed, the former counts");
    assert_eq!(Row { seal: None, ..row(1) }.sealing(&keys()), Sealing::Missing);
    assert_eq!(Row { user_id: "sam".into(), ..row(1) }.sealing(&keys()), Sealing::Broken);
    assert_eq!(Row { seal: Some("none".into()), ..row(1) }.sealing(&keys()), Sealing::Broken);
}

/// Something that somebody may do to a trail.
#[derive(Clone, Debug)]
enum Harm {
    Edit(usize, String),
    Remove(usize),
    Swap(usize, usize),
    Double(usize),
    Cut(usize),
    Rewrite(usize),
}

fn harm() -> impl Strategy<Value = Harm> {
    prop_oneof![
        (0..10usize, "[a-z]{1,5}").prop_map(|(n, text)| Harm::Edit(n, text)),
        (0..10usize).prop_map(Harm::Remove),
        (0..10usize, 0..10usize).prop_map(|(a, b)| Harm::Swap(a, b)),
        (0..10usize).prop_map(Harm::Double),
        (0..10usize).prop_map(Harm::Cut),
        (0..10usize).prop_map(Harm::Rewrite),
    ]
}

fn done(mut trail: Vec<Linked>, harm: &Harm) -> Vec<Linked> {
    let fits = |n: &usize| *n < trail.len();
    match harm {
        Harm::Edit(n, text) if fits(n) => trail[*n].row.user_id.push_str(text),
        Harm::Remove(n) if fits(n) => drop(trail.remove(*n)),
        Harm::Swap(a, b) if fits(a) && fits(b) => trail.swap(*a, *b),
        Harm::Double(n) if fits(n) => trail.insert(*n, trail[*n].clone()),
        Harm::Cut(n) => trail.truncate(*n),
        Harm::Rewrite(n) if fits(n) => {
            let mut rows: Vec<Row> = trail.drain(..).map(|event| event.row).collect();
            rows[*n].outcome = "unknown".into();
            trail = link((0, GENESIS), rows);
        }
        _ => {}
    }
    trail
}

proptest! {
    /// Ten events, all signed: whatever is done to them in whatever order is noticed, unless it comes to nothing.
    #[test]
    fn nothing_that_is_signed_can_be_changed_unseen(harms in prop::collection::vec(harm(), 1..6)) {
        let whole = trail(10);
        let harmed = harms.iter().fold(whole.clone(), done);
        // What lies in the store is read in the order of its numbers.
        let mut read = harmed;
        read.sort_by_key(|event| event.seq);
        let problems = look(&read, signed(&whole), Some((10, whole[9].hash))).problems;
        prop_assert_eq!(problems.is_empty(), read == whole, "{:?}: {:?}", harms, problems);
    }

    /// No two rows have the same hash.
    #[test]
    fn texts_cannot_be_shifted_between_columns(a in ".{0,12}", b in ".{0,12}", c in ".{0,12}", d in ".{0,12}") {
        let of = |a: &str, b: &str| Row { address: a.into(), browser: b.into(), ..row(1) }.hash(&GENESIS, 1);
        prop_assert_eq!(of(&a, &b) == of(&c, &d), (a, b) == (c, d));
    }
}
