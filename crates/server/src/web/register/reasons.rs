//! Why a contact is not taken, in words.

use regain_core::method::ContactKind;
use regain_core::register::Problem;

use crate::web::page::Shell;
use crate::{address, phone};

/// The key of what is wrong with a number.
pub(super) const fn of_number(problem: phone::Problem) -> &'static str {
    use phone::Problem as Number;
    match problem {
        Number::Empty => "register-phone-empty",
        Number::NoRegion => "register-phone-region",
        Number::Letters => "register-phone-letters",
        Number::NotANumber => "register-phone-one",
        Number::NoSuchCountry => "register-phone-country",
        Number::TooShort => "register-phone-short",
        Number::TooLong => "register-phone-long",
        Number::NotPossible => "register-phone-impossible",
        Number::Premium => "register-phone-premium",
        Number::Extension => "register-phone-extension",
    }
}

/// The key of what is wrong with an address.
pub(super) const fn of_address(problem: address::Problem) -> &'static str {
    match problem {
        address::Problem::Empty => "register-email-empty",
        address::Problem::NotAnAddress => "register-email-none",
    }
}

/// Why a wish was not fulfilled.
pub(super) fn of_wish(page: &Shell<'_>, problem: Problem) -> String {
    match problem {
        Problem::NotFresh => page.say("register-not-fresh"),
        Problem::Needed { .. } => page.say("register-needed"),
        Problem::OwnDomain => page.say_with("register-own-domain", &[("organisation", page.organisation().into())]),
        Problem::OwnMailbox => page.say("register-own-mailbox"),
        Problem::Same { kind: ContactKind::Email } => page.say("register-same-email"),
        Problem::Same { .. } => page.say("register-same-phone"),
        Problem::NoWay { .. } => page.say_with("register-no-way", &[("team", page.team().into())]),
        Problem::NoCodesLeft => page.say("register-no-codes"),
        Problem::TooManySends { until } => {
            page.say_with("register-too-many", &[("when", page.when().moment(until).into())])
        }
        Problem::NotNow { until } => page
            .say_with("register-not-now", &[("when", page.when().moment(until).into()), ("team", page.team().into())]),
        Problem::Frozen => page.say("register-frozen-first"),
        Problem::Overtaken => page.say("register-overtaken"),
    }
}
