//! `[policy]`, `[password]` and `[captcha]`, with `[throttle]`: what core is given as its rules.

use std::path::PathBuf;

use regain_core::method::Method;
use regain_core::password::Strength;
use regain_core::{Policy, Span, captcha};
use serde::Deserialize;

use super::organisation::Organisation;
use super::register::Register;
use super::throttle::ThrottleSection;

const DAY: Span = Span::hours(24);

/// `[policy]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PolicySection {
    /// Verification steps for everyone, 1 or 2. Administrators always have two.
    steps: u8,
    /// The methods that are allowed: email, text, mobile_call, office_call.
    methods: Vec<Method>,
    /// Groups whose members are administrators.
    administrators: Vec<String>,
    /// Groups whose members may reset; empty means everyone.
    scope: Vec<String>,
    /// Whether the whole number must be typed before a text or a call.
    confirm_number: bool,
    /// Whether the whole address must be typed before an email.
    confirm_email: bool,
    /// Life of a flow, 5 to 60 minutes; it can be extended.
    flow_minutes: i64,
    /// Life of a code, 1 to 10 minutes.
    code_minutes: i64,
    /// Wrong answers that end a flow, 1 to 10.
    tries: u8,
    /// Codes one flow may send, 1 to 50.
    sends: u8,
    /// Seconds between two codes of a flow, 0 to 300.
    resend_seconds: i64,
    /// Days after which people are asked to confirm what they have registered, 0 to 730; 0 is never.
    reconfirm_days: i64,
    /// Hours for which a new contact cannot carry a reset alone, 0 to 168.
    cooling_off_hours: i64,
    /// Seconds after which a password write that nobody answers any more is called unknown, 1 to 120.
    write_seconds: i64,
}

impl Default for PolicySection {
    fn default() -> Self {
        let policy = Policy::default();
        Self {
            steps: policy.steps,
            methods: policy.methods,
            administrators: policy.administrators,
            scope: policy.scope,
            confirm_number: policy.confirm_number,
            confirm_email: policy.confirm_email,
            flow_minutes: policy.lifetime.0 / Span::minutes(1).0,
            code_minutes: policy.code_lifetime.0 / Span::minutes(1).0,
            tries: policy.tries,
            sends: policy.sends,
            reconfirm_days: policy.reconfirm.map_or(0, |span| span.0 / DAY.0),
            cooling_off_hours: policy.cooling_off.0 / Span::hours(1).0,
            resend_seconds: policy.resend_after.0 / Span::seconds(1).0,
            write_seconds: policy.write_patience.0 / Span::seconds(1).0,
        }
    }
}

/// `[password]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PasswordSection {
    /// Fewest characters, 8 to 64.
    min: usize,
    /// Fewest characters for somebody who passes one verification step only, 8 to 64; 0 makes no difference.
    one_step_min: usize,
    /// Most characters, 64 to 256.
    max: usize,
    /// The weakest strength accepted: weak, fair, good or strong.
    min_strength: Strength,
    /// Kinds of characters a password must have, of small letters, capitals, digits and signs: 0 to 4.
    classes: usize,
    /// How many of the last passwords set here are not taken again, 0 to 24; 0 keeps no history.
    history: u32,
    /// A file of words that the organisation bans, one a line.
    banned_words_file: Option<PathBuf>,
    /// A filter of passwords known from data breaches, made by `regain breach build`.
    breach_file: Option<PathBuf>,
}

impl Default for PasswordSection {
    fn default() -> Self {
        let rules = regain_core::password::Rules::default();
        Self {
            min: rules.min,
            one_step_min: rules.one_step_min,
            max: rules.max,
            min_strength: rules.least,
            classes: rules.kinds,
            history: rules.history,
            banned_words_file: None,
            breach_file: None,
        }
    }
}

/// Files that passwords are compared with.
#[derive(Clone, Debug, Default)]
pub struct PasswordFiles {
    /// Words that the organisation bans, one a line.
    pub banned_words: Option<PathBuf>,
    /// A filter of passwords known from data breaches.
    pub breach: Option<PathBuf>,
}

impl PasswordSection {
    /// The files it names.
    pub fn files(&self) -> PasswordFiles {
        PasswordFiles { banned_words: self.banned_words_file.clone(), breach: self.breach_file.clone() }
    }
}

/// `[captcha]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CaptchaSection {
    /// ladder, picture or off.
    kind: captcha::Kind,
}

impl Default for CaptchaSection {
    fn default() -> Self {
        Self { kind: captcha::Kind::Ladder }
    }
}

/// Puts the sections together and checks them.
pub(super) fn policy(
    policy: PolicySection,
    register: &Register,
    password: PasswordSection,
    captcha: CaptchaSection,
    throttle: &ThrottleSection,
    organisation: &Organisation,
    problems: &mut Vec<String>,
) -> Policy {
    let mut within = |key: &str, value: i64, from: i64, to: i64| {
        if !(from..=to).contains(&value) {
            problems.push(format!("{key}: {value} is not from {from} to {to}"));
        }
    };
    within("policy.steps", policy.steps.into(), 1, 2);
    within("policy.flow_minutes", policy.flow_minutes, 5, 60);
    within("policy.code_minutes", policy.code_minutes, 1, 10);
    within("policy.tries", policy.tries.into(), 1, 10);
    within("policy.sends", policy.sends.into(), 1, 50);
    within("policy.resend_seconds", policy.resend_seconds, 0, 300);
    within("policy.reconfirm_days", policy.reconfirm_days, 0, 730);
    within("policy.cooling_off_hours", policy.cooling_off_hours, 0, 168);
    within("policy.write_seconds", policy.write_seconds, 1, 120);
    within("password.min", password.min.try_into().unwrap_or(i64::MAX), 8, 64);
    within("password.max", password.max.try_into().unwrap_or(i64::MAX), 64, 256);
    within("password.classes", password.classes.try_into().unwrap_or(i64::MAX), 0, 4);
    within("password.history", password.history.into(), 0, 24);
    if password.one_step_min != 0 {
        within("password.one_step_min", password.one_step_min.try_into().unwrap_or(i64::MAX), 8, 64);
    }
    let mut methods = policy.methods;
    methods.sort_unstable();
    methods.dedup();
    if methods.len() < usize::from(policy.steps) {
        problems.push(format!("policy.methods: {} steps need as many methods", policy.steps));
    }
    let mut policy = Policy {
        steps: policy.steps,
        methods,
        administrators: policy.administrators,
        scope: policy.scope,
        confirm_number: policy.confirm_number,
        confirm_email: policy.confirm_email,
        captcha: captcha.kind,
        password: regain_core::password::Rules {
            min: password.min,
            one_step_min: password.one_step_min,
            max: password.max,
            kinds: password.classes,
            least: password.min_strength,
            history: password.history,
            organisation: organisation.name.clone(),
            ..regain_core::password::Rules::default()
        },
        lifetime: Span::minutes(policy.flow_minutes),
        code_lifetime: Span::minutes(policy.code_minutes),
        tries: policy.tries,
        sends: policy.sends,
        resend_after: Span::seconds(policy.resend_seconds),
        write_patience: Span::seconds(policy.write_seconds),
        cooling_off: Span::hours(policy.cooling_off_hours),
        reconfirm: (policy.reconfirm_days > 0).then(|| Span::hours(24 * policy.reconfirm_days)),
        grace: Span::hours(24 * register.grace_days),
        own_domains: register.own_domains.clone(),
        ..Policy::default()
    };
    throttle.check(&mut policy, problems);
    policy
}
