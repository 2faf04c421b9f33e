// viem and ethers against both nodes: what their users see, with the types and errors that the clients make of the answers.
import { ethers } from "ethers";
import { createPublicClient, createTestClient, createWalletClient, getContract, http, parseEther, parseGwei, publicActions, walletActions, webSocket } from "viem";
import { foundry } from "viem/chains";
import { account, mnemonic } from "../world/chain.mjs";

const nobody = "0x00000000000000000000000000000000000000aa";

// Named, because each node suggests and estimates in its own way, and the transaction's hash would follow.
const fees = { maxFeePerGas: parseGwei("20"), maxPriorityFeePerGas: 1_000n };
const viem = (node) => {
  const options = { chain: foundry, transport: http(node.url, { retryCount: 0 }), pollingInterval: 20, cacheTime: 0 };
  return { reader: createPublicClient(options), wallet: createWalletClient({ ...options, account: account(8) }).extend(publicActions),
    test: createTestClient({ ...options, mode: "anvil" }).extend(publicActions).extend(walletActions) };
};

/** What a program that uses viem does. */
export async function withViem(twins, { probe, artifact }) {
  const { abi, bytecode: { object: bytecode } } = artifact;
  for (const node of twins.nodes) Object.assign(node, viem(node));
  const reads = (name, work) => twins.sameBy(`viem ${name}`, ({ reader }) => work(reader));
  await reads("getChainId", (c) => c.getChainId());
  await reads("getBlock", (c) => c.getBlock({ includeTransactions: true }));
  await reads("getBlockTransactionCount", (c) => c.getBlockTransactionCount());
  await reads("getBalance", (c) => c.getBalance({ address: account(1).address }));
  await reads("getFeeHistory", (c) => c.getFeeHistory({ blockCount: 4, rewardPercentiles: [25, 75] }));
  await reads("estimateFeesPerGas", (c) => c.estimateFeesPerGas());
  await reads("estimateMaxPriorityFeePerGas", (c) => c.estimateMaxPriorityFeePerGas());
  await reads("readContract", (c) => c.readContract({ address: probe, abi, functionName: "values", args: [3n] }));
  await reads("readContract, refused by a custom error", (c) => c.readContract({ address: probe, abi, functionName: "refuse", args: [3n], account: nobody }));
  await reads("readContract, refused with a reason", (c) => c.readContract({ address: probe, abi, functionName: "complain" }));
  await reads("readContract, panic", (c) => c.readContract({ address: probe, abi, functionName: "overflow", args: [9] }));
  await reads("readContract of nobody", (c) => c.readContract({ address: nobody, abi, functionName: "last" }));
  await reads("simulateContract", (c) => c.simulateContract({ address: probe, abi, functionName: "store", args: [1n, 2n], account: nobody }));
  await reads("call with overrides", (c) => c.call({ to: nobody, stateOverride: [{ address: nobody, code: "0x475f5260205ff3", balance: 5n }] }));
  await reads("estimateContractGas", (c) => c.estimateContractGas({ address: probe, abi, functionName: "store", args: [70n, 1n], account: account(8) }));
  await reads("createAccessList", (c) => c.createAccessList({ to: probe, data: "0x47799da8" }));
  await reads("getProof", (c) => c.getProof({ address: probe, storageKeys: [`0x${"00".repeat(32)}`] }));
  await reads("getContractEvents", (c) => c.getContractEvents({ address: probe, abi, eventName: "Stored", fromBlock: 0n }));
  await reads("getTransactionReceipt of nothing", (c) => c.getTransactionReceipt({ hash: `0x${"11".repeat(32)}` }));
  await reads("multicall by one call", (c) => c.multicall({ deployless: true, contracts: [{ address: probe, abi, functionName: "last" }, { address: probe, abi, functionName: "complain" }] }));
  const writes = (name, work) => twins.sameBy(`viem ${name}`, ({ wallet, test }) => work(wallet, test));
  const [made] = await writes("deployContract", async (w) => w.waitForTransactionReceipt({ hash: await w.deployContract({ abi, bytecode, args: [1n], gas: 2_000_000n, ...fees }) }));
  const address = made.value?.contractAddress;
  await writes("writeContract", async (w) => {
    const contract = getContract({ address, abi, client: w });
    return w.waitForTransactionReceipt({ hash: await contract.write.store([2n, 3n], { value: 4n, gas: 200_000n, ...fees }) });
  });
  await writes("writeContract, refused", (w) => w.writeContract({ address, abi, functionName: "refuse", args: [1n] }));
  await writes("sendTransaction", async (w) => w.waitForTransactionReceipt({ hash: await w.sendTransaction({ to: nobody, value: 1n, gas: 21_000n, ...fees }) }));
  await writes("sendTransaction, all filled in", async (w) => {
    const { status, gasUsed, blockNumber } = await w.waitForTransactionReceipt({ hash: await w.sendTransaction({ to: nobody, value: 1n }) });
    return { status, gasUsed, blockNumber };
  });
  await writes("sendTransaction of too much", (w) => w.sendTransaction({ to: nobody, value: parseEther("100000") }));
  await writes("sendTransaction with an old nonce", (w) => w.sendTransaction({ to: nobody, nonce: 0 }));
  await writes("prepareTransactionRequest", (w) => w.prepareTransactionRequest({ to: nobody, value: 1n }));
  const height = await twins.nodes[0].reader.getBlockNumber();
  await writes("the test client's cheats", async (_, t) => {
    const id = await t.snapshot();
    await t.setBalance({ address: nobody, value: parseEther("2") });
    await t.impersonateAccount({ address: nobody });
    const hash = await t.sendTransaction({ account: nobody, to: address, value: 9n, gas: 100_000n, ...fees });
    const receipt = await t.waitForTransactionReceipt({ hash });
    await t.stopImpersonatingAccount({ address: nobody });
    await t.revert({ id });
    return { status: receipt.status, gasUsed: receipt.gasUsed, from: receipt.from, logs: receipt.logs.map(({ topics, data }) => ({ topics, data })), balance: await t.getBalance({ address: nobody }) };
  });
  await twins.learnBlocks(Number(height));
  return address;
}

