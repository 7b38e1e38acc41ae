/**
 * Secrets that the gateway knows, and texts without them.
 *
 * A secret is found as it is, escaped within JSON (`\/`, `\u003d`, and again where JSON stands within JSON) and
 * percent-encoded. It is not found in another encoding, such as base64 of a text that holds it, nor where other
 * text stands within it.
 *
 * @module
 */
import { plainText, unescape } from "./unescape.ts"

/** Secrets made ready to be looked for. */
export interface Secrets {
  /** Whether a text holds one of them. */
  readonly contains: (text: string) => boolean
  /** Where they stand in a text without escapes. */
  readonly find: (plain: string) => ReadonlyArray<readonly [from: number, to: number]>
}

/** What stands in place of a secret. */
export const redactionMark = "[redacted]"

/** Shorter ones would blot out words; none that is worth the name is. */
const shortest = 6

/**
 * A longer one is looked for by as many characters of it, and blotted out as far as it goes on: to compare all of one that
 * repeats itself with every place of a text that does takes minutes.
 */
const compared = 1024

/** Above so many, one pattern of all is faster than looking for each. */
const several = 8

const literally = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")

/** Makes secrets ready. Those of less than six characters are left out. */
export const secretsOf = (values: Iterable<string>): Secrets => {
  const needles = [...new Set([...values].map(plainText))].filter(({ length }) => length >= shortest)
  const heads = needles.map((needle) => needle.slice(0, compared))
  const pattern = heads.length > several ? new RegExp(heads.map(literally).join("|")) : undefined
  return {
    contains: (text) => {
      const plain = plainText(text)
      return pattern?.test(plain) ?? heads.some((head) => plain.includes(head))
    },
    find: (plain) => {
      const found: Array<readonly [from: number, to: number]> = []
      for (const needle of needles) {
        const head = needle.slice(0, compared)
        for (let at = plain.indexOf(head); at !== -1;) {
          let length = head.length
          while (length < needle.length && plain[at + length] === needle[length]) length++
          found.push([at, at + length])
          at = plain.indexOf(head, at + Math.max(1, length - head.length + 1))
        }
      }
      return found
    },
  }
}

/** A text with every one of the secrets blotted out. */
export const redact = (text: string, ...known: ReadonlyArray<Secrets>): string => {
  if (!known.some(({ contains }) => contains(text))) return text
  const { plain, place } = unescape(text)
  const found = known.flatMap(({ find }) => find(plain)).sort(([one], [other]) => one - other)
  let blotted = ""
  let end = 0
  for (const [from, to] of found) {
    const [begin] = place(from)
    // Of secrets that overlap one blot is left.
    if (begin >= end) blotted += text.slice(end, begin) + redactionMark
    end = Math.max(end, place(to - 1)[1])
  }
  return blotted + text.slice(end)
}

/** Words of a header's value that are no secrets: schemes that credentials come in. */
const scheme = /^(?:bearer|api-key|basic|digest|token)$/i

/** As many are read of a header; one with more holds no credential. */
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

/** The secrets in the value of a header that holds a credential, or several. */
export const secretsIn = (value: string): ReadonlyArray<string> => {
  const words = value.split(/[\s,]+/, mostWords)
  const secrets = [value.trim(), ...words].filter((word) => !scheme.test(word))
  const [, basic] = /\bbasic\s+([^\s,]+)/i.exec(value) ?? []
  return basic === undefined ? secrets : [...secrets, ...decodedBasic(basic)]
}
