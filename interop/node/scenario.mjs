// The field's tools drive our node and anvil side by side, and get the same answers.
import assert from "node:assert/strict";
import { withEthers, withSockets, withViem } from "./clients.mjs";
import { build, withCast, withForkTests, withScript } from "./foundry.mjs";
import { align, beginning, calls, clearing, proofs, transactions } from "./rpc.mjs";
import { accounts, edits, mining, refusals, snapshots } from "./rpc-cheats.mjs";
import { logs, traces } from "./rpc-logs.mjs";
import { ask, Twins, unusedRules } from "./twins.mjs";

/** Everything, in one order on both nodes, so that each check finds the same history. */
export async function nodeParity({ ours, theirs, folder, check }) {
  const artifact = await build(folder);
  const twins = new Twins(ours, theirs, check);
  await beginning(twins);
  const made = { artifact, folder, ...await transactions(twins, artifact) };
  await calls(twins, made);
  await proofs(twins, made);
  await clearing(twins, made);
  await logs(twins, made);
  await traces(twins, made);
  await refusals(twins, made);
  await accounts(twins, made);
  await withViem(twins, made);
  await align(twins);
  await withEthers(twins, made);
  await withSockets(twins, made);
  await withCast(twins, made);
  await withForkTests(twins, { ...made, ...await withScript(twins, made) });
  await align(twins);
  await edits(twins, made);
  await mining(twins);
  await snapshots(twins);
  await batches(twins);
  await check("every difference that is allowed was needed", () => assert.deepEqual(unusedRules(), []));
  await canary(twins, check);
  await check("ours loads what anvil dumped", () => theirDump(twins));
  console.log(`  ${twins.compared} answers of both nodes compared`);
}

// Last, because only one of the two changes.
async function theirDump(twins) {
  const [own, other] = twins.nodes;
  const nobody = "0x00000000000000000000000000000000000000aa";
  const { result: dump } = await ask(other, "anvil_dumpState");
  const { result: wanted } = await ask(other, "eth_getBalance", [nobody, "latest"]);
  await ask(own, "anvil_setBalance", [nobody, "0x1"]);
  assert.deepEqual(await ask(own, "anvil_loadState", [dump]), { result: true });
  assert.deepEqual(await ask(own, "eth_getBalance", [nobody, "latest"]), { result: wanted });
}

// Batches and what is no request are answered by shape.
async function batches(twins) {
  const bodies = {
    "a batch": '[{"jsonrpc":"2.0","id":1,"method":"eth_chainId"},{"jsonrpc":"2.0","id":"two","method":"eth_blockNumber","params":[]},{"jsonrpc":"2.0","id":3,"method":"eth_none"}]',
    "an id that is text": '{"jsonrpc":"2.0","id":"text","method":"eth_chainId","params":[]}',
    "no parameters": '{"jsonrpc":"2.0","id":7,"method":"eth_blockNumber"}',
    "no method": '{"jsonrpc":"2.0","id":1}',
    "no JSON": "{",
  };
  for (const [name, body] of Object.entries(bodies)) {
    await twins.sameBy(`HTTP ${name}`, async (node) => {
      const response = await fetch(node.url, { method: "POST", headers: { "content-type": "application/json" }, body });
      return { status: response.status, type: response.headers.get("content-type"), answer: await response.json() };
    });
  }
}

// A comparison that cannot fail is worth nothing: each of these lies about one answer of ours, and must be found.
async function canary(twins, check) {
  const honest = await Promise.all(twins.nodes.map((node) => ask(node, "eth_getBlockByNumber", ["0x8", true])));
  const [transaction] = honest[0].result.transactions;
  const lies = {
    "another value": { ...honest[0].result, gasUsed: "0x1" },
    "a member too many": { ...honest[0].result, extra: null },
    "a member that is missing": { ...honest[0].result, logsBloom: undefined },
    "another block's hash": { ...honest[0].result, hash: honest[0].result.parentHash },
    "something deep inside": { ...honest[0].result, transactions: [{ ...transaction, s: transaction.r }] },
    "an error": undefined,
  };
  for (const [name, result] of Object.entries(lies)) {
    await check(`canary: ${name} is found`, () => {
      const lie = result === undefined ? { error: { code: -32000, message: "no" } } : { result };
      assert.equal(twins.judge("eth_getBlockByNumber", [lie, honest[1]]).length > 0, true);
      assert.deepEqual(twins.judge("eth_getBlockByNumber", honest), []);
    });
  }
}
