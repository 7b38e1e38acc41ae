/** Clients that leave: Baseten's request ends within a second, which stops the GPU. */
import { test } from "node:test"
import assert from "node:assert/strict"
import { chat, eventually, fault, type Harness, json } from "../harness.ts"

export const leavingCases = (harness: Harness): void => {
  const leaves: ReadonlyArray<readonly [when: string, how: object, stream: boolean, flows: boolean]> = [
    ["before headers", { hang: "headers" }, false, false],
    ["before headers of a stream", { hang: "headers" }, true, false],
    ["in a stream that flows", { drip_ms: 50, events: 1000 }, true, true],
    ["in a stream that stalls", { stall_after: 2 }, true, false],
    ["in a plain answer that stalls", { stall_after: 2 }, false, false],
  ]
  for (const [when, how, stream, flows] of leaves) {
    if (!harness.flags.noticesSilentLeave && !flows) continue
    test(`a client that leaves ${when} is seen by Baseten within a second`, async () => {
      const id = harness.nextCase()
      const controller = new AbortController()
      const call = fetch(`${harness.base}/baseten/v1/chat/completions`, {
        method: "POST",
        signal: controller.signal,
        headers: { ...json, ...fault(how), "x-simulator-case": id, "cf-aig-event-id": id },
        body: chat({ stream }),
      })
      call.catch(() => {})
      if (when.startsWith("in")) {
        const reader = (await call).body?.getReader()
        await reader?.read()
      } else {
        await eventually("the request reaches Baseten", () => harness.simulator.requests(id).length === 1)
      }
      controller.abort()
      await eventually(
        "Baseten sees it",
        () => harness.simulator.requests(id)[0]?.outcome === "client_closed",
      )
      const ending = () => harness.gateway.records().find(({ event_id }) => event_id === id)?.["ending"]
      await eventually("the record says so", () => ending() === "client_left")
    })
  }

  test("a client that leaves within its own upload is seen by Baseten within a second", async () => {
    for (
      const [type, path] of [
        ["application/octet-stream", "baseten/model/sink1234"],
        ["application/json", "baseten/v1/chat/completions"],
      ] as const
    ) {
      const id = harness.nextCase()
      const controller = new AbortController()
      const body = new ReadableStream<Uint8Array>({
        start: (upload) => upload.enqueue(new TextEncoder().encode(`{"model":"${"x".repeat(50_000)}`)),
      })
      const call = fetch(`${harness.base}/${path}`, {
        method: "POST",
        signal: controller.signal,
        headers: { ...json, "content-type": type, "x-simulator-case": id, "cf-aig-event-id": id },
        body,
        duplex: "half",
      } as RequestInit)
      call.catch(() => {})
      if (type === "application/octet-stream") {
        await eventually("the upload reaches Baseten", () => harness.simulator.requests(id).length === 1)
      } else {
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
      controller.abort()
      const ended = () => harness.simulator.requests(id).every(({ outcome }) => outcome === "client_closed")
      await eventually("Baseten sees it", ended)
      const ending = () => harness.gateway.records().find(({ event_id }) => event_id === id)?.["ending"]
      await eventually(`the record of ${path} says so`, () => ending() === "client_left")
    }
  })

  if (!harness.flags.noticesSilentLeave) return
  test("the gateway serves on after many clients have left", async () => {
    const id = harness.nextCase()
    const controllers = Array.from({ length: 50 }, () => new AbortController())
    const calls = controllers.map(({ signal }) =>
      fetch(`${harness.base}/baseten/v1/chat/completions`, {
        method: "POST",
        signal,
        headers: { ...json, ...fault({ hang: "headers" }), "x-simulator-case": id },
        body: chat(),
      }).catch(() => {})
    )
    await eventually("all reach Baseten", () => harness.simulator.requests(id).length === 50, 15_000)
    for (const controller of controllers) controller.abort()
    await Promise.all(calls)
    await eventually(
      "Baseten sees them all",
      () => harness.simulator.requests(id).every(({ outcome }) => outcome === "client_closed"),
    )
    assert.equal((await fetch(`${harness.gateway.url}/livez`)).status, 200)
  })
}
