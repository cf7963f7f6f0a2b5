//! What only gateways over HTTP have: the places a message can stand in, redirects, encryption, telephone extensions.

use regain::clock::Clock;
use regain::delivery::{Content, Delivery, Failure, Outgoing, Receipt, Spoken};
use regain_core::Time;
use regain_core::method::Channel;

use super::is_unavailable;
use crate::support::https::Https;
use crate::support::providers::{self, ACCOUNT, Asked, Provider, TOKEN, twilio};

const WORDS: &str = "Zoë: 1+1=2 & \"so\" <on>\nhttps://example.org/?a=b%20c";

fn open(channel: Channel, section: &str) -> Delivery {
    let table = section.parse().expect("a section");
    let sections = [(channel, vec![table])].into();
    Delivery::open(&sections, Clock::by_hand(Time(0))).unwrap_or_else(|problems| panic!("{problems:?}"))
}

async fn text(section: &str) -> Result<Receipt, Failure> {
    let content = Content::Text(WORDS.into());
    let message = Outgoing { to: "+447700900123", content: &content, key: "flow 1/2" };
    open(Channel::Text, &format!("kind = 'http'\n{section}")).send(Channel::Text, &message).await
}

async fn call(section: &str, to: &str) -> Result<Receipt, Failure> {
    let content = Content::Call(Spoken {
        before: "Hello & welcome.".into(),
        digits: Some("407163".into()),
        after: "Bye.".into(),
        language: "en-GB".into(),
    });
    open(Channel::Call, section).send(Channel::Call, &Outgoing { to, content: &content, key: "k" }).await
}

async fn accepting() -> Provider {
    Provider::start(|_| Some((200, "OK".into()))).await
}

fn last(provider: &Provider) -> Asked {
    provider.asked().pop().expect("a request")
}

#[tokio::test]
async fn everything_can_stand_in_the_address() {
    let provider = accepting().await;
    let url = format!("http://127.0.0.1:{}/send/{{key}}?to={{to}}&n={{to_digits}}&text={{text}}", provider.port);
    text(&format!("method = 'GET'\nurl = '{url}'\nuser = 'me'\npassword = 'p:ä'")).await.expect("it is taken");
    let asked = last(&provider);
    assert_eq!((asked.method.as_str(), asked.uri.path(), asked.body.as_str()), ("GET", "/send/flow%201%2F2", ""));
    let query = Asked::form(asked.uri.query().unwrap_or_default());
    assert_eq!(
        (query["to"].as_str(), query["n"].as_str(), query["text"].as_str()),
        ("+447700900123", "447700900123", WORDS)
    );
    let basic = data_encoding::BASE64.encode("me:p:ä".as_bytes());
    assert_eq!(asked.header("authorization"), format!("Basic {basic}"));
}

#[tokio::test]
async fn everything_can_stand_in_a_form_or_in_xml_or_in_plain_text() {
    let provider = accepting().await;
    let url = format!("url = 'http://127.0.0.1:{}/'", provider.port);
    text(&format!("{url}\nencoding = 'form'\nuser = 'me'\npassword = 'a&b'\nbody = 'u={{user}}&p={{password}}&t={{text}}&to={{to}}'"))
        .await
        .expect("it is taken");
    let asked = last(&provider);
    let form = Asked::form(&asked.body);
    assert_eq!((form["u"].as_str(), form["p"].as_str(), form["t"].as_str()), ("me", "a&b", WORDS));
    assert_eq!((form["to"].as_str(), form.len(), asked.header("authorization")), ("+447700900123", 4, ""));
    assert_eq!(asked.header("content-type"), "application/x-www-form-urlencoded");

    text(&format!(
        "{url}\nmethod = 'PUT'\nheaders = {{ Content-Type = 'text/xml' }}\nbody = '<sms to=\"{{to}}\">{{text}}</sms>'"
    ))
    .await
    .expect("it is taken");
    let expected =
        "<sms to=\"+447700900123\">Zoë: 1+1=2 &amp; &quot;so&quot; &lt;on&gt;\nhttps://example.org/?a=b%20c</sms>";
    assert_eq!((last(&provider).method.as_str(), last(&provider).body.as_str()), ("PUT", expected));

    text(&format!("{url}\nencoding = 'text'\nbody = '{{to_digits}} {{text}}'")).await.expect("it is taken");
    assert_eq!(last(&provider).body, format!("447700900123 {WORDS}"));
    assert!(last(&provider).header("content-type").starts_with("text/plain"));
}

