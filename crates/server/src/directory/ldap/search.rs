//! A search, in pages where the answer may be longer than a server gives at once (RFC 2696).

use std::time::Duration;

use ldap3::controls::{ControlParser as _, PagedResults, RawControl};
use ldap3::{Ldap, LdapError, LdapResult, SearchEntry, SearchOptions};

use super::connect::{Answer, SUCCESS};
use super::entry::{Found, Query, Scope};
use super::sheet::PAGED_RESULTS;

// RFC 4511, 4.1.9.
const SIZE_LIMIT: u32 = 4;
const ADMIN_LIMIT: u32 = 11;
const NO_SUCH_OBJECT: u32 = 32;

/// Entries in a page. OpenLDAP gives 500 at once unless told otherwise, Active Directory 1,000.
pub(super) const PAGE: usize = 400;

/// How a question is asked.
#[derive(Clone, Debug, Default)]
pub(in crate::directory) struct Way {
    /// In pages, which the server must offer.
    pub(in crate::directory) paged: bool,
    /// With these besides.
    pub(in crate::directory) controls: Vec<RawControl>,
}

/// Searches, until there is nothing more or as much as was asked for.
pub(super) async fn search(
    ldap: Ldap,
    limit: Duration,
    query: Query,
    way: Way,
) -> Result<Result<Found, Answer>, LdapError> {
    let mut found = Found::default();
    let mut cookie = Vec::new();
    loop {
        let mut controls = way.controls.clone();
        if way.paged {
            let size = i32::try_from(PAGE).unwrap_or(i32::MAX);
            controls.push(PagedResults { size, cookie }.into());
        }
        let result = page(ldap.clone(), limit, &query, way.paged, controls, &mut found).await?;
        cookie = if way.paged { next(&result) } else { Vec::new() };
        match result.rc {
            SUCCESS | NO_SUCH_OBJECT => {}
            SIZE_LIMIT | ADMIN_LIMIT => found.more = true,
            _ => return Ok(Err(result.into())),
        }
        if cookie.is_empty() || found.more {
            return Ok(Ok(found));
        }
    }
}

/// One page, or all of it.
async fn page(
    mut ldap: Ldap,
    limit: Duration,
    query: &Query,
    paged: bool,
    controls: Vec<RawControl>,
    found: &mut Found,
) -> Result<LdapResult, LdapError> {
    let seconds = i32::try_from(limit.as_secs()).unwrap_or(i32::MAX);
    // One more than wanted, to see whether there are more: a server's own limit may be lower or missing. In pages it would count
    // for each server differently.
    let size = if paged { 0 } else { i32::try_from(query.limit.saturating_add(1)).unwrap_or(i32::MAX) };
    let options = SearchOptions::new().sizelimit(size).timelimit(seconds);
    let scope = match query.scope {
        Scope::Base => ldap3::Scope::Base,
        Scope::Subtree => ldap3::Scope::Subtree,
    };
    let attributes: Vec<&str> = query.attributes.iter().map(String::as_str).collect();
    let ldap = ldap.with_search_options(options).with_controls(controls);
    let mut stream = ldap.streaming_search(&query.base, scope, &query.filter, attributes).await?;
    while let Some(entry) = stream.next().await? {
        if entry.is_ref() || entry.is_intermediate() {
            continue;
        }
        if found.entries.len() == query.limit {
            found.more = true;
            continue;
        }
        found.entries.push(SearchEntry::construct(entry).into());
    }
    Ok(stream.finish().await)
}

/// What to give back to have the next page; nothing after the last.
fn next(result: &LdapResult) -> Vec<u8> {
    let control = result.ctrls.iter().find(|control| control.1.ctype == PAGED_RESULTS);
    control
        .and_then(|control| control.1.val.as_deref())
        .map(|value| PagedResults::parse(value).cookie)
        .unwrap_or_default()
}
