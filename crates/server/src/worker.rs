//! What goes on behind the pages: messages are sent, flows whose time has run out are ended, old rows are forgotten.

use std::sync::Arc;
use std::time::Duration;

use regain_core::effect::{self, Message, To};
use regain_core::flow::Event;
use regain_core::method::Channel;
use regain_core::subject::ContactId;
use regain_core::{Span, Time};
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinError, JoinSet};

use crate::app::App;
use crate::clock;
use crate::crowd;
use crate::delivery::{Delivery, Failure, Outgoing};
use crate::drive::{Drove, Fault, Hold, Origin};
use crate::message;
use crate::store::outbox::{Ended, LEASE, Settled, Taken};

/// The longest the worker sleeps when nothing wakes it: another node may have queued something and died.
const DOZE: Span = Span::seconds(1);

/// How often flows and counters are looked through.
const HOUSEKEEPING: Span = Span::seconds(30);

/// How long an ended flow is kept: its page, and the count of what it used up.
const KEEP_ENDED: Span = Span::hours(1);

/// How long it may take until it is written down what became of a message: what comes meanwhile is written down with it. If this
/// node dies before, the message goes again, as it does if it dies while sending.
const SETTLING: Span = Span(50);

/// How many are written down together at most.
const TOGETHER: usize = 256;

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
    let (ended, settling) = mpsc::unbounded_channel();
    let settling = tokio::spawn(settle(Arc::clone(&app), settling, SETTLING));
    let mut sending = Sending { app: Arc::clone(&app), delivery, under_way: JoinSet::new(), ended };
    app.post.open(true);
    while !*stop.borrow() {
        let sleep = sending.send_due().await.unwrap_or_else(|fault| {
            tracing::error!(error = %fault, "messages could not be taken");
            DOZE
        });
        tokio::select! {
            () = app.post.rung() => {}
            () = clock::wait(duration(sleep)) => {}
            _ = stop.changed() => {}
            () = sending.room() => {}
        }
    }
    app.post.open(false);
    for message in app.post.next(usize::MAX, app.clock.now()) {
        sending.begin(message);
    }
    sending.finish().await;
    if let Err(error) = settling.await {
        tracing::error!(%error, "writing down what became of messages broke off; they go again");
    }
}

/// Writes down what became of messages, many together, until all is sent.
async fn settle(app: Arc<App>, mut ended: mpsc::UnboundedReceiver<Ended>, within: Span) {
    while let Some(first) = ended.recv().await {
        clock::wait(duration(within)).await;
        let mut together = vec![first];
        while together.len() < TOGETHER
            && let Ok(more) = ended.try_recv()
        {
            together.push(more);
        }
        // All nodes lock messages in one order, or two could wait for each other.
        together.sort_by(|one, other| one.id.cmp(&other.id));
        write_down(&app, together).await;
    }
}

/// A store that is away for a moment must not make that many messages go twice.
async fn write_down(app: &App, ended: Vec<Ended>) {
    for pause in [Some(Span(200)), Some(Span::seconds(1)), None] {
        let Err(error) = app.store.settle_messages(ended.clone()).await else { return };
        match pause {
            Some(pause) => clock::wait(duration(pause)).await,
            None => tracing::error!(%error, "what became of messages could not be written down; they go again"),
        }
    }
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
    let (ended, settling) = mpsc::unbounded_channel();
    let (app, delivery) = (Arc::clone(app), Arc::clone(delivery));
    let mut sending = Sending { app: Arc::clone(&app), delivery, under_way: JoinSet::new(), ended };
    sending.send_due().await?;
    sending.finish().await;
    settle(app, settling, Span(0)).await;
    Ok(())
}

/// Messages being sent side by side: a slow gateway holds up nobody else's.
struct Sending {
    app: Arc<App>,
    delivery: Arc<Delivery>,
    under_way: JoinSet<()>,
    ended: mpsc::UnboundedSender<Ended>,
}

