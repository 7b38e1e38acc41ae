/** Compares tokens with the texts that they should be: settings have their digests. */
import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { hex } from "../../lib/bytes/hex.ts"
import type { KnownSecret } from "../../lib/redaction/known-secret.ts"

/** The SHA-256 of a text, in hex. */
export const sha256Of = (text: string): string => createHash("sha256").update(text).digest("hex")

/** Asserts that tokens have these values, in this order. */
export const assertValues = (
  tokens: ReadonlyArray<KnownSecret> | undefined,
  texts: ReadonlyArray<string>,
): void => assert.deepEqual((tokens ?? []).map(({ digest }) => hex(digest)), texts.map(sha256Of))
