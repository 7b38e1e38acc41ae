/** The shape of the code, held by a test. */
import assert from "node:assert/strict"
import { readdirSync, readFileSync } from "node:fs"
import { test } from "node:test"
import { product } from "../lib/version.ts"

const files = readdirSync("lib", { recursive: true, encoding: "utf8" }).filter((name) => /\.tsx?$/.test(name))
const textOf = (name: string) => readFileSync(`lib/${name}`, "utf8")

/** From the edge inwards: a file may import from its own rank and from later ones. */
const order: ReadonlyArray<RegExp> = [
  /^console\//,
  /^commands\//,
  /^runtime\//,
  /^gateway\.ts/,
  /^lifecycle\//,
  /^layers\.ts/,
  /^pipeline\.ts/,
  /^(plan|health)\//,
  /^call\//,
  /^admin\//,
  /^exchange\.ts/,
  /^alert\//,
  /^(auth|body|cache|coalesce|limit|relay|route)\//,
  /^telemetry\//,
  /^settings-store\//,
  /^request-log\//,
  /^answer\//,
  /^record\//,
  /^(pricing\/(Prices|fetch-prices)\.ts|upstream\/)/,
  /^config\//,
  /^(pricing|dynamic-route)\//,
  /^usage\//,
  /^guardrail\//,
  /^dlp\//,
  /^(sse|websocket)\//,
  /^(headers|errors|schema)\//,
  /^(redaction|json|bytes|postgres|sqlite|store|time)\//,
  /^(errors|version)\.ts/,
]
const rank = (name: string) => order.findIndex((pattern) => pattern.test(name))
/** Rooms of one rank that know nothing of each other. */
const stage = (name: string) => /^(auth|body|cache|coalesce|limit|relay|route)\//.exec(name)?.[1]

/** What is imported or exported for its types alone leaves nothing in the code. */
const isCode = (text: string): string => text.replaceAll(/^(?:import|export) type [^;"]*from "[^"]+"$/gm, "")

const importsOf = (name: string, part = (text: string) => text) =>
  [...part(textOf(name)).matchAll(/(?:from |import\()"(\.[^"]+)"/g)].map(([, path]) =>
    new URL(path ?? "", `file:///lib/${name}`).pathname.slice("/lib/".length)
  )

test("imports point one way, from the edge to the core", () => {
  for (const name of files) {
    assert.notEqual(rank(name), -1, `${name} has no rank`)
    for (const target of importsOf(name)) assert.ok(rank(target) >= rank(name), `${name} imports ${target}`)
  }
})

test("the console is a client: it shares types alone with the gateway, and the gateway nothing with it", () => {
  for (const name of files) {
    for (const target of importsOf(name, isCode)) {
      assert.equal(target.startsWith("console/"), name.startsWith("console/"), `${name} imports ${target}`)
    }
  }
})

test("no stage imports another", () => {
  for (const name of files.filter((file) => stage(file) !== undefined)) {
    for (const target of importsOf(name)) {
      assert.ok(stage(target) === undefined || stage(target) === stage(name), `${name} imports ${target}`)
    }
  }
})

test("only lib/runtime and lib/commands name a runtime", () => {
  for (const name of files.filter((file) => !/^(runtime|commands)\//.test(file))) {
    const code = textOf(name).replaceAll(/\/\*[^]*?\*\/|\/\/.*/g, "")
    assert.doesNotMatch(code, /\b(Deno|Bun|process)\.\w|from "(node|cloudflare|bun):/, name)
  }
})

test("Effect is imported by module path, and an Effect is run in gateway.ts alone", () => {
  for (const name of files) {
    assert.doesNotMatch(textOf(name), /from "effect(\/(http|observability|persistence|schema))?"/, name)
    if (name !== "gateway.ts") {
      assert.doesNotMatch(textOf(name), /\brun(Promise|PromiseExit|Sync|Fork)\(/, name)
    }
  }
})

/** Engines of one kind have parts of the same names. */
const sister = (name: string) => name.replace(/(?<=^|\/)(?:sqlite|postgres)\//, "*/")

test("no two files export the same name", () => {
  const known = new Map<string, string>()
  // What this one exports is within the text that it writes.
  for (const name of files.filter((file) => file !== "commands/write-settings-types.ts")) {
    const names = textOf(name).matchAll(
      /^export (?:async )?(?:const|function\*?|class|interface|type) (\w+)/gm,
    )
    for (const [, exported = ""] of names) {
      const other = known.get(exported) ?? name
      assert.equal(sister(other), sister(name), `${other} and ${name} both export ${exported}`)
      known.set(exported, name)
    }
  }
})

test("versions agree", () => {
  const json = (name: string) =>
    JSON.parse(readFileSync(name, "utf8")) as Record<string, Record<string, string>>
  assert.equal(json("package.json")["version"], product.version)
  assert.equal(json("deno.json")["version"], product.version)
  const effect = json("package.json")["dependencies"]?.["effect"]
  assert.equal(json("deno.json")["imports"]?.["effect/"], `npm:/effect@${effect}/`)
})
