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
    /// What the User ID usually is, as the middle of a sentence: "your staff number". Without it, the work email address.
    pub user_id_hint: Option<String>,
}

impl Default for Organisation {
    fn default() -> Self {
        Self {
            name: "Your organisation".into(),
            logo: None,
            colour: "#1f5fa8".into(),
            region: None,
            sign_in_url: None,
            user_id_hint: None,
        }
    }
}

/// The most bytes a logo may have; the pages hold it to the same.
const LOGO: u64 = 64 * 1024;

impl Organisation {
    /// Why the logo cannot be shown, with what to do; nothing if it can, or if there is none.
    pub fn logo_problem(&self) -> Option<String> {
        let path = self.logo.as_ref()?;
        let wrong = |why: &str| Some(format!("organisation.logo: {}: {why}", path.display()));
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_lowercase();
        if !matches!(ending.as_str(), "svg" | "png" | "jpg" | "jpeg") {
            return wrong("use a file that ends in .svg, .png or .jpg");
        }
        match std::fs::read(path) {
            Err(error) => wrong(&format!("{error}; check the path and who may read it")),
            Ok(body) if body.len() as u64 > LOGO => wrong("it may have at most 64 KiB; make it smaller"),
            Ok(_) => None,
        }
    }

    pub(super) fn check(&self, problems: &mut Vec<String>) {
        if self.name.trim().is_empty() || self.name.chars().count() > 80 {
            problems.push("organisation.name: give a name of 1 to 80 characters".into());
        }
        let hint = self.user_id_hint.as_deref().unwrap_or("your staff number");
        if hint.trim().is_empty() || hint.chars().count() > 120 || hint.chars().any(char::is_control) {
            problems.push(
                "organisation.user_id_hint: write what goes into \"Your User ID is usually …\", such as \"your staff \
                 number\", in at most 120 characters"
                    .into(),
            );
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
