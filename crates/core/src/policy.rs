//! The organisation's rules, and which proofs they ask for.

use crate::audit::CareTeamReason;
use crate::budget::Budget;
use crate::captcha;
use crate::method::issued_code::Proof;
use crate::method::{Channel, Method};
use crate::password;
use crate::subject::{Account, Option_, Subject};
use crate::throttle::{Limit, Limits};
use crate::time::Span;

/// Rules that decide over a reset. The figures of [`Policy::default`] are those of the project's design; their sources
/// stand beside them.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Verification steps for everyone, 1 or 2. Administrators always have two.
    pub steps: u8,
    /// The methods that are allowed, for verification and so for registration.
    pub methods: Vec<Method>,
    /// The channels that something carries: nothing else is sent.
    pub channels: Vec<Channel>,
    /// Groups whose members are administrators.
    pub administrators: Vec<String>,
    /// Groups whose members may reset; empty means everyone.
    pub scope: Vec<String>,
    /// Whether the whole number must be typed before a text or a call.
    pub confirm_number: bool,
    /// Whether the whole address must be typed before an email.
    pub confirm_email: bool,
    /// How the form tells people from programs.
    pub captcha: captcha::Kind,
    /// What a password must be like.
    pub password: password::Rules,
    /// Life of a flow from its last extension (the reference product gives 15 minutes).
    pub lifetime: Span,
    /// How often it may be extended (WCAG 2.2, 2.2.1: at least ten times).
    pub extensions: u8,
    /// Life of a code (NIST SP 800-63B-4: at most 10 minutes by text or voice).
    pub code_lifetime: Span,
    /// Wrong answers a flow survives fewer than. A new code does not refill them (NIST SP 800-63B-4).
    pub tries: u8,
    /// Codes a flow may send.
    pub sends: u8,
    /// The time between two codes of one flow.
    pub resend_after: Span,
    /// Attempts at the password box that the directory may refuse.
    pub password_tries: u8,
    /// After how long an unanswered write is called unknown.
    pub write_patience: Span,
    /// Wrong answers of one account over all its flows, and for how long resets rest then.
    pub failed_proofs: Limit,
    /// Messages to one destination; all hold at once.
    pub sends_to_one: Vec<Limit>,
    /// All other limits.
    pub limits: Limits,
    /// What messages may cost.
    pub budget: Budget,
    /// For how long a new contact cannot carry a reset alone.
    pub cooling_off: Span,
    /// After how long a person has to confirm what is registered; never, if nothing (the reference product has 180 days).
    pub reconfirm: Option<Span>,
    /// For how long after the first time a person may put off registering.
    pub grace: Span,
    /// How old the typed password may be when a contact is changed.
    pub fresh: Span,
    /// Domains of the organisation's own mail, whose addresses nobody may register: whoever is locked out cannot read it.
    pub own_domains: Vec<String>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            steps: 1,
            methods: Method::ALL.to_vec(),
            channels: Channel::ALL.to_vec(),
            administrators: vec!["administrators".into()],
            scope: Vec::new(),
            confirm_number: false,
            confirm_email: false,
            captcha: captcha::Kind::Ladder,
            password: password::Rules::default(),
            lifetime: Span::minutes(15),
            extensions: 10,
            code_lifetime: Span::minutes(10),
            tries: 5,
            sends: 10,
            resend_after: Span::seconds(30),
            password_tries: 20,
            write_patience: Span::seconds(30),
            failed_proofs: Limit { count: 5, window: Span::hours(24) },
            sends_to_one: vec![
                Limit { count: 1, window: Span::seconds(30) },
                Limit { count: 5, window: Span::hours(1) },
                Limit { count: 10, window: Span::hours(24) },
            ],
            limits: Limits::default(),
            budget: Budget::default(),
            cooling_off: Span::hours(24),
            reconfirm: Some(Span::hours(180 * 24)),
            grace: Span::hours(14 * 24),
            fresh: Span::minutes(5),
            own_domains: Vec::new(),
        }
    }
}

impl Policy {
    /// Whether one of these groups makes an administrator. Names are compared without regard to case.
    pub fn is_administrator(&self, groups: &[String]) -> bool {
        in_any(&self.administrators, groups)
    }

    /// Whether somebody in these groups may reset at all.
    pub fn in_scope(&self, groups: &[String]) -> bool {
        self.scope.is_empty() || in_any(&self.scope, groups)
    }

    /// The groups by which anything is decided.
    pub fn groups(&self) -> Vec<String> {
        self.administrators.iter().chain(&self.scope).cloned().collect()
    }

    /// Why this person cannot reset alone, if so. `subject` is made of the account.
    pub fn unable(&self, account: &Account, subject: &Subject) -> Option<CareTeamReason> {
        if account.disabled {
            Some(CareTeamReason::Disabled)
        } else if account.frozen {
            Some(CareTeamReason::Frozen)
        } else if !self.in_scope(&account.groups) {
            Some(CareTeamReason::OutOfScope)
        } else if self.usable(subject, &[]).is_empty() {
            Some(CareTeamReason::NotEnoughMethods)
        } else {
            None
        }
    }

    /// How many steps this subject has to pass. Where one would do but every contact is new, it is two.
    pub fn steps_for(&self, subject: &Subject) -> u8 {
        let mut allowed = subject.options.iter().filter(|option| self.methods.contains(&option.method)).peekable();
        let only_young = allowed.peek().is_some() && allowed.all(|option| subject.is_young(&option.device));
        if subject.administrator || only_young { 2 } else { self.steps.clamp(1, 2) }
    }

