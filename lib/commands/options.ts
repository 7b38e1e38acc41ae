/**
 * Reads the options of a command. `node:util`, which Node, Bun and Deno have, parses them; a package for that would
 * be larger than this file.
 *
 * @module
 */
import { parseArgs } from "node:util"
import { nearestName } from "../schema/nearest-name.ts"
import { Misuse } from "./command.ts"

/** The options that a command knows; every command also has `help`. */
export type KnownOptions = Readonly<
  Record<string, { readonly type: "string" | "boolean"; readonly short?: string }>
>

/** The arguments that were given. */
export interface GivenOptions {
  /** The values of options; an empty text for an option without a value. */
  readonly options: ReadonlyMap<string, string>
  readonly positionals: ReadonlyArray<string>
}

/**
 * Parses arguments. Throws a `Misuse` that says what is wrong with them.
 *
 * @param positionals the most arguments that are not options
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

/** Parses the gateway of `--gateway`: `{account_id}/{gateway_id}`. */
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
