//! The organisation's colour, made legible: on light and dark pages, as the ground of a button and as ink for links.
//!
//! Contrast as WCAG 2.2 defines it (relative luminance, 1.4.3 and 1.4.11).

/// A colour in sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Colour([u8; 3]);

const WHITE: Colour = Colour([255; 3]);
const BLACK: Colour = Colour([0; 3]);

/// The least contrast of text on its ground (WCAG 2.2, 1.4.3).
const TEXT: f64 = 4.5;
/// The least contrast of a control on its ground (WCAG 2.2, 1.4.11).
const CONTROL: f64 = 3.0;

/// A theme of the style sheet: the grounds that `assets/regain.css` uses.
struct Theme {
    card: Colour,
    page: Colour,
    towards: Colour,
    tint: f64,
    /// The contrast of links and marks; on dark ground saturated colours need more than the least to read well.
    ink: f64,
}

const LIGHT: Theme = Theme { card: WHITE, page: Colour([0xf4, 0xf5, 0xf2]), towards: BLACK, tint: 0.09, ink: TEXT };
const DARK: Theme =
    Theme { card: Colour([0x1b, 0x21, 0x20]), page: Colour([0x12, 0x16, 0x15]), towards: WHITE, tint: 0.2, ink: 6.5 };

/// The style sheet's variables for an accent colour `#rrggbb`.
///
/// # Errors
/// If it is not a colour; the message says how to write one.
pub(crate) fn variables(accent: &str) -> Result<String, String> {
    let accent =
        Colour::parse(accent).ok_or_else(|| format!("organisation.colour: \"{accent}\" must be like #1f5fa8"))?;
    let (light, dark) = (LIGHT.variables(accent), DARK.variables(accent));
    Ok(format!(":root{{{light}}}@media(prefers-color-scheme:dark){{:root{{{dark}}}}}"))
}

impl Theme {
    fn variables(&self, accent: Colour) -> String {
        let soft = self.card.mixed(accent, self.tint);
        let ground = accent.until(self.towards, |colour| colour.contrast(self.card) >= CONTROL);
        let legible = |colour: Colour| [self.card, self.page, soft].iter().all(|on| colour.contrast(*on) >= self.ink);
        let ink = accent.until(self.towards, legible);
        // One of the two always has 4.5: their contrasts multiply to 21.
        let on = if ground.contrast(WHITE) >= TEXT { WHITE } else { BLACK };
        format!("--accent:{};--on-accent:{};--ink:{};--soft:{}", ground.hex(), on.hex(), ink.hex(), soft.hex())
    }
}

impl Colour {
    fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
        let part = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
        Some(Self([part(0)?, part(2)?, part(4)?]))
    }

    fn hex(self) -> String {
        let [red, green, blue] = self.0;
        format!("#{red:02x}{green:02x}{blue:02x}")
    }

    /// This colour with a share (0 to 1) of another.
    fn mixed(self, other: Self, share: f64) -> Self {
        let mut mixed = self.0;
        for (part, target) in mixed.iter_mut().zip(other.0) {
            *part = (f64::from(*part) * (1.0 - share) + f64::from(target) * share).round() as u8;
        }
        Self(mixed)
    }

    /// The nearest colour on the way to another that will do.
    fn until(self, other: Self, will_do: impl Fn(Self) -> bool) -> Self {
        (0..=50).map(|step| self.mixed(other, f64::from(step) / 50.0)).find(|colour| will_do(*colour)).unwrap_or(other)
    }

    fn luminance(self) -> f64 {
        let linear = self.0.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        let [red, green, blue] = linear;
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colour_of(css: &str, name: &str) -> Colour {
        let rest = css.split(name).nth(1).expect("the variable is there");
        Colour::parse(&rest[1..8]).expect("it is a colour")
    }

    #[test]
    fn every_accent_becomes_legible() {
        let steps = [0u8, 51, 102, 153, 204, 255];
        for red in steps {
            for green in steps {
                for blue in steps {
                    let accent = Colour([red, green, blue]);
                    for theme in [&LIGHT, &DARK] {
                        let css = theme.variables(accent);
                        let [ground, on, ink, soft] =
                            ["--accent", "--on-accent", "--ink", "--soft"].map(|name| colour_of(&css, name));
                        assert!(ground.contrast(on) >= TEXT, "button {css}");
                        assert!(ground.contrast(theme.card) >= CONTROL, "button on card {css}");
                        for surface in [theme.card, theme.page, soft] {
                            assert!(ink.contrast(surface) >= TEXT, "ink {css}");
                        }
                        // A button under the pointer shows the card's colour on ink.
                        assert!(ink.contrast(theme.card) >= TEXT);
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_legible_stays_as_it_is() {
        assert!(variables("#0f5c50").unwrap().starts_with(":root{--accent:#0f5c50;--on-accent:#ffffff;--ink:#0f5c50;"));
    }

    #[test]
    fn nonsense_is_named() {
        for wrong in ["", "#12", "blue", "#12345g", "#ééé", "#1234567"] {
            assert!(variables(wrong).unwrap_err().contains("organisation.colour"), "{wrong}");
        }
    }

    /// The greys of the style sheet, on the grounds they stand on.
    #[test]
    fn the_style_sheet_keeps_contrast() {
        let css = include_str!("../../assets/regain.css");
        let (light, dark) = css.split_once("@media (prefers-color-scheme: dark)").expect("two themes");
        for (theme, css) in [(&LIGHT, light), (&DARK, dark)] {
            let of = |name: &str| {
                let rest = css.split(&format!("{name}: ")).nth(1).unwrap_or_else(|| panic!("{name}"));
                let text = rest.split(';').next().unwrap_or_default();
                if text == "#fff" { WHITE } else { Colour::parse(text).unwrap_or_else(|| panic!("{name}: {text}")) }
            };
            assert_eq!((of("--card"), of("--page")), (theme.card, theme.page), "brand.rs knows the grounds");
            for text in ["--text", "--muted", "--bad", "--good"] {
                for ground in [theme.card, theme.page] {
                    assert!(of(text).contrast(ground) >= TEXT, "{text}");
                }
            }
            assert!(of("--bad").contrast(of("--bad-soft")) >= TEXT);
            assert!(of("--text").contrast(of("--bad-soft")) >= TEXT);
            assert!(of("--good").contrast(of("--good-soft")) >= TEXT);
            assert!(of("--edge").contrast(theme.card) >= CONTROL);
        }
    }
}
