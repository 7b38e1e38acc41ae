/**
 * Writing calls of the management API, each on top of the version that was loaded.
 *
 * @module
 */
import { sendRequest } from "./api.ts"

/** A thing that can be changed, with the version at which it was loaded. */
export interface Versioned<Value> {
  readonly value: Value
  readonly tag: string
}

const versioned = async <Value>(response: Response): Promise<Versioned<Value>> => {
  const { result } = await response.json() as { readonly result: Value }
  return { value: result, tag: response.headers.get("etag") ?? "" }
}

/** Gets one thing with its version. */
export const getVersioned = async <Value>(path: string, signal?: AbortSignal): Promise<Versioned<Value>> =>
  await versioned(await sendRequest(path, signal === undefined ? {} : { signal }))

/**
 * Writes a thing. Fails with `ApiError`: 409 if it is no longer at the version of `tag`, with its current state in
 * `result`.
 *
 * @param tag empty for a new thing, or if the last writer may win
 */
export const write = async <Value>(
  method: "POST" | "PUT" | "PATCH" | "DELETE",
  path: string,
  body?: object,
  tag = "",
): Promise<Versioned<Value>> =>
  await versioned(
    await sendRequest(path, {
      method,
      headers: {
        ...(body !== undefined && { "content-type": "application/json" }),
        ...(tag !== "" && { "if-match": tag }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    }),
  )

/**
 * The problems of a refusal (`cache_ttl: expected …; rate_limits.0.limit: …`) by field. Those about no field, or an
 * unknown one, are under the empty name.
 */
export const problemsByField = (
  message: string,
  isField: (name: string) => boolean,
): ReadonlyMap<string, string> => {
  const problems = new Map<string, string>()
  const detail = message.replace(/^Bad request: /, "").replace(/\.$/, "")
  for (const part of detail.split(/; (?=[\w.-]+: )/)) {
    const [, path = "", what = ""] = /^([\w.-]+): ([^]*)$/.exec(part) ?? []
    const [name = ""] = path.split(".")
    const field = isField(name) ? name : ""
    const below = path.slice(name.length + 1)
    const text = field === "" ? part : below === "" ? what : `${below}: ${what}`
    const before = problems.get(field)
    problems.set(field, before === undefined ? text : `${before}; ${text}`)
  }
  return problems
}
