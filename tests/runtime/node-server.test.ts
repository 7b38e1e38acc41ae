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
  const server = createServer(nodeListener(gateway.handle)).listen(0, "127.0.0.1")
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

test("an answer with an invalid reason phrase is a failure, and affects no other call", () =>
  withServers("HTTP/1.1 200 O\x01K\r\ncontent-length: 2\r\n\r\n{}", async (port) => {
    for (let times = 0; times < 2; times++) {
      const response = await fetch(`http://127.0.0.1:${port}${models}`, {
        headers: { authorization: "Bearer key" },
      })
      assert.equal(response.status, 502)
      await response.text()
    }
  }))

test("pipelined requests end with their connection, even those whose turn has not come", () =>
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

test("a call whose connection had served others and was closed by then is sent once more, on a new one", async () => {
  const sockets: Array<Socket> = []
  let seen = 0
  const upstream = createTcpServer((socket) => {
    let calls = 0
    sockets.push(socket)
    socket.on("error", () => {}).on("data", () => {
      seen++
      if (calls++ > 0) socket.resetAndDestroy()
      else socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
    })
  }).listen(0, "127.0.0.1")
  await once(upstream, "listening")
  const url = `http://127.0.0.1:${portOf(upstream)}`
  const gateway = createGateway({ env: { BASETEN_INFERENCE_URL: url, LOG_LEVEL: "none" } })
  const call = async (path: string): Promise<number> => {
    const init = { method: "POST", headers: { authorization: "Bearer key" }, body: '{"model":"m"}' }
    const response = await gateway.fetch(new Request(`http://gateway/v1/a/g/baseten/v1/${path}`, init))
    await response.text()
    // A connection can be used again a turn after its answer.
    await new Promise((resolve) => setImmediate(resolve))
    return response.status
  }
  assert.deepEqual([await call("chat/completions"), seen], [200, 1])
  assert.deepEqual([await call("chat/completions"), seen], [200, 3])
  // That connection is not kept; what is streamed up cannot be sent again.
  assert.deepEqual([await call("chat/completions"), seen], [200, 4])
  assert.deepEqual([await call("handed-on"), seen], [502, 5])
  upstream.close()
  for (const socket of sockets) socket.destroy()
  await gateway.dispose()
})
