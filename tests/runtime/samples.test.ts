/** The samples of deployments name what there is: variables, files, ports, paths, metrics. */
import assert from "node:assert/strict"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { test } from "node:test"
import * as Result from "effect/Result"
import { parse, parseAllDocuments } from "yaml"
import { readSettings } from "../../lib/config/environment.ts"
import { Variables } from "../../lib/config/variables.ts"
import { createGateway, Transport } from "../../mod.ts"
import { chat } from "../contract/harness.ts"

const folder = "lib/runtime/samples"
const samples = [
  "Dockerfile",
  ...readdirSync(folder).filter((name) => name !== "README.md").map((name) => join(folder, name)),
]
const textOf = (name: string): string => readFileSync(name, "utf8")
const sample = (name: string): string => textOf(join(folder, name))
const settings = Result.getOrThrow(readSettings({}))

/** What is read of a resource of Kubernetes. */
interface Resource {
  readonly kind: string
  readonly data?: Readonly<Record<string, string>>
  readonly spec?: {
    readonly template?: {
      readonly spec: {
        readonly containers: ReadonlyArray<{
          readonly env: ReadonlyArray<{ readonly name: string; readonly value: string }>
          readonly volumeMounts: ReadonlyArray<{ readonly mountPath: string }>
          readonly readinessProbe: { readonly httpGet: { readonly path: string } }
          readonly livenessProbe: { readonly httpGet: { readonly path: string } }
        }>
      }
    }
  }
}

test("the page lists every sample, and README's deploy section leads to it", () => {
  const page = sample("README.md")
  for (const name of samples) assert.ok(page.includes(`[${name.split("/").at(-1)}](`), name)
  assert.match(textOf("README.md"), /\]\(lib\/runtime\/samples\/README\.md\)/)
})

test("variables are the gateway's, and those of one sample can be set together", () => {
  const known = new Set([...Object.keys(Variables.fields), "BUN_CONFIG_MAX_HTTP_REQUESTS"])
  let named = 0
  for (const name of samples) {
    for (
      const [variable] of textOf(name).matchAll(
        /\b(?:BASEGATE|BASETEN|OTEL|BUN)_[A-Z_]+\b|\b(?:HOST|PORT)(?==)/g,
      )
    ) {
      assert.ok(known.has(variable), `${name}: ${variable}`)
      named++
    }
  }
  assert.ok(named > 20)
})

test("files that are copied or run exist, or are made by the build", () => {
  const built = textOf("lib/commands/build.ts")
  for (const name of samples) {
    for (const [, runtime = ""] of textOf(name).matchAll(/\bdist\/(\w+)\.mjs/g)) {
      assert.ok(built.includes(`"lib/runtime/${runtime}.ts"`), `${name}: ${runtime}.mjs`)
      assert.ok(existsSync(`lib/runtime/${runtime}.ts`), runtime)
    }
  }
  for (const file of ["postgres-engine.mjs", "reading-thread.mjs", "redis-client.cjs"]) {
    assert.ok(built.includes(file.replace(/\.mjs$/, "")), file)
    for (const name of ["Dockerfile", join(folder, "basegate.service")]) {
      assert.ok(
        textOf(name).includes(`dist/${file}`),
        `${name}: what a server loads from beside itself, ${file}`,
      )
    }
  }
  for (const [, sources = ""] of textOf("Dockerfile").matchAll(/^COPY (?!--from)(.+) \S+$/gm)) {
    for (const source of sources.split(" ")) assert.ok(existsSync(source), source)
  }
  const [, context = ""] = /^ +build: (\S+)$/m.exec(sample("compose.yaml")) ?? []
  assert.ok(existsSync(join(folder, context, "Dockerfile")))
  assert.ok(existsSync(join(dirname("Dockerfile"), "package-lock.json")))
})

test("ports, addresses and times are the gateway's own", () => {
  for (const name of samples) {
    for (const [, port] of textOf(name).matchAll(/(?:PORT=|:|EXPOSE |[Pp]ort: )(\d{4,5})\b(?!\d|m)/g)) {
      assert.equal(Number(port), settings.port, `${name}: ${port}`)
    }
  }
  // What `dispose` takes after the grace: lib/gateway.ts.
  const longest = settings.grace / 1000 + 6
  for (
    const [name, pattern] of [
      ["basegate.service", /^TimeoutStopSec=(\d+)$/m],
      ["compose.yaml", /stop_grace_period: (\d+)s/],
      ["compose-many.yaml", /stop_grace_period: (\d+)s/],
      ["kubernetes.yaml", /terminationGracePeriodSeconds: (\d+)/],
    ] as const
  ) {
    assert.ok(Number(pattern.exec(sample(name))?.[1]) > longest, name)
  }
  const gateway = settings.gateway("a", "g")
  for (const name of ["nginx.conf", "compose-many.yaml"]) {
    const [, patience] = /proxy_read_timeout (\d+)s/.exec(sample(name)) ?? []
    assert.ok(1000 * Number(patience) > (gateway?.dedicatedHeadersTimeout ?? Infinity), name)
  }
})

