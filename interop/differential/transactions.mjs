// Transactions: viem and ethers build the same bytes from the same fields, and read the same fields and sender out of ours.
import { Signature, Transaction, hashAuthorization as ethersAuthorization, verifyAuthorization } from "ethers";
import { parseTransaction, serializeTransaction } from "viem";
import { hashAuthorization } from "viem/utils";

const viemTypes = ["legacy", "eip2930", "eip1559", "eip4844", "eip7702"];

/** @param {import("./compare.mjs").Comparison} comparison */
export function compareTransaction(comparison, line) {
  const equal = (what, ours, theirs) => comparison.equal(what, line.seed, ours, theirs);
  const given = line.transaction;
  const signature = { r: line.r, s: line.s, yParity: line.yParity, v: BigInt(27 + line.yParity) };

  const forViem = viemForm(given);
  equal("viem unsigned", line.unsigned, () => serializeTransaction(forViem));
  equal("viem raw", line.raw, () => serializeTransaction(forViem, signature));
  equal("viem reads", fields(given), () => fields(parseTransaction(line.raw)));

  equal("ethers unsigned", line.unsigned, () => Transaction.from(ethersForm(given)).unsignedSerialized);
  equal("ethers raw", line.raw, () => {
    const transaction = Transaction.from(ethersForm(given));
    transaction.signature = Signature.from({ r: line.r, s: line.s, v: 27 + line.yParity });
    return transaction.serialized;
  });
  equal("ethers reads", [...fields(given), line.hash, line.from], () => {
    const read = Transaction.from(line.raw);
    const chainId = given.chainId === undefined ? undefined : read.chainId;
    const list = read.authorizationList?.map((a) => ({ ...a, r: a.signature.r, s: a.signature.s, yParity: a.signature.yParity }));
    const { nonce, gasLimit: gas, value, gasPrice, maxFeePerGas, maxPriorityFeePerGas, maxFeePerBlobGas, to, data, accessList, blobVersionedHashes } = read;
    const all = { nonce, gas, value, gasPrice, maxFeePerGas, maxPriorityFeePerGas, maxFeePerBlobGas, chainId, to, data, accessList, blobVersionedHashes, authorizationList: list };
    return [...fields(all), read.hash, read.from];
  });

  for (const one of given.authorizationList ?? []) {
    const fieldsOfOne = { chainId: Number(one.chainId), address: one.address, nonce: Number(one.nonce) };
    equal("viem authorization hash", one.hash, () => hashAuthorization(fieldsOfOne));
    equal("ethers authorization hash", one.hash, () => ethersAuthorization(fieldsOfOne));
    equal("ethers authority", one.authority, () => verifyAuthorization(fieldsOfOne, Signature.from({ r: one.r, s: one.s, yParity: one.yParity })));
  }
}

// What a reader found, in one order; absent and empty are the same to all of them.
function fields(t) {
  const numbers = [t.nonce, t.gas, t.value, t.gasPrice, t.maxFeePerGas, t.maxPriorityFeePerGas, t.maxFeePerBlobGas, t.chainId];
  const data = t.data && t.data !== "0x" ? t.data : "0x";
  const list = (t.accessList ?? []).map(({ address, storageKeys }) => [address, ...storageKeys]);
  const authorizations = (t.authorizationList ?? []).map((a) => [BigInt(a.chainId), a.address, BigInt(a.nonce), a.yParity, BigInt(a.r), BigInt(a.s)]);
  return [...numbers.map((n) => BigInt(n ?? 0)), t.to ?? null, data, list, t.blobVersionedHashes ?? [], authorizations];
}

function viemForm({ type, chainId, nonce, gas, to, value, data, gasPrice, maxFeePerGas, maxPriorityFeePerGas, maxFeePerBlobGas, ...lists }) {
  const big = (number) => (number === undefined ? undefined : BigInt(number));
  return {
    type: viemTypes[type], chainId: chainId === undefined ? undefined : Number(chainId), nonce: Number(nonce), gas: BigInt(gas), to, value: BigInt(value), data,
    gasPrice: big(gasPrice), maxFeePerGas: big(maxFeePerGas), maxPriorityFeePerGas: big(maxPriorityFeePerGas), maxFeePerBlobGas: big(maxFeePerBlobGas),
    ...lists,
    authorizationList: lists.authorizationList?.map((a) => ({ ...a, chainId: Number(a.chainId), nonce: Number(a.nonce) })),
  };
}

function ethersForm({ gas, authorizationList, chainId, ...rest }) {
  return {
    ...rest, nonce: Number(rest.nonce), gasLimit: gas, chainId: chainId ?? 0,
    authorizationList: authorizationList?.map((a) => ({
      address: a.address, nonce: BigInt(a.nonce), chainId: BigInt(a.chainId), signature: Signature.from({ r: a.r, s: a.s, yParity: a.yParity }),
    })),
  };
}
