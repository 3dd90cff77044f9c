// Shows /openapi.json. Everything from the document is put in as text, never as markup.
"use strict";

const METHODS = ["get", "post", "put", "patch", "delete"];
let spec;

// An element with attributes and children; a string child becomes text.
function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null && value !== false) node.setAttribute(key, value);
  }
  node.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== ""));
  return node;
}

// The few parts of Markdown that our descriptions use: paragraphs and `code`.
function prose(text, className) {
  return (text || "").split(/\n{2,}/).filter(Boolean).map((paragraph) =>
    el("p", { class: className }, inline(paragraph)));
}

function inline(text) {
  return (text || "").split(/(`[^`]+`)/).map((part) =>
    part.length > 2 && part.startsWith("`") ? el("code", {}, part.slice(1, -1)) : part);
}

function resolve(part) {
  const seen = new Set();
  while (part && part.$ref && !seen.has(part.$ref)) {
    seen.add(part.$ref);
    const keys = part.$ref.replace(/^#\//, "").split("/").map((key) => key.replace(/~1/g, "/").replace(/~0/g, "~"));
    const { $ref, ...beside } = part;
    const target = keys.reduce((node, key) => node && node[key], spec) || {};
    part = { title: keys.at(-1), ...target, ...beside };
  }
  return part || {};
}

// The schema with what it is made of folded in, and whether null is allowed.
function flat(schema) {
  schema = resolve(schema);
  for (const word of ["oneOf", "anyOf"]) {
    const options = schema[word];
    const real = options && options.filter((option) => option.type !== "null");
    if (real && real.length === 1) {
      return { ...flat(real[0]), ...(schema.description && { description: schema.description }), nullable: true };
    }
  }
  if (schema.allOf) {
    const parts = schema.allOf.map(flat);
    return {
      ...schema, ...Object.assign({}, ...parts),
      properties: Object.assign({}, ...parts.map((part) => part.properties || {})),
      required: parts.flatMap((part) => part.required || []),
    };
  }
  return schema;
}

function typeOf(schema) {
  schema = flat(schema);
  const types = [].concat(schema.type || []);
  const nullable = schema.nullable || types.includes("null");
  let name = types.filter((type) => type !== "null").join(" | ");
  if (schema.enum) name = schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  else if (schema.const !== undefined) name = JSON.stringify(schema.const);
  else if (name === "array") name = `${typeOf(schema.items || {})}[]`;
  else if (schema.oneOf || schema.anyOf) name = (schema.oneOf || schema.anyOf).map(typeOf).join(" | ");
  else if (name === "object" && schema.title) name = schema.title;
  else if (schema.format && !/^u?int|^double|^float/.test(schema.format)) name = schema.format;
  return (name || "any") + (nullable ? " | null" : "");
}

function limitsOf(schema) {
  schema = flat(schema);
  const words = [
    ["minimum", "≥"], ["exclusiveMinimum", ">"], ["maximum", "≤"], ["exclusiveMaximum", "<"],
    ["minLength", "characters ≥"], ["maxLength", "characters ≤"], ["minItems", "items ≥"], ["maxItems", "items ≤"],
    ["pattern", "pattern"], ["default", "default"],
  ];
  return words.filter(([key]) => schema[key] !== undefined && schema[key] !== null)
    .map(([key, word]) => `${word} ${typeof schema[key] === "object" ? JSON.stringify(schema[key]) : schema[key]}`)
    .join(" · ");
}

function row(name, schema, required, description, depth) {
  const limits = limitsOf(schema);
  return el("tr", {},
    el("td", { class: `name depth-${Math.min(depth, 4)}` }, name),
    el("td", {},
      el("span", { class: "type" }, typeOf(schema)),
      required ? el("span", { class: "required" }, "required") : "",
      limits ? el("div", { class: "limits" }, limits) : "",
      description ? el("div", {}, inline(description)) : ""));
}

// The object behind arrays of it, whose fields are worth showing.
function shown(schema) {
  schema = flat(schema);
  return schema.type === "array" ? shown(schema.items || {}) : schema;
}

function rows(schema, depth = 0, above = []) {
  const object = shown(schema);
  if (depth > 4 || above.includes(object.title)) return [];
  const path = object.title ? [...above, object.title] : above;
  const options = (object.oneOf || object.anyOf || []).map(shown).filter((option) => option.properties);
  const own = Object.entries(object.properties || {});
  const required = object.required || [];
  own.sort(([a], [b]) => required.includes(b) - required.includes(a));
  const fields = own.flatMap(([name, field]) => [
    row(name, field, required.includes(name), flat(field).description, depth),
    ...rows(field, depth + 1, path),
  ]);
  return [...fields, ...options.flatMap((option, at) => [
    el("tr", {}, el("td", { class: `name depth-${depth}` }, at ? "or" : "either"), el("td", { class: "soft" }, option.title || "")),
    ...rows(option, depth + 1, path),
  ])];
}

function schemaTable(schema) {
  const fields = rows(schema);
  const top = flat(schema);
  if (!fields.length) return el("p", {}, el("span", { class: "type" }, typeOf(schema)), " ", top.description || "");
  const lead = top.type === "array" ? el("p", { class: "soft" }, "An array of:") : "";
  return el("div", {}, lead, el("table", {}, fields));
}

// A value that fits the schema, for the example.
function sample(schema, depth = 0) {
  schema = flat(schema);
  if (schema.example !== undefined) return schema.example;
  if (schema.examples && schema.examples.length) return schema.examples[0];
  if (schema.default !== undefined && schema.default !== null) return schema.default;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  const option = (schema.oneOf || schema.anyOf || [])[0];
  if (option && depth < 6) return sample(option, depth + 1);
  const type = [].concat(schema.type || []).find((word) => word !== "null");
  if (type === "array") return depth < 6 && schema.items ? [sample(schema.items, depth + 1)] : [];
  if (type === "object" || schema.properties) {
    if (depth > 5) return {};
    return Object.fromEntries(Object.entries(schema.properties || {})
      .filter(([name]) => (schema.required || []).includes(name))
      .map(([name, field]) => [name, sample(field, depth + 1)]));
  }
  if (type === "integer" || type === "number") return Math.max(schema.minimum ?? 1, Math.min(1, schema.maximum ?? 1));
  if (type === "boolean") return true;
  const formats = {
    uuid: "0198c0de-0000-7000-8000-000000000001", date: "2015-06-01", "date-time": "2026-11-21T14:30:00Z",
    email: "sam@example.org",
  };
  return formats[schema.format] || "text";
}

function quoted(text) {
  return `'${String(text).replace(/'/g, "'\\''")}'`;
}

function curl(method, path, operation, parameters) {
  const filled = path.replace(/\{(\w+)\}/g, (_, name) => {
    const parameter = parameters.find((known) => known.in === "path" && known.name === name);
    return encodeURIComponent(parameter && parameter.schema.format ? sample(parameter.schema) : name.toUpperCase());
  });
  const query = parameters.filter((known) => known.in === "query" && known.required)
    .map((known) => `${known.name}=${encodeURIComponent(sample(known.schema))}`).join("&");
  const lines = [`curl ${method === "get" ? "" : `-X ${method.toUpperCase()} `}${quoted(location.origin + filled + (query && `?${query}`))}`];
  if (!operation.security || operation.security.length) lines.push(`-H "X-API-Key: $AERO_KEY"`);
  if (parameters.some((known) => known.name === "Idempotency-Key")) lines.push(`-H "Idempotency-Key: $(uuidgen)"`);
  const body = operation.requestBody && operation.requestBody.content["application/json"];
  if (body) {
    lines.push(`-H 'Content-Type: application/json'`);
    lines.push(`-d ${quoted(JSON.stringify(sample(body.schema), null, 2))}`);
  }
  return lines.join(" \\\n  ");
}

function example(text) {
  const copy = el("button", { class: "copy", type: "button" }, "Copy");
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      copy.textContent = "Copied";
    } catch {
      copy.textContent = "Select and copy";
    }
    setTimeout(() => { copy.textContent = "Copy"; }, 1500);
  });
  return el("div", { class: "example" }, copy, el("pre", {}, text));
}

