/**
 * The last day of November 2026, as the clock on the wall has it: a hundred tokens in ten gateways, made, rotated and revoked
 * by the API alone. Every call is attributed, and `basegate usage`, the analytics and a sum over the entries agree.
 *
 * `CALLS=100000 bun tests/commands/day/main.ts` makes it a busy day.
 *
 * @module
 */
import assert from "node:assert/strict"
import { join } from "node:path"
import process from "node:process"
import type { Case } from "../../support/sqlite-cases.ts"
import { inFolder } from "../../support/sqlite-cases.ts"
import { runHere } from "../run-many.ts"
import { accounted, type Figures, figuresOf, type Row } from "./figures.ts"
import { account, admin, openDay } from "./open-day.ts"

const calls = Number(process.env["CALLS"] ?? 1500)
const hour = 3_600_000
const gateways = Array.from({ length: 10 }, (_, at) => `team-${at}`)

interface Token {
  readonly gateway: string
  readonly name: string
  readonly id: string
  /** What its holder sends. */
  value: string
  /** What it sent before the rotation. */
  old: string | undefined
  revoked: boolean
  /** How many of its calls were let in. */
  calls: number
}

const pick = <A>(list: ReadonlyArray<A>, random: () => number): A =>
  list[Math.floor(random() * list.length)] as A

/** Numbers from 0 to 1, the same in each run (mulberry32). */
const seeded = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0
  let mixed = Math.imul(seed ^ (seed >>> 15), seed | 1)
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
}

const models = ["openai/gpt-oss-120b", "zai-org/GLM-5.2", "moonshotai/Kimi-K2.6", "nobody/has-a-price"]

export const cases: Readonly<Record<string, Case>> = {
  "every call is attributed, and all sums agree to the last digit": () =>
    inFolder(async (folder) => {
      const file = join(folder, "log.db")
      const random = seeded(20_261_130)
      const { api, call, pass, idle, close } = openDay(file, random)
      try {
        const tokens: Array<Token> = []
        for (const gateway of gateways) {
          await api("POST", "gateways", { id: gateway })
          for (let at = 0; at < 10; at++) {
            const name = `${gateway}-${at}`
            const { id, token } = await api("POST", `gateways/${gateway}/tokens`, {
              name,
              metadata: { cost_center: `c${at % 3}` },
            }) as { id: string; token: string }
            tokens.push({ gateway, name, id, value: token, old: undefined, revoked: false, calls: 0 })
          }
        }

        const step = 24 * hour / calls
        for (let made = 0, time = 0; made < calls; made++, time += step) {
          // At noon every second token gets a new value; the old one is valid for an hour more.
          if (time <= 12 * hour && 12 * hour < time + step) {
            for (const token of tokens.filter((_, at) => at % 2 === 0)) {
              const place = `gateways/${token.gateway}/tokens/${token.id}/rotate`
              const rotated = await api("POST", place, { overlap: 3600 }) as { token: string }
              token.old = token.value
              token.value = rotated.token
            }
          }
          // At six every tenth is revoked.
          if (time <= 18 * hour && 18 * hour < time + step) {
            for (const token of tokens.filter((_, at) => at % 10 === 9)) {
              await api("DELETE", `gateways/${token.gateway}/tokens/${token.id}`)
              token.revoked = true
            }
          }
          const token = pick(tokens, random)
          const useOld = token.old !== undefined && random() < 0.2
          const isValid = !token.revoked && (!useOld || time < 13 * hour)
          const status = await call(
            token.gateway,
            useOld ? token.old ?? "" : token.value,
            pick(models, random),
          )
          assert.equal(status === 401, !isValid, `${token.name} at ${time / hour}: ${status}`)
          if (isValid) token.calls++
          pass(step)
        }

        await idle()
        const sums = new Map<string, Figures>()
        const zones = { UTC: Date.UTC(2026, 11), "Asia/Kolkata": Date.UTC(2026, 10, 30, 18, 30) }
        for (const gateway of gateways) {
          const entries = await api("GET", `gateways/${gateway}/logs?format=ndjson`) as ReadonlyArray<Row>
          const own = tokens.filter((token) => token.gateway === gateway && token.calls > 0)
          const byToken = accounted(entries, "token")
          assert.deepEqual(
            [...byToken].map(([name, { requests }]) => [name, requests]).sort(),
            own.map(({ name, calls }) => [name, calls]).sort(),
            "each call stands under the token that it came with",
          )
          for (const { metadata, token } of entries) {
            assert.equal(Object(metadata)["cost_center"], `c${Number(String(token).at(-1)) % 3}`)
          }
          for (const [zone, until] of Object.entries(zones)) {
            const ofMonth = entries.filter(({ created_at }) => Date.parse(String(created_at)) < until)
            sums.set(`${gateway} ${zone}`, figuresOf(ofMonth))
            for (const by of ["token", "model", "metadata.cost_center"]) {
              const expected = accounted(ofMonth, by)
              const until_ = new Date(until).toISOString()
              const query = `since=2026-11-01T00:00:00Z&until=${until_}&bucket=all&by=${by}`
              const { rows, totals } = await api("GET", `gateways/${gateway}/analytics?${query}`) as {
                rows: ReadonlyArray<Row>
                totals: Row
              }
              const found = new Map(rows.map((row) => [String(Object(row["group"])[by]), figuresOf([row])]))
              assert.deepEqual(found, expected, `${gateway} by ${by} in ${zone}`)
              assert.deepEqual(figuresOf([totals]), sums.get(`${gateway} ${zone}`))
            }
          }
        }

        // What finance asks: of all gateways together, from the file and from the gateway.
        for (const zone of Object.keys(zones)) {
          const asked = [
            "usage",
            "--by",
            "token,gateway",
            "--month",
            "2026-11",
            "--time-zone",
            zone,
            "--json",
          ]
          const ofFile = await runHere([...asked, "--db", file], {})
          const ofGateway = await runHere(
            [...asked, "--account", account, "--url", "http://gateway.example"],
            { BASEGATE_ADMIN_TOKEN: admin },
          )
          assert.deepEqual([ofFile.code, ofFile.err, ofGateway.err], [0, "", ""])
          assert.equal(ofFile.out, ofGateway.out)
          const { rows, totals } = JSON.parse(ofFile.out) as { rows: ReadonlyArray<Row>; totals: Row }
          const all = figuresOf(gateways.map((gateway) => sums.get(`${gateway} ${zone}`) ?? assert.fail()))
          assert.deepEqual(figuresOf([totals]), all)
          assert.deepEqual(figuresOf(rows), all)
          if (zone !== "UTC") continue
          assert.equal(rows.length, tokens.filter((token) => token.calls > 0).length)
          assert.equal(all.requests, tokens.reduce((sum, token) => sum + token.calls, 0))
          assert.ok(all.unpriced > 0 && all.cost > 0n && all.tokens_in > 0)
          for (const row of rows) {
            const { token, gateway } = row["group"] as { token: string; gateway: string }
            const known = tokens.find(({ name }) => name === token)
            assert.deepEqual([gateway, row["requests"]], [`${account}/${known?.gateway}`, known?.calls])
          }
        }
      } finally {
        await close()
      }
    }),
}
