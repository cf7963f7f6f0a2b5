//! Accounts of the embedded directory.

use super::statements;

statements! {
    /// Placeholder read replaced by the embedded directory's own statements.
    COUNT = "SELECT COUNT(*) FROM account";
}