/** What a program that uses ethers does. */
export async function withEthers(twins, { probe, artifact }) {
  const { abi, bytecode: { object: bytecode } } = artifact;
  for (const node of twins.nodes) {
    node.provider = new ethers.JsonRpcProvider(node.url, 31337, { staticNetwork: true, pollingInterval: 20, cacheTimeout: -1 });
    node.signer = ethers.HDNodeWallet.fromPhrase(mnemonic, "", "m/44'/60'/0'/0/9").connect(node.provider);
  }
  const plain = (value) => value?.toJSON?.() ?? value;
  const does = (name, work) => twins.sameBy(`ethers ${name}`, async (node) => plain(await work(node.provider, node.signer)));
  await does("getNetwork", async (p) => (await p.getNetwork()).toJSON());
  await does("getBlock", (p) => p.getBlock("latest"));
  await does("getFeeData", (p) => p.getFeeData());
  await does("getLogs", async (p) => (await p.getLogs({ fromBlock: 0, address: probe })).map(plain));
  await does("getStorage", (p) => p.getStorage(probe, 0));
  const contract = (signer) => new ethers.Contract(probe, abi, signer);
  await does("a contract's view", (_, s) => contract(s).values(0));
  await does("a contract's refusal", (_, s) => contract(s).refuse(5));
  await does("a contract's reason", (_, s) => contract(s).complain());
  await does("staticCall", (_, s) => contract(s).store.staticCall(1, 2));
  await does("estimateGas", (_, s) => contract(s).store.estimateGas(80, 2));
  const [made] = await does("ContractFactory.deploy", async (_, s) => {
    const deployed = await new ethers.ContractFactory(abi, bytecode, s).deploy(5, { gasLimit: 2_000_000, ...fees });
    return plain(await deployed.deploymentTransaction().wait());
  });
  await does("a contract's transaction", async (_, s) => plain(await (await contract(s).store(81, 3, { gasLimit: 200_000, ...fees })).wait()));
  await does("queryFilter", async (p) => (await new ethers.Contract(probe, abi, p).queryFilter("Stored", 0)).map((event) => ({ ...plain(event), args: [...event.args] })));
  await does("sendTransaction of too much", (_, s) => s.sendTransaction({ to: nobody, value: ethers.parseEther("100000") }));
  await does("sendTransaction with an old nonce", (_, s) => s.sendTransaction({ to: nobody, nonce: 0 }));
  await does("a transaction that reverts", async (_, s) => (await contract(s).refuse.send(5, { gasLimit: 100_000, ...fees })).wait());
  await does("signTypedData by the node", async (p) => (await p.getSigner(0)).signTypedData({ name: "Parity" }, { Mail: [{ name: "text", type: "string" }] }, { text: "hello" }));
  await does("signMessage by the node", async (p) => (await p.getSigner(0)).signMessage("hello"));
  for (const node of twins.nodes) node.provider.destroy();
  return made.value?.contractAddress;
}

/** Subscriptions over WebSocket: what comes in for the same three blocks. */
export async function withSockets(twins, { probe, artifact }) {
  const { abi } = artifact;
  await twins.sameBy("viem over WebSocket", async (node) => {
    const transport = webSocket(node.ws, { retryCount: 0, reconnect: false });
    const client = createPublicClient({ chain: foundry, transport });
    const seen = { blocks: [], logs: [], pending: [] };
    const count = (list, wanted) => new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`only ${list.length} of ${wanted} came`)), 5_000);
      const look = setInterval(() => { if (list.length >= wanted) { clearInterval(look); clearTimeout(timer); resolve(); } }, 5);
      timer.unref();
    });
    const { transport: socket } = client;
    const subscriptions = await Promise.all([
      socket.subscribe({ params: ["newHeads"], onData: ({ result }) => seen.blocks.push(result) }),
      socket.subscribe({ params: ["logs", { address: probe }], onData: ({ result }) => seen.logs.push(result) }),
      socket.subscribe({ params: ["newPendingTransactions"], onData: ({ result }) => seen.pending.push(result) }),
    ]);
    try {
      await client.request({ method: "evm_mine", params: [] });
      for (const value of [1n, 2n]) {
        const hash = await node.wallet.writeContract({ address: probe, abi, functionName: "store", args: [90n, value], gas: 200_000n, ...fees });
        await node.wallet.waitForTransactionReceipt({ hash });
      }
      await Promise.all([count(seen.blocks, 3), count(seen.logs, 2), count(seen.pending, 2)]);
      await Promise.all(subscriptions.map(({ unsubscribe }) => unsubscribe()));
      return seen;
    } finally {
      (await socket.getRpcClient()).close();
    }
  });
}