function responses(operation) {
  const entries = Object.entries(operation.responses || {}).map(([status, part]) => [status, resolve(part)]);
  const good = entries.filter(([status]) => status < "4");
  const bad = entries.filter(([status]) => status >= "4");
  const blocks = good.flatMap(([status, response]) => {
    const content = response.content && Object.values(response.content)[0];
    return [
      el("p", {}, el("span", { class: "status good" }, status), " ", inline(response.description)),
      content && content.schema ? schemaTable(content.schema) : "",
    ];
  });
  const table = el("table", {}, bad.map(([status, response]) => el("tr", {},
    el("td", { class: "name" }, el("span", { class: "status bad" }, status)),
    el("td", {}, inline(response.description)))));
  return [el("h3", {}, "Answers"), ...blocks, bad.length ? el("h3", {}, "Refusals (application/problem+json)") : "", bad.length ? table : ""];
}

function badges(operation) {
  const scopes = { location: "at the location in the path", global: "every location", public: "no key needed" };
  return el("div", { class: "badges" },
    operation["x-permission"] ? el("span", { class: "badge permission", title: "permission" }, operation["x-permission"]) : "",
    el("span", { class: "badge" }, scopes[operation["x-scope"]] || ""),
    (operation["x-key-kinds"] || []).map((kind) => el("span", { class: "badge", title: "keys of this kind may" }, kind)));
}

