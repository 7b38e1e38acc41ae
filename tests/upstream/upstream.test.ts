import assert from "node:assert/strict"
import { test } from "node:test"
import { setImmediate as settled } from "node:timers/promises"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import { networkForbidden } from "../../lib/errors/provider-errors.ts"
import { clientLeft } from "../../lib/errors.ts"
import { CutSource, neverCut } from "../../lib/upstream/cut.ts"
import { CutShort } from "../../lib/upstream/guarded-body.ts"
import { Transport, type TransportShape } from "../../lib/upstream/Transport.ts"
import { Upstream, type UpstreamAnswer } from "../../lib/upstream/Upstream.ts"
import type { UpstreamFailure } from "../../lib/upstream/upstream-failure.ts"
import { virtualTime } from "../support/virtual-time.ts"

const limits = { headers: 60_000, idle: 5_000, total: undefined }
const call = { url: "https://up.test/v1/models", method: "GET", headers: new Headers(), body: null }
const never = new Promise<never>(() => {})

/** Upstream over a fake transport, and virtual time. */
const over = (transport: Layer.Layer<Transport>) => {
  const virtual = virtualTime()
  const { send } = Effect.runSync(
    Upstream.pipe(Effect.provide(Upstream.layer.pipe(Layer.provide([transport, virtual.layer])))),
  )
  return { ...virtual, send }
}
const overFetch = (fetch: (url: string, init: RequestInit) => Promise<Response>) =>
  over(Transport.layerFetch({ fetch }))
const overTransport = (transport: Partial<TransportShape>) =>
  over(Layer.succeed(Transport, { decodes: new Set<string>(), send: () => never, ...transport }))

const failureOf = async (sent: Promise<Result.Result<UpstreamAnswer, UpstreamFailure>>) =>
  Result.getOrThrow(Result.flip(await sent))
const answerOf = async (sent: Promise<Result.Result<UpstreamAnswer, UpstreamFailure>>) =>
  Result.getOrThrow(await sent)

/** A fetch that hangs until it is aborted. */
const hanging = () => {
  const state = { aborted: false }
  const fetch = (_: string, { signal }: RequestInit) =>
    new Promise<Response>((_resolve, reject) =>
      signal?.addEventListener("abort", () => {
        state.aborted = true
        reject(new Error("aborted"))
      })
    )
  return { state, fetch }
}

test("send() fails with 504 and aborts when no headers come in time", async () => {
  const { state, fetch } = hanging()
  const { send, advance } = overFetch(fetch)
  const sent = send(call, limits, neverCut)
  await advance(59_000)
  assert.equal(state.aborted, false)
  await advance(1_000)
  const { ending, error } = await failureOf(sent)
  assert.deepEqual({ ending, status: error.status, code: error.code, ...state }, {
    ending: "first_byte_timeout",
    status: 504,
    code: 2005,
    aborted: true,
  })
})

test("send() fails with 502 when there is no connection, or an answer that HTTP does not know", async () => {
  const refused = () => Promise.reject(new TypeError("refused"))
  const switching = () => Promise.resolve({ ...new Response(), status: 101 })
  for (const fetch of [refused, switching]) {
    const { ending, error } = await failureOf(overFetch(fetch).send(call, limits, neverCut))
    assert.deepEqual([ending, error.status, error.code], ["upstream_cut", 502, 2005])
  }
})

test("send() fails with the failure that a transport reports", async () => {
  const forbidden = networkForbidden("up.test", "Deno", "--allow-net (-N)")
  const { send } = overFetch(() => Promise.reject(forbidden))
  assert.deepEqual(await failureOf(send(call, limits, neverCut)), {
    error: forbidden,
    ending: "upstream_cut",
  })
})

test("send() rejects with what a transport throws, as a defect", async () => {
  const { send } = overTransport({
    send: () => {
      throw new Error("defect")
    },
  })
  await assert.rejects(send(call, limits, neverCut), { message: "defect" })
})

test("send() ends at once when it is cut, whatever the transport does, and sends nothing that was cut before", async () => {
  for (const reason of ["client_left", "draining"] as const) {
    const { state, fetch } = hanging()
    const cut = new CutSource()
    const { send } = overFetch(fetch)
    const sent = send(call, limits, cut)
    cut.cut(reason)
    const { ending, error } = await failureOf(sent)
    assert.deepEqual([ending, error.reason, state.aborted], [reason, reason, true])

    let calls = 0
    const again = overTransport({ send: () => (calls++, never) })
    assert.equal((await failureOf(again.send(call, limits, cut))).ending, reason)
    assert.equal(calls, 0)
  }
})

