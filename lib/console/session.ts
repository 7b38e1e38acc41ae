/**
 * The session of the console: who is logged in, and what that allows.
 *
 * @module
 */
import { createContext } from "preact"
import { useContext } from "preact/hooks"
import { accountPath, get } from "./api.ts"

/** The admin token of the session. */
export interface AdminSession {
  readonly name: string
  readonly role: "read" | "write"
  /** Whether the gateway can encrypt secrets that are written. */
  readonly canSeal: boolean
}

/** `undefined` until it is known; nothing can be written until then. */
export const SessionContext = createContext<AdminSession | undefined>(undefined)

/** Loads who is logged in. */
export const loadSession = async (signal: AbortSignal): Promise<AdminSession> => {
  const { you, can_seal } = await get<{
    readonly you: { readonly name: string; readonly role: "read" | "write" }
    readonly can_seal: boolean
  }>(`${accountPath("all")}/status`, {}, signal)
  return { ...you, canSeal: can_seal }
}

/** Who is logged in; `undefined` until it is known. */
export const useSession = (): AdminSession | undefined => useContext(SessionContext)

/** Whether the logged-in user may make changes. */
export const useCanWrite = (): boolean => useSession()?.role === "write"
