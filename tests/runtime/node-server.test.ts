/** What only `node:http` does, to a gateway behind it and to its transport. */
import assert from "node:assert/strict"
import { once } from "node:events"
import { createServer, type Server } from "node:http"
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net"
import { test } from "node:test"
import { nodeListener } from "../../lib/runtime/node-listener.ts"
import { createGateway, type RequestRecord, Telemetry } from "../../mod.ts"

const portOf = (server: Pick<Server, "address">): number => (server.address() as AddressInfo).port

/** A gateway before an upstream that answers each connection's requests with the given bytes, and leaves it open. */
const withServers = async (
  answer: string,
  use: (port: number, upstream: ReadonlySet<Socket>, records: ReadonlyArray<RequestRecord>) => Promise<void>,
): Promise<void> => {
  const open = new Set<Socket>()
  const upstream = createTcpServer((socket) => {
    open.add(socket)
    socket.on("data", () => socket.write(answer)).on("close", () => open.delete(socket)).on("error", () => {})
  }).listen(0, "127.0.0.1")
  await once(upstream, "listening")
  const records: Array<RequestRecord> = []
  const gateway = createGateway({
    env: { BASETEN_INFERENCE_URL: `http://127.0.0.1:${portOf(upstream)}`, LOG_LEVEL: "none" },
    layer: Telemetry.layerSink((record) => records.push(record)),
  })
  const server = createServer(nodeListener(gateway.fetch)).listen(0, "127.0.0.1")
  await once(server, "listening")
  await use(portOf(server), open, records)
  await gateway.idle()
  server.close()
  server.closeAllConnections()
  upstream.close()
  for (const socket of open) socket.destroy()
  await gateway.dispose()
}

const models = "/v1/account/gateway/baseten/v1/models"

test("an answer whose reason phrase no header may hold is none, and ends nothing else", () =>
  withServers("HTTP/1.1 200 O\x01K\r\ncontent-length: 2\r\n\r\n{}", async (port) => {
    for (let times = 0; times < 2; times++) {
      const response = await fetch(`http://127.0.0.1:${port}${models}`, {
        headers: { authorization: "Bearer key" },
      })
      assert.equal(response.status, 502)
      await response.text()
    }
  }))

test("requests in a row on one connection end with it, those as well whose turn has not come", () =>
  withServers(
    "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n",
    async (port, upstream, records) => {
      const client = connect(port, "127.0.0.1")
      await once(client, "connect")
      client.write(`GET ${models} HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer key\r\n\r\n`.repeat(3))
      await once(client, "data")
      while (upstream.size < 3) await new Promise((resolve) => setImmediate(resolve))
      client.destroy()
      while (records.length < 3) await new Promise((resolve) => setImmediate(resolve))
      assert.deepEqual(records.map(({ ending }) => ending), ["client_left", "client_left", "client_left"])
    },
  ))
