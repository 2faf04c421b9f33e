// What only development nodes have, and what every node refuses.
import { parseEther, parseGwei } from "viem";
import { account } from "../world/chain.mjs";
import { signed } from "./rpc.mjs";
import { firstTime, interval } from "./twins.mjs";

const nobody = "0x00000000000000000000000000000000000000aa";
const word = (number) => `0x${BigInt(number).toString(16).padStart(64, "0")}`;
const hex = (number) => `0x${BigInt(number).toString(16)}`;

/** Transactions and requests that are refused, each with the words that clients look for. */
export async function refusals(twins, { probe }) {
  const nonce = 7;
  await twins.same("eth_sendRawTransaction", [await signed(1, { nonce: 0, to: nobody, value: 1n })], { name: "nonce too low", says: /nonce too low/i });
  await twins.same("eth_sendRawTransaction", [await signed(9, { nonce: 0, to: nobody, value: parseEther("20000") })], { name: "more than there is", says: /insufficient funds/i });
  await twins.same("eth_sendRawTransaction", [await signed(9, { nonce: 0, to: nobody, gas: 20_999n })], { name: "too little gas", says: /intrinsic gas too low/i });
  await twins.same("eth_sendRawTransaction", [await signed(9, { nonce: 0, to: nobody, gas: 30_000_001n })], { name: "more gas than a block has", says: /gas/i });
  await twins.same("eth_sendRawTransaction", [await signed(9, { nonce: 0, to: nobody, maxFeePerGas: 1n, maxPriorityFeePerGas: 0n })], { name: "below the base fee", says: /max fee per gas less than block base fee/i });
  await twins.same("eth_sendRawTransaction", [await signed(9, { nonce: 0, to: nobody, maxFeePerGas: 0n, maxPriorityFeePerGas: 0n, chainId: 1 })], { name: "another chain", says: /invalid chain id/i });
  await twins.same("eth_sendRawTransaction", ["0x02c0"], { name: "cut short", says: /./ });
  await twins.same("eth_sendRawTransaction", ["0x"], { name: "empty", says: /./ });
  await twins.same("eth_noSuchMethod", [], { says: /not found|does not exist|not available|unknown/i });
  await twins.same("eth_getBalance", [], { name: "without parameters", says: /./ });
  await twins.same("eth_getBalance", ["0x12", "latest"], { name: "of half an address", says: /./ });
  await twins.same("eth_getBalance", [nobody, "soon"], { name: "at a tag that is none", says: /./ });
  await twins.same("eth_getBlockByHash", ["0x1234", false], { name: "of half a hash", says: /./ });
  await twins.same("eth_call", [{ to: probe, data: "0x1" }, "latest"], { name: "of half a byte", says: /./ });
  await twins.same("eth_getLogs", [{ fromBlock: "0x5", toBlock: "0x2" }], { name: "backwards", mayFail: true });
  await twins.same("eth_sendTransaction", [{ from: nobody, to: nobody, value: "0x1" }], { name: "of somebody else", says: /No Signer available/i });
  return nonce;
}

/** Edits of state by the node's own methods, under both of their names. */
export async function edits(twins, { probe }) {
  for (const prefix of ["anvil_", "hardhat_"]) {
    const who = prefix === "anvil_" ? nobody : "0x00000000000000000000000000000000000000bb";
    await twins.same(`${prefix}setBalance`, [who, hex(parseEther("12"))]);
    await twins.same(`${prefix}setNonce`, [who, "0x9"]);
    await twins.same(`${prefix}setCode`, [who, "0x602a5f5260205ff3"]);
    await twins.same(`${prefix}setStorageAt`, [who, "0x5", word(77)]);
    await twins.same("eth_getBalance", [who, "latest"], { name: `after ${prefix}setBalance` });
    await twins.same("eth_getTransactionCount", [who, "latest"], { name: `after ${prefix}setNonce` });
    await twins.same("eth_call", [{ to: who }, "latest"], { name: `after ${prefix}setCode` });
    await twins.same("eth_getStorageAt", [who, "0x5", "latest"], { name: `after ${prefix}setStorageAt` });
    await twins.same(`${prefix}setCoinbase`, ["0x00000000000000000000000000000000000000cc"]);
    await twins.same(`${prefix}setNextBlockBaseFeePerGas`, ["0x3b9aca07"]);
    await twins.same(`${prefix}mine`, ["0x2", "0x7"]);
    await twins.same("eth_getBlockByNumber", ["latest", false], { name: `after ${prefix}mine` });
    await twins.same(`${prefix}setCoinbase`, ["0x0000000000000000000000000000000000000000"]);
  }
  await twins.same("anvil_setBlockGasLimit", ["0x1c9c380"], { mayFail: true });
  await twins.same("evm_setBlockGasLimit", ["0x1c9c380"], { mayFail: true });
  await twins.same("anvil_setMinGasPrice", ["0x1"], { mayFail: true, name: "after London" });
  await twins.same("anvil_setPrevRandao", [word(5)], { mayFail: true });
  await twins.same("anvil_setLoggingEnabled", [false]);
  await twins.same("anvil_setChainId", [31337]);
  await twins.same("anvil_addBalance", [nobody, "0x5"], { mayFail: true });
  await twins.same("eth_getBalance", [probe, "latest"], { name: "after all edits" });
}

