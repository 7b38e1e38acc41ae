/**
 * Proxies that others have written, where they are installed.
 *
 * @module
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import process from "node:process"
import { startChild } from "./child.ts"
import type { Subject } from "./subjects.ts"

/** Connections stay open on both sides for as long as the bench runs. */
const forever = 1_000_000_000

/**
 * One process, no log, nothing buffered.
 *
 * @param folder where it may write: the paths that are compiled in belong to the system's own nginx
 */
const nginxConfig = (folder: string, upstream: string, port: number): string => `
daemon off;
master_process off;
pid ${folder}/pid;
error_log stderr error;
events { worker_connections 8192; }
http {
  access_log off;
  keepalive_requests ${forever};
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  upstream model {
    server ${new URL(upstream).host};
    keepalive 1024;
    keepalive_requests ${forever};
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://model;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
      proxy_request_buffering off;
    }
  }
}
`

/** One process with one thread, no log, any idle connection to the upstream for any client. */
const haproxyConfig = (_: string, upstream: string, port: number): string => `
global
  maxconn 8192
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 1h
  timeout server 1h
  http-reuse always
  option http-no-delay
frontend bench
  bind 127.0.0.1:${port}
  default_backend model
backend model
  server model ${new URL(upstream).host} pool-max-conn -1
`

/** A peer that takes its configuration from a file in a folder of its own. */
const configured = (
  name: string,
  command: string,
  configOf: (folder: string, upstream: string, port: number) => string,
  args: (folder: string, file: string) => ReadonlyArray<string>,
): Subject => ({
  name,
  path: "",
  headers: () => ({}),
  spawn: (upstream, port) => {
    const folder = mkdtempSync(join(tmpdir(), `basegate-${name}-`))
    const file = join(folder, "config")
    writeFileSync(file, configOf(folder, upstream, port))
    const child = startChild(command, args(folder, file), { cwd: folder, env: {}, output: "ignore" })
    child.process.once("exit", () => rmSync(folder, { recursive: true, force: true }))
    return child
  },
})

/** @param folder where `@portkey-ai/gateway` was installed by npm */
const portkey = (folder: string): Subject => ({
  name: "portkey",
  path: "",
  headers: (upstream) => ({
    "x-portkey-provider": "openai",
    "x-portkey-custom-host": `${upstream}/v1`,
    "x-portkey-forward-headers": "x-bench-events,x-bench-gap-ms,x-bench-batch,x-bench-bytes",
  }),
  spawn: (_, port) =>
    startChild(
      process.execPath,
      ["node_modules/@portkey-ai/gateway/build/start-server.js", "--headless", `--port=${port}`],
      { cwd: folder, env: {}, output: "ignore" },
    ),
})

const installed = (command: string): string | undefined =>
  [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin"]
    .map((folder) => join(folder, command))
    .find((path) => existsSync(path))

const native = (
  name: string,
  configOf: (folder: string, upstream: string, port: number) => string,
  args: (folder: string, file: string) => ReadonlyArray<string>,
): Subject | undefined => {
  const command = installed(name)
  return command === undefined ? undefined : configured(name, command, configOf, args)
}

/** Every peer that is known of; undefined where it is not installed. */
const known = (portkeyFolder: string | undefined): Readonly<Record<string, Subject | undefined>> => ({
  nginx: native("nginx", nginxConfig, (folder, file) => ["-c", file, "-p", folder, "-e", "stderr"]),
  haproxy: native("haproxy", haproxyConfig, (_, file) => ["-db", "-f", file]),
  portkey: portkeyFolder === undefined ? undefined : portkey(portkeyFolder),
})

/**
 * nginx and HAProxy where they are on the path (Debian's packages of those names), and Portkey where a folder is given
 * that has it.
 *
 * @param names those that are wanted; all if undefined. Throws an Error if one is not known.
 */
export const findPeers = (
  names: ReadonlyArray<string> | undefined,
  portkeyFolder: string | undefined,
): { readonly peers: ReadonlyArray<Subject>; readonly absent: ReadonlyArray<string> } => {
  const all = known(portkeyFolder)
  const unknown = names?.find((name) => !Object.hasOwn(all, name))
  if (unknown !== undefined) throw new Error(`--peers takes ${Object.keys(all).join(", ")}, not ${unknown}`)
  const wanted = names ?? Object.keys(all)
  return {
    peers: wanted.flatMap((name) => all[name] ?? []),
    absent: wanted.filter((name) => all[name] === undefined),
  }
}
