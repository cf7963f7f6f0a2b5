//! Forty passwords and more for each rule: those it turns down and those it lets pass.

use super::*;

/// Which rule said no.
type Rule = fn(&Problem) -> bool;

pub(super) fn rules() -> Rules {
    Rules { organisation: "Thornbury Trust".into(), least: Strength::Weak, ..Rules::default() }
}

fn list() -> Banned {
    Banned::new(["contoso", "blank", "Wester Ross", "Kestrel", "acme", "Quidnunc", "Øresund", "Бабушка"])
}

/// The rule turns down every one of `bad` and none of `good`.
#[track_caller]
pub(super) fn check(rules: &Rules, person: &Person, rule: Rule, bad: &[&str], good: &[&str]) {
    assert!(bad.len() + good.len() >= 40, "{} are too few", bad.len() + good.len());
    let list = list();
    let lists =
        Lists { own: vec![&list], breached: Some(&|password| password.reveal().contains("stolen")), history: None };
    let hit = |text: &str| judge(rules, &lists, person, &Secret::new(text), None).problems().iter().any(rule);
    let wrong: Vec<&&str> = bad.iter().filter(|text| !hit(text)).chain(good.iter().filter(|text| hit(text))).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn too_short() {
    let bad = [
        "a",
        "1",
        " ",
        "é",
        "😀",
        "ab",
        "abc",
        "abcd",
        "abcde",
        "abcdef",
        "abcdefg",
        "x7!Qz2k",
        "       ",
        "ééééééé",
        "e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}",
        "👩\u{200d}🚀👩\u{200d}🚀👩\u{200d}🚀",
        "漢字漢字漢字漢",
        "🇬🇧🇬🇧🇬🇧🇬🇧",
        "k\u{a0}k\u{a0}k\u{a0}k",
        "Passw0r",
        "plum ke",
        "1234567",
        "ﬁﬁﬁﬁﬁﬁﬁ",
        "שלוםשלו",
    ];
    let good = [
        "abcdefgh",
        "x7!Qz2kL",
        "        ",
        "éééééééé",
        "漢字漢字漢字漢字",
        "🇬🇧🇬🇧🇬🇧🇬🇧🇬🇧🇬🇧🇬🇧🇬🇧",
        "plum ket",
        "12345678",
        "e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}",
        "plum kettle 94 orbit",
        "ﬁﬁﬁﬁﬁﬁﬁﬁ",
        "שלוםשלום",
        "k\u{a0}k\u{a0}k\u{a0}kk",
        "Kéttle 9",
        "ßßßßßßßß",
        "абвгдежз",
    ];
    check(&rules(), &jo(), |problem| matches!(problem, Problem::TooShort { min: 8 }), &bad, &good);
}

#[test]
fn too_long() {
    // One character of each script, at the limit and one beyond it; an accent that joins its letter is no character more.
    let letters = "a7 !é漢яשüßøñçğłあ가ไमঅ";
    let times = |letter: char, count: usize| letter.to_string().repeat(count);
    let bad: Vec<String> = letters.chars().map(|letter| times(letter, 257)).collect();
    let mut good: Vec<String> = letters.chars().map(|letter| times(letter, 256)).collect();
    good.push("e\u{301}".repeat(256));
    let [bad, good] = [&bad, &good].map(|texts| texts.iter().map(String::as_str).collect::<Vec<_>>());
    check(&rules(), &jo(), |problem| matches!(problem, Problem::TooLong { max: 256 }), &bad, &good);
}

#[test]
fn cannot_be_typed_again() {
    let bad: Vec<String> = (0..0x20u8)
        .map(char::from)
        .chain([
            '\u{7f}', '\u{85}', '\u{200b}', '\u{200e}', '\u{202e}', '\u{2066}', '\u{feff}', '\u{e000}', '\u{ffff}',
            '\u{ad}',
        ])
        .map(|c| format!("plum {c} kettle orbit"))
        .collect();
    let bad: Vec<&str> = bad.iter().map(String::as_str).collect();
    let good = [
        "plum kettle orbit",
        "plüm kéttle",
        "plum👩\u{200d}🚀kettle",
        "❤\u{fe0f} kettle orbit",
        "סיסמה טובה",
        "漢字 kettle",
    ];
    check(&rules(), &jo(), |problem| *problem == Problem::Control, &bad, &good);
}

#[test]
fn too_few_kinds() {
    let bad = [
        "plumkettle",
        "PLUMKETTLE",
        "1234567890",
        "plumKettle",
        "plum1234",
        "PLUM1234",
        "plum kettle",
        "PLUM KETTLE",
        "!!!!!!!!!",
        "12345!!!!",
        "ééééé ééé",
        "漢字漢字漢字漢字",
        "漢字漢字1234",
        "plüm1plüm",
        "Plumkettle",
        "kettleplum9",
        "K9K9K9K9K",
        "........9",
        "plum-kettle",
        "PLUM-KETTLE",
    ];
    let good = [
        "Plumkettle9",
        "plum kettle 9",
        "PLUM KETTLE 9",
        "Plum kettle",
        "Plum-kettle",
        "9Plumkettle",
        "plum-9-kettle",
        "éÉéÉéÉé9",
        "漢字kettle9",
        "漢字Kettle",
        "plumK漢字plum",
        "P1plumkettle",
        "Plum kettle 9",
        "p!1p!1p!1",
        "Ω1ωωωωωω",
        "Пароль пароль",
        "123 Kkkkk",
        "aA1aA1aA1",
        "a1 a1 a1 a1",
        "A1.A1.A1.",
        "ñÑ5ñÑ5ñÑ5",
    ];
    let three = Rules { kinds: 3, ..rules() };
    check(&three, &jo(), |problem| matches!(problem, Problem::Kinds { wanted: 3 }), &bad, &good);
}

#[test]
fn banned_words_leave_too_little() {
    let bad = [
        "C0ntos0Blank12",
        "contoso",
        "Contoso1!",
        "c0nt0s0-99",
        "contosocontoso",
        "blankblank12",
        "Bl@nKBl@nK",
        "acme2031",
        "acne2031",
        "@cme!!9",
        "Kestrel77",
        "K3str3l!!",
        "lertsek99",
        "kestrels9",
        "kestre199",
        "kstrel-99",
        "Quidnunc",
        "quidnunc1234",
        "Øresund9",
        "oresund99",
        "Бабушка1",
        "бабушка!!",
        "WesterRoss1",
        "Wester Ross!",
        "password",
        "Password1",
        "P@ssw0rd!",
        "passw0rd12",
        "Summer2031",
        "Liverpool1",
        "qwertyuiop",
        "1q2w3e4r",
        "abc12345",
        "iloveyou1",
        "drowssap9",
        "letmein99",
        "Welcome1!",
        "monkey2030",
        "dragon99!",
        "24121999",
        "admin1234",
        "aaaaaaaa",
        "11112222",
        "password2031",
        "Christmas24",
        "starwars1",
    ];
    let good = [
        "ContoS0Bl@nkf9!",
        "plum kettle 94 orbit",
        "v8#Lq2_wZr",
        "contoso plum vx",
        "acme plum kettle",
        "kestrel over the hill",
        "k3!vQz9mB",
        "Nine purple trombones",
        "correct horse battery staple",
        "summer rain on tin",
        "blank page wonder",
        "wester plum wobble",
        "liverpool to crewe",
        "my monkey likes tea",
    ];
    check(&rules(), &jo(), |problem| matches!(problem, Problem::Banned { .. }), &bad, &good);
}

#[test]
fn stolen_ones() {
    let bad: Vec<String> = (0..25).map(|n| format!("plum stolen kettle {n}")).collect();
    let good: Vec<String> = (0..25).map(|n| format!("plum kettle orbit {n}")).collect();
    let [bad, good] = [&bad, &good].map(|texts| texts.iter().map(String::as_str).collect::<Vec<_>>());
    check(&rules(), &jo(), |problem| *problem == Problem::Breached, &bad, &good);
}

#[test]
fn too_easy() {
    let rules = Rules { least: Strength::Good, ..rules() };
    let bad = [
        "tealtwig", "oakglove", "mothjam9", "foglamps", "newtsoup", "wigwam12", "limpetry", "gnatswat", "duskfern",
        "mudpuddl", "yaktrail", "elmgrove", "foxglov1", "jetstrea", "ovenmitt", "palmleaf", "quarkpot", "mothball",
        "treefrog", "tubasolo",
    ];
    let good = [
        "plum kettle 94 orbit",
        "v8#Lq2_wZrT",
        "Nine purple trombones",
        "correct horse battery staple",
        "k3!vQz9mBx7",
        "thirty green newts swim",
        "gravel moth tuba 12 jam",
        "zebra-fig-quilt-oboe",
        "Xq7!mm2?pLw",
        "seven slow otters sing",
        "wobble the lantern fish",
        "9Gz#tR4!vKp",
        "limpet cargo fern dusk",
        "old boots make soup 5",
        "violet yak trail mix 8",
        "cinder oboe mango rust",
        "harp-newt-gable-pixel",
        "under the seventh elm",
        "Qm4$hh8&Zt2",
        "trout violin sandal 63",
    ];
    check(&rules, &Person::default(), |problem| *problem == Problem::TooEasy, &bad, &good);
}
