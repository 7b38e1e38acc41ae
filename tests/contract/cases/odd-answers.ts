/** Answers of providers that are right, and that few servers give. */
import assert from "node:assert/strict"
import { Agent, request } from "node:http"
import { test } from "node:test"
import { fault, type Harness, key } from "../harness.ts"

export const oddAnswerCases = (harness: Harness): void => {
  for (const size of [20_000, 60_000, 120_000]) {
    test(`headers of ${size} bytes do not lose an answer`, async () => {
      const { status, value, text } = await new Promise<{ status: number; value: string; text: string }>(
        (resolve, reject) => {
          const call = request(`${harness.base}/baseten/v1/models`, {
            maxHeaderSize: 200_000,
            headers: { ...key, ...fault({ big_header: size }) },
          }, (answer) => {
            let text = ""
            answer.setEncoding("utf8").on("data", (part: string) => text += part).on("error", reject)
            answer.on(
              "end",
              () => resolve({ status: answer.statusCode ?? 0, value: String(answer.headers["x-big"]), text }),
            )
          })
          call.on("error", reject).end()
        },
      )
      assert.deepEqual([status, value.length], [200, size])
      assert.match(text, /"object":"list"/)
    })
  }

  test("an answer without a body declares none, and its connection serves the next call", async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const call = (how: object) =>
      new Promise<readonly [number, string, number | undefined]>((resolve, reject) => {
        const sent = request(`${harness.base}/baseten/v1/models`, {
          agent,
          headers: { ...key, ...fault(how) },
        })
        sent.on("response", (answer) => {
          const port = answer.socket.localPort
          const length = answer.headers["content-length"] ?? "none"
          answer.resume().on("error", reject).on("end", () => resolve([answer.statusCode ?? 0, length, port]))
        })
        sent.setTimeout(3000, () => sent.destroy(new Error("no end")))
        sent.on("error", reject).end()
      })
    try {
      for (const status of [204, 304, ...harness.flags.framesResets ? [205] : []]) {
        const [told, length, port] = await call({ status, body: "hello", headers: { "content-length": "5" } })
        assert.equal(told, status)
        if (status === 205) assert.ok(["0", "none"].includes(length), length)
        if (status === 204) assert.equal(length, "none")
        assert.equal((await call({}))[2], port)
      }
    } finally {
      agent.destroy()
    }
  })
}