test("settings in a sample are valid, and are where the gateway looks for them", () => {
  const documents = parseAllDocuments(sample("kubernetes.yaml")).map((document) =>
    document.toJS() as Resource
  )
  const [config, deployment] = ["ConfigMap", "Deployment"].map((kind) =>
    documents.find((document) => document.kind === kind)
  )
  const [name = "", text = ""] = Object.entries(config?.data ?? {})[0] ?? []
  const read = Result.getOrThrow(readSettings({ BASEGATE_CONFIG: JSON.stringify(parse(text)) }))
  assert.equal(read.gateway("acme", "team")?.spendLimits.rules.length, 1)
  const [container] = deployment?.spec?.template?.spec.containers ?? []
  const file = container?.env.find((variable) => variable.name === "BASEGATE_CONFIG_FILE")?.value
  assert.ok(container?.volumeMounts.some(({ mountPath }) => `${mountPath}/${name}` === file), file)
  const paths = [container?.readinessProbe.httpGet.path, container?.livenessProbe.httpGet.path]
  assert.deepEqual(paths, ["/readyz", "/livez"])
  const { services, volumes } = parse(sample("compose.yaml")) as {
    readonly services: { readonly basegate: { readonly volumes: ReadonlyArray<string> } }
    readonly volumes: object
  }
  const [volume = "", target = ""] = services.basegate.volumes[0]?.split(":") ?? []
  assert.ok(volume in volumes)
  assert.match(textOf("Dockerfile"), new RegExp(`BASEGATE_DB=${target}/`))
  assert.match(textOf("Dockerfile"), new RegExp(`^VOLUME ${target}$`, "m"))
})

/** What a gateway shows on /metrics after some calls, one of which failed. */
const metricsText = async (): Promise<string> => {
  const answers = [200, 500].map((status) => () =>
    new Response(
      'data: {"choices":[{"delta":{"content":"a"}}],"usage":{"prompt_tokens":5,"completion_tokens":7}}\n\ndata: [DONE]\n\n',
      { status, headers: { "content-type": "text/event-stream" } },
    )
  )
  const gateway = createGateway({
    env: {
      LOG_LEVEL: "none",
      BASEGATE_METRICS_TOKEN: "metrics-of-samples",
      BASEGATE_CONFIG: JSON.stringify({
        gateways: {
          "*": { retry_max_attempts: 2, prices: { "openai/gpt-oss-120b": { input: 1, output: 1 } } },
        },
      }),
    },
    transport: Transport.layerFetch({
      fetch: () => Promise.resolve((answers.shift() ?? (() => new Response("", { status: 500 })))()),
    }),
  })
  const ask = async (path: string, init: RequestInit): Promise<string> => {
    const response = await gateway.fetch(new Request(`https://gate.example${path}`, init))
    return await response.text()
  }
  try {
    for (let calls = 0; calls < 2; calls++) {
      await ask("/v1/a/g/baseten/v1/chat/completions", {
        method: "POST",
        headers: { authorization: "Bearer sk-own", "content-type": "application/json" },
        body: chat({ stream: true }),
      })
    }
    await gateway.idle()
    const authorization = "Bearer metrics-of-samples"
    for (const path of ["/livez", "/readyz"]) assert.match(await ask(path, {}), /"ok"/)
    return await ask("/metrics", { headers: { authorization } })
  } finally {
    await gateway.dispose()
  }
}

test("every metric and label that the dashboard queries is one of the gateway's", async () => {
  const board = JSON.parse(sample("grafana.json")) as {
    readonly panels: ReadonlyArray<
      { readonly title: string; readonly targets: ReadonlyArray<{ readonly expr: string }> }
    >
    readonly templating: { readonly list: ReadonlyArray<{ readonly query: string }> }
  }
  const text = await metricsText()
  const kinds = new Map(
    [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = "", kind = ""]) => [name, kind]),
  )
  const labels = new Set([...text.matchAll(/[{,](\w+)="/g)].map(([, name = ""]) => name))
  const exprs = [
    ...board.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
    ...board.templating.list.map(({ query }) => query),
  ]
  const asked = new Set<string>()
  for (const expr of exprs) {
    const names = expr.match(/\b(?:basegate|gen_ai|http)_\w+/g) ?? []
    for (const name of names.filter((name) => !labels.has(name))) {
      const base = kinds.has(name) ? name : name.replace(/_(?:bucket|sum|count)$/, "")
      assert.ok(kinds.has(base), `${name}: ${expr}`)
      if (base !== name) assert.equal(kinds.get(base), "histogram", name)
      else assert.notEqual(kinds.get(base), "histogram", name)
      asked.add(base)
    }
    for (const [, list = ""] of expr.matchAll(/\bby \(([^)]*)\)/g)) {
      for (const label of list.split(/,\s*/)) assert.ok(labels.has(label), `${label}: ${expr}`)
    }
    for (const [, label = ""] of expr.matchAll(/[{,]\s*(\w+)(?:=|!=|=~)"/g)) {
      assert.ok(labels.has(label), `${label}: ${expr}`)
    }
  }
  // Calls without the time of their first chunk, and HTTP's own, are on no panel alone.
  assert.deepEqual([...kinds.keys()].filter((name) => !asked.has(name)), [])
})
