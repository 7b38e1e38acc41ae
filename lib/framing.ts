/** How the events of a stream are framed, which says how its end is known and how a failure is told. */
export type Framing = "chat" | "messages" | "responses"

/** Whether a body is an event stream, by its headers. */
export const isEventStream = (headers: Headers): boolean =>
  /^text\/event-stream\b/i.test(headers.get("content-type") ?? "")
