// JSON-RPC as it goes over the wire: the same calls to both nodes, in one order, so that both chains have the same history.
import { encodeDeployData, encodeFunctionData, parseEther, parseGwei } from "viem";
import { account } from "../world/chain.mjs";
import { ask, firstTime, interval } from "./twins.mjs";

const hex = (number) => `0x${BigInt(number).toString(16)}`;
const nobody = "0x00000000000000000000000000000000000000aa";
const unknownHash = `0x${"11".repeat(32)}`;

/** A signed transaction of a development account, fully determined. */
export const signed = (who, fields) => account(who).signTransaction({ chainId: 31337, type: "eip1559", gas: 21_000n,
  maxFeePerGas: parseGwei("20"), maxPriorityFeePerGas: parseGwei("1"), value: 0n, ...fields });

/** Who and what the nodes are, and the block before anything happened. */
export async function beginning(twins) {
  await twins.same("eth_chainId");
  await twins.same("net_version");
  await twins.same("net_listening");
  await twins.same("net_peerCount", [], { mayFail: true });
  await twins.same("eth_syncing");
  await twins.same("eth_accounts");
  await twins.same("eth_protocolVersion", [], { mayFail: true });
  await twins.same("eth_coinbase");
  await twins.same("eth_hashrate", [], { mayFail: true });
  await twins.same("eth_mining", [], { mayFail: true });
  await twins.same("web3_clientVersion");
  await twins.same("web3_sha3", ["0x68656c6c6f"]);
  await twins.same("eth_blockNumber");
  await twins.same("eth_gasPrice", [], { name: "of genesis" });
  await twins.same("eth_maxPriorityFeePerGas");
  await twins.same("eth_blobBaseFee");
  await twins.same("eth_getBlockByNumber", ["0x0", true], { name: "genesis" });
  await twins.same("eth_getBalance", [account(0).address, "latest"]);
  await twins.same("eth_getTransactionCount", [account(0).address, "latest"]);
  await twins.same("eth_getCode", ["0x4e59b44847b379578588920cA78FbF26c0B4956C", "latest"], { name: "the CREATE2 deployer" });
  await twins.same("eth_feeHistory", ["0x1", "latest", []], { name: "of genesis" });
  await twins.same("evm_setNextBlockTimestamp", [firstTime]);
  await twins.same("evm_mine");
  await twins.same("anvil_setBlockTimestampInterval", [interval]);
  // From here on both have the same fees: at the first block anvil does not apply EIP-1559, and each has a fee recipient of its own.
  await twins.same("anvil_setCoinbase", ["0x00000000000000000000000000000000000000fe"]);
  await twins.same("anvil_setNextBlockBaseFeePerGas", ["0x3b9aca00"]);
  await twins.same("evm_mine");
  await twins.same("eth_getBlockByNumber", ["latest", false], { name: "after the first two that are mined" });
}

/** Sets both nodes to the same base fee and time, where one of them has lost them. */
export async function align(twins) {
  const heads = await Promise.all(twins.nodes.map(async (node) => Number((await ask(node, "eth_getBlockByNumber", ["latest", false])).result.timestamp)));
  await twins.same("anvil_setNextBlockBaseFeePerGas", ["0x3b9aca00"], { name: "to go on alike" });
  await twins.same("evm_setNextBlockTimestamp", [Math.max(...heads) + interval], { name: "to go on alike" });
  await twins.same("evm_mine", [], { name: "to go on alike" });
}

