//! Invitations: mail to people who could not reset their password alone, before they need it.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use regain_core::audit::Act;
use regain_core::effect::{Delivery, Message, To};
use regain_core::method::{Channel, ContactKind};
use regain_core::registration::Registered;
use regain_core::subject::ContactId;
use regain_core::{Registration, Span, Time};

use super::super::trail;
use super::sheet;
use crate::app::App;
use crate::cli::open::Opened;
use crate::clock;
use crate::directory::Person;
use crate::store::outbox::Payload;

/// How long an invitation is worth sending: over a long weekend without a mail server.
const LIFE: Span = Span::hours(96);

#[derive(clap::Args)]
pub(super) struct Args {
    /// A CSV file with the column user_id: whom to look at; - for standard input. Without one, everybody in the embedded
    /// directory
    file: Option<PathBuf>,
    /// How many mails a minute
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=60_000))]
    per_minute: u32,
    /// Those, too, who were invited within register.invite_days
    #[arg(long)]
    again: bool,
    /// Say who would be invited, and who not and why; send nothing
    #[arg(long)]
    dry_run: bool,
}

/// How somebody stands with an invitation.
enum Verdict {
    /// To be invited.
    Invite { mail: String, missing: u8 },
    /// Not to be, and why.
    Not(&'static str),
}

impl Args {
    pub(super) async fn run(self, opened: &Opened) -> Result<(), String> {
        let app = &opened.app;
        if let Some(problem) = &opened.uncarried {
            return Err(problem.clone());
        }
        if !app.policy.channels.contains(&Channel::Email) {
            return Err("nothing carries email: add [[delivery.email.gateway]]".into());
        }
        let people = people(opened, self.file.as_deref()).await?;
        let (chosen, not) = self.sorted(app, &people).await?;
        for (why, count) in &not {
            println!("{count} not invited: {why}.");
        }
        if self.dry_run {
            for (person, mail) in &chosen {
                println!("{:<32} {:<24} {mail}", person.user_id, person.name);
            }
            println!("{} would be invited. Nothing was sent.", chosen.len());
            return Ok(());
        }
        self.send(app, &chosen).await
    }

