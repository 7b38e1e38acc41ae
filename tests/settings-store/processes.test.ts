/** Written settings in a file: two processes share it, and what is killed while it writes leaves it whole. */
import assert from "node:assert/strict"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, test } from "node:test"
import { type Simulator, startSimulator } from "../simulator/server.ts"
import { type SpawnedGateway, spawnGateway } from "../support/spawn-gateway.ts"
import { timeUntil } from "../support/time-until.ts"

const secretKey = btoa("0123456789abcdef0123456789abcdef")

interface Answer {
  readonly status: number
  readonly body: {
    readonly result: Record<string, unknown>
    readonly errors: ReadonlyArray<{ readonly message: string }>
  }
}

const write = async (
  { url }: SpawnedGateway,
  method: string,
  path: string,
  body?: object,
): Promise<Answer> => {
  const response = await fetch(`${url}/client/v4/accounts/acme/ai-gateway/${path}`, {
    method,
    headers: { authorization: "Bearer adm-1" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: await response.json() as Answer["body"] }
}

const call = async ({ url }: SpawnedGateway, gateway: string): Promise<readonly [number, string]> => {
  const response = await fetch(`${url}/v1/acme/${gateway}/baseten/v1/models`)
  return [response.status, await response.text()]
}

const inFolder = async (
  use: (variables: Record<string, string>, simulator: Simulator) => Promise<void>,
): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), "basegate-written-"))
  const simulator = await startSimulator()
  try {
    await use({
      ...simulator.env,
      BASEGATE_DB: join(folder, "basegate.db"),
      BASEGATE_CONFIG: `{"gateways": {"acme/declared": {}}}`,
      BASEGATE_ADMIN_TOKEN: "adm-1",
      BASEGATE_SECRET_KEY: secretKey,
      BASEGATE_OPEN: "true",
      LOG_LEVEL: "none",
    }, simulator)
  } finally {
    await simulator.close()
    await rm(folder, { recursive: true, force: true })
  }
}

const running = async (
  gateways: ReadonlyArray<Promise<SpawnedGateway>>,
  use: (gateways: ReadonlyArray<SpawnedGateway>) => Promise<void>,
): Promise<void> => {
  const all = await Promise.all(gateways)
  try {
    await use(all)
  } finally {
    await Promise.all(all.map((gateway) => gateway.kill()))
  }
}

/** How long it takes until a call of a gateway is answered as it should be, in milliseconds. */
const until = (gateway: SpawnedGateway, id: string, holds: (status: number) => boolean) =>
  timeUntil(gateway.pid, async () => holds((await call(gateway, id))[0]), () => `${id} holds`)

/** Whether most of what was measured took less than a second: a disk that others write to stands still at times. */
const areSoon = (took: ReadonlyArray<number>): boolean =>
  took.filter((time) => time < 1000).length >= took.length * 0.8

/** What one writes holds in the other within a second. */
const holdWithinASecond = async (one: SpawnedGateway, other: SpawnedGateway): Promise<void> => {
  const took: Array<number> = []
  while (took.length < 3 || !areSoon(took)) {
    assert.ok(took.length < 10, `${took}`)
    const id = `next-${took.length}`
    await write(one, "POST", "gateways", { id })
    took.push(await until(other, id, (status) => status !== 400))
  }
}

const key = {
  provider_slug: "baseten",
  alias: "default",
  default_config: true,
  secret: "sk-sealed-0123456789",
}

