/**
 * What every measure works with.
 *
 * @module
 */
import type { LoadClient } from "./client/start-client.ts"
import type { RunningUpstream } from "./start-upstream.ts"
import { type Running, start, type Subject } from "./subjects.ts"
import type { Table } from "./table.ts"

/** The gateway of a runtime and what it is held against: its floor, or another checkout's gateway. */
export interface Pair {
  readonly runtime: string
  readonly base: Subject
  readonly gateway: Subject
}

export interface Bench {
  readonly upstream: RunningUpstream
  readonly client: LoadClient
  readonly pairs: ReadonlyArray<Pair>
  /** Proxies that do not depend on the runtime, such as nginx. */
  readonly peers: ReadonlyArray<Subject>
  /** Fewer rounds, and shorter ones. */
  readonly short: boolean
}

/** One entry of the bench. */
export interface Measure {
  readonly name: string
  readonly run: (bench: Bench) => Promise<Table>
}

/** Starts proxies for as long as `use` runs. */
export const withRunning = async <A>(
  { upstream }: Bench,
  subjects: ReadonlyArray<Subject>,
  use: (running: ReadonlyArray<Running>) => Promise<A>,
): Promise<A> => {
  const running: Array<Running> = []
  try {
    for (const subject of subjects) running.push(await start(subject, upstream.url))
    return await use(running)
  } finally {
    await Promise.all(running.map(({ stop }) => stop()))
  }
}

/**
 * Measures each subject in turn, `rounds` times, every other round backwards so that none always follows the same.
 *
 * @returns the values of each subject, round by round
 */
export const interleaved = async <S, V>(
  subjects: ReadonlyArray<S>,
  rounds: number,
  measure: (subject: S) => Promise<V>,
): Promise<ReadonlyArray<ReadonlyArray<V>>> => {
  const values = subjects.map((): Array<V> => [])
  const places = [...subjects.entries()]
  for (let round = 0; round < rounds; round++) {
    for (const [place, subject] of round % 2 === 0 ? places : places.toReversed()) {
      values[place]?.push(await measure(subject))
    }
  }
  return values
}
