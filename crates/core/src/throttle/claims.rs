//! Which counters an attempt is counted on.

use crate::keys::{Digest, Keys, Use};
use crate::method::issued_code::Purpose;
use crate::subject::{AccountId, canonical};
use crate::throttle::{Claim, Rule, Scope, What, counter_of_account, name};
use crate::{Ctx, Policy};

/// Whose attempts are counted: the account's, whichever of its names was typed (CVE-2025-24806), or the typed User ID's if it is
/// nobody's. Both are counted in the same way.
#[derive(Clone, Copy, Debug)]
pub struct Owner<'a> {
    /// The account, if there is one.
    pub account: Option<&'a AccountId>,
    /// The User ID as typed.
    pub user_id: &'a str,
}

impl Owner<'_> {
    fn digest(&self, keys: &Keys) -> Digest {
        match self.account {
            Some(account) => keys.derive(Use::Throttle, &[b"account", account.0.as_bytes()]),
            None => stranger(keys, self.user_id),
        }
    }
}

fn stranger(keys: &Keys, user_id: &str) -> Digest {
    keys.derive(Use::Throttle, &[b"stranger", canonical(user_id).as_bytes()])
}

/// One claim for each limit of a rule.
pub(crate) fn of_rule(policy: &Policy, rule: Rule, digest: Digest, whom: &str) -> Vec<Claim> {
    let named = name(rule.prefix(), digest);
    let Rule { what, scope } = rule;
    let claim = |limit: &crate::throttle::Limit| {
        let (counter, whom) = (format!("{named}:{}", limit.window.0), whom.to_owned());
        Claim { counter, limit: *limit, what, scope, whom, weight: 1, ends: None }
    };
    policy.limits_of(rule).iter().map(claim).collect()
}

/// One try at a code, on a counter of the account.
pub(crate) fn proof(policy: &Policy, counter: String, whom: &str) -> Claim {
    let (limit, what, scope, whom) = (policy.failed_proofs, What::Proofs, Scope::Account, whom.to_owned());
    Claim { counter, limit, what, scope, whom, weight: 1, ends: None }
}

/// A code that is going to be sent there, for them. `mask` is what may be shown of the destination.
pub(crate) fn sends(ctx: &Ctx, owner: Owner<'_>, device: Digest, mask: &str) -> Vec<Claim> {
    let to_it = destination(ctx.policy, device, mask);
    let by_them = Rule { what: What::Sends, scope: Scope::Account };
    let by_them = of_rule(ctx.policy, by_them, owner.digest(ctx.keys), owner.user_id);
    to_it.into_iter().chain(by_them).collect()
}

/// Codes to one address or number.
pub fn destination(policy: &Policy, device: Digest, mask: &str) -> Vec<Claim> {
    of_rule(policy, Rule { what: What::Sends, scope: Scope::Destination }, device, mask)
}

/// A User ID that is going to be looked up. Nobody knows yet whose it is, so it is counted as it was typed.
pub(crate) fn look_ups(ctx: &Ctx, user_id: &str) -> Vec<Claim> {
    let rule = Rule { what: What::LookUps, scope: Scope::Account };
    of_rule(ctx.policy, rule, stranger(ctx.keys, user_id), user_id.trim())
}

/// A password that is going to be tried.
pub fn passwords(keys: &Keys, policy: &Policy, owner: Owner<'_>) -> Vec<Claim> {
    of_rule(policy, Rule { what: What::Passwords, scope: Scope::Account }, owner.digest(keys), owner.user_id)
}

/// The limits of the network and of the whole installation on these.
pub fn around(keys: &Keys, policy: &Policy, network: &str, whats: &[What]) -> Vec<Claim> {
    let both = |what: &What| [in_network(keys, policy, *what, network), in_all(keys, policy, *what)].concat();
    whats.iter().flat_map(both).collect()
}

fn in_network(keys: &Keys, policy: &Policy, what: What, network: &str) -> Vec<Claim> {
    let digest = keys.derive(Use::Throttle, &[b"network", network.as_bytes()]);
    of_rule(policy, Rule { what, scope: Scope::Network }, digest, network)
}

