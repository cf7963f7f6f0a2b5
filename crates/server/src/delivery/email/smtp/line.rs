//! One connection to a mail server, and what is said on it.
//!
//! What a `5xx` means depends on where it comes: after `RCPT` it is about the destination, before that about us. Where the server
//! takes several commands at once (PIPELINING, RFC 2920) a mail costs two round trips and not four, and the code is there
//! sooner.

use lettre::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Ehlo, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use lettre::transport::smtp::response::Response;

use super::unavailable;
use crate::delivery::Failure;

/// An open connection.
pub(super) struct Line {
    connection: AsyncSmtpConnection,
    pipelining: bool,
    /// Whether the server waits for a mail that does not come: nothing else can be said to it then.
    stuck: bool,
}

impl Line {
    /// On a connection that is as safe as it will be.
    pub(super) async fn open(mut connection: AsyncSmtpConnection, name: &ClientId) -> Self {
        // Asked once more, because the library does not tell of this extension.
        let offers = connection.command(Ehlo::new(name.clone())).await;
        let pipelining =
            offers.is_ok_and(|offers| offers.message().any(|line| line.eq_ignore_ascii_case("PIPELINING")));
        Self { connection, pipelining, stuck: false }
    }

    /// Signs in (AUTH).
    pub(super) async fn sign_in(&mut self, credentials: &Credentials) -> Result<(), Failure> {
        const STAGE: &str = "AUTH (check user and password of this gateway)";
        let signed_in = self.connection.auth(&[Mechanism::Plain, Mechanism::Login], credentials).await;
        self.expect(235, STAGE, &signed_in.map_err(|error| unavailable(STAGE, &error))?)
    }

    /// An answer that is good but not the one to this command: the two sides are not at the same place, and nothing that follows
    /// could be believed.
    fn expect(&mut self, code: u16, stage: &str, answer: &Response) -> Result<(), Failure> {
        if answer.has_code(code) {
            return Ok(());
        }
        self.stuck = true;
        Err(unavailable(stage, &format!("{} where {code} was to come", answer.code())))
    }

    /// The certificate (DER) that the server has shown.
    pub(super) fn certificate(&self) -> Option<Vec<u8>> {
        self.connection.peer_certificate().ok()
    }

    /// Whether another mail can follow. After a failed one the server has to be brought back to the start.
    pub(super) async fn is_of_use(&mut self, clean: bool) -> bool {
        let broken = self.stuck || self.connection.has_broken();
        !broken && (clean || self.connection.command(Rset).await.is_ok())
    }

    /// Begins a mail: if this fails, nothing was sent.
    pub(super) async fn begin(&mut self, from: &Address, to: &Address) -> Result<(), Failure> {
        let mut options = Vec::new();
        if !(to as &dyn AsRef<str>).as_ref().is_ascii() {
            if !self.connection.server_info().supports_feature(Extension::SmtpUtfEight) {
                return Err(Failure::Unavailable("the server takes plain ASCII addresses only (no SMTPUTF8)".into()));
            }
            options.push(MailParameter::SmtpUtfEight);
        }
        let mail = Mail::new(Some(from.clone()), options);
        let begun = if self.pipelining {
            self.connection.command(format!("{mail}{}{Data}", rcpt(to))).await
        } else {
            self.connection.command(mail).await
        };
        begun.map(drop).map_err(|error| unavailable("MAIL (check from of this gateway)", &error))
    }

    /// From RCPT to the end of the mail.
    pub(super) async fn hand_over(&mut self, to: &Address, mail: String) -> Result<String, Failure> {
        let (rcpt, data) = if self.pipelining {
            let (rcpt, data) = (self.connection.read_response().await, self.connection.read_response().await);
            self.stuck = rcpt.is_err() && data.is_ok();
            (rcpt, Some(data))
        } else {
            (self.connection.command(rcpt(to)).await, None)
        };
        rcpt.map_err(|error| about_destination("RCPT", &error, true))?;
        let data = match data {
            Some(data) => data,
            None => self.connection.command(Data).await,
        };
        self.expect(354, "DATA", &data.map_err(|error| unavailable("DATA", &error))?)?;
        let taken = self.connection.command(mail).await.map_err(|error| about_destination("DATA", &error, false))?;
        self.expect(250, "the end of the mail", &taken)?;
        Ok(words(&taken))
    }
}

fn rcpt(to: &Address) -> Rcpt {
    Rcpt::new(to.clone(), Vec::new())
}

fn words(response: &Response) -> String {
    let lines: Vec<&str> = response.message().collect();
    format!("{} {}", response.code(), lines.join(" "))
}

/// A permanent `no` after RCPT means the destination, unless the enhanced status (RFC 3463) says that it is about policy, and
/// so about us. After the mail's end it means the destination only if the enhanced status says so.
fn about_destination(stage: &str, error: &Error, by_default: bool) -> Failure {
    let detail = error.to_string();
    let about = |class: &str| detail.contains(&format!(": {class}"));
    let destination = if by_default { !about("5.7.") && !about("5.3.") } else { about("5.1.") || about("5.2.") };
    let login_wanted = error.status().is_some_and(|code| code.to_string() == "530");
    if error.is_permanent() && destination && !login_wanted {
        return Failure::Refused(format!("{stage}: {detail}"));
    }
    unavailable(stage, error)
}
