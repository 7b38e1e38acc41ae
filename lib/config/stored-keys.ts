/**
 * Keys of providers that the operator keeps for callers (Cloudflare's BYOK).
 *
 * @module
 */
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { recordOf, text } from "../schema/expected.ts"
import { SettingProblem } from "../schema/setting-problem.ts"
import { type HostFiles, noFiles, withoutLineBreak } from "./host-files.ts"

/** The variable or the file that holds a secret, or the name of a sealed one; the settings never hold it themselves. */
export const SecretReference = text(
  "env:NAME or file:PATH, with the secret in the variable NAME or in the file",
  (value) => /^(?:env:[A-Za-z_]\w*|sealed:[\w-]{1,64}|file:[^\0\r\n]+)$/.test(value),
)

/** `provider_keys`: by provider (`baseten`, `custom-{slug}`), then by alias. Requests use `default` unless they name another. */
export const ProviderKeys = recordOf(
  "baseten or custom-{slug}",
  (provider) => /^(?:baseten|custom-[a-z0-9-]{1,64})$/.test(provider),
  recordOf(
    "aliases of up to 64 letters, digits, dots, dashes and underscores",
    (alias) => /^[\w.-]{1,64}$/.test(alias),
    SecretReference,
  ),
)

/** Keys by provider and alias. */
export type StoredKeys = ReadonlyMap<string, ReadonlyMap<string, Redacted.Redacted<string>>>

/** Whether text refers to a secret that stands elsewhere. */
export const isReference = (text: string): boolean => /^(?:env|file|sealed):/.test(text)

/** Looks up the secret that a reference names. */
export type Resolve = (reference: string) => Redacted.Redacted<string>

/** A header value of two words, such as "Bearer x", is a secret too. */
const isSecret = (value: unknown): value is string =>
  typeof value === "string" && /^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/.test(value)

const secretOfFile = (path: string, files: HostFiles | undefined): Redacted.Redacted<string> => {
  const what = `the file ${path}, which a setting refers to, to hold a secret`
  if (files === undefined) throw new SettingProblem(`expected env:NAME in place of file:PATH: ${noFiles}`)
  const text = Result.map(files.read(path), withoutLineBreak)
  if (Result.isFailure(text)) throw new SettingProblem(`expected ${what}: ${text.failure}`)
  if (!isSecret(text.success)) throw new SettingProblem(`expected ${what}, in one line`)
  return Redacted.make(text.success)
}

/**
 * Resolves the references of declared settings. Throws `SettingProblem` if a variable is not set, a file cannot be read,
 * or what they hold is not a secret.
 */
export const resolveIn =
  (environment: Readonly<Record<string, unknown>>, files?: HostFiles): Resolve => (reference) => {
    const [, kind, name = ""] = /^(\w+):(.*)$/s.exec(reference) ?? []
    if (kind === "file") return secretOfFile(name, files)
    if (kind === "sealed") {
      throw new SettingProblem(
        "expected env:NAME: sealed secrets are for what the management API has written",
      )
    }
    const value = environment[name]
    if (!isSecret(value)) {
      throw new SettingProblem(`expected the variable ${name}, which a setting refers to, to hold a secret`)
    }
    return Redacted.make(value)
  }

/**
 * Resolves the references of entries that were written through the management API: whoever writes there may use sealed
 * secrets and the variables that the operator named, but not read those of the gateway itself.
 */
export const managedResolver =
  (declared: Resolve, sealed: (reference: string) => Redacted.Redacted<string> | undefined): Resolve =>
  (reference) => {
    if (reference.startsWith("sealed:")) {
      const secret = sealed(reference)
      if (secret === undefined) throw new SettingProblem(`expected ${reference} to be a secret that is kept`)
      return secret
    }
    if (/^env:basegate_/i.test(reference)) {
      throw new SettingProblem("expected a variable whose name does not begin with BASEGATE_")
    }
    if (reference.startsWith("file:")) {
      throw new SettingProblem("expected env:NAME: files are for settings that are declared")
    }
    return declared(reference)
  }

/** The secret of a setting: its text, or that of the variable it refers to. */
export const secretOf = (text: string, resolve: Resolve): Redacted.Redacted<string> =>
  isReference(text) ? resolve(text) : Redacted.make(text)

/** The keys of an entry, which go before the one that every gateway has from `BASETEN_API_KEY`. */
export const storedKeys = (
  entry: typeof ProviderKeys.Type | undefined,
  basetenKey: Redacted.Redacted<string> | undefined,
  resolve: Resolve,
): StoredKeys => {
  const keys = new Map<string, Map<string, Redacted.Redacted<string>>>()
  if (basetenKey !== undefined) keys.set("baseten", new Map([["default", basetenKey]]))
  for (const [provider, aliases] of Object.entries(entry ?? {})) {
    const ofProvider = keys.get(provider) ?? new Map<string, Redacted.Redacted<string>>()
    keys.set(provider, ofProvider)
    for (const [alias, reference] of Object.entries(aliases)) ofProvider.set(alias, resolve(reference))
  }
  return keys
}