fn in_all(keys: &Keys, policy: &Policy, what: What) -> Vec<Claim> {
    of_rule(policy, Rule { what, scope: Scope::Installation }, keys.derive(Use::Throttle, &[b"all"]), "")
}

/// All counters of one account, or of one User ID that is nobody's. What is counted for the User ID as typed is among them.
pub fn of_account(keys: &Keys, policy: &Policy, owner: Owner<'_>) -> Vec<String> {
    let proofs = Purpose::ALL.into_iter().map(|purpose| match owner.account {
        Some(account) => counter_of_account(keys, purpose, account),
        None => crate::throttle::counter_of_stranger(keys, purpose, owner.user_id),
    });
    let of = |what, digest| of_rule(policy, Rule { what, scope: Scope::Account }, digest, "");
    let own = owner.digest(keys);
    let looked_up = of(What::LookUps, stranger(keys, owner.user_id));
    let rest = [of(What::Sends, own), of(What::Passwords, own), looked_up].concat();
    proofs.chain(rest.into_iter().map(|claim| claim.counter)).collect()
}

/// All counters of one network.
pub fn of_network(keys: &Keys, policy: &Policy, network: &str) -> Vec<String> {
    every(|what| in_network(keys, policy, what, network))
}

/// All counters of the whole installation.
pub fn of_installation(keys: &Keys, policy: &Policy) -> Vec<String> {
    every(|what| in_all(keys, policy, what))
}

fn every(claims: impl Fn(What) -> Vec<Claim>) -> Vec<String> {
    let whats = [What::Proofs, What::Sends, What::LookUps, What::Passwords];
    whats.into_iter().flat_map(claims).map(|claim| claim.counter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_counter_has_a_name_of_its_own_and_says_which_rule_it_is_of() {
        let (keys, policy) = (Keys::new([7; 32]), Policy::default());
        let account = AccountId("jo".into());
        let known = Owner { account: Some(&account), user_id: "jo" };
        let unknown = Owner { account: None, user_id: "jo" };
        let device = Digest([1; 32]);
        let to_it = destination(&policy, device, "").into_iter().map(|claim| claim.counter);
        let all: Vec<String> = of_account(&keys, &policy, known)
            .into_iter()
            .chain(of_account(&keys, &policy, unknown).into_iter().filter(|counter| !counter.starts_with("look-up:")))
            .chain(of_network(&keys, &policy, "192.0.2.0/24"))
            .chain(of_network(&keys, &policy, "192.0.3.0/24"))
            .chain(of_installation(&keys, &policy))
            .chain(to_it)
            .collect();
        let different: HashSet<&String> = all.iter().collect();
        assert_eq!(different.len(), all.len(), "{all:?}");
        let rules: HashSet<Rule> = all.iter().filter_map(|counter| Rule::of(counter)).collect();
        let shared = Rule::ALL.into_iter().filter(|rule| !rule.scope.is_budget());
        assert_eq!(rules, shared.collect(), "each rule has its counters");
        assert!(all.iter().all(|counter| Rule::of(counter).is_some()));
        assert_eq!(Rule::of("told:send-all:x"), None);
    }

    #[test]
    fn an_account_is_one_whatever_was_typed_and_a_stranger_is_each_spelling_together() {
        let (keys, policy) = (Keys::new([7; 32]), Policy::default());
        let account = AccountId("17".into());
        let counters = |account, user_id| {
            let claims = passwords(&keys, &policy, Owner { account, user_id });
            claims.into_iter().map(|claim| claim.counter).collect::<Vec<_>>()
        };
        assert_eq!(counters(Some(&account), "jo"), counters(Some(&account), "jo@example.org"));
        assert_eq!(counters(None, "jo"), counters(None, " JO "));
        assert_ne!(counters(None, "jo"), counters(None, "jo@example.org"));
        assert_ne!(counters(Some(&account), "17"), counters(None, "17"));
    }
}
