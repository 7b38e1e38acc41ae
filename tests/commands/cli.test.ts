/** `basegate`, as its users run it, in this process. */
import assert from "node:assert/strict"
import { execFile } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import process from "node:process"
import { after, test } from "node:test"
import { promisify } from "node:util"
import { runCli } from "../../lib/commands/run-cli.ts"
import { product } from "../../lib/version.ts"

const folder = mkdtempSync(join(tmpdir(), "basegate-cli-"))
after(() => rmSync(folder, { recursive: true, force: true }))

const home = process.cwd()
after(() => process.chdir(home))

const basegate = async (
  args: ReadonlyArray<string>,
  env: Record<string, string> = {},
): Promise<{ readonly code: number | undefined; readonly out: string; readonly err: string }> => {
  let [out, err] = ["", ""]
  process.chdir(folder)
  const say = (line: string) => void (out += `${line}\n`)
  const code = await runCli(args, { env, now: Date.now(), say }, (line) => void (err += `${line}\n`))
  process.chdir(home)
  return { code, out, err }
}

test("--help lists the commands, and each has its own, without color and with examples", async () => {
  const { code, out, err } = await basegate(["--help"])
  assert.deepEqual([code, err], [0, ""])
  for (const name of ["start", "init", "check", "logs", "usage", "demo", "conform"]) {
    assert.match(out, new RegExp(`^  ${name} `, "m"))
    const own = await basegate([name, "--help"])
    assert.deepEqual([own.code, own.err], [0, ""], name)
    assert.match(own.out, new RegExp(`^  basegate ${name}`, "m"))
    assert.ok(!own.out.includes("\x1b"))
    assert.ok(own.out.split("\n").every((line) => line.length <= 120), name)
  }
  assert.deepEqual(await basegate(["help", "usage"]), await basegate(["usage", "-h"]))
  assert.match((await basegate(["usage", "--help"])).out, /^Examples$/m)
})

test("--version", async () => {
  assert.deepEqual(await basegate(["--version"]), { code: 0, out: `${product.version}\n`, err: "" })
})

