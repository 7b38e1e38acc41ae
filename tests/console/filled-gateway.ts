/**
 * A gateway with some traffic in its log, hostile text included.
 *
 * @module
 */
import { startSimulator } from "../simulator/server.ts"
import { type Runtime, type SpawnedGateway, spawnGateway } from "../support/spawn-gateway.ts"

export const adminToken = "adm-console-0a1b2c"

/** What would act if it were taken for markup, or for a terminal's. */
export const hostile = `<img src=x onerror="document.title='owned'">\u001b[31m‮`

/** Calls of a day, in small. */
const models = ["openai/gpt-oss-120b", "zai-org/GLM-5.3"]
const teams = ["search", "support", "billing"]
const faultOf = (index: number): object | undefined =>
  index % 7 === 3 ? { status: 529 } : index % 11 === 5 ? { cut_after: 3 } : undefined

export interface Filled {
  readonly url: string
  readonly runtime: Runtime
  readonly call: (gateway: string, model: string, headers?: Record<string, string>) => Promise<void>
  readonly close: () => Promise<void>
}

/** Starts it, in front of a simulator of its own, and makes `calls` calls. */
export const openFilled = async (
  runtime: Runtime,
  calls: number,
  variables: Record<string, string> = {},
): Promise<Filled> => {
  const simulator = await startSimulator()
  const gateways = {
    "acme/support": { collect_log_payloads: true, cache_ttl: 60 },
    "acme/search": {},
    "acme/sockets": { tokens: ["tok-page"] },
    "*": {},
  }
  let gateway: SpawnedGateway
  try {
    gateway = await spawnGateway(runtime, {
      ...simulator.env,
      BASEGATE_ADMIN_TOKEN: adminToken,
      BASETEN_API_KEY: "sk-stored",
      BASEGATE_CONFIG: JSON.stringify({ gateways }),
      ...variables,
    })
  } catch (cause) {
    await simulator.close()
    throw cause
  }
  const call = async (name: string, model: string, headers: Record<string, string> = {}): Promise<void> => {
    try {
      const response = await fetch(`${gateway.url}/v1/acme/${name}/baseten/v1/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: "Bearer sk-own", ...headers },
        body: JSON.stringify({
          model,
          stream: true,
          messages: [{ role: "user", content: "What is a gateway?" }],
        }),
      })
      await response.text()
    } catch {
      // A cut stream.
    }
  }
  for (let index = 0; index < calls; index++) {
    const fault = faultOf(index)
    const team = index === 0 ? hostile.replaceAll(/[^\x20-\x7e]/g, "") : teams[index % teams.length]
    await call(index % 3 === 2 ? "search" : "support", models[index % models.length] ?? "", {
      "cf-aig-metadata": JSON.stringify({ team }),
      ...(index % 5 === 4 && { "cf-aig-skip-cache": "true" }),
      ...(fault && { "x-simulator-fault": JSON.stringify(fault) }),
    })
  }
  await call("support", hostile)
  return {
    url: gateway.url,
    runtime,
    call,
    close: async () => {
      await gateway.stop()
      await simulator.close()
    },
  }
}
