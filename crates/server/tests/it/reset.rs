//! Resets through the one loop, on both engines.

use std::collections::BTreeMap;

use regain::drive::{Hold, Origin};
use regain::fault;
use regain::store::outbox::Payload;
use regain_core::FlowId;
use regain_core::Secret;
use regain_core::Span;
use regain_core::captcha;
use regain_core::effect::{Delivery, Message, To};
use regain_core::elsewhere::Survey;
use regain_core::method::{Channel, ContactKind, Method};
use regain_core::password;
use regain_core::reset::{CodeProblem, End, Event, View};

use crate::support::Engine;
use crate::support::app::{NEW, OLD, TestApp};

const JO: &str = "jo.bloggs@example.org";

async fn each(settings: &str, test: impl AsyncFn(TestApp)) {
    for engine in Engine::both().await {
        println!("on {}", engine.name);
        test(TestApp::open(&engine, settings).await).await;
    }
}

#[tokio::test]
async fn a_forgotten_password_is_reset_by_each_method() {
    each("", async |app| {
        let ways = [
            (JO, Method::Email),
            (JO, Method::Text),
            (JO, Method::MobileCall),
            ("robin.khan@example.org", Method::OfficeCall),
        ];
        for (n, (user_id, method)) in (1..).zip(ways) {
            app.clock.pass(Span::hours(25));
            let flow = FlowId([n; 16]);
            app.identify(flow, user_id).await;
            app.choose(flow, method).await;
            let code = app.code().await;
            assert!(matches!(app.type_code(flow, &code).await, View::Password { .. }), "{method:?}");
            let password = format!("{NEW} {n}");
            let ended = app.choose_password(flow, &password).await;
            assert!(matches!(ended, View::Ended { end: End::Done, .. }), "{method:?}: {ended:?}");
            assert!(app.signs_in(user_id, &password).await && !app.signs_in(user_id, OLD).await);
        }
    })
    .await;
}

#[tokio::test]
async fn the_notice_goes_to_every_email_known() {
    each("", async |app| {
        let flow = FlowId([1; 16]);
        app.identify(flow, JO).await;
        app.choose(flow, Method::Text).await;
        let code = app.code().await;
        app.type_code(flow, &code).await;
        app.choose_password(flow, NEW).await;
        let notices = app.messages().await.into_iter().filter(|message| message.subject.contains("changed"));
        let mut to: Vec<String> = notices.map(|notice| notice.to).collect();
        to.sort();
        assert_eq!(to, [JO, "jobloggs@mail.co.uk"]);
    })
    .await;
}

#[tokio::test]
async fn an_administrator_has_two_steps_on_two_devices() {
    each("", async |app| {
        let flow = FlowId([1; 16]);
        app.identify(flow, "alex.admin@example.org").await;
        app.choose(flow, Method::Text).await;
        let code = app.code().await;
        let View::Choose { options, stepper, .. } = app.type_code(flow, &code).await else { panic!("a second step") };
        assert_eq!((stepper.steps, stepper.at), (2, 2));
        let left: Vec<Method> = options.iter().map(|option| option.method).collect();
        assert_eq!(left, [Method::Email], "a call to the same mobile is the same device");
    })
    .await;
}

#[tokio::test]
async fn of_fifty_wrong_codes_at_the_same_moment_at_most_five_are_answered() {
    each("[throttle]\nfailed_proofs = 100", async |app| {
        let flow = FlowId([1; 16]);
        app.identify(flow, JO).await;
        app.choose(flow, Method::Email).await;
        let right = app.code().await;
        let app = std::sync::Arc::new(app);
        let guesses: Vec<_> = (0..50)
            .map(|n| {
                let (app, wrong) = (
                    std::sync::Arc::clone(&app),
                    format!("{:06}", (right.parse::<u32>().unwrap() + 1 + n) % 1_000_000),
                );
                tokio::spawn(async move {
                    app.drive(flow, Event::Code { typed: Secret::new(wrong), seen: n as u8 % 5 }).await
                })
            })
            .collect();
        for guess in guesses {
            guess.await.unwrap();
        }
        let reference = app.app.look(flow).await.unwrap().unwrap().reference;
        let answered = async || app.app.store.count_audit(&reference, "code_wrong").await.unwrap();
        let at_once = answered().await;
        assert!((1..=5).contains(&at_once), "{at_once} were answered; those overtaken three times were not");
        for _ in at_once..5 {
            app.type_code(flow, "x").await;
        }
        assert_eq!(answered().await, 5);
        assert!(matches!(app.type_code(flow, &right).await, View::Ended { end: End::TooManyTries, .. }));
    })
    .await;
}

