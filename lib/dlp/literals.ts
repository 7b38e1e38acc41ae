/**
 * Finds thousands of literal texts in one pass (Aho–Corasick).
 *
 * @module
 */

/** The texts that a detector looks for, in folded form (`fold.ts`). */
export interface LiteralSet {
  readonly detector: number
  readonly texts: ReadonlyArray<string>
}

/** An occurrence of one of the texts. */
export interface LiteralMatch {
  readonly detector: number
  readonly start: number
  readonly end: number
}

/**
 * The most entries in the transition table (16 MiB). Further transitions are found by following the failure links.
 */
const mostEntries = 4_194_304

/** An Aho–Corasick automaton. Nodes are numbers; 0 is the root. */
export class Literals {
  /** The length of the prefix that each node stands for. */
  readonly depths: Int32Array
  readonly #classOf = new Uint16Array(0x10000)
  readonly #classes: number
  /** Children, keyed by `node * classes + class`. */
  readonly #children = new Map<number, number>()
  readonly #fails: Int32Array
  /** The nearest node along the failure links at which a text ends; 0 if there is none. */
  readonly #ends: Int32Array
  /** The detectors of the text that ends at a node. */
  readonly #detectors: Array<ReadonlyArray<number> | undefined> = []
  /** Whether a text ends at a node. */
  readonly #finds: Uint8Array
  /** Each node's row in the table, from 1; 0 if it has none. */
  readonly #rows: Int32Array
  #table: Int32Array
  #used = 0

  constructor(sets: ReadonlyArray<LiteralSet>) {
    let classes = 1
    for (const { texts } of sets) {
      for (const text of texts) {
        for (let at = 0; at < text.length; at++) {
          const unit = text.charCodeAt(at)
          if (this.#classOf[unit] === 0) this.#classOf[unit] = classes++
        }
      }
    }
    this.#classes = classes
    const depths = [0]
    const order: Array<readonly [parent: number, unit: number, node: number]> = []
    for (const { detector, texts } of sets) {
      for (const text of texts) {
        let node = 0
        for (let at = 0; at < text.length; at++) {
          const unit = this.#classOf[text.charCodeAt(at)] as number
          const key = node * classes + unit
          let child = this.#children.get(key)
          if (child === undefined) {
            child = depths.push(at + 1) - 1
            this.#children.set(key, child)
            order.push([node, unit, child])
          }
          node = child
        }
        if (node !== 0) this.#detectors[node] = [...this.#detectors[node] ?? [], detector]
      }
    }
    this.depths = Int32Array.from(depths)
    this.#fails = new Int32Array(depths.length)
    this.#ends = new Int32Array(depths.length)
    this.#finds = new Uint8Array(depths.length)
    this.#rows = new Int32Array(depths.length)
    this.#table = new Int32Array(64 * classes).fill(-1)
    // Shorter prefixes first: failure links lead to shorter ones.
    order.sort(([, , one], [, , other]) => (depths[one] ?? 0) - (depths[other] ?? 0))
    for (const [parent, unit, node] of order) {
      const fail = parent === 0 ? 0 : this.#next(this.#fails[parent] as number, unit)
      this.#fails[node] = fail
      this.#ends[node] = this.#detectors[fail] === undefined ? this.#ends[fail] as number : fail
      this.#finds[node] = this.#ends[node] !== 0 || this.#detectors[node] !== undefined ? 1 : 0
    }
  }

  /**
   * Continues through a text, and adds the occurrences that it finds to `found`.
   *
   * @returns the node reached at `to`
   */
  run(text: string, from: number, to: number, state: number, found: Array<LiteralMatch>): number {
    const classes = this.#classes
    const classOf = this.#classOf
    const rows = this.#rows
    const finds = this.#finds
    let table = this.#table
    let node = state
    for (let at = from; at < to; at++) {
      const unit = classOf[text.charCodeAt(at)] as number
      const row = rows[node] as number
      let next = row === 0 ? -1 : table[(row - 1) * classes + unit] as number
      if (next === -1) {
        next = this.#remember(node, unit)
        table = this.#table
      }
      node = next
      if (finds[node] === 1) this.#collect(node, at + 1, found)
    }
    return node
  }

  #collect(node: number, end: number, found: Array<LiteralMatch>): void {
    for (let at = node; at !== 0; at = this.#ends[at] as number) {
      for (const detector of this.#detectors[at] ?? []) {
        found.push({ detector, start: end - (this.depths[at] as number), end })
      }
    }
  }

  #next(from: number, unit: number): number {
    if (unit === 0) return 0
    for (let node = from;; node = this.#fails[node] as number) {
      const child = this.#children.get(node * this.#classes + unit)
      if (child !== undefined) return child
      if (node === 0) return 0
    }
  }

  /** Finds a transition and stores it in the table if there is room. */
  #remember(node: number, unit: number): number {
    const next = this.#next(node, unit)
    let row = this.#rows[node] as number
    if (row === 0) {
      if ((this.#used + 1) * this.#classes > mostEntries) return next
      row = this.#rows[node] = ++this.#used
      if (row * this.#classes > this.#table.length) {
        const larger = new Int32Array(2 * this.#table.length).fill(-1)
        larger.set(this.#table)
        this.#table = larger
      }
    }
    this.#table[(row - 1) * this.#classes + unit] = next
    return next
  }
}
