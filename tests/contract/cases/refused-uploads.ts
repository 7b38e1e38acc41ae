/** Uploads that are refused before they are read: a client that sends all of it first still gets its answer. */
import assert from "node:assert/strict"
import { connect } from "node:net"
import { test } from "node:test"
import type { Configured, Harness } from "../harness.ts"
import { statusOf } from "../raw.ts"

/** What these cases need configured. */
export const refusedUploadEntries = (): Configured => ({
  entries: {
    "upload-small": { request_body_limit: 1000 },
    "upload-limited": { rate_limiting_limit: 1, rate_limiting_interval: 2_678_400 },
    "upload-token": { tokens: ["upload-token"] },
  },
})

const megabyte = Buffer.alloc(1_000_000, "x")

/** Sends a head and so many megabytes, as slowly as they are taken, then reads what was answered until the end. */
const upload = (url: string, head: string, megabytes: number, end: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url)
    let text = ""
    const socket = connect(Number(port), hostname, async () => {
      socket.write(head)
      for (let sent = 0; sent < megabytes && !socket.destroyed; sent++) {
        if (!socket.write(megabyte)) await new Promise((resolve) => socket.once("drain", resolve))
      }
      if (!socket.destroyed) socket.write(end)
      socket.on("data", (part) => text += part).resume()
    })
    socket.setTimeout(10_000, () => socket.destroy(new Error("no end")))
    socket.pause()
    socket.on("end", () => resolve(text)).on("error", reject)
  })

export const refusedUploadCases = (harness: Harness): void => {
  const refusals: ReadonlyArray<readonly [status: number, path: string, key?: string, type?: string]> = [
    [400, "v1/account/nowhere/baseten/v1/chat/completions"],
    [400, "v1/account/plain/elsewhere/v1/chat/completions"],
    [401, "v1/account/upload-token/baseten/v1/chat/completions"],
    [404, "nowhere"],
    [413, "v1/account/upload-small/baseten/v1/chat/completions"],
    [413, "v1/account/upload-small/baseten/model/sink1234", "k", "application/octet-stream"],
    [429, "v1/account/upload-limited/baseten/model/sink1234", "k", "application/octet-stream"],
  ]
  const ways: ReadonlyArray<readonly [version: string, connection: string]> = [
    ["1.1", "Connection: close\r\n"],
    // workerd (2026-10) knows no HTTP/1.0 without a Host, and answers by 1.1.
    ["1.0", ""],
  ]
  for (const [status, path, key = "k", type = "application/json"] of refusals) {
    for (const [version, connection] of ways) {
      for (const framed of version === "1.0" ? [true] : [true, false]) {
        test(`${status} of ${path} reaches a client that sends 20 MB first (HTTP/${version}, ${framed ? "declared" : "chunked"})`, async () => {
          if (status === 429) {
            await fetch(`${harness.configured.url}/${path}`, {
              method: "POST",
              headers: { authorization: `Bearer ${key}` },
              body: "x",
            })
              .then((response) => response.text())
          }
          const length = framed ? "Content-Length: 20000000" : "Transfer-Encoding: chunked"
          const head =
            `POST /${path} HTTP/${version}\r\nHost: localhost\r\n${connection}Content-Type: ${type}\r\n` +
            `Authorization: Bearer ${key}\r\n${length}\r\n\r\n${framed ? "" : "1312D00\r\n"}`
          const answer = await upload(harness.configured.url, head, 20, framed ? "" : "\r\n0\r\n\r\n")
          assert.equal(statusOf(answer), status, answer.slice(0, 300))
          assert.match(answer, /"success":false/)
        })
      }
    }
  }
}