describe("written settings in a file", () => {
  for (const runtime of ["bun", "deno"] as const) {
    test(`${runtime}: what one process writes is in force in another within a second`, () =>
      inFolder((variables) =>
        running(
          [spawnGateway(runtime, variables), spawnGateway(runtime, variables)],
          async ([one, other]) => {
            if (one === undefined || other === undefined) return assert.fail()
            assert.equal((await call(other, "shared"))[0], 400)
            assert.equal((await write(one, "POST", "gateways", { id: "shared" })).status, 200)
            assert.equal((await write(one, "POST", "gateways/shared/provider_configs", key)).status, 200)
            await until(other, "shared", (status) => status === 200)
            await holdWithinASecond(one, other)
            // Both write at once: neither loses what the other wrote.
            const ids = Array.from({ length: 10 }, (_, at) => `both-${at}`)
            const made = await Promise.all(
              ids.flatMap((id) => [
                write(one, "POST", "gateways", { id }),
                write(other, "POST", "gateways", { id: `${id}-other` }),
              ]),
            )
            assert.deepEqual(made.map(({ status }) => status), made.map(() => 200))
            for (const gateway of [one, other]) {
              const listed = await write(gateway, "GET", "gateways?search=both&per_page=50")
              assert.equal((listed.body.result as unknown as ReadonlyArray<unknown>).length, 20)
            }
          },
        )
      ))

    test(`${runtime}: SIGKILL while settings are written leaves the last version whole`, () =>
      inFolder(async (variables) => {
        let acknowledged = 0
        for (let round = 0; round < 3; round++) {
          await running([spawnGateway(runtime, variables)], async ([gateway]) => {
            if (gateway === undefined) return assert.fail()
            if (round === 0) {
              await write(gateway, "POST", "gateways", { id: "killed", cache_ttl: 0 })
              await write(gateway, "POST", "gateways/killed/provider_configs", key)
            }
            const found = await write(gateway, "GET", "gateways/killed")
            const { cache_ttl } = found.body.result as { cache_ttl: number }
            assert.ok(cache_ttl >= acknowledged, `${cache_ttl} is not before ${acknowledged}`)
            assert.ok(cache_ttl <= acknowledged + 1, `${cache_ttl} was asked for`)
            acknowledged = cache_ttl
            // The key was sealed before the first kill, and opens at the first request.
            assert.equal((await call(gateway, "killed"))[0], 200)
            const audit = await write(gateway, "GET", "audit?per_page=1")
            const [newest] = audit.body.result as unknown as ReadonlyArray<{ after: { cache_ttl?: number } }>
            if (round > 0) assert.equal(newest?.after.cache_ttl, cache_ttl, "an entry comes with its change")
            const pause = (milliseconds: number) =>
              new Promise((resolve) => setTimeout(resolve, milliseconds))
            const enough = acknowledged + 2
            const killing = pause(300).then(async () => {
              for (let waits = 0; acknowledged < enough && waits < 4000; waits++) await pause(5)
              await gateway.kill()
            })
            try {
              for (;;) {
                const done = await write(gateway, "PATCH", "gateways/killed", { cache_ttl: acknowledged + 1 })
                if (done.status === 200) acknowledged++
              }
            } catch { /* it is gone */ }
            await killing
          })
        }
        assert.ok(acknowledged > 3, `${acknowledged} changes were made`)
      }))
  }

  test("without the key that opens its secrets a gateway is not served, and says why", () =>
    inFolder(async (variables) => {
      await running([spawnGateway("bun", variables)], async ([gateway]) => {
        if (gateway === undefined) return assert.fail()
        await write(gateway, "POST", "gateways", { id: "sealed" })
        await write(gateway, "POST", "gateways/sealed/provider_configs", key)
        assert.equal((await call(gateway, "sealed"))[0], 200)
      })
      const other = btoa("fedcba9876543210fedcba9876543210")
      await running(
        [spawnGateway("bun", { ...variables, BASEGATE_SECRET_KEY: other })],
        async ([gateway]) => {
          if (gateway === undefined) return assert.fail()
          const [status, text] = await call(gateway, "sealed")
          assert.equal(status, 500)
          assert.match(text, /BASEGATE_DB.*BASEGATE_SECRET_KEY/)
          assert.doesNotMatch(text, /acme\/sealed: /)
          assert.equal((await fetch(`${gateway.url}/readyz`)).status, 503)
          assert.equal((await write(gateway, "POST", "gateways", { id: "more" })).status, 503)
        },
      )
      // The new key first, the old one after it: the next change seals anew, and then the old one can go.
      await running(
        [spawnGateway("bun", { ...variables, BASEGATE_SECRET_KEY: `${other},${secretKey}` })],
        async ([gateway]) => {
          if (gateway === undefined) return assert.fail()
          assert.equal((await call(gateway, "sealed"))[0], 200)
          assert.equal((await write(gateway, "POST", "gateways", { id: "more" })).status, 200)
        },
      )
      await running(
        [spawnGateway("bun", { ...variables, BASEGATE_SECRET_KEY: other })],
        async ([gateway]) => {
          if (gateway === undefined) return assert.fail()
          assert.deepEqual([(await call(gateway, "sealed"))[0], (await call(gateway, "more"))[0]], [200, 401])
        },
      )
    }))
})
