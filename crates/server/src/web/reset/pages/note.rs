//! What a page says besides what its flow knows.

use regain_core::Time;

use crate::web::strength;

/// Something to be said on a page that the flow itself does not know of. It changes nothing but words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Note {
    NoUserId,
    NoCharacters,
    NoChoice,
    NoCode,
    /// Too many resets are being begun; it goes on then.
    Limited(Time),
    /// Another code was asked for too early.
    Early,
    /// Another code is on its way.
    Sent,
    /// There is more time.
    Time,
    /// The form belonged to another step.
    Moved,
    /// The address names somebody else than the flow that is under way.
    Other,
    /// The form belonged to a flow that is over.
    Over,
    /// How strong the password was that was turned down: the key of the word.
    Was(&'static str),
}

impl Note {
    /// From an address, so that it survives the way to the page.
    pub(crate) fn parse(text: Option<&str>) -> Option<Self> {
        Some(match text? {
            "early" => Self::Early,
            "sent" => Self::Sent,
            "time" => Self::Time,
            "moved" => Self::Moved,
            "over" => Self::Over,
            other => return strength::known(other).map(Self::Was),
        })
    }
}
