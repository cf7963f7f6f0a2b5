//! The telephones and mailboxes of the people who are attacked.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::site::Person;
use crate::host::{self, Outcome};

/// How long a message may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// A message that came.
#[derive(Clone)]
pub(super) struct Message {
    pub(super) to: String,
    pub(super) words: String,
    /// Whether its code was read already.
    read: bool,
}

/// All messages of one site.
#[derive(Clone, Default)]
pub(super) struct Inbox(Arc<(Mutex<Vec<Message>>, Condvar)>);

impl Inbox {
    pub(super) fn keep(&self, to: &str, words: &str) {
        let (messages, rung) = &*self.0;
        let message = Message { to: to.to_owned(), words: words.to_owned(), read: false };
        messages.lock().unwrap_or_else(PoisonError::into_inner).push(message);
        rung.notify_all();
    }

    /// All that came so far.
    pub(super) fn all(&self) -> Vec<Message> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What came to this person so far.
    pub(super) fn of(&self, person: &Person) -> Vec<Message> {
        let mut all = self.all();
        all.retain(|message| person.has(&message.to));
        all
    }

    /// The next code for this person that was not read yet, wherever it comes.
    pub(super) fn code(&self, person: &Person) -> Outcome<String> {
        self.next(person, |words| {
            words.split(|c: char| !c.is_ascii_alphanumeric()).find(|part| is_code(part)).map(str::to_owned)
        })
    }

    /// The next link of "This wasn't me" for this person: its token.
    pub(super) fn freeze_token(&self, person: &Person) -> Outcome<String> {
        self.next(person, |words| {
            let rest = words.split("/freeze/").nth(1)?;
            Some(rest.chars().take_while(char::is_ascii_hexdigit).collect())
        })
    }

    fn next(&self, person: &Person, find: impl Fn(&str) -> Option<String>) -> Outcome<String> {
        let (messages, rung) = &*self.0;
        let begun = host::start();
        let mut guard = messages.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let unread = guard.iter_mut().filter(|message| !message.read && person.has(&message.to));
            for message in unread {
                if let Some(found) = find(&message.words) {
                    message.read = true;
                    return Ok(found);
                }
            }
            if begun.elapsed() > PATIENCE {
                return Err(format!("no message came for {}", person.user_id));
            }
            guard = rung.wait_timeout(guard, Duration::from_secs(1)).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

fn is_code(word: &str) -> bool {
    word.len() == 6 && word.bytes().all(|digit| digit.is_ascii_digit())
}
