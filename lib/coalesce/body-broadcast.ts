/**
 * One body for several readers, each of whom gets all of it.
 *
 * The source is pulled only while a reader waits for bytes that have not come yet. What has come is held for
 * those who are behind, and for those who may still join: up to `limit` bytes in all. A body that grows longer
 * takes no more readers, and lets go of what every reader has passed.
 *
 * A reader who pauses does not hold up the others as long as the bytes they are ahead by are fewer than `limit`.
 * Then they wait for the slowest: to hold more would let one client fill the memory, and to cut the slowest
 * off would fail an answer in which nothing is wrong. It ends when the slowest reads on or leaves.
 *
 * @module
 */

/** What is shared, and who wants to know about it. */
export interface BroadcastOptions {
  /**
   * How many bytes are held beyond the slowest reader, at least 1. One chunk may pass it: how long a chunk is
   * shows only when it has been read.
   */
  readonly limit: number
  /** The last reader has left before the end; the source is being cancelled. Called at most once. */
  readonly onAllLeft: () => void
  /** From now on `join()` gives nothing. Called at most once. */
  readonly onClosed?: () => void
}

/** A body with several readers. */
export interface BodyBroadcast {
  /**
   * One more reader of the whole body; nothing where its beginning is no longer held, all readers have left, or
   * the source has failed. Chunks are the same objects for all readers, and not to be changed.
   */
  readonly subscribe: () => ReadableStream<Uint8Array> | undefined
}

interface Member {
  readonly controller: ReadableStreamDefaultController<Uint8Array>
  /** How many chunks and bytes it has been given. */
  chunks: number
  bytes: number
}

/** Starts to share a body. Nothing is read before a reader asks for it. */
export const broadcastBody = (
  source: ReadableStream<Uint8Array>,
  { limit, onAllLeft, onClosed }: BroadcastOptions,
): BodyBroadcast => {
  const reader = source.getReader()
  const members = new Set<Member>()
  const waiting = new Set<Member>()
  /** The chunks from number `dropped` on. */
  const held: Array<Uint8Array> = []
  let dropped = 0
  let total = 0
  let open = true
  let reading = false
  /** How a reader who has had every chunk is told of the end; nothing before the end. */
  let finish: ((controller: Member["controller"]) => void) | undefined

  const close = (): void => {
    if (!open) return
    open = false
    onClosed?.()
  }
  const slowest = (unit: "chunks" | "bytes"): number => {
    let least = Infinity
    for (const member of members) least = Math.min(least, member[unit])
    return least
  }
  const dropPassed = (): void => {
    if (open) return
    const passed = Math.min(slowest("chunks") - dropped, held.length)
    if (passed === 0) return
    held.splice(0, passed)
    dropped += passed
  }
  /** Gives a reader the next chunk or the end; where there is neither, it waits. */
  const serve = (member: Member): void => {
    const chunk = held[member.chunks - dropped]
    if (chunk !== undefined) {
      member.chunks++
      member.bytes += chunk.byteLength
      member.controller.enqueue(chunk)
    } else if (finish !== undefined) {
      members.delete(member)
      finish(member.controller)
    } else {
      waiting.add(member)
    }
  }
  const serveWaiting = (): void => {
    const ready = [...waiting]
    waiting.clear()
    ready.forEach(serve)
    dropPassed()
  }
  const read = (): void => {
    if (reading || finish !== undefined || waiting.size === 0) return
    if (total >= limit && total - slowest("bytes") >= limit) return
    reading = true
    reader.read().then(({ done, value }) => {
      reading = false
      if (finish !== undefined) return
      if (done) {
        finish = (controller) => controller.close()
      } else {
        held.push(value)
        total += value.byteLength
        if (total > limit) close()
      }
      serveWaiting()
      read()
    }, (error) => {
      if (finish !== undefined) return
      finish = (controller) => controller.error(error)
      close()
      serveWaiting()
    })
  }
  const leave = (member: Member): Promise<void> | undefined => {
    members.delete(member)
    waiting.delete(member)
    dropPassed()
    if (finish !== undefined) return undefined
    if (members.size > 0) {
      read()
      return undefined
    }
    finish = (controller) => controller.close()
    close()
    dropPassed()
    onAllLeft()
    return reader.cancel().catch(() => {})
  }

  return {
    subscribe: () => {
      if (!open) return undefined
      let member: Member
      return new ReadableStream<Uint8Array>({
        start: (controller) => {
          member = { controller, chunks: 0, bytes: 0 }
          members.add(member)
        },
        pull: () => {
          serve(member)
          dropPassed()
          read()
        },
        cancel: () => leave(member),
      }, { highWaterMark: 0 })
    },
  }
}
