/**
 * How commands reach a Redis.
 *
 * @module
 */

/** What a Redis answers. */
export type Reply = number | string | null | ReadonlyArray<Reply>

/** An error that Redis itself has answered; its text begins with a code such as `NOSCRIPT`. */
export class RedisError extends Error {}

/** A connection, or what stands for one. */
export interface RedisLink {
  /** For people to read, without credentials: `redis://host:6379`. */
  readonly name: string
  /** Whether commands are done in the order in which they are sent. */
  readonly inOrder: boolean
  /**
   * Sends a command. Rejects with a `RedisError` if Redis refuses it, and with any other error if it may not have arrived.
   *
   * @param key the first key, by which a Cluster finds the node
   */
  readonly send: (command: ReadonlyArray<string>, key: string) => Promise<Reply>
  /** Drops a connection that has stopped answering; the next command makes another. */
  readonly reset: () => void
  /** Closes it for good. */
  readonly close: () => void
}
