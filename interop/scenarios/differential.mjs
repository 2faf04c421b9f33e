// Our codecs against viem and ethers on the cases that tests/Purser.Differential draws: equal bytes and hashes, in both directions.
// ./test compares 1,000 of each kind, ./test long 10,000; PURSER_SEED=0x… the one case of that seed.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { compareAbi } from "../differential/abi.mjs";
import { Comparison } from "../differential/compare.mjs";
import { compareTransaction } from "../differential/transactions.mjs";
import { compareTypedData } from "../differential/typed-data.mjs";

const program = new URL("../../artifacts/bin/Purser.Differential/release/Purser.Differential", import.meta.url).pathname;
const cases = process.env.PURSER_TIER === "long" ? 10_000 : 1_000;

// Each kind with the ways to damage a line that its comparison must find.
const kinds = {
  "typed-data": { compare: compareTypedData, damages: [["digest"], ["document", "message"], ["document", "domain"]] },
  transactions: { compare: compareTransaction, damages: [["raw"], ["unsigned"], ["from"], ["transaction", "value"], ["transaction", "gas"]] },
  abi: { compare: compareAbi, damages: [["calldata"], ["packed"], ["eventData"], ["topics", 0], ["values", 0]] },
};

/** The checks of this scenario; it needs no chain. */
export async function differential({ check }) {
  for (const [kind, { compare, damages }] of Object.entries(kinds)) {
    await check(`${kind}: our bytes and hashes are viem's and ethers'`, async () => {
      const comparison = new Comparison();
      const first = [];
      let lines = 0;
      for await (const line of draw(kind)) {
        compare(comparison, line);
        lines++;
        if (first.length < 20) first.push(line);
      }
      console.log(`          ${kind}: ${lines} cases, ${comparison.compared} answers compared, ${comparison.differences.length} different`);
      console.log(`          ${Object.entries(comparison.counts).map(([what, count]) => `${what} ${count}`).join(", ")}`);
      report(kind, comparison);
      if (!process.env.PURSER_SEED && lines !== cases) throw new Error(`${lines} cases were drawn, not ${cases}`);

      const [found, damaged] = canary(compare, damages, first);
      console.log(`          ${kind}: canary: ${damaged} damaged cases, ${found} found`);
      if (found !== damaged || damaged === 0) throw new Error(`the comparison found ${found} of ${damaged} damaged cases`);
    });
  }
}

async function* draw(kind) {
  const seed = process.env.PURSER_SEED;
  const child = spawn(program, seed ? [kind, "--seed", seed] : [kind, String(cases)], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve, reject) => {
    child.once("error", (error) => reject(new Error(`${program} does not start: build it first (${error.message})`)));
    child.once("close", resolve);
  });
  ended.catch(() => {}); // told below
  try {
    for await (const line of createInterface({ input: child.stdout })) yield JSON.parse(line);
    const code = await ended;
    if (code !== 0) throw new Error(`${kind}: the cases ended with exit code ${code}`);
  } finally {
    if (child.exitCode === null) child.kill("SIGKILL");
  }
}

function report(kind, { differences }) {
  if (differences.length === 0) return;
  const shorten = (value) => (value.length > 300 ? `${value.slice(0, 300)}…` : value);
  const shown = differences.slice(0, 5).map(({ what, seed, ours, theirs }) =>
    `${kind} ${what}, seed ${seed} (replay: PURSER_SEED=${seed} node interop/run.mjs differential)\n  ours   ${shorten(ours)}\n  theirs ${shorten(theirs)}`);
  throw new Error(`${differences.length} differences, the first ones:\n${shown.join("\n")}`);
}

// One digit or one value of each line is another: a comparison that does not see that sees nothing.
function canary(compare, damages, lines) {
  let found = 0;
  let damaged = 0;
  for (const line of lines) {
    for (const path of damages) {
      const copy = structuredClone(line);
      const parent = path.slice(0, -1).reduce((value, key) => value[key], copy);
      const key = path.at(-1);
      const other = damage(parent[key]);
      if (other === undefined) continue;
      parent[key] = other;
      const comparison = new Comparison();
      compare(comparison, copy);
      damaged++;
      if (comparison.differences.length > 0) found++;
    }
  }
  return [found, damaged];
}

// Another value of the same form; undefined where there is nothing to change.
function damage(value) {
  if (typeof value === "boolean") return !value;
  if (typeof value === "string") {
    if (/^0x[0-9a-fA-F]+$/.test(value)) return value.slice(0, -1) + (value.endsWith("0") ? "1" : "0");
    if (/^-?\d+$/.test(value)) return value === "1" ? "0" : "1";
    return value.length > 0 && value !== "0x" ? `${value}x` : undefined;
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    for (const [key, member] of Object.entries(value)) {
      const other = typeof member === "boolean" || typeof member === "string" ? damage(member) : undefined;
      if (other !== undefined) return { ...value, [key]: other };
    }
  }
  return undefined;
}
