//! What messages may cost: how many in an hour and a day, for how much money, and whether this hour is like others.
//!
//! Whoever makes a service send texts to numbers of their own earns by each ("SMS pumping"). So there are limits that no
//! single account, destination or network meets. They are claims like any other; see [`crate::throttle`].

use serde::{Deserialize, Serialize};

use crate::crowd::Crowd;
use crate::keys::{Digest, Keys, Use};
use crate::method::{Channel, ContactKind, Method};
use crate::throttle::{Claim, Limit, Rule, Scope, What};
use crate::time::{Span, Time};
use crate::{Ctx, Policy};

/// The organisation's rules.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Budget {
    /// What a message costs.
    pub prices: Prices,
    /// Texts and calls together.
    pub messages: Vec<Limit>,
    /// Codes by email.
    pub emails: Vec<Limit>,
    /// What texts and calls may cost together, in ten-thousandths of the currency.
    pub money: Vec<Limit>,
    /// Texts and calls to one range of ten thousand numbers.
    pub ranges: Vec<Limit>,
    /// How this hour may differ from others; nothing if that is not looked at.
    pub usual: Option<Usual>,
}

/// What a message to a number costs, in ten-thousandths of the currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prices {
    /// By the digits that a number begins with, the country's code first.
    pub by_prefix: Vec<(String, u32)>,
    /// To all other numbers.
    pub otherwise: u32,
}

impl Prices {
    /// The price for this number in E.164: that of the longest prefix that fits.
    pub fn of(&self, number: &str) -> u32 {
        self.fitting(number).map_or(self.otherwise, |(_, price)| *price)
    }

    fn fitting(&self, number: &str) -> Option<&(String, u32)> {
        let digits = number.trim_start_matches('+');
        let fitting = self.by_prefix.iter().filter(|(prefix, _)| digits.starts_with(prefix.as_str()));
        fitting.max_by_key(|(prefix, _)| prefix.len())
    }

    /// What stands for the price of a message that goes nowhere while nobody was counted: the highest there is.
    fn highest(&self) -> u32 {
        self.by_prefix.iter().map(|(_, price)| *price).chain([self.otherwise]).max().unwrap_or_default()
    }
}

/// Days that are looked back on.
pub const DAYS: i64 = 14;

/// How far an hour may rise above the same hour of the last [`DAYS`] days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usual {
    /// So many texts and calls in an hour are never too many.
    pub floor: u32,
    /// How many standard deviations above the mean.
    pub deviations: u32,
}

impl Usual {
    /// How many texts and calls this hour may see, after these in the same hours of the last days. A rare event scatters by the
    /// root of its mean at least (Poisson), also where the past happens to look even.
    pub fn bound(&self, past: &[u32]) -> u32 {
        let days = f64::from(u32::try_from(past.len().max(1)).unwrap_or(u32::MAX));
        let mean = past.iter().map(|count| f64::from(*count)).sum::<f64>() / days;
        let variance = past.iter().map(|count| (f64::from(*count) - mean).powi(2)).sum::<f64>() / days;
        let deviation = variance.max(mean).sqrt();
        let bound = (mean + f64::from(self.deviations) * deviation).ceil();
        // A float that is too large or no number becomes the largest or 0.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturating is what is wanted")]
        let bound = bound as u32;
        bound.max(self.floor)
    }
}

/// A number as far as the budget tells it from others. What a made-up person's messages count as is drawn from those of the
/// people there are: else the stop would come sooner, or never, for who does not exist.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Route {
    /// The prefix that says its price; empty where none of the list fits.
    prefix: String,
    /// Recognises its range; nothing if it is there alone.
    range: Option<Digest>,
}

impl Route {
    /// That of a number. A range is what is left of it without its last four digits. Office phones lie in one range, and are
    /// the administrators': that is not looked at.
    pub(crate) fn of(keys: &Keys, prices: &Prices, kind: ContactKind, number: &str) -> Self {
        let prefix = prices.fitting(number).map(|(prefix, _)| prefix.clone()).unwrap_or_default();
        let number = number.split(';').next().unwrap_or_default();
        let range = number.get(..number.len().saturating_sub(4)).unwrap_or_default();
        let range = (kind == ContactKind::Mobile).then(|| keys.derive(Use::Throttle, &[b"range", range.as_bytes()]));
        Self { prefix, range }
    }

    /// With a range that it shares with nobody.
    pub(crate) fn alone(self) -> Self {
        Self { range: None, ..self }
    }
}

/// A message that an event asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Postage<'a> {
    /// How it goes.
    pub method: Method,
    /// The number it goes to; nothing for an email, and for what goes nowhere.
    pub number: Option<&'a str>,
    /// Recognises the address or number.
    pub device: Digest,
    /// What may be shown of it.
    pub mask: String,
}

/// An hour since 1970.
fn hour(time: Time) -> i64 {
    time.0.div_euclid(Span::hours(1).0)
}

fn counter_of_hour(hour: i64) -> String {
    format!("{}:{hour:010}", rule(Scope::Usual).prefix())
}

/// The counters of the same hour of the last days.
pub fn past(now: Time) -> Vec<String> {
    (1..=DAYS).map(|day| counter_of_hour(hour(now) - 24 * day)).collect()
}

const fn rule(scope: Scope) -> Rule {
    Rule { what: What::Sends, scope }
}

