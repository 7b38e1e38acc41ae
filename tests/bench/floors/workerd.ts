/**
 * The least that a proxy on workerd can do: another URL, the rest handed on as it is.
 *
 * @module
 */
export default {
  // A plain object costs a quarter less than a `new Request` made of the old one (2026-11).
  fetch: (request: Request, env: { readonly BASETEN_INFERENCE_URL: string }): Promise<Response> => {
    const { url, method, headers, body, signal } = request
    const path = url.slice(url.indexOf("/baseten/") + "/baseten".length)
    return fetch(env.BASETEN_INFERENCE_URL + path, { method, headers, body, signal })
  },
}
