/**
 * Which texts of a JSON body a policy checks, if not all of them.
 *
 * @module
 */
import type { Framing } from "../sse/framing.ts"
import type { Container, JsonText } from "./json-texts.ts"
import { rootName } from "./structure.ts"

/** How an operator narrows a policy. */
export interface PolicyScope {
  /** Whether system prompts are exempt. */
  readonly skipsSystem: boolean
  /** The paths that it checks in bodies of custom models, as member names and indexes; `*` stands for any. */
  readonly paths: ReadonlyArray<ReadonlyArray<string>> | undefined
}

/** Parses a path: `inputs.*.text`, or `$.inputs[*].text`. */
export const parsePath = (written: string): ReadonlyArray<string> =>
  written.replace(/^\$\.?/, "").replaceAll(/\[(?:"([^"\]]*)"|'([^'\]]*)'|([^\]]*))\]/g, ".$1$2$3").replace(
    /^\./,
    "",
  )
    .split(".")

const pathOf = ({ name, place, container }: JsonText): ReadonlyArray<string> => {
  const path = [container.isList ? String(place) : name]
  for (let at: Container = container; at.parent?.parent !== undefined; at = at.parent) {
    path.push(at.parent.isList ? String(at.place) : at.name)
  }
  return path.reverse()
}

const isBelow = (path: ReadonlyArray<string>, pattern: ReadonlyArray<string>): boolean =>
  pattern.length <= path.length && pattern.every((name, at) => name === "*" || name === path[at])

/**
 * Whether a container is an element of a list at the top of the body. Objects elsewhere may have a `role` without
 * being messages.
 */
const isMessage = ({ parent: list }: Container): boolean =>
  list?.isList === true && list.parent?.parent !== undefined && list.parent.parent.parent === undefined

/** The messages whose role makes them system prompts. */
const systemMessages = (texts: ReadonlyArray<JsonText>, text: string): ReadonlySet<Container> =>
  new Set(
    texts.filter(({ name, start, end, container }) =>
      name === "role" && isMessage(container) && /^(?:system|developer)$/.test(text.slice(start, end))
    )
      .map(({ container }) => container),
  )

const isWithinAny = (containers: ReadonlySet<Container>, from: Container): boolean => {
  for (let at: Container | undefined = from; at !== undefined; at = at.parent) {
    if (containers.has(at)) return true
  }
  return false
}

/** Returns a function that says which policies do not check a given text of a body. */
export const outOfScope = (
  scopes: ReadonlyMap<string, PolicyScope>,
  texts: ReadonlyArray<JsonText>,
  text: string,
  framing: Framing | undefined,
): (found: JsonText) => ReadonlySet<string> => {
  const system = framing === undefined ? undefined : systemMessages(texts, text)
  return (found) => {
    const root = rootName(found)
    const isSystem = system !== undefined &&
      (root === "system" || root === "instructions" || isWithinAny(system, found.container))
    const path = framing === undefined ? pathOf(found) : undefined
    const out = new Set<string>()
    for (const [policy, { skipsSystem, paths }] of scopes) {
      const isElsewhere = path !== undefined && paths !== undefined &&
        !paths.some((one) => isBelow(path, one))
      if ((skipsSystem && isSystem) || isElsewhere) out.add(policy)
    }
    return out
  }
}
