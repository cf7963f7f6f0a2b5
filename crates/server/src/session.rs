//! Who is signed in: beginning, finding, renewing and ending a session.
//!
//! The browser holds 256 random bits and nothing else; the store keeps a keyed hash of them, so that whoever reads the store
//! cannot sign in with what is there. A session's place is made before the password is looked at: a reset that is finished
//! meanwhile ends it too.

use data_encoding::BASE64URL_NOPAD;
use regain_core::audit::{self, Act};
use regain_core::flow::FlowId;
use regain_core::keys::Use;
use regain_core::method::ContactKind;
use regain_core::subject::AccountId;
use regain_core::{Keys, Span, Time, change, register, registration};
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::clock;
use crate::directory::Person;
use crate::drive::{Fault, Origin};
use crate::store::{Outcome, Stmt};

/// How often it is written down at most that somebody is there.
const SEEN_EVERY: Span = Span::minutes(1);

/// What the browser holds: 256 random bits (OWASP ASVS 3.2.2 asks for 64). No `Debug`: whoever has it is signed in.
#[derive(Clone)]
pub struct Token([u8; 32]);

impl Token {
    /// A new one.
    ///
    /// # Errors
    /// If the operating system gives no randomness.
    pub fn new() -> Result<Self, getrandom::Error> {
        clock::random().map(Self)
    }

    /// As the cookie has it.
    pub fn text(&self) -> String {
        BASE64URL_NOPAD.encode(&self.0)
    }

    /// From a cookie; nothing if it is none of ours.
    pub fn parse(text: &str) -> Option<Self> {
        BASE64URL_NOPAD.decode(text.as_bytes()).ok()?.try_into().ok().map(Self)
    }

    /// The name under which the store keeps it.
    pub fn name(&self, keys: &Keys) -> String {
        keys.derive(Use::Session, &[b"name", &self.0]).hex()
    }
}

/// Somebody who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its name in the store.
    pub name: String,
    /// Whose.
    pub account: AccountId,
    /// When the password was typed.
    pub signed_in: Time,
    /// When it ends if nobody comes.
    pub idle_until: Time,
    /// What else it remembers.
    pub state: State,
}

/// What a session remembers; sealed in the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// What its flows are named after. Stays when the password is typed again, so that nothing is lost and no tries come back.
    pub root: FlowId,
    /// The User ID in the directory's own spelling.
    pub user_id: String,
    /// The person's name.
    pub person: String,
    /// The account's own mailbox.
    pub own_mail: Option<String>,
    /// Groups they are in.
    pub groups: Vec<String>,
    /// Whether the password has to be changed before anything else.
    pub must_change: bool,
    /// The network address from which they signed in.
    pub address: String,
    /// Where they are to be sent when all is done, if that is allowed.
    pub return_to: Option<String>,
    /// Changes of the password that came to an end without one: numbers the next.
    pub changes: u32,
    /// A change that brought a new password, as long as its page on further directories is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<FlowId>,
}

impl State {
    /// Of somebody who has just shown that they know the password.
    ///
    /// # Errors
    /// If the operating system gives no randomness.
    pub fn new(person: &Person, must_change: bool, origin: &Origin) -> Result<Self, getrandom::Error> {
        Ok(Self {
            root: clock::flow_id()?,
            user_id: person.user_id.clone(),
            person: person.name.clone(),
            own_mail: person.mail.clone(),
            groups: person.groups.clone(),
            must_change,
            address: origin.address.clone(),
            return_to: None,
            changes: 0,
            changed: None,
        })
    }
}

impl Session {
    /// The name of this session's registration.
    pub fn register_flow(&self, keys: &Keys) -> FlowId {
        self.flow(keys, b"register", 0)
    }

    /// The name of this session's change of a password.
    pub fn change_flow(&self, keys: &Keys) -> FlowId {
        self.state.changed.unwrap_or_else(|| self.flow(keys, b"change", self.state.changes))
    }

    /// A flow's name tells neither the session's nor its cookie.
    fn flow(&self, keys: &Keys, purpose: &[u8], n: u32) -> FlowId {
        let digest = keys.derive(Use::Session, &[b"flow", &self.state.root.0, purpose, &n.to_be_bytes()]);
        let mut id = [0; 16];
        id.iter_mut().zip(digest.0).for_each(|(to, from)| *to = from);
        FlowId(id)
    }

    /// Who it is, for a registration.
    pub fn person(&self, administrator: bool) -> register::Person {
        let State { user_id, own_mail, .. } = self.state.clone();
        register::Person { account: self.account.clone(), user_id, own_mail, administrator }
    }

    /// Who it is, for a change of the password.
    pub fn changer(&self) -> change::Person {
        let State { user_id, own_mail, .. } = self.state.clone();
        change::Person { account: self.account.clone(), user_id, own_mail }
    }
}

/// What has to be done by somebody who has signed in before they go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Nothing.
    Nothing,
    /// Their password has to be changed.
    Change,
    /// They have registered too little, or have not looked at it for too long.
    Register {
        /// Whether they were asked before.
        asked: bool,
        /// From when on it cannot be put off any more.
        by: Time,
        /// Whether that time has come.
        required: bool,
    },
}

