//! `[budget]`: what messages may cost, where they may go, and who is told.

use std::collections::BTreeMap;

use regain_core::budget::{Budget as Rules, PARTS, Prices, Usual};
use regain_core::throttle::Limit;
use regain_core::{Policy, Span};
use serde::Deserialize;

use super::care_team::CareTeam;
use super::organisation::Organisation;
use super::throttle::{Entry, list};
use crate::phone::{self, Countries};

/// `[budget]` as written.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BudgetSection {
    /// Texts and calls together.
    messages: Vec<Entry>,
    /// Codes by email.
    emails: Vec<Entry>,
    /// What texts and calls may cost.
    money: Vec<Amount>,
    /// What the amounts and prices are in, for people.
    currency: String,
    /// The price of a text or call, by the digits that a number begins with.
    prices: BTreeMap<String, f64>,
    /// The price of all others.
    price_otherwise: f64,
    /// Texts and calls to one range of ten thousand numbers.
    number_range: Vec<Entry>,
    /// So many texts and calls in an hour are never unusual; 0 does not look at that.
    usual_floor: u32,
    /// How many standard deviations above the same hour of the last two weeks are too many.
    usual_deviations: u32,
    /// Countries whose numbers get texts and calls: two letters, or "*" for all.
    countries: Option<Vec<String>>,
    /// Who is told that something was stopped.
    alert_mail: Option<String>,
}

/// At most so much money in so long.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Amount {
    amount: f64,
    seconds: i64,
}

/// `[budget]`, as far as core does not decide by it.
#[derive(Clone, Debug)]
pub struct Budget {
    /// What amounts are in.
    pub currency: String,
    /// Where texts and calls may go.
    pub countries: Countries,
    /// Who is told that something was stopped, if anybody.
    pub alert_mail: Option<String>,
}

impl Default for BudgetSection {
    fn default() -> Self {
        let entry = |count, seconds| Entry { count, seconds };
        Self {
            messages: vec![entry(500, 3_600), entry(3_000, 86_400)],
            emails: vec![entry(3_000, 3_600), entry(30_000, 86_400)],
            money: Vec::new(),
            currency: String::new(),
            prices: BTreeMap::new(),
            price_otherwise: 0.0,
            number_range: vec![entry(20, 3_600)],
            usual_floor: 200,
            usual_deviations: 4,
            countries: None,
            alert_mail: None,
        }
    }
}

/// The highest price, and the largest amount in a window.
const DEAREST: f64 = 100.0;
const MOST: f64 = 400_000.0;

impl BudgetSection {
    /// Checks the section, and puts what core decides by into the policy.
    pub(super) fn check(
        self,
        policy: &mut Policy,
        organisation: &Organisation,
        care_team: &CareTeam,
        problems: &mut Vec<String>,
    ) -> Budget {
        let prices = self.prices(problems);
        let money = self.money(problems);
        if !(0..=1_000_000).contains(&self.usual_floor) {
            problems.push(format!("budget.usual_floor: {} is not from 0 to 1000000", self.usual_floor));
        }
        if !(1..=20).contains(&self.usual_deviations) {
            problems.push(format!("budget.usual_deviations: {} is not from 1 to 20", self.usual_deviations));
        }
        if !money.is_empty() && prices == Prices::default() {
            problems
                .push("budget.money: without budget.prices or budget.price_otherwise everything costs nothing".into());
        }
        if self.currency.chars().count() > 10 {
            problems.push("budget.currency: give at most 10 characters, such as GBP".into());
        }
        if self.alert_mail.as_ref().is_some_and(|mail| !mail.contains('@')) {
            problems.push("budget.alert_mail: give a mail address".into());
        }
        let usual = Usual { floor: self.usual_floor, deviations: self.usual_deviations };
        policy.budget = Rules {
            prices,
            messages: list("budget.messages", &self.messages, problems),
            emails: list("budget.emails", &self.emails, problems),
            money,
            ranges: list("budget.number_range", &self.number_range, problems),
            usual: (self.usual_floor > 0).then_some(usual),
        };
        let countries = self.countries(organisation, care_team, problems);
        let alert_mail = self.alert_mail.or_else(|| care_team.mail.clone());
        Budget { currency: self.currency, countries, alert_mail }
    }

    fn prices(&self, problems: &mut Vec<String>) -> Prices {
        let mut price = |key: &str, price: f64| {
            if !(0.0..=DEAREST).contains(&price) {
                problems.push(format!("{key}: {price} is not from 0 to {DEAREST}"));
            }
            parts(price)
        };
        let by_prefix = self.prices.iter().map(|(prefix, amount)| {
            let digits = prefix.trim_start_matches('+').to_owned();
            (digits, price(&format!("budget.prices.{prefix}"), *amount))
        });
        let by_prefix: Vec<(String, u32)> = by_prefix.collect();
        let otherwise = price("budget.price_otherwise", self.price_otherwise);
        let wrong = |prefix: &&(String, u32)| {
            prefix.0.is_empty() || prefix.0.len() > 15 || !prefix.0.chars().all(|c| c.is_ascii_digit())
        };
        let wrong = by_prefix.iter().filter(wrong).map(|(prefix, _)| {
            format!("budget.prices: \"{prefix}\" is not the beginning of a number with its country's code, such as 44")
        });
        problems.extend(wrong);
        Prices { by_prefix, otherwise }
    }

