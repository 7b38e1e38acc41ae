/**
 * How an isolate asks a Durable Object: question and answer are JSON, in one round trip.
 *
 * @module
 */

/** The part of the binding `BASEGATE_OBJECTS` that is used here. */
export interface ObjectNamespace {
  readonly idFromName: (name: string) => unknown
  readonly get: (id: unknown) => {
    readonly fetch: (
      url: string,
      init: { readonly method: string; readonly body: string },
    ) => Promise<Response>
  }
}

/** Whether a binding is one of Durable Objects. */
export const isNamespace = (binding: unknown): binding is ObjectNamespace =>
  typeof binding === "object" && binding !== null &&
  typeof (binding as Partial<ObjectNamespace>).idFromName === "function" &&
  typeof (binding as Partial<ObjectNamespace>).get === "function"

/** An object's answer that it cannot do what it was asked to. */
export class ObjectRefusal extends Error {}

/** The methods of objects, by name: arguments and results are values that JSON can carry. */
export type Methods = { readonly [Name in string]: (...given: never) => unknown }

/** Asks an object for one of its methods. Rejects with an `ObjectRefusal`, or as the platform does. */
export type Ask<M> = <Name extends keyof M & string>(
  name: Name,
  ...given: M[Name] extends (...given: infer Given) => unknown ? Given : never
) => Promise<M[Name] extends (...given: never) => infer Answer ? Answer : never>

/** A question as it is sent. */
export interface ObjectQuestion {
  /** What kind of object answers it. */
  readonly kind: ObjectKind
  readonly name: string
  readonly given: ReadonlyArray<unknown>
}

/** What objects keep: the counts of one gateway, the written settings, the log. */
export type ObjectKind = "counts" | "settings" | "log"

/**
 * Asks the object of a name. A stub belongs to the request that made it, so each question makes its own.
 *
 * @param place which one, if there are several objects of a kind
 */
export const askObject =
  <M>(namespace: ObjectNamespace, kind: ObjectKind, place = ""): Ask<M> => async (name, ...given) => {
    const stub = namespace.get(namespace.idFromName(`${kind}:${place}`))
    const question: ObjectQuestion = { kind, name, given }
    const response = await stub.fetch("https://object.invalid/", {
      method: "POST",
      body: JSON.stringify(question),
    })
    const { answer, error } = await response.json() as { answer?: unknown; error?: string }
    if (error !== undefined) throw new ObjectRefusal(error)
    return answer as never
  }
