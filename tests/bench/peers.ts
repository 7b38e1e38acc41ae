/**
 * Proxies that others have written, where they are installed.
 *
 * @module
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import process from "node:process"
import type { Bench } from "./bench.ts"
import { startChild } from "./child.ts"
import type { Subject } from "./subjects.ts"

/**
 * One process, no log, nothing buffered, connections kept alive on both sides for as long as the bench runs.
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
  keepalive_requests 1000000000;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  upstream model {
    server ${new URL(upstream).host};
    keepalive 1024;
    keepalive_requests 1000000000;
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

const nginx = (command: string): Subject => ({
  name: "nginx",
  path: "",
  headers: () => ({}),
  spawn: (upstream, port) => {
    const folder = mkdtempSync(join(tmpdir(), "basegate-nginx-"))
    const file = join(folder, "nginx.conf")
    writeFileSync(file, nginxConfig(folder, upstream, port))
    const child = startChild(command, ["-c", file, "-p", folder, "-e", "stderr"], {
      cwd: folder,
      env: {},
      output: "ignore",
    })
    child.process.once("exit", () => rmSync(folder, { recursive: true, force: true }))
    return child
  },
})

const installed = (command: string): string | undefined =>
  [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin"]
    .map((folder) => join(folder, command))
    .find((path) => existsSync(path))

/** @param folder where `@portkey-ai/gateway` was installed by npm */
const portkey = (folder: string): Subject => ({
  name: "portkey",
  path: "",
  headers: (upstream) => ({
    "x-portkey-provider": "openai",
    "x-portkey-custom-host": `${upstream}/v1`,
    "x-portkey-forward-headers": "x-bench-events,x-bench-gap-ms,x-bench-bytes",
  }),
  spawn: (_, port) =>
    startChild(
      process.execPath,
      ["node_modules/@portkey-ai/gateway/build/start-server.js", "--headless", `--port=${port}`],
      { cwd: folder, env: {}, output: "ignore" },
    ),
})

/** nginx, where it is on the path, and Portkey, where a folder is given that has it. */
export const findPeers = (portkeyFolder: string | undefined): Pick<Bench, "peers" | "absent"> => {
  const command = installed("nginx")
  return {
    peers: [
      ...command === undefined ? [] : [nginx(command)],
      ...portkeyFolder === undefined ? [] : [portkey(portkeyFolder)],
    ],
    absent: [
      ...command === undefined ? ["nginx"] : [],
      ...portkeyFolder === undefined ? ["portkey"] : [],
    ],
  }
}
