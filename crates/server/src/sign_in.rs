//! Signing in with a password: throttled here, never by locking the directory's account.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use regain_core::audit::{self, Act};
use regain_core::change::WRONG_PASSWORDS;
use regain_core::subject::AccountId;
use regain_core::throttle::{self, Claim, What};
use regain_core::{FlowId, Secret, Time};

use crate::app::App;
use crate::clock;
use crate::directory::Verdict;
use crate::drive::{Fault, Origin};
use crate::session::{Session, State, Token};
use crate::store::Stmt;

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

impl App {
    /// Tries a password. Takes as long, and says the same, for a User ID that does not exist.
    ///
    /// # Errors
    /// If the store or the directory cannot be asked; the attempt does not count then.
    pub async fn sign_in(&self, origin: &Origin, user_id: &str, password: &Secret) -> Result<SignIn, Fault> {
        let claims = self.sign_in_claims(origin, user_id);
        if let Some(exceeded) = self.store.take(&claims, self.clock.now()).await? {
            return Ok(SignIn::Resting { until: exceeded.until });
        }
        let tried = self.try_password(origin, user_id, password, &claims).await;
        self.uncounted(tried, &claims).await
    }

    async fn try_password(
        &self,
        origin: &Origin,
        user_id: &str,
        password: &Secret,
        claims: &[Claim],
    ) -> Result<SignIn, Fault> {
        let person = self.directory.find(user_id).await?;
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
        let claims = self.sign_in_claims(origin, &session.state.user_id);
        if let Some(exceeded) = self.store.take(&claims, self.clock.now()).await? {
            return Ok(SignIn::Resting { until: exceeded.until });
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

    fn sign_in_claims(&self, origin: &Origin, user_id: &str) -> [Claim; 2] {
        let account = throttle::counter_of_sign_in(&self.keys, user_id);
        let network = throttle::counter_of_network(&self.keys, &network(&origin.address));
        let claim = |counter, limit| Claim { counter, limit, what: What::Proofs };
        [claim(account, WRONG_PASSWORDS), claim(network, self.settings.session.wrong_from_network)]
    }

    /// A right password: the wrong ones before it are forgotten for the account, and for the network this one was none.
    fn forgiven(&self, claims: &[Claim]) -> Vec<Stmt> {
        let forgive = claims.iter().take(1).map(|claim| self.store.forgive(&claim.counter));
        forgive.chain(claims.iter().skip(1).map(|claim| self.store.give_back(&claim.counter))).collect()
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

/// The network an address belongs to: what one customer is usually given (RFC 6177 §2: between /48 and /64 of IPv6). What is
/// no address is counted together.
fn network(address: &str) -> String {
    match address.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V4(address)) => Ipv4Addr::from_bits(address.to_bits() & (u32::MAX << 8)).to_string(),
        Ok(IpAddr::V6(address)) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 72)).to_string(),
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_24_bits_of_ipv4_and_56_of_ipv6() {
        for (address, expected) in [
            ("192.0.2.7", "192.0.2.0"),
            ("192.0.2.255", "192.0.2.0"),
            ("192.0.3.7", "192.0.3.0"),
            ("::ffff:192.0.2.7", "192.0.2.0"),
            ("2001:db8:1:22ff::1", "2001:db8:1:2200::"),
            ("2001:db8:1:2200:ffff::", "2001:db8:1:2200::"),
            ("2001:db8:1:2300::1", "2001:db8:1:2300::"),
            ("nonsense", ""),
            ("", ""),
        ] {
            assert_eq!(network(address), expected, "{address}");
        }
    }
}
