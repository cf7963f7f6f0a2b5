//! Signing in with a password: throttled here, never by locking the directory's account.

use regain_core::audit::{self, Act};
use regain_core::subject::AccountId;
use regain_core::throttle::{self, Claim, Owner, Scope, What};
use regain_core::{FlowId, Secret, Time};

use crate::app::App;
use crate::directory::{Person, Verdict};
use crate::drive::{Fault, Origin};
use crate::session::{Session, State, Token};
use crate::store::Stmt;
use crate::store::throttle::{Bygone, Exceeded};
use crate::{clock, metrics};

/// What became of an attempt.
pub enum SignIn {
    /// The password is right.
    Right {
        /// For the browser.
        token: Token,
        /// Who is signed in from now on.
        session: Box<Session>,
    },
    /// It is not, or there is no such account, or it is locked: that is told to nobody, because it would tell that there is
    /// such an account.
    Wrong,
    /// It is, but the account is disabled: told only to who knows the password.
    Disabled,
    /// Too many wrong ones, for this User ID or from this network.
    Resting {
        /// Until when.
        until: Time,
    },
}

/// A limit is reached, and nothing was tried.
fn resting(exceeded: &Exceeded) -> SignIn {
    metrics::limit(exceeded.claim.what.name());
    SignIn::Resting { until: exceeded.until }
}

impl App {
    /// Tries a password. Takes as long, and says the same, for a User ID that does not exist.
    ///
    /// # Errors
    /// If the store or the directory cannot be asked; the attempt does not count then.
    pub async fn sign_in(&self, origin: &Origin, user_id: &str, password: &Secret) -> Result<SignIn, Fault> {
        let claims = self.sign_in_claims(origin, Owner { account: None, user_id });
        let shared: Vec<Claim> = claims.into_iter().filter(|claim| claim.scope != Scope::Account).collect();
        if let Some(exceeded) = self.exceeded(origin, &shared).await? {
            return Ok(resting(&exceeded));
        }
        // Counted is the account, whichever of its names was typed: so it is looked up first, and what is nobody's likewise.
        let person = self.directory.find(user_id).await?;
        let account = person.as_ref().map(|person| &person.id);
        let claims = self.sign_in_claims(origin, Owner { account, user_id });
        if let Some(exceeded) = self.take(origin, &claims).await? {
            return Ok(resting(&exceeded));
        }
        let tried = self.try_password(origin, user_id, person, password, &claims).await;
        self.uncounted(tried, &claims).await
    }

    async fn try_password(
        &self,
        origin: &Origin,
        user_id: &str,
        person: Option<Person>,
        password: &Secret,
        claims: &[Claim],
    ) -> Result<SignIn, Fault> {
        let account = person.as_ref().map(|person| person.id.clone());
        let token = Token::new()?;
        let place = token.name(&self.keys);
        self.store.reserve_session(&place, account.as_ref(), self.clock.now()).await?;
        let verdict = self.directory.verify(account.as_ref(), password).await?;
        if let (Verdict::Right | Verdict::MustChange, Some(person)) = (verdict, person) {
            self.keep_office(&person).await?;
            let state = State::new(&person, verdict == Verdict::MustChange, origin)?;
            let mut also = self.forgiven(claims);
            also.push(self.sign_in_row(state.root, Some(&person.id), user_id, Act::SignedIn, origin)?);
            // What ended all sessions while the password was looked at was a change of that very password.
            let begun = self.begin_session(&token, person.id, state, also).await?;
            return Ok(begun.map_or(SignIn::Wrong, |session| SignIn::Right { token, session: Box::new(session) }));
        }
        let row = self.sign_in_row(clock::flow_id()?, account.as_ref(), user_id, Act::SignInFailed, origin)?;
        self.store.db().write(vec![self.store.end_session(&place), row]).await?;
        Ok(if verdict == Verdict::Disabled { SignIn::Disabled } else { SignIn::Wrong })
    }

    /// Tries the password of somebody who is signed in already; the session goes on under a new token.
    ///
    /// # Errors
    /// If the store or the directory cannot be asked; the attempt does not count then.
    pub async fn sign_in_again(&self, origin: &Origin, session: &Session, password: &Secret) -> Result<SignIn, Fault> {
        let owner = Owner { account: Some(&session.account), user_id: &session.state.user_id };
        let claims = self.sign_in_claims(origin, owner);
        if let Some(exceeded) = self.take(origin, &claims).await? {
            return Ok(resting(&exceeded));
        }
        let tried = self.try_again(origin, session, password, &claims).await;
        self.uncounted(tried, &claims).await
    }

    async fn try_again(
        &self,
        origin: &Origin,
        session: &Session,
        password: &Secret,
        claims: &[Claim],
    ) -> Result<SignIn, Fault> {
        let verdict = self.directory.verify(Some(&session.account), password).await?;
        let (account, user_id) = (Some(&session.account), &session.state.user_id);
        if let Verdict::Right | Verdict::MustChange = verdict {
            let mut also = self.forgiven(claims);
            also.push(self.sign_in_row(clock::flow_id()?, account, user_id, Act::SignedIn, origin)?);
            let mut session = session.clone();
            session.state.must_change = verdict == Verdict::MustChange;
            let renewed = self.renew_session(session, also).await?;
            return Ok(renewed.map_or(SignIn::Wrong, |(token, session)| {
                let session = Box::new(session);
                SignIn::Right { token, session }
            }));
        }
        let row = self.sign_in_row(clock::flow_id()?, account, user_id, Act::SignInFailed, origin)?;
        self.store.db().write(vec![row]).await?;
        Ok(if verdict == Verdict::Disabled { SignIn::Disabled } else { SignIn::Wrong })
    }

    /// What could not be compared does not count.
    async fn uncounted(&self, tried: Result<SignIn, Fault>, claims: &[Claim]) -> Result<SignIn, Fault> {
        if tried.is_err() {
            self.store.give_back_all(claims).await?;
        }
        tried
    }

    fn sign_in_claims(&self, origin: &Origin, owner: Owner<'_>) -> Vec<Claim> {
        let own = throttle::passwords(&self.keys, &self.policy, owner);
        let network = throttle::network(&origin.address);
        let around = throttle::around(&self.keys, &self.policy, &network, &[What::Passwords]);
        [own, around].concat()
    }

    /// A right password: the wrong ones before it are forgotten for the account, and for everybody else this one was none.
    fn forgiven(&self, claims: &[Claim]) -> Vec<Stmt> {
        let (own, shared): (Vec<&Claim>, Vec<&Claim>) = claims.iter().partition(|claim| claim.scope == Scope::Account);
        let forgotten = own.into_iter().map(|claim| claim.counter.clone()).collect();
        let back = shared.into_iter().map(|claim| (claim.counter.clone(), claim.weight)).collect();
        self.store.forgiving(Bygone { back, forgotten })
    }

    fn sign_in_row(
        &self,
        name: FlowId,
        account: Option<&AccountId>,
        user_id: &str,
        act: Act,
        origin: &Origin,
    ) -> Result<Stmt, Fault> {
        let event = audit::Event { user_id: user_id.to_owned(), account: account.cloned(), act };
        Ok(self.store.append_audit(name, (0, 0), &event, origin, self.clock.now())?)
    }
}