impl App {
    /// What this person has to do first.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn due(&self, session: &Session) -> Result<Due, Fault> {
        if session.state.must_change {
            return Ok(Due::Change);
        }
        let (now, policy) = (self.clock.now(), &self.policy);
        let registration = self.registration(Some(&session.account)).await?;
        let administrator = policy.is_administrator(&session.state.groups);
        let enough = registration.standing(&self.keys, policy, administrator).missing == 0;
        let confirm_by = registration.confirm_by(policy).filter(|by| now >= *by);
        // Nobody is asked for what would be of no use to them, or what only administrators can register.
        let can =
            |kind| registration::is_asked_for(policy, kind) && !registration::ways_to_prove(policy, kind).is_empty();
        let may =
            policy.in_scope(&session.state.groups) && [ContactKind::Email, ContactKind::Mobile].into_iter().any(can);
        if !may || (enough && confirm_by.is_none()) {
            return Ok(Due::Nothing);
        }
        let since = registration.asked.unwrap_or(now).max(confirm_by.filter(|_| enough).unwrap_or(Time(0)));
        let by = since + policy.grace;
        Ok(Due::Register { asked: registration.asked.is_some(), by, required: now >= by })
    }

    /// The session whose cookie this is, unless it is over. Writes down, once a minute, that somebody is there.
    ///
    /// # Errors
    /// If the store cannot be read or written.
    pub async fn session(&self, token: &Token) -> Result<Option<Session>, Fault> {
        let (name, now, limits) = (token.name(&self.keys), self.clock.now(), self.settings.session);
        let Some(kept) = self.store.session(&name).await? else { return Ok(None) };
        if now >= kept.seen + limits.idle || now >= kept.started + limits.whole {
            return Ok(None);
        }
        if now >= kept.seen + SEEN_EVERY {
            self.store.see_session(&name, now).await?;
        }
        let Ok(state) = serde_json::from_str(&kept.state) else { return Ok(None) };
        Ok(Some(self.opened(name, kept.account, kept.started, state)))
    }

    fn opened(&self, name: String, account: AccountId, signed_in: Time, state: State) -> Session {
        let limits = self.settings.session;
        let idle_until = (self.clock.now() + limits.idle).min(signed_in + limits.whole);
        Session { name, account, signed_in, idle_until, state }
    }

    /// Begins a session in the place that was kept for it, with what else is to be written at once. Nothing, if the
    /// account's sessions were ended meanwhile.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub async fn begin_session(
        &self,
        token: &Token,
        account: AccountId,
        state: State,
        also: Vec<Stmt>,
    ) -> Result<Option<Session>, Fault> {
        let (name, now) = (token.name(&self.keys), self.clock.now());
        // Counters, which are among the rest, are locked before sessions, as whoever ends these does.
        let mut batch = also;
        batch.push(self.store.fill_session(&name, &text(&state)?, now)?);
        let begun = matches!(self.store.db().write(batch).await?, Outcome::Committed(_));
        Ok(begun.then(|| self.opened(name, account, now, state)))
    }

    /// The password was typed again: the same session under a new token. Nothing, if it was ended meanwhile.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub async fn renew_session(&self, session: Session, also: Vec<Stmt>) -> Result<Option<(Token, Session)>, Fault> {
        let (token, now) = (Token::new()?, self.clock.now());
        let name = token.name(&self.keys);
        let mut batch = also;
        batch.push(self.store.rename_session(&session.name, &name, &text(&session.state)?, now)?);
        let renewed = matches!(self.store.db().write(batch).await?, Outcome::Committed(_));
        Ok(renewed.then(|| (token, self.opened(name, session.account, now, session.state))))
    }

    /// The session of a browser in which the password was changed: all of the account have ended, this one begins anew.
    /// Nothing, if they were ended once more meanwhile, since the password was set.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub async fn session_after_change(&self, session: Session) -> Result<Option<(Token, Session)>, Fault> {
        let (token, change) = (Token::new()?, session.change_flow(&self.keys));
        let state = State { root: clock::flow_id()?, must_change: false, changes: 0, ..session.state };
        let place = token.name(&self.keys);
        self.store.reserve_session(&place, Some(&session.account), self.clock.now()).await?;
        // From here on whatever ends the sessions takes this place away as well.
        if !self.change_stands(change).await? {
            return Ok(None);
        }
        let begun = self.begin_session(&token, session.account, state, Vec::new()).await?;
        Ok(begun.map(|session| (token, session)))
    }

    /// Keeps what a session remembers now.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub async fn keep_session(&self, session: &Session) -> Result<(), Fault> {
        self.store.keep_session(&session.name, &text(&session.state)?).await?;
        Ok(())
    }

    /// Signs one browser out.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub async fn sign_out(&self, session: &Session, origin: &Origin) -> Result<(), Fault> {
        let (account, user_id) = (Some(session.account.clone()), session.state.user_id.clone());
        let event = audit::Event { user_id, account, act: Act::SignedOut };
        let row = self.store.append_audit(session.state.root, (1, 0), &event, origin, self.clock.now())?;
        self.store.db().write(vec![self.store.end_session(&session.name), row]).await?;
        Ok(())
    }
}

fn text(state: &State) -> Result<String, Fault> {
    serde_json::to_string(state).map_err(|error| crate::store::Error::Corrupt(error.to_string()).into())
}
