/**
 * A table of log entries; on a phone, each is a card.
 *
 * @module
 */
import { type ComponentChildren, Fragment } from "preact"
import { count, money, short, time, unknown, visible } from "./format.ts"
import { go, hereWith, Link } from "./location.tsx"
import { Badge, Text, Time } from "./parts.tsx"
import type { ListedEntry } from "./types.ts"

/** How a request ended: its status, and its ending if the answer is not complete. */
export const EndBadge = ({ entry }: { readonly entry: ListedEntry }) => (
  <Badge kind={entry.success ? "good" : entry.ending === "client_left" ? "left" : "bad"}>
    {entry.status_code}
    {entry.ending !== "complete" && ` ${entry.ending.replaceAll("_", " ")}`}
    {entry.ending === "complete" && entry.status_code < 400 && entry.error !== null && " reported an error"}
  </Badge>
)

const marksOf = ({ cached, stream, attempts, step }: ListedEntry): ReadonlyArray<string> => [
  ...(cached ? ["cache"] : []),
  ...(stream ? ["stream"] : []),
  ...(step > 0 ? ["fall-back"] : []),
  ...(attempts.length > 1 ? [`${attempts.length} tries`] : []),
]

const tokensOf = ({ tokens_in, tokens_out, usage_source }: ListedEntry): string =>
  tokens_in === null && tokens_out === null
    ? unknown
    : `${usage_source === "estimated" ? "≈ " : ""}${short(tokens_in)} → ${short(tokens_out)}`

/** The longest part of a name that is kept in one line, in characters. */
const longestPart = 32

const ModelName = ({ children }: { readonly children: string }) => (
  <bdi>
    <span>
      {children.split(/(?<=\/)/).map((part, index) => (
        <Fragment key={index}>
          {index > 0 && <wbr />}
          <span class={part.length > longestPart ? "" : "unbroken"}>{visible(part)}</span>
        </Fragment>
      ))}
    </span>
  </bdi>
)

const Row = ({ entry, gateway }: { readonly entry: ListedEntry; readonly gateway: string }) => (
  <tr
    onClick={(event) =>
      (event.target as Element).closest("a") === null && go(hereWith({ entry: entry.id, gateway }))}
  >
    <th scope="row">
      <Link href={hereWith({ entry: entry.id, gateway })}>
        <Time at={entry.created_at} />
      </Link>
    </th>
    <td>
      <EndBadge entry={entry} />
    </td>
    <td class="wide">
      <ModelName>{entry.model || entry.deployment || entry.request_type}</ModelName>
    </td>
    <td>{marksOf(entry).map((mark) => <span class="mark" key={mark}>{mark}</span>)}</td>
    <td
      class="number"
      data-name="tokens"
      title={`${count(entry.tokens_in)} in, ${count(entry.tokens_out)} out`}
    >
      {tokensOf(entry)}
    </td>
    <td class="number" data-name="cost">{money(entry.cost)}</td>
    <td class="number" data-name="first token">{time(entry.time_to_first_token_ms)}</td>
    <td class="number" data-name="in all">{time(entry.duration)}</td>
    <td class="wide">{entry.error === null ? "" : <Text>{entry.error}</Text>}</td>
  </tr>
)

/** The order of the table. The API sorts, since a page is only a part. */
export interface TableOrder {
  readonly by: string
  readonly isAscending: boolean
}

/** A column heading that orders the table: the largest or newest first, and the other way round on a second click. */
const Head = ({ by, order, isNumber = false, children }: {
  readonly by: string
  readonly order: TableOrder
  readonly isNumber?: boolean
  readonly children: ComponentChildren
}) => {
  const isChosen = order.by === by
  const turns = isChosen && !order.isAscending
  return (
    <th
      scope="col"
      class={isNumber ? "number" : ""}
      aria-sort={!isChosen ? "none" : order.isAscending ? "ascending" : "descending"}
    >
      <button
        type="button"
        class="sort"
        onClick={() => go(hereWith({ order: by, direction: turns ? "asc" : undefined, page: undefined }))}
      >
        {children}
        <span aria-hidden="true">{!isChosen ? "" : order.isAscending ? " ↑" : " ↓"}</span>
      </button>
    </th>
  )
}

export const LogTable = ({ entries, gateway, order }: {
  readonly entries: ReadonlyArray<ListedEntry>
  readonly gateway: string
  readonly order: TableOrder
}) => (
  <div class="scroll" tabIndex={0} role="region" aria-label="Requests">
    <table class="log">
      <thead>
        <tr>
          <Head by="created_at" order={order}>Time</Head>
          <th scope="col">Ended</th>
          <Head by="model" order={order}>Model</Head>
          <th scope="col">How</th>
          <Head by="tokens_out" order={order} isNumber>Tokens in → out</Head>
          <Head by="cost" order={order} isNumber>Cost</Head>
          <th scope="col" class="number">First token</th>
          <Head by="duration" order={order} isNumber>Duration</Head>
          <th scope="col">Error</th>
        </tr>
      </thead>
      <tbody>{entries.map((entry) => <Row key={entry.id} entry={entry} gateway={gateway} />)}</tbody>
    </table>
  </div>
)
