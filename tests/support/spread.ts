/** One address for several gateways: each connection goes to the next of them. */
import { connect, createServer, type Socket } from "node:net"

/** The address. */
export interface Spread {
  readonly url: string
  readonly close: () => void
}

/** Spreads connections over ports of loopback. */
export const spreadOver = (ports: ReadonlyArray<number>): Promise<Spread> =>
  new Promise((resolve) => {
    const open = new Set<Socket>()
    let turn = 0
    const server = createServer((client) => {
      const gateway = connect(ports[turn++ % ports.length] ?? 0, "127.0.0.1")
      for (const [from, to] of [[client, gateway], [gateway, client]] as const) {
        open.add(from)
        from.setNoDelay(true)
        from.on("error", () => to.destroy()).on("close", () => {
          open.delete(from)
          to.destroy()
        })
        from.pipe(to)
      }
    })
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      resolve({
        url: `http://127.0.0.1:${port}`,
        close: () => {
          server.close()
          for (const socket of open) socket.destroy()
        },
      })
    })
  })
