// cast, `forge script --broadcast` and `forge test --fork-url`, by their own binaries.
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { bytesToHex } from "viem";
import { binary } from "../../contracts/tools/foundry.mjs";
import { account } from "../world/chain.mjs";

const run = promisify(execFile);
const root = new URL("forge/", import.meta.url).pathname;
const nobody = "0x00000000000000000000000000000000000000aa";

// What lies in the caller's environment and home must not change what is built or sent.
const environment = (folder, more = {}) => ({
  PATH: process.env.PATH, HOME: folder.path, NO_COLOR: "1", FOUNDRY_OUT: join(folder.path, "out"), FOUNDRY_CACHE_PATH: join(folder.path, "cache"),
  FOUNDRY_BROADCAST: join(folder.path, "broadcast"), FOUNDRY_DISABLE_NIGHTLY_WARNING: "1", ...more,
});

const forge = (folder, args, more) => run(binary("forge"), args, { cwd: root, env: environment(folder, more), maxBuffer: 1 << 26, timeout: 120_000 });

/** Compiles the probe once, into the folder; forge's later runs find it there. */
export async function build(folder) {
  await forge(folder, ["build"]);
  return JSON.parse(readFileSync(join(folder.path, "out/Probe.sol/Probe.json"), "utf8"));
}

/** What a person types. */
export async function withCast(twins, { probe, stored, folder }) {
  const cast = (name, args) => twins.sameBy(`cast ${name}`, async (node) => {
    try {
      const { stdout } = await run(binary("cast"), [...args, "--rpc-url", node.url], { env: environment(folder), timeout: 30_000 });
      try { return JSON.parse(stdout); } catch { return stdout.trim(); }
    } catch (error) {
      // A client of its own words: what it says of the node's refusal, without colours and addresses of its code.
      return { exit: error.code, said: error.stderr.trim().split("\n")[0] };
    }
  });
  const fees = ["--gas-limit", "200000", "--gas-price", "20000000000", "--priority-gas-price", "1000"];
  const key = bytesToHex(account(9).getHdKey().privateKey);
  await cast("chain-id", ["chain-id"]);
  await cast("block", ["block", "latest", "--json"]);
  await cast("balance", ["balance", account(1).address]);
  await cast("nonce", ["nonce", account(1).address]);
  await cast("code", ["code", probe]);
  await cast("storage", ["storage", probe, "0"]);
  await cast("call", ["call", probe, "values(uint256)(uint256)", "3"]);
  await cast("call, refused", ["call", probe, "complain()"]);
  await cast("estimate", ["estimate", probe, "store(uint256,uint256)", "99", "1"]);
  await cast("access-list", ["access-list", probe, "store(uint256,uint256)", "99", "1", "--json"]);
  await cast("logs", ["logs", "--from-block", "0", "--address", probe, "Stored(address indexed,uint256 indexed,uint256)", "--json"]);
  await cast("tx", ["tx", stored, "--json"]);
  await cast("receipt", ["receipt", stored, "--json"]);
  await cast("send", ["send", probe, "store(uint256,uint256)", "99", "1", "--private-key", key, ...fees, "--json"]);
  await cast("send, refused", ["send", probe, "complain()", "--private-key", key]);
  await cast("proof", ["proof", probe, "0x0"]);
  await cast("rpc", ["rpc", "eth_getBlockByNumber", "0x3", "false"]);
  await cast("gas-price", ["gas-price"]);
  await cast("age", ["age", "3"]);
  await cast("find-block", ["find-block", "1900000040"]);
}

// The hashes and the receipts of a broadcast, as forge noted them.
function broadcastOf(folder, which) {
  const path = join(folder.path, "broadcast/Deploy.s.sol/31337/run-latest.json");
  if (!existsSync(path)) throw new Error(`${which}: forge noted no broadcast`);
  const { transactions, receipts, returns } = JSON.parse(readFileSync(path, "utf8"));
  return { transactions, receipts, returns };
}

/** A script that deploys and calls, sent for real. */
export async function withScript(twins, { folder }) {
  const [{ value }] = await twins.sameBy("forge script --broadcast", async (node) => {
    await forge(folder, ["script", "script/Deploy.s.sol", "--rpc-url", node.url, "--broadcast", "--slow", "--non-interactive", "--with-gas-price", "20000000000", "--priority-gas-price", "1000"]);
    const noted = broadcastOf(folder, node.name);
    node.kept.hashes = noted.transactions.map(({ hash }) => hash);
    return noted;
  }, (ours, theirs) => ours.transactions.map(({ hash }, i) => [`<the script's transaction ${i}>`, hash, theirs.transactions[i].hash]));
  for (const i of value?.transactions.keys() ?? []) {
    await twins.same("eth_getTransactionReceipt", ({ hashes }) => [hashes[i]], { name: `of the script's transaction ${i}` });
  }
  return { scripted: value?.receipts?.[0]?.contractAddress, block: Number(value?.receipts?.[2]?.blockNumber) };
}

/** Tests that run on a fork of each node: names and results must be the same, and all of them pass. */
export async function withForkTests(twins, { scripted, block, folder }) {
  await twins.sameBy("forge test --fork-url", async (node) => {
    const more = { PROBE: scripted, PROBE_BLOCK: `${block}`, FOUNDRY_FUZZ_RUNS: "16", FOUNDRY_FUZZ_SEED: "0x7" };
    const { stdout } = await forge(folder, ["test", "--fork-url", node.url, "--json"], more);
    const [suite] = Object.values(JSON.parse(stdout));
    const results = Object.fromEntries(Object.entries(suite.test_results).map(([name, { status, reason }]) => [name, { status, reason }]));
    if (Object.keys(results).length !== 5 || Object.values(results).some(({ status }) => status !== "Success")) throw new Error(JSON.stringify(results));
    return results;
  });
}
