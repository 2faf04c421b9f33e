// ABI: viem and ethers write the same calldata, logs and packed bytes, and read the same values out of ours.
import { Interface, solidityPacked } from "ethers";
import { decodeFunctionData, encodeAbiParameters, encodeEventTopics, encodeFunctionData, encodePacked, toFunctionSelector } from "viem";

/** @param {import("./compare.mjs").Comparison} comparison */
export function compareAbi(comparison, line) {
  const equal = (what, ours, theirs) => comparison.equal(what, line.seed, ours, theirs);
  const { abi, values, calldata } = line;
  const [{ inputs }, { inputs: eventInputs }] = abi;
  const bigs = values.map((value, i) => withNumbers(inputs[i].type, inputs[i].components, value));
  const eventBigs = line.eventValues.map((value, i) => withNumbers(eventInputs[i].type, undefined, value));
  const packedBigs = line.packedValues.map((value, i) => withNumbers(line.packedTypes[i], undefined, value));

  equal("our own reading", values, () => line.decoded);
  equal("viem selector", line.selector, () => toFunctionSelector(line.signature));
  equal("viem calldata", calldata, () => encodeFunctionData({ abi, functionName: "f", args: bigs }));
  // viem takes zero bytes off the ends of a text, and a text decoder the mark of its byte order: what it reads there is compared by ethers alone.
  if (!hasZeroEdge(values)) equal("viem reads", values, () => decodeFunctionData({ abi, data: calldata }).args);
  // viem hashes an indexed text that begins with 0x as the bytes that it spells.
  const isTakenAsHex = line.eventValues.some((value, i) => eventInputs[i].type === "string" && eventInputs[i].indexed && value.startsWith("0x"));
  if (!isTakenAsHex) equal("viem topics", line.topics, () => {
    const args = Object.fromEntries(eventInputs.map(({ name }, i) => [name, eventBigs[i]]));
    return encodeEventTopics({ abi, eventName: "E", args });
  });
  const rest = eventInputs.map((input, i) => [input, eventBigs[i]]).filter(([{ indexed }]) => !indexed);
  equal("viem event data", line.eventData, () => encodeAbiParameters(rest.map(([input]) => input), rest.map(([, value]) => value)));
  equal("viem packed", line.packed, () => encodePacked(line.packedTypes, packedBigs));

  const contract = new Interface(abi);
  equal("ethers calldata", calldata, () => contract.encodeFunctionData("f", values));
  equal("ethers reads", values, () => contract.decodeFunctionData("f", calldata).toArray(true));
  equal("ethers log", [line.topics, line.eventData], () => {
    const { topics, data } = contract.encodeEventLog("E", line.eventValues);
    return [topics, data];
  });
  equal("ethers packed", line.packed, () => solidityPacked(line.packedTypes, line.packedValues));
}

// viem takes numbers as numbers only.
function withNumbers(type, components, value) {
  if (type.endsWith("]")) return value.map((element) => withNumbers(type.slice(0, type.lastIndexOf("[")), components, element));
  if (type === "tuple") return value.map((member, i) => withNumbers(components[i].type, components[i].components, member));
  return /^u?int/.test(type) ? BigInt(value) : value;
}

function hasZeroEdge(value) {
  return Array.isArray(value) ? value.some(hasZeroEdge) : typeof value === "string" && (value.startsWith("\0") || value.endsWith("\0"));
}
