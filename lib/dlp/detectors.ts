/**
 * The built-in detectors: the pattern of each kind, and the check that rules out what only looks like it.
 *
 * @module
 */
import { acceptIpv4, acceptIpv6, acceptLocalPhone, acceptSecret, acceptSsn, ibanCountries } from "./checks.ts"
import { type Find, findCard, findIban } from "./number-search.ts"

/** The names of the built-in detectors. */
export type DetectorName = "email" | "phone" | "card" | "iban" | "ssn" | "ip" | "secret"

/**
 * Checks a match of the pattern.
 *
 * @param before the UTF-16 code unit before the text; 0 if there is none
 * @returns where the match really ends; `retry` to search on from its next character; `skip` to search on after it
 */
export type Accept = (text: string, start: number, end: number, before: number) => number

/** One way to write what a detector finds. */
export interface Spelling {
  /** An expression in the syntax of `parseRegex`. */
  readonly pattern: string
  readonly accept?: Accept
  /** Searches in place of the pattern, which then only says that a match is possible. */
  readonly find?: Find
}

/** Latin, Greek and Cyrillic letters only: scripts without spaces may be written right next to an address. */
const letters = String.raw`A-Za-z\u00c0-\u024f\u0370-\u052f`
const pemLabel = "(?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?"

const secrets: ReadonlyArray<Spelling> = [
  // OpenAI, Anthropic, OpenRouter and others. Names such as sk-learn-contrib have no digit.
  { pattern: String.raw`\bsk-[\w-]{16,}`, accept: acceptSecret },
  { pattern: String.raw`\bgh[opusr]_[A-Za-z0-9]{20,}` },
  { pattern: String.raw`\bgithub_pat_\w{20,}` },
  { pattern: String.raw`\bglpat-[\w-]{20,}` },
  { pattern: String.raw`\bxox[abeoprs]-[A-Za-z0-9-]{10,}` },
  { pattern: String.raw`\b(?:AKIA|ASIA)[A-Z0-9]{16}\b` },
  { pattern: String.raw`(?i)\baws_?secret_?(?:access_?)?key["']? ?[:=] ?["']?[a-z0-9/+]{40}` },
  { pattern: String.raw`\bAIza[\w-]{35}` },
  { pattern: String.raw`\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}` },
  { pattern: String.raw`\bhf_[A-Za-z0-9]{30,}` },
  { pattern: String.raw`\bnpm_[A-Za-z0-9]{36}` },
  // Baseten.
  { pattern: String.raw`\b[A-Za-z0-9]{8}\.[A-Za-z0-9]{32}\b`, accept: acceptSecret },
  // A JSON Web Token: its first two parts are JSON objects in base64url.
  { pattern: String.raw`\beyJ[\w-]{5,}\.eyJ[\w-]{5,}\.[\w-]*` },
  {
    pattern: `-----BEGIN ${pemLabel}-----` +
      // No two hyphens before the end marker: otherwise each beginning without one would be searched to the end of
      // the text.
      String.raw`(?:(?:-?[^-])*?-----END ${pemLabel}-----|[A-Za-z0-9+/=\s]*)`,
  },
]

const spellings: Readonly<Record<DetectorName, ReadonlyArray<Spelling>>> = {
  email: [{
    pattern: String.raw`[${letters}\d_][${letters}\w.%+'-]*@(?:[${letters}\d-]+\.)+[${letters}]{2,}`,
  }],
  phone: [
    // International: 7 to 15 digits (ITU-T E.164).
    { pattern: String.raw`\+[1-9]\d{0,3}(?:[ .-]?\(\d{1,4}\) ?)?(?:[ ./-]?\d){4,12}\b` },
    { pattern: String.raw`\b00[1-9]\d{0,2}(?: ?\(\d{1,4}\) ?)?(?:[ ./-]?\d){5,12}\b` },
    // North America.
    { pattern: String.raw`(?:\b1[ .-]?)?\(\d{3}\) ?\d{3}[ .-]\d{4}\b` },
    { pattern: String.raw`\b(?:1[ .-])?\d{3}(?:-\d{3}-|\.\d{3}\.| \d{3} |-\d{3} | \d{3}-)\d{4}\b` },
    // Elsewhere, with the 0 before an area code.
    { pattern: String.raw`\(?\b0\d{1,4}\)?[ ./-]\d{2,8}(?:[ ./-]\d{2,5}){0,4}\b`, accept: acceptLocalPhone },
  ],
  card: [{ pattern: String.raw`\b\d(?:[ .-]?\d){12,18}\b`, find: findCard }],
  iban: [{
    pattern: String.raw`(?i)\b(?:${ibanCountries.join("|")})\d\d(?:[ -]?[a-z0-9]){11,30}\b`,
    find: findIban,
  }],
  ssn: [{ pattern: String.raw`\b\d{3}(?:-\d\d-|[ ]\d\d[ ])\d{4}\b(?:-?\d+)*`, accept: acceptSsn }],
  ip: [
    { pattern: String.raw`\b\d{1,3}(?:\.\d{1,3}){3,}\b`, accept: acceptIpv4 },
    { pattern: String.raw`(?:\b[\da-fA-F]{1,4}:|\B::)[\da-fA-F:.]*[\da-fA-F:]`, accept: acceptIpv6 },
  ],
  secret: secrets,
}

/** The spellings of a detector. */
export const spellingsOf = (name: DetectorName): ReadonlyArray<Spelling> => spellings[name]

/** All names, in the order of the documentation. */
export const detectorNames = Object.keys(spellings) as ReadonlyArray<DetectorName>
