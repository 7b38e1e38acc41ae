/**
 * Redacts the secrets that the gateway knows from texts.
 *
 * A secret is found as it is, escaped within JSON (`\/`, `\u003d`, and again where JSON stands within JSON) and
 * percent-encoded. It is not found in another encoding, such as base64 of a text that holds it, nor where other
 * text stands within it.
 *
 * @module
 */
import { plainText, unescape } from "./unescape.ts"

/** A matcher of secrets. */
export interface Secrets {
  /** Whether a text contains one of them. */
  readonly contains: (text: string) => boolean
  /** The same of a text without escapes (`plainText`), which several matchers can share. */
  readonly containsPlain: (plain: string) => boolean
  /** Where they stand in a text without escapes. */
  readonly find: (plain: string) => ReadonlyArray<readonly [from: number, to: number]>
}

/** What stands in place of a secret. */
export const redactionMark = "[redacted]"

/** Shorter values would redact ordinary words, and are not worth the name of a secret. */
const shortest = 6

/**
 * A longer secret is matched by so many of its characters, and redacted as far as it continues: comparing all of a
 * repetitive secret at every place of a repetitive text takes minutes.
 */
const compared = 1024

/** Above this number, one pattern of all is faster than looking for each. */
const several = 8

const literally = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")

/** Whether a head has another one in it: a text without that one contains neither. */
const isCovered = (head: string, heads: ReadonlyArray<string>): boolean => {
  for (const other of heads) if (other.length < head.length && head.includes(other)) return true
  return false
}

/** A class, since each request has secrets of its own, which hardly any text contains. */
class KnownSecrets implements Secrets {
  readonly #needles: ReadonlyArray<string>
  /** One pattern for many secrets, or the heads of a few. */
  readonly #pattern: RegExp | undefined
  readonly #looked: ReadonlyArray<string>

  constructor(needles: ReadonlyArray<string>) {
    this.#needles = needles
    const heads: Array<string> = []
    for (const needle of needles) heads.push(needle.slice(0, compared))
    this.#pattern = heads.length > several ? new RegExp(heads.map(literally).join("|")) : undefined
    const looked: Array<string> = []
    if (this.#pattern === undefined) {
      for (const head of heads) {
        if (!isCovered(head, heads)) looked.push(head)
      }
    }
    this.#looked = looked
  }
  contains(text: string): boolean {
    return this.containsPlain(plainText(text))
  }
  containsPlain(plain: string): boolean {
    if (this.#pattern !== undefined) return this.#pattern.test(plain)
    for (const head of this.#looked) if (plain.includes(head)) return true
    return false
  }
  find(plain: string): ReadonlyArray<readonly [from: number, to: number]> {
    const found: Array<readonly [from: number, to: number]> = []
    for (const needle of this.#needles) {
      const head = needle.slice(0, compared)
      for (let at = plain.indexOf(head); at !== -1;) {
        let length = head.length
        while (length < needle.length && plain[at + length] === needle[length]) length++
        found.push([at, at + length])
        at = plain.indexOf(head, at + Math.max(1, length - head.length + 1))
      }
    }
    return found
  }
}

/** Makes a matcher. Values under six characters are ignored. */
export const secretsOf = (values: ReadonlyArray<string>): Secrets => {
  const needles: Array<string> = []
  // What a few values name twice is found twice, and redacted once.
  for (const value of values.length > several ? new Set(values) : values) {
    const plain = plainText(value)
    if (plain.length >= shortest) needles.push(plain)
  }
  return new KnownSecrets(needles)
}

/** A text with every one of the secrets redacted. */
export const redact = (text: string, ...known: ReadonlyArray<Secrets>): string => {
  if (!known.some((secrets) => secrets.contains(text))) return text
  const { plain, place } = unescape(text)
  const found = known.flatMap((secrets) => secrets.find(plain)).sort(([one], [other]) => one - other)
  let blotted = ""
  let end = 0
  for (const [from, to] of found) {
    const [begin] = place(from)
    // Secrets that overlap leave a single mark.
    if (begin >= end) blotted += text.slice(end, begin) + redactionMark
    end = Math.max(end, place(to - 1)[1])
  }
  return blotted + text.slice(end)
}

/** Words in a header's value that are not secrets: the schemes of credentials. */
const scheme = /^(?:bearer|api-key|basic|digest|token)$/i

/** How many words of a header are read; one with more does not hold a credential. */
const mostWords = 16

/** What Basic encodes (RFC 7617 §2): a name and a password, one of which may be missing. */
const decodedBasic = (token: string): ReadonlyArray<string> => {
  try {
    const pair = atob(token)
    const colon = pair.indexOf(":")
    return [pair, pair.slice(colon + 1) || pair.slice(0, colon)]
  } catch {
    return []
  }
}

/** A credential as nearly all come: one word, after its scheme or alone. */
const usual = /^(?:(?:bearer|api-key) )?([^\s,]+)$/i

/** The secrets in the value of a header that holds a credential, or several. */
export const secretsIn = (value: string): ReadonlyArray<string> => {
  const [, word] = usual.exec(value) ?? []
  if (word !== undefined && !scheme.test(word)) return [value, word]
  const words = value.split(/[\s,]+/, mostWords)
  const secrets = [value.trim(), ...words].filter((word) => !scheme.test(word))
  const [, basic] = /\bbasic\s+([^\s,]+)/i.exec(value) ?? []
  return basic === undefined ? secrets : [...secrets, ...decodedBasic(basic)]
}