#[tokio::test]
async fn wrong_codes_of_an_account_count_over_all_its_flows_and_names() {
    each("", async |app| {
        let spellings = [JO, "JO.BLOGGS@EXAMPLE.ORG", " jo.bloggs@example.org "];
        for (n, user_id) in (1..).zip(spellings) {
            let flow = FlowId([n; 16]);
            app.clock.pass(Span::hours(1));
            if let View::Ended { end, .. } = app.identify(flow, user_id).await {
                assert!(matches!(end, End::Resting { .. }) && n == 3, "flow {n}: {end:?}");
                return;
            }
            app.choose(flow, Method::Email).await;
            let right: u32 = app.code().await.parse().unwrap();
            for _ in 0..3 {
                app.type_code(flow, &format!("{:06}", (right + 1) % 1_000_000)).await;
            }
        }
        panic!("six wrong answers in a day, and the account does not rest");
    })
    .await;
}

#[tokio::test]
async fn a_code_is_accepted_once_though_sent_twice_at_once() {
    each("[policy]\nsteps = 2", async |app| {
        let flow = FlowId([1; 16]);
        app.identify(flow, JO).await;
        app.choose(flow, Method::Email).await;
        let code = app.code().await;
        let twice = || app.drive(flow, Event::Code { typed: Secret::new(code.clone()), seen: 0 });
        tokio::join!(twice(), twice(), twice());
        let View::Choose { stepper, options, .. } = app.view(flow).await else { panic!("the second step") };
        assert_eq!(stepper.at, 2);
        assert!(options.iter().all(|option| option.method != Method::Email));
    })
    .await;
}

#[tokio::test]
async fn a_known_and_an_unknown_user_id_cost_the_same_statements() {
    each("", async |app| {
        let mut trails: BTreeMap<&str, Vec<Vec<&str>>> = BTreeMap::new();
        for (n, user_id) in [(1, JO), (2, "nobody@example.org")] {
            let flow = FlowId([n; 16]);
            let trail = trails.entry(user_id).or_default();
            fault::trail();
            app.identify(flow, user_id).await;
            trail.push(fault::trail());
            let View::Choose { options, .. } = app.view(flow).await else { panic!("the list of ways") };
            fault::trail();
            app.drive(flow, Event::Choose { option: options[0].place, confirmation: None }).await;
            trail.push(fault::trail());
            let View::Code { .. } = app.view(flow).await else { panic!("the box for the code") };
            fault::trail();
            let view = app.type_code(flow, "x").await;
            trail.push(fault::trail());
            assert!(matches!(view, View::Code { problem: Some(CodeProblem::Wrong { left: 4 }), .. }), "{view:?}");
        }
        let all: Vec<_> = trails.values().collect();
        assert!(!all[0][0].is_empty(), "the trail is kept");
        assert_eq!(all[0], all[1]);
    })
    .await;
}

#[tokio::test]
async fn nobody_hears_from_a_decoy() {
    each("", async |app| {
        let flow = FlowId([1; 16]);
        let View::Choose { options, .. } = app.identify(flow, "nobody@example.org").await else {
            panic!("the list of ways")
        };
        app.drive(flow, Event::Choose { option: options[0].place, confirmation: None }).await;
        assert!(app.messages().await.is_empty());
        assert_eq!(app.app.store.waiting_messages().await.unwrap().0, 0, "and nothing waits");
    })
    .await;
}