/** Time, mining and the pool. */
export async function mining(twins) {
  const payment = async (who, nonce, fields = {}) => [await signed(who, { nonce, to: nobody, value: 1n, ...fields })];
  await twins.same("evm_increaseTime", [3_600]);
  await twins.same("evm_mine", []);
  await twins.same("eth_getBlockByNumber", ["latest", false], { name: "after an hour" });
  await twins.same("evm_setNextBlockTimestamp", [firstTime + 10_000]);
  await twins.same("anvil_mine", ["0x2"]);
  await twins.same("eth_getBlockByNumber", ["latest", false], { name: "after the time was set" });
  await twins.same("evm_setNextBlockTimestamp", [5], { name: "in the past", says: /./ });
  await twins.same("anvil_getAutomine");
  await twins.same("evm_setAutomine", [false]);
  await twins.same("anvil_getAutomine", [], { name: "switched off" });
  const [first] = await twins.same("eth_sendRawTransaction", await payment(4, 0), { name: "into the pool" });
  await twins.same("eth_sendRawTransaction", await payment(4, 0), { name: "again", says: /already (known|imported)/i });
  await twins.same("eth_sendRawTransaction", await payment(4, 0, { value: 2n }), { name: "a replacement that pays no more", says: /replacement transaction underpriced/i });
  await twins.same("eth_sendRawTransaction", await payment(4, 2), { name: "with a gap" });
  await twins.same("eth_getTransactionByHash", [first.result], { name: "that waits" });
  await twins.same("eth_getTransactionReceipt", [first.result], { name: "that waits" });
  await twins.same("eth_getTransactionCount", [account(4).address, "pending"], { name: "with what waits" });
  await twins.same("eth_getTransactionCount", [account(4).address, "latest"], { name: "without what waits" });
  await twins.same("eth_getBlockByNumber", ["pending", false], { name: "with what waits" });
  await twins.same("txpool_status");
  await twins.same("txpool_content");
  await twins.same("txpool_inspect");
  const [dearer] = await twins.same("eth_sendRawTransaction", await payment(4, 0, { value: 2n, maxFeePerGas: parseGwei("40"), maxPriorityFeePerGas: parseGwei("2") }), { name: "a replacement that pays more" });
  await twins.same("eth_getTransactionByHash", [first.result], { name: "that was replaced" });
  await twins.same("evm_mine", []);
  await twins.same("eth_getTransactionReceipt", [dearer.result], { name: "of the replacement" });
  await twins.same("txpool_status", [], { name: "with the gap" });
  await twins.same("eth_sendRawTransaction", await payment(4, 1), { name: "that fills the gap" });
  await twins.same("evm_mine", []);
  await twins.same("eth_getBlockByNumber", ["latest", true], { name: "of both" });
  const [dropped] = await twins.same("eth_sendRawTransaction", await payment(4, 3), { name: "to be dropped" });
  await twins.same("anvil_dropTransaction", [dropped.result]);
  await twins.same("eth_getTransactionByHash", [dropped.result], { name: "that was dropped" });
  await twins.same("anvil_dropAllTransactions");
  await twins.same("evm_setAutomine", [true]);
  await twins.same("anvil_getIntervalMining", [], { mayFail: true });
}

