/**
 * Asks for a token: an admin's for all pages, or a gateway's for its own usage.
 *
 * @module
 */
import { useState } from "preact/hooks"
import { ApiError, logIn } from "./api.ts"
import { go } from "./location.tsx"
import { usageHref } from "./usage.tsx"

/** The login form. The token is sent once and not kept; the session is a cookie that scripts cannot read. */
export const Login = ({ hasEnded = false, onDone, onUsage }: {
  /** Whether a session has ended, whose page is still in the background. */
  readonly hasEnded?: boolean
  /** Called when an admin has logged in. */
  readonly onDone: () => void
  /** Called when the holder of a gateway token has logged in. */
  readonly onUsage?: () => void
}) => {
  const [problem, setProblem] = useState("")
  const [isBusy, setBusy] = useState(false)
  const [asksPlace, setAsksPlace] = useState(false)
  const submit = async (form: HTMLFormElement): Promise<void> => {
    setBusy(true)
    setProblem("")
    try {
      const data = new FormData(form)
      const [account = "", gateway = ""] = String(data.get("place") ?? "").trim().split("/")
      const place = await logIn(
        String(data.get("token") ?? ""),
        account === "" ? undefined : { account, gateway },
      )
      form.reset()
      if (place === undefined) onDone()
      else {
        go(usageHref(place))
        onUsage?.()
      }
    } catch (cause) {
      if (cause instanceof ApiError && cause.status === 409) setAsksPlace(true)
      setProblem(cause instanceof Error ? cause.message : String(cause))
    }
    setBusy(false)
  }
  return (
    <main class="login">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void submit(event.currentTarget)
        }}
      >
        <h1>
          <img src="/console/icon.svg" alt="" width="32" height="32" /> basegate
        </h1>
        {hasEnded && (
          <p class="problem" role="status">
            The session has ended. Log in to go on: what you have typed is still there.
          </p>
        )}
        <input type="text" name="username" autocomplete="username" value="admin" readOnly hidden />
        <label htmlFor="token">Admin token, or gateway token</label>
        <input
          id="token"
          name="token"
          type="password"
          autocomplete="current-password"
          required
          autofocus
          aria-describedby="token-help"
          aria-invalid={problem !== ""}
        />
        <p id="token-help" class="note">
          What <code>BASEGATE_ADMIN_TOKEN</code>{" "}
          of this gateway says, for all pages; or your gateway token, for what it has used and has left. The
          session lasts twelve hours.
        </p>
        {asksPlace && (
          <>
            <label htmlFor="place">The gateway, as account/gateway</label>
            <input
              id="place"
              name="place"
              required
              pattern="[\w\-]{1,64}/[\w\-]{1,64}"
              autocomplete="off"
              spellcheck={false}
            />
          </>
        )}
        {problem !== "" && <p class="problem" role="alert">{problem}</p>}
        <button type="submit" class="primary" disabled={isBusy}>{isBusy ? "Logging in…" : "Log in"}</button>
      </form>
    </main>
  )
}
