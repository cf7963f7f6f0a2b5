//! What goes on behind the pages: messages are sent, flows whose time has run out are ended, old rows are forgotten.

use std::sync::Arc;
use std::time::Duration;

use regain_core::effect::{self, Message, To};
use regain_core::flow::Event;
use regain_core::method::Channel;
use regain_core::subject::ContactId;
use regain_core::{Span, Time};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};

use crate::app::App;
use crate::clock;
use crate::crowd;
use crate::delivery::{Delivery, Failure, Outgoing};
use crate::drive::{Fault, Hold, Origin};
use crate::message;
use crate::store::outbox::{LEASE, Settled, Taken};

/// The longest the worker sleeps when nothing wakes it: another node may have queued something and died.
const DOZE: Span = Span::seconds(1);

/// How often flows and counters are looked through.
const HOUSEKEEPING: Span = Span::seconds(30);

/// How long an ended flow is kept: its page, and the count of what it used up.
const KEEP_ENDED: Span = Span::hours(1);

/// Messages being sent at the same moment: more would only make a relay refuse them all.
const IN_FLIGHT: usize = 64;

/// Runs until told to stop; messages being sent are sent to the end.
pub async fn run(app: Arc<App>, delivery: Arc<Delivery>, stop: watch::Receiver<bool>) {
    let house = tokio::spawn(keep_house(Arc::clone(&app), stop.clone()));
    keep_sending(app, delivery, stop).await;
    if let Err(error) = house.await {
        tracing::error!(%error, "the housekeeping broke off");
    }
}

async fn keep_sending(app: Arc<App>, delivery: Arc<Delivery>, mut stop: watch::Receiver<bool>) {
    let mut sending = JoinSet::new();
    while !*stop.borrow() {
        let sleep = send_due(&app, &delivery, &mut sending).await.unwrap_or_else(|fault| {
            tracing::error!(error = %fault, "messages could not be taken");
            DOZE
        });
        tokio::select! {
            () = app.wake.notified() => {}
            () = clock::wait(duration(sleep)) => {}
            _ = stop.changed() => {}
            () = room(&mut sending) => {}
        }
    }
    while let Some(sent) = sending.join_next().await {
        broke_off(sent);
    }
}

/// Clears away what was sent; returns once there is room for more where there was none.
async fn room(sending: &mut JoinSet<()>) {
    let full = sending.len() >= IN_FLIGHT;
    while let Some(sent) = sending.join_next().await {
        broke_off(sent);
        if full {
            return;
        }
    }
    std::future::pending().await
}

async fn keep_house(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        seal_anew(&app).await;
        if let Err(fault) = tidy_up(&app, app.clock.now()).await {
            tracing::error!(error = %fault, "old rows could not be looked through");
        }
        read_again(&app).await;
        match crowd::count_if_due(&app).await {
            Ok(None) => {}
            Ok(Some(people)) => tracing::info!(people, "what people look like from outside was counted"),
            Err(fault) => {
                tracing::error!(error = %fault, "what people look like could not be counted; decoys stay as they are")
            }
        }
        tokio::select! {
            () = clock::wait(duration(HOUSEKEEPING)) => {}
            _ = stop.changed() => {}
        }
    }
}

/// After a change of the key: what another one has sealed is sealed with the one in use. Every node looks again each time,
/// until the key file names one key alone: another node may not know yet which is in use.
async fn seal_anew(app: &App) {
    if !app.store.vault().has_others() {
        return;
    }
    let mut done = 0;
    let resealed = app.store.reseal(|rows| {
        done += rows;
        tracing::info!(rows = done, "sealing what the former key has sealed");
    });
    match resealed.await {
        Ok(()) if done > 0 => tracing::info!(rows = done, "all is sealed with the key in use: see regain key status"),
        Ok(()) => {}
        Err(error) => tracing::error!(%error, "sealing with the key in use broke off, and goes on later"),
    }
}

/// Reads again what files may have changed under the running program.
pub async fn read_again(app: &Arc<App>) {
    let app = Arc::clone(app);
    if let Err(error) = tokio::task::spawn_blocking(move || look_again(&app)).await {
        tracing::error!(%error, "reading what may have changed broke off");
    }
}

