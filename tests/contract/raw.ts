/** Requests written byte by byte, for what no client library sends. */
import { connect } from "node:net"

/** All that a server says to some bytes until it closes. */
export const rawAnswer = (url: string, bytes: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url)
    let text = ""
    const socket = connect(Number(port), hostname, () => socket.write(bytes, "latin1"))
    socket.setEncoding("latin1").on("data", (part: string) => text += part)
    socket.on("end", () => resolve(text)).on("error", reject)
  })

/** The status of an answer. */
export const statusOf = (answer: string): number => Number(/^HTTP\/1\.[01] (\d{3})/.exec(answer)?.[1])
