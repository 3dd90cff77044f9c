//! What a handler's own signature says about its route: path and query parameters, body, answers. So the
//! document cannot differ from the code, and a handler that takes or gives something undescribed does not
//! compile.

use axum::{
    Json,
    extract::{Extension, State},
    handler::Handler,
    http::StatusCode,
    response::Response,
};
use domain::text_form::{HasTextForms, TextForm};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema, openapi::path::ParameterIn};

use super::{
    answer::{CommandAnswer, CreatedOrKnown},
    command::CommandRequest,
    context::RequestContext,
    freshness::Freshness,
    guard::Caller,
    json::ValidJson,
    params::{ValidPath, ValidQuery},
    precondition::IfNoneMatch,
};

/// What is known of one operation, in pieces of the OpenAPI document.
#[derive(Clone, Debug, Default)]
pub struct OperationDoc {
    pub(super) path_parts: Vec<Value>,
    pub(super) query: Vec<Value>,
    pub(super) body: Option<Value>,
    /// Whether the body may not be left out.
    pub(super) body_required: bool,
    pub(super) answers: Vec<(u16, &'static str, Option<Value>)>,
    pub(super) schemas: Vec<(String, Value)>,
}

impl OperationDoc {
    /// The body is a `T`, which becomes a component: generators of clients name their types after those.
    pub fn body<T: ToSchema>(&mut self) {
        let schema = self.schema::<T>();
        let fields = schema.get("required").and_then(Value::as_array);
        self.body_required = fields.is_some_and(|fields| !fields.is_empty());
        if schema.get("title").is_some() {
            let name = T::name().into_owned();
            self.body = Some(json!({"$ref": format!("#/components/schemas/{name}")}));
            self.schemas.push((name, schema));
        } else {
            self.body = Some(schema);
        }
    }

    /// The query string is a `T`.
    pub fn query<T: IntoParams>(&mut self) {
        self.query.extend(T::into_params(|| Some(ParameterIn::Query)).iter().map(to_value));
    }

    /// A `status` answer whose body is a `T`.
    pub fn answer<T: ToSchema>(&mut self, status: StatusCode, description: &'static str) {
        let schema = self.schema::<T>();
        self.answers.push((status.as_u16(), description, Some(schema)));
    }

    /// A `status` answer with a body that has no schema, or none.
    pub fn plain_answer(&mut self, status: StatusCode, description: &'static str) {
        self.answers.push((status.as_u16(), description, None));
    }

    /// `T`'s schema with its name as title; the types inside of it become components.
    pub(super) fn schema<T: ToSchema>(&mut self) -> Value {
        let mut inside = Vec::new();
        T::schemas(&mut inside);
        self.schemas.extend(inside.iter().map(|(name, schema)| (name.clone(), to_value(schema))));
        let mut schema = to_value(&T::schema());
        if let Some(object) = schema.as_object_mut().filter(|object| object.contains_key("properties")) {
            object.entry("title").or_insert_with(|| T::name().into());
        }
        schema
    }
}

fn to_value(part: &impl serde::Serialize) -> Value {
    // The parts of a document are plain data with text keys, which JSON can always hold.
    serde_json::to_value(part).unwrap_or(Value::Null)
}

/// A handler whose signature describes its route: every async function whose arguments and answer are
/// described here.
#[diagnostic::on_unimplemented(
    message = "this function cannot be a route",
    note = "it must be an async fn whose arguments implement `DescribeArgument` (ValidPath, ValidQuery, ValidJson, CommandRequest, State, Caller, …; the body last) and that returns `Result<impl DescribeAnswer, Problem>`"
)]
pub trait Endpoint<T, S>: Handler<T, S> {
    /// Adds what the signature says.
    fn describe(doc: &mut OperationDoc);
}

/// An argument of a handler.
pub trait DescribeArgument {
    /// Adds what it takes from the request; nothing by default.
    fn describe(_doc: &mut OperationDoc) {}
}

/// What a handler gives.
pub trait DescribeAnswer {
    /// Adds the answer's status and schema.
    fn describe(doc: &mut OperationDoc);
}

