// Two nodes that are asked the same: ours, as a user starts it, and anvil's own binary. Whole answers are compared, so that a member that is
// missing or too many shows. What may differ stands in differences.mjs, and nowhere else.
import assert from "node:assert/strict";
import { binary } from "../../contracts/tools/foundry.mjs";
import { mnemonic } from "../world/chain.mjs";
import { freePort, start } from "../world/processes.mjs";
import { purser } from "../world/purser.mjs";
import { differences } from "./differences.mjs";

/** The time of the first block that is mined; each later one is `interval` seconds after the one before, on both nodes. */
export const firstTime = 1_900_000_000;
export const interval = 12;

/** Ours: `./purser sandbox` without contracts of its own. */
export async function startOurs(folder) {
  const ready = (line) => { try { return JSON.parse(line); } catch { return undefined; } };
  const node = await start("purser sandbox", purser, ["sandbox", "--port", "0", "--no-contracts", "--data", folder.path, "--json"], ready);
  const url = node.ready.data.rpcUrl.replace(/\/$/, "");
  return { ...node, name: "purser sandbox", url, ws: url.replace("http", "ws") };
}

/** Anvil, pinned to the fork that ours has, keeping what traces need. */
export async function startTheirs() {
  const port = await freePort();
  const node = await start("anvil", binary("anvil"),
    ["--port", `${port}`, "--hardfork", "cancun", "--mnemonic", mnemonic, "--steps-tracing", "--no-request-size-limit"],
    (line) => line.includes("Listening on") || undefined);
  return { ...node, name: "anvil", url: `http://127.0.0.1:${port}`, ws: `ws://127.0.0.1:${port}` };
}

let lastId = 0;

/** The whole JSON answer of one node. */
export async function ask(node, method, params = []) {
  const sent = ++lastId;
  const body = JSON.stringify({ jsonrpc: "2.0", id: sent, method, params });
  const response = await fetch(node.url, { method: "POST", headers: { "content-type": "application/json" }, body });
  const { jsonrpc, id, ...answer } = await response.json();
  assert.equal(jsonrpc, "2.0");
  assert.equal(id, sent);
  return answer;
}

/** Every place where two values differ: [path, ours, theirs], undefined where one has nothing. */
export function compare(ours, theirs, path = "") {
  if (ours === theirs) return [];
  const both = [ours, theirs];
  if (both.every(Array.isArray)) {
    return Array.from({ length: Math.max(ours.length, theirs.length) }, (_, i) => compare(ours[i], theirs[i], `${path}[${i}]`)).flat();
  }
  if (both.every((value) => value !== null && typeof value === "object" && !Array.isArray(value))) {
    const names = new Set([...Object.keys(ours), ...Object.keys(theirs)]);
    return [...names].flatMap((name) => compare(ours[name], theirs[name], path ? `${path}.${name}` : name));
  }
  return [[path, ours, theirs]];
}

const pattern = (glob) => new RegExp(`^${glob.split("*").map((part) => part.replace(/[.[\]()+?^$|\\]/g, "\\$&")).join(".*")}$`);
const rules = differences.map((rule) => ({ ...rule, at: pattern(rule.at), glob: rule.at, used: 0 }));

function mayDiffer(rule, where, ours, theirs) {
  if (!rule.at.test(where)) return false;
  if (rule.only) return rule.only === "ours" ? theirs === undefined && ours !== undefined : ours === undefined && theirs !== undefined;
  if (ours === undefined || theirs === undefined) return false;
  if (rule.within === undefined) return true;
  const [a, b] = [Number(ours), Number(theirs)];
  return Number.isFinite(a) && Number.isFinite(b) && Math.abs(a - b) <= rule.within * Math.max(a, b);
}

/** Rules of the list that no answer needed in this run: the list must not outlive its reasons. */
export const unusedRules = () => rules.filter((rule) => rule.used === 0 && !rule.sometimes).map((rule) => rule.glob);

/** A pair of nodes, what is known of each, and the checks that compare them. */
export class Twins {
  compared = 0;
  automine = true;

  constructor(ours, theirs, check) {
    this.nodes = [ours, theirs].map((node) => ({ ...node, names: new Map(), known: -1, kept: {} }));
    this.check = check;
  }

  /** Values that must differ between the nodes (a block's hash) but stand for the same: both become the token in answers. */
  learn(token, values) {
    values.forEach((value, i) => this.nodes[i].names.set(String(value).toLowerCase(), token));
  }

  /** Learns the hashes of the blocks that came since the last look; after going back, from the height that is given. */
  async learnBlocks(from) {
    for (const node of this.nodes) {
      if (from !== undefined) node.known = Math.min(node.known, from - 1);
      const head = Number((await ask(node, "eth_blockNumber")).result);
      node.known = Math.min(node.known, head);
      for (; node.known < head; node.known++) {
        const { result: block } = await ask(node, "eth_getBlockByNumber", [`0x${(node.known + 1).toString(16)}`, false]);
        for (const member of ["hash", "stateRoot", "mixHash"]) {
          // Neither the zero hash nor the root of an empty trie stands for the block.
          if (/[1-9a-f]/.test(block[member].slice(2)) && block[member] !== block.withdrawalsRoot) node.names.set(block[member], `<${member} of block ${node.known + 1}>`);
        }
      }
    }
  }

