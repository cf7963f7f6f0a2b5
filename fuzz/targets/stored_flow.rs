//! A flow as it lies in the store is refused or read, written again as the same, and whatever it says, no event ends the
//! program.
#![no_main]

use libfuzzer_sys::fuzz_target;
use regain_core::elsewhere::Survey;
use regain_core::flow::{Event, Stored, step};
use regain_core::reset::{self, Written};
use regain_core::{Ctx, Keys, Policy, Registration, Secret, Time, change};

fuzz_target!(|bytes: &[u8]| {
    let Ok(stored) = serde_json::from_slice::<Stored>(bytes) else { return };
    let written = serde_json::to_vec(&stored).expect("a flow can be written");
    assert_eq!(serde_json::from_slice::<Stored>(&written).expect("and read"), stored);
    let (policy, keys, registration) = (Policy::default(), Keys::new([7; 32]), Registration::default());
    for now in [0, 1_790_000_002_000, i64::MAX / 2] {
        let ctx = Ctx { now: Time(now), entropy: [3; 32], policy: &policy, keys: &keys, registration: &registration };
        let events = [
            Event::Tick,
            reset::Event::Resume.into(),
            reset::Event::Resend.into(),
            reset::Event::OtherWay.into(),
            reset::Event::Extend.into(),
            reset::Event::Choose { option: 0, confirmation: None }.into(),
            reset::Event::Choose { option: usize::MAX, confirmation: None }.into(),
            reset::Event::Code { typed: Secret::new("123456"), seen: 0 }.into(),
            reset::Event::Unlock { survey: Survey::default() }.into(),
            reset::Event::Written { write: 0, directory: None, answer: Written::Unknown, password: None }.into(),
            reset::Event::Written { write: 1, directory: Some("b".into()), answer: Written::Done, password: None }
                .into(),
            change::Event::Resume.into(),
            change::Event::Written { write: 0, directory: None, answer: Some(Written::Done), password: None }.into(),
        ];
        let flow = &stored.flow;
        let _ = (flow.account(), flow.user_id(), flow.due(&policy), flow.ended_at(), flow.proved());
        for event in events {
            let _ = flow.claims(&ctx, &event, "192.0.2.0/24");
            let _ = step(&ctx, flow.clone(), event);
        }
    }
});