/** Transactions of every type, and everything that can be read of them. */
export async function transactions(twins, artifact) {
  const { abi } = artifact;
  const call = (functionName, args) => encodeFunctionData({ abi, functionName, args });
  const send = async (name, raw) => {
    const [answer] = await twins.same("eth_sendRawTransaction", [raw], { name });
    await twins.same("eth_getTransactionByHash", [answer.result], { name });
    await twins.same("eth_getTransactionReceipt", [answer.result], { name });
    return answer.result;
  };
  const payment = await send("a payment", await signed(1, { nonce: 0, to: nobody, value: parseEther("1.5") }));
  await send("an old payment", await signed(1, { nonce: 1, to: nobody, value: 7n, type: "legacy", gasPrice: parseGwei("3"), maxFeePerGas: undefined, maxPriorityFeePerGas: undefined }));
  await send("an old payment without a chain id", await signed(1, { nonce: 2, to: nobody, value: 8n, type: "legacy", chainId: undefined, gasPrice: parseGwei("3"),
    maxFeePerGas: undefined, maxPriorityFeePerGas: undefined }));
  await send("with an access list", await signed(1, { nonce: 3, to: nobody, value: 9n, type: "eip2930", gas: 40_000n, gasPrice: parseGwei("3"),
    maxFeePerGas: undefined, maxPriorityFeePerGas: undefined, accessList: [{ address: nobody, storageKeys: [unknownHash] }] }));
  await send("to oneself with data", await signed(1, { nonce: 4, to: account(1).address, data: "0x00ff00ff", gas: 30_000n }));
  const creation = encodeDeployData({ abi, bytecode: artifact.bytecode.object, args: [42n] });
  const created = await send("a creation", await signed(0, { nonce: 0, data: creation, value: 1_000n, gas: 3_000_000n }));
  const [{ result: receipt }] = await twins.same("eth_getTransactionReceipt", [created], { name: "the creation again" });
  const probe = receipt.contractAddress;
  const stored = await send("a call with a log", await signed(0, { nonce: 1, to: probe, data: call("store", [3n, 33n]), value: 5n, gas: 200_000n }));
  const several = await send("a call with many logs", await signed(2, { nonce: 0, to: probe, data: call("several", [4n]), gas: 200_000n }));
  const refused = await send("a call that reverts", await signed(2, { nonce: 1, to: probe, data: call("refuse", [5n]), gas: 100_000n }));
  await send("a call that runs out of gas", await signed(2, { nonce: 2, to: probe, data: call("endless", []), gas: 60_000n }));
  const bred = await send("a contract that creates one", await signed(2, { nonce: 3, to: probe, data: call("breed", [unknownHash]), value: 3n, gas: 2_000_000n }));
  const nested = await send("calls inside calls", await signed(2, { nonce: 4, to: probe, data: call("nested", [6n]), gas: 500_000n }));
  await send("a creation that reverts", await signed(2, { nonce: 5, data: "0x5f5ffd", gas: 100_000n }));
  await send("a creation of nothing", await signed(2, { nonce: 6, data: "0x00", gas: 100_000n }));
  await reads(twins, probe, payment);
  return { probe, payment, created, stored, several, refused, bred, nested, call };
}

async function reads(twins, probe, payment) {
  for (const tag of ["latest", "pending", "earliest", "safe", "finalized", "0x8"]) {
    await twins.same("eth_getBlockByNumber", [tag, tag === "latest"], { name: tag });
    await twins.same("eth_getBalance", [account(1).address, tag], { name: tag });
    await twins.same("eth_getTransactionCount", [account(1).address, tag], { name: tag });
    await twins.same("eth_getStorageAt", [probe, "0x0", tag], { name: tag });
  }
  await twins.same("eth_getBlockByNumber", ["0xffff", false], { name: "that is not there" });
  await twins.same("eth_getBlockByNumber", ["0x8", false], { name: "kept", keep: "block 8" });
  for (const node of twins.nodes) node.kept.hash = node.kept["block 8"].hash;
  await twins.same("eth_getBlockByHash", (kept) => [kept.hash, true]);
  await twins.same("eth_getBlockByHash", [unknownHash, false], { name: "that is not there" });
  await twins.same("eth_getBlockTransactionCountByNumber", ["0x8"]);
  await twins.same("eth_getBlockTransactionCountByHash", (kept) => [kept.hash]);
  await twins.same("eth_getUncleCountByBlockNumber", ["0x8"]);
  await twins.same("eth_getUncleCountByBlockHash", (kept) => [kept.hash]);
  await twins.same("eth_getUncleByBlockNumberAndIndex", ["0x8", "0x0"]);
  await twins.same("eth_getTransactionByBlockNumberAndIndex", ["0x8", "0x0"]);
  await twins.same("eth_getTransactionByBlockNumberAndIndex", ["0x8", "0x1"], { name: "past the last" });
  await twins.same("eth_getTransactionByBlockHashAndIndex", (kept) => [kept.hash, "0x0"]);
  await twins.same("eth_getRawTransactionByHash", [payment]);
  await twins.same("eth_getRawTransactionByBlockNumberAndIndex", ["0x8", "0x0"]);
  await twins.same("eth_getBlockReceipts", ["0x8"]);
  await twins.same("eth_getBlockReceipts", ["0xffff"], { name: "that are not there" });
  await twins.same("eth_getTransactionByHash", [unknownHash], { name: "that is not there" });
  await twins.same("eth_getTransactionReceipt", [unknownHash], { name: "that is not there" });
  await twins.same("eth_getBalance", (kept) => [account(1).address, { blockHash: kept.hash }], { name: "at a hash" });
  await twins.same("eth_getBalance", [account(1).address, { blockNumber: "0x3" }], { name: "at a height in an object" });
  await twins.same("eth_getCode", [probe, "latest"]);
  await twins.same("eth_getCode", [nobody, "latest"], { name: "of nobody" });
  await twins.same("eth_feeHistory", ["0x5", "latest", [10, 50, 90]]);
  await twins.same("eth_feeHistory", ["0x3", "0x6", []], { name: "of the past without rewards" });
  await twins.same("eth_feeHistory", ["0x400", "latest", [50]], { name: "of more than there is" });
  await twins.same("eth_gasPrice", [], { name: "after some blocks" });
}

