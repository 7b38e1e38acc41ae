/**
 * A look at the beginning of a body that is still to be handed on whole.
 *
 * @module
 */
import type { StartTimer } from "../time/Timer.ts"
import type { ChunkRead } from "./body-reader.ts"
import type { Cut } from "./cut.ts"
import { ResumedBody } from "./derived-body.ts"
import type { GuardedBody } from "./guarded-body.ts"

/** What was read of a body, and the body as it was before. */
export interface Beginning {
  /** All of its text; empty if it is longer than what was read of it, broke off, or took too long. */
  readonly text: string
  readonly body: GuardedBody
}

/**
 * Reads a body if it is short and comes soon.
 *
 * @param most how many bytes it may have
 * @param milliseconds how long it may take
 * @param cut ends the wait
 */
export const readBeginning = (
  body: GuardedBody,
  most: number,
  milliseconds: number,
  startTimer: StartTimer,
  cut: Cut,
): Promise<Beginning> =>
  new Promise((resolve) => {
    const chunks: Array<Uint8Array> = []
    // Stays set if it is given up, so that a later reader continues with the same read.
    let pending: Promise<ChunkRead> | undefined
    let isOver = false
    let forgetCut = (): void => {}
    const finish = (text: string): void => {
      if (isOver) return
      isOver = true
      stopTimer()
      forgetCut()
      resolve({ text, body: new ResumedBody(chunks, body, pending) })
    }
    const giveUp = (): void => finish("")
    const stopTimer = startTimer(milliseconds, giveUp)
    forgetCut = cut.onCut(giveUp)
    const read = async (): Promise<string> => {
      const decoder = new TextDecoder()
      let text = ""
      for (let size = 0; size <= most && !isOver;) {
        pending = body.read()
        const { done, value } = await pending
        if (isOver) return ""
        if (done) return text
        pending = undefined
        chunks.push(value)
        size += value.byteLength
        text += decoder.decode(value, { stream: true })
      }
      return ""
    }
    read().then(finish, giveUp)
  })
