/** Answers that are held back until a test lets them go: it knows what has happened by then, whatever the machine's speed. */

export type Holds = {
  /** Resolves once the case is released, which it stays. */
  released(caseId: string): Promise<void>
  release(caseId: string): void
}

export function createHolds(): Holds {
  const held = new Map<string, Array<() => void>>()
  const free = new Set<string>()
  return {
    released: (caseId) =>
      new Promise((resolve) => {
        if (free.has(caseId)) resolve()
        else held.set(caseId, [...held.get(caseId) ?? [], resolve])
      }),
    release: (caseId) => {
      free.add(caseId)
      for (const resolve of held.get(caseId) ?? []) resolve()
      held.delete(caseId)
    },
  }
}
