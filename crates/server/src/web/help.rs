//! `/help`: the organisation's own user guide. What it says follows from the configuration, so that it is always true here.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use regain_core::effect::FREEZE_OFFER_LIFE;
use regain_core::method::{ContactKind, Method};
use regain_core::password::DirectoryRules;
use regain_core::registration::{is_asked_for, ways_to_prove};
use regain_core::{Policy, Span, captcha};

use super::page::{Care, Shell};
use super::reset::pages::password;
use super::{Refusal, Web};

#[derive(Template)]
#[template(path = "help/help.html")]
pub(crate) struct HelpPage<'a> {
    page: Shell<'a>,
    care: Care,
    guide: Guide,
}

impl<'a> HelpPage<'a> {
    pub(crate) fn new(web: &'a Web) -> Self {
        let page = Shell::new(web, "", "help-title");
        let care = Care::new(&page.when());
        let guide = Guide::new(&web.app.policy);
        Self { page, care, guide }
    }

    /// A page of ours with its whole address: the paper has to show it.
    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.page.web.app.settings.server.public_url)
    }

    /// The sentences that tell what a new password must be like.
    fn password(&self) -> Vec<String> {
        let policy = &self.page.web.app.policy;
        let steps = policy.steps.clamp(1, 2);
        let rules = policy.password.merged(steps, &DirectoryRules::default());
        rules.lines().into_iter().map(|line| password::rule(&self.page, line)).collect()
    }
}

/// What the guide has to say and what not.
struct Guide {
    /// The labels of the ways to be verified that are allowed and carried, in the order in which they are offered.
    methods: Vec<&'static str>,
    /// Whether these are enough for anybody to reset alone.
    able: bool,
    steps: u8,
    /// Whether administrators take two steps where others take one.
    administrators: bool,
    /// Whether only some groups may reset.
    scoped: bool,
    office: bool,
    /// How a new mobile is proven; nothing if nobody registers one.
    phone: Option<&'static str>,
    email: bool,
    own_domains: bool,
    confirm_number: bool,
    confirm_email: bool,
    captcha: &'static str,
    code_minutes: i64,
    flow_minutes: i64,
    fresh_minutes: i64,
    tries: i64,
    rest_count: i64,
    rest_hours: i64,
    /// 0 if a new contact may be used at once.
    cooling_hours: i64,
    /// 0 if nobody is asked to confirm.
    reconfirm_days: i64,
    offer_days: i64,
}

impl Guide {
    fn new(policy: &Policy) -> Self {
        let carried = |method: &Method| policy.methods.contains(method) && policy.channels.contains(&method.channel());
        let methods: Vec<Method> = Method::ALL.into_iter().filter(carried).collect();
        let has = |wanted: &[Method]| methods.iter().any(|method| wanted.contains(method));
        let phones = [Method::Text, Method::MobileCall, Method::OfficeCall];
        let whole = |span: Span, unit: Span| span.0 / unit.0;
        Self {
            able: !methods.is_empty() && methods.len() >= usize::from(policy.steps),
            steps: policy.steps,
            administrators: policy.steps == 1 && !policy.administrators.is_empty(),
            scoped: !policy.scope.is_empty(),
            office: has(&[Method::OfficeCall]),
            phone: phone(policy).filter(|_| has(&[Method::Text, Method::MobileCall])),
            email: has(&[Method::Email]),
            own_domains: !policy.own_domains.is_empty(),
            confirm_number: policy.confirm_number && has(&phones),
            confirm_email: policy.confirm_email && has(&[Method::Email]),
            captcha: match policy.captcha {
                captcha::Kind::Off => "help-reset-user-id",
                captcha::Kind::Picture => "help-reset-picture",
                captcha::Kind::Ladder => "help-reset-ladder",
            },
            code_minutes: whole(policy.code_lifetime, Span::minutes(1)),
            flow_minutes: whole(policy.lifetime, Span::minutes(1)),
            fresh_minutes: whole(policy.fresh, Span::minutes(1)),
            tries: policy.tries.into(),
            rest_count: policy.failed_proofs.count.into(),
            rest_hours: whole(policy.failed_proofs.window, Span::hours(1)),
            cooling_hours: whole(policy.cooling_off, Span::hours(1)),
            reconfirm_days: policy.reconfirm.map_or(0, |span| whole(span, Span::hours(24))),
            offer_days: whole(FREEZE_OFFER_LIFE, Span::hours(24)),
            methods: methods.into_iter().map(label).collect(),
        }
    }

    /// Whether people have anything to register themselves.
    fn registers(&self) -> bool {
        self.phone.is_some() || self.email
    }
}

/// How a new mobile is proven, in the words of the guide.
fn phone(policy: &Policy) -> Option<&'static str> {
    let ways = ways_to_prove(policy, ContactKind::Mobile);
    let (text, call) = (ways.contains(&Method::Text), ways.contains(&Method::MobileCall));
    match (text, call) {
        _ if !is_asked_for(policy, ContactKind::Mobile) => None,
        (true, true) => Some("help-phone-either"),
        (true, false) => Some("help-phone-text"),
        (false, true) => Some("help-phone-call"),
        (false, false) => None,
    }
}

/// The label under which the pages offer a method.
const fn label(method: Method) -> &'static str {
    match method {
        Method::Email => "choose-email",
        Method::Text => "choose-text",
        Method::MobileCall => "choose-mobile",
        Method::OfficeCall => "choose-office",
    }
}

/// `GET /help`.
pub(crate) async fn show(State(web): State<Arc<Web>>) -> Result<Response, Refusal> {
    Ok((StatusCode::OK, Html(HelpPage::new(&web).render()?)).into_response())
}

#[cfg(test)]
mod tests;
