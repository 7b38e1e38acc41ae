/**
 * How commands reach a Redis.
 *
 * @module
 */

/** A reply of Redis. */
export type Reply = number | string | null | ReadonlyArray<Reply>

/** An error reply of Redis; its text begins with a code such as `NOSCRIPT`. */
export class RedisError extends Error {}

/** A connection, or a substitute such as HTTP. */
export interface RedisLink {
  /** In readable form, without credentials: `redis://host:6379`. */
  readonly name: string
  /** Whether commands are executed in the order in which they are sent. */
  readonly inOrder: boolean
  /**
   * Sends a command. Rejects with a `RedisError` if Redis refuses it, and with any other error if it may not have
   * arrived.
   *
   * @param key the first key, which determines the node of a Cluster
   */
  readonly send: (command: ReadonlyArray<string>, key: string) => Promise<Reply>
  /** Drops a connection that has stopped answering; the next command makes another. */
  readonly reset: () => void
  /** Closes it for good. */
  readonly close: () => void
}
