//! An account that exists to be tried out: what `regain doctor --canary` does to it. Its password is another one afterwards, which
//! nobody knows.

use regain_core::{Secret, password};

use super::{Directory, Error, PasswordRules, Person, Refusal, Verdict};
use crate::clock;
use crate::finding::Finding;

/// Wrong passwords after which an account that is not locked yet will not be.
const MOST_TRIES: usize = 12;

/// Sets, changes and unlocks; every operation is one that a person's reset could need.
pub async fn try_out(directory: &dyn Directory, user_id: &str) -> Vec<Finding> {
    let person = match directory.find(user_id).await {
        Ok(Some(person)) => person,
        Ok(None) => {
            let says = format!("\"{user_id}\" is not found, or two accounts answer to it");
            return vec![Finding::bad("canary", says, "Give the User ID of an account that is there to be tried out.")];
        }
        Err(error) => return vec![Finding::bad("canary", error.to_string(), "Mend what is said above first.")],
    };
    let status = person.status;
    if status.protected || status.is_off() {
        let says = "it is disabled, has expired, or is protected: nobody in its place could reset either";
        return vec![Finding::bad("canary", says, "Take an ordinary account that is enabled.")];
    }
    let mut findings = vec![Finding::good("canary", format!("\"{user_id}\" is found, and may reset"))];
    match passwords(directory, &person, &mut findings).await {
        Ok(password) => findings.push(lock(directory, &person, &password).await),
        Err(finding) => findings.push(finding),
    }
    findings
}

/// A password that any rules take, and nobody guesses.
pub(super) fn fresh() -> Result<Secret, Finding> {
    let random: [u8; 15] = clock::random().map_err(|error| Finding::bad("canary", error.to_string(), "Try again."))?;
    Ok(password::normalised(&Secret::new(format!("Aa1-{}", data_encoding::BASE32_NOPAD.encode(&random)))))
}

fn failed(what: &str, error: &Error) -> Finding {
    let fix = match error {
        Error::Refused(Refusal::NotPermitted) => {
            "Give Regain's account the right to do this; docs/active-directory.md and docs/openldap.md have the commands."
        }
        Error::Refused(Refusal::TooYoung { .. }) => {
            "The canary's password is too young to be changed again: try tomorrow, or take another account."
        }
        _ => "The server's own words are in the log above; REGAIN_LOG=warn shows them.",
    };
    Finding::bad(what, error.to_string(), fix)
}

/// Sets one, and one again; gives the last.
async fn passwords(directory: &dyn Directory, person: &Person, findings: &mut Vec<Finding>) -> Result<Secret, Finding> {
    let (first, second) = (fresh()?, fresh()?);
    let id = &person.id;
    directory.reset(id, &first).await.map_err(|error| failed("reset", &error))?;
    match directory.verify(Some(id), &first).await {
        Ok(Verdict::Right) => findings.push(Finding::good("reset", "a password was set, and it signs in")),
        Ok(verdict) => {
            let says = format!("a password was set, but a sign-in with it says {verdict:?}");
            return Err(Finding::bad("reset", says, "Look whether another program changes this account."));
        }
        Err(error) => return Err(failed("reset", &error)),
    }
    findings.push(history_on_reset(directory.reset(id, &first).await, &person.rules));
    match directory.change(id, &first, &second).await {
        Ok(()) => findings.push(Finding::good("change", "a password was changed with the old one")),
        Err(Error::Refused(Refusal::TooYoung { .. })) => {
            findings
                .push(Finding::skipped("change", "the least age of passwords holds: this one was set a moment ago"));
            return Ok(first);
        }
        Err(error) => return Err(failed("change", &error)),
    }
    let again = directory.change(id, &second, &first).await;
    findings.push(history_on_change(&again, &person.rules));
    Ok(if again.is_ok() { first } else { second })
}

fn history_on_reset(again: Result<(), Error>, rules: &PasswordRules) -> Finding {
    let what = "history on reset";
    match again {
        Err(Error::Refused(Refusal::InHistory)) => Finding::good(what, "the present password was really refused"),
        Err(error) => failed(what, &error),
        Ok(()) if rules.history == Some(0) => Finding::skipped(what, "the rules remember no earlier password"),
        Ok(()) => Finding::warn(
            what,
            "the present password was taken again: a reset can bring an old password back",
            "See \"policy on reset\" above. A change with the old password is another matter: see below.",
        ),
    }
}

fn history_on_change(again: &Result<(), Error>, rules: &PasswordRules) -> Finding {
    let what = "history on change";
    match again {
        Err(Error::Refused(Refusal::InHistory)) => Finding::good(what, "an earlier password was really refused"),
        Err(Error::Refused(Refusal::TooYoung { .. })) => {
            Finding::skipped(what, "the least age of passwords holds: this one was set a moment ago")
        }
        Err(error) => failed(what, error),
        Ok(()) if rules.history == Some(0) => Finding::skipped(what, "the rules remember no earlier password"),
        Ok(()) => Finding::warn(what, "an earlier password was taken again", "Set a history in the directory's rules."),
    }
}

/// Locks it by wrong passwords, and unlocks it.
async fn lock(directory: &dyn Directory, person: &Person, password: &Secret) -> Finding {
    let what = "unlock";
    let wrong = Secret::new("wrong on purpose");
    let mut locked = false;
    for _ in 0..MOST_TRIES {
        locked = matches!(directory.verify(Some(&person.id), &wrong).await, Ok(Verdict::Locked));
        if locked {
            break;
        }
    }
    if let Ok(Some(now)) = directory.person(&person.id).await {
        locked |= now.status.locked.is_some();
    }
    if !locked {
        return Finding::skipped(
            what,
            format!("{MOST_TRIES} wrong passwords do not lock it: there was nothing to lift"),
        );
    }
    if let Err(error) = directory.unlock(&person.id).await {
        return failed(what, &error);
    }
    match directory.verify(Some(&person.id), password).await {
        Ok(Verdict::Right) => Finding::good(what, "a lock was really lifted"),
        other => Finding::bad(
            what,
            format!("the lock was lifted, but a sign-in says {other:?}"),
            "Look whether the server needs time to tell the others.",
        ),
    }
}
