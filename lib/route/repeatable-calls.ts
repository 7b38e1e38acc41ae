/**
 * Calls whose answers may be given again: inference, which comes to an answer and to nothing else.
 *
 * A list of what may, not of what may not: a call that is not known may start, change, watch or delete something
 * (stored responses, conversations, batches, files), and its next answer is another one.
 *
 * @module
 */

/** By the end of their path, wherever a server has them: no other call of OpenAI's, or of servers like it, ends so. */
const anywhere =
  /\/(?:chat\/completions|fim\/completions|images\/generations|audio\/(?:speech|transcriptions|translations))$/

/**
 * Where they come first, after a version or after the name of a deployment alone: elsewhere the same words mean other
 * things (`/v1/threads/{id}/messages` adds a message). The unversioned ones are those of vLLM, SGLang and TEI.
 */
const first =
  /(?:^|\/v\d\w*|\/deployments\/[^/]+)\/(?:completions|messages|responses|embeddings|moderations|rerank|re-rank|score|classify|pooling|embed|generate|predict)$/

/** Gemini's. */
const byMethod = /\/models\/[^/:]+:(?:generateContent|embedContent|batchEmbedContents)$/

/** What may stand before a dedicated model's or chain's action. */
const target = /^\/(?:production|development|environments\/[^/]+|deployment\/[^/]+)(?=\/)/

/** Whether a POST to this path, below its provider and plainly spelt, is inference. */
export const isInference = (path: string): boolean =>
  anywhere.test(path) || first.test(path) || byMethod.test(path)

/** The same of a path below a dedicated model or chain. */
export const isDeployedInference = (path: string): boolean => {
  const action = path.replace(target, "")
  return action === "/run_remote" || isInference(action.replace(/^\/sync(?=\/)/, ""))
}
