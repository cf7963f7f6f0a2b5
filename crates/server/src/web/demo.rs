//! The demo's inbox: every email, text and call that was "sent".