test("send() fails with what broke the request's body, before its headers; after them the answer is cut short", async () => {
  const broken = new AbortController()
  const sent = overTransport({}).send({ ...call, broken: broken.signal }, limits, neverCut)
  broken.abort(clientLeft())
  const { ending, error } = await failureOf(sent)
  assert.deepEqual([ending, error.reason], ["complete", "client_left"])

  const later = new AbortController()
  const answered = overFetch(() => Promise.resolve(new Response(new ReadableStream())))
  const { body } = await answerOf(answered.send({ ...call, broken: later.signal }, limits, neverCut))
  const read = body?.read()
  later.abort(clientLeft())
  await assert.rejects(read ?? Promise.resolve(), new CutShort("upstream_cut"))
})

test("send() releases an answer that comes too late", async () => {
  let cancelled = 0
  let come = (_: Response): void => {}
  const late = new Promise<Response>((resolve) => come = resolve)
  const { send, advance } = overTransport({ send: () => late })
  const sent = send(call, limits, neverCut)
  await advance(60_000)
  assert.equal((await failureOf(sent)).ending, "first_byte_timeout")
  come(new Response(new ReadableStream({ cancel: () => void cancelled++ })))
  await settled()
  assert.equal(cancelled, 1)
})

test("an answer has the end-to-end headers and those that came, and no body where its status or method has none", async () => {
  const answer = (status: number) => () =>
    Promise.resolve(new Response(null, { status, headers: { te: "x", "x-own": "y" } }))
  const { status, statusText, headers, received, body } = await answerOf(
    overFetch(answer(204)).send(call, limits, neverCut),
  )
  assert.deepEqual([status, statusText, body], [204, "", undefined])
  assert.deepEqual([headers.get("te"), headers.get("x-own"), received.get("te")], [null, "y", "x"])
  const head = overFetch(() => Promise.resolve(new Response("x")))
  assert.equal((await answerOf(head.send({ ...call, method: "HEAD" }, limits, neverCut))).body, undefined)
})

/** An answer whose body the test feeds. */
const bodyOver = async (more: object = {}) => {
  let controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | undefined
  const state = { aborted: false, cancelled: false }
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start: (given) => {
      controller = given
    },
    cancel: () => {
      state.cancelled = true
    },
  })
  const virtual = overFetch((_, { signal }) => {
    signal?.addEventListener("abort", () => state.aborted = true)
    return Promise.resolve(new Response(stream))
  })
  const answer = await answerOf(virtual.send(call, { ...limits, ...more }, neverCut))
  const body = answer.body ?? assert.fail("no body")
  const cuts: Array<string> = []
  body.onCutShort = ({ ending }) => cuts.push(ending)
  return { ...virtual, answer, body, cuts, state, controller: controller ?? assert.fail() }
}

test("a body is cut short by silence while it is read, but not while nobody reads", async () => {
  const { body, controller, advance, state, cuts } = await bodyOver()
  controller.enqueue(Uint8Array.of(1))
  await body.read()
  await advance(3_600_000)
  const read = body.read()
  await advance(4_900)
  assert.equal(state.aborted, false)
  const rejected = assert.rejects(read, new CutShort("idle"))
  await advance(200)
  await rejected
  assert.deepEqual([state, cuts], [{ aborted: true, cancelled: true }, []])
  await assert.rejects(body.read(), new CutShort("idle"))
})

test("a body without a first byte ends as first_byte_timeout", async () => {
  const { body, advance } = await bodyOver()
  const rejected = assert.rejects(body.read(), new CutShort("first_byte_timeout"))
  await advance(5_000)
  await rejected
})

test("a body whose call takes too long is cut short while nobody reads, which is reported once", async () => {
  const { body, advance, cuts, state } = await bodyOver({ total: 20_000 })
  await advance(30_000)
  assert.deepEqual([cuts, state], [["total_timeout"], { aborted: true, cancelled: true }])
  await assert.rejects(body.read(), new CutShort("total_timeout"))
})

test("a body that breaks off is cut short as upstream_cut, and its request aborted", async () => {
  const { body, controller, state } = await bodyOver()
  const read = body.read()
  controller.error(new Error("reset"))
  await assert.rejects(read, new CutShort("upstream_cut"))
  assert.equal(state.aborted, true)
})

test("a body that has ended, or is settled, is not aborted, nor cut short", async () => {
  const { body, controller, answer, advance, cuts, state } = await bodyOver({ total: 20_000 })
  controller.enqueue(Uint8Array.of(1))
  assert.equal((await body.read()).done, false)
  body.settle()
  assert.equal((await body.read()).done, true)
  controller.close()
  answer.release()
  body.cancel()
  await advance(60_000)
  assert.deepEqual([state, cuts], [{ aborted: false, cancelled: false }, []])
})

test("release() ends a body: a read that waits rejects, and its request is aborted", async () => {
  const { body, answer, state, cuts } = await bodyOver()
  const rejected = assert.rejects(body.read(), new CutShort("client_left"))
  answer.release()
  await rejected
  assert.deepEqual([state, cuts], [{ aborted: true, cancelled: true }, []])
})
