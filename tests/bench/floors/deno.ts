/**
 * The least that a proxy on Deno can do: another URL, the rest handed on as it is. For `deno serve`.
 *
 * @module
 */
import process from "node:process"

const { BASETEN_INFERENCE_URL: upstream = "" } = process.env

export default {
  fetch: (request: Request): Promise<Response> => {
    const { method, headers, body, signal } = request
    const path = request.url.slice(request.url.indexOf("/baseten/") + "/baseten".length)
    return fetch(upstream + path, { method, headers, signal, body })
  },
}