function fill(node, method, path, operation) {
  const parameters = (operation.parameters || []).map(resolve);
  const body = operation.requestBody && operation.requestBody.content["application/json"];
  node.append(badges(operation), ...prose(operation.description));
  for (const [place, title] of [["path", "Path"], ["query", "Query"], ["header", "Headers"]]) {
    const here = parameters.filter((parameter) => parameter.in === place);
    if (here.length) {
      node.append(el("h3", {}, title), el("table", {}, here.map((parameter) =>
        row(parameter.name, parameter.schema || {}, parameter.required, parameter.description, 0))));
    }
  }
  if (body) node.append(el("h3", {}, operation.requestBody.required ? "Body" : "Body (may be empty)"), schemaTable(body.schema));
  node.append(...responses(operation).filter(Boolean), el("h3", {}, "Example"), example(curl(method, path, operation, parameters)));
}

function pathNode(path) {
  return el("span", { class: "path" }, path.split(/(\{\w+\})/).map((part) =>
    part.startsWith("{") ? el("span", { class: "variable" }, part) : part));
}

function operationNode(method, path, operation) {
  const inside = el("div", { class: "inside" });
  const node = el("details", { class: "operation", id: operation.operationId },
    el("summary", {}, el("span", { class: `method ${method}` }, method.toUpperCase()), pathNode(path),
      el("span", { class: "summary" }, operation.summary)), inside);
  // Filled when first opened: a long document stays quick.
  node.addEventListener("toggle", () => {
    if (node.open && !inside.hasChildNodes()) fill(inside, method, path, operation);
    if (node.open) history.replaceState(null, "", `#${operation.operationId}`);
  });
  return node;
}

function openFromHash() {
  const node = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (node) {
    node.open = true;
    node.scrollIntoView({ block: "start" });
  }
}

function render() {
  document.title = spec.info.title;
  document.getElementById("title").textContent = spec.info.title;
  document.getElementById("version").textContent = `version ${spec.info.version}`;
  const menu = document.getElementById("menu");
  const main = document.getElementById("main");
  main.replaceChildren(...prose(spec.info.description));
  const operations = Object.entries(spec.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => ({ method, path, operation: item[method] })));
  const known = spec.tags.map((tag) => tag.name);
  const others = [...new Set(operations.flatMap(({ operation }) => operation.tags))].filter((tag) => !known.includes(tag));
  const found = [];
  for (const tag of [...spec.tags, ...others.map((name) => ({ name }))]) {
    const own = operations.filter(({ operation }) => operation.tags.includes(tag.name));
    if (!own.length) continue;
    const group = el("section", { class: "group" }, el("h2", {}, tag.name), el("p", {}, inline(tag.description)));
    const links = el("div", {}, el("h2", {}, tag.name));
    for (const { method, path, operation } of own) {
      const node = operationNode(method, path, operation);
      const link = el("a", { href: `#${operation.operationId}` },
        el("span", { class: `method ${method}` }, method.toUpperCase()), el("span", {}, operation.summary));
      const text = [method, path, operation.summary, operation.description, operation["x-permission"], tag.name,
        ...(operation["x-key-kinds"] || [])].join(" ").toLowerCase();
      found.push({ node, link, text });
      link.addEventListener("click", () => { node.open = true; });
      group.append(node);
      links.append(link);
    }
    main.append(group);
    menu.append(links);
  }
  const search = document.getElementById("search");
  search.addEventListener("input", () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const { node, link, text } of found) {
      node.hidden = link.hidden = !words.every((word) => text.includes(word));
    }
    for (const group of [...menu.children, ...main.querySelectorAll(".group")]) {
      group.hidden = ![...group.querySelectorAll("a, details")].some((node) => !node.hidden);
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== search) {
      event.preventDefault();
      search.focus();
    }
  });
  window.addEventListener("hashchange", openFromHash);
  openFromHash();
}

async function start() {
  try {
    const answer = await fetch("/openapi.json");
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    spec = await answer.json();
    render();
  } catch (error) {
    const state = el("p", { id: "state", class: "failed" }, `The document could not be shown: ${error.message}`);
    document.getElementById("main").replaceChildren(state);
  }
}

start();
