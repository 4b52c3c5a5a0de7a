import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const ROOT = resolve(import.meta.dirname, "../../..");
const COMMAND = join(ROOT, ".venv/bin/supportcarr");
const READY_MS = 90_000;
const END_MS = 30_000;
const LONGEST_S = 600; // it ends by itself, should nobody be left to end it

export interface Account {
  phone: string;
  password: string;
}

/** A small city that runs for the tests. */
export interface City {
  base: string;
  pid: number;
  admin: Account;
  tokens: { access_token: string; refresh_token: string };
}

export interface RunningCity extends City {
  end: () => Promise<void>;
  /** What its command printed. */
  output: () => string;
}

const free = (port: number): Promise<boolean> =>
  new Promise((resolved) => {
    const server = createServer();
    server.once("error", () => resolved(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolved(true)));
  });

/** The first of three free ports in a row: API, real time and the emulators. */
async function freePorts(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const first = 20_000 + Math.floor(Math.random() * 10_000);
    const all = await Promise.all([first, first + 1, first + 2].map(free));
    if (all.every(Boolean)) return first;
  }
  throw new Error("no three free ports in a row");
}

/** JSON from the API; throws unless the answer is a good one. */
export async function ask<T>(base: string, path: string, { token, body }: { token?: string; body?: object } = {}): Promise<T> {
  const headers: Record<string, string> = { "content-type": "application/json", "idempotency-key": crypto.randomUUID() };
  if (token) headers.authorization = `Bearer ${token}`;
  const init = body ? { method: "POST", headers, body: JSON.stringify(body) } : { headers };
  const answer = await fetch(`${base}/api/v1${path}`, init);
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

async function eventually<T>(what: string, attempt: () => Promise<T>, still: () => boolean): Promise<T> {
  const until = Date.now() + READY_MS;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!still()) throw new Error(`the city ended before ${what}`, { cause: error });
      if (Date.now() > until) throw new Error(`${what} took too long`, { cause: error });
      await sleep(250);
    }
  }
}

/** Starts a city with data of its own, and waits until trucks drive in it. */
export async function startCity(): Promise<RunningCity> {
  if (!existsSync(COMMAND)) throw new Error("no .venv/bin/supportcarr: `make setup` makes it");
  const data = mkdtempSync(join(tmpdir(), "supportcarr-e2e-"));
  const log = join(data, "demo.log");
  const port = await freePorts();
  const base = `http://127.0.0.1:${port}`;
  const options = { riders: 8, drivers: 6, speed: 12, seconds: LONGEST_S, port, data: join(data, "city") };
  const command = ["demo", ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)])];
  const out = openSync(log, "w");
  const demo = spawn(COMMAND, command, { cwd: data, stdio: ["ignore", out, out] });
  const running = () => demo.exitCode === null && demo.signalCode === null;
  const output = () => readFileSync(log, "utf8");
  const end = async () => {
    await ended(demo);
    rmSync(data, { recursive: true, force: true });
  };
  try {
    const admin = await eventually("its operators were there", () => Promise.resolve(adminOf(options.data)), running);
    const tokens = await eventually("it let an operator in", () => ask<City["tokens"]>(base, "/auth/sign-in", { body: admin }), running);
    await eventually("a truck was on the road", () => truck(base, tokens.access_token), running);
    return { base, pid: demo.pid ?? 0, admin, tokens, end, output };
  } catch (error) {
    const said = output();
    await end();
    throw new Error(`no city to test with; it said:\n${said}`, { cause: error });
  }
}

function adminOf(data: string): Account {
  const { admin } = JSON.parse(readFileSync(join(data, "operators.json"), "utf8")) as { admin: Account };
  return { phone: admin.phone, password: admin.password };
}

async function truck(base: string, token: string): Promise<void> {
  const { drivers } = await ask<{ drivers: unknown[] }>(base, "/admin/map?area=montreal", { token });
  if (drivers.length === 0) throw new Error("none yet");
}

async function ended(demo: ChildProcess): Promise<void> {
  if (demo.exitCode !== null || demo.signalCode !== null) return;
  const gone = new Promise<void>((resolved) => demo.once("exit", () => resolved()));
  demo.kill("SIGINT");
  const late = sleep(END_MS, "late" as const, { ref: false });
  if ((await Promise.race([gone, late])) === "late") {
    demo.kill("SIGKILL");
    await gone;
  }
}

/** The city's processes of one role (`api`, `realtime`), by their titles. */
export function processes(city: City, role: string): number[] {
  const rows = execFileSync("ps", ["-A", "-o", "pid=,ppid=,args="], { encoding: "utf8" }).trim().split("\n");
  return rows
    .map((row) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(row))
    .filter((match) => Number(match?.[2]) === city.pid && match?.[3]?.trim() === `supportcarr: ${role}`)
    .map((match) => Number(match?.[1]));
}

/** kill -9 of every process of a role; the city's supervisor starts others. */
export function killAll(city: City, role: string): void {
  const pids = processes(city, role);
  if (pids.length === 0) throw new Error(`no process has the title "supportcarr: ${role}"`);
  for (const pid of pids) process.kill(pid, "SIGKILL");
}
