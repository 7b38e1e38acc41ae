/**
 * `npm run start:node`: the gateway on Node.
 *
 * @module
 */
import { createServer } from "node:http"
import process from "node:process"
import { isLoopbackName } from "../auth/stored-key-policy.ts"
import { createGateway } from "./module.ts"
import { nodeListener } from "./node-listener.ts"
import { nodeUpgrade, UpgradableMessage } from "./node-upgrade.ts"
import { announce, cannotListen } from "./process.ts"
import { stopOnSignal } from "./signals.ts"
import { outliveFirst, startClustered } from "./start-cluster-worker.ts"
import { placeToListen } from "./supervise.ts"
import { layerTerminal } from "./terminal.ts"

// Without a listener, a closed pipe or a full disk would end the process and all its calls (Node 20).
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {})
const { host, port, grace } = await placeToListen(startClustered)
outliveFirst()
const gateway = createGateway({ layer: layerTerminal })
const loopback = isLoopbackName(host)
// A slow upload may take longer than the five minutes that Node allows a request by default. The limit for headers
// stays.
const server = createServer(
  {
    requestTimeout: 0,
    headersTimeout: 30_000,
    connectionsCheckingInterval: 5_000,
    keepAliveTimeout: 75_000,
    IncomingMessage: UpgradableMessage,
  },
  nodeListener(gateway.handle, loopback),
)
server.on("upgrade", nodeUpgrade(gateway, loopback))
server.listen(port, host, () => {
  const address = server.address()
  announce(host, typeof address === "object" && address !== null ? address.port : port)
})
server.once("error", (cause) => cannotListen(host, port, cause))
stopOnSignal(gateway, grace, () => server.close())
