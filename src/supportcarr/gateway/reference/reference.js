// Draws the OpenAPI document as a page.  Everything comes from our own server; nothing is fetched
// from elsewhere, so that it works without internet.

const METHODS = ["get", "post", "put", "patch", "delete"];

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function resolve(api, node) {
  if (!node || !node.$ref) return node;
  return node.$ref
    .replace("#/", "")
    .split("/")
    .reduce((at, key) => at[key], api);
}

// A schema as the shape a person would write down; a name that was opened already is not opened again.
function shape(api, schema, seen = []) {
  if (!schema) return "anything";
  if (schema.$ref) {
    const name = schema.$ref.split("/").pop();
    return seen.includes(name) ? name : shape(api, resolve(api, schema), [...seen, name]);
  }
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) {
    const shapes = choices.map((choice) => shape(api, choice, seen));
    return shapes.every((one) => typeof one === "string") ? shapes.join(" | ") : { "one of": shapes };
  }
  if (schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(" | ");
  if (schema.type === "array") return [shape(api, schema.items ?? schema.prefixItems?.[0], seen)];
  if (schema.properties) {
    const required = schema.required ?? [];
    return Object.fromEntries(
      Object.entries(schema.properties).map(([name, property]) => [
        required.includes(name) ? name : `${name}?`,
        shape(api, property, seen),
      ]),
    );
  }
  return [schema.type ?? "anything", schema.format].filter(Boolean).join(", ");
}

function pretty(api, content) {
  return Object.entries(content ?? {}).map(([media, { schema }]) =>
    element("div", {}, element("p", { class: "quiet" }, media), element("pre", {}, JSON.stringify(shape(api, schema), null, 2))),
  );
}

function parameters(api, operation) {
  const rows = (operation.parameters ?? []).map((given) => {
    const one = resolve(api, given);
    return element(
      "tr",
      {},
      element("td", {}, element("code", {}, one.name)),
      element("td", {}, one.in),
      element("td", {}, String(shape(api, one.schema))),
      element("td", {}, (one.required ? "required. " : "") + (one.description ?? "")),
    );
  });
  return rows.length ? [element("h4", {}, "Parameters"), element("table", {}, ...rows)] : [];
}

function drawn(api, path, method, operation) {
  const body = operation.requestBody ? [element("h4", {}, "Body"), ...pretty(api, operation.requestBody.content)] : [];
  const answers = Object.entries(operation.responses).flatMap(([status, given]) => {
    const answer = resolve(api, given);
    const done = status < "300";
    return [
      element("p", {}, element("code", {}, status), ` ${answer.description}`),
      ...(done ? pretty(api, answer.content) : []),
    ];
  });
  const open = operation.security?.length === 0 ? " (no token needed)" : "";
  return element(
    "details",
    { id: operation.operationId },
    element(
      "summary",
      {},
      element("span", { class: "method" }, method.toUpperCase()),
      element("code", {}, path),
      element("span", { class: "quiet" }, ` ${operation.summary}${open}`),
    ),
    element(
      "div",
      { class: "inside" },
      ...(operation.description ? [element("p", {}, operation.description)] : []),
      ...parameters(api, operation),
      ...body,
      element("h4", {}, "Answers"),
      ...answers,
    ),
  );
}

function draw(api, words) {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const groups = new Map(api.tags.map(({ name }) => [name, []]));
  for (const [path, item] of Object.entries(api.paths)) {
    for (const method of METHODS.filter((one) => item[one])) {
      const operation = item[method];
      const text = `${method} ${path} ${operation.summary}`.toLowerCase();
      if (wanted.every((word) => text.includes(word))) {
        groups.get(operation.tags[0]).push(drawn(api, path, method, operation));
      }
    }
  }
  const shown = [...groups].filter(([, operations]) => operations.length);
  document.querySelector("#operations").replaceChildren(
    ...shown.flatMap(([tag, operations]) => [element("h2", { id: `tag-${tag}` }, tag), ...operations]),
    ...(shown.length ? [] : [element("p", {}, "Nothing has those words.")]),
  );
  document
    .querySelector("#tags")
    .replaceChildren(...shown.map(([tag]) => element("a", { href: `#tag-${tag}` }, tag)));
}

const answer = await fetch("/openapi.json");
const api = await answer.json();
document.querySelector("#about").textContent = `${api.info.version} · ${api.info.description}`;
const find = document.querySelector("#find");
find.addEventListener("input", () => draw(api, find.value));
draw(api, "");
