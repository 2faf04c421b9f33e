// The one list of what may differ between the answers of our node and of anvil, with the reason of each.
//   at: the label of the check (a JSON-RPC method, or the client and what it does), a space, and the path in its answer; * stands for anything
//   only: "ours" or "theirs": a member that the other does not have; otherwise both have it, and the values differ
//   within: numbers may differ by this part of the larger
//   sometimes: it hangs on the second in which something happens
// Another rule that no answer of a run needed fails the run.
const wording = "each speaks in its own words; every check of a refusal names the words that clients look for in both";
const state = "our genesis also has the contracts that tools expect, so the state trie is another, and with it every node on the way to an account";
const safe = "there are no reorganisations here, so safe and finalized are the newest block; anvil waits for 32 and 64 blocks";
const extras = "anvil's library adds it; the specification and geth do not have it";
const codes = "ours are geth's (-32000, -32602); anvil has codes of its own";

export const differences = [
  // Who they are.
  { at: "web3_clientVersion result", why: "another program" },
  { at: "*_metadata result.client*", why: "another program" },
  { at: "*_metadata result.clientCommitSha", only: "theirs", why: "another program" },
  { at: "*_metadata result.instanceId", why: "drawn by anvil at each start" },
  { at: "eth_protocolVersion result", why: "anvil gives a number where clients expect hex" },
  { at: "eth_coinbase result", why: "each has a fee recipient of its own until the cheat sets it" },
  { at: "net_peerCount result", only: "ours", why: "anvil does not have the method" },
  { at: "net_peerCount error", only: "theirs", why: "anvil does not have the method" },
  { at: "eth_mining *", why: "anvil does not have the method", only: "ours" },
  { at: "eth_mining error", why: "anvil does not have the method", only: "theirs" },
  { at: "*_setPrevRandao result", why: "anvil does not have the method", only: "ours" },
  { at: "*_setPrevRandao error", why: "anvil does not have the method", only: "theirs" },

  // Genesis, and what follows from it.
  { at: "eth_getBlockByNumber: genesis result.stateRoot", why: `${state}; anvil's genesis gives the root of no state at all` },
  { at: "eth_getBlockByNumber: earliest result.stateRoot", why: `${state}; anvil's genesis gives the root of no state at all` },
  { at: "eth_getBlockByNumber: genesis result.timestamp", sometimes: true, why: "genesis has the time of the start" },
  { at: "eth_getBlockByNumber: earliest result.timestamp", sometimes: true, why: "genesis has the time of the start" },
  { at: "eth_getBlockByNumber: * result.miner", why: "each has a fee recipient of its own until the cheat sets it" },
  { at: "eth_gasPrice: of genesis result", why: "anvil keeps the first base fee for block 1, where EIP-1559 lowers it" },
  { at: "eth_feeHistory: of genesis result.baseFeePerGas*", why: "anvil keeps the first base fee for block 1, where EIP-1559 lowers it" },
  { at: "eth_feeHistory: of the past without rewards result.baseFeePerGas[*", why: "of a range in the past anvil ends with the base fee that comes next now, not the one that came then" },
  { at: "eth_feeHistory: of more than there is result.*", why: "anvil keeps the first base fee for block 1, where EIP-1559 lowers it" },
  { at: "eth_feeHistory: * result.reward", only: "theirs", why: "geth leaves rewards out that were not asked for" },
  { at: "* *ccountProof*", why: state },

  { at: "* *torageHash", why: "anvil keeps a slot that became 0 in its storage trie, where the Yellow Paper takes it out; before one does, the hashes are equal" },
  { at: "* *torageProof[*].proof[*]", why: "as for storageHash" },
  { at: "eth_getProof: nobody result.storageProof[*].proof[*]", only: "theirs", why: "anvil proves that nothing is in no trie by an empty node, geth by none" },
  { at: "* *.size", within: 0.005, why: "anvil leaves the byte of the empty list of withdrawals out" },

  // Tags.
  { at: "eth_getBlockByNumber: pending result.hash", why: "the pending block is none yet: its hash stands for nothing" },
  { at: "eth_getBlockByNumber: pending result.mixHash", why: "drawn by anvil" },
  { at: "eth_getBlockByNumber: pending result.stateRoot", why: "the pending block is none yet" },
  { at: "eth_getBlockByNumber: with what waits result.hash", why: "the pending block is none yet: its hash stands for nothing" },
  { at: "eth_getBlockByNumber: with what waits result.stateRoot", why: "anvil gives none for the pending block" },
  { at: "eth_getBlockByNumber: with what waits result.mixHash", why: "drawn by anvil" },
  { at: "eth_getBlockByNumber: safe result.*", why: safe },
  { at: "eth_getBlockByNumber: finalized result.*", why: safe },
  { at: "eth_getBlockByNumber: safe result.transactions*", only: "ours", why: safe },
  { at: "eth_getBlockByNumber: finalized result.transactions*", only: "ours", why: safe },
  { at: "eth_get*: safe result", why: safe },
  { at: "eth_get*: finalized result", why: safe },
  { at: "eth_getLogs: of tags result[*]", only: "ours", why: safe },

  // Members that one has.
  { at: "* *blockTimestamp", only: "theirs", why: extras },
  { at: "* *blobGasPrice", only: "theirs", why: "geth gives it for transactions with blobs only" },
  { at: "ethers * *blobGasPrice", why: "geth gives it for transactions with blobs only" },
  { at: "viem over WebSocket value.blocks[*].*", only: "theirs", why: "anvil announces whole blocks, geth headers" },
  { at: "viem prepareTransactionRequest value.gasPrice", only: "theirs", why: "anvil fills transactions in itself, by eth_fillTransaction" },

  // Numbers that a node chooses.
  { at: "viem prepareTransactionRequest value.*", why: "the fees that each suggests, and gas by its estimate" },
  { at: "eth_getTransactionByHash: that the node filled in result.*", why: "the fee that the node fills in (ours twice the base fee and the tip, as clients do), and the signature over it" },
  { at: "eth_getTransactionByHash: of the whale result.r", why: "the marker in place of an impersonated account's signature" },
  { at: "eth_getTransactionByHash: of the whale result.s", why: "the marker in place of an impersonated account's signature" },
  { at: "viem getBlock value.transactions[*].r", why: "the marker in place of an impersonated account's signature" },
  { at: "viem getBlock value.transactions[*].s", why: "the marker in place of an impersonated account's signature" },
  { at: "viem getBlock value.transactionsRoot", why: "the marker in place of an impersonated account's signature" },
  { at: "viem getBlock value.size", why: "the marker in place of an impersonated account's signature" },
  { at: "evm_increaseTime result", why: "ours is how far this call moved the clock, anvil's how far it is ahead in all" },
  { at: "eth_call: time() result", sometimes: true, why: "block.timestamp on the newest block: ours goes on with the clock, anvil's stands" },
  { at: "eth_getTransactionByHash: that waits result.gasPrice", why: "what waits has no price yet: ours shows the most that it pays, as geth does, anvil a guess" },

  // Errors.
  { at: "* *error.message", why: wording },
  { at: "* *error.code", why: codes },
  { at: "eth_estimateGas: of too much error", only: "ours", why: "anvil estimates a payment that its sender does not have" },
  { at: "eth_estimateGas: of too much result", only: "theirs", why: "anvil estimates a payment that its sender does not have" },
  { at: "eth_getLogs: of * result", only: "ours", why: "of blocks that are not there yet there are no logs; anvil refuses" },
  { at: "eth_getLogs: of * error", only: "theirs", why: "of blocks that are not there yet there are no logs; anvil refuses" },
  { at: "eth_getLogs: of more topics than there are result[*]", only: "theirs", why: "anvil matches a null topic where a log has none; geth needs a topic there" },
  { at: "eth_getLogs: backwards result", only: "theirs", why: "anvil finds nothing from a later block to an earlier one; geth refuses the range" },
  { at: "eth_getLogs: backwards error", only: "ours", why: "anvil finds nothing from a later block to an earlier one; geth refuses the range" },
  { at: "viem sendTransaction of too much thrown.names*", why: "anvil estimates it and refuses it afterwards; both end in the same words for the user" },
  { at: "viem sendTransaction of too much thrown.names*", only: "ours", why: "as above: the chain of causes is longer by the estimate" },
  { at: "ethers sendTransaction of too much thrown.shortMessage", why: wording },

  // Traces.
  { at: "debug_trace* *result.gas", why: "a transaction's first frame has the transaction's gas, as in geth; anvil takes the intrinsic gas off" },
  { at: "debug_traceCall: prestateTracer with difference result.p*.0x*", only: "theirs", why: "a simulated call is no transaction and raises no nonce; anvil's does" },
];