fn look_again(app: &App) {
    match app.banned.look_again() {
        Ok(None) => {}
        Ok(Some(words)) => tracing::info!(words, "the banned words were read again"),
        Err(problem) => tracing::error!(problem, "the banned words stay as they were"),
    }
    let Some(breach) = &app.breach else { return };
    match breach.look_again() {
        Ok(false) => {}
        Ok(true) => tracing::info!(passwords = breach.filter().about().entries, "another breach filter is in use"),
        Err(problem) => tracing::error!(problem, "the breach filter was not changed"),
    }
}

fn duration(span: Span) -> Duration {
    Duration::from_millis(u64::try_from(span.0).unwrap_or(0))
}

fn broke_off(sent: Result<(), JoinError>) {
    if let Err(error) = sent {
        tracing::error!(%error, "sending a message broke off; it goes again when it is nobody's any more");
    }
}

/// Sends everything that is due now and waits for it: for tests, which have no worker running.
///
/// # Errors
/// If the store cannot be read.
pub async fn send_now(app: &Arc<App>, delivery: &Arc<Delivery>) -> Result<(), Fault> {
    let mut sending = JoinSet::new();
    send_due(app, delivery, &mut sending).await?;
    while let Some(sent) = sending.join_next().await {
        broke_off(sent);
    }
    Ok(())
}

/// Takes what is due and sends it side by side: a slow gateway holds up nobody else's message. Gives the time until the
/// next is due. Looking is cheap, taking is a write: so it looks first.
async fn send_due(app: &Arc<App>, delivery: &Arc<Delivery>, sending: &mut JoinSet<()>) -> Result<Span, Fault> {
    while sending.len() < IN_FLIGHT {
        let Some(due) = app.store.next_message().await? else { return Ok(DOZE) };
        let now = app.clock.now();
        if due > now {
            return Ok(Span((due - now).0.clamp(1, DOZE.0)));
        }
        let taken = app.store.take_messages(now).await?;
        if taken.is_empty() {
            // Another node was quicker.
            return Ok(Span(1));
        }
        for message in taken {
            let (app, delivery) = (Arc::clone(app), Arc::clone(delivery));
            sending.spawn(async move {
                let id = message.id.clone();
                if let Err(fault) = send(&app, &delivery, message).await {
                    tracing::error!(error = %fault, message = id, "a message could not be dealt with; it goes again");
                }
            });
        }
    }
    Ok(DOZE)
}

async fn send(app: &App, delivery: &Delivery, taken: Taken) -> Result<(), Fault> {
    let store = &app.store;
    let channel = taken.payload.delivery.channel;
    if app.clock.now() >= taken.deadline {
        return Ok(store.settle_message(&taken.id, Settled::TooLate, None, None).await?);
    }
    // Put into words for nobody, too: that much work says nothing.
    let content = message::content(&app.settings, &app.policy, &app.keys, channel, &taken.payload);
    let Some(to) = address(app, &taken.payload.delivery).await? else {
        return Ok(store.settle_message(&taken.id, Settled::Dropped, None, None).await?);
    };
    let code = matches!(taken.payload.delivery.message, Message::Code(_));
    let barred = if channel == Channel::Email { None } else { app.barred(&to) };
    if let Some(why) = barred.filter(|why| code || why.even_for_notices()) {
        tracing::warn!(message = taken.id, channel = channel.name(), %why, "a message was not sent");
        return Ok(store.settle_message(&taken.id, Settled::Failed, None, Some(why.to_string())).await?);
    }
    let outgoing = Outgoing { to: &to, content: &content, key: &taken.id };
    crate::fault::point("delivery.send.before");
    let answer = held(app, &taken.id, delivery.send(channel, &outgoing)).await;
    crate::fault::point("delivery.send.after");
    match answer {
        Ok(receipt) => {
            let (gateway, answer) = (Some(receipt.gateway), Some(receipt.answer));
            store.settle_message(&taken.id, Settled::Sent, gateway, answer).await?;
        }
        Err(Failure::Refused(why)) => {
            tracing::warn!(message = taken.id, channel = channel.name(), answer = why, "a message was refused");
            store.settle_message(&taken.id, Settled::Failed, None, Some(why)).await?;
        }
        Err(Failure::Unavailable(why)) => {
            tracing::warn!(
                message = taken.id,
                channel = channel.name(),
                answer = why,
                "a message could not be sent yet"
            );
            let due = app.clock.now() + pause(taken.attempt);
            store.delay_message(&taken.id, due, why).await?;
        }
    }
    Ok(())
}

