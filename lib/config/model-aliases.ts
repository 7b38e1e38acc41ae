/**
 * Model aliases of a gateway: names of the operator's own for one model or several, called as `custom/{name}`.
 *
 * @module
 */
import * as Schema from "effect/Schema"
import { oneOf, recordOf, text } from "../schema/expected.ts"
import { SettingProblem } from "../schema/setting-problem.ts"

/** A model that an alias stands for. */
export interface AliasTarget {
  /** `baseten` or `custom-{slug}`. */
  readonly provider: string
  readonly model: string
}

/** In which order the models of an alias are tried. */
export type AliasOrder = "default" | "cheapest" | "fastest"

/** An alias, as calls follow it. */
export interface ModelAlias {
  readonly name: string
  readonly targets: ReadonlyArray<AliasTarget>
  readonly order: AliasOrder
}

const target = /^(baseten|custom-[a-z0-9-]{1,64})\/(\S{1,256})$/

/** More would be more upstream calls for one request than anyone means. */
const mostTargets = 20

const Entry = Schema.Struct({
  targets: Schema.Array(
    text("a model as baseten/{model} or custom-{slug}/{model}", (name) => target.test(name)),
  )
    .check(
      Schema.makeFilter((targets) =>
        targets.length >= 1 && targets.length <= mostTargets
          ? undefined
          : `Expected 1 to ${mostTargets} models`
      ),
    ),
  order: Schema.optionalKey(oneOf("default", "cheapest", "fastest")),
})

/** `model_aliases` of a gateway's settings: `{"<name>": {"targets": ["baseten/…"], "order": "default"}}`. */
export const ModelAliases = recordOf(
  "names of 1 to 64 letters, digits, dots, dashes and underscores",
  (name) => /^[\w.-]{1,64}$/.test(name),
  Entry,
)

/** The aliases by name. Throws `SettingProblem` if one names a provider that the gateway does not have. */
export const modelAliases = (
  entries: typeof ModelAliases.Type,
  providers: ReadonlyMap<string, unknown>,
): ReadonlyMap<string, ModelAlias> =>
  new Map(
    Object.entries(entries).map(([name, { targets, order = "default" }]) => [name, {
      name,
      order,
      targets: targets.map((named) => {
        const [, provider = "", model = ""] = target.exec(named) ?? []
        if (provider === "baseten" || providers.has(provider)) return { provider, model }
        throw new SettingProblem(
          `expected the provider of "${named}", which the alias "${name}" names, to be baseten or one of custom_providers`,
        )
      }),
    }]),
  )
