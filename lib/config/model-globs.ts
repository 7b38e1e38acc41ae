/**
 * The models that a token may call, as an operator writes them.
 *
 * @module
 */
import { text } from "../schema/expected.ts"

/**
 * A model's name, in which `*` stands for any text and `?` for one character. Other signs of patterns are refused: they
 * would look as if they did something.
 */
export const ModelGlob = text(
  "the name of a model, in which * stands for any text and ? for one character, without blanks, [], {}, ! and \\",
  (glob) => /^[^\s[\]{}!\\\p{C}]{1,256}$/u.test(glob),
)

/** No model has a longer name; one that is longer matches nothing, however long it takes to send. */
const longestName = 512

/** Whether a name matches a glob: in time that grows with the length of one times that of the other. */
export const matchesGlob = (glob: string, name: string): boolean => {
  if (name.length > longestName) return false
  const pattern = [...glob]
  const characters = [...name]
  let [at, star, from] = [0, -1, 0]
  for (let index = 0; index < characters.length;) {
    if (pattern[at] === "*") [star, from] = [at++, index]
    else if (at < pattern.length && (pattern[at] === "?" || pattern[at] === characters[index])) {
      at++
      index++
    } else if (star !== -1) [at, index] = [star + 1, ++from]
    else return false
  }
  while (pattern[at] === "*") at++
  return at === pattern.length
}

/** Names that begin like those of a custom provider or a route are not Baseten's, though a caller may send them there. */
const isPrefixed = (model: string): boolean => /^(?:custom|custom-[a-z0-9-]+|dynamic)\//.test(model)

/**
 * Whether globs allow a model of a provider. Models have the names that compat gives them (`baseten/{slug}`,
 * `custom-{slug}/{model}`), Baseten's also their slugs alone; dedicated deployments and chains are named by their ids.
 */
export const allowsModel = (globs: ReadonlyArray<string>, provider: string, model: string): boolean =>
  globs.some((glob) =>
    matchesGlob(glob, `${provider}/${model}`) ||
    (provider === "baseten" && !isPrefixed(model) && matchesGlob(glob, model))
  )

/** Whether globs allow everything at a provider, so that it does not matter what a call names. */
export const allowsProvider = (globs: ReadonlyArray<string>, provider: string): boolean =>
  globs.some((glob) => {
    const before = glob.replace(/\*+$/, "")
    return before !== glob && `${provider}/`.startsWith(before)
  })

/**
 * Whether globs name a dynamic route, with all that it calls. Only those do that begin with `dynamic/`: a glob that is meant
 * for models (`d*`) must not open a route to others.
 */
export const allowsRoute = (globs: ReadonlyArray<string>, route: string): boolean =>
  globs.some((glob) => glob.startsWith("dynamic/") && matchesGlob(glob, `dynamic/${route}`))

/** Whether globs name a model alias, with all that it stands for; only those do that begin with `custom/`. */
export const allowsAlias = (globs: ReadonlyArray<string>, alias: string): boolean =>
  globs.some((glob) => glob.startsWith("custom/") && matchesGlob(glob, `custom/${alias}`))
