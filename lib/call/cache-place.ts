/**
 * Whether a step may be answered from the cache, and where its answer lies there.
 *
 * @module
 */
import { callerIdentity, type CredentialSource } from "../auth/credential-identity.ts"
import { cacheKey } from "../cache/cache-key.ts"
import { mayAnswer } from "../cache/may-store.ts"
import type { CachePlace } from "../cache/ResponseCache.ts"
import type { Framing } from "../sse/framing.ts"
import { membersNamed, parseBytes } from "../json/members.ts"
import { heldBytes } from "../body/prepared-body.ts"
import type { Call } from "./call.ts"
import type { Step } from "./step.ts"

/** Where a step's answer is kept, and by whom it may be waited for. */
export interface StepPlace extends CachePlace {
  /** A name for the caller that tells nothing of its secrets. */
  readonly caller: string
}

/**
 * Members with which a call has a past or a future at the provider: it goes on in the background, is stored, adds to a
 * conversation or builds upon what may be gone since. An answer that is given again would tell of what is not there.
 */
const stateful: Partial<Record<Framing, ReadonlyArray<string>>> = {
  chat: ["store"],
  messages: ["container"],
  responses: ["background", "conversation", "previous_response_id", "store"],
}

/** A body that cannot be read may ask for anything. */
const isStateful = (bytes: Uint8Array, names: ReadonlyArray<string>): boolean => {
  const members = membersNamed(bytes, names)
  if (members === undefined) return true
  for (const { times, last: { start, end } } of members.named.values()) {
    const value = parseBytes(bytes.subarray(start, end))
    if (times > 1 || (value !== false && value !== null)) return true
  }
  return false
}

/** Whether an answer to a step may be that of another time: it infers and does nothing else, and its body is at hand. */
const mayRepeat = ({ method, route, body, headers }: Step): boolean => {
  if (method !== route.repeatable || body.kind === "stream" || !mayAnswer(headers)) return false
  const names = route.framing && stateful[route.framing]
  // Of an encoded body no more than its model is known.
  return body.kind === "none" || names === undefined ||
    (body.coding === undefined && !isStateful(body.bytes, names))
}

/**
 * The place of a step; nothing where each call counts.
 *
 * @param request the headers that go up
 */
export const placeOf = async (
  { exchange: { record }, gateway, caller: { token }, step }: Call,
  credential: CredentialSource,
  request: Headers,
): Promise<StepPlace | undefined> => {
  if (!mayRepeat(step)) return undefined
  const { method, route, body, options } = step
  const caller = await callerIdentity(token, credential)
  const id = `${record.account_id}/${record.gateway_id}`
  if (options.cache.key !== undefined) {
    const shared = gateway.cache.keyIsShared
    const key = await cacheKey({
      kind: "custom",
      gateway: id,
      key: options.cache.key,
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
