/**
 * What the load client can be asked to do, one line of JSON each way.
 *
 * @module
 */

/** One request, sent again and again. */
export interface Target {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** As many requests as `connections` carry, each sending its next when it has an answer. */
export interface Load {
  readonly kind: "load"
  readonly target: Target
  readonly connections: number
  readonly milliseconds: number
  /** Ends earlier once so many are answered. */
  readonly atMost?: number
}

/** So many requests a second, whether or not earlier ones are answered. */
export interface Rate {
  readonly kind: "rate"
  readonly target: Target
  readonly perSecond: number
  readonly milliseconds: number
}

/**
 * Each target in turn, `rounds` times, every other round backwards so that none always follows the same; a turn is
 * `atOnce` requests and lasts until all are answered.
 */
export interface Turns {
  readonly kind: "turns"
  readonly targets: ReadonlyArray<Target>
  readonly rounds: number
  readonly atOnce: number
}

/**
 * Requests whose answers are left open, until `leave`. Ends when all have brought a first byte, or after
 * `patience` milliseconds.
 */
export interface Hold {
  readonly kind: "hold"
  readonly target: Target
  readonly streams: number
  readonly patience: number
  /** Whether to read nothing after the first bytes. */
  readonly pause: boolean
}

/** Closes what is held. */
export interface Leave {
  readonly kind: "leave"
}

/** How many streams began. */
export interface Held {
  readonly served: number
}

/** What `load` and `rate` come to. Times in milliseconds, from the request to the answer's end. */
export interface Answered {
  readonly requests: number
  readonly seconds: number
  readonly p50: number
  readonly p99: number
}

/** What `turns` comes to for one target, request by request, in milliseconds. */
export interface Times {
  /** From the request to the first byte of the body. */
  readonly first: ReadonlyArray<number>
  /** From the request to the end of the body. */
  readonly whole: ReadonlyArray<number>
  /** Bytes of all bodies. */
  readonly bytes: number
}

/** Jobs by kind, and what they come to. */
export interface Jobs {
  readonly load: { readonly job: Load; readonly result: Answered }
  readonly rate: { readonly job: Rate; readonly result: Answered }
  readonly turns: { readonly job: Turns; readonly result: ReadonlyArray<Times> }
  readonly hold: { readonly job: Hold; readonly result: Held }
  readonly leave: { readonly job: Leave; readonly result: Held }
}

export type Kind = keyof Jobs
export type Job<K extends Kind = Kind> = Jobs[K]["job"]
export type Result<K extends Kind = Kind> = Jobs[K]["result"]
