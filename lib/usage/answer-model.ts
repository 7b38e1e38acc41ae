/**
 * The model that an answer says it is from: what there is to go by if the request names none that has a price. And whether
 * it was made in the background.
 *
 * @module
 */
import { objectOf, parseOrUndefined } from "../json/parse.ts"
import { concatBytes } from "../bytes/concat.ts"
import { dataOf } from "./reported-usage.ts"
import { scanMembers } from "../json/member-scan.ts"

/** An answer being searched for its model. */
export interface AnswerModel {
  /** Takes the next bytes; keeps a copy of the first ones alone. */
  readonly push: (chunk: Uint8Array) => void
  /**
   * The model's name; `undefined` if the answer does not say.
   *
   * @param isStream whether the answer turned out to be events
   */
  readonly finish: (isStream: boolean) => string | undefined
  /** Whether the answer says that it is made in the background: its usage has then not been reported yet. */
  readonly isBackground: (isStream: boolean) => boolean
}

/** How much of a stream's beginning is inspected: its first events name the model. */
const beginning = 16_384

const nameIn = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined

/** In a chat chunk it is a member; in the first event of a message or a response, a member of a member. */
const modelIn = (event: unknown): string | undefined => {
  const { model, message, response } = objectOf(event)
  return nameIn(model) ?? nameIn(objectOf(message)["model"]) ?? nameIn(objectOf(response)["model"])
}

const saysBackground = (event: unknown): boolean =>
  objectOf(objectOf(event)["response"])["background"] === true

/** Parsed one by one: mostly the first of them tells. */
function* eventsOf(text: string): Generator<unknown> {
  for (const event of text.replaceAll(/\r\n?/g, "\n").split("\n\n")) yield parseOrUndefined(dataOf(event))
}

const firstModel = (events: Iterable<unknown>): string | undefined => {
  for (const event of events) {
    const model = modelIn(event)
    if (model !== undefined) return model
  }
  return undefined
}

/** Starts to search an answer. */
export const answerModel = (): AnswerModel => {
  const scan = scanMembers(["model", "background"])
  const chunks: Array<Uint8Array> = []
  let size = 0
  const events = () => eventsOf(new TextDecoder().decode(concatBytes(chunks, size)))
  return {
    push: (chunk) => {
      scan.push(chunk)
      if (size >= beginning) return
      const part = chunk.slice(0, beginning - size)
      chunks.push(part)
      size += part.byteLength
    },
    finish: (isStream) => isStream ? firstModel(events()) : nameIn(scan.valueOf("model")),
    isBackground: (isStream) =>
      isStream ? [...events()].some(saysBackground) : scan.valueOf("background") === true,
  }
}
