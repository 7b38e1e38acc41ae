/**
 * Playground: a call through the gateway, as a client makes it.
 *
 * @module
 */
import { useEffect, useRef, useState } from "preact/hooks"
import type { PageProps } from "./app.tsx"
import { Command, Panel } from "./parts.tsx"
import { Outcome } from "./playground-answer.tsx"
import { call, curlOf, none, type Run } from "./playground-call.ts"
import { bodyOf, firstAsked, RequestForm } from "./playground-form.tsx"

/** The page. Keys stay in its memory: they are gone with it. */
export const PlaygroundPage = ({ scope }: PageProps) => {
  const [asked, setAsked] = useState(firstAsked)
  const [run, setRun] = useState(none)
  const running = useRef<AbortController | undefined>(undefined)
  useEffect(() => () => running.current?.abort(), [])
  const { keys } = asked
  const body = bodyOf(asked)
  const start = (): void => {
    const controller = new AbortController()
    running.current?.abort()
    running.current = controller
    setRun({ ...none, isRunning: true })
    const tell = (change: (last: Run) => Run): void => controller.signal.aborted ? undefined : setRun(change)
    call(scope, keys, body, controller.signal, tell).then(
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
      <Outcome run={run} gateway={scope.gateway} />
      <Panel title="The same as curl">
        <Command text={curlOf(scope, keys, body)} />
      </Panel>
    </div>
  )
}
