/** No secret leaks to anybody who asks about requests, whatever callers send and providers answer. */
import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { createGateway, type Gateway } from "../../mod.ts"
import { mine, tokens } from "../auth/any-gateway.ts"
import { notedStore } from "../auth/spy-store.ts"
import { type Leak, leak, requestOf } from "../record/leak-arbitraries.ts"
import { type Operator, operator, secretsOfOperator, settingsOf } from "./any-operator.ts"
import { type Answer, answer, layerEchoing } from "./echoing-upstream.ts"
import { heldIn, listen, overheardLog, seen, type Told } from "./capture-outputs.ts"

/** Makes a call, and takes as much of the answer as its client does. */
const make = async (
  { fetch }: Gateway,
  leak: Leak,
  number: number,
  secrets: ReadonlyArray<string>,
  told: Told,
): Promise<void> => {
  const controller = new AbortController()
  const request = requestOf(leak, number, secrets, controller.signal)
  if (request === undefined) return
  const response = await fetch(request, { loopback: leak.call.loopback })
  if (response.headers.get("cf-aig-cache-status") === "HIT") seen.hits++
  if (leak.client === "reads") {
    const text = await response.text().catch(() => {
      seen.cut++
      return ""
    })
    // Other bodies are the provider's word to the caller.
    if (text.includes('"name":"AiGatewayError"')) {
      seen.errors++
      told.push(["error", text])
    }
  } else {
    const reader = response.body?.getReader()
    await reader?.read().catch(() => undefined)
    if (leak.client === "aborts") controller.abort()
    await reader?.cancel().catch(() => undefined)
  }
}

const admin = { headers: { authorization: `Bearer ${tokens.admin}` } }
const gateways = "http://gateway.test/client/v4/accounts/a/ai-gateway/gateways"

/** Asks all that an admin can, and for what there is not. */
const ask = async ({ fetch }: Gateway, secrets: ReadonlyArray<string>, told: Told) => {
  const page = async (url: string): Promise<string> => {
    const text = await (await fetch(new Request(url, admin))).text()
    told.push([url.replace(/\?.*/, ""), text])
    return text
  }
  const logs = `${gateways}/g/logs`
  const { result } = JSON.parse(await page(`${logs}?per_page=50`)) as {
    result: ReadonlyArray<{ id: string }>
  }
  for (const { id } of result) {
    for (const below of ["", "/request", "/response"]) await page(`${logs}/${id}${below}`)
  }
  await page(`${gateways}/g/analytics?by=model,metadata.user`)
  await page(`${gateways}/g`)
  await page(gateways)
  await page("http://gateway.test/metrics")
  for (const secret of secrets) {
    const text = encodeURIComponent(secret)
    await page(`${gateways}/${text}/logs`)
    await page(`${logs}?${text}=1&order_by=${text}`)
    await page(`${gateways}/g/url/custom-${text}`)
  }
}

const run = async (operator: Operator, leaks: ReadonlyArray<Leak>, answers: ReadonlyArray<Answer>) => {
  const secrets = secretsOfOperator(operator)
  const told: Told = []
  const keys: Array<string> = []
  let next = 0
  const gateway = createGateway({
    env: settingsOf(operator),
    transport: layerEchoing(secrets, () => answers[next++ % answers.length] as Answer),
    store: notedStore(keys),
    log: overheardLog(told),
  })
  const restore = listen(told)
  try {
    for (const [number, leak] of leaks.entries()) {
      // Twice, so that answers come from the cache too.
      for (let time = 0; time < 2; time++) {
        await make(gateway, leak, number, secrets, told)
        await gateway.idle()
      }
    }
    await ask(gateway, secrets, told)
    await gateway.dispose()
  } finally {
    restore()
  }
  told.push(...keys.map((key) => ["store", key] as const))
  const all = [...secrets, ...mine, ...Object.values(tokens)]
  for (const [where, text] of told) assert.deepEqual(heldIn(text, all), [], `${where}: ${text}`)
}

test("nothing reported of requests has a secret in it", async () => {
  await fc.assert(
    fc.asyncProperty(
      operator,
      fc.array(leak, { minLength: 1, maxLength: 3 }),
      fc.array(answer, { minLength: 1, maxLength: 4 }),
      run,
    ),
    { numRuns: 80 },
  )
  for (const [what, count] of Object.entries(seen)) assert.ok(count > 0, `the test saw no ${what}`)
})