/// Sends while holding on to the message.
async fn held<T>(app: &App, id: &str, sending: impl Future<Output = T>) -> T {
    let third = duration(Span(LEASE.0 / 3));
    tokio::pin!(sending);
    loop {
        tokio::select! {
            answer = &mut sending => return answer,
            () = clock::wait(third) => {
                if let Err(error) = app.store.hold_message(id).await {
                    tracing::warn!(message = id, %error, "a message being sent could not be held; another node may send it too");
                }
            }
        }
    }
}

/// Where a message goes, as it stands now: a contact that was removed meanwhile gets no code, only the notice of that.
async fn address(app: &App, delivery: &effect::Delivery) -> Result<Option<String>, Fault> {
    match &delivery.to {
        To::Contact(id) => {
            let contact = match &delivery.message {
                Message::Code(_) => app.store.contact(id).await?,
                _ => app.store.contact_or_former(id).await?,
            };
            Ok(contact.filter(|contact| contact.verified.is_some()).map(|contact| contact.address))
        }
        To::OwnMail(mail) => Ok(Some(mail.clone())),
        To::New { address, .. } => Ok(Some(address.clone())),
        To::CareTeam => Ok(app.settings.care_team.mail.clone()),
        To::Operators => Ok(app.settings.budget.alert_mail.clone()),
        // Looked for all the same, under a name that no contact has.
        To::Nobody => Ok(app.store.contact(&ContactId(String::new())).await?.and(None)),
    }
}

/// 1 s, 2 s, 4 s … 60 s, each up to half as long again, so that messages that failed together do not come back together.
fn pause(attempt: i64) -> Span {
    let doubling = u32::try_from(attempt.clamp(1, 7) - 1).unwrap_or(0);
    let pause = 1_000i64.saturating_mul(2i64.saturating_pow(doubling)).min(60_000);
    let [byte] = clock::random().unwrap_or([128]);
    Span(pause + pause * i64::from(byte) / 512)
}

/// Ends flows whose time has run out and forgets old rows.
///
/// # Errors
/// If the store cannot be read or written.
pub async fn tidy_up(app: &Arc<App>, now: Time) -> Result<(), Fault> {
    let origin = Origin { address: String::new(), browser: "regain worker".into() };
    loop {
        let mut ended = 0;
        let overdue = app.store.overdue_flows(now).await?;
        for flow in &overdue {
            match app.drive(&origin, Hold::all(*flow), Event::Tick).await {
                Ok(_) => ended += 1,
                // One flow that cannot be read must not keep the others from their end.
                Err(fault) => {
                    tracing::error!(error = %fault, reference = flow.reference(&app.keys), "a flow could not be ended");
                }
            }
        }
        if ended == 0 || ended < overdue.len() {
            break;
        }
    }
    let then = Time(now.0 - KEEP_ENDED.0);
    let session = app.settings.session;
    if app.policy.password.history == 0 {
        // What was kept while there was one is of no use any more.
        app.store.forget_earlier_passwords().await?;
    }
    let forgotten = [
        app.store.forget_flows(then).await,
        app.store.forget_messages(then).await,
        app.store.forget_counters(now).await,
        app.store.forget_former_contacts(now).await,
        app.store.forget_freeze_offers(now).await,
        app.store.forget_sessions(Time(now.0 - session.idle.0), Time(now.0 - session.whole.0)).await,
    ];
    forgotten.into_iter().collect::<Result<(), _>>().map_err(Fault::from)
}
