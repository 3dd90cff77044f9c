//! `aerosports config`: what the settings are, where each comes from, and what is wrong with them.

use std::io::{self, Write as _};

use anyhow::Result;
use runtime::config::{Declared, Fallback, SettingError, Settings, Source};
use serde_json::{Value, json};

use super::output::is_closed_pipe;
use crate::{
    cli::Config,
    settings::{ALL, check},
};

/// Carries out `command`.
///
/// # Errors
/// `check` returns everything that is wrong.
pub fn run(command: &Config, settings: &Settings) -> Result<()> {
    match command {
        Config::Show { json } => match show(settings, *json).map_err(Into::into) {
            Err(error) if is_closed_pipe(&error) => Ok(()),
            shown => shown,
        },
        Config::Check { command } => {
            check(settings, command.as_deref())?;
            println!("the settings are in order");
            Ok(())
        }
    }
}

/// A setting as it is now.
struct Row {
    name: &'static str,
    flag: Option<&'static str>,
    /// `None` when there is no value, not even a declared one.
    value: Option<String>,
    /// What happens without a value.
    without: Option<&'static str>,
    source: Source,
    problem: Option<String>,
}

impl Row {
    fn of(setting: &dyn Declared, settings: &Settings) -> Self {
        let declaration = setting.declaration();
        let problem = settings.problem(setting);
        let given = settings.given(declaration).ok().flatten();
        let (value, without) = match (&given, declaration.default) {
            (Some(given), _) => (Some(declaration.shown(given.text.expose(), problem.is_none())), None),
            (None, Fallback::Value(text)) => (Some(text.to_owned()), None),
            (None, Fallback::Described(words)) => (None, Some(words)),
        };
        Self {
            name: declaration.name,
            flag: declaration.flag,
            value,
            without,
            source: given.map_or(Source::Default, |given| given.source),
            problem: problem.map(|problem| problem.with_causes()),
        }
    }

    fn as_json(&self) -> Value {
        let (kind, file) = match &self.source {
            Source::Flag(_) => ("flag", None),
            Source::Environment(_) => ("environment", None),
            Source::File { path, .. } => ("file", Some(path)),
            Source::Default => ("default", None),
        };
        json!({
            "name": self.name,
            "flag": self.flag.map(|flag| format!("--{flag}")),
            "value": self.value,
            "source": kind,
            "file": file,
            "problem": self.problem,
        })
    }

    /// The value; what holds without one; or that it cannot be used.
    fn as_text(&self) -> String {
        let shown =
            self.value.clone().or_else(|| self.without.map(|words| format!("({})", words.replace('`', ""))));
        let shown = shown.unwrap_or_default();
        if self.problem.is_some() { format!("WRONG: {shown}") } else { shown }
    }
}

fn show(settings: &Settings, json: bool) -> io::Result<()> {
    let rows: Vec<Row> = ALL.iter().map(|setting| Row::of(*setting, settings)).collect();
    let problems: Vec<String> = match check(settings, None) {
        Ok(()) => Vec::new(),
        Err(problems) => problems.0.iter().map(SettingError::with_causes).collect(),
    };
    let mut out = io::stdout().lock();
    if json {
        let settings: Vec<_> = rows.iter().map(Row::as_json).collect();
        return writeln!(out, "{}", json!({"settings": settings, "problems": problems}));
    }
    let width = |column: fn(&Row) -> usize| rows.iter().map(column).max().unwrap_or_default();
    let (name, value) = (width(|row| row.name.len()), width(|row| row.as_text().chars().count()));
    writeln!(out, "{:<name$}  {:<value$}  FROM", "SETTING", "VALUE")?;
    for row in &rows {
        writeln!(out, "{:<name$}  {:<value$}  {}", row.name, row.as_text(), row.source)?;
    }
    for problem in &problems {
        writeln!(out, "wrong: {problem}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {

    use runtime::config::Settings;

    use super::*;
    use crate::settings::declared::{API_KEY, DATABASE, LISTEN, MASTER_KEY};

    #[test]
    fn a_row_says_where_its_value_comes_from() {
        let settings = Settings::from_pairs([("AEROSPORTS_LISTEN", "127.0.0.1:1")]);
        assert_eq!(Row::of(&LISTEN, &settings).as_json()["source"], "environment");
        let settings = settings.with_flag("AEROSPORTS_LISTEN", "127.0.0.1:2".to_owned());
        let row = Row::of(&LISTEN, &settings).as_json();
        assert_eq!((&row["source"], &row["value"]), (&json!("flag"), &json!("127.0.0.1:2")));
        let row = Row::of(&LISTEN, &Settings::default()).as_json();
        assert_eq!((&row["source"], &row["value"]), (&json!("default"), &json!("127.0.0.1:8080")));
        assert_eq!(Row::of(&API_KEY, &Settings::default()).as_json()["value"], Value::Null);
    }

    #[test]
    fn a_row_shows_no_secret() {
        for (setting, value) in [
            (&DATABASE as &dyn Declared, "mssql://sa:hunter2@db/aero"),
            (&DATABASE, "mssql:sa:hunter2"),
            (&MASTER_KEY, "hunter2"),
            (&API_KEY, "hunter2"),
        ] {
            let settings = Settings::from_pairs([(setting.declaration().name, value)]);
            let row = Row::of(setting, &settings);
            let shown = format!("{} {}", row.as_json(), row.as_text());
            assert!(shown.contains("(hidden)") && !shown.contains("hunter2"), "{shown}");
        }
    }
}