impl Sending {
    /// Takes what is due and begins to send it. Gives the time until the next is due. What was handed over goes first; for the
    /// rest, looking is cheap and taking is a write: so it looks first.
    async fn send_due(&mut self) -> Result<Span, Fault> {
        for message in self.app.post.next(IN_FLIGHT.saturating_sub(self.under_way.len()), self.app.clock.now()) {
            self.begin(message);
        }
        while self.under_way.len() < IN_FLIGHT {
            let Some(due) = self.app.store.next_message().await? else { return Ok(DOZE) };
            let now = self.app.clock.now();
            if due > now {
                return Ok(Span((due - now).0.clamp(1, DOZE.0)));
            }
            let taken = self.app.store.take_messages(now).await?;
            if taken.is_empty() {
                // Another node was quicker.
                return Ok(Span(1));
            }
            for message in taken {
                self.begin(message);
            }
        }
        Ok(DOZE)
    }

    fn begin(&mut self, message: Taken) {
        let (app, delivery, ended) = (Arc::clone(&self.app), Arc::clone(&self.delivery), self.ended.clone());
        self.under_way.spawn(async move {
            let id = message.id.clone();
            match send(&app, &delivery, message).await {
                // Whoever writes it down is there for as long as something is being sent.
                Ok(Some(end)) => drop(ended.send(end)),
                Ok(None) => {}
                Err(fault) => {
                    tracing::error!(error = %fault, message = id, "a message could not be dealt with; it goes again");
                }
            }
        });
    }

    /// Clears away what was sent; returns once there is room for more where there was none.
    async fn room(&mut self) {
        let full = self.under_way.len() >= IN_FLIGHT;
        while let Some(sent) = self.under_way.join_next().await {
            broke_off(sent);
            if full {
                return;
            }
        }
        std::future::pending().await
    }

    /// Sends to the end what was begun.
    async fn finish(mut self) {
        while let Some(sent) = self.under_way.join_next().await {
            broke_off(sent);
        }
    }
}

/// Sends a message, and gives what became of it; nothing if it is tried again later.
async fn send(app: &App, delivery: &Delivery, taken: Taken) -> Result<Option<Ended>, Fault> {
    let channel = taken.payload.delivery.channel;
    let ended = |how, gateway, answer| Ok(Some(Ended { id: taken.id.clone(), how, gateway, answer }));
    if app.clock.now() >= taken.deadline {
        return ended(Settled::TooLate, None, None);
    }
    // Put into words for nobody, too: that much work says nothing.
    let content = message::content(&app.settings, &app.policy, &app.keys, channel, &taken.payload);
    let Some(to) = address(app, &taken.payload.delivery).await? else {
        return ended(Settled::Dropped, None, None);
    };
    let code = matches!(taken.payload.delivery.message, Message::Code(_));
    let barred = if channel == Channel::Email { None } else { app.barred(&to) };
    if let Some(why) = barred.filter(|why| code || why.even_for_notices()) {
        tracing::warn!(message = taken.id, channel = channel.name(), %why, "a message was not sent");
        return ended(Settled::Failed, None, Some(why.to_string()));
    }
    let outgoing = Outgoing { to: &to, content: &content, key: &taken.id };
    crate::fault::point("delivery.send.before");
    let answer = held(app, &taken.id, delivery.send(channel, &outgoing)).await;
    crate::fault::point("delivery.send.after");
    match answer {
        Ok(receipt) => ended(Settled::Sent, Some(receipt.gateway), Some(receipt.answer)),
        Err(Failure::Refused(why)) => {
            tracing::warn!(message = taken.id, channel = channel.name(), answer = why, "a message was refused");
            ended(Settled::Failed, None, Some(why))
        }
        Err(Failure::Unavailable(why)) => {
            let channel = channel.name();
            tracing::warn!(message = taken.id, channel, answer = why, "a message could not be sent yet");
            let due = app.clock.now() + pause(taken.attempt);
            app.store.delay_message(&taken.id, due, why).await?;
            Ok(None)
        }
    }
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
                Ok(Drove::Done { ended: true, .. }) => ended += 1,
                Ok(_) => {}
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
