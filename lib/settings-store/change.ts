/**
 * A change to the written settings.
 *
 * @module
 */
import type * as Result from "effect/Result"
import type { GatewayError } from "../errors.ts"
import type { AuditedKind } from "./audit-entry.ts"
import type { WrittenDocument } from "./document.ts"

/** Who makes a change, and from where. */
export interface Author {
  readonly who: string
  readonly from: string | null
  readonly forwarded_for: string | null
}

/** A secret that was sealed. */
export interface NewSecret {
  /** `sealed:{id}`, which the changed document has in its place. */
  readonly reference: string
  readonly id: string
  readonly sealed: string
  readonly preview: string
}

/** What a change works on. */
export interface Editing {
  readonly document: WrittenDocument
  /** The version that the changed document gets. */
  readonly version: number
  /** ISO date. */
  readonly now: string
}

/** A changed document. */
export interface Edited {
  readonly document: WrittenDocument
  /** Such as `update`. */
  readonly action: string
  readonly id: string
  /** As it is shown, for the audit. */
  readonly before: unknown
  readonly after: unknown
  /** Called once the change is in force. */
  readonly answer: () => Response
}

/** What to change, and by whom. */
export interface Change {
  readonly author: Author
  readonly kind: AuditedKind
  readonly account: string
  readonly gateway: string | null
  /** Secrets that the changed document may refer to. */
  readonly secrets?: ReadonlyArray<NewSecret>
  /**
   * Edits the newest document; may be called again for a newer one. If it returns a `Response`, nothing is changed.
   */
  readonly edit: (editing: Editing) => Result.Result<Edited | Response, GatewayError>
}