#[tokio::test]
async fn a_contact_removed_meanwhile_gets_no_message() {
    each("", async |app| {
        let flow = FlowId([1; 16]);
        app.identify(flow, JO).await;
        app.choose(flow, Method::Email).await;
        let jo = app.app.directory.find(JO).await.unwrap().unwrap();
        app.app.store.remove_contact(&jo.id, ContactKind::Email).await.unwrap();
        assert!(app.messages().await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn flows_that_ran_out_are_ended_and_forgotten() {
    each("", async |app| {
        let flow = FlowId([1; 16]);
        app.identify(flow, JO).await;
        app.clock.pass(Span::minutes(16));
        assert!(matches!(app.view(flow).await, View::Ended { end: End::Expired, .. }), "shown before it is written");
        regain::worker::tidy_up(&app.app, app.clock.now()).await.unwrap();
        let reference = app.app.look(flow).await.unwrap().unwrap().reference;
        assert_eq!(app.app.store.count_audit(&reference, "expired").await.unwrap(), 1);
        app.clock.pass(Span::hours(2));
        regain::worker::tidy_up(&app.app, app.clock.now()).await.unwrap();
        assert!(app.app.look(flow).await.unwrap().is_none());
        assert_eq!(app.app.store.count_audit(&reference, "expired").await.unwrap(), 1, "the trail stays");
    })
    .await;
}

#[tokio::test]
async fn calls_to_an_office_phone_carry_its_extension() {
    each("", async |app| {
        let flow = FlowId([1; 16]);
        app.identify(flow, "robin.khan@example.org").await;
        app.choose(flow, Method::OfficeCall).await;
        let last = app.messages().await.pop().unwrap();
        assert_eq!((last.channel, last.to.as_str()), (Channel::Call, "+442079460321;ext=12"));
    })
    .await;
}

#[tokio::test]
async fn what_was_looked_at_before_a_contact_was_removed_proves_nothing() {
    each("", async |app| {
        let flow = FlowId([1; 16]);
        app.identify(flow, JO).await;
        app.choose(flow, Method::Email).await;
        let typed = Secret::new(app.code().await);
        let seen = app.app.look(flow).await.unwrap();
        assert!(matches!(seen.as_ref().unwrap().view, View::Code { .. }));
        let account = app.app.directory.find(JO).await.unwrap().unwrap().id;
        app.app.store.remove_contact(&account, ContactKind::Email).await.unwrap();
        let (origin, hold) = (Origin::default(), Hold { flow, proofs: 0 });
        app.app.drive_on(seen, &origin, hold, Event::Code { typed, seen: 0 }).await.unwrap();
        let now = app.app.look(flow).await.unwrap().unwrap();
        assert_eq!(now.proofs, 0, "the code of a contact that is gone: {:?}", now.view);
    })
    .await;
}

#[tokio::test]
async fn the_directory_is_asked_about_nobody_where_a_limit_is_reached() {
    each("[throttle]\nresets_in_all = [{ count = 1, seconds = 3600 }]", async |app| {
        for (n, asked) in [(1, true), (2, false)] {
            let answer = captcha::Answer::None;
            fault::trail();
            app.drive(FlowId([n; 16]), Event::Identify { user_id: JO.into(), answer, unlock: false }).await;
            assert_eq!(fault::trail().contains(&"directory.find"), asked, "reset {n}");
        }
    })
    .await;
}

#[tokio::test]
async fn of_very_many_messages_each_is_sent_once_and_written_down() {
    const MANY: usize = 300;
    each("", async |app| {
        let (app, now) = (&app, app.clock.now());
        let (flow, post) = (FlowId([1; 16]), &app.app.post);
        let message = Message::Frozen { user_id: JO.into(), frozen: true, at: now };
        let to = To::OwnMail("jo@example.org".into());
        let delivery = Delivery { to, channel: Channel::Email, message, deadline: now + Span::hours(1) };
        let payload = || Payload { delivery: delivery.clone(), user_id: JO.into(), address: String::new() };
        let queued = (0..MANY).map(|n| app.app.store.queue_taken(flow, 1, n, payload(), now).unwrap());
        let (rows, taken): (Vec<_>, Vec<_>) = queued.unzip();
        app.app.store.db().write(rows).await.unwrap();
        post.hand_over(taken);

        let (stop, stopped) = tokio::sync::watch::channel(false);
        let worker = tokio::spawn(regain::worker::run(app.app.clone(), app.delivery.clone(), stopped));
        let sent = async {
            while app.inbox.messages().len() < MANY {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(60), sent).await.expect("all are sent");
        stop.send(true).unwrap();
        worker.await.unwrap();
        assert_eq!(app.app.store.waiting_messages().await.unwrap().0, 0, "none goes again");
        assert_eq!(app.inbox.messages().len(), MANY);
    })
    .await;
}

#[tokio::test]
async fn a_message_that_cannot_go_is_tried_again_until_its_code_is_worth_nothing() {
    each("", async |app| {
        let nobody = std::sync::Arc::new(regain::delivery::Delivery::none());
        let flow = FlowId([1; 16]);
        app.identify(flow, JO).await;
        app.choose(flow, Method::Email).await;
        regain::worker::send_now(&app.app, &nobody).await.unwrap();
        assert!(app.messages().await.is_empty(), "put off");
        app.clock.pass(Span::seconds(5));
        let sent = app.messages().await;
        assert_eq!(sent.len(), 1);

        app.clock.pass(Span::seconds(60));
        app.drive(flow, Event::Resend).await;
        regain::worker::send_now(&app.app, &nobody).await.unwrap();
        app.clock.pass(Span::minutes(10));
        assert_eq!(app.messages().await.len(), 1, "too late is not sent");
        assert_eq!(app.app.store.waiting_messages().await.unwrap().0, 0);
    })
    .await;
}

#[tokio::test]
async fn a_double_click_on_send_sends_once_and_says_so() {
    each("", async |app| {
        let flow = FlowId([1; 16]);
        let View::Choose { options, .. } = app.identify(flow, JO).await else { panic!("the list of ways") };
        let click = || app.drive(flow, Event::Choose { option: options[0].place, confirmation: None });
        tokio::join!(click(), click(), click());
        let view = app.view(flow).await;
        assert!(matches!(view, View::Code { problem: None, .. }), "{view:?}");
        assert_eq!(app.messages().await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_second_press_on_next_uses_up_no_second_try() {
    each("", async |app| {
        let flow = FlowId([1; 16]);
        app.identify(flow, JO).await;
        app.choose(flow, Method::Email).await;
        let press = || app.drive(flow, Event::Code { typed: Secret::new("x"), seen: 0 });
        tokio::join!(press(), press());
        press().await;
        let View::Code { wrong, .. } = app.view(flow).await else { panic!("the box for the code") };
        assert_eq!(wrong, 1);
    })
    .await;
}

#[tokio::test]
async fn a_write_that_nobody_answers_is_called_unknown_and_told() {
    each("", async |app| {
        let flow = FlowId([1; 16]);
        app.identify(flow, JO).await;
        app.choose(flow, Method::Email).await;
        let code = app.code().await;
        app.type_code(flow, &code).await;
        // As a power cut leaves it: the state says that a write has begun, and whoever began it is gone.
        let loaded = app.app.store.flow(flow).await.unwrap().unwrap();
        let (lists, nobody) = (password::Lists::default(), password::Person::default());
        let judged = password::judge(&app.app.policy.password, &lists, &nobody, &Secret::new(NEW), None);
        let registration = app.app.store.registration(loaded.flow.account()).await.unwrap();
        let ctx = app.app.ctx(&registration).unwrap();
        let (writing, _) =
            regain_core::flow::step(&ctx, loaded.flow, Event::Password { judged, survey: Survey::default() }.into());
        let put = app.app.store.put_flow(Some(loaded.version), &writing, writing.due(&app.app.policy)).unwrap();
        app.app.store.db().write(vec![put]).await.unwrap();

        regain::worker::tidy_up(&app.app, app.clock.now()).await.unwrap();
        assert!(matches!(app.view(flow).await, View::Wait { .. }), "it has its time");
        app.clock.pass(Span::seconds(30));
        regain::worker::tidy_up(&app.app, app.clock.now()).await.unwrap();
        assert!(matches!(app.view(flow).await, View::Ended { end: End::Unknown, .. }));
        let notice = app.messages().await.pop().unwrap();
        assert!(notice.text.contains("do not know yet") && !notice.text.contains("From:"), "{}", notice.text);
    })
    .await;
}
