/**
 * Objects that come and go, such as the running requests.
 *
 * Not a `Set`: V8 (Node 20) makes a new table of it again and again as its members change, and each old table, which lives
 * until the next collection of old objects, keeps the members it had, and the table after it, so that nearly all that ever
 * were members survive their calls.
 *
 * @module
 */

/** What can be a member of one roster. */
export interface Member {
  /** Its place in the roster; -1 if it is in none. Set by the roster alone. */
  place: number
}

/** Its members, in no order. */
export class Roster<M extends Member> {
  readonly #members: Array<M> = []

  add(member: M): void {
    if (member.place === -1) member.place = this.#members.push(member) - 1
  }
  /** Does nothing if it is not a member. */
  delete(member: M): void {
    const { place } = member
    if (place === -1) return
    member.place = -1
    const last = this.#members.pop()
    if (last === undefined || last === member) return
    this.#members[place] = last
    last.place = place
  }
  /** The members now: others may come or go meanwhile. */
  all(): ReadonlyArray<M> {
    return this.#members.slice()
  }
}
