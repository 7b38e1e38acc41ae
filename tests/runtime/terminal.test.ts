import assert from "node:assert/strict"
import process from "node:process"
import { afterEach, mock, test } from "node:test"
import { createGateway } from "../../mod.ts"
import { layerTerminal, terminalFormat } from "../../lib/runtime/terminal.ts"

const { stdout, env } = process
const before = { isTTY: stdout.isTTY, columns: stdout.columns, NO_COLOR: env["NO_COLOR"], TERM: env["TERM"] }

const terminal = (
  isTTY: boolean,
  columns: number,
  variables: Partial<Record<"NO_COLOR" | "TERM", string | undefined>> = {},
) => {
  Object.assign(stdout, { isTTY, columns })
  for (const name of ["NO_COLOR", "TERM"] as const) {
    const value = variables[name]
    if (value === undefined) delete env[name]
    else env[name] = value
  }
}
afterEach(() => {
  const { isTTY, columns, ...variables } = before
  terminal(isTTY, columns, variables)
  mock.restoreAll()
})

test("terminalFormat() detects a terminal, its width, and whether color is unwanted", () => {
  terminal(false, 100)
  assert.equal(terminalFormat(), undefined)
  terminal(true, 132)
  assert.deepEqual(terminalFormat(), { width: 132, color: true, dated: false })
  terminal(true, 0, { NO_COLOR: "" })
  assert.deepEqual(terminalFormat(), { width: 80, color: true, dated: false })
  for (const variables of [{ NO_COLOR: "1" }, { TERM: "dumb" }]) {
    terminal(true, 100, variables)
    assert.equal(terminalFormat()?.color, false)
  }
})

/** What a server logs of requests for no route. */
const logged = async (layer?: typeof layerTerminal, requests = 1): Promise<string> => {
  const log = mock.method(console, "log", () => {})
  const gateway = createGateway({ env: {}, ...(layer && { layer }) })
  for (let request = 0; request < requests; request++) {
    await gateway.fetch(new Request("https://gateway.example/nowhere"))
  }
  await gateway.dispose()
  return log.mock.calls.map((call) => String(call.arguments.at(0))).join("\n")
}

test("a server on a terminal logs readable lines; in a pipe, or inside another app, lines of JSON", async () => {
  terminal(true, 120, { NO_COLOR: "1" })
  const [header, ...lines] = (await logged(layerTerminal, 2)).split("\n")
  assert.match(header ?? "", /^time +gateway +model +tokens/)
  assert.equal(lines.length, 2)
  for (const line of lines) {
    assert.match(line, /^\d\d:\d\d:\d\d - +GET \/nowhere +404 .* complete, not_found$/)
  }
  mock.restoreAll()
  assert.equal(JSON.parse(await logged()).path, "/nowhere")
  mock.restoreAll()
  terminal(false, 100)
  assert.equal(JSON.parse(await logged(layerTerminal)).level, "warn")
})