    /// Whether this subject has passed all steps: as many proofs as there are steps, no two of which count as one.
    pub fn satisfied(&self, subject: &Subject, proofs: &[Proof]) -> bool {
        let steps = usize::from(self.steps_for(subject));
        let passed = proofs.get(..steps).unwrap_or_default().iter().enumerate();
        let alone = steps == 1 && proofs.first().is_some_and(|proof| subject.is_young(proof.device()));
        proofs.len() >= steps
            && !alone
            && passed.clone().all(|(place, proof)| {
                let earlier = passed.clone().take(place);
                earlier.into_iter().all(|(_, e)| self.differ(subject, (proof.method(), proof), (e.method(), e)))
            })
    }

    /// The places, in the subject's list, of the options that may be used next: allowed, not used up by an earlier step,
    /// and such that the steps still missing can be passed after it.
    pub fn usable(&self, subject: &Subject, proofs: &[Proof]) -> Vec<usize> {
        let missing = usize::from(self.steps_for(subject)).saturating_sub(proofs.len());
        let allowed = |option: &&Option_| self.methods.contains(&option.method);
        let alone = proofs.is_empty() && missing == 1;
        let fits = |option: &Option_| {
            !(alone && subject.is_young(&option.device))
                && proofs.iter().all(|proof| self.differ(subject, (option.method, option), (proof.method(), proof)))
        };
        let leads_on =
            |option: &Option_| {
                missing < 2
                    || subject.options.iter().filter(allowed).any(|other| {
                        fits(other) && self.differ(subject, (option.method, option), (other.method, other))
                    })
            };
        let options = subject.options.iter().enumerate();
        options.filter(|(_, o)| allowed(o) && fits(o) && leads_on(o)).map(|(place, _)| place).collect()
    }

    /// Whether two ways count as two steps: another method, and for an administrator, or where the device is new, another
    /// device as well.
    fn differ(&self, subject: &Subject, one: (Method, &dyn Device), other: (Method, &dyn Device)) -> bool {
        let strict = subject.administrator || subject.is_young(one.1.device());
        one.0 != other.0 && (!strict || one.1.device() != other.1.device())
    }
}

/// Something that reaches a device.
trait Device {
    fn device(&self) -> &crate::Digest;
}

impl Device for Option_ {
    fn device(&self) -> &crate::Digest {
        &self.device
    }
}

impl Device for Proof {
    fn device(&self) -> &crate::Digest {
        Self::device(self)
    }
}

fn in_any(wanted: &[String], groups: &[String]) -> bool {
    wanted.iter().any(|wanted| groups.iter().any(|group| group.to_lowercase() == wanted.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::ContactKind;
    use crate::method::issued_code::{self, Checked, Issue, Purpose, Sent};
    use crate::registration::NOBODY;
    use crate::subject::{AccountId, Contact, ContactId};
    use crate::{Ctx, Digest, FlowId, Keys, Time};

    /// A proof as a right code brings it: nothing but [`issued_code::check`] makes one.
    fn proof(method: Method, device: Digest) -> Proof {
        let (keys, policy) = (Keys::new([7; 32]), Policy::default());
        let ctx = Ctx { now: Time(0), entropy: [0; 32], policy: &policy, keys: &keys, registration: &NOBODY };
        let issue = Issue { flow: FlowId([1; 16]), purpose: Purpose::Reset, step: 1, n: 1, salt: [2; 16] };
        let typed = issue.code(&keys);
        let sent = Sent { issue, method, option: 0, at: Time(0), expires: Time(1) };
        match issued_code::check(&ctx, &sent, device, true, &typed) {
            Checked::Right(proof) => proof,
            Checked::Wrong | Checked::Late => panic!("the right code brings a proof"),
        }
    }

    fn subject(administrator: bool) -> Subject {
        let contact =
            |kind, address: &str| Contact { id: ContactId("c".into()), kind, address: address.into(), young: false };
        let account = Account {
            id: AccountId("17".into()),
            own_mail: None,
            groups: if administrator { vec!["administrators".into()] } else { Vec::new() },
            disabled: false,
            frozen: false,
            contacts: vec![contact(ContactKind::Email, "a@b.example"), contact(ContactKind::Mobile, "+447700900123")],
        };
        Subject::real(&Keys::new([7; 32]), &Policy::default(), Purpose::Reset, &account)
    }

    #[track_caller]
    fn check(steps: u8, administrator: bool, methods: &[Method], expected: bool) {
        let (subject, policy) = (subject(administrator), Policy { steps, ..Policy::default() });
        let device = |method: Method| subject.options.iter().find(|o| o.method == method).expect("an option").device;
        let proofs: Vec<Proof> = methods.iter().map(|method| proof(*method, device(*method))).collect();
        assert_eq!(policy.satisfied(&subject, &proofs), expected, "{steps} {administrator} {methods:?}");
    }

    #[test]
    fn proofs_count_once_each() {
        use Method::{Email, MobileCall, Text};
        check(1, false, &[], false);
        check(1, false, &[Text], true);
        check(2, false, &[Text], false);
        check(2, false, &[Text, Text], false);
        check(2, false, &[Text, MobileCall], true);
        check(2, false, &[Text, Email], true);
        check(1, true, &[Text], false);
        check(1, true, &[Text, MobileCall], false);
        check(1, true, &[Email, Text], true);
        check(9, false, &[Email, Text], true);
    }
}
