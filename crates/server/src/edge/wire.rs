//! What is between a socket and HTTP: it feels the connection's pulse.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::pulse::Pulse;

pub(super) struct Wire<S> {
    stream: S,
    pulse: Arc<Pulse>,
    /// Whether we have said that we are done.
    ended: bool,
}

impl<S> Wire<S> {
    pub(super) const fn new(stream: S, pulse: Arc<Pulse>) -> Self {
        Self { stream, pulse, ended: false }
    }

    /// Takes note of what became of a write.
    fn wrote(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match &written {
            Poll::Ready(Ok(bytes)) => self.pulse.took(*bytes),
            Poll::Ready(Err(_)) => {}
            Poll::Pending => self.pulse.stalls(),
        }
        written
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        match Pin::new(&mut self.stream).poll_read(cx, into) {
            // All that arrived was read, and the service is about to stop: this is the end of it.
            Poll::Pending if self.pulse.is_done() => Poll::Ready(Ok(())),
            Poll::Ready(Ok(())) if into.filled().len() > before => {
                self.pulse.heard();
                Poll::Ready(Ok(()))
            }
            read => read,
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.wrote(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        self.wrote(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        if flushed.is_pending() {
            self.pulse.stalls();
        } else {
            self.pulse.flows();
        }
        flushed
    }

    /// Ends our side, and listens a little until the other side ends, too: a socket that is closed while something
    /// unread waits in it takes back the answer.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.pulse.parts();
        if !self.ended {
            ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
            self.ended = true;
        }
        let mut waste = [0; 4096];
        loop {
            let mut waste = ReadBuf::new(&mut waste);
            match ready!(Pin::new(&mut self.stream).poll_read(cx, &mut waste)) {
                Ok(()) if !waste.filled().is_empty() => {}
                _ => return Poll::Ready(Ok(())),
            }
        }
    }
}
