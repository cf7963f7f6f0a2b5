//! Who is signed in.

use regain_core::subject::AccountId;

use super::db::Stmt;
use super::{Store, statements};

statements! {
    /// Signs an account out everywhere.
    END_ALL = "DELETE FROM session WHERE account = $1";
}

impl Store {
    /// The statement that signs an account out everywhere.
    pub fn end_sessions(&self, account: &AccountId) -> Stmt {
        Stmt::new(END_ALL, vec![account.0.as_str().into()])
    }
}
