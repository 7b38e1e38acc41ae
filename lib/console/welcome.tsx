/**
 * Shown instead of an empty page: how to make the first call.
 *
 * @module
 */
import { CommandLine, Panel } from "./parts.tsx"

/** An example call of this gateway, ready to run. */
export const firstCall = (account: string, gateway: string): string =>
  `curl ${location.origin}/v1/${account}/${gateway}/baseten/v1/chat/completions \\
  --header "Authorization: Bearer $BASETEN_API_KEY" \\
  --header 'Content-Type: application/json' \\
  --data '{"model": "openai/gpt-oss-120b", "messages": [{"role": "user", "content": "Hello"}]}'`

/** Says that nothing was called yet, and how to make a call. */
export const Welcome = ({ account = "my-account", gateway = "my-gateway" }: {
  readonly account?: string
  readonly gateway?: string
}) => (
  <Panel title="No requests in this span of time" class="welcome">
    <p>Every call through this gateway shows up here a moment after it has ended. Make one:</p>
    <CommandLine text={firstCall(account, gateway === "" ? "my-gateway" : gateway)} />
    <p class="note">
      In an SDK, only the base URL changes:{" "}
      <code>{location.origin}/v1/{account}/{gateway === "" ? "my-gateway" : gateway}/baseten</code>
    </p>
  </Panel>
)
