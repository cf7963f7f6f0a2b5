//! Figures for whoever watches the service, in the text that Prometheus reads. None is about a person, and every label has
//! few values: names of ours, or of the configuration.

use std::sync::LazyLock;
use std::time::Duration;

use prometheus::core::Collector;
use prometheus::{
    HistogramOpts, HistogramVec, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry, TextEncoder, histogram_opts,
};

/// All figures of this process.
static FIGURES: LazyLock<Figures> = LazyLock::new(Figures::new);

struct Figures {
    registry: Registry,
    requests: IntCounterVec,
    request_seconds: HistogramVec,
    events: IntCounterVec,
    flows: IntCounterVec,
    messages: IntCounterVec,
    outbox: IntGauge,
    outbox_age: IntGauge,
    directory_seconds: HistogramVec,
    directory_busy: IntGauge,
    connections: IntGauge,
    limits: IntCounterVec,
}

impl Figures {
    fn new() -> Self {
        let registry = Registry::new();
        let counter =
            |name: &str, help: &str, labels: &[&str]| in_(&registry, IntCounterVec::new(Opts::new(name, help), labels));
        let gauge = |name: &str, help: &str| in_(&registry, IntGauge::new(name, help));
        let histogram = |options: HistogramOpts, labels: &[&str]| in_(&registry, HistogramVec::new(options, labels));
        let build =
            IntGaugeVec::new(Opts::new("regain_build_info", "Always 1; the labels say what runs."), &["version"]);
        in_(&registry, build).with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
        let buckets = vec![0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0];
        Self {
            requests: counter(
                "regain_requests_total",
                "Requests answered, by page, method and status.",
                &["route", "method", "status"],
            ),
            request_seconds: histogram(
                histogram_opts!("regain_request_seconds", "How long answers took.", buckets.clone()),
                &["route"],
            ),
            events: counter(
                "regain_flow_events_total",
                "What happened in flows, by the names of the audit trail.",
                &["flow", "event"],
            ),
            flows: counter("regain_flows_total", "Flows that ended, by how.", &["flow", "outcome"]),
            messages: counter(
                "regain_messages_total",
                "Messages, by what became of a try to send them.",
                &["channel", "gateway", "outcome"],
            ),
            outbox: gauge("regain_outbox_messages", "Messages that wait to be sent."),
            outbox_age: gauge("regain_outbox_oldest_seconds", "How long the oldest of them has waited."),
            directory_seconds: histogram(
                histogram_opts!("regain_directory_seconds", "How long the directory took.", buckets),
                &["operation", "outcome"],
            ),
            directory_busy: gauge("regain_directory_calls", "Calls to the directory under way."),
            connections: gauge("regain_connections", "Connections that are open."),
            limits: counter("regain_limits_total", "Limits that were reached.", &["limit"]),
            registry,
        }
    }
}

/// Makes a figure known. The names are ours and each is there once; a test draws them all.
fn in_<F: Collector + Clone + 'static>(registry: &Registry, figure: prometheus::Result<F>) -> F {
    match figure.and_then(|figure| registry.register(Box::new(figure.clone())).map(|()| figure)) {
        Ok(figure) => figure,
        Err(error) => unreachable!("a figure's name is good and its own: {error}"),
    }
}

/// A request was answered. `route` is the address as it stands in the list of pages, never as it was asked for.
pub fn request(route: &str, method: &str, status: u16, took: Duration) {
    let mut digits = [0; 3];
    let figures = &FIGURES;
    figures.requests.with_label_values(&[route, method, status_text(status, &mut digits)]).inc();
    figures.request_seconds.with_label_values(&[route]).observe(took.as_secs_f64());
}

/// A status in digits.
fn status_text(status: u16, digits: &mut [u8; 3]) -> &str {
    let mut rest = status;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
    }
    std::str::from_utf8(digits).unwrap_or("000")
}

/// Something happened in a flow of this kind.
pub fn event(flow: &str, event: &str) {
    FIGURES.events.with_label_values(&[flow, event]).inc();
}

/// A flow ended.
pub fn flow(flow: &str, outcome: &str) {
    FIGURES.flows.with_label_values(&[flow, outcome]).inc();
}

/// A gateway was given a message.
pub fn message(channel: &str, gateway: &str, outcome: &str) {
    FIGURES.messages.with_label_values(&[channel, gateway, outcome]).inc();
}

/// A call to the directory begins; [`asked`] ends it.
pub fn asks() {
    FIGURES.directory_busy.inc();
}

/// A call to the directory ended.
pub fn asked(operation: &str, outcome: &str, took: Duration) {
    FIGURES.directory_busy.dec();
    FIGURES.directory_seconds.with_label_values(&[operation, outcome]).observe(took.as_secs_f64());
}

/// A connection is there.
pub fn connected() {
    FIGURES.connections.inc();
}

/// It is there no more.
pub fn disconnected() {
    FIGURES.connections.dec();
}

/// A limit was reached.
pub fn limit(which: &str) {
    FIGURES.limits.with_label_values(&[which]).inc();
}

/// All figures as text; how many messages wait, and since how many seconds, is looked up by whoever asks.
///
/// # Errors
/// If they cannot be written.
pub fn text(waiting: i64, oldest_seconds: i64) -> Result<String, prometheus::Error> {
    let figures = &FIGURES;
    figures.outbox.set(waiting);
    figures.outbox_age.set(oldest_seconds);
    TextEncoder::new().encode_to_string(&figures.registry.gather())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_has_a_name_of_its_own_and_is_text_that_prometheus_reads() {
        request("/reset", "GET", 200, Duration::from_millis(30));
        event("reset", "started");
        flow("reset", "password_set");
        message("email", "smtp", "sent");
        asks();
        asked("find", "ok", Duration::from_millis(3));
        connected();
        disconnected();
        limit("sends");
        let text = text(3, 40).unwrap();
        for line in [
            "regain_requests_total{method=\"GET\",route=\"/reset\",status=\"200\"} 1",
            "regain_request_seconds_count{route=\"/reset\"} 1",
            "regain_outbox_messages 3",
            "regain_outbox_oldest_seconds 40",
            "# TYPE regain_flows_total counter",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
        assert!(text.contains("regain_build_info{version=\""), "{text}");
    }
}
