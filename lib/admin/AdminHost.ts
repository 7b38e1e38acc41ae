/**
 * What the management API and the console know of the host that they run on.
 *
 * @module
 */
import * as Context from "effect/Context"

/** What a host provides. */
export interface AdminHostShape {
  /** The runtime and its version, such as `Bun/1.4.5`; `null` if it does not say. */
  readonly runtime: string | null
  /** Reads a file of the built console; `undefined` if there is no such file. */
  readonly consoleFile: (name: string) => Promise<BodyInit | undefined>
}

/** A host without files. */
export const AdminHost: Context.Reference<AdminHostShape> = Context.Reference<AdminHostShape>(
  "basegate/admin/AdminHost",
  { defaultValue: () => ({ runtime: null, consoleFile: () => Promise.resolve(undefined) }) },
)
