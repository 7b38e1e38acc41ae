/**
 * Common parts of all pages.
 *
 * @module
 */
import type { ComponentChildren } from "preact"
import { useCallback, useEffect, useRef, useState } from "preact/hooks"
import { moment, unknown, visible } from "./format.ts"

/** A moment in local time, or in words, with UTC as a tooltip. */
export const Time = ({ at, text }: { readonly at: string; readonly text?: string }) => (
  <time dateTime={at} title={`${at.replace("T", " ").replace(/\.\d+Z$|Z$/, "")} UTC`}>
    {text ?? moment(at)}
  </time>
)

/** Text from a caller or a provider. */
export const Text = ({ children }: { readonly children: string | null | undefined }) => (
  <bdi>{children == null || children === "" ? unknown : visible(children)}</bdi>
)

/** A word for how something ended. */
export const Badge = (
  { kind, children }: { readonly kind: string; readonly children: ComponentChildren },
) => (
  <span class={`badge ${kind}`}>{children}</span>
)

/** Shows an error, with a way to retry. */
export const Problem = ({ error, onRetry }: { readonly error: unknown; readonly onRetry?: () => void }) => (
  <div class="problem" role="alert">
    <p>{error instanceof Error ? error.message : String(error)}</p>
    {onRetry !== undefined && <button type="button" onClick={onRetry}>Try again</button>}
  </div>
)

/** A panel with a heading. */
export const Panel = (
  { title, aside, children, class: name = "", isBusy = false }: {
    readonly title: string
    readonly aside?: ComponentChildren
    readonly children: ComponentChildren
    readonly class?: string
    readonly isBusy?: boolean
  },
) => (
  <section class={`panel ${name}`} aria-busy={isBusy}>
    <header>
      <h2>{title}</h2>
      {aside}
    </header>
    {children}
  </section>
)

/** A table that scrolls by itself. The heading of a numeric column begins with `#`. `last` is one more heading. */
export const Table = ({ label, heads, last, children, class: name = "" }: {
  readonly label: string
  readonly heads: ReadonlyArray<string>
  readonly last?: ComponentChildren
  readonly children: ComponentChildren
  readonly class?: string
}) => (
  <div class="scroll" tabIndex={0} role="region" aria-label={label}>
    <table class={name}>
      <thead>
        <tr>
          {heads.map((head) => (
            <th scope="col" key={head} class={head.startsWith("#") ? "number" : ""}>
              {head.replace(/^#/, "")}
            </th>
          ))}
          {last}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  </div>
)

/** A choice of one among a few. */
export const Choices = ({ label, choices, chosen, onChoose }: {
  readonly label: string
  readonly choices: ReadonlyArray<readonly [value: string, name: string]>
  readonly chosen: string
  readonly onChoose: (value: string) => void
}) => (
  <div class="spans" role="group" aria-label={label}>
    {choices.map(([value, name]) => (
      <button
        type="button"
        key={value}
        aria-pressed={chosen === value}
        onClick={() => onChoose(value)}
      >
        {name}
      </button>
    ))}
  </div>
)

/** A button that copies a text and confirms it. */
export const Copy = ({ text, label = "Copy" }: { readonly text: string; readonly label?: string }) => {
  const [done, setDone] = useState(false)
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text)
    } catch {
      // Without https the clipboard can be used only through a selection.
      const area = document.createElement("textarea")
      area.value = text
      document.body.append(area)
      area.select()
      document.execCommand("copy")
      area.remove()
    }
    setDone(true)
    setTimeout(() => setDone(false), 1500)
  }
  return (
    <button type="button" class="quiet" onClick={() => void copy()}>
      <span aria-live="polite">{done ? "Copied" : label}</span>
    </button>
  )
}

/** A command line that is ready to be run. */
export const CommandLine = ({ text }: { readonly text: string }) => (
  <div class="command">
    <pre tabIndex={0}>{text}</pre>
    <Copy text={text} />
  </div>
)

/** The state of a request: loading, loaded or failed. The last value is kept while the next one loads. */
export interface Loaded<Value> {
  readonly value: Value | undefined
  /** The value, or the previous one while a new one loads. */
  readonly last: Value | undefined
  readonly error: unknown
  readonly isLoading: boolean
  readonly reload: () => void
}

/** Polling waits at least this many times the duration of the last answer. */
const leastPause = 20

/**
 * Loads whenever its key changes, and every `every` milliseconds while the page is visible.
 *
 * @param key identifies what is loaded; nothing is loaded while it is empty
 */
export const useLoaded = <Value,>(
  key: string,
  load: (signal: AbortSignal) => Promise<Value>,
  every?: number,
): Loaded<Value> => {
  const [state, setState] = useState<{ key: string; value?: Value; error?: unknown; isLoading: boolean }>({
    key,
    isLoading: true,
  })
  const [turn, setTurn] = useState(0)
  const loading = useRef(load)
  loading.current = load
  const last = useRef<Value | undefined>(undefined)
  const took = useRef(0)
  const reload = useCallback(() => setTurn((last) => last + 1), [])
  useEffect(() => {
    if (key === "") return
    const controller = new AbortController()
    setState((last) => ({ ...(last.key === key ? last : { key }), isLoading: true }))
    const began = performance.now()
    const ended = (change: (last: typeof state) => typeof state): void => {
      if (controller.signal.aborted) return
      took.current = performance.now() - began
      setState(change)
    }
    loading.current(controller.signal).then(
      (value) => {
        if (!controller.signal.aborted) last.current = value
        ended(() => ({ key, value, isLoading: false }))
      },
      (error: unknown) => ended((last) => ({ ...last, key, error, isLoading: false })),
    )
    return () => controller.abort()
  }, [key, turn])
  useEffect(() => {
    if (every === undefined || state.isLoading) return
    // Slow queries are polled less often: a page that is left open must not burden the gateway.
    const timer = setInterval(
      () => document.visibilityState === "visible" && reload(),
      Math.max(every, leastPause * took.current),
    )
    return () => clearInterval(timer)
  }, [every, state.isLoading])
  // The key changes before the new answer is there: until then the state belongs to another key.
  const isCurrent = state.key === key
  return {
    value: isCurrent ? state.value : undefined,
    last: last.current,
    error: isCurrent ? state.error : undefined,
    isLoading: key !== "" && (state.isLoading || !isCurrent),
    reload,
  }
}
