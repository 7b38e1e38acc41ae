import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { Misuse } from "../../lib/commands/command.ts"
import { logsOptions } from "../../lib/commands/logs-options.ts"

const now = Date.UTC(2026, 10, 25, 12)
/** The options, or what is wrong with them. */
const read = (...args: ReadonlyArray<string>) => {
  try {
    return logsOptions(args, now)
  } catch (cause) {
    assert.ok(cause instanceof Misuse, String(cause))
    return cause.message
  }
}
const filtersOf = (...args: ReadonlyArray<string>) => {
  const options = read(...args)
  return typeof options === "string" ? options : options?.filters
}
const createdAfter = (time: string) => [{ key: "created_at", operator: "gt", value: [time] }]

test("logsOptions(): the last twenty of all gateways by default", () => {
  assert.deepEqual(read(), {
    filters: [],
    scope: undefined,
    last: 20,
    id: undefined,
    json: false,
  })
})

test("logsOptions() makes conditions of the log's own", () => {
  assert.deepEqual(read("--gateway", "acme/team", "--last=5", "--json"), {
    filters: [],
    scope: { account: "acme", gateway: "team" },
    last: 5,
    id: undefined,
    json: true,
  })
  assert.deepEqual(filtersOf("--model", "gpt-oss", "--failed"), [
    { key: "model", operator: "contains", value: ["gpt-oss"] },
    { key: "success", operator: "eq", value: [false] },
  ])
})

test("logsOptions() takes an age, or a date of the clock on the wall", () => {
  assert.deepEqual(filtersOf("--since", "1h"), createdAfter("2026-11-25T10:59:59.999Z"))
  assert.deepEqual(filtersOf("--since", "7d"), createdAfter("2026-11-18T11:59:59.999Z"))
  assert.deepEqual(filtersOf("--since", "999999999w"), createdAfter("1970-01-01T00:00:00.000Z"))
  assert.deepEqual(filtersOf("--since", "2026-11-25T10:00Z"), createdAfter("2026-11-25T09:59:59.999Z"))
  const midnight = new Date(new Date(2026, 10, 25).getTime() - 1).toISOString()
  assert.deepEqual(filtersOf("--since", "2026-11-25"), createdAfter(midnight))
  for (const time of ["tomorrow", "1", "1y", "2026-13-01", "2026-11-25T99:00", "-1h"]) {
    assert.match(String(read(`--since=${time}`)), /^--since takes an age such as/)
  }
})

test("logsOptions() says what is wrong, and what may have been meant", () => {
  const problems: ReadonlyArray<readonly [RegExp, ...Array<string>]> = [
    [/^there is no option --modle; perhaps --model was meant$/, "--modle", "x"],
    [/^there is no option --faild; perhaps --failed was meant$/, "--faild"],
    [/^there is no option -x. See --help./, "-x"],
    [/^there is no option --constructor. See/, "--constructor"],
    [/^--last needs a value/, "--last"],
    [/^--last needs a value/, "--last", "--failed"],
    [/^--model needs a value/, "--model="],
    [/^--failed takes no value$/, "--failed=1"],
    [/^--last was given twice$/, "--last=1", "--last=2"],
    [/^"20" is not an option's value/, "20"],
    [/^--gateway takes/, "--gateway", "acme"],
    ...["0", "-5", "10001", "ten", "1e3"].map((last) => [/^--last takes/, `--last=${last}`] as const),
  ]
  for (const [problem, ...args] of problems) assert.match(String(read(...args)), problem)
})

test("logsOptions() understands or explains whatever it is given", () => {
  const names = [
    "--last",
    "--since",
    "--gateway",
    "--model",
    "--failed",
    "--id",
    "--json",
    "--help",
    "--",
    "-h",
  ]
  const arg = fc.oneof(fc.constantFrom(...names), fc.string(), fc.string().map((text) => `--since=${text}`))
  fc.assert(fc.property(fc.array(arg), (args) => {
    assert.ok(["string", "object", "undefined"].includes(typeof read(...args)))
  }))
})
