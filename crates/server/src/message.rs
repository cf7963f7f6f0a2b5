//! What is said in messages: one text in the forms that email, text and call need.

mod alert;
mod invitation;
mod notice;

use askama::Template;
use regain_core::effect::Message;
use regain_core::method::Channel;
use regain_core::method::issued_code::Purpose;
use regain_core::{Keys, Policy, Span};

use crate::config::{Settings, server};
use crate::delivery::{Content, Spoken};
use crate::store::outbox::Payload;
use crate::text::{Text, Value};

/// Says a queued message in the form of its channel. A code is worked out here, at the last moment, and written nowhere; so is
/// the link by which a change is undone.
pub fn content(settings: &Settings, policy: &Policy, keys: &Keys, channel: Channel, payload: &Payload) -> Content {
    match &payload.delivery.message {
        Message::Code(issue) => {
            let minutes = policy.code_lifetime.0 / Span::minutes(1).0;
            let code = issue.code(keys);
            self::code(settings, channel, (issue.purpose, code.reveal()), &payload.user_id, minutes)
        }
        Message::Invitation { user_id, name, missing } => {
            invitation::content(settings, policy, channel, (user_id, name), *missing)
        }
        Message::LimitReached { what, scope, at, until } => alert::content(settings, (*what, *scope), (*at, *until)),
        _ => notice::content(settings, keys, channel, payload),
    }
}

#[derive(Template)]
#[template(path = "message/code.html")]
struct CodeMail<'a> {
    organisation: &'a str,
    colour: &'a str,
    title: String,
    intro: String,
    code: &'a str,
    after: String,
    not_you: String,
}

fn code(
    settings: &Settings,
    channel: Channel,
    (purpose, code): (Purpose, &str),
    user_id: &str,
    minutes: i64,
) -> Content {
    let text = Text::english();
    let organisation = settings.organisation.name.as_str();
    let values = [
        ("organisation", Value::from(organisation)),
        ("code", code.into()),
        ("user", user_id.into()),
        ("minutes", minutes.into()),
    ];
    let words = |key: &str| text.say_plain(key, &values);
    // Whoever practises, or registers something, must see what the code is good for.
    let (short, spoken, intro, after) = match purpose {
        Purpose::Reset => ("message-code-short", "message-code-spoken", "message-code-intro", "message-code-after"),
        Purpose::Unlock => {
            ("message-code-short", "message-code-spoken", "message-code-unlock-intro", "message-code-after")
        }
        Purpose::Rehearsal => (
            "message-code-rehearsal-short",
            "message-code-rehearsal-spoken",
            "message-code-rehearsal-intro",
            "message-code-rehearsal-after",
        ),
        Purpose::Register => (
            "message-code-register-short",
            "message-code-register-spoken",
            "message-code-register-intro",
            "message-code-after",
        ),
    };
    match channel {
        Channel::Text => {
            // The last line lets the telephone offer the code on this site and on no other (origin-bound one-time codes).
            let host = server::without_port(&settings.server.host);
            Content::Text(format!("{}\n\n@{host} #{code}", words(short)))
        }
        Channel::Call => Content::Call(Spoken {
            before: words(spoken),
            digits: Some(code.to_owned()),
            after: words("message-code-spoken-end"),
            language: "en-GB".into(),
        }),
        Channel::Email => {
            let (intro, after, not_you) = (words(intro), words(after), words("message-code-not-you"));
            let plain = format!("{intro}\n\n    {code}\n\n{after}\n\n{not_you}\n\n{organisation}\n");
            let title = words("message-code-title");
            let colour = settings.organisation.colour.as_str();
            let page = CodeMail { organisation, colour, title, intro, code, after, not_you };
            Content::Email { subject: words("message-code-subject"), text: plain, html: html(&page) }
        }
    }
}

