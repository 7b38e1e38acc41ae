/**
 * The header fields of one message, in the form that is cheapest to read and pass on.
 *
 * A runtime's `Headers` is made for safety and for every caller: Node 20 takes 16 µs to make one of 17 fields and 0.5 µs for
 * a `get`, Bun 1.4 takes 6 µs and 0.1 µs. A plain object takes 1 to 2 µs and 10 ns, and Bun's `fetch` and `Response` take
 * it as it is. (Flat arrays, `[name, value, …]`, are faster by a quarter on Node, but Bun then needs an object anyway,
 * which makes them twice as slow there.)
 *
 * @module
 */
import { memoizeByName } from "./memoize-name.ts"

type Values = Record<string, string>

/** Objects without a prototype, so that no name (`__proto__`, `constructor`) means anything; those of V8 are slow to fill. */
const Bag = function () {} as unknown as new () => Values
Bag.prototype = Object.create(null)

/** `Headers` of Bun, which give all fields in one object, `set-cookie` as a list. */
interface ListedHeaders extends Headers {
  readonly toJSON: () => Values & { "set-cookie"?: Array<string> }
}

const isListed = (headers: Headers): headers is ListedHeaders => "toJSON" in headers

type Pairs = Array<[name: string, value: string]>
// Type libraries differ in the names of these.
type PairIterator = ReturnType<Headers["entries"]>
type TextIterator = ReturnType<Headers["keys"]>

/** A field's name in lower case. */
const lowerCase = memoizeByName((name) => name.toLowerCase())

/** Two fields of one name are one list (RFC 9110 §5.3), and cookies are separated by semicolons (RFC 6265 §5.4). */
const join = (name: string, first: string, second: string): string =>
  `${first}${name === "cookie" ? "; " : ", "}${second}`

/**
 * Header fields by their names in lower case, in the order of arrival.
 *
 * Behaves as the runtime's `Headers` does (a property test holds it to that) and can be used in its place, but does not
 * validate names and values: they come from a parsed message, from `Headers`, or from code.
 */
export class HeaderFields implements Headers {
  readonly #values: Values
  /** The values of `set-cookie`, the only field whose values cannot be joined (RFC 9110 §5.3). */
  #cookies: Array<string> | undefined

  /**
   * @param values by names in lower case, without `set-cookie`; the object is not copied. None by default
   * @param cookies the values of `set-cookie`
   */
  constructor(values: Record<string, string> = new Bag(), cookies?: Array<string>) {
    this.#values = values
    this.#cookies = cookies
  }

  /** The fields of a runtime's message; the same object, not a copy, if they are `HeaderFields` already. */
  static of(headers: Headers): HeaderFields {
    if (headers instanceof HeaderFields) return headers
    if (!isListed(headers)) {
      const fields = new HeaderFields()
      // Not for…of, which takes 50 % longer on Deno (2.9).
      headers.forEach((value, name) => {
        if (name === "set-cookie") fields.#addCookie(value)
        else fields.#values[name] = value
      })
      return fields
    }
    const values = headers.toJSON()
    const cookies = values["set-cookie"]
    if (cookies === undefined) return new HeaderFields(values)
    delete values["set-cookie"]
    return new HeaderFields(values, cookies)
  }

  /**
   * The fields of a message from its parser's list.
   *
   * @param raw name, value, name, value, and so on: `rawHeaders` of `node:http`
   */
  static ofRaw(raw: ReadonlyArray<string>): HeaderFields {
    const fields = new HeaderFields()
    for (let index = 0; index < raw.length; index += 2) {
      fields.#add(lowerCase(raw[index] as string), raw[index + 1] as string)
    }
    return fields
  }

  /** The given fields. */
  static from(entries: Iterable<readonly [name: string, value: string]>): HeaderFields {
    const fields = new HeaderFields()
    for (const [name, value] of entries) fields.append(name, value)
    return fields
  }

  #addCookie(value: string): void {
    if (this.#cookies === undefined) this.#cookies = [value]
    else this.#cookies.push(value)
  }