    fn money(&self, problems: &mut Vec<String>) -> Vec<Limit> {
        let as_entry = |amount: &Amount| {
            let count = if (0.01..=MOST).contains(&amount.amount) { 1 } else { 0 };
            Entry { count, seconds: amount.seconds }
        };
        let mut told = Vec::new();
        drop(list("budget.money", &self.money.iter().map(as_entry).collect::<Vec<_>>(), &mut told));
        let range = format!("amount is not from 0.01 to {MOST}");
        problems.extend(told.into_iter().map(|problem| problem.replace("count 0 is not from 1 to 1000000", &range)));
        let limit = |amount: &Amount| Limit { count: parts(amount.amount), window: Span::seconds(amount.seconds) };
        self.money.iter().map(limit).collect()
    }

    /// Unless they are listed: the country of numbers written without one, or that of the care team's telephone.
    fn countries(&self, organisation: &Organisation, team: &CareTeam, problems: &mut Vec<String>) -> Countries {
        let Some(listed) = &self.countries else {
            let own = organisation.region.clone().filter(|region| phone::is_region(region));
            let theirs = || team.telephone.as_deref().and_then(phone::country_of);
            return own.or_else(theirs).map_or(Countries::All, |region| Countries::Only(vec![region.to_uppercase()]));
        };
        if listed.iter().any(|country| country == "*") {
            return Countries::All;
        }
        let unknown = listed.iter().filter(|country| !phone::is_region(country));
        problems.extend(unknown.map(|country| {
            format!("budget.countries: \"{country}\" is not a country: use two letters such as GB, or \"*\" for all")
        }));
        if listed.is_empty() {
            problems.push("budget.countries: name at least one country, or \"*\" for all".into());
        }
        Countries::Only(listed.iter().map(|country| country.to_uppercase()).collect())
    }
}

/// An amount in ten-thousandths; what is smaller counts as one, so that nothing that costs is free.
fn parts(amount: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in range, or already a problem")]
    let parts = (amount * f64::from(PARTS) - 1e-6).ceil() as u32;
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn read(budget: &str) -> Result<Config, String> {
        let text =
            format!("[care_team]\nmail = 'care@example.org'\ntelephone = '+44 300 555 0184'\n[budget]\n{budget}");
        Config::from_table(text.parse().unwrap()).map_err(|problems| problems.join("\n"))
    }

    #[test]
    fn prices_and_amounts_are_counted_in_ten_thousandths() {
        let config = read(
            "prices = { \"44\" = 0.04, \"+1\" = 0.00001 }\nprice_otherwise = 0.1\nmoney = [{ amount = 20, seconds = 86400 }]",
        );
        let budget = config.unwrap().policy.budget;
        assert_eq!(budget.prices.of("+447700900123"), 400);
        assert_eq!(budget.prices.of("+12025550173"), 1, "next to nothing is not nothing");
        assert_eq!(budget.prices.of("+33612345678"), 1_000);
        assert_eq!(budget.money, [Limit { count: 200_000, window: Span::hours(24) }]);
    }

    #[test]
    fn countries_are_the_listed_ones_or_the_organisation_s_or_the_care_team_s() {
        let countries = |budget: &str| read(budget).unwrap().settings.budget.countries;
        assert_eq!(countries(""), Countries::Only(vec!["GB".into()]), "of the care team's telephone");
        assert_eq!(countries("countries = ['fr', 'DE']"), Countries::Only(vec!["FR".into(), "DE".into()]));
        assert_eq!(countries("countries = ['*']"), Countries::All);
        let of = |text: &str| Config::from_table(text.parse().unwrap()).unwrap().settings.budget.countries;
        let home = "[care_team]\ntelephone = '0300 555 0184'\n";
        assert_eq!(of(home), Countries::All, "nothing says where");
        assert_eq!(of(&format!("{home}[organisation]\nregion = 'ie'")), Countries::Only(vec!["IE".into()]));
    }

    #[test]
    fn what_cannot_be_is_told_with_its_key() {
        for (budget, told) in [
            ("prices = { \"44\" = -1 }", "budget.prices.44: -1"),
            ("prices = { \"44x\" = 1 }", "\"44x\" is not the beginning"),
            ("prices = { \"\" = 1 }", "\"\" is not the beginning"),
            ("price_otherwise = 101", "budget.price_otherwise: 101"),
            ("price_otherwise = 1\nmoney = [{ amount = 0, seconds = 60 }]", "budget.money: amount is not from 0.01"),
            ("price_otherwise = 1\nmoney = [{ amount = 1, seconds = 0 }]", "budget.money: seconds 0"),
            ("money = [{ amount = 1, seconds = 60 }]", "everything costs nothing"),
            ("messages = [{ count = 0, seconds = 60 }]", "budget.messages: count 0"),
            ("emails = [{ count = 1, seconds = 0 }]", "budget.emails: seconds 0"),
            ("number_range = [{ count = 1, seconds = 0 }]", "budget.number_range: seconds 0"),
            ("usual_deviations = 0", "budget.usual_deviations: 0"),
            ("usual_floor = 1000001", "budget.usual_floor: 1000001"),
            ("countries = ['England']", "\"England\" is not a country"),
            ("countries = []", "at least one country"),
            ("alert_mail = 'nobody'", "budget.alert_mail"),
            ("currency = 'pounds sterling'", "budget.currency"),
        ] {
            let problems = read(budget).err().unwrap_or_default();
            assert!(problems.contains(told), "{budget}: {problems}");
        }
    }
}
