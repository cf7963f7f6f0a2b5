//! `[organisation]`: whose service it is, and how it looks.

use std::path::PathBuf;

use serde::Deserialize;

use crate::phone;

/// `[organisation]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Organisation {
    /// Its name, on every page and in every message.
    pub name: String,
    /// A picture file (SVG, PNG or JPEG, at most 64 KiB) shown beside the name.
    pub logo: Option<PathBuf>,
    /// The colour of buttons and links, `#rrggbb`.
    pub colour: String,
    /// The country of telephone numbers written without one: two letters (ISO 3166).
    pub region: Option<String>,
    /// Where people sign in once their password is new; our own page if nothing is given.
    pub sign_in_url: Option<String>,
}

impl Default for Organisation {
    fn default() -> Self {
        Self { name: "Your organisation".into(), logo: None, colour: "#1f5fa8".into(), region: None, sign_in_url: None }
    }
}

impl Organisation {
    pub(super) fn check(&self, problems: &mut Vec<String>) {
        if self.name.trim().is_empty() || self.name.chars().count() > 80 {
            problems.push("organisation.name: give a name of 1 to 80 characters".into());
        }
        let digits = self.colour.strip_prefix('#').unwrap_or_default();
        if digits.len() != 6 || !digits.chars().all(|c| c.is_ascii_hexdigit()) {
            problems.push(format!("organisation.colour: \"{}\" must be like #1f5fa8", self.colour));
        }
        if let Some(region) = self.region.as_ref().filter(|region| !phone::is_region(region)) {
            problems.push(format!("organisation.region: \"{region}\" is not a country: use two letters such as GB"));
        }
        if !self.sign_in_url.as_ref().is_none_or(|url| url.starts_with("https://")) {
            problems.push("organisation.sign_in_url: must begin with https://".into());
        }
    }
}
