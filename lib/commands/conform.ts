/**
 * `basegate conform`: runs checks of the wire protocol against any gateway, and scores them.
 *
 * @module
 */
import { type Command, CommandProblem, exitCode, Misuse } from "./command.ts"
import { parseOrUndefined } from "../json/parse.ts"
import { gatewayOption, givenOptions } from "./options.ts"

interface ConformModule {
  readonly runConform: (run: {
    readonly url: string
    readonly account: string
    readonly gateway: string
    readonly key: string
    readonly token: string | undefined
    readonly adminToken: string | undefined
    readonly route: string | undefined
    readonly providerPath: string | undefined
    readonly headers: Readonly<Record<string, string>>
    readonly upstreamPort: number
    readonly wait: number
    readonly isJson: boolean
    readonly tell: (line: string) => void
    readonly say: (line: string) => void
  }) => Promise<{ readonly failed: number } | undefined>
}

const help = `Checks the wire of a gateway from outside: Cloudflare AI Gateway's in front of Baseten.

  basegate conform <url> [options]

  --upstream-port <n>    where the simulator of Baseten listens that the gateway is to call; 9100 if not said
  --gateway <a/g>        the account's and the gateway's id in paths; conform/conform if not said
  --key <key>            the provider key that calls bring; sk-conform if not said
  --token <token>        a gateway token, if the gateway wants one
  --admin-token <token>  of the management API, for the checks of the log
  --route <name>         a dynamic route that the gateway has
  --provider-path <path> where the provider's own paths begin, if that is not /v1/{account}/{gateway}/baseten: / for
                         a gateway that takes /v1/chat/completions; what only Cloudflare's paths have is skipped then
  --headers <json>       headers that every call brings, such as '{"x-portkey-provider": "openai"}'
  --wait <seconds>       how long the gateway is waited for; 120 if not said
  --json                 the findings for other programs
  --help                 this

Examples

  basegate conform http://127.0.0.1:8787
  basegate conform https://gateway.example --gateway acme/team --token "$TOKEN" --json > findings.json

It starts a simulator of Baseten, prints the variables that point a basegate at it (other gateways have settings of
their own for that), and runs once a call of the gateway reaches it. Nothing is called beyond the two. The exit code
is 0 if every check passed, or was skipped since it does not apply, and 1 if one failed.`

const known = {
  "upstream-port": { type: "string" },
  gateway: { type: "string" },
  key: { type: "string" },
  token: { type: "string" },
  "admin-token": { type: "string" },
  route: { type: "string" },
  "provider-path": { type: "string" },
  headers: { type: "string" },
  wait: { type: "string" },
  json: { type: "boolean" },
} as const

const numberOf = (name: string, text: string | undefined, usual: number, most: number): number => {
  if (text === undefined) return usual
  const value = Number(text)
  if (/^\d+$/.test(text) && value <= most) return value
  throw new Misuse(`--${name} takes a whole number up to ${most}`)
}

const providerPathOf = (text: string | undefined): string | undefined => {
  if (text !== undefined && !/^\/[\w./-]*$/.test(text)) {
    throw new Misuse("--provider-path takes a path, such as / or /openai")
  }
  return text
}

const headersOf = (text: string | undefined): Readonly<Record<string, string>> => {
  const value = text === undefined ? {} : parseOrUndefined(text)
  const isRecord = typeof value === "object" && value !== null && !Array.isArray(value)
  if (!isRecord || !Object.values(value).every((each) => typeof each === "string")) {
    throw new Misuse(`--headers takes names and values as JSON, such as '{"x-name": "value"}'`)
  }
  return value as Readonly<Record<string, string>>
}

const addressOf = (text: string | undefined): string => {
  if (text === undefined) throw new Misuse("it takes the address of a gateway, such as http://127.0.0.1:8787")
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new Misuse(`"${text}" is not the address of a gateway: it begins with http:// or https://`)
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`
}

/** Runs the checks, which are in a file next to the command. */
export const conform: Command = async ({ args, say }) => {
  const { options, positionals: [address] } = givenOptions(args, known, 1)
  if (options.has("help")) {
    say(help)
    return exitCode.ok
  }
  const url = addressOf(address)
  const { account, gateway } = gatewayOption(options.get("gateway")) ??
    { account: "conform", gateway: "conform" }
  const isJson = options.has("json")
  const run = {
    url,
    account,
    gateway,
    key: options.get("key") ?? "sk-conform",
    token: options.get("token"),
    adminToken: options.get("admin-token"),
    route: options.get("route"),
    providerPath: providerPathOf(options.get("provider-path")),
    headers: headersOf(options.get("headers")),
    upstreamPort: numberOf("upstream-port", options.get("upstream-port"), 9100, 65_535),
    wait: numberOf("wait", options.get("wait"), 120, 86_400),
    isJson,
    tell: isJson ? (line: string) => console.error(line) : say,
    say,
  }
  const place = new URL("conform.mjs", import.meta.url).href
  const { runConform } = await (import(place) as Promise<ConformModule>).catch(() => {
    throw new CommandProblem(
      "the checks are built with the package: npm run build, then node dist/cli.mjs conform",
    )
  })
  const findings = await runConform(run)
  if (findings === undefined) {
    throw new CommandProblem(
      `no call of ${url} has reached the simulator. Point the gateway at it, and try again.`,
    )
  }
  return findings.failed === 0 ? exitCode.ok : exitCode.problem
}
