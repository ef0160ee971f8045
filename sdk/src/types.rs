//! Data that all roles share; `wit/types.wit` documents each.

pub use crate::bindings::host::sinops::plugin::types::*;

impl Service {
    /// The canonical compose definition of the service.
    #[must_use]
    pub fn compose(&self) -> serde_json::Value {
        serde_json::from_str(&self.definition).unwrap_or_default()
    }

    /// The program that it runs, by the name of its image (see [`crate::image::program`]);
    /// empty without an image.
    #[must_use]
    pub fn program(&self) -> &str {
        crate::image::program(self.image.as_deref().unwrap_or_default())
    }

    /// The container label of this name.
    #[must_use]
    pub fn label(&self, key: &str) -> Option<&str> {
        self.labels
            .iter()
            .find(|label| label.key == key)
            .map(|label| label.value.as_str())
    }
}

impl Container {
    /// Whether it serves, or means to.
    #[must_use]
    pub fn runs(&self) -> bool {
        matches!(
            self.status,
            ContainerStatus::Running | ContainerStatus::Restarting | ContainerStatus::Paused
        )
    }
}

impl Resource {
    /// The canonical compose definition of the network or volume.
    #[must_use]
    pub fn compose(&self) -> serde_json::Value {
        serde_json::from_str(&self.definition).unwrap_or_default()
    }
}

impl Stack {
    /// The service of this name.
    #[must_use]
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.name == name)
    }
}

/// One `key=value` pair.
#[must_use]
pub fn label(key: impl Into<String>, value: impl Into<String>) -> Label {
    Label {
        key: key.into(),
        value: value.into(),
    }
}

/// A timestamp in milliseconds as RFC 3339: `2026-11-23T12:00:00Z`.
#[must_use]
pub fn rfc3339(time: Timestamp) -> String {
    let seconds = time / 1000;
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Civil date from days, by eras of 400 years that begin in March.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z",
        rest / 3600,
        rest / 60 % 60,
        rest % 60
    )
}

#[cfg(test)]
mod tests {
    use super::rfc3339;

    #[test]
    fn dates_are_civil() {
        for (time, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400_000, "2000-02-29T00:00:00Z"),
            (1_700_000_000_999, "2023-11-14T22:13:20Z"),
            (1_798_761_599_000, "2026-12-31T23:59:59Z"),
        ] {
            assert_eq!(rfc3339(time), text);
        }
    }
}
