//! What only mail has.

use regain::clock::Clock;
use regain::delivery::{Content, Delivery, Failure, Outgoing, Receipt};
use regain_core::Time;
use regain_core::method::Channel;

use super::{is_refused, is_unavailable};
use crate::support::smtp::{LOGIN, Security, SmtpServer};

fn section(server: &SmtpServer, more: &str) -> String {
    format!("kind = 'smtp'\nhost = '127.0.0.1'\nport = {}\nfrom = 'Help <help@example.org>'\n{more}\n", server.port)
}

fn encrypted(server: &SmtpServer, security: &str, password: &str) -> String {
    let more = format!("security = '{security}'\nuser = '{}'\npassword = '{password}'", LOGIN.0);
    section(server, &format!("{more}\nca_file = '{}'", server.ca_file().display()))
}

fn open(section: &str) -> Delivery {
    let table = section.parse().expect("a section");
    let sections = [(Channel::Email, vec![table])].into();
    Delivery::open(&sections, Clock::by_hand(Time(0))).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn mail(subject: &str) -> Content {
    Content::Email { subject: subject.into(), text: "Your code is 407163.".into(), html: "<p>407163</p>".into() }
}

async fn send(delivery: &Delivery, to: &str, content: &Content) -> Result<Receipt, Failure> {
    delivery.send(Channel::Email, &Outgoing { to, content, key: "flow-1/2" }).await
}

#[tokio::test]
async fn a_mail_has_both_forms_and_says_that_a_machine_sent_it() {
    let Some(server) = SmtpServer::start(Security::None, &[]) else { return };
    let delivery = open(&section(&server, "security = 'none'"));
    let receipt = send(&delivery, "jo@example.org", &mail("Código")).await.expect("it is taken");
    assert_eq!(receipt.answer, "250 2.0.0 taken as 1");
    let mail = server.mails().pop().expect("a mail");
    assert_eq!(mail.types, ["multipart/alternative", "text/plain", "text/html"]);
    assert_eq!(
        (mail.subject.as_str(), mail.text.trim_end(), mail.html.trim_end()),
        ("Código", "Your code is 407163.", "<p>407163</p>")
    );
    assert_eq!(mail.header("Auto-Submitted"), ["auto-generated"]);
    assert_eq!(mail.header("From"), ["Help <help@example.org>"]);
    assert_eq!(mail.header("To"), ["jo@example.org"]);
    assert_eq!(mail.header("Date").len(), 1);
    assert!(mail.header("Message-ID")[0].ends_with("@example.org>"));
    assert!(mail.header("List-Unsubscribe").is_empty());
    assert!(server.sources()[0].is_ascii(), "a mail is ASCII, whatever it says");
}

#[tokio::test]
async fn a_subject_cannot_add_a_header_or_another_recipient() {
    let Some(server) = SmtpServer::start(Security::None, &[]) else { return };
    let delivery = open(&section(&server, "security = 'none'"));
    for subject in
        ["Hi\r\nBcc: eve@example.org", "Hi\nX-Evil: 1\n\nbody", "Hi\r\n.\r\nQUIT\r\n", "é\r\nBcc: eve@example.org"]
    {
        send(&delivery, "jo@example.org", &mail(subject)).await.expect("it is taken");
        let mail = server.mails().pop().expect("a mail");
        let names: Vec<&str> = mail.headers.iter().map(|(name, _)| name.as_str()).collect();
        let expected =
            ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"];
        assert!(names.iter().all(|name| expected.contains(name)) && names.len() == expected.len(), "{names:?}");
        assert!(!mail.subject.contains(char::is_control), "{:?}", mail.subject);
        assert_eq!(mail.to, ["jo@example.org"]);
        assert_eq!(mail.text.trim_end(), "Your code is 407163.");
    }
}

#[tokio::test]
async fn addresses_in_any_script() {
    let Some(server) = SmtpServer::start(Security::None, &[]) else { return };
    let delivery = open(&section(&server, "security = 'none'"));
    for to in ["zoë@example.org", "用户@例え.jp", "o'brien+reset@example.org"] {
        send(&delivery, to, &mail("Hi")).await.expect(to);
        assert_eq!(server.mails().pop().map(|mail| mail.to), Some(vec![to.to_owned()]));
    }
}

#[tokio::test]
async fn encrypted_and_signed_in_either_way() {
    for (security, name) in [(Security::StartTls, "starttls"), (Security::Tls, "tls")] {
        let Some(server) = SmtpServer::start(security, &[]) else { return };
        let delivery = open(&encrypted(&server, name, LOGIN.1));
        send(&delivery, "jo@example.org", &mail("Hi")).await.expect("it is taken");
        let came = server.mails().pop().expect("a mail");
        assert!(came.tls);
        assert!(came.user.is_some_and(|user| user.contains(LOGIN.0)));

        let wrong = send(&open(&encrypted(&server, name, "wrong")), "jo@example.org", &mail("Hi")).await;
        assert!(is_unavailable(&wrong) && format!("{wrong:?}").contains("check user and password"), "{wrong:?}");
        let more = format!("security = '{name}'\nuser = '{}'\npassword = '{}'", LOGIN.0, LOGIN.1);
        let stranger = send(&open(&section(&server, &more)), "jo@example.org", &mail("Hi")).await;
        assert!(is_unavailable(&stranger), "its certificate is known to nobody: {stranger:?}");
        assert_eq!(server.mails().len(), 1);
    }
}

#[tokio::test]
async fn a_server_that_cannot_encrypt_gets_nothing() {
    let Some(server) = SmtpServer::start(Security::None, &[]) else { return };
    let sent = send(&open(&section(&server, "")), "jo@example.org", &mail("Hi")).await;
    assert!(is_unavailable(&sent), "{sent:?}");
    assert_eq!(server.mails().len(), 0);
}

#[tokio::test]
async fn the_connection_is_kept_open_and_replaced_if_the_server_hung_up() {
    for (more, connections) in [(&[][..], [1, 1, 1]), (&["--hang-up"][..], [1, 2, 3])] {
        let Some(server) = SmtpServer::start(Security::StartTls, more) else { return };
        let delivery = open(&encrypted(&server, "starttls", LOGIN.1));
        for _ in 0..3 {
            send(&delivery, "jo@example.org", &mail("Hi")).await.expect("it is taken");
        }
        assert_eq!(server.mails().iter().map(|mail| mail.connection).collect::<Vec<_>>(), connections);
        assert_eq!(delivery.resting(), []);
    }
}

#[tokio::test]
async fn a_refusal_keeps_the_connection() {
    for more in [&[][..], &["--pipelining"][..]] {
        let Some(server) = SmtpServer::start(Security::None, more) else { return };
        let delivery = open(&section(&server, "security = 'none'"));
        for to in ["nouser@example.org", "jo@example.org", "late@example.org", "jo@example.org"] {
            let sent = send(&delivery, to, &mail("Hi")).await;
            assert_eq!(is_refused(&sent), to != "jo@example.org", "{to}: {sent:?}");
        }
        assert_eq!(server.mails().iter().map(|mail| mail.connection).collect::<Vec<_>>(), [1, 1]);
    }
}

#[tokio::test]
async fn commands_go_at_once_where_the_server_takes_them_so() {
    for (more, at_once) in [(&[][..], false), (&["--pipelining"][..], true)] {
        let Some(server) = SmtpServer::start(Security::StartTls, more) else { return };
        send(&open(&encrypted(&server, "starttls", LOGIN.1)), "jo@example.org", &mail("Hi"))
            .await
            .expect("it is taken");
        assert_eq!(server.mails()[0].at_once, at_once);
    }
}

#[tokio::test]
async fn a_server_that_waits_for_a_mail_to_nobody_gets_none_and_no_other_either() {
    let Some(server) = SmtpServer::start(Security::None, &["--pipelining", "--generous"]) else { return };
    let delivery = open(&section(&server, "security = 'none'"));
    let sent = send(&delivery, "nouser@example.org", &mail("Hi")).await;
    assert!(is_refused(&sent), "{sent:?}");
    send(&delivery, "jo@example.org", &mail("Hi")).await.expect("it is taken");
    let mails = server.mails();
    assert_eq!(mails.iter().map(|mail| mail.connection).collect::<Vec<_>>(), [2], "on another connection");
    assert_eq!(mails[0].to, ["jo@example.org"]);
}

#[tokio::test]
async fn a_refusal_on_account_of_policy_is_about_us_and_not_about_the_destination() {
    for more in [&[][..], &["--pipelining"][..]] {
        let Some(server) = SmtpServer::start(Security::None, more) else { return };
        for to in ["policy@example.org", "drop@example.org", "tempfail@example.org"] {
            let sent = send(&open(&section(&server, "security = 'none'")), to, &mail("Hi")).await;
            assert!(is_unavailable(&sent), "{to}: {sent:?}");
        }
    }
}

#[test]
fn sections_that_are_wrong() {
    for (section, problem) in [
        ("host = 'mail.example.org'\nsecurity = 'none'", "security: \"none\" is for a server on this machine only"),
        ("security = 'ssl'", "security: \"ssl\" is none of: starttls, tls, none"),
        ("from = 'nobody'", "from: is not an address"),
        ("from = \"a@example.org\\r\\nBcc: b@example.org\"", "from: is not an address"),
        ("user = 'x'", "user: goes with password"),
        ("ca_file = '/nowhere.pem'", "ca_file: cannot read certificates from /nowhere.pem"),
        ("port = 0", "port: must be a whole number"),
        ("List-Unsubscribe = 'x'", "List-Unsubscribe: there is no such key"),
    ] {
        let table: toml::Table = format!("kind = 'smtp'\n{section}").parse().expect("a section");
        let sections = [(Channel::Email, vec![table])].into();
        let found = Delivery::open(&sections, Clock::real()).err().unwrap_or_default();
        let start = format!("delivery.email.gateway[0].{problem}");
        assert!(found.iter().any(|line| line.starts_with(&start)), "{section}\n{found:#?}");
    }
}