test("unknown options are exit code 2, in one line that suggests what was meant", async () => {
  const problems: ReadonlyArray<readonly [RegExp, ...ReadonlyArray<string>]> = [
    [/^basegate: there is no command "strat"; perhaps start was meant\. See basegate --help\.\n$/, "strat"],
    [/^basegate: there is no command "constructor"\. See/, "constructor"],
    [/^basegate: there is no option --prot; perhaps --port was meant\n$/, "--prot", "1"],
    [/^basegate: there is no option --prot; perhaps --port was meant\n$/, "start", "--prot", "1"],
    [/^basegate: --port needs a value/, "start", "--port"],
    [/^basegate: --workers takes a number/, "start", "--workers", "many"],
    [/^basegate: --workers takes a number of processes, from 1 to 256, or auto/, "start", "--workers", "0"],
    [/^basegate init: "here" is not an option's value/, "init", "here"],
    [/^basegate logs: --last takes/, "logs", "--last", "0"],
    [/^basegate conform: it takes the address of a gateway/, "conform"],
    [/^basegate conform: "gateway" is not the address/, "conform", "gateway"],
    [
      /^basegate conform: --upstream-port takes a whole number/,
      "conform",
      "http://127.0.0.1:1",
      "--upstream-port",
      "x",
    ],
    [/^basegate usage: --by takes up to three of model, deployment/, "usage", "--by", "modle"],
    [/^basegate usage: --month takes a month such as 2026-11/, "usage", "--month", "2026-13"],
    [/^basegate usage: --month excludes/, "usage", "--month", "2026-11", "--since", "1d"],
    [/^basegate usage: --time-zone takes a name/, "usage", "--time-zone", "Berlin"],
    [/^basegate usage: --since has to be before/, "usage", "--since", "2026-11-02", "--until", "2026-11-01"],
    [/^basegate usage: --url takes the address/, "usage", "--url", "gateway"],
    [/^basegate usage: a gateway answers for one account/, "usage", "--url", "http://127.0.0.1:1"],
  ]
  for (const [problem, ...args] of problems) {
    const { code, out, err } = await basegate(args)
    assert.deepEqual([code, out], [2, ""], args.join(" "))
    assert.match(err, problem)
    assert.equal(err.split("\n").length, 2)
  }
})

test("a failure is exit code 1, in one line without a stack", async () => {
  const problems: ReadonlyArray<readonly [RegExp, ...ReadonlyArray<string>]> = [
    [
      /set BASEGATE_ADMIN_TOKEN to its admin token/,
      "usage",
      "--url",
      "http://127.0.0.1:1",
      "--account",
      "a",
    ],
    [/the demo is built with the package: npm run demo/, "demo"],
  ]
  for (const [problem, ...args] of problems) {
    const { code, out, err } = await basegate(args)
    assert.deepEqual([code, out], [1, ""], args.join(" "))
    assert.match(err, problem)
    assert.doesNotMatch(err, /\n +at |node_modules/)
  }
  const { code, err } = await basegate(["usage", "--url", "http://127.0.0.1:1", "--account", "a"], {
    BASEGATE_ADMIN_TOKEN: "token",
  })
  assert.deepEqual([code, err], [
    1,
    "basegate usage: no gateway answers at http://127.0.0.1:1: start it, or give its address with --url\n",
  ])
})

test("output that cannot be written is exit code 1; a reader that closes the pipe is no error", async () => {
  if (!existsSync("/dev/full")) return
  const run = promisify(execFile)
  const shell = (text: string) =>
    run("sh", ["-c", text, process.execPath]).then(
      ({ stderr }) => ({ code: 0, stderr }),
      ({ code, stderr }: { readonly code: number; readonly stderr: string }) => ({ code, stderr }),
    )
  const help = '"$0" --import tsx lib/commands/cli.ts start --help'
  const full = await shell(`${help} > /dev/full`)
  assert.deepEqual(full, { code: 1, stderr: "basegate: standard output cannot be written (ENOSPC)\n" })
  assert.deepEqual(await shell(`(${help}; echo $? >&2) | true`), { code: 0, stderr: "0\n" })
})

test("init writes settings with comments, says what to do next, and never overwrites", async () => {
  const { code, out, err } = await basegate(["init"])
  assert.deepEqual([code, err], [0, ""])
  assert.match(out, /^Wrote basegate\.yaml/)
  assert.match(out, /basegate check[^]*BASETEN_API_KEY[^]*basegate start[^]*basegate usage/)
  const file = join(folder, "basegate.yaml")
  const written = readFileSync(file, "utf8")
  assert.match(written, /^gateways:$/m)
  assert.match(written, /^ +my-account\/my-gateway:$/m)
  const checked = await basegate(["check"])
  assert.deepEqual([checked.code, checked.err], [0, ""])
  assert.match(checked.out, /settings +basegate\.yaml: my-account\/my-gateway/)
  // What stands in comments is well, too, once its marks are gone.
  const all = written.replaceAll(/^ {4}# (?=[a-z_]+:| +[-\w]+:? )/gm, "    ").replaceAll(
    /^ {4}# (?= +[a-z_]+:$)/gm,
    "    ",
  )
  writeFileSync(join(folder, "all.yaml"), all)
  Object.assign(process.env, { TOKEN_OF_ANN: "a", TOKEN_OF_BOB: "b", BASETEN_API_KEY: "k" })
  const whole = await basegate(["check", "all.yaml"])
  for (const name of ["TOKEN_OF_ANN", "TOKEN_OF_BOB", "BASETEN_API_KEY"]) delete process.env[name]
  assert.deepEqual([whole.code, whole.err], [0, ""], `${whole.out}\n${all}`)
  assert.match(all, /^ {6}rules:$/m)
  assert.match(whole.out, /tokens +2 without a name$/m)
  writeFileSync(file, "mine")
  const again = await basegate(["init"])
  assert.deepEqual([again.code, again.out], [1, ""])
  assert.match(again.err, /^basegate init: there is a basegate\.yaml already, which is left as it is/)
  assert.equal(readFileSync(file, "utf8"), "mine")
  rmSync(file)
})

test("check reports every problem with its place, and is exit code 1", async () => {
  writeFileSync(join(folder, "bad.yaml"), "gateways:\n  a/g:\n    cache_tl: 3\n    retry_max_attempts: 9\n")
  const { code, out, err } = await basegate(["check", "bad.yaml"])
  assert.equal(code, 1)
  assert.match(
    out,
    /^bad\.yaml, line 3, column 5 \(gateways, a\/g, cache_tl\): .*perhaps cache_ttl was meant$/m,
  )
  assert.match(
    out,
    /^bad\.yaml, line 4, column \d+ \(gateways, a\/g, retry_max_attempts\): expected a whole number/m,
  )
  assert.equal(err, "basegate check: there are 2 problems\n")
  assert.match((await basegate(["check", "none.yaml"])).out, /^none\.yaml: .*there is no such file$/m)
})
