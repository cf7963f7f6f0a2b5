//! The office phone, which administrators own: kept as the directory has it. What an administrator set by hand stays where the
//! directory says nothing.

use regain_core::Registration;
use regain_core::method::ContactKind;

use crate::app::App;
use crate::directory::Person;
use crate::drive::Fault;
use crate::phone::Number;

impl App {
    /// Keeps the office phone of somebody who signs in as the directory has it.
    ///
    /// # Errors
    /// If the store cannot be read or written.
    pub async fn keep_office(&self, person: &Person) -> Result<(), Fault> {
        let registration = self.registration(Some(&person.id)).await?;
        self.follow_office(person, registration).await.map(drop)
    }

    /// What is registered, after the office phone was brought in step with the directory. Written only if it differs.
    ///
    /// # Errors
    /// If the store cannot be read or written.
    pub(crate) async fn follow_office(&self, person: &Person, now: Registration) -> Result<Registration, Fault> {
        let office = person.contacts.iter().find(|(kind, _)| *kind == ContactKind::Office);
        let region = self.settings.organisation.region.as_deref();
        let told = office.and_then(|(_, number)| match Number::parse(number, region) {
            Ok(number) => Some(number.to_string()),
            Err(problem) => {
                tracing::warn!(%problem, "an office phone in the directory is not a telephone number");
                None
            }
        });
        let known = now.of(ContactKind::Office);
        let same = known.is_some_and(|known| known.verified.is_some() && Some(&known.address) == told.as_ref());
        let ours = known.is_some_and(|known| self.store.is_from_directory(&known.id));
        if same || (told.is_none() && !ours) {
            return Ok(now);
        }
        self.store.set_office(&person.id, told.as_deref()).await?;
        Ok(self.registration(Some(&person.id)).await?)
    }
}
