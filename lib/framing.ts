/** How the events of a stream are framed, which says how its end is known and how a failure is told. */
export type Framing = "chat" | "messages" | "responses"
