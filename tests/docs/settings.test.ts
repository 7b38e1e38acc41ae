/** Settings and variables: the pages list every one of them and none beside, with true defaults. */
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Result from "effect/Result"
import type { AST } from "effect/SchemaAST"
import { configSchema, type JsonSchema } from "../../lib/commands/config-schema.ts"
import { readSettings } from "../../lib/config/environment.ts"
import type { SettingsShape } from "../../lib/config/settings-shape.ts"
import { blocks } from "./markdown.ts"
import { listedIn, pages, textOf } from "./pages.ts"
import { type Listed, settings, variables } from "./setting-blocks.ts"

const page = "lib/config/README.md"
const sorted = (names: Iterable<string>): ReadonlyArray<string> => [...names].sort()

const secrets = {
  BASETEN_API_KEY: "a",
  TEAM_KEY: "b",
  SPARE_KEY: "c",
  TOKEN_OF_ANN: "d",
  TOKEN_OF_BOB: "e",
  TOKEN_OF_SEARCH: "f",
}
const read = (environment: Readonly<Record<string, string>>): SettingsShape => {
  const result = readSettings(environment)
  assert.ok(Result.isSuccess(result), Result.isFailure(result) ? result.failure : "")
  return result.success
}

/** The settings that stand on pages, as JSON text. */
const examples = [
  ...pages.flatMap((name) => blocks(textOf(name), "json").map(({ text }) => text))
    .filter((text) => text.includes('"gateways"')),
  ...pages.flatMap((name) =>
    [...textOf(name).matchAll(/BASEGATE_CONFIG='([^']+)'/g)].map(([, text = ""]) => text)
  ),
]

test("the pages' settings decode", () => {
  assert.ok(examples.length > 5)
  for (const config of examples) read({ ...secrets, BASEGATE_CONFIG: config })
})

test("the page lists every setting once, and none that is not", () => {
  assert.deepEqual(sorted(listedIn(textOf(page), "settings")), sorted(Object.keys(settings.fields)))
})

test("the page lists every variable once, and none that is not", () => {
  const listed = listedIn(textOf(page), "variables")
  assert.deepEqual(sorted(listed), sorted(Object.keys(variables.fields)))
  for (const name of listed) {
    const result = readSettings({ [name]: "\u0000 not valid" })
    assert.ok(Result.isFailure(result) && result.failure.startsWith(name), name)
  }
})

/** The keys within a value that an operator chooses none of. */
const keysOf = (ast: AST): ReadonlyArray<string> => {
  switch (ast._tag) {
    case "Arrays":
      return ast.rest.flatMap(keysOf)
    case "Union":
      return ast.types.flatMap(keysOf)
    case "Objects":
      return [
        // What is a setting of its own is described there.
        ...ast.propertySignatures.flatMap(({ name, type }) =>
          Object.hasOwn(settings.fields, name) ? [String(name)] : [String(name), ...keysOf(type)]
        ),
        ...ast.indexSignatures.flatMap(({ type }) => keysOf(type)),
      ]
    default:
      return []
  }
}

test("a setting's text names every key within it", () => {
  for (const [name, { ast }] of Object.entries(settings.fields)) {
    // The elements of routes have a page of their own.
    const text = name === "routes"
      ? textOf("lib/dynamic-route/README.md")
      : settings.comments.find(({ names }) => names.includes(name))?.text ?? ""
    for (const key of keysOf(ast)) assert.match(text, new RegExp(`\\b${key}\\b`), `${name}: ${key}`)
  }
})

