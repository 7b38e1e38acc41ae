/**
 * Who is logged in, and what that allows.
 *
 * @module
 */
import { createContext } from "preact"
import { useContext } from "preact/hooks"
import { accountPath, get } from "./api.ts"

/** The admin token of the session. */
export interface You {
  readonly name: string
  readonly role: "read" | "write"
  /** Whether the gateway can seal secrets that are written. */
  readonly canSeal: boolean
}

/** Until it is known, nothing can be written. */
export const YouContext = createContext<You | undefined>(undefined)

/** Asks who is logged in. */
export const loadYou = async (signal: AbortSignal): Promise<You> => {
  const { you, can_seal } = await get<{
    readonly you: { readonly name: string; readonly role: "read" | "write" }
    readonly can_seal: boolean
  }>(`${accountPath("all")}/status`, {}, signal)
  return { ...you, canSeal: can_seal }
}

/** Who is logged in; `undefined` until it is known. */
export const useYou = (): You | undefined => useContext(YouContext)

/** Whether the logged-in user may make changes. */
export const useCanWrite = (): boolean => useYou()?.role === "write"
