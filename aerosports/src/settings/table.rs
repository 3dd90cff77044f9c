//! The table of settings in the documentation.

use std::fmt::Write as _;

use runtime::config::{Declaration, Fallback};

use super::ALL;

/// The table, in Markdown.
#[must_use]
pub fn markdown() -> String {
    let mut table = "| Setting | Default | Meaning | Used by |\n|---|---|---|---|\n".to_owned();
    for setting in ALL.iter().map(|setting| setting.declaration()) {
        let default = match setting.default {
            Fallback::Value(value) => format!("`{value}`"),
            Fallback::Described(words) => words.to_owned(),
        };
        let used_by = match setting.used_by {
            [] => "every command".to_owned(),
            commands => commands.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
        };
        let _ = writeln!(table, "| {} | {default} | {} | {used_by} |", names(setting), setting.meaning);
    }
    table
}

/// Every way to give a setting.
fn names(setting: &Declaration) -> String {
    let flag = setting.flag.map(|flag| format!("--{flag}"));
    let others = setting.flag_in.iter().filter(|special| Some(special.flag) != setting.flag);
    let others = others.map(|special| format!("{} --{}", special.command, special.flag));
    let file = setting.may_be_in_a_file().then(|| setting.file_name());
    let ways = flag.into_iter().chain(others).chain([setting.name.to_owned()]).chain(file);
    ways.map(|way| format!("`{way}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use std::{fs, path::PathBuf};

    use super::*;

    const BEGIN: &str = "<!-- settings -->\n";
    const END: &str = "<!-- /settings -->";

    /// README.md and docs/*.md.
    fn documents() -> Vec<PathBuf> {
        let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
        let docs = fs::read_dir(root.join("docs")).into_iter().flatten();
        let docs = docs.map(|entry| entry.unwrap().path());
        let docs = docs.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
        docs.chain([root.join("README.md")]).collect()
    }

    #[test]
    fn the_table_in_the_documents_is_what_is_declared() {
        let mut found = 0;
        for path in documents() {
            let text = fs::read_to_string(&path).unwrap();
            let Some((before, rest)) = text.split_once(BEGIN) else { continue };
            let (table, after) = rest.split_once(END).unwrap();
            found += 1;
            if table != markdown() && std::env::var_os("AEROSPORTS_WRITE_GOLDEN").is_some() {
                fs::write(&path, format!("{before}{BEGIN}{}{END}{after}", markdown())).unwrap();
                continue;
            }
            assert_eq!(
                table,
                markdown(),
                "{}: write it with AEROSPORTS_WRITE_GOLDEN=1 cargo nextest run -p aerosports table",
                path.display()
            );
        }
        assert_eq!(found, 1, "one of README.md and docs/*.md has the table between {BEGIN}and {END}");
    }
}
