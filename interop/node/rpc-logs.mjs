// Logs in every form of filter, and traces of what happened.
import { toEventSelector } from "viem";
import { account } from "../world/chain.mjs";
import { signed } from "./rpc.mjs";

const stored = toEventSelector("Stored(address,uint256,uint256)");
const plain = toEventSelector("Plain(string)");
const pad = (value) => `0x${BigInt(value).toString(16).padStart(64, "0")}`;

export async function logs(twins, { probe, call }) {
  const all = { fromBlock: "0x0", toBlock: "latest" };
  for (const [name, filter] of [
    ["all", all],
    ["of the newest block", {}],
    ["of one address", { ...all, address: probe }],
    ["of two addresses", { ...all, address: [probe, account(0).address] }],
    ["of nobody", { ...all, address: account(0).address }],
    ["of one topic", { ...all, topics: [stored] }],
    ["of either topic", { ...all, topics: [[stored, plain]] }],
    ["of any first topic", { ...all, topics: [null, pad(account(2).address)] }],
    ["of a third topic", { ...all, topics: [null, null, [pad(1), pad(2)]] }],
    ["of more topics than there are", { ...all, topics: [plain, null] }],
    ["of an empty choice", { ...all, topics: [[]] }],
    ["of a range", { fromBlock: "0x9", toBlock: "0xa" }],
    ["of tags", { fromBlock: "earliest", toBlock: "safe" }],
    ["of the future", { fromBlock: "0xff0", toBlock: "0xfff" }],
  ]) await twins.same("eth_getLogs", [filter], { name, mayFail: name === "of the future" });
  await twins.same("eth_getBlockByNumber", ["0x9", false], { keep: "block 9" });
  await twins.same("eth_getLogs", (kept) => [{ blockHash: kept["block 9"].hash }], { name: "of a block's hash" });
  await twins.same("eth_getLogs", [{ blockHash: `0x${"11".repeat(32)}` }], { name: "of an unknown hash", mayFail: true });
  await twins.same("eth_newFilter", [{ address: probe, topics: [stored] }], { keep: "log filter" });
  await twins.same("eth_newBlockFilter", [], { keep: "block filter" });
  await twins.same("eth_newPendingTransactionFilter", [], { keep: "pool filter" });
  await twins.same("eth_getFilterChanges", (kept) => [kept["log filter"]], { name: "nothing yet" });
  await twins.same("eth_sendRawTransaction", [await signed(7, { nonce: 0, to: probe, data: call("several", [2n]), gas: 200_000n })], { name: "for the filters" });
  for (const filter of ["log filter", "block filter", "pool filter"]) {
    await twins.same("eth_getFilterChanges", (kept) => [kept[filter]], { name: filter });
    await twins.same("eth_getFilterChanges", (kept) => [kept[filter]], { name: `${filter}, again` });
  }
  await twins.same("eth_getFilterLogs", (kept) => [kept["log filter"]]);
  await twins.same("eth_uninstallFilter", (kept) => [kept["log filter"]]);
  await twins.same("eth_uninstallFilter", (kept) => [kept["log filter"]], { name: "again" });
  await twins.same("eth_getFilterChanges", (kept) => [kept["log filter"]], { name: "of a filter that is gone", says: /filter not found/i });
}

export async function traces(twins, { probe, nested, refused, several, created, call }) {
  const structLogs = [["struct logs", {}], ["struct logs with memory", { enableMemory: true, enableReturnData: true }], ["struct logs without stack", { disableStack: true, disableStorage: true }]];
  const named = ["callTracer", "prestateTracer", "4byteTracer", "noopTracer"].map((tracer) => [tracer, { tracer }]);
  const configured = [
    ["callTracer with logs", { tracer: "callTracer", tracerConfig: { withLog: true } }],
    ["callTracer, top only", { tracer: "callTracer", tracerConfig: { onlyTopCall: true } }],
    ["prestateTracer with difference", { tracer: "prestateTracer", tracerConfig: { diffMode: true } }],
  ];
  for (const [what, hash] of Object.entries({ nested, refused, several, created })) {
    for (const [name, options] of [...(what === "created" ? [] : structLogs), ...named, ...configured]) {
      await twins.same("debug_traceTransaction", [hash, options], { name: `${what}: ${name}` });
    }
  }
  const request = { from: account(3).address, to: probe, data: call("store", [50n, 51n]), gas: "0x30d40" };
  // Anvil has no 4byteTracer for calls.
  for (const [name, options] of [...structLogs, ...named.filter(([tracer]) => tracer !== "4byteTracer"), ...configured]) await twins.same("debug_traceCall", [request, "latest", options], { name });
  await twins.same("debug_traceCall", [{ ...request, data: call("complain", []) }, "latest", { tracer: "callTracer" }], { name: "of a revert" });
  await twins.same("debug_traceBlockByNumber", ["0xa", { tracer: "callTracer" }]);
  await twins.same("debug_traceBlockByHash", (kept) => [kept["block 9"].hash, { tracer: "callTracer" }]);
  await twins.same("debug_traceTransaction", [nested, { tracer: "noSuchTracer" }], { name: "by an unknown tracer", says: /./ });
}
