//! In which order gateways are tried, and when they rest.

use async_trait::async_trait;
use tokio::sync::{Notify, Semaphore};

use super::*;
use crate::delivery::Content;

/// A gateway that does as it is told and remembers how often it was asked.
struct Scripted {
    says: Mutex<Says>,
    asked: Mutex<u32>,
    arrived: Notify,
    gate: Semaphore,
}

#[derive(Clone, Copy)]
enum Says {
    Taken,
    Refused,
    Broken,
    Nothing,
    /// Broken, after the gate was opened.
    BrokenLater,
}

#[async_trait]
impl Channel for Scripted {
    async fn send(&self, message: &Outgoing<'_>) -> Result<String, Failure> {
        *self.asked.lock().unwrap() += 1;
        self.arrived.notify_one();
        let says = *self.says.lock().unwrap();
        match says {
            Says::Taken => Ok(format!("taken {}", message.key)),
            Says::Refused => Err(Failure::Refused("no such number".into())),
            Says::Broken => Err(Failure::Unavailable("broken".into())),
            Says::Nothing => std::future::pending().await,
            Says::BrokenLater => {
                self.gate.acquire().await.unwrap().forget();
                Err(Failure::Unavailable("broken".into()))
            }
        }
    }
}

const IMPATIENT: Duration = Duration::from_millis(20);
const PATIENT: Duration = Duration::from_secs(60);

struct Bench {
    route: Route,
    gateways: Vec<Arc<Scripted>>,
    clock: Clock,
    text: Content,
}

fn bench(script: &[Says]) -> Bench {
    let gateway = |says: &Says| {
        let (says, asked) = (Mutex::new(*says), Mutex::new(0));
        Arc::new(Scripted { says, asked, arrived: Notify::new(), gate: Semaphore::new(0) })
    };
    let gateways: Vec<Arc<Scripted>> = script.iter().map(gateway).collect();
    let clock = Clock::by_hand(Time(0));
    let hop = |(index, gateway): (usize, &Arc<Scripted>)| Hop {
        name: format!("g{index}"),
        patience: if script.iter().any(|says| matches!(says, Says::Nothing)) { IMPATIENT } else { PATIENT },
        gateway: gateway.clone(),
    };
    let hops = gateways.iter().enumerate().map(hop).collect();
    let route = Route::new(Kind::Text, hops, clock.clone());
    Bench { route, gateways, clock, text: Content::Text("hello".into()) }
}

impl Bench {
    async fn send(&self) -> Result<String, Failure> {
        let message = Outgoing { to: "+447700900123", content: &self.text, key: "k" };
        self.route.send(&message).await.map(|receipt| receipt.gateway)
    }

    fn now_says(&self, index: usize, says: Says) {
        *self.gateways[index].says.lock().unwrap() = says;
    }

    fn asked(&self) -> Vec<u32> {
        self.gateways.iter().map(|gateway| *gateway.asked.lock().unwrap()).collect()
    }

    fn rest_left(&self) -> Vec<(String, i64)> {
        let left = |resting: Resting| (resting.gateway, (resting.until - self.clock.now()).whole_seconds());
        self.route.resting().into_iter().map(left).collect()
    }
}

#[tokio::test]
async fn the_next_gateway_is_tried_at_once() {
    for first in [Says::Broken, Says::Nothing] {
        let bench = bench(&[first, Says::Taken]);
        assert_eq!(bench.send().await, Ok("g1".into()));
        assert_eq!(bench.rest_left(), [("g0".into(), 30)]);
        assert_eq!(bench.send().await, Ok("g1".into()));
        assert_eq!(bench.asked(), [1, 2], "the one that failed rests");
    }
}

#[tokio::test]
async fn rests_double_up_to_five_minutes_and_end_with_a_success() {
    let bench = bench(&[Says::Broken, Says::Taken]);
    for (probe, rest) in (1..).zip([30, 60, 120, 240, 300, 300]) {
        assert_eq!(bench.send().await, Ok("g1".into()));
        assert_eq!(bench.asked()[0], probe);
        assert_eq!(bench.rest_left(), [("g0".into(), rest)]);
        bench.clock.pass(Span(Span::seconds(rest).0 - 1));
        bench.send().await.unwrap();
        assert_eq!(bench.asked()[0], probe, "not before its rest is over");
        bench.clock.pass(Span(1));
    }
    bench.now_says(0, Says::Taken);
    assert_eq!(bench.send().await, Ok("g0".into()));
    assert_eq!(bench.rest_left(), []);
    bench.now_says(0, Says::Broken);
    bench.send().await.unwrap();
    assert_eq!(bench.rest_left(), [("g0".into(), 30)], "it starts again from the shortest rest");
}

