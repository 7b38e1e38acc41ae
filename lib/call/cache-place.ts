/**
 * Whether a call may be answered from the cache, and under which key.
 *
 * @module
 */
import { heldBytes } from "../body/prepared-body.ts"
import { callerIdentity } from "../auth/credential-identity.ts"
import { cacheKey } from "../cache/cache-key.ts"
import { mayAnswer } from "../cache/may-store.ts"
import { membersNamed, parseBytes } from "../json/members.ts"
import type { Framing } from "../sse/framing.ts"
import type { Call } from "./call.ts"
import type { CallTarget } from "./target.ts"
import type { CallPlace } from "./RequestCoalescer.ts"

/**
 * Members that give a call state at the provider: it continues in the background, is stored, adds to a conversation or
 * builds upon one that may be gone by now. A cached answer would refer to things that do not exist.
 */
const stateful: Partial<Record<Framing, ReadonlyArray<string>>> = {
  chat: ["store"],
  messages: ["container"],
  responses: ["background", "conversation", "previous_response_id", "store"],
}

/** A body that cannot be read may request anything. */
const isStateful = (bytes: Uint8Array, names: ReadonlyArray<string>): boolean => {
  const members = membersNamed(bytes, names)
  if (members === undefined) return true
  for (const { times, last: { start, end } } of members.named.values()) {
    const value = parseBytes(bytes.subarray(start, end))
    if (times > 1 || (value !== false && value !== null)) return true
  }
  return false
}

/** Whether an earlier answer may serve a call: it is inference without side effects, and its body is buffered. */
const mayRepeat = ({ method, route, body, headers }: CallTarget): boolean => {
  if (method !== route.repeatable || body.kind === "stream" || !mayAnswer(headers)) return false
  const names = route.framing && stateful[route.framing]
  // Only the model of an encoded body is known.
  return body.kind === "none" || names === undefined ||
    (body.coding === undefined && !isStateful(body.bytes, names))
}

/**
 * Distinguishes calls under the same key of a caller's own: by their format, and whether they stream. An answer in
 * another form would not be usable. No header, and so no caller's key, contains a line break.
 */
const formOf = ({ route: { framing }, body: { view } }: CallTarget): string =>
  framing === undefined && !view.stream ? "" : `${framing ?? ""}${view.stream ? " stream" : ""}\n`

/** The place of a call's answer; `undefined` if the call must be made. */
export const cachePlace = async (call: Call): Promise<CallPlace | undefined> => {
  const { exchange, gateway, caller: { token }, target, headers: request } = call
  if (!mayRepeat(target)) return undefined
  const { method, route, body, options } = target
  const caller = await callerIdentity(token, call.credential)
  const id = `${exchange.account}/${exchange.gateway}`
  if (options.cache.key !== undefined) {
    // An answer that others have stored under a key may be from another model.
    const shared = gateway.cache.keyIsShared && token?.models === undefined
    const key = await cacheKey({
      kind: "custom",
      gateway: id,
      key: `${formOf(target)}${options.cache.key}`,
      caller: shared ? undefined : caller,
    })
    return { key, request, caller }
  }
  const { pathname, search } = new URL(route.url)
  const key = await cacheKey({
    kind: "request",
    gateway: id,
    caller,
    method,
    provider: route.provider,
    endpoint: `${route.deployment ?? ""}${pathname}`,
    query: search,
    body: heldBytes(body),
  })
  return { key, request, caller }
}
