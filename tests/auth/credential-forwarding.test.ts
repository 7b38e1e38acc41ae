/** No secret turns up where it does not belong, whatever callers send and operators set. */
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Layer from "effect/Layer"
import fc from "fast-check"
import { createGateway, Telemetry, Transport } from "../../mod.ts"
import {
  baseten,
  type Call,
  call,
  type Environment,
  environment,
  isSteps,
  mine,
  one,
  requestOf,
  secrets,
  stored,
  tokens,
  variablesOf,
} from "./any-gateway.ts"
import { notedStore } from "./spy-store.ts"

const held = (text: string, list: ReadonlyArray<string>) => list.filter((secret) => text.includes(secret))

interface Forwarded {
  readonly host: string
  readonly headers: ReadonlyArray<readonly [string, string]>
}

/** The places that a secret was seen in, so that the test can tell that it saw any. */
const seen = { stored: 0, mine: 0, header: 0, errors: 0, hits: 0, keys: 0, lines: 0 }

const run = async (environment: Environment, calls: ReadonlyArray<Call>, outcomes: ReadonlyArray<number>) => {
  const told: Array<string> = []
  const keys: Array<string> = []
  const lists: Array<string> = []
  let forwarded: Array<Forwarded> = []
  let sent = 0
  const transport = Layer.succeed(Transport, {
    decodes: new Set<string>(),
    send: ({ url, headers }) => {
      // The gateway's own call for the list of prices, which spends the operator's key and no other.
      if (!headers.has("x-basegate-hop")) {
        lists.push(`${url} ${held(JSON.stringify([...headers]), secrets)}`)
        return Promise.resolve(Response.json({ data: [] }))
      }
      forwarded.push({ host: new URL(url).origin, headers: [...headers] })
      const status = outcomes[sent++ % outcomes.length] ?? 200
      if (status === 0) {
        return Promise.reject(new Error(`no connection, with ${JSON.stringify([...headers])}`))
      }
      return Promise.resolve(Response.json({ status }, { status }))
    },
  })
  const store = notedStore(keys)
  const gateway = (sink: boolean) =>
    createGateway({
      env: variablesOf(environment),
      transport,
      store,
      ...(sink && { layer: Telemetry.layerSink((record) => told.push(JSON.stringify(record))) }),
    })
  const { log, error } = console
  console.log = console.error = (...line: ReadonlyArray<unknown>) => {
    seen.lines++
    told.push(line.map(String).join(" "))
  }
  const both = [gateway(true), gateway(false)]
  try {
    // Each call twice, so that answers come from the cache too.
    for (const [index, call] of calls.flatMap((call) => [call, call]).entries()) {
      forwarded = []
      const { fetch } = both[(index >> 1) % 2] ?? gateway(true)
      const response = await fetch(requestOf(call), { loopback: call.loopback })
      const answer = `${JSON.stringify([...response.headers])} ${await response.text()}`
      assert.deepEqual(held(answer, secrets), [], `in the answer: ${answer}`)
      if (response.status >= 400) seen.errors++
      if (response.headers.get("cf-aig-cache-status") === "HIT") seen.hits++
      for (const sent of forwarded) check(sent, environment, call)
      // An answer is kept once it has passed: a call that follows at once may come too early for a hit.
      await new Promise((resolve) => setImmediate(resolve))
    }
    await Promise.all(both.map((gateway) => gateway.idle()))
  } finally {
    Object.assign(console, { log, error })
    await Promise.all(both.map((gateway) => gateway.dispose()))
  }
  seen.keys += keys.length
  for (const list of lists) assert.equal(list, `${baseten}/v1/models ${stored.default}`)
  for (const text of [...told, ...keys]) assert.deepEqual(held(text, secrets), [], `told: ${text}`)
}

/** Which of the stored secrets may stand in a header of a request to a host. */
const allowed = (host: string, header: string): ReadonlyArray<string> => {
  if (host === baseten) return header === "authorization" ? [stored.default, stored.alt] : []
  if (host !== one) return []
  if (header === "authorization") return [stored.one, stored.header]
  return header === "x-service-key" ? [stored.header] : []
}

/** Whether a caller means a custom provider: a route's choice of one is the operator's. */
const namesCustom = ({ to }: Call): boolean =>
  isSteps(to)
    ? to.some(({ provider, query }) => `${provider} ${query.model}`.includes("custom-"))
    : `${to[0]} ${to[2].model}`.includes("custom-")

const keyHeaders = ["authorization", "x-api-key", "api-key"]

const check = (
  { host, headers }: Forwarded,
  { BASEGATE_ADMIN_TOKEN, BASEGATE_OPEN, BASEGATE_TOKENS, BASEGATE_CORS_ORIGINS, entry }: Environment,
  call: Call,
): void => {
  const opening = [...(entry.tokens ?? []), ...(BASEGATE_TOKENS === undefined ? [] : [BASEGATE_TOKENS])]
  const showsToken = held(JSON.stringify(call.headers), opening).length > 0
  const shut = [tokens.foreign, ...(BASEGATE_ADMIN_TOKEN === undefined ? [] : [BASEGATE_ADMIN_TOKEN])]
  const foreignPage = call.origin === "https://evil.test" && !(showsToken && BASEGATE_CORS_ORIGINS === "*")
  const stranger = foreignPage ||
    (BASEGATE_OPEN === undefined && !showsToken && !(call.loopback && call.host === "127.0.0.1"))
  for (const [name, value] of headers) {
    const where = `${name}: ${value} to ${host}`
    assert.deepEqual(held(value, [...shut, ...opening]), [], `a token in ${where}`)
    const spent = held(value, Object.values(stored))
    const may = stranger ? [] : allowed(host, name)
    assert.deepEqual(spent.filter((secret) => !may.includes(secret)), [], `a stored key in ${where}`)
    const own = held(value, mine)
    const takers = host === baseten ? ["authorization"] : keyHeaders
    assert.ok(own.length === 0 || takers.includes(name), `the caller's key in ${where}`)
    assert.ok(
      own.length === 0 || host === baseten || namesCustom(call),
      `the caller's key for Baseten in ${where}`,
    )
    if (spent.length > 0) seen.stored++
    if (spent.includes(stored.header)) seen.header++
    if (own.length > 0) seen.mine++
  }
}

test("no header, step or setting sends a secret where it does not belong", async () => {
  const outcome = fc.constantFrom(200, 200, 401, 429, 500, 0)
  await fc.assert(
    fc.asyncProperty(
      environment,
      fc.array(call, { minLength: 1, maxLength: 4 }),
      fc.array(outcome, { minLength: 1, maxLength: 4 }),
      run,
    ),
    { numRuns: 250 },
  )
  for (const [what, count] of Object.entries(seen)) assert.ok(count > 0, `the test saw no ${what}`)
})