/// A template that cannot be rendered would be a fault of ours; the text part says everything anyway.
fn html(page: &impl Template) -> String {
    page.render().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use regain_core::effect::{Changed, Delivery, FreezeOffer, To};
    use regain_core::method::ContactKind;
    use regain_core::method::issued_code::Issue;
    use regain_core::subject::{AccountId, ContactId};
    use regain_core::{FlowId, Time};

    use super::*;
    use crate::config::Config;

    fn settings() -> Settings {
        let text = "[organisation]\nname = \"Thornbury <Trust>\"\n[care_team]\ntelephone = \"0300 555 0184\"\nmail = \"care@example.org\"";
        Config::from_table(text.parse().unwrap()).unwrap().settings
    }

    fn payload(message: Message) -> Payload {
        let delivery = Delivery { to: To::Nobody, channel: Channel::Email, message, deadline: Time(0) };
        Payload { delivery, user_id: "jo<b>@example.org".into(), address: "192.0.2.7".into() }
    }

    fn issue() -> Issue {
        Issue { flow: FlowId([1; 16]), purpose: Purpose::Reset, step: 1, n: 1, salt: [2; 16] }
    }

    /// All that a channel would send, in one text.
    fn said(channel: Channel, message: Message) -> String {
        match content(&settings(), &Policy::default(), &Keys::new([7; 32]), channel, &payload(message)) {
            Content::Email { subject, text, html } => format!("{subject}\n{text}\n{html}"),
            Content::Text(text) => text,
            Content::Call(call) => format!("{} {} {}", call.before, call.digits.unwrap_or_default(), call.after),
        }
    }

    #[test]
    fn every_channel_says_the_code_and_whose_it_is() {
        let code = issue().code(&Keys::new([7; 32]));
        for channel in Channel::ALL {
            let said = said(channel, Message::Code(issue()));
            assert!(said.contains(code.reveal()), "{said}");
            assert!(said.contains("Thornbury"), "{said}");
            assert!(!said.contains("message-"), "a message without words: {said}");
        }
    }

    fn offer() -> FreezeOffer {
        FreezeOffer {
            account: AccountId("17".into()),
            user_id: "jo.bloggs@example.org".into(),
            own_mail: None,
            kind: Some(ContactKind::Mobile),
            former: Some(ContactId("c".into())),
            at: Time(1_795_467_600_000),
        }
    }

    /// One notice of each sort.
    fn notices() -> Vec<Message> {
        let (user_id, at) = (|| offer().user_id, offer().at);
        let changed = |kind, how| Message::RegistrationChanged { user_id: user_id(), kind, how, at, offer: offer() };
        let mut all = vec![
            Message::PasswordChanged { certain: true, user_id: user_id(), at, offer: Some(offer()) },
            Message::PasswordChanged { certain: false, user_id: user_id(), at, offer: Some(offer()) },
            Message::PasswordChanged { certain: true, user_id: user_id(), at, offer: None },
            Message::Unlocked { user_id: user_id(), at, offer: Some(offer()) },
            Message::CallForCare { user_id: user_id(), at },
            Message::Frozen { user_id: user_id(), frozen: true, at },
            Message::Frozen { user_id: user_id(), frozen: false, at },
        ];
        for how in [Changed::Added, Changed::Replaced, Changed::Removed] {
            all.extend(ContactKind::ALL.map(|kind| changed(kind, how)));
        }
        all
    }

    #[test]
    fn every_notice_has_words_of_its_own_and_a_way_to_object() {
        for channel in Channel::ALL {
            let mut known = std::collections::BTreeSet::new();
            for message in notices() {
                let said = said(channel, message.clone());
                assert!(said.contains("jo.bloggs@example.org"), "whose: {said}");
                assert!(!said.contains("message-") && !said.contains("contact-") && !said.contains('{'), "{said}");
                let undone = message.offer().is_some() && channel != Channel::Call;
                let to_us = matches!(message, Message::CallForCare { .. });
                let link = format!("http://127.0.0.1:8080/freeze/{}", hex(&offer().token(&Keys::new([7; 32]))));
                assert_eq!(said.contains(&link), undone, "{said}");
                assert!(undone || to_us || said.contains("0300 555 0184"), "{said}");
                assert!(known.insert(said.clone()) || matches!(message, Message::PasswordChanged { .. }), "{said}");
            }
        }
    }

    #[test]
    fn every_code_says_what_to_do_for_who_did_not_ask_for_it() {
        for purpose in [Purpose::Reset, Purpose::Unlock, Purpose::Rehearsal, Purpose::Register] {
            for (channel, words) in [
                (Channel::Email, "Was this not you? Then ignore this message"),
                (Channel::Text, "Not you? Ignore it."),
                (Channel::Call, "If you did not ask for this code, you can hang up."),
            ] {
                let said = said(channel, Message::Code(Issue { purpose, ..issue() }));
                assert!(said.contains(words), "{said}");
                assert!(channel != Channel::Text || said.len() <= 160, "one message: {said}");
            }
        }
    }

    #[test]
    fn no_message_leads_to_anybody_else() {
        let codes = [Purpose::Reset, Purpose::Unlock, Purpose::Rehearsal, Purpose::Register];
        let codes = codes.map(|purpose| Message::Code(Issue { purpose, ..issue() }));
        let invited = Message::Invitation { user_id: "jo".into(), name: "https://evil.example".into(), missing: 1 };
        for message in notices().into_iter().chain(codes).chain([invited]) {
            for channel in Channel::ALL {
                let said = said(channel, message.clone());
                let html = said.split_once("<!doctype html>").map_or("", |(_, html)| html);
                for opening in ["href=\"", "src=\"", "action=\"", "url("] {
                    let links = html.match_indices(opening).map(|(at, _)| &html[at + opening.len()..]);
                    let strange = links.filter(|link| {
                        !["http://127.0.0.1:8080/", "mailto:care@example.org\"", "tel:"]
                            .iter()
                            .any(|own| link.starts_with(own))
                    });
                    assert_eq!(strange.count(), 0, "{html}");
                }
                let named = said.match_indices("://").filter(|(at, _)| !said[at + 3..].starts_with("evil.example"));
                let strange = named.filter(|(at, _)| !said[at + 3..].starts_with("127.0.0.1:8080/"));
                assert_eq!(strange.count(), 0, "{said}");
            }
        }
    }

    fn hex(token: &[u8; 16]) -> String {
        data_encoding::HEXLOWER.encode(token)
    }

    #[test]
    fn a_text_about_a_change_fits_into_two_and_its_link_into_forty_characters() {
        for message in notices() {
            let said = said(Channel::Text, message);
            assert!(said.chars().count() <= 306, "two GSM-7 messages: {said}");
            if let Some((_, path)) = said.split_once("127.0.0.1:8080") {
                assert!(path.len() <= 40, "{path}");
            }
        }
    }

    #[test]
    fn a_code_says_what_it_is_good_for() {
        for (purpose, word) in [(Purpose::Rehearsal, "rehears"), (Purpose::Register, "register")] {
            for channel in [Channel::Text, Channel::Call] {
                let said = said(channel, Message::Code(Issue { purpose, ..issue() }));
                assert!(said.contains(word), "{said}");
            }
        }
        let mail = said(Channel::Email, Message::Code(Issue { purpose: Purpose::Rehearsal, ..issue() }));
        assert!(mail.contains("nothing will be changed"), "{mail}");
    }

    #[test]
    fn a_text_is_short_plain_and_ends_in_the_line_for_autofill() {
        let code = issue().code(&Keys::new([7; 32]));
        let said = said(Channel::Text, Message::Code(issue()));
        assert!(said.ends_with(&format!("\n\n@127.0.0.1 #{}", code.reveal())), "{said}");
        assert!(said.is_ascii() && said.len() <= 160, "one GSM-7 message: {} characters", said.len());
    }

    #[test]
    fn the_line_for_autofill_names_the_host_alone() {
        for (host, expected) in [
            ("reset.example.org", "reset.example.org"),
            ("reset.example.org:8443", "reset.example.org"),
            ("127.0.0.1:8080", "127.0.0.1"),
            ("[::1]:8080", "[::1]"),
            ("[2001:db8::1]", "[2001:db8::1]"),
        ] {
            let mut settings = settings();
            settings.server.host = host.into();
            let message = payload(Message::Code(issue()));
            let said = content(&settings, &Policy::default(), &Keys::new([7; 32]), Channel::Text, &message);
            let Content::Text(text) = said else { panic!("a text") };
            assert!(text.contains(&format!("\n\n@{expected} #")), "{host}: {text}");
        }
    }

    #[test]
    fn the_notice_says_when_from_where_and_whom_to_ask() {
        let message = Message::PasswordChanged {
            certain: true,
            user_id: "jo<b>@example.org".into(),
            at: Time(1_795_467_600_000),
            offer: None,
        };
        let mail = said(Channel::Email, message.clone());
        for part in ["2026", "192.0.2.7", "0300 555 0184", "care@example.org", "jo<b>@example.org"] {
            assert!(mail.contains(part), "{part} in {mail}");
        }
        let html = mail.split_once("<!doctype html>").unwrap().1;
        assert!(!html.contains("<b>") && !html.contains("<Trust>"), "typed text is escaped in HTML");
        assert!(!mail.contains("message-"), "a message without words: {mail}");
        assert!(said(Channel::Text, message).contains("0300 555 0184"));
    }
}
