//! Replies: finds the answer to a method in JSON text, or the reason there is none.
//!
//! Unknown fields are ignored everywhere. An `err_code` other than 0, on the module or on the
//! method, is an error, and so is a reply that does not mention the method asked.

use serde_json::{Map, Value};

use crate::fields::Fields;
use crate::refusal::{Refusal, ReplyError};

/// Longest device-supplied error text kept, in characters.
const MAX_MESSAGE_CHARS: usize = 128;

/// The fields a device answered to `module.method`.
///
/// # Errors
///
/// [`ReplyError::Json`], [`ReplyError::NoAnswer`], [`ReplyError::Refused`], or
/// [`ReplyError::Field`] when the `err_code` itself is no number.
pub fn fields(
    json: &[u8],
    module: &'static str,
    method: &'static str,
) -> Result<Map<String, Value>, ReplyError> {
    // Lossy and blind to NUL padding: a name cut in the middle of a character must not hide
    // the state of a relay.
    let text = String::from_utf8_lossy(json);
    let mut reply: Value = serde_json::from_str(text.trim_end_matches('\0')).map_err(ReplyError::Json)?;
    let answers = object(&mut reply, module).ok_or(ReplyError::NoAnswer { module, method })?;
    accepted(answers, module, method)?;
    let Some(Value::Object(fields)) = answers.remove(method) else {
        return Err(ReplyError::NoAnswer { module, method });
    };
    accepted(&fields, module, method)?;
    Ok(fields)
}

fn object<'a>(value: &'a mut Value, name: &str) -> Option<&'a mut Map<String, Value>> {
    value.get_mut(name)?.as_object_mut()
}

fn accepted(
    fields: &Map<String, Value>,
    module: &'static str,
    method: &'static str,
) -> Result<(), ReplyError> {
    let code = match fields.get("err_code") {
        None => return Ok(()),
        Some(code) => code.as_i64().ok_or(ReplyError::Field { name: "err_code" })?,
    };
    if code == 0 {
        return Ok(());
    }
    let message = Fields(fields).text("err_msg");
    Err(ReplyError::Refused(Refusal {
        module,
        method,
        code: code.into(),
        message: message.map(|text| text.chars().take(MAX_MESSAGE_CHARS).collect()),
    }))
}