#[tokio::test]
async fn after_the_rest_one_message_probes_and_the_others_go_on_with_the_next() {
    let bench = bench(&[Says::Broken, Says::Taken]);
    bench.send().await.unwrap();
    bench.clock.pass(Span::seconds(30));
    bench.now_says(0, Says::BrokenLater);
    bench.gateways[0].arrived.notified().await;
    let (probe, ()) = tokio::join!(bench.send(), async {
        bench.gateways[0].arrived.notified().await;
        assert_eq!(bench.send().await, Ok("g1".into()));
        assert_eq!(bench.send().await, Ok("g1".into()));
        bench.gateways[0].gate.add_permits(1);
    });
    assert_eq!(probe, Ok("g1".into()));
    assert_eq!(bench.asked(), [2, 4]);
}

#[tokio::test]
async fn if_all_rest_the_one_whose_rest_ends_first_comes_first() {
    let bench = bench(&[Says::Broken, Says::Broken]);
    assert_eq!(bench.send().await, Err(Failure::Unavailable("g1: broken".into())));
    bench.clock.pass(Span::seconds(30));
    bench.now_says(1, Says::Taken);
    assert_eq!(bench.send().await, Ok("g1".into()), "the first was probed, failed, and rests for a minute");
    bench.now_says(1, Says::Broken);
    bench.clock.pass(Span::seconds(1));
    assert!(bench.send().await.is_err(), "the second rests for half a minute now");
    let asked = bench.asked();
    bench.now_says(1, Says::Taken);
    assert_eq!(bench.send().await, Ok("g1".into()), "its rest ends first");
    assert_eq!(bench.asked(), [asked[0], asked[1] + 1]);
}

#[tokio::test]
async fn a_single_gateway_is_tried_even_while_it_rests() {
    let bench = bench(&[Says::Broken]);
    assert!(bench.send().await.is_err());
    bench.now_says(0, Says::Taken);
    assert_eq!(bench.send().await, Ok("g0".into()));
    assert_eq!(bench.rest_left(), []);
}

#[tokio::test]
async fn of_messages_that_fail_together_only_the_first_sends_the_gateway_to_rest() {
    let bench = bench(&[Says::BrokenLater, Says::Taken]);
    let (one, two, three, ()) = tokio::join!(bench.send(), bench.send(), bench.send(), async {
        assert_eq!(bench.asked(), [3, 0], "all three wait for the same gateway");
        bench.gateways[0].gate.add_permits(3);
    });
    assert_eq!([one, two, three], [Ok("g1".into()), Ok("g1".into()), Ok("g1".into())]);
    assert_eq!(bench.rest_left(), [("g0".into(), 30)]);
}

#[tokio::test]
async fn a_probe_that_is_given_up_leaves_the_gateway_to_others() {
    let bench = bench(&[Says::Broken, Says::Taken]);
    bench.send().await.unwrap();
    bench.clock.pass(Span::seconds(30));
    drop(bench.route.turn(&[]));
    bench.now_says(0, Says::Taken);
    assert_eq!(bench.send().await, Ok("g0".into()));
}

#[tokio::test]
async fn a_refusal_is_asked_about_once_more_and_no_gateway_rests_for_it() {
    let refused = |name: &str| Err(Failure::Refused(format!("{name}: no such number")));
    let covered = bench(&[Says::Refused, Says::Taken]);
    assert_eq!(covered.send().await, Ok("g1".into()));
    let both = bench(&[Says::Refused, Says::Refused, Says::Taken]);
    assert_eq!(both.send().await, refused("g1"));
    assert_eq!(both.asked(), [1, 1, 0]);
    let next_is_broken = bench(&[Says::Refused, Says::Broken, Says::Taken]);
    assert_eq!(next_is_broken.send().await, refused("g0"));
    assert_eq!(next_is_broken.asked(), [1, 1, 0]);
    let first_is_broken = bench(&[Says::Broken, Says::Refused, Says::Taken]);
    assert_eq!(first_is_broken.send().await, Ok("g2".into()));
    assert_eq!(covered.rest_left(), []);
    assert_eq!(both.rest_left(), []);
}