/** Defaults that are one value, by name. */
const defaultsOf = ({ comments }: Listed): ReadonlyArray<readonly [string, string]> =>
  comments.flatMap(({ names, default: given }) => {
    const [, value] = /^`([^`]+)`$/.exec(given) ?? []
    return value === undefined ? [] : names.map((name) => [name, value] as const)
  })

test("a setting with its default is the same as without it", () => {
  const gatewayOf = (entry: object) =>
    read({ BASEGATE_CONFIG: JSON.stringify({ gateways: { "*": entry } }) }).gateway("a", "g")
  const defaults = defaultsOf(settings)
  assert.ok(defaults.length > 20)
  for (const [name, value] of defaults) {
    // A technique without a limit is an error.
    const beside = name === "rate_limiting_technique"
      ? { rate_limiting_limit: 1, rate_limiting_interval: 1 }
      : {}
    assert.deepEqual(gatewayOf({ ...beside, [name]: JSON.parse(value) }), gatewayOf(beside), name)
  }
})

test("a variable with its default is the same as without it", () => {
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318" }
  // The sampler's argument counts only beside a ratio.
  const ratio = { ...endpoint, OTEL_TRACES_SAMPLER: "traceidratio" }
  const plain = (environment: Readonly<Record<string, string>>) => {
    const functions = { gateway: undefined, gatewaysOf: undefined, entries: undefined, state: undefined }
    return { ...read(environment), ...functions, secrets: undefined }
  }
  const defaults = defaultsOf(variables)
  assert.ok(defaults.length > 15)
  for (const [name, value] of defaults) {
    const beside = name === "OTEL_TRACES_SAMPLER_ARG" ? ratio : endpoint
    assert.deepEqual(plain({ ...beside, [name]: value }), plain(beside), name)
  }
})

test("every setting and variable says what it is by default", () => {
  for (const { names, text, default: given } of [...settings.comments, ...variables.comments]) {
    assert.ok(text !== "" && given !== "", names.join())
  }
})

/** As much of JSON Schema as `configSchema` uses. */
const isValid = (schema: JsonSchema, value: unknown): boolean => {
  if (Array.isArray(schema["anyOf"])) return schema["anyOf"].some((one: JsonSchema) => isValid(one, value))
  if (Array.isArray(schema["enum"])) return schema["enum"].includes(value)
  switch (schema["type"]) {
    case undefined:
      return true
    case "null":
      return value === null
    case "integer":
    case "number":
      return typeof value === "number" && (schema["type"] === "number" || Number.isInteger(value)) &&
        value >= Number(schema["minimum"] ?? -Infinity) && value <= Number(schema["maximum"] ?? Infinity)
    case "array":
      return Array.isArray(value) && value.length >= Number(schema["minItems"] ?? 0) &&
        value.every((item) => isValid(schema["items"] as JsonSchema, item))
    case "object": {
      if (typeof value !== "object" || value === null || Array.isArray(value)) return false
      const properties = (schema["properties"] ?? {}) as Record<string, JsonSchema>
      const required = (schema["required"] ?? []) as ReadonlyArray<string>
      const others = schema["additionalProperties"] as JsonSchema | false
      const oneOf = schema["oneOf"] as ReadonlyArray<{ readonly required: [string] }> | undefined
      return required.every((name) => name in value) &&
        (oneOf === undefined || oneOf.filter(({ required: [name] }) => name in value).length === 1) &&
        Object.entries(value).every(([name, item]) => {
          const property = properties[name] ?? others
          return property !== false && isValid(property, item)
        })
    }
    default:
      return schema["type"] === "string" ? typeof value === "string" : typeof value === "boolean"
  }
}

test("the JSON Schema takes the pages' settings, and refuses what the gateway does", () => {
  const schema = configSchema()
  for (const config of examples) assert.ok(isValid(schema, JSON.parse(config)), config)
  const wrong: ReadonlyArray<object> = [
    { cache_tll: 1 },
    { cache_ttl: -1 },
    { cache_ttl: 1.5 },
    { auth_scheme: "basic" },
    { tokens: [] },
    { rate_limits: [{ limit: 1 }] },
    { rate_limits: [{ limit: 1, interval: 60, window: "day" }] },
    { rate_limits: [{ limit: 1, window: "year" }] },
    { prices: { "a/b": { input: 1 } } },
    { custom_providers: { spare: {} } },
    { circuit_breaker: { failure_rate: 2 } },
  ]
  for (const entry of wrong) {
    const config = { gateways: { "*": entry } }
    assert.ok(
      Result.isFailure(readSettings({ BASEGATE_CONFIG: JSON.stringify(config) })),
      JSON.stringify(entry),
    )
    assert.ok(!isValid(schema, config), JSON.stringify(entry))
  }
  const { gateways } = schema["properties"] as Record<string, { additionalProperties: JsonSchema }>
  const described = Object.values(gateways?.additionalProperties["properties"] as Record<string, JsonSchema>)
  assert.ok(
    described.every(({ description }) => typeof description === "string" && !description.includes("](")),
  )
})