/** Calls, estimates, overrides and access lists. */
export async function calls(twins, { probe, call }) {
  const from = account(3).address;
  const to = probe;
  for (const [name, args] of [["last", []], ["values", [3n]], ["child", []], ["surroundings", []], ["time", []], ["hashOf", [5n]], ["hashOf", [4_000n]]]) {
    await twins.same("eth_call", [{ from, to, data: call(name, args) }, "latest"], { name: `${name}(${args})` });
  }
  await twins.same("eth_call", [{ to, input: call("values", [0n]) }, "0x8"], { name: "in the past, with input" });
  await twins.same("eth_call", [{ to: nobody, data: "0x1234" }, "latest"], { name: "of nobody" });
  await twins.same("eth_call", [{ from, data: "0x602a5f5260205ff3" }, "latest"], { name: "of creation code" });
  await twins.same("eth_call", [{ to: "0x0000000000000000000000000000000000000002", data: "0x616263" }, "latest"], { name: "of SHA-256" });
  await twins.same("eth_call", [{ to: "0x0000000000000000000000000000000000000001", data: "0x" }, "latest"], { name: "of ecrecover without input" });
  await twins.same("eth_call", [{ to, data: call("refuse", [7n]), from }, "latest"], { name: "a custom error", says: /^execution reverted/ });
  await twins.same("eth_call", [{ to, data: call("complain", []) }, "latest"], { name: "a reason", says: /^execution reverted: this is refused/ });
  await twins.same("eth_call", [{ to, data: call("refuseSilently", []) }, "latest"], { name: "no reason", says: /^execution reverted/ });
  await twins.same("eth_call", [{ to, data: call("overflow", [1]) }, "latest"], { name: "a panic", says: /^execution reverted/ });
  await twins.same("eth_call", [{ to, data: call("fail", [2n]) }, "latest"], { name: "an assertion", says: /^execution reverted/ });
  await twins.same("eth_call", [{ to, data: "0xdeadbeef" }, "latest"], { name: "an unknown selector", says: /^execution reverted/ });
  await twins.same("eth_call", [{ from, to: nobody, value: hex(parseEther("100000")) }, "latest"], { name: "of more than there is", says: /insufficient funds/i });
  await twins.same("eth_call", [{ to, data: call("endless", []), gas: "0x186a0" }, "latest"], { name: "without end", says: /out ?of ?gas/i });
  await twins.same("eth_call", [{ to }, "0xffff"], { name: "in the future", says: /./ });
  for (const [name, request] of [
    ["a payment", { from, to: nobody, value: "0x1" }],
    ["a write", { from, to, data: call("store", [9n, 9n]) }],
    ["a write over", { from, to, data: call("store", [0n, 9n]) }],
    ["a clearing", { from, to, data: call("clear", [0n]) }],
    ["a creation by a contract", { from, to, data: call("breed", [`0x${"22".repeat(32)}`]) }],
    ["calls inside calls", { from, to, data: call("nested", [8n]) }],
    ["a creation", { from, data: "0x600a600a60" }],
    ["data without code", { from, to: nobody, data: "0x00ff00ff" }],
  ]) await twins.same("eth_estimateGas", [request, "latest"], { name });
  await twins.same("eth_estimateGas", [{ from, to, data: call("refuse", [7n]) }], { name: "of a custom error", says: /^execution reverted/ });
  await twins.same("eth_estimateGas", [{ from, to, data: call("endless", []) }], { name: "of no end", says: /out ?of ?gas|gas required exceeds/i });
  await twins.same("eth_estimateGas", [{ from, to: nobody, value: hex(parseEther("100000")) }], { name: "of too much", mayFail: true });
  await overrides(twins, { probe, call });
}

