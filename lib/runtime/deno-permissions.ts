/**
 * What Deno permits the process to do. On the other runtimes everything is permitted.
 *
 * Deno must never prompt by itself, as it does on a terminal whenever something is used without permission: for each
 * variable, and for each host in the middle of a call, while every other request waits for the answer.
 *
 * @module
 */

type Descriptor =
  | { readonly name: "env"; readonly variable?: string }
  | { readonly name: "net"; readonly host?: string }
  | { readonly name: "read" | "write"; readonly path: string }

interface Status {
  readonly state: "granted" | "denied" | "prompt"
  /** Whether part of what is granted is denied again (`--deny-env=…`). */
  readonly partial?: boolean
}

/** The part of Deno's API that is used here. */
interface DenoHost {
  readonly mainModule?: string
  readonly permissions?: {
    readonly querySync: (descriptor: Descriptor) => Status
    readonly requestSync: (descriptor: Descriptor) => Status
  }
}

const { Deno: host } = globalThis as { readonly Deno?: DenoHost }
const permissions = host?.permissions

const isWhole = ({ state, partial }: Status): boolean => state === "granted" && partial !== true

/** Whether something is granted in full. Does not prompt. */
const isGranted = (descriptor: Descriptor): boolean =>
  permissions === undefined || isWhole(permissions.querySync(descriptor))

/** An environment of the variables that may be read. */
export const grantedEnvironment = (
  env: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> => {
  if (permissions === undefined) return env
  const status = permissions.querySync({ name: "env" })
  if (isWhole(status)) return env
  const mayRead = (variable: string): boolean => isGranted({ name: "env", variable })
  if (status.state === "granted") {
    return Object.fromEntries(Object.keys(env).filter(mayRead).map((variable) => [variable, env[variable]]))
  }
  // Listing the variables is not permitted either.
  return new Proxy<Record<string, unknown>>({}, {
    get: (_, variable) => typeof variable === "string" && mayRead(variable) ? env[variable] : undefined,
  })
}

/** Whether any host may be called. */
export const mayCallAll = (): boolean => isGranted({ name: "net" })

/** Whether a URL may be called. */
export const mayCall = ({ hostname, port, protocol }: URL): boolean =>
  isGranted({ name: "net", host: `${hostname}:${port || (protocol === "http:" ? 80 : 443)}` })

/** Whether a file may be read. */
export const mayRead = (path: string): boolean => isGranted({ name: "read", path })

/** Whether a file may be read and written. */
export const mayUse = (path: string): boolean => mayRead(path) && isGranted({ name: "write", path })

/** The path, or the URL, that `deno serve` was given. */
const mainModule = (): string => {
  const main = host?.mainModule ?? "mod.ts"
  return main.startsWith("file://") ? decodeURIComponent(new URL(main).pathname) : main
}

/** What a server needs besides its variables, and as they name it. */
export interface Needs {
  /** Where most of its calls go. */
  readonly upstream: string
  /** The file of its log. */
  readonly file: string | undefined
  /** The file of its settings, if a variable names one. */
  readonly settings: string | undefined
}

/** A process that may read one of these has been granted the variables that its operator meant to grant. */
const variables = ["BASETEN_API_KEY", "BASEGATE_CONFIG", "BASEGATE_CONFIG_FILE", "BASEGATE_TOKENS"]

/**
 * Prompts on a terminal for what a server needs and has not been granted, in whole or in part: the environment, the
 * network, the file of its log. Prompts once for each in the life of a process; without a terminal Deno assumes the
 * answer is no.
 *
 * @param needs called once the environment can be read
 * @returns a line for the operator with what the server has to do without; `undefined` if it has everything
 */
export const askForPermissions = (needs: () => Needs): string | undefined => {
  if (permissions === undefined) return undefined
  const lacking: Array<string> = []
  const need = (what: string, isMet: () => boolean, ...descriptors: ReadonlyArray<Descriptor>): void => {
    if (isMet()) return
    for (const descriptor of descriptors) permissions.requestSync(descriptor)
    if (!isMet()) lacking.push(what)
  }
  const readsVariables = () => variables.some((variable) => isGranted({ name: "env", variable }))
  need("its variables (settings have their defaults)", readsVariables, { name: "env" })
  const { upstream, file: path, settings } = needs()
  if (settings !== undefined) {
    need(`${settings} (its settings)`, () => mayRead(settings), { name: "read", path: settings })
  }
  need("the network (calls are answered 502)", () => mayCall(new URL(upstream)), { name: "net" })
  if (path !== undefined) {
    const files: ReadonlyArray<Descriptor> = [{ name: "read", path }, { name: "write", path }]
    need(`${path} (the log is kept in memory)`, () => mayUse(path), ...files)
  }
  if (lacking.length === 0) return undefined
  const flags = path === undefined ? "-NE" : "-NERW"
  return `basegate goes on without what Deno has not granted: ${lacking.join(", ")}. ` +
    `Grant it with: deno serve ${flags} ${mainModule()} (or -A)`
}
