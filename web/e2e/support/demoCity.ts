import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { withUnusedCode } from "./totp.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
const COMMAND = join(ROOT, ".venv/bin/supportcarr");
const START_TIMEOUT_MS = 300_000;
const STOP_TIMEOUT_MS = 60_000;
const MAX_LIFETIME_S = 3_600; // in case the test run is killed and cannot stop it
const SETTINGS = {
  // Seconds of the city, which runs fast: an app on a busy machine may need ten seconds to report a place, and thirty to answer an offer.
  SUPPORTCARR_DISPATCH_OFFER_SECONDS: "360",
  SUPPORTCARR_DISPATCH_FRESH_SECONDS: "120",
  SUPPORTCARR_AUTH_BCRYPT_COST: "4", // a busy machine may not hash a password at the usual cost within the deadline
  // All people of the tests have one address.
  SUPPORTCARR_LIMITS_SENSITIVE_PER_MINUTE: "1000",
  SUPPORTCARR_LIMITS_TEXTS_PER_ADDRESS_PER_HOUR: "1000",
  // The operator's token, which the helpers use to the end of a run.
  SUPPORTCARR_AUTH_ACCESS_SECONDS: String(MAX_LIFETIME_S),
};

export interface Account {
  phone: string;
  password: string;
  totp_secret: string;
}

/** How many people are simulated. */
export interface CityPeople {
  riders: number;
  drivers: number;
}

/** A small demo city that runs during the tests. */
export interface DemoCity {
  base: string;
  pid: number;
  admin: Account;
  support: Account;
  /** The simulated riders, who sign in with their password. */
  riders: { phone: string; password: string }[];
  tokens: { access_token: string; refresh_token: string };
  /** What the demo prints for a visitor: addresses that sign in. */
  links: Record<"rider" | "driver" | "console", string>;
}

export interface RunningDemoCity extends DemoCity {
  stop: () => Promise<void>;
  /** The output of the command. */
  output: () => string;
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolved) => {
    const server = createServer();
    server.once("error", () => resolved(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolved(true)));
  });

/** Finds three free consecutive ports (API, real time, emulators) and returns the first. */
async function findFreePorts(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const first = 20_000 + Math.floor(Math.random() * 10_000);
    const all = await Promise.all([first, first + 1, first + 2].map(isFree));
    if (all.every(Boolean)) return first;
  }
  throw new Error("no three consecutive free ports found");
}

const CREATING = new Set(["/auth/sign-up", "/rescues"]); // other paths refuse the header, or do not need it

const BUSY_MS = 90_000; // the longest that a platform may be too busy, as a city that has just begun

interface RequestOptions {
  token?: string;
  body?: object;
  /** By default GET, or POST with a body. */
  method?: "POST" | "PUT";
}

/** Sends a request to the API, once more while it says that it is too busy; throws unless the response is successful. */
export async function request(base: string, path: string, { token, body, method = body ? "POST" : undefined }: RequestOptions = {}): Promise<Response> {
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (CREATING.has(path)) headers["idempotency-key"] = crypto.randomUUID();
  if (token) headers.authorization = `Bearer ${token}`;
  const init = { headers, ...(method ? { method } : {}), ...(body ? { body: JSON.stringify(body) } : {}) };
  const deadline = Date.now() + BUSY_MS;
  let response = await fetch(`${base}/api/v1${path}`, init);
  while (response.status === 503 && Date.now() < deadline) {
    await sleep(1_000 * Number(response.headers.get("retry-after") ?? 1));
    response = await fetch(`${base}/api/v1${path}`, init);
  }
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response;
}

/** The same for a response in JSON. */
export async function requestJson<T>(base: string, path: string, options: RequestOptions = {}): Promise<T> {
  return (await (await request(base, path, options)).json()) as T;
}

/** Signs a person up and verifies the phone with the code in the text message; returns an access token. */
export async function signUp(base: string, person: { phone: string; password: string; name: string; role: string }): Promise<string> {
  const { access_token } = await requestJson<{ access_token: string }>(base, "/auth/sign-up", { body: person });
  const code = await receivedCode(base, person.phone);
  return (await requestJson<{ access_token: string }>(base, "/auth/phone-verification", { token: access_token, body: { code } })).access_token;
}

/** The code that is sent to that number, once it has come. */
export const receivedCode = (base: string, phone: string): Promise<string> => waitFor("the text message with the code", () => readCode(base, phone), () => true);

/** The code in the latest text message to that number that has one. */
export async function readCode(base: string, phone: string): Promise<string> {
  const response = await fetch(`${base}/sandbox/messages?to=${encodeURIComponent(phone)}`);
  const { messages } = (await response.json()) as { messages: { body: string }[] };
  const code = messages.map(({ body }) => /\b\d{6}\b/.exec(body)?.[0]).find(Boolean);
  if (!code) throw new Error(`no code was sent to ${phone} yet`);
  return code;
}

