/**
 * The least that a proxy on Bun can do: another URL, the rest handed on as it is.
 *
 * @module
 */
import process from "node:process"

/** As much of Bun's API as is used here. */
declare const Bun: {
  readonly serve: (options: {
    readonly hostname: string
    readonly port: number
    readonly idleTimeout: number
    readonly development: boolean
    readonly fetch: (request: Request) => Promise<Response>
  }) => void
}

const { BASETEN_INFERENCE_URL: upstream = "", PORT } = process.env

Bun.serve({
  hostname: "127.0.0.1",
  port: Number(PORT),
  idleTimeout: 0,
  development: false,
  fetch: async (request) => {
    const { method, headers, signal } = request
    const path = request.url.slice(request.url.indexOf("/baseten/") + "/baseten".length)
    headers.delete("host")
    // Bun (1.4) sends a small body that has been read at less cost than one that it streams.
    const body = await request.arrayBuffer()
    // `decompress` and `timeout` are Bun's own: a relay decodes nothing and has no clock.
    const own = { decompress: false, timeout: false } as RequestInit
    return fetch(upstream + path, { ...own, method, headers, signal, body })
  },
})
