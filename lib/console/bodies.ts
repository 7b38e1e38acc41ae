/**
 * Formats stored bodies for people.
 *
 * @module
 */

/** JSON with its members on lines of their own; `undefined` if the text is not JSON. */
export const prettyJson = (text: string): string | undefined => {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return undefined
  }
}

interface ToolCall {
  name: string
  text: string
}

/** The text of a model's answer, assembled. */
export interface Said {
  readonly reasoning: string
  readonly text: string
  readonly tools: ReadonlyArray<ToolCall>
}

interface Part {
  readonly content?: unknown
  readonly reasoning_content?: unknown
  readonly tool_calls?: ReadonlyArray<{
    readonly index?: number
    readonly function?: { readonly name?: string; readonly arguments?: string }
  }>
}

interface Answer {
  readonly choices?: ReadonlyArray<{ readonly delta?: Part; readonly message?: Part; readonly text?: string }>
  readonly delta?: unknown
  readonly type?: string
  readonly content?: ReadonlyArray<{ readonly text?: string }>
}

const textOf = (value: unknown): string => typeof value === "string" ? value : ""

const partOf = (answer: Answer): Part | undefined => {
  const [choice] = answer.choices ?? []
  if (choice !== undefined) return choice.delta ?? choice.message ?? { content: choice.text }
  // The responses and messages APIs.
  if (answer.type === "response.output_text.delta") return { content: answer.delta }
  if (answer.type === "content_block_delta") return { content: Object(answer.delta).text }
  return Array.isArray(answer.content)
    ? { content: answer.content.map(({ text }) => textOf(text)).join("") }
    : undefined
}

/** Assembles the text of an answer, from its events or its JSON object; `undefined` if it is neither. */
export const saidIn = (text: string): Said | undefined => {
  const datas = /^(?:data|event|id|:)/m.test(text) && !text.trimStart().startsWith("{")
    ? text.split(/\r?\n/).filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trim())
    : [text]
  const said = { reasoning: "", text: "", tools: [] as Array<ToolCall> }
  let isKnown = false
  for (const data of datas) {
    let part: Part | undefined
    try {
      part = partOf(Object(JSON.parse(data)) as Answer)
    } catch {
      continue
    }
    if (part === undefined) continue
    isKnown = true
    said.text += textOf(part.content)
    said.reasoning += textOf(part.reasoning_content)
    for (const call of Array.isArray(part.tool_calls) ? part.tool_calls : []) {
      const index = call.index ?? said.tools.length
      const tool = said.tools[index] ??= { name: "", text: "" }
      tool.name += call.function?.name ?? ""
      tool.text += call.function?.arguments ?? ""
    }
  }
  return isKnown ? said : undefined
}
