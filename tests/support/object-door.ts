/** A Worker that lets tests ask the Durable Objects of a workerd, and evict them: `x-object` names one. */
import { BasegateObject as Real } from "../../lib/runtime/cloudflare/BasegateObject.ts"
import type { ObjectStorage } from "../../lib/runtime/cloudflare/object-database.ts"
import type { ObjectNamespace } from "../../lib/runtime/cloudflare/ask-object.ts"

interface Bindings {
  readonly BASEGATE_OBJECTS: ObjectNamespace
}

interface State {
  readonly storage: ObjectStorage
  readonly abort: (why: string) => void
}

/** Bytes of a log that is soon full. */
const littleLog = 2_000_000

/** The gateway's, which the platform can be told to evict. */
export class BasegateObject extends Real {
  readonly #state: State

  constructor(state: State) {
    super(state, undefined, littleLog)
    this.#state = state
  }
  override fetch(request: Request): Promise<Response> {
    if (new URL(request.url).pathname === "/evict") this.#state.abort("a test evicts it")
    return super.fetch(request)
  }
}

export default {
  fetch: async (request: Request, { BASEGATE_OBJECTS: objects }: Bindings): Promise<Response> => {
    const name = request.headers.get("x-object")
    if (name === null) return new Response("open")
    const stub = objects.get(objects.idFromName(name))
    const { pathname } = new URL(request.url)
    const body = await request.text()
    return await stub.fetch(`https://object.invalid${pathname}`, { method: "POST", body }).catch(() =>
      new Response("gone", { status: 500 })
    )
  },
}