async function overrides(twins, { probe, call }) {
  const word = (number) => `0x${BigInt(number).toString(16).padStart(64, "0")}`;
  const request = { from: nobody, to: probe, data: call("last", []) };
  await twins.same("eth_call", [request, "latest", { [probe]: { stateDiff: { [word(0)]: word(99) } } }], { name: "a slot overridden" });
  await twins.same("eth_call", [request, "latest", { [probe]: { state: { [word(5)]: word(99) } } }], { name: "all slots overridden" });
  await twins.same("eth_call", [request, "latest", { [probe]: { code: "0x47545f5260205ff3" } }], { name: "code overridden" });
  await twins.same("eth_call", [{ from: nobody, to: account(5).address, value: "0x64" }, "latest", { [nobody]: { balance: "0x64" } }], { name: "balance overridden" });
  await twins.same("eth_call", [{ from: nobody, to: account(5).address, value: "0x64" }, "latest", { [nobody]: { balance: "0x63" } }],
    { name: "balance overridden, too low", says: /insufficient funds/i });
  await twins.same("eth_call", [{ to: nobody }, "latest", { [nobody]: { code: "0x5f5f5ff05f5260205ff3", nonce: "0x9" } }], { name: "nonce overridden" });
  await twins.same("eth_call", [{ to: nobody }, "latest", { [nobody]: { code: "0x435f52426020524160405260605ff3" } }, { number: "0x1234", time: "0x7fffffff" }], { name: "block overridden" });
  await twins.same("eth_call", [request, "latest", { [probe]: { state: {}, stateDiff: {} } }], { name: "both kinds of state", says: /state/ });
  await twins.same("eth_estimateGas", [{ to: nobody }, "latest", { [nobody]: { code: "0x600160015500" } }], { name: "code overridden" });
  for (const [name, data] of [["reads", call("last", [])], ["writes", call("store", [1n, 2n])], ["calls inside calls", call("nested", [2n])]]) {
    await twins.same("eth_createAccessList", [{ from: account(3).address, to: probe, data }, "latest"], { name });
  }
  await twins.same("eth_createAccessList", [{ from: account(3).address, to: nobody, value: "0x1" }, "latest"], { name: "a payment" });
}

/** Merkle proofs: anvil's own state differs, so that nodes differ, but not what they prove. */
export async function proofs(twins, { probe }) {
  const zero = `0x${"00".repeat(32)}`;
  await twins.same("eth_getProof", [probe, [zero], "latest"], { name: "a contract and a slot" });
  await twins.same("eth_getProof", [probe, [`0x${"77".repeat(32)}`], "latest"], { name: "a slot that is not there" });
  await twins.same("eth_getProof", [nobody, [], "latest"], { name: "an account without code" });
  await twins.same("eth_getProof", ["0x00000000000000000000000000000000000000ab", [zero], "latest"], { name: "nobody" });
}

/** A slot that becomes 0: from here on the storage tries differ (see the list). */
export async function clearing(twins, { probe, call }) {
  const [{ result }] = await twins.same("eth_sendRawTransaction", [await signed(2, { nonce: 7, to: probe, data: call("clear", [3n]), gas: 100_000n })], { name: "a slot that is cleared" });
  await twins.same("eth_getTransactionReceipt", [result], { name: "a slot that is cleared" });
  await twins.same("eth_getProof", [probe, [`0x${"00".repeat(32)}`], "latest"], { name: "after a slot was cleared" });
}
