/**
 * The least that a proxy on workerd can do: another URL, the rest handed on as it is.
 *
 * @module
 */
export default {
  fetch: (request: Request, env: { readonly BASETEN_INFERENCE_URL: string }): Promise<Response> => {
    const path = request.url.slice(request.url.indexOf("/baseten/") + "/baseten".length)
    return fetch(new Request(env.BASETEN_INFERENCE_URL + path, request), { signal: request.signal })
  },
}
