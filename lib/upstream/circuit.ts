/**
 * The circuit of one upstream host: a host that fails too often is left alone for a while, then probed.
 *
 * Closed (calls pass and are counted) → open (none passes) → half-open (one probe passes) → closed or open
 * again. Plain arithmetic; times are passed in, in milliseconds.
 *
 * @module
 */
import type { CircuitSettings } from "../config/circuit-settings.ts"
import type { AttemptOutcome } from "./retry-policy.ts"

/** Permission for one call. */
export interface Permit {
  /** The circuit's state, for the record; `half_open` makes the call a probe. */
  readonly state: "closed" | "half_open"
  /**
   * How the call ended. Only the first report counts, and none has to come.
   *
   * @returns whether the circuit opens because of it
   */
  readonly done: (ok: boolean, now: number) => boolean
}

/** The circuit of one host. */
export interface Circuit {
  /** Lets a call pass, or gives the milliseconds until the next may try. */
  readonly enter: (settings: CircuitSettings, now: number) => Permit | number
  /**
   * Another instance has opened its circuit for the host: this one opens as well, unless one of its own calls has
   * succeeded since.
   *
   * @param opened when it opened
   * @param until when it lets a probe pass, capped at the settings' `openMs`
   */
  readonly applyHint: (settings: CircuitSettings, opened: number, until: number, now: number) => void
  /** What it is at a moment, and for an open one the milliseconds until a probe may pass. */
  readonly state: (now: number) => CircuitState
}

/** See `Circuit.state`. */
export interface CircuitState {
  readonly kind: "closed" | "open" | "half_open"
  readonly waits: number
}

/** Calls that ended close together, counted as one from the first of them. */
interface Slot {
  readonly start: number
  calls: number
  failures: number
}

type State =
  | { readonly kind: "closed"; slots: ReadonlyArray<Slot> }
  | { readonly kind: "open"; readonly until: number; readonly isHeard: boolean }
  | { readonly kind: "half_open"; nextProbe: number }

/**
 * For how long nothing is believed of a host once a call has succeeded that others have said would not, in milliseconds: it may
 * be they who have no way to it.
 */
const distrust = 300_000

/** A window is kept as this many slots, so that memory does not grow with the rate of calls. */
const slotsPerWindow = 10

/** Whether an outcome speaks against the host: 5xx (529 included), no connection, no headers in time. */
export const isHostFailure = (outcome: AttemptOutcome): boolean =>
  typeof outcome === "number"
    ? outcome >= 500
    : outcome === "provider_failed" || outcome === "provider_timeout"

/**
 * Starts a circuit, closed.
 *
 * Settings come with each call, since gateways with different settings may share a host.
 *
 * The window forgets up to a tenth of its length early, and nothing late.
 *
 * A probe that never reports wedges nothing: after `openMs` the next call is let through as another probe.
 * All probes of one half-open time may decide it, so that calls that take longer than `openMs` decide as
 * well. Reports of calls that entered before the circuit changed say nothing about what it is now, and are
 * dropped; but one of a success closes a circuit that is open only because another instance has said so.
 */
export const startCircuit = (): Circuit => {
  let state: State = { kind: "closed", slots: [] }
  let succeededAt = -Infinity
  let distrustsUntil = -Infinity

  /** A call that began before the others were believed. */
  const disprove = (now: number): void => {
    distrustsUntil = now + distrust
    state = { kind: "closed", slots: [] }
  }

  const permitOf = (
    entered: State & { readonly kind: "closed" | "half_open" },
    settings: CircuitSettings,
  ): Permit => {
    let reported = false
    return {
      state: entered.kind,
      done: (ok, now) => {
        if (reported) return false
        if (ok) succeededAt = now
        if (state !== entered) {
          if (ok && state.kind === "open" && state.isHeard && now < state.until) disprove(now)
          return false
        }
        reported = true
        const opens = entered.kind === "half_open" ? !ok : opensAfter(entered, settings, ok, now)
        if (opens) state = { kind: "open", until: now + settings.openMs, isHeard: false }
        else if (entered.kind === "half_open") state = { kind: "closed", slots: [] }
        return opens
      },
    }
  }

  return {
    enter: (settings, now) => {
      if (state.kind === "open") {
        if (now < state.until) return state.until - now
        state = { kind: "half_open", nextProbe: now }
      }
      if (state.kind === "half_open") {
        if (now < state.nextProbe) return state.nextProbe - now
        state.nextProbe = now + settings.openMs
      }
      return permitOf(state, settings)
    },
    applyHint: ({ openMs }, opened, until, now) => {
      const ends = Math.min(until, now + openMs)
      if (state.kind !== "closed" || succeededAt >= opened || now < distrustsUntil || ends <= now) return
      state = { kind: "open", until: ends, isHeard: true }
    },
    state: (now) => {
      if (state.kind !== "open") return { kind: state.kind, waits: 0 }
      const waits = Math.max(0, state.until - now)
      return { kind: waits > 0 ? "open" : "half_open", waits }
    },
  }
}

/** Counts a call, and says whether too many have failed. */
const opensAfter = (
  closed: State & { readonly kind: "closed" },
  { windowMs, minimumCalls, failureRate }: CircuitSettings,
  ok: boolean,
  now: number,
): boolean => {
  let slot = closed.slots.at(-1)
  if (slot === undefined || now - slot.start >= windowMs / slotsPerWindow) {
    slot = { start: now, calls: 0, failures: 0 }
    closed.slots = [...closed.slots.filter(({ start }) => start > now - windowMs), slot]
  }
  slot.calls++
  if (!ok) slot.failures++
  let calls = 0
  let failures = 0
  for (const counted of closed.slots) {
    if (counted.start <= now - windowMs) continue
    calls += counted.calls
    failures += counted.failures
  }
  return calls >= minimumCalls && failures / calls >= failureRate
}
