//! Which outlet of a device is meant, as people write it.

use serde_json::{Value, json};
use tplink_hs1xx::{Outlets, SysInfo};

use super::{print::printable, trouble::Trouble};

/// One outlet of a device: the plug itself, or one of a strip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outlet {
    /// Its number on a strip, from 1; `None` on a plug.
    pub number: Option<usize>,
    /// Its id on a strip.
    pub id: Option<String>,
    /// Its name; the plug's own on a plug.
    pub alias: String,
    /// How to address it.
    pub outlets: Outlets,
}

impl Outlet {
    /// All outlets of a device, in their order.
    pub fn all(info: &SysInfo) -> Vec<Self> {
        if info.children.is_empty() {
            let alias = info.alias.clone();
            return vec![Self { number: None, id: None, alias, outlets: Outlets::Whole }];
        }
        let child = |(place, child): (usize, &tplink_hs1xx::Child)| Self {
            number: Some(place + 1),
            id: Some(child.id.to_string()),
            alias: child.alias.clone(),
            outlets: Outlets::from(child.id.clone()),
        };
        info.children.iter().enumerate().map(child).collect()
    }

    /// The outlets that `wanted` names. Without it a strip's outlets are all meant, unless `must_say`.
    ///
    /// # Errors
    /// When it names none or several, or is missing and `must_say`.
    pub fn choose(info: &SysInfo, wanted: Option<&str>, must_say: bool) -> Result<Vec<Self>, Trouble> {
        let all = Self::all(info);
        let is_strip = !info.children.is_empty();
        match wanted {
            None if is_strip && must_say => Err(which(info, "say which outlet")),
            None | Some("all") => Ok(all),
            Some(_) if !is_strip => Err(Trouble::plain(format!(
                "{} is a plug with one outlet: leave --outlet away",
                printable(&info.alias)
            ))),
            Some(wanted) => {
                let meant: Vec<_> = all.into_iter().filter(|outlet| outlet.is_called(wanted)).collect();
                match meant.len() {
                    1 => Ok(meant),
                    0 => Err(which(info, &format!("there is no outlet {}", printable(wanted)))),
                    _ => {
                        Err(which(info, &format!("{} means several outlets: give the id", printable(wanted))))
                    }
                }
            }
        }
    }

    fn is_called(&self, wanted: &str) -> bool {
        // "01" may be the end of an id, so only a number without leading zeros counts as one.
        let number = wanted.parse().ok().filter(|number: &usize| number.to_string() == wanted);
        self.id.as_deref() == Some(wanted)
            || self.number.is_some() && self.number == number
            || self.alias.to_lowercase() == wanted.to_lowercase()
    }

    /// Its state according to `info`.
    pub fn is_on(&self, info: &SysInfo) -> Option<bool> {
        info.is_on(&self.outlets)
    }

    /// Its name for people: a strip's outlet has its number too.
    pub fn name(&self) -> String {
        match self.number {
            Some(number) => format!("{} (outlet {number})", printable(&self.alias)),
            None => printable(&self.alias),
        }
    }

    /// The fields that identify it, for scripts.
    pub fn as_json(&self, address: impl std::fmt::Display, info: &SysInfo) -> Value {
        json!({
            "address": address.to_string(),
            "device_id": info.device_id,
            "mac": info.mac,
            "model": info.model,
            "alias": self.alias,
            "outlet": self.number,
            "outlet_id": self.id,
        })
    }
}

/// A strip's outlets, for someone who has to choose one.
fn which(info: &SysInfo, what: &str) -> Trouble {
    let mut text = format!("{} is a strip: {what}. Its outlets for --outlet:", printable(&info.alias));
    for outlet in Outlet::all(info) {
        let (number, id) = (outlet.number.unwrap_or_default(), outlet.id.unwrap_or_default());
        text = format!("{text}\n  {number}  {}  {}", printable(&id), printable(&outlet.alias));
    }
    Trouble::plain(text)
}
