//! Who is told of a change, and "This wasn't me", which undoes it.

use crate::audit::Act;
use crate::effect::{Changed, Delivery, Effect, FREEZE_OFFER_LIFE, FreezeOffer, Message, To};
use crate::method::{Channel, ContactKind};
use crate::register::{End, Machine, Person, Problem, Stage};
use crate::registration::{self, Change};
use crate::subject::ContactId;
use crate::time::{Span, Time};

/// How long a notice of a change is worth sending.
const NOTICE_LIFE: Span = Span::hours(24);

impl Machine<'_> {
    /// Somebody says that the change they were told of was not theirs.
    pub(super) fn freeze(&mut self, offer: FreezeOffer) {
        if self.ctx.now >= offer.at + FREEZE_OFFER_LIFE {
            return self.flow.stage = Stage::Ended { end: End::OfferTooOld, at: self.ctx.now };
        }
        let FreezeOffer { account, user_id, own_mail, kind, former, .. } = offer;
        self.flow.person =
            Some(Person { account: account.clone(), user_id: user_id.clone(), own_mail, administrator: false });
        let registration = self.ctx.registration;
        let there = kind.and_then(|kind| registration.of(kind)).map(|contact| &contact.id);
        let undone = kind.is_none() || there == former.as_ref();
        if registration.frozen.is_some() && undone {
            // The link was followed before: nobody is told twice.
            return self.flow.stage = Stage::Ended { end: End::Frozen, at: self.ctx.now };
        }
        // What the attacker took away is told as well as what is there.
        let back = former.clone().filter(|_| !undone).zip(kind);
        let back = back.map(|(former, kind)| (To::Contact(former), channel(kind)));
        let at = self.ctx.now;
        self.notice(Message::Frozen { user_id: user_id.clone(), frozen: true, at }, back);
        self.call_for_care(user_id);
        let change = Change::Freeze { kind, restore: former };
        self.effects.push(Effect::Register { account: account.clone(), change });
        self.effects.push(Effect::EndSessions { account });
        self.end(End::Frozen, Act::Frozen);
    }

    /// Tells those who help: somebody may have the person's password.
    fn call_for_care(&mut self, user_id: String) {
        if self.ctx.policy.channels.contains(&Channel::Email) {
            let message = Message::CallForCare { user_id, at: self.ctx.now };
            let deadline = self.ctx.now + NOTICE_LIFE;
            self.effects.push(Effect::Deliver(Delivery {
                to: To::CareTeam,
                channel: Channel::Email,
                message,
                deadline,
            }));
        }
    }

    /// Resets may go on.
    pub(super) fn thaw(&mut self, signed_in: Option<Time>, by: String) {
        let Some(person) = self.flow.person.clone().filter(|_| self.ctx.registration.frozen.is_some()) else { return };
        if signed_in.is_some_and(|signed_in| self.ctx.now >= signed_in + self.ctx.policy.fresh) {
            return self.refuse(Problem::NotFresh);
        }
        self.effects.push(Effect::Register { account: person.account, change: Change::Thaw });
        self.notice(Message::Frozen { user_id: person.user_id, frozen: false, at: self.ctx.now }, None);
        self.audit(Act::Thawed { by });
        self.open(None);
    }

    /// Tells all who can be reached, old and new, how a contact was changed, with the offer to undo it.
    pub(super) fn tell(&mut self, person: &Person, kind: ContactKind, how: Changed, new: Option<ContactId>) {
        let Person { account, user_id, own_mail, .. } = person.clone();
        let at = self.ctx.now;
        // What is itself too new to be relied on does not come back: else whoever changes a contact twice would have the
        // second notice bring back their own.
        let settled = |since: Time| at >= since + self.ctx.policy.cooling_off;
        let former = self.ctx.registration.of(kind).filter(|contact| contact.verified.is_some_and(settled));
        let former = former.map(|contact| contact.id.clone());
        let offer = FreezeOffer { account, user_id: user_id.clone(), own_mail, kind: Some(kind), former, at };
        let new = new.map(|new| (To::Contact(new), channel(kind)));
        self.notice(Message::RegistrationChanged { user_id, kind, how, at, offer }, new);
    }

    fn notice(&mut self, message: Message, also: Option<(To, Channel)>) {
        let own = self.flow.person.as_ref().and_then(|person| person.own_mail.as_ref());
        let mut all = registration::everybody(self.ctx, own);
        all.extend(also.filter(|(_, channel)| self.ctx.policy.channels.contains(channel)));
        let deadline = self.ctx.now + NOTICE_LIFE;
        let deliveries =
            all.into_iter().map(|(to, channel)| Delivery { to, channel, message: message.clone(), deadline });
        self.effects.extend(deliveries.map(Effect::Deliver));
    }
}

/// What carries a notice to a contact of this kind.
const fn channel(kind: ContactKind) -> Channel {
    match kind {
        ContactKind::Email => Channel::Email,
        ContactKind::Mobile => Channel::Text,
        ContactKind::Office => Channel::Call,
    }
}
