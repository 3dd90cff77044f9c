//! Settings: each is declared once, and its value comes from a flag, from the environment (`AEROSPORTS_<NAME>`),
//! from a file that the environment names (`AEROSPORTS_<NAME>_FILE`, for secrets), or from its declaration.
//! Every error names the setting and says what to change; a secret's value is never shown.

mod error;
pub mod forms;
mod names;
mod secret;
mod setting;
mod sources;

pub use error::{Problems, SettingError};
pub use names::PREFIX;
pub use secret::Secret;
pub use setting::{Declaration, Declared, Fallback, FlagIn, Setting, Unfit, Visibility};
pub use sources::{Given, Settings, Source};

#[cfg(test)]
mod testing {
    //! Settings to test with.

    use super::{Declaration, Declared, Fallback, FlagIn, Secret, Setting, Visibility, forms};

    pub const LISTEN: &str = "AEROSPORTS_LISTEN";
    pub const PASSWORD: &str = "AEROSPORTS_PASSWORD";

    pub static LISTEN_PORT: Setting<u16> = Setting::new(
        Declaration {
            name: LISTEN,
            flag: Some("listen"),
            flag_in: &[FlagIn { command: "call", flag: "port", meaning: "whom to call" }],
            visibility: Visibility::Open,
            expected: "a port",
            default: Fallback::Value("8080"),
            meaning: "where to listen",
            used_by: &["serve"],
        },
        forms::parsed,
    );
    pub static A_PASSWORD: Setting<Secret<String>> = Setting::new(
        Declaration {
            name: PASSWORD,
            flag: None,
            flag_in: &[],
            visibility: Visibility::Hidden,
            expected: "a word",
            default: Fallback::Described("none"),
            meaning: "who may",
            used_by: &["serve"],
        },
        forms::secret,
    );
    pub static A_COUNT: Setting<u16> = Setting::new(
        Declaration {
            name: "AEROSPORTS_COUNT",
            flag: None,
            flag_in: &[],
            visibility: Visibility::UrlWithLogin,
            expected: "a number",
            default: Fallback::Described("none"),
            meaning: "a number that is treated as a URL",
            used_by: &["serve"],
        },
        forms::parsed,
    );
    pub static KNOWN: &[&dyn Declared] = &[&LISTEN_PORT, &A_PASSWORD, &A_COUNT];
}
