/**
 * Reads the options of a command. `node:util` parses them: it is on Node, Bun and Deno, and a package for this would be more
 * than all that is written here.
 *
 * @module
 */
import { parseArgs } from "node:util"
import { nearestName } from "../schema/nearest-name.ts"
import { Misuse } from "./command.ts"

/** The options that a command knows. `help` is one of every command. */
export type KnownOptions = Readonly<
  Record<string, { readonly type: "string" | "boolean"; readonly short?: string }>
>

/** What was given. */
export interface GivenOptions {
  /** The value of an option; the empty text for one that takes none. */
  readonly options: ReadonlyMap<string, string>
  readonly positionals: ReadonlyArray<string>
}

/**
 * The options as they were given. Throws a `Misuse` that says what is wrong.
 *
 * @param positionals how many words that belong to no option are taken
 */
export const givenOptions = (
  args: ReadonlyArray<string>,
  given: KnownOptions,
  positionals = 0,
): GivenOptions => {
  const known: KnownOptions = { ...given, help: { type: "boolean", short: "h" } }
  const { tokens } = parseArgs({ args: [...args], options: known, strict: false, tokens: true })
  const found = new Map<string, string>()
  const words: Array<string> = []
  for (const token of tokens) {
    if (token.kind === "positional") {
      words.push(token.value)
      if (words.length > positionals) {
        throw new Misuse(`"${token.value}" is not an option's value. See --help.`)
      }
    }
    if (token.kind !== "option") continue
    const { name, rawName, value, inlineValue } = token
    const option = Object.hasOwn(known, name) ? known[name] : undefined
    if (option === undefined) {
      const nearest = nearestName(name, Object.keys(known))
      throw new Misuse(
        `there is no option ${rawName}${
          nearest === undefined ? ". See --help." : `; perhaps --${nearest} was meant`
        }`,
      )
    }
    const takesValue = option.type === "string"
    const missing = value === undefined || value === "" || (value.startsWith("-") && !inlineValue)
    if (takesValue && missing) throw new Misuse(`--${name} needs a value. See --help.`)
    if (!takesValue && value !== undefined) throw new Misuse(`--${name} takes no value`)
    if (found.has(name)) throw new Misuse(`--${name} was given twice`)
    found.set(name, value ?? "")
  }
  return { options: found, positionals: words }
}

/** A gateway as `--gateway` takes it: `{account_id}/{gateway_id}`. */
export const gatewayOption = (
  text: string | undefined,
): { readonly account: string; readonly gateway: string } | undefined => {
  if (text === undefined) return undefined
  const [, account, gateway] = /^([\w-]{1,64})\/([\w-]{1,64})$/.exec(text) ?? []
  if (account === undefined || gateway === undefined) {
    throw new Misuse("--gateway takes {account_id}/{gateway_id}")
  }
  return { account, gateway }
}