/** Snapshots, dump and load. */
export async function snapshots(twins) {
  await twins.same("evm_snapshot", [], { keep: "snapshot" });
  await twins.same("anvil_setBalance", [nobody, "0x1"], { name: "to be taken back" });
  const [sent] = await twins.same("eth_sendRawTransaction", [await signed(3, { nonce: 0, to: nobody, value: 5n })], { name: "to be taken back" });
  await twins.same("eth_getTransactionReceipt", [sent.result], { name: "before it is taken back" });
  await twins.same("eth_blockNumber", [], { name: "before it is taken back" });
  await twins.same("evm_revert", (kept) => [kept.snapshot]);
  const height = Number((await twins.same("eth_blockNumber", [], { name: "after it was taken back" }))[0].result);
  await twins.learnBlocks(height);
  await twins.same("eth_getBalance", [nobody, "latest"], { name: "after it was taken back" });
  await twins.same("eth_getTransactionReceipt", [sent.result], { name: "after it was taken back" });
  await twins.same("evm_revert", (kept) => [kept.snapshot], { name: "once more" });
  await twins.same("evm_revert", ["0x999"], { name: "to what was never taken" });
  await twins.same("eth_sendRawTransaction", [await signed(3, { nonce: 0, to: nobody, value: 6n })], { name: "after it was taken back" });
  await twins.same("anvil_dumpState", [], { keep: "dump" });
  await twins.same("anvil_setBalance", [nobody, "0x77"], { name: "after the dump" });
  await twins.same("anvil_loadState", (kept) => [kept.dump]);
  await twins.learnBlocks(0);
  await twins.same("eth_blockNumber", [], { name: "as it was dumped" });
  await twins.same("eth_getBalance", [nobody, "latest"], { name: "as it was dumped" });
  await twins.same("eth_getTransactionCount", [account(3).address, "latest"], { name: "as it was dumped" });
  await twins.same("anvil_loadState", ["0x1234"], { name: "what is no state", says: /./ });
}

/** Accounts of the node, and those that it acts for without a key. */
export async function accounts(twins, { probe }) {
  const [, me] = [0, account(6).address];
  await twins.same("eth_sign", [me, "0x68656c6c6f"]);
  await twins.same("personal_sign", ["0x68656c6c6f", me]);
  const typed = {
    types: { EIP712Domain: [{ name: "name", type: "string" }, { name: "chainId", type: "uint256" }], Mail: [{ name: "to", type: "address" }, { name: "text", type: "string" }, { name: "numbers", type: "uint256[]" }] },
    primaryType: "Mail", domain: { name: "Parity", chainId: 31337 }, message: { to: probe, text: "hello", numbers: ["1", "2"] },
  };
  await twins.same("eth_signTypedData_v4", [me, typed]);
  await twins.same("eth_signTypedData_v4", [me, JSON.stringify(typed)], { name: "as text" });
  await twins.same("eth_sign", [nobody, "0x00"], { name: "of somebody else", says: /No Signer available/i });
  const full = { from: me, to: nobody, value: "0x5", gas: "0x5208", maxFeePerGas: hex(parseGwei("20")), maxPriorityFeePerGas: "0x1", nonce: "0x0" };
  await twins.same("eth_signTransaction", [full]);
  const [sent] = await twins.same("eth_sendTransaction", [full]);
  await twins.same("eth_getTransactionReceipt", [sent.result], { name: "that the node signed" });
  const [bare] = await twins.same("eth_sendTransaction", [{ from: me, to: nobody, value: "0x6" }], { name: "that the node fills in", keep: "bare" });
  await twins.same("eth_getTransactionByHash", (kept) => [kept.bare], { name: "that the node filled in" });
  const whale = "0x00000000000000000000000000000000000000dd";
  await twins.same("anvil_setBalance", [whale, hex(parseEther("3"))], { name: "for the whale" });
  await twins.same("anvil_impersonateAccount", [whale]);
  await twins.same("eth_sendTransaction", [{ from: whale, to: nobody, value: "0x7", gas: "0x5208", maxFeePerGas: hex(parseGwei("20")), maxPriorityFeePerGas: "0x1" }], { name: "of the whale", keep: "whale's" });
  await twins.same("eth_getTransactionReceipt", (kept) => [kept["whale's"]], { name: "of the whale" });
  await twins.same("eth_getTransactionByHash", (kept) => [kept["whale's"]], { name: "of the whale" });
  await twins.same("anvil_stopImpersonatingAccount", [whale]);
  await twins.same("eth_sendTransaction", [{ from: whale, to: nobody, value: "0x7" }], { name: "of the whale no more", says: /No Signer available/i });
  await twins.same("anvil_autoImpersonateAccount", [true]);
  await twins.same("eth_sendTransaction", [{ from: whale, to: nobody, value: "0x8", gas: "0x5208", maxFeePerGas: hex(parseGwei("20")), maxPriorityFeePerGas: "0x1" }], { name: "of anybody", keep: "anybody's" });
  await twins.same("anvil_autoImpersonateAccount", [false]);
  await twins.same("anvil_nodeInfo");
  await twins.same("anvil_metadata");
  await twins.same("hardhat_metadata", [], { mayFail: true });
  return bare;
}
