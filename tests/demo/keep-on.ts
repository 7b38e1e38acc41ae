/**
 * Goes on calling the demo's gateway, so that there is something to watch.
 *
 * @module
 */
import process from "node:process"

const questions = ["Where is my order?", "Summarise this ticket.", "Which plan fits us?", "Translate this."]
const models = ["zai-org/GLM-5.3", "openai/gpt-oss-120b", "deepseek-ai/DeepSeek-V4.1-Flash"]
const gateways = ["support", "search", "agents"] as const
const teams = { support: "support", search: "search", agents: "platform" } as const
const faults = [{ status: 529 }, { cut_after: 3 }]

const one = <A>(of: ReadonlyArray<A>): A => of[Math.floor(of.length * Math.random())] as A

const call = async (account: string): Promise<void> => {
  const gateway = one(gateways)
  const fault = Math.random() < 0.04 ? one(faults) : { drip_ms: 20 + 60 * Math.random() }
  const response = await fetch(`${account}/${gateway}/baseten/v1/chat/completions`, {
    method: "POST",
    headers: {
      authorization: "Bearer demo-key",
      "content-type": "application/json",
      "cf-aig-metadata": JSON.stringify({
        team: teams[gateway],
        user: `visitor-${Math.ceil(5 * Math.random())}`,
      }),
      "x-simulator-fault": JSON.stringify(fault),
    },
    body: JSON.stringify({
      model: one(models),
      stream: true,
      messages: [{ role: "user", content: one(questions) }],
    }),
  })
  await response.text()
}

/** The longest pause between two calls, in milliseconds. */
const longest = 3000

/** Calls now and then, until the process is told to stop. */
export const keepOn = async (account: string): Promise<void> => {
  let stops = (): void => {}
  const stopped = new Promise<void>((resolve) => stops = resolve)
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, stops)
  for (let isOver = false; !isOver;) {
    // A cut stream is one of the things to look at.
    void call(account).catch(() => {})
    let timer: ReturnType<typeof setTimeout> | undefined
    const pause = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), longest * Math.random())
    })
    isOver = await Promise.race([pause, stopped.then(() => true)])
    clearTimeout(timer)
  }
}
