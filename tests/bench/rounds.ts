/**
 * Subjects measured in turn, so that what disturbs the machine for a while disturbs them all.
 *
 * @module
 */
import type { Bench } from "./bench.ts"
import type { Target } from "./client/jobs.ts"
import { type Asked, completion } from "./requests.ts"
import { type Running, start, type Subject } from "./subjects.ts"

/** The values of a subject, round by round. */
export type Values<S, V> = (subject: S) => ReadonlyArray<V>

/** Measures each subject in turn, `count` times, every other round backwards so that none always follows the same. */
export const rounds = async <S, V>(
  subjects: ReadonlyArray<S>,
  count: number,
  measure: (subject: S) => Promise<V>,
): Promise<Values<S, V>> => {
  const values = new Map(subjects.map((subject) => [subject, [] as Array<V>]))
  for (let round = 0; round < count; round++) {
    for (const subject of round % 2 === 0 ? subjects : subjects.toReversed()) {
      values.get(subject)?.push(await measure(subject))
    }
  }
  return (subject) => values.get(subject) ?? []
}

/** Starts proxies for as long as `use` runs. */
export const withRunning = async <A>(
  { upstream }: Bench,
  subjects: ReadonlyArray<Subject>,
  use: (running: ReadonlyMap<Subject, Running>) => Promise<A>,
): Promise<A> => {
  const running = new Map<Subject, Running>()
  try {
    for (const subject of subjects) running.set(subject, await start(subject, upstream.url))
    return await use(running)
  } finally {
    await Promise.all([...running.values()].map(({ stop }) => stop()))
  }
}

/**
 * Has each compile what it runs: Bun (1.4) is at it for some ten thousand requests, and doubles what one costs until
 * then. What a process costs before is the business of the measures whose names begin with "cold". A short run is too
 * short for it.
 */
export const warmedUp = async (
  { client, short }: Bench,
  running: ReadonlyMap<Subject, Running>,
  target: (of: Asked) => Target = completion,
): Promise<void> => {
  const [milliseconds, atMost] = short ? [2500, 4000] : [10_000, 16_000]
  for (const of of running.values()) {
    await client.run({ kind: "load", target: target(of), connections: 16, milliseconds, atMost })
  }
}

/** The same for proxies that stay up from the first round to the last. `measure` runs once unheeded, as a warm-up. */
export const roundsOfRunning = <V>(
  bench: Bench,
  subjects: ReadonlyArray<Subject>,
  count: number,
  measure: (of: Running) => Promise<V>,
  target?: (of: Asked) => Target,
): Promise<Values<Subject, V>> =>
  withRunning(bench, subjects, async (running) => {
    const of = (subject: Subject): Promise<V> => {
      const proxy = running.get(subject)
      if (proxy === undefined) throw new Error(`${subject.name} does not run`)
      return measure(proxy)
    }
    await warmedUp(bench, running, target)
    for (const subject of subjects) await of(subject)
    return await rounds(subjects, count, of)
  })