macro_rules! endpoint {
    ($($argument:ident)+) => {
        impl<F, Fut, S, M, $($argument,)+> Endpoint<(M, $($argument,)+), S> for F
        where
            F: Handler<(M, $($argument,)+), S> + FnOnce($($argument,)+) -> Fut,
            Fut: Future<Output: DescribeAnswer>,
            $($argument: DescribeArgument,)+
        {
            fn describe(doc: &mut OperationDoc) {
                $($argument::describe(doc);)+
                <Fut::Output as DescribeAnswer>::describe(doc);
            }
        }
    };
}
endpoint!(A);
endpoint!(A B);
endpoint!(A B C);
endpoint!(A B C D);
endpoint!(A B C D E);
endpoint!(A B C D E G);
endpoint!(A B C D E G H);

impl<F, Fut, S> Endpoint<((),), S> for F
where
    F: Handler<((),), S> + FnOnce() -> Fut,
    Fut: Future<Output: DescribeAnswer>,
{
    fn describe(doc: &mut OperationDoc) {
        <Fut::Output as DescribeAnswer>::describe(doc);
    }
}

impl<S> DescribeArgument for State<S> {}
impl<T> DescribeArgument for Extension<T> {}
impl DescribeArgument for Caller {}
impl DescribeArgument for RequestContext {}
// The headers of these two stand on every query.
impl DescribeArgument for Freshness {}
impl DescribeArgument for IfNoneMatch {}

impl<T: HasTextForms> DescribeArgument for ValidPath<T> {
    fn describe(doc: &mut OperationDoc) {
        doc.path_parts = T::TEXT_FORMS.iter().map(text_schema).collect();
    }
}

impl<T: IntoParams> DescribeArgument for ValidQuery<T> {
    fn describe(doc: &mut OperationDoc) {
        doc.query::<T>();
    }
}

impl<T: ToSchema> DescribeArgument for ValidJson<T> {
    fn describe(doc: &mut OperationDoc) {
        doc.body::<T>();
    }
}

impl<T: ToSchema> DescribeArgument for CommandRequest<T> {
    fn describe(doc: &mut OperationDoc) {
        doc.body::<T>();
    }
}

impl<T: DescribeAnswer, E> DescribeAnswer for Result<T, E> {
    fn describe(doc: &mut OperationDoc) {
        T::describe(doc);
    }
}

impl<T: ToSchema> DescribeAnswer for Json<T> {
    fn describe(doc: &mut OperationDoc) {
        doc.answer::<T>(StatusCode::OK, "Done.");
    }
}

impl DescribeAnswer for Response {
    fn describe(doc: &mut OperationDoc) {
        doc.plain_answer(StatusCode::OK, "Done.");
    }
}

impl<T: ToSchema, const STATUS: u16> DescribeAnswer for CommandAnswer<T, STATUS> {
    fn describe(doc: &mut OperationDoc) {
        let mut schema = doc.schema::<T>();
        if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
            properties.insert("token".into(), token_schema());
        }
        if let Some(object) = schema.as_object_mut()
            && let Some(required) = object.entry("required").or_insert_with(|| json!([])).as_array_mut()
        {
            required.push("token".into());
        }
        let description = if STATUS == 201 { "Created." } else { "Done, or already in effect." };
        doc.answers.push((STATUS, description, Some(schema)));
    }
}

impl<T: ToSchema> DescribeAnswer for CreatedOrKnown<T> {
    fn describe(doc: &mut OperationDoc) {
        <CommandAnswer<T, 201> as DescribeAnswer>::describe(doc);
        <CommandAnswer<T, 200> as DescribeAnswer>::describe(doc);
    }
}

fn token_schema() -> Value {
    json!({
        "type": "string",
        "description": "Send it as `Aero-Min-Position` to a query that must see this command's effect.",
        "example": "1.4711",
    })
}

fn text_schema(form: &TextForm) -> Value {
    let mut schema = json!({"type": "string"});
    for (key, value) in [("format", form.format), ("pattern", form.pattern), ("description", form.meaning)] {
        if let Some(value) = value {
            schema[key] = value.into();
        }
    }
    schema
}
