//! The gateways as the doctor sees them: reached, encrypted, and told nothing.

use std::collections::BTreeMap;

use regain::clock::Clock;
use regain::delivery::Delivery;
use regain::finding::{Finding, State};
use regain_core::method::Channel;

use crate::support::gateways::fake;
use crate::support::https::Https;
use crate::support::{START, missing};

async fn look(channel: Channel, section: toml::Table) -> Vec<Finding> {
    let delivery = Delivery::open(&BTreeMap::from([(channel, vec![section])]), Clock::by_hand(START));
    delivery.expect("the section is right").look().await
}

#[tokio::test]
async fn every_gateway_can_be_looked_at_and_nothing_is_sent() {
    for entry in regain::delivery::GATEWAYS {
        let Some(fake) = fake(entry).await else { return missing("a gateway's other side") };
        let mut section = fake.section.clone();
        let good = look(fake.channel, section.clone()).await;
        assert_eq!(good[0].state, State::Good, "{}: {good:?}", entry.kind);
        assert!(good[0].says.contains("answers"), "{good:?}");
        assert!(fake.seen().is_empty(), "{}: nothing was sent", entry.kind);
        // Nobody listens on port 1.
        let old = format!(":{}", fake.port);
        for key in ["url", "base_url"] {
            if let Some(url) = section.get(key).and_then(toml::Value::as_str).map(|url| url.replace(&old, ":1")) {
                section.insert(key.into(), url.into());
            }
        }
        if section.contains_key("port") {
            section.insert("port".into(), 1.into());
        }
        let bad = look(fake.channel, section).await;
        assert_eq!(bad[0].state, State::Bad, "{}: {bad:?}", entry.kind);
        assert!(bad[0].fix.is_some(), "{bad:?}");
    }
}

#[tokio::test]
async fn the_certificate_of_a_provider_is_looked_at() {
    let Some(https) = Https::start() else { return };
    let section = |more: &str| {
        let text = format!(
            "kind = 'http'\nurl = 'https://127.0.0.1:{}/'\nencoding = 'text'\nbody = '{{text}}'\n{more}",
            https.port
        );
        text.parse::<toml::Table>().expect("a section")
    };
    let found = look(Channel::Text, section(&format!("ca_file = '{}'", https.ca_file().display()))).await;
    assert_eq!(found[0].state, State::Good, "{found:?}");
    assert!(found[0].says.contains("encrypted"), "{found:?}");
    assert_eq!(found[1].what, "certificate of text by http");
    assert!(found[1].says.contains("until") && found[1].says.contains("days"), "{found:?}");
    let unknown = look(Channel::Text, section("")).await;
    assert_eq!((unknown.len(), unknown[0].state), (1, State::Bad), "{unknown:?}");
    assert!(unknown[0].says.contains("certificate"), "{unknown:?}");
}
