/**
 * Asks for the admin token, once.
 *
 * @module
 */
import { useState } from "preact/hooks"
import { logIn } from "./api.ts"

/** The form. The token is sent once and kept nowhere; what stays is a cookie that no script can read. */
export const Login = ({ onDone }: { readonly onDone: () => void }) => {
  const [problem, setProblem] = useState("")
  const [isBusy, setBusy] = useState(false)
  const submit = async (form: HTMLFormElement): Promise<void> => {
    setBusy(true)
    setProblem("")
    try {
      await logIn(String(new FormData(form).get("token") ?? ""))
      form.reset()
      onDone()
    } catch (cause) {
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
        <input type="text" name="username" autocomplete="username" value="admin" readOnly hidden />
        <label htmlFor="token">Admin token</label>
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
          What <code>BASEGATE_ADMIN_TOKEN</code> of this gateway says. The session lasts twelve hours.
        </p>
        {problem !== "" && <p class="problem" role="alert">{problem}</p>}
        <button type="submit" class="primary" disabled={isBusy}>{isBusy ? "Logging in…" : "Log in"}</button>
      </form>
    </main>
  )
}
