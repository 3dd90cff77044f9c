//! Pages of a list: how many, from where on. A cursor is the last item's place in the list's order, so
//! that items which come or go meanwhile neither repeat nor hide others.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ArrayBuilder, ObjectBuilder, Ref, RefOr, Schema, schema::SchemaType, schema::Type},
};

use crate::QueryError;

/// Items on a page when `limit` is not sent.
pub const DEFAULT_LIMIT: u32 = 50;
/// Most items on a page.
pub const MAX_LIMIT: u32 = 200;
/// Longest cursor; ours are far below.
const MAX_CURSOR: usize = 2_048;

/// Some items of a list.
#[derive(Debug, Serialize)]
pub struct Page<T> {
    /// The items, in the list's order.
    pub items: Vec<T>,
    /// Send it as `cursor` for the items after these; null when there are none.
    pub next_cursor: Option<String>,
}

// Written out, because the derived form leaves the item's own schema to whoever names the page.
impl<T: ToSchema> PartialSchema for Page<T> {
    fn schema() -> RefOr<Schema> {
        let items = ArrayBuilder::new().items(Ref::from_schema_name(T::name()));
        let cursor = ObjectBuilder::new()
            .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
            .description(Some("Send it as `cursor` for the items after these; null when there are none."));
        ObjectBuilder::new()
            .property("items", items)
            .required("items")
            .property("next_cursor", cursor)
            .required("next_cursor")
            .into()
    }
}

impl<T: ToSchema> ToSchema for Page<T> {
    fn name() -> std::borrow::Cow<'static, str> {
        format!("{}Page", T::name()).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(schemas);
    }
}

/// Which part of a list is asked for; `K` is an item's place in its order.
#[derive(Debug)]
pub struct Paging<K> {
    limit: u32,
    after: Option<K>,
    order: &'static str,
}

impl<K: Serialize + DeserializeOwned> Paging<K> {
    /// From the parameters `limit` and `cursor`. `order` names the list's order: a cursor of another is
    /// refused.
    ///
    /// # Errors
    /// `Parameter` for a limit out of range or a cursor that is none of this list's.
    pub fn parse(limit: Option<u32>, cursor: Option<&str>, order: &'static str) -> Result<Self, QueryError> {
        let limit = parse_limit(limit)?;
        let after = cursor.map(|text| read_cursor(text, order).ok_or_else(bad_cursor)).transpose()?;
        Ok(Self { limit, after, order })
    }

    /// The place after which the page starts; none: the list's beginning.
    pub fn after(&self) -> Option<&K> {
        self.after.as_ref()
    }

    /// How many rows to ask the tables for: one more than the page has, to know whether there are more.
    #[must_use]
    pub fn fetch(&self) -> i64 {
        i64::from(self.limit) + 1
    }

    /// The page of `rows`, which were asked for by [`Paging::fetch`]; `place` is a row's place in the order.
    pub fn page<R, T: From<R>>(&self, rows: Vec<R>, place: impl FnOnce(&R) -> K) -> Page<T> {
        self.page_of(rows, place, T::from)
    }

    /// The same, where what is shown of a row takes more than the row.
    pub fn page_of<R, T>(
        &self,
        mut rows: Vec<R>,
        place: impl FnOnce(&R) -> K,
        shown: impl FnMut(R) -> T,
    ) -> Page<T> {
        let limit = self.limit as usize;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let last = rows.last().filter(|_| more);
        let next_cursor = last.map(|last| write_cursor(&place(last), self.order));
        Page { items: rows.into_iter().map(shown).collect(), next_cursor }
    }
}

/// The parameter `limit`: 1 to [`MAX_LIMIT`], [`DEFAULT_LIMIT`] when not sent.
///
/// # Errors
/// `Parameter`.
pub fn parse_limit(limit: Option<u32>) -> Result<u32, QueryError> {
    let limit = limit.unwrap_or(DEFAULT_LIMIT);
    if (1..=MAX_LIMIT).contains(&limit) {
        return Ok(limit);
    }
    let message = format!("`limit` must be between 1 and {MAX_LIMIT}, is {limit}");
    Err(QueryError::Parameter { field: "limit", code: "out_of_range", message })
}

fn write_cursor(place: &impl Serialize, order: &str) -> String {
    // Places are ids, numbers and texts, which JSON can always hold.
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(&(order, place)).unwrap_or_default())
}

fn read_cursor<K: DeserializeOwned>(text: &str, order: &str) -> Option<K> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok().filter(|_| text.len() <= MAX_CURSOR)?;
    let (named, place): (String, K) = serde_json::from_slice(&bytes).ok()?;
    (named == order).then_some(place)
}

fn bad_cursor() -> QueryError {
    let message = "`cursor` must be a `next_cursor` of this very list".into();
    QueryError::Parameter { field: "cursor", code: "malformed", message }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Paged = Paging<(i64, String)>;

    fn refused(limit: Option<u32>, cursor: Option<&str>) -> &'static str {
        match Paged::parse(limit, cursor, "by_name").unwrap_err() {
            QueryError::Parameter { field, .. } => field,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_cursor_reads_back_and_only_where_it_was_written() {
        let paging = Paged::parse(Some(2), None, "by_name").unwrap();
        assert_eq!((paging.fetch(), paging.after()), (3, None));
        let page: Page<i64> = paging.page(vec![1, 2, 3], |item| (*item, "ü/?".to_owned()));
        assert_eq!(page.items, [1, 2]);
        let cursor = page.next_cursor.unwrap();
        assert!(cursor.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'), "{cursor}");
        let next = Paged::parse(None, Some(&cursor), "by_name").unwrap();
        assert_eq!(next.after(), Some(&(2, "ü/?".to_owned())));
        assert!(Paged::parse(None, Some(&cursor), "by_age").is_err());
        assert!(Paging::<i64>::parse(None, Some(&cursor), "by_name").is_err());
    }

    #[test]
    fn the_last_page_has_no_cursor() {
        let paging = Paged::parse(Some(2), None, "by_name").unwrap();
        for rows in [vec![], vec![1], vec![1, 2]] {
            let page: Page<i64> = paging.page(rows, |item| (*item, String::new()));
            assert_eq!(page.next_cursor, None);
        }
    }

    #[test]
    fn other_forms_are_refused_by_name() {
        assert_eq!(refused(Some(0), None), "limit");
        assert_eq!(refused(Some(201), None), "limit");
        for cursor in ["", "x", "e30", "W10", "!!", &"A".repeat(3_000)] {
            assert_eq!(refused(None, Some(cursor)), "cursor", "{cursor}");
        }
    }
}