  #add(name: string, value: string): void {
    if (name === "set-cookie") return this.#addCookie(value)
    const before = this.#values[name]
    this.#values[name] = typeof before === "string" ? join(name, before, value) : value
  }

  /** The value of a field, several joined; `null` if there is no such field. */
  get(name: string): string | null {
    // Bun's object has a prototype, whose members are not strings.
    const value = this.#values[name]
    if (typeof value === "string") return value
    if (name === "set-cookie") return this.#cookies?.join(", ") ?? null
    const lower = name.toLowerCase()
    return lower === name ? null : this.get(lower)
  }

  /** Whether there is a field of this name. */
  has(name: string): boolean {
    return this.get(name) !== null
  }

  /** The values of `set-cookie`, one by one. */
  getSetCookie(): Array<string> {
    return this.#cookies?.slice() ?? []
  }

  /** Sets a field, replacing any of its name. */
  set(name: string, value: string): void {
    const lower = name.toLowerCase()
    if (lower === "set-cookie") this.#cookies = [value]
    else if (lower === "__proto__") {
      // On Bun's object this would set the prototype.
      Object.defineProperty(this.#values, lower, {
        value,
        configurable: true,
        enumerable: true,
        writable: true,
      })
    } else this.#values[lower] = value
  }

  /** Appends a value to a field, which is created if absent. */
  append(name: string, value: string): void {
    const lower = name.toLowerCase()
    if (lower === "set-cookie") return this.#addCookie(value)
    const before = this.get(lower)
    this.set(lower, before === null ? value : join(lower, before, value))
  }

  /** Removes a field, if there is one. */
  delete(name: string): void {
    const lower = name.toLowerCase()
    if (lower === "set-cookie") this.#cookies = undefined
    // Deleting a property makes an object slow on V8.
    else if (typeof this.#values[lower] === "string") delete this.#values[lower]
  }

  /** Whether any name passes a test. */
  some(test: (name: string) => boolean): boolean {
    for (const name in this.#values) if (test(name)) return true
    return this.#cookies !== undefined && test("set-cookie")
  }

  /** A copy with the fields whose names pass a test. */
  filter(test: (name: string) => boolean): HeaderFields {
    const values = new Bag()
    for (const name in this.#values) if (test(name)) values[name] = this.#values[name] as string
    const cookies = this.#cookies !== undefined && test("set-cookie") ? this.#cookies.slice() : undefined
    return new HeaderFields(values, cookies)
  }

  /** An independent copy. */
  copy(): HeaderFields {
    return this.filter(() => true)
  }

  /** Every field, `set-cookie` once for each of its values. */
  #pairs(): Pairs {
    const pairs: Pairs = []
    for (const name in this.#values) pairs.push([name, this.#values[name] as string])
    for (const value of this.#cookies ?? []) pairs.push(["set-cookie", value])
    return pairs
  }

  [Symbol.iterator](): PairIterator {
    return this.#pairs()[Symbol.iterator]()
  }

  entries(): PairIterator {
    return this[Symbol.iterator]()
  }

  keys(): TextIterator {
    return this.#pairs().map(([name]) => name)[Symbol.iterator]()
  }

  values(): TextIterator {
    return this.#pairs().map(([, value]) => value)[Symbol.iterator]()
  }

  forEach(callback: (value: string, name: string, fields: this) => void): void {
    for (const [name, value] of this.#pairs()) callback(value, name, this)
  }

  /**
   * The fields for `fetch`, `Response`, `Request` and `Headers`, in the form that they read fastest: an object, not to be
   * changed, or pairs if an object would lose a field.
   */
  toInit(): Record<string, string> | Pairs {
    const isObject = this.#cookies === undefined && typeof this.#values["__proto__"] !== "string"
    return isObject ? this.#values : this.#pairs()
  }

  /** The fields for `node:http`: name, value, name, value, and so on. */
  toRaw(): Array<string> {
    const raw: Array<string> = []
    for (const name in this.#values) raw.push(name, this.#values[name] as string)
    for (const value of this.#cookies ?? []) raw.push("set-cookie", value)
    return raw
  }
}
