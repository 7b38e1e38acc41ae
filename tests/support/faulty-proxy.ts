/** A network that drops, delays and half-opens: a proxy in front of a server on loopback. */
import { createConnection, createServer, type Socket } from "node:net"
import type { AddressInfo } from "node:net"

/** What is wrong with the network. */
export type NetworkFault =
  | "none"
  /** Connections are refused, and those that there are end. */
  | "down"
  /** Connections stay open, and nothing passes. */
  | "silent"
  /** What is asked arrives; what is answered does not. */
  | "answers lost"
  /** Answers take so many milliseconds more. */
  | number

/** The proxy. */
export interface FaultyProxy {
  readonly port: number
  fault: NetworkFault
  readonly close: () => Promise<void>
}

/** Starts one in front of a port. */
export const startFaultyProxy = async (target: number): Promise<FaultyProxy> => {
  const sockets = new Set<Socket>()
  let fault: NetworkFault = "none"
  const destroyAll = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  const server = createServer((client) => {
    if (fault === "down") return client.destroy()
    const upstream = createConnection(target, "127.0.0.1")
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on("error", () => {})
      socket.on("close", () => {
        sockets.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    client.on("data", (data) => {
      if (fault !== "silent") upstream.write(data)
    })
    upstream.on("data", (data) => {
      if (fault === "silent" || fault === "answers lost") return
      if (typeof fault === "number") setTimeout(() => client.write(data), fault)
      else client.write(data)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return {
    port: (server.address() as AddressInfo).port,
    get fault() {
      return fault
    },
    set fault(next: NetworkFault) {
      fault = next
      if (next === "down") destroyAll()
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        destroyAll()
      }),
  }
}
