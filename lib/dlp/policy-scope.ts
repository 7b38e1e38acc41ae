/**
 * Which texts of a JSON body a policy looks at, if not all of them.
 *
 * @module
 */
import type { Framing } from "../sse/framing.ts"
import type { Container, JsonText } from "./json-texts.ts"
import { rootName } from "./structure.ts"

/** What an operator leaves out of a policy. */
export interface PolicyScope {
  /** Whether system prompts are left out. */
  readonly skipsSystem: boolean
  /** Where it looks in the body of a model's own code, by members' names and elements' indexes; `*` is any of them. */
  readonly paths: ReadonlyArray<ReadonlyArray<string>> | undefined
}

/** A path as it is written: `inputs.*.text`, or `$.inputs[*].text`. */
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

/** Whether something is an element of a list of the body's own: others that have a role are no messages. */
const isMessage = ({ parent: list }: Container): boolean =>
  list?.isList === true && list.parent?.parent !== undefined && list.parent.parent.parent === undefined

/** The messages that are system prompts, by the role that they have. */
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

/** Says which policies do not look at a text of a body. */
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