#[tokio::test]
async fn what_would_make_a_second_header_is_not_sent() {
    let provider = accepting().await;
    let sent = text(&format!("url = 'http://127.0.0.1:{}/'\nheaders = {{ X-Text = '{{text}}' }}", provider.port)).await;
    assert!(is_unavailable(&sent), "{sent:?}");
    assert!(provider.asked().is_empty());
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = accepting().await;
    let port = elsewhere.port;
    let reply = move |_: &Asked| Some((307, format!("http://127.0.0.1:{port}/")));
    let provider = Provider::start(reply).await;
    let sent =
        text(&format!("url = 'http://127.0.0.1:{}/'\nencoding = 'text'\nbody = '{{text}}'", provider.port)).await;
    assert_eq!(sent, Err(Failure::Unavailable("http: HTTP 307".into())));
    assert!(elsewhere.asked().is_empty());
}

#[tokio::test]
async fn every_place_of_a_call() {
    let provider = accepting().await;
    let url = format!("url = 'http://127.0.0.1:{}/'", provider.port);
    let body = "body = '{before}|{code}|{code_spaced}|{after}|{language}|{to}|{to_digits}|{ext}|{key}'";
    let section = format!("kind = 'http'\n{url}\nencoding = 'text'\n{body}");
    call(&section, "+442079460000;ext=12").await.expect("it is taken");
    let said = "Hello & welcome.|407163|4, 0, 7, 1, 6, 3|Bye.|en-GB|+442079460000|442079460000|12|k";
    assert_eq!(last(&provider).body, said);
}

#[tokio::test]
async fn an_extension_is_dialled_after_the_exchange_answers() {
    let provider = Provider::start(|asked| twilio(asked, |_| Some((200, String::new())))).await;
    let account = format!(
        "kind = 'twilio'\nbase_url = 'http://127.0.0.1:{}'\naccount_sid = '{ACCOUNT}'\nauth_token = '{TOKEN}'\n\
         from = '+442079460000'",
        provider.port
    );
    call(&format!("{account}\nring_seconds = 40"), "+442079460000;ext=123").await.expect("it is taken");
    let form = Asked::form(&last(&provider).body);
    assert_eq!(
        (form["To"].as_str(), form["SendDigits"].as_str(), form["Timeout"].as_str()),
        ("+442079460000", "wwww123#", "40")
    );
    let said: Vec<String> = providers::said(&form["Twiml"]).into_iter().map(|(_, words)| words).collect();
    assert_eq!(said.concat(), format!("Hello & welcome.{}Bye.", "407163".repeat(3)));
    call(&account, "+442079460000").await.expect("it is taken");
    assert!(!Asked::form(&last(&provider).body).contains_key("SendDigits"));
}

#[tokio::test]
async fn a_messaging_service_and_an_api_key_take_the_place_of_a_number_and_a_token() {
    let provider = Provider::start(|_| Some((201, r#"{"sid":"SM1"}"#.into()))).await;
    let (service, key) = (ACCOUNT.replace("AC", "MG"), ACCOUNT.replace("AC", "SK"));
    let section = format!(
        "kind = 'twilio'\nbase_url = 'http://127.0.0.1:{}/'\naccount_sid = '{ACCOUNT}'\napi_key_sid = '{key}'\n\
         api_key_secret = 'key-secret'\nmessaging_service_sid = '{service}'",
        provider.port
    );
    let content = Content::Text(WORDS.into());
    let message = Outgoing { to: "+447700900123", content: &content, key: "k" };
    let receipt = open(Channel::Text, &section).send(Channel::Text, &message).await.expect("it is taken");
    assert_eq!(receipt, Receipt { gateway: "twilio".into(), answer: "SM1".into() });
    let asked = last(&provider);
    let form = Asked::form(&asked.body);
    assert_eq!(asked.uri.path(), format!("/2010-04-01/Accounts/{ACCOUNT}/Messages.json"));
    assert_eq!((form["MessagingServiceSid"].as_str(), form["Body"].as_str(), form.len()), (service.as_str(), WORDS, 3));
    let basic = data_encoding::BASE64.encode(format!("{key}:key-secret").as_bytes());
    assert_eq!(asked.header("authorization"), format!("Basic {basic}"));
}

#[tokio::test]
async fn https_to_an_authority_of_ones_own_needs_its_certificate() {
    let Some(https) = Https::start() else { return };
    let section = format!("url = 'https://127.0.0.1:{}/'\nencoding = 'text'\nbody = '{{text}}'", https.port);
    let known = text(&format!("{section}\nca_file = '{}'", https.ca_file().display())).await;
    let unknown = text(&section).await;
    assert_eq!(known.map(|receipt| receipt.answer), Ok("HTTP 200: OK".into()));
    assert!(is_unavailable(&unknown), "{unknown:?}");
}
