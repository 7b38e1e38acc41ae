/**
 * Calls whose answers may be reused: inference, which has no effect but its answer.
 *
 * A list of calls that may be repeated, not of those that may not: an unknown call may start, change, watch or delete
 * something (stored responses, conversations, batches, files), and its next answer differs.
 *
 * @module
 */

/** Recognized by the end of their path, wherever a server has them: no other call of OpenAI-like servers ends like that. */
const anywhere =
  /\/(?:chat\/completions|fim\/completions|images\/generations|audio\/(?:speech|transcriptions|translations))$/

/**
 * Recognized only in the first place, after a version or after the name of a deployment: elsewhere the same words mean other
 * things (`/v1/threads/{id}/messages` adds a message). vLLM, SGLang and TEI have them without a version.
 */
const first =
  /(?:^|\/v\d\w*|\/deployments\/[^/]+)\/(?:completions|messages|responses|embeddings|moderations|rerank|re-rank|score|classify|pooling|embed|generate|predict)$/

/** Gemini's. */
const byMethod = /\/models\/[^/:]+:(?:generateContent|embedContent|batchEmbedContents)$/

/** What may precede the action of a dedicated model or chain. */
const target = /^\/(?:production|development|environments\/[^/]+|deployment\/[^/]+)(?=\/)/

/** Whether a POST to this path, below its provider and plainly spelt, is inference. */
export const isInference = (path: string): boolean =>
  anywhere.test(path) || first.test(path) || byMethod.test(path)

/** Whether a POST to this path, below a dedicated model or chain and plainly spelt, is inference. */
export const isDeployedInference = (path: string): boolean => {
  const action = path.replace(target, "")
  return action === "/run_remote" || isInference(action.replace(/^\/sync(?=\/)/, ""))
}
