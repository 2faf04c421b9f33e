// Typed data: viem and ethers hash the document that our layer hashed.
import { TypedDataEncoder } from "ethers";
import { hashTypedData } from "viem";

// In the standard's order.
const domainMembers = { name: "string", version: "string", chainId: "uint256", verifyingContract: "address", salt: "bytes32" };

/** @param {import("./compare.mjs").Comparison} comparison */
export function compareTypedData(comparison, line) {
  const { types: given, primaryType, domain, message } = line.document;
  const { EIP712Domain: own, ...types } = given;
  // viem guesses the domain's type by the kinds of its values, and does not take a chain's number as text there: said outright.
  const all = { EIP712Domain: own ?? Object.entries(domainMembers).filter(([name]) => name in domain).map(([name, type]) => ({ name, type })), ...types };
  const equal = (what, ours, theirs) => comparison.equal(what, line.seed, ours, theirs);
  // The digest covers the struct's hash and the domain's.
  equal("viem digest", line.digest, () => hashTypedData({ domain, types: all, primaryType, message }));
  // ethers refuses types that refer to themselves, even through an array, and has one order of the domain's members.
  if (line.isRecursive) return;
  equal("ethers encoded type", line.encodedType, () => TypedDataEncoder.from(types).encodeType(primaryType));
  if (line.isReordered) equal("ethers struct hash", line.structHash, () => TypedDataEncoder.hashStruct(primaryType, types, message));
  else equal("ethers digest", line.digest, () => TypedDataEncoder.hash(domain, types, message));
}
