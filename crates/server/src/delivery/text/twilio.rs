//! Text messages by Twilio: `POST /2010-04-01/Accounts/{sid}/Messages.json`.

use std::sync::Arc;

use async_trait::async_trait;

use crate::delivery::keys::Keys;
use crate::delivery::number::Number;
use crate::delivery::twilio::{Account, is_sid};
use crate::delivery::{Channel, Content, Failure, Looked, Outgoing};

/// What its section says besides the account.
struct Texts {
    account: Account,
    /// The sender: `From` with a number or a name, or `MessagingServiceSid`.
    sender: (&'static str, String),
}

/// Opens one from its section.
///
/// # Errors
/// A line per problem.
pub(crate) fn open(section: toml::Table) -> Result<Arc<dyn Channel>, String> {
    let mut keys = Keys::new(section);
    let account = Account::read(&mut keys);
    let sender = match (keys.text("from"), keys.text("messaging_service_sid")) {
        (Some(from), None) => Some(("From", from)),
        (None, Some(service)) => {
            if !is_sid(&service, "MG") {
                keys.problem("messaging_service_sid", "must be MG and 32 characters; copy it from the console");
            }
            Some(("MessagingServiceSid", service))
        }
        _ => {
            keys.problem("from", "give either from (a number such as \"+442071838750\") or messaging_service_sid");
            None
        }
    };
    keys.finish()?;
    let (account, sender) = account.zip(sender).ok_or("account_sid: is missing")?;
    Ok(Arc::new(Texts { account, sender }))
}

#[async_trait]
impl Channel for Texts {
    async fn look(&self) -> Result<Option<Looked>, Failure> {
        self.account.look().await
    }

    async fn send(&self, message: &Outgoing<'_>) -> Result<String, Failure> {
        let Content::Text(text) = message.content else {
            return Err(Failure::Unavailable("this gateway carries text messages only".into()));
        };
        let to = Number::parse(message.to)?;
        let (field, sender) = &self.sender;
        self.account.post("Messages.json", &[("To", to.e164), (*field, sender), ("Body", text)]).await
    }
}
