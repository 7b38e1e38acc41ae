/**
 * A process that shares the port with others: it takes orders from the one that has started it, and reports to it.
 *
 * @module
 */
import type { PeerCounts, PeersShape } from "../telemetry/metrics/Peers.ts"
import type { Snapshot } from "../telemetry/metrics/snapshot.ts"
import { grantedEnvironment } from "./deno-permissions.ts"
import type { Report, WorkerOrder } from "./worker-messages.ts"

/** Names the variable that tells a process that it is a worker: the parent's id, the port, and how many there are. */
export const seatVariable = "_BASEGATE_SEAT"

/** How long what the others have counted is waited for, in milliseconds. */
const patience = 2000

/** What a worker does on orders of the first process. */
export interface Orders {
  readonly leave: () => void
  readonly stop: () => void
  readonly now: () => void
  readonly reload: () => void
}

/** The process as one of several. */
export interface Seat {
  readonly port: number
  readonly peers: PeersShape
  /** It listens. */
  readonly ready: () => void
  /** From now on it obeys; that the first process is gone is an order to stop. */
  readonly obey: (orders: Orders) => void
  /** Leaves what it has counted to the first process. */
  readonly lastWords: () => Promise<void>
}

interface Channel {
  readonly ppid: number
  readonly env: Readonly<Record<string, string | undefined>>
  readonly send?: (report: Report, done?: (error: unknown) => void) => unknown
  readonly on: (event: string, listener: (order: WorkerOrder) => void) => void
}
const self = (globalThis as { readonly process?: Channel }).process

const takeSeat = (port: number, configured: number): Seat => {
  let own: () => Promise<Snapshot> = () => Promise.resolve({})
  let orders: Orders | undefined
  let isOver = false
  let asked = 0
  const gathering = new Map<number, (gathered: PeerCounts) => void>()

  const report = (message: Report): Promise<void> =>
    new Promise((resolve) => {
      // With the first process the channel is gone, and there is nobody to report to.
      if (isOver || self?.send === undefined) return resolve()
      try {
        self.send(message, () => resolve())
      } catch {
        resolve()
      }
    })
  const alone = async (): Promise<PeerCounts> => ({ counts: [await own()], running: 1 })

  self?.on("message", (order) => {
    switch (order.kind) {
      case "count":
        return void own().then((counts) => report({ kind: "counts", id: order.id, counts }))
      case "gathered":
        return gathering.get(order.id)?.(order)
      default:
        return orders?.[order.kind]()
    }
  })
  self?.on("disconnect", () => {
    isOver = true
    orders?.stop()
  })
  return {
    port,
    ready: () => void report({ kind: "ready" }),
    obey: (given) => {
      orders = given
      if (isOver) given.stop()
    },
    lastWords: async () => report({ kind: "last", counts: await own() }),
    peers: {
      configured,
      offer: (given) => {
        own = given
      },
      gather: () =>
        new Promise((resolve) => {
          const id = asked++
          const end = (gathered: PeerCounts | Promise<PeerCounts>): void => {
            clearTimeout(timer)
            gathering.delete(id)
            resolve(gathered)
          }
          const timer = setTimeout(() => end(alone()), patience)
          gathering.set(id, end)
          if (isOver) end(alone())
          else void report({ kind: "gather", id })
        }),
    },
  }
}

let seat: Seat | undefined
let hasLooked = false

/** The process as one of several; `undefined` if it is alone, or is the one that starts the others. */
export const findSeat = (): Seat | undefined => {
  if (hasLooked || self?.send === undefined) return seat
  hasLooked = true
  const [parent, port, configured] = String(grantedEnvironment(self.env)[seatVariable] ?? "").split(":").map(
    Number,
  )
  // What a worker starts inherits the variable.
  if (parent === self.ppid && port && configured) seat = takeSeat(port, configured)
  return seat
}
