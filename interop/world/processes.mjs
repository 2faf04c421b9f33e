// Child processes of a run: started with a line to wait for, stopped by their own id, never left behind.
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { createInterface } from "node:readline";

const running = new Set();

/** A TCP port on loopback that nobody listens on now. */
export async function freePort() {
  const server = createServer();
  await new Promise((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/**
 * Starts a program and waits until one of its lines on standard output says that it is ready.
 * @param {string} name what it is called in failures
 * @param {string} command
 * @param {string[]} args
 * @param {(line: string) => any} ready gives something for the line that says so, undefined for others
 * @param {{ input?: string, env?: Record<string, string>, seconds?: number }} [options] input is written to its standard input
 * @returns {Promise<{ ready: any, stop: () => Promise<void>, kill: () => Promise<void>, log: () => string }>}
 */
export async function start(name, command, args, ready, options = {}) {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, ...options.env } });
  running.add(child);
  const lines = [];
  const keep = (line) => { lines.push(line); if (lines.length > 200) lines.shift(); };
  const log = () => lines.join("\n");
  const gone = new Promise((resolve) => child.once("exit", (code, signal) => { running.delete(child); resolve(signal ?? code); }));
  child.stdin.on("error", () => {}); // it may end without reading
  child.stdin.end(options.input ?? "");
  createInterface({ input: child.stderr }).on("line", keep);

  let timer;
  const said = await Promise.race([
    new Promise((resolve, reject) => {
      child.once("error", reject);
      createInterface({ input: child.stdout }).on("line", (line) => {
        keep(line);
        const value = ready(line);
        if (value !== undefined) resolve({ value });
      });
    }),
    gone.then((how) => ({ failed: `ended (${how}) before it was ready` })),
    new Promise((resolve) => { timer = setTimeout(() => resolve({ failed: "did not become ready" }), (options.seconds ?? 60) * 1000); }),
  ]);
  clearTimeout(timer);
  const end = async (signal) => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    const hard = setTimeout(() => child.kill("SIGKILL"), 10_000);
    await gone;
    clearTimeout(hard);
  };
  if (said.failed) {
    await end("SIGKILL");
    throw new Error(`${name} ${said.failed}; it was started as: ${command} ${args.join(" ")}\n${log()}`);
  }
  return { ready: said.value, stop: () => end("SIGTERM"), kill: () => end("SIGKILL"), log };
}

/** The last resort of a run that ends in the middle. */
export function killAll() {
  for (const child of running) child.kill("SIGKILL");
}
