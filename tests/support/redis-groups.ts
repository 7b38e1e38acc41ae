/** Several Redis servers that belong together: a Cluster, and a primary with a replica and a sentinel. */
import { execFileSync, spawn } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { redisProgram, type RedisServer, startRedis } from "./redis-server.ts"
import { freePort } from "./spawn-gateway.ts"

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))
const cli = (redisProgram ?? "redis-server").replace("-server", "-cli")

/** Asks one server, by the command line of Redis: a client would follow redirects. */
const askServer = (port: number, ...command: ReadonlyArray<string>): string =>
  execFileSync(cli, ["-p", `${port}`, ...command], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] })
    .trim()

/** Waits until something holds; fails after half a minute. */
const untilSo = async (what: string, holds: () => boolean): Promise<void> => {
  for (let tries = 0; !holds(); tries++) {
    if (tries > 300) throw new Error(what)
    await pause(100)
  }
}

/** A Cluster of three nodes. */
export interface RedisCluster {
  readonly nodes: ReadonlyArray<RedisServer>
  /** The node that has the slot of a key. */
  readonly ownerOf: (key: string) => RedisServer
  /** Moves the slot of a key, with all that is in it, while it is used. */
  readonly move: (key: string, to: RedisServer) => Promise<void>
  readonly close: () => Promise<void>
}

/** Starts a Cluster. */
export const startCluster = async (): Promise<RedisCluster> => {
  const folder = mkdtempSync(join(tmpdir(), "basegate-cluster-"))
  const nodes: Array<RedisServer> = []
  for (let index = 0; index < 3; index++) {
    nodes.push(
      await startRedis([
        "--cluster-enabled",
        "yes",
        "--dir",
        folder,
        "--cluster-config-file",
        `${index}.conf`,
      ]),
    )
  }
  const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`)
  execFileSync(cli, ["--cluster", "create", ...addresses, "--cluster-yes"], { stdio: "ignore" })
  const [first] = nodes as [RedisServer]
  await untilSo(
    "the Cluster is whole",
    () => nodes.every(({ port }) => askServer(port, "cluster", "info").includes("cluster_state:ok")),
  )
  const slotOf = (key: string): string => askServer(first.port, "cluster", "keyslot", key)
  const ownerOf = (key: string): RedisServer => {
    const slot = Number(slotOf(key))
    const found = nodes.find(({ port }) =>
      askServer(port, "cluster", "nodes").split("\n").filter((line) => line.includes("myself"))
        .flatMap((line) => line.split(" ").slice(8)).some((range) => {
          const [from = "", to = from] = range.split("-")
          return slot >= Number(from) && slot <= Number(to)
        })
    )
    if (found === undefined) throw new Error("nobody has the slot")
    return found
  }
  return {
    nodes,
    ownerOf,
    move: async (key, to) => {
      const slot = slotOf(key)
      const from = ownerOf(key)
      const idOf = ({ port }: RedisServer) => askServer(port, "cluster", "myid")
      askServer(to.port, "cluster", "setslot", slot, "importing", idOf(from))
      askServer(from.port, "cluster", "setslot", slot, "migrating", idOf(to))
      await pause(100)
      const keys = askServer(from.port, "cluster", "getkeysinslot", slot, "1000").split("\n").filter((one) =>
        one !== ""
      )
      if (keys.length > 0) {
        askServer(from.port, "migrate", "127.0.0.1", `${to.port}`, "", "0", "5000", "keys", ...keys)
      }
      for (const node of [to, from, ...nodes]) {
        askServer(node.port, "cluster", "setslot", slot, "node", idOf(to))
      }
    },
    close: async () => {
      for (const node of nodes) await node.kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A primary with a replica, and a sentinel that watches both. */
export interface RedisSentinel {
  /** For `BASEGATE_STORE`. */
  readonly url: string
  readonly primary: RedisServer
  readonly replica: RedisServer
  readonly close: () => Promise<void>
}

/** Starts them; the replica takes over a second after the primary has died. */
export const startSentinel = async (): Promise<RedisSentinel> => {
  const folder = mkdtempSync(join(tmpdir(), "basegate-sentinel-"))
  const primary = await startRedis(["--dir", folder])
  const replica = await startRedis(["--dir", folder, "--replicaof", "127.0.0.1", `${primary.port}`])
  const port = await freePort()
  const file = join(folder, "sentinel.conf")
  writeFileSync(
    file,
    `port ${port}
bind 127.0.0.1
sentinel monitor limits 127.0.0.1 ${primary.port} 1
sentinel down-after-milliseconds limits 500
sentinel failover-timeout limits 2000
`,
  )
  const sentinel = spawn(redisProgram ?? "redis-server", [file, "--sentinel"], { stdio: "ignore" })
  await untilSo("the sentinel knows the replica", () => {
    try {
      return askServer(port, "sentinel", "replicas", "limits").includes(`${replica.port}`) &&
        askServer(replica.port, "info", "replication").includes("master_link_status:up")
    } catch {
      return false
    }
  })
  return {
    url: `redis+sentinel://127.0.0.1:${port}/limits`,
    primary,
    replica,
    close: async () => {
      sentinel.kill("SIGKILL")
      for (const server of [primary, replica]) await server.kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