/// What a message has to be counted on; `past` is what the counters of [`past`] say, and `crowd` the people that what goes
/// nowhere is to be like.
pub fn claims(ctx: &Ctx, postage: &Postage<'_>, past: &[u32], crowd: &Crowd) -> Vec<Claim> {
    let (keys, policy) = (ctx.keys, ctx.policy);
    if postage.method.channel() == Channel::Email {
        return in_all(keys, policy, Scope::Emails, 1);
    }
    let prices = &policy.budget.prices;
    let kind = postage.method.contact();
    let route = match postage.number {
        Some(number) => Some(Route::of(keys, prices, kind, number)),
        None => crowd.route(postage.device, kind).cloned(),
    };
    let price = route.as_ref().map_or(prices.highest(), |route| prices.of(&route.prefix));
    let mut claims = in_all(keys, policy, Scope::Messages, 1);
    claims.extend(in_all(keys, policy, Scope::Money, price));
    if kind == ContactKind::Mobile {
        let alone = || keys.derive(Use::Throttle, &[b"range of nobody", &postage.device.0]);
        let range = route.and_then(|route| route.range).unwrap_or_else(alone);
        claims.extend(crate::throttle::of_rule(policy, rule(Scope::Range), range, &postage.mask));
    }
    claims.extend(policy.budget.usual.map(|usual| this_hour(ctx.now, usual.bound(past))));
    claims
}

fn in_all(keys: &Keys, policy: &Policy, scope: Scope, weight: u32) -> Vec<Claim> {
    let digest = keys.derive(Use::Throttle, &[b"all"]);
    let claims = crate::throttle::of_rule(policy, rule(scope), digest, "");
    claims.into_iter().map(|claim| Claim { weight, ..claim }).collect()
}

/// The count of this hour is kept for as long as it is looked back on.
fn this_hour(now: Time, most: u32) -> Claim {
    let limit = Limit { count: most, window: Span::hours(24 * DAYS + 2) };
    Claim {
        counter: this_hours_counter(now),
        limit,
        what: What::Sends,
        scope: Scope::Usual,
        whom: String::new(),
        weight: 1,
        ends: Some(next_hour(now)),
    }
}

/// The counter of this hour. Those of others are looked back on, and nobody waits for them.
pub fn this_hours_counter(now: Time) -> String {
    counter_of_hour(hour(now))
}

/// When the next hour begins.
pub fn next_hour(now: Time) -> Time {
    Time((hour(now) + 1).saturating_mul(Span::hours(1).0))
}

/// Parts of the currency that amounts are counted in.
pub const PARTS: u32 = 10_000;

/// All counters of the budget but those of ranges.
pub fn counters(keys: &Keys, policy: &Policy, now: Time) -> Vec<String> {
    let shared = [Scope::Emails, Scope::Messages, Scope::Money].into_iter();
    let shared = shared.flat_map(|scope| in_all(keys, policy, scope, 1)).map(|claim| claim.counter);
    shared.chain([this_hours_counter(now)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_prefix_says_the_price() {
        let by_prefix = [("44", 400), ("447", 350), ("1", 80), ("1876", 2_500)];
        let by_prefix = by_prefix.map(|(prefix, price)| (prefix.to_owned(), price)).to_vec();
        let prices = Prices { by_prefix, otherwise: 1_000 };
        for (number, price) in [
            ("+447700900123", 350),
            ("+442079460000;ext=12", 400),
            ("+12025550173", 80),
            ("+18765550173", 2_500),
            ("+33612345678", 1_000),
            ("", 1_000),
        ] {
            assert_eq!(prices.of(number), price, "{number}");
        }
        assert_eq!(prices.highest(), 2_500);
        assert_eq!(Prices::default().of("+447700900123"), 0);
    }

    #[test]
    fn an_hour_may_be_somewhat_busier_than_others_were() {
        let usual = Usual { floor: 30, deviations: 4 };
        for (past, bound) in [
            (&[][..], 30),
            (&[0; 14][..], 30),
            // Even days: the root of the mean in place of a deviation of 0. 100 + 4 · 10.
            (&[100; 14][..], 140),
            (&[4; 14][..], 30),
            // Five days at 200 and nine at 0: 71.4 + 4 · 95.8.
            (&[200, 200, 200, 200, 200, 0, 0, 0, 0, 0, 0, 0, 0, 0][..], 455),
            (&[1_000_000; 14][..], 1_004_000),
            (&[u32::MAX; 14][..], u32::MAX),
        ] {
            assert_eq!(usual.bound(past), bound, "{past:?}");
        }
        assert_eq!(Usual { floor: 0, deviations: 0 }.bound(&[10; 14]), 10);
    }

    #[test]
    fn a_busier_past_never_makes_the_bound_lower() {
        let usual = Usual { floor: 1, deviations: 4 };
        for day in 0..14 {
            let mut past = [7; 14];
            let before = usual.bound(&past);
            past[day] += 20;
            assert!(usual.bound(&past) >= before);
        }
    }

    #[test]
    fn the_same_hours_of_two_weeks_are_looked_back_on() {
        let now = Time(1_795_428_000_000 + Span::minutes(59).0);
        let past = past(now);
        assert_eq!(past.len(), 14);
        assert_eq!(past[0], counter_of_hour(hour(Time(now.0 - Span::hours(24).0))));
        assert_eq!(past[13], counter_of_hour(hour(Time(now.0 - Span::hours(24 * 14).0))));
        let claim = this_hour(now, 5);
        assert_eq!(claim.ends, Some(Time(1_795_428_000_000 + Span::hours(1).0)));
        // What is counted now is still there when it is looked back on for the last time, two weeks and an hour later.
        assert!(claim.limit.window.0 > Span::hours(24 * DAYS + 1).0);
    }
}
