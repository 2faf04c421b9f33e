// The chains that the scenarios run on, all with chain id 84532 (Base Sepolia's, which the official packages know) and a TestUSD.
import { readFileSync } from "node:fs";
import { bytesToHex, createPublicClient, createWalletClient, http, parseAbi, publicActions } from "viem";
import { mnemonicToAccount } from "viem/accounts";
import { baseSepolia } from "viem/chains";
import { freePort, start } from "./processes.mjs";

const root = new URL("../../", import.meta.url).pathname;

/** The public development mnemonic, the only one that may stand here. */
export const mnemonic = "test test test test test test test test test test test junk";
export const account = (index) => mnemonicToAccount(mnemonic, { addressIndex: index });

/** Who is who among the development accounts. */
export const roles = { minter: account(0), facilitator: account(1), facilitatorIndex: 1, payer: account(2), payee: account(3) };

/** The payer's key, for a wallet that takes it in from its standard input. */
export const payerKey = () => bytesToHex(roles.payer.getHdKey().privateKey);

export const tokenAbi = parseAbi([
  "function balanceOf(address) view returns (uint256)",
  "function authorizationState(address, bytes32) view returns (bool)",
  "function mint(address, uint256)",
  "function approve(address, uint256)",
  "function name() view returns (string)",
  "function version() view returns (string)",
  "event Transfer(address indexed from, address indexed to, uint256 value)",
]);

/** viem clients for a chain at a URL. */
export function connect(rpcUrl) {
  // Blocks come with each transaction; asking often costs nothing on loopback and keeps a run short.
  const options = { chain: baseSepolia, transport: http(rpcUrl), pollingInterval: 50, cacheTime: 0 };
  return {
    reader: createPublicClient(options),
    wallet: (who) => createWalletClient({ ...options, account: who }).extend(publicActions),
  };
}

/** Anvil, from the contracts' npm packages, with TestUSD deployed by viem from the committed artifact. */
export async function startAnvil() {
  const port = await freePort();
  const anvil = await start("anvil", `${root}contracts/node_modules/.bin/anvil`,
    ["--port", `${port}`, "--chain-id", "84532", "--mnemonic", mnemonic, "--no-cors"],
    (line) => line.includes("Listening on") || undefined);
  const rpcUrl = `http://127.0.0.1:${port}`;
  const { wallet } = connect(rpcUrl);
  const artifact = JSON.parse(readFileSync(`${root}src/Purser.Protocol/Contracts/artifacts/TestUSD.json`, "utf8"));
  const minter = wallet(roles.minter);
  const hash = await minter.deployContract({ abi: artifact.abi, bytecode: artifact.creationCode, args: [roles.minter.address] });
  const receipt = await minter.waitForTransactionReceipt({ hash });
  return { name: "anvil", rpcUrl, token: receipt.contractAddress, stop: anvil.stop };
}

/** Gives the payer dollars to spend, in minimal units. */
export async function fund(chain, amount) {
  const minter = connect(chain.rpcUrl).wallet(roles.minter);
  const hash = await minter.writeContract({ address: chain.token, abi: tokenAbi, functionName: "mint", args: [roles.payer.address, amount] });
  await minter.waitForTransactionReceipt({ hash });
}

/** Lets Permit2 take the payer's dollars, which a signed permit of it then needs no transaction of the payer for. */
export async function approvePermit2(chain) {
  const payer = connect(chain.rpcUrl).wallet(roles.payer);
  const hash = await payer.writeContract({ address: chain.token, abi: tokenAbi, functionName: "approve", args: [permit2, 2n ** 256n - 1n] });
  await payer.waitForTransactionReceipt({ hash });
}

/** Permit2, at the address where it stands on every chain. */
const permit2 = "0x000000000022D473030F116dDEE9F6B43aC78BA3";