async function waitFor<T>(what: string, attempt: () => Promise<T>, isRunning: () => boolean): Promise<T> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!isRunning()) throw new Error(`the demo city ended while waiting for ${what}`, { cause: error });
      if (Date.now() > deadline) throw new Error(`timed out waiting for ${what}`, { cause: error });
      await sleep(250);
    }
  }
}

/** Starts a demo city with its own data directory, and waits until everybody in it is ready. */
export async function startDemoCity(people: CityPeople): Promise<RunningDemoCity> {
  if (!existsSync(COMMAND)) throw new Error(".venv/bin/supportcarr is missing; run `make setup`");
  const data = mkdtempSync(join(tmpdir(), "supportcarr-e2e-"));
  const log = join(data, "demo.log");
  const port = await findFreePorts();
  const base = `http://127.0.0.1:${port}`;
  const accounts = join(data, "accounts.json");
  const options = { ...people, speed: 12, seconds: MAX_LIFETIME_S, port, data: join(data, "city"), accounts };
  const visitors = people.drivers > 0 ? "--visitors" : "--no-visitors";
  const command = ["demo", visitors, ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)])];
  const out = openSync(log, "w");
  const demo = spawn(COMMAND, command, { cwd: data, stdio: ["ignore", out, out], env: { ...process.env, ...SETTINGS } });
  const isRunning = () => demo.exitCode === null && demo.signalCode === null;
  const output = () => readFileSync(log, "utf8");
  const stop = async () => {
    await stopProcess(demo);
    rmSync(data, { recursive: true, force: true });
  };
  try {
    const { admin, support } = await waitFor("the operator accounts", () => Promise.resolve(readOperators(options.data)), isRunning);
    const tokens = await waitFor("a successful sign-in", () => signInWithCode(base, admin), isRunning);
    if (people.drivers > 0) await waitFor("a driver online", () => requireDriver(base, tokens.access_token), isRunning);
    const { riders } = await waitFor("the simulated accounts", () => Promise.resolve(JSON.parse(readFileSync(accounts, "utf8")) as Pick<DemoCity, "riders">), isRunning);
    return { base, pid: demo.pid ?? 0, admin, support, riders, tokens, links: readLinks(output()), stop, output };
  } catch (error) {
    const log = output();
    await stop();
    throw new Error(`the demo city did not start; its output:\n${log}`, { cause: error });
  }
}

const readOperators = (data: string): Record<"admin" | "support", Account> =>
  JSON.parse(readFileSync(join(data, "operators.json"), "utf8")) as Record<"admin" | "support", Account>;

function readLinks(output: string): DemoCity["links"] {
  const link = (who: string) => new RegExp(`\\S+/sandbox/${who}#\\S+`).exec(output)?.[0] ?? "";
  return { rider: link("rider"), driver: link("driver"), console: link("console") };
}

/** Signs an operator in with a code of the authenticator app that nobody has used. */
export function signInWithCode(base: string, { phone, password, totp_secret }: Account): Promise<DemoCity["tokens"]> {
  return withUnusedCode(totp_secret, async (totp_code) => {
    try {
      return await requestJson<DemoCity["tokens"]>(base, "/auth/sign-in", { body: { phone, password, totp_code } });
    } catch (error) {
      if (String(error).includes("totp_code_wrong")) return null;
      throw error;
    }
  });
}

async function requireDriver(base: string, token: string): Promise<void> {
  const { drivers } = await requestJson<{ drivers: unknown[] }>(base, "/admin/map?area=montreal", { token });
  if (drivers.length === 0) throw new Error("no driver is online yet");
}

async function stopProcess(demo: ChildProcess): Promise<void> {
  if (demo.exitCode !== null || demo.signalCode !== null) return;
  const exited = new Promise<void>((resolved) => demo.once("exit", () => resolved()));
  demo.kill("SIGINT");
  const timeout = sleep(STOP_TIMEOUT_MS, "late" as const, { ref: false });
  if ((await Promise.race([exited, timeout])) === "late") {
    demo.kill("SIGKILL");
    await exited;
  }
}

/** Process ids of one role (`api`, `realtime`) of the demo city, found by process title. */
export function findProcesses(city: DemoCity, role: string): number[] {
  const rows = execFileSync("ps", ["-A", "-o", "pid=,ppid=,args="], { encoding: "utf8" }).trim().split("\n");
  return rows
    .map((row) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(row))
    .filter((match) => Number(match?.[2]) === city.pid && match?.[3]?.trim() === `supportcarr: ${role}`)
    .map((match) => Number(match?.[1]));
}

/** Kills every process of a role (SIGKILL); the supervisor of the demo city starts new ones. */
export function killProcesses(city: DemoCity, role: string): void {
  const pids = findProcesses(city, role);
  if (pids.length === 0) throw new Error(`no process has the title "supportcarr: ${role}"`);
  for (const pid of pids) process.kill(pid, "SIGKILL");
}
