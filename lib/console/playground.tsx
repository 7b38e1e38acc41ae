/**
 * Playground: calls through the gateway, as a client makes them.
 *
 * @module
 */
import { useEffect, useRef, useState } from "preact/hooks"
import type { PageProps } from "./app.tsx"
import { CommandLine, Panel } from "./parts.tsx"
import { AnswerPanel } from "./playground-answer.tsx"
import { none, playgroundCurl, type Run, runCall } from "./playground-call.ts"
import { chatBody, firstAsked, RequestForm } from "./playground-form.tsx"

/** The page. Keys are only in its memory, and are lost when it is left. */
export const PlaygroundPage = ({ scope }: PageProps) => {
  const [asked, setAsked] = useState(firstAsked)
  const [run, setRun] = useState(none)
  const running = useRef<AbortController | undefined>(undefined)
  useEffect(() => () => running.current?.abort(), [])
  const { keys } = asked
  const body = chatBody(asked)
  const start = (): void => {
    const controller = new AbortController()
    running.current?.abort()
    running.current = controller
    setRun({ ...none, isRunning: true })
    const tell = (change: (last: Run) => Run): void => controller.signal.aborted ? undefined : setRun(change)
    runCall(scope, keys, body, controller.signal, tell).then(
      () => tell((last) => ({ ...last, isRunning: false })),
      (cause: unknown) =>
        tell((last) => ({
          ...last,
          isRunning: false,
          problem: cause instanceof Error ? cause.message : String(cause),
        })),
    )
  }
  const stop = (): void => {
    running.current?.abort()
    setRun((last) => ({
      ...last,
      isRunning: false,
      problem: "Stopped: the gateway has ended the provider's request.",
    }))
  }
  return (
    <div class="playground">
      <RequestForm
        scope={scope}
        asked={asked}
        isRunning={run.isRunning}
        onChange={(change) => setAsked((last) => ({ ...last, ...change }))}
        onStart={start}
        onStop={stop}
      />
      <AnswerPanel run={run} gateway={scope.gateway} />
      <Panel title="The same as curl">
        <CommandLine text={playgroundCurl(scope, keys, body)} />
      </Panel>
    </div>
  )
}