    /// Who is to be invited, with the address; and how many are not, by reason.
    async fn sorted<'a>(
        &self,
        app: &App,
        people: &'a [Person],
    ) -> Result<(Vec<(&'a Person, String)>, BTreeMap<&'static str, usize>), String> {
        let (mut chosen, mut not) = (Vec::new(), BTreeMap::new());
        for person in people {
            match self.verdict(app, person).await? {
                Verdict::Invite { mail, .. } => chosen.push((person, mail)),
                Verdict::Not(why) => *not.entry(why).or_default() += 1,
            }
        }
        Ok((chosen, not))
    }

    async fn verdict(&self, app: &App, person: &Person) -> Result<Verdict, String> {
        let (policy, groups) = (&app.policy, &person.groups);
        let broken = |error: crate::store::Error| error.to_string();
        if person.status.is_off() || person.status.protected || !policy.in_scope(groups) {
            return Ok(Verdict::Not("may not reset by themselves"));
        }
        let registration = app.registration(Some(&person.id)).await.map_err(broken)?;
        let missing = registration.standing(&app.keys, policy, policy.is_administrator(groups)).missing;
        if missing == 0 {
            return Ok(Verdict::Not("are ready"));
        }
        if !can_be_ready(app, &registration, person) {
            return Ok(Verdict::Not("could not reset alone whatever they registered (policy.methods, gateways)"));
        }
        if registration.frozen.is_some() {
            return Ok(Verdict::Not("are frozen by \"This wasn't me\" (regain method thaw)"));
        }
        let invited = app.store.invited(&person.id).await.map_err(broken)?;
        if invited.is_some_and(|at| at > self.since(app)) {
            return Ok(Verdict::Not("were invited a short while ago (--again invites them all the same)"));
        }
        let mail = person.mail.clone().filter(|mail| !mail.is_empty());
        Ok(mail.map_or(Verdict::Not("have no address of their own in the directory"), |mail| Verdict::Invite {
            mail,
            missing,
        }))
    }

    /// Whoever was invited after this is not invited again.
    fn since(&self, app: &App) -> Time {
        let days = Span::hours(24 * app.settings.register.invite_days);
        if self.again { app.clock.now() } else { Time(app.clock.now().0 - days.0) }
    }

    /// Queues one mail after the other. Each is remembered with the mail itself: whoever breaks this off and begins anew goes
    /// on where it stopped.
    async fn send(&self, app: &App, chosen: &[(&Person, String)]) -> Result<(), String> {
        let pause = Duration::from_millis(60_000 / u64::from(self.per_minute));
        let (all, mut sent) = (chosen.len(), 0);
        for (n, (person, _)) in chosen.iter().enumerate() {
            if n > 0 {
                clock::wait(pause).await;
            }
            // It may take hours: they may have registered meanwhile.
            let invited = match self.verdict(app, person).await? {
                Verdict::Invite { mail, missing } => self.invite(app, person, mail, missing).await?,
                Verdict::Not(_) => false,
            };
            sent += usize::from(invited);
            println!("{} of {all}: {}{}", n + 1, person.user_id, if invited { "" } else { ", not any more" });
        }
        println!("Invited {sent} people. The running service sends the mails.");
        Ok(())
    }

    /// False if somebody else has just done it.
    async fn invite(&self, app: &App, person: &Person, mail: String, missing: u8) -> Result<bool, String> {
        let now = app.clock.now();
        let (user_id, name) = (person.user_id.clone(), person.name.clone());
        let message = Message::Invitation { user_id: user_id.clone(), name, missing };
        let delivery = Delivery { to: To::OwnMail(mail), channel: Channel::Email, message, deadline: now + LIFE };
        let payload = Payload { delivery, user_id, address: String::new() };
        let flow = clock::flow_id().map_err(|error| error.to_string())?;
        let queued = app.store.queue(flow, 1, 0, &payload, now).map_err(|error| error.to_string())?;
        let batch = vec![app.store.invite(&person.id, now, self.since(app)), queued];
        trail::write(app, batch, &[(Some(person), Act::Invited)]).await
    }
}

/// Whether registering all that people can register would be enough: administrators need two devices.
fn can_be_ready(app: &App, registration: &Registration, person: &Person) -> bool {
    let mut whole = registration.clone();
    for kind in [ContactKind::Email, ContactKind::Mobile] {
        whole.contacts.retain(|contact| contact.kind != kind);
        let (id, address) = (ContactId(kind.name().into()), kind.name().into());
        whole.contacts.push(Registered { id, kind, address, verified: Some(Time(0)), barred: false });
    }
    whole.standing(&app.keys, &app.policy, app.policy.is_administrator(&person.groups)).missing == 0
}

/// Everybody, or those in the list, each once.
async fn people(opened: &Opened, file: Option<&Path>) -> Result<Vec<Person>, String> {
    let Some(file) = file else {
        let instead = "it cannot say who everybody is. Give the User IDs: regain method invite FILE, a CSV list with the \
                       column user_id";
        return opened.people(instead)?.list().await.map_err(|problem| problem.to_string());
    };
    let lines = sheet::column(&sheet::load(file)?, "user_id").map_err(|problems| problems.join("\nregain: "))?;
    let (mut people, mut problems, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
    for (number, user_id) in lines {
        match opened.app.directory.find(&user_id).await.map_err(|error| format!("line {number}: {error}"))? {
            Some(person) if seen.insert(person.id.clone()) => people.push(person),
            Some(_) => {}
            None => problems.push(format!("line {number}: nobody has the User ID \"{user_id}\": check the spelling")),
        }
    }
    if problems.is_empty() { Ok(people) } else { Err(problems.join("\nregain: ")) }
}
