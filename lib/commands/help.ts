/**
 * The text of `basegate --help`.
 *
 * @module
 */
import { product } from "../version.ts"

/** Lists the commands, and where to read more. */
export const help =
  `basegate ${product.version}: an AI gateway for Baseten that speaks Cloudflare AI Gateway's wire.

  basegate [command] [options]

  start          serves; this, if no command is said
  init           writes a basegate.yaml to begin with
  check [file]   says what is wrong with the settings, or what holds
  logs           shows what the request log holds
  usage          sums up requests, tokens and cost, by token, model and more
  demo           calls a gateway in front of a simulator of Baseten: nothing to sign up for
  conform <url>  checks the wire of any gateway from outside, and scores it
  help <command> its options, with examples

  --version, --help

Examples

  basegate init && basegate check && basegate start --port 9000
  basegate logs --failed --since 1h
  basegate usage --by token --month 2026-11

It exits with 0 if all went well, with 1 if there is a problem, and with 2 if it was not understood. NO_COLOR is obeyed.`
