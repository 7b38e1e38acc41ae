/**
 * The rows of a table: each gateway, what it is held against, and the peers.
 *
 * @module
 */
import type { Bench } from "./bench.ts"
import type { Subject } from "./subjects.ts"
import type { Row } from "./table.ts"

type Cells = Row["cells"]

/** What a measure has to say of a proxy. */
export interface Told {
  /** Its own figures. */
  readonly own: (of: Subject) => Cells
  /** How a gateway's compare; `base` is a floor, or another gateway. */
  readonly relative: (gateway: Subject, base: Subject) => Cells
}

/** @param suffix what tells the rows from others of their table, such as how many streams there were */
export const rowsOf = (
  { pairs, peers, absent }: Pick<Bench, "pairs" | "peers" | "absent">,
  suffix: string,
  { own, relative }: Told,
): ReadonlyArray<Row> => {
  const told = new Set<Subject>()
  const baseRow = (name: string, base: Subject): ReadonlyArray<Row> => {
    if (told.has(base)) return []
    told.add(base)
    return [{ name, cells: own(base) }]
  }
  return [
    ...pairs.flatMap(({ runtime, base, gateway }): ReadonlyArray<Row> => [
      { name: runtime + suffix, cells: { ...relative(gateway, base), ...own(gateway) } },
      ...baseRow(`${runtime} ${base.name}${suffix}`, base),
    ]),
    ...peers.map((peer) => ({ name: peer.name + suffix, cells: own(peer) })),
    // A row without cells says that it was not measured.
    ...absent.map((name) => ({ name: name + suffix, cells: {} })),
  ]
}
