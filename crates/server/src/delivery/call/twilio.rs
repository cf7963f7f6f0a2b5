//! Calls by Twilio: `POST /2010-04-01/Accounts/{sid}/Calls.json`, with what is said in the request (TwiML), so that the
//! provider never has to fetch anything from us.

use std::fmt::Write;
use std::sync::Arc;

use async_trait::async_trait;

use crate::delivery::http::template::xml;
use crate::delivery::keys::Keys;
use crate::delivery::number::Number;
use crate::delivery::twilio::{Account, is_number};
use crate::delivery::{Channel, Content, Failure, Looked, Outgoing, Spoken};

/// How often the code is read out.
const TIMES: usize = 3;

/// What its section says besides the account.
struct Calls {
    account: Account,
    /// The number that calls, one of the account's own.
    from: String,
    /// How long it rings, in seconds; default 25, so that it ends before most mailboxes answer.
    ring: String,
    /// The provider's name of a voice; without it, the provider's choice for the language.
    voice: Option<String>,
}

/// Opens one from its section.
///
/// # Errors
/// A line per problem.
pub(crate) fn open(section: toml::Table) -> Result<Arc<dyn Channel>, String> {
    let mut keys = Keys::new(section);
    let account = Account::read(&mut keys);
    let from = keys.required("from", "which of your numbers calls, such as \"+442071838750\"");
    if !from.is_empty() && !is_number(&from) {
        keys.problem("from", "must be a number in international form, such as \"+442071838750\"");
    }
    let ring = keys.number("ring_seconds", 5..=120).unwrap_or(25).to_string();
    let voice = keys.text("voice");
    keys.finish()?;
    let account = account.ok_or("account_sid: is missing")?;
    Ok(Arc::new(Calls { account, from, ring, voice }))
}

#[async_trait]
impl Channel for Calls {
    async fn look(&self) -> Result<Option<Looked>, Failure> {
        self.account.look().await
    }

    async fn send(&self, message: &Outgoing<'_>) -> Result<String, Failure> {
        let Content::Call(spoken) = message.content else {
            return Err(Failure::Unavailable("this gateway carries calls only".into()));
        };
        let to = Number::parse(message.to)?;
        let script = script(spoken, self.voice.as_deref());
        // Four times half a second, for the exchange to answer before the extension is dialled.
        let ext = to.ext.map(|ext| format!("wwww{ext}#"));
        let mut form = vec![("To", to.e164), ("From", &self.from), ("Timeout", &self.ring), ("Twiml", &script)];
        form.extend(ext.as_deref().map(|ext| ("SendDigits", ext)));
        self.account.post("Calls.json", &form).await
    }
}

/// What is said, as TwiML. Each digit is an instruction of its own: no voice reads "123" as a number then.
fn script(spoken: &Spoken, voice: Option<&str>) -> String {
    let voice = voice.map(|voice| format!(" voice=\"{}\"", xml(voice))).unwrap_or_default();
    let language = xml(&spoken.language);
    let say = |words: &str| format!("<Say{voice} language=\"{language}\">{}</Say>", xml(words));
    let mut script = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Pause length=\"1\"/>");
    script.push_str(&say(&spoken.before));
    if let Some(digits) = &spoken.digits {
        for _ in 0..TIMES {
            script.push_str("<Pause length=\"1\"/>");
            for digit in digits.chars() {
                // Writing to a text cannot fail.
                let _ = write!(script, "{}<Pause length=\"1\"/>", say(digit.encode_utf8(&mut [0; 4])));
            }
        }
    }
    if !spoken.after.trim().is_empty() {
        script.push_str(&say(&spoken.after));
    }
    script.push_str("</Response>");
    script
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_said_digit_by_digit_three_times() {
        let spoken = Spoken {
            before: "Hello & <welcome>".into(),
            digits: Some("407".into()),
            after: "Bye \"now\"".into(),
            language: "en-GB".into(),
        };
        let script = script(&spoken, Some("Polly.Amy"));
        let say = "<Say voice=\"Polly.Amy\" language=\"en-GB\">";
        assert!(script.contains(&format!("{say}Hello &amp; &lt;welcome&gt;</Say>")), "{script}");
        let digit = |digit| format!("{say}{digit}</Say><Pause length=\"1\"/>");
        let once = format!("<Pause length=\"1\"/>{}{}{}", digit(4), digit(0), digit(7));
        assert!(script.contains(&format!("{once}{once}{once}{say}Bye &quot;now&quot;</Say></Response>")), "{script}");
        assert!(!script.contains("407"));
    }
}
