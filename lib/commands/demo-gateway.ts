/**
 * A gateway in this process, for the demo: it keeps nothing, and tells what it recorded.
 *
 * @module
 */
import { createServer } from "node:http"
import type { RequestRecord } from "../record/request-record.ts"
import { createGateway } from "../runtime/module.ts"
import { nodeListener } from "../runtime/node-listener.ts"
import { Telemetry } from "../telemetry/Telemetry.ts"

/** A gateway that runs. */
export interface DemoGateway {
  readonly url: string
  readonly records: () => ReadonlyArray<RequestRecord>
  readonly stop: () => Promise<void>
}

/** Starts a gateway on a free port of the loopback address. */
export const startDemoGateway = async (variables: Readonly<Record<string, string>>): Promise<DemoGateway> => {
  const records: Array<RequestRecord> = []
  const gateway = createGateway({
    env: { ...variables, LOG_LEVEL: "none" },
    layer: Telemetry.layerSink((record) => records.push(record)),
  })
  const server = createServer(nodeListener(gateway.handle, true))
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    records: () => records,
    stop: async () => {
      server.close()
      await gateway.dispose()
      server.closeAllConnections()
    },
  }
}