  // Anvil answers before it mines, also with automine: what is asked next must find the block on both.
  async mined(answers) {
    for (const [i, { result }] of answers.entries()) {
      for (let tries = 0; result && tries < 500 && (await ask(this.nodes[i], "eth_getTransactionReceipt", [result])).result === null; tries++) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
  }

  canonical(node, value) {
    if (typeof value === "bigint") return `${value}n`;
    if (typeof value === "string") return node.names.get(value.toLowerCase()) ?? value;
    if (Array.isArray(value)) {
      const items = value.map((item) => this.canonical(node, item));
      // An access list has no order.
      return items.length > 0 && items.every((item) => item?.storageKeys)
        ? items.map((item) => ({ ...item, storageKeys: [...item.storageKeys].sort() })).sort((a, b) => (a.address < b.address ? -1 : 1)) : items;
    }
    if (value instanceof Map) return this.canonical(node, Object.fromEntries(value));
    if (value !== null && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined && typeof item !== "function")
        .map(([name, item]) => [node.names.get(name.toLowerCase()) ?? name, this.canonical(node, item)]));
    }
    return value;
  }

  /** What differs between two answers beyond the list; marks the rules that were needed. */
  judge(label, answers) {
    const [ours, theirs] = answers.map((answer, i) => this.canonical(this.nodes[i], answer));
    return compare(ours, theirs).filter(([path, a, b]) => {
      const rule = rules.find((candidate) => mayDiffer(candidate, `${label} ${path}`, a, b));
      if (rule) rule.used++;
      return !rule;
    }).map(([path, a, b]) => `${path}: ours ${JSON.stringify(a)}, ${this.nodes[1].name} ${JSON.stringify(b)}`);
  }

  async equal(name, label, answers) {
    this.compared++;
    await this.check(name, async () => {
      await this.learnBlocks();
      const found = this.judge(label, answers);
      assert.equal(found.length, 0, `${label}\n${found.slice(0, 40).join("\n")}`);
    });
    return answers;
  }

  /**
   * One JSON-RPC call on both.
   * @param {string} method
   * @param {any[] | ((node: any) => any[])} params given, or made of what is kept of the node
   * @param {{ name?: string, says?: RegExp, fails?: boolean, keep?: string }} [how] says: both must refuse, in words that match;
   *   keep: the result is kept of each node under this name, and means the same
   */
  async same(method, params = [], how = {}) {
    const answers = [];
    for (const node of this.nodes) answers.push(await ask(node, method, typeof params === "function" ? params(node.kept) : params));
    if (method === "evm_setAutomine") [this.automine] = params;
    if (/^eth_send/.test(method) && this.automine) await this.mined(answers);
    if (how.keep) {
      answers.forEach((answer, i) => { this.nodes[i].kept[how.keep] = answer.result; });
      // An id is compared by what it means. One as long as a hash means the same wherever it turns up; a short one is a number elsewhere.
      if (answers.every(({ result }) => typeof result === "string")) {
        if (answers.every(({ result }) => result.length >= 66)) this.learn(`<${how.keep}>`, answers.map(({ result }) => result));
        else answers.forEach((answer, i) => { answers[i] = { ...answer, result: `<${how.keep}>` }; });
      }
    }
    const label = `${method}${how.name === undefined ? "" : `: ${how.name}`}`;
    await this.equal(label, label, answers);
    if (how.says) {
      await this.check(`${method}: ${how.name ?? "it"} is refused in words that clients know`, async () => {
        answers.forEach((answer, i) => assert.match(answer.error?.message ?? `no error: ${JSON.stringify(answer).slice(0, 200)}`, how.says, this.nodes[i].name));
      });
    } else if (!how.mayFail) {
      const failed = answers.map((answer, i) => (answer.error ? `${this.nodes[i].name}: ${answer.error.message}` : "")).filter(Boolean);
      if (failed.length > 0) await this.check(`${method}: ${how.name ?? ""} is answered`, async () => assert.fail(failed.join("\n")));
    }
    return answers;
  }

  /** The same piece of a client's program on both; its value, or the error that it throws, is compared. */
  async sameBy(label, work, means) {
    const answers = [];
    for (const node of this.nodes) {
      try {
        answers.push({ value: await work(node) });
      } catch (error) {
        answers.push({ error });
      }
    }
    // Hashes that differ because the client chose its gas by the node's estimate are named by what they mean.
    if (means && answers.every(({ error }) => !error)) for (const [token, ...values] of means(...answers.map(({ value }) => value))) this.learn(token, values);
    const told = answers.map(({ value, error }) => (error ? { thrown: describe(error) } : { value }));
    return this.equal(label, label, told);
  }
}

// A client's error as its user sees it: the names down the chain of causes, and what they carry.
function describe(error) {
  const names = [];
  for (let cause = error; cause && names.length < 10; cause = cause.cause ?? cause.info?.error) names.push(cause.name ?? cause.code ?? typeof cause);
  const { code, reason, data, shortMessage } = error;
  return { names, code, reason, data: typeof data === "string" ? data : undefined, shortMessage: shortMessage?.split("\n")[0] };
}
