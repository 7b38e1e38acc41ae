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
  /** How a gateway's compare with those of its floor, or of an older gateway. */
  readonly relative: (gateway: Subject, other: Subject) => Cells
  /** How they compare with a peer's. */
  readonly toPeer?: (gateway: Subject, peer: Subject) => Cells
}

/** The name of a gateway's row, without a suffix. */
export const rowName = (group: string, { name }: Pick<Subject, "name">): string =>
  name === "gateway" ? group : `${group} ${name}`

/** @param suffix what tells the rows from others of their table, such as how many streams there were */
export const rowsOf = (
  { groups, peers }: Pick<Bench, "groups" | "peers">,
  suffix: string,
  { own, relative, toPeer }: Told,
): ReadonlyArray<Row> => {
  const told = new Set<Subject>()
  const baseRow = (name: string, base: Subject): ReadonlyArray<Row> => {
    if (told.has(base)) return []
    told.add(base)
    return [{ name, cells: own(base) }]
  }
  return [
    ...groups.flatMap(({ name, base, gateways }): ReadonlyArray<Row> => [
      ...gateways.map((gateway, place) => {
        const compared = [
          ...[base, ...gateways.slice(0, place)].map((other) => relative(gateway, other)),
          ...peers.map((peer) => toPeer?.(gateway, peer)),
          own(gateway),
        ]
        return {
          name: rowName(name, gateway) + suffix,
          cells: Object.assign({}, ...compared) as Cells,
        }
      }).toReversed(),
      ...baseRow(`${name} ${base.name}${suffix}`, base),
    ]),
    ...peers.map((peer) => ({ name: peer.name + suffix, cells: own(peer) })),
  ]
}
