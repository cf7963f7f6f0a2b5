//! Every sentence a person reads (stands in until the catalogue arrives).

pub use fluent_bundle::FluentValue as Value;

/// The sentences of one language.
pub struct Text;

impl Text {
    /// English.
    pub fn english() -> &'static Self {
        &Self
    }

    /// The sentence with this key and these values, for machines and messages.
    pub fn say_plain(&self, key: &str, _values: &[(&str, Value<'_>)]) -> String {
        key.to_owned()
    }
}
