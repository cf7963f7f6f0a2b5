//! The listener for machines: figures that say nothing about anybody, and never where everybody comes.

use std::sync::Arc;

use axum::http::StatusCode;
use regain::edge::Edge;
use regain::web::machines;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::support::app::NEW;
use crate::support::edge::{HONEST, Served};
use crate::support::visitor::Visitor;

#[tokio::test]
async fn figures_are_for_machines_and_say_nothing_about_anybody() {
    let served = Served::start("metrics_listen = '127.0.0.1:9'").await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its number");
    let app = &served.test.app;
    let (_stop, told) = watch::channel(false);
    let edge = Edge::for_machines(listener, machines::router(Arc::clone(app)), &app.settings.server);
    tokio::spawn(edge.serve(told));
    served.honest_reset(NEW).await;
    // The notices at its end go out, too.
    served.test.messages().await;
    let mut visitor = served.visitor();
    visitor.open("/no/such/page/of-jo").await.expect("it is answered");

    let mut machine = Visitor::new(&format!("http://{address}"));
    let figures = machine.open("/metrics").await.expect("they come").body;
    for line in [
        "regain_requests_total{method=\"POST\",route=\"/reset/password\",status=\"303\"} ",
        "regain_requests_total{method=\"GET\",route=\"other\",status=\"404\"} ",
        "regain_request_seconds_bucket{route=\"/reset\",le=\"0.1\"} ",
        "regain_flows_total{flow=\"reset\",outcome=\"password_set\"} ",
        "regain_flow_events_total{event=\"code_sent\",flow=\"reset\"} ",
        "regain_messages_total{channel=\"call\",gateway=\"demo\",outcome=\"sent\"} ",
        "regain_directory_seconds_count{operation=\"find\",outcome=\"ok\"} ",
        "regain_outbox_messages 0\n",
        "regain_outbox_oldest_seconds 0\n",
        "regain_connections ",
        "regain_build_info{version=\"",
    ] {
        assert!(figures.contains(line), "{line} in\n{figures}");
    }
    for personal in [HONEST, "robin", "of-jo", "+44", "2079460321", "127.0.0.1", "@"] {
        assert!(!figures.contains(personal), "{personal} in\n{figures}");
    }
    let each = figures.lines().filter(|line| line.starts_with("regain_requests_total")).count();
    assert!(each < 500, "labels have few values: {each}");

    for path in ["/healthz", "/readyz"] {
        assert_eq!(machine.open(path).await.expect("it is answered").body, "ok\n");
    }
    assert_eq!(machine.open("/reset").await.map(|page| page.status), Some(StatusCode::NOT_FOUND), "no pages here");
    assert_eq!(visitor.open("/metrics").await.map(|page| page.status), Some(StatusCode::NOT_FOUND), "no figures there");
}
