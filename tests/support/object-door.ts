/** A Worker that lets tests ask the Durable Objects of a workerd: `x-object` names one. */
import type { ObjectNamespace } from "../../lib/runtime/cloudflare/objects.ts"

export { BasegateObject } from "../../lib/runtime/cloudflare/BasegateObject.ts"

interface Bindings {
  readonly BASEGATE_OBJECTS: ObjectNamespace
}

export default {
  fetch: async (request: Request, { BASEGATE_OBJECTS: objects }: Bindings): Promise<Response> => {
    const name = request.headers.get("x-object")
    if (name === null) return new Response("open")
    const body = await request.text()
    return await objects.get(objects.idFromName(name)).fetch("https://object.invalid/", {
      method: "POST",
      body,
    })
  },
}
