// Purser's own processes, started as a user starts them: ./purser … --json, ready when the first line on standard output says so.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatUnits } from "viem";
import { roles } from "./chain.mjs";
import { freePort, start } from "./processes.mjs";

/** The launcher of this clone. */
export const purser = new URL("../../purser", import.meta.url).pathname;

/** A data folder of its own; removed when it is stopped. */
export function dataFolder() {
  const path = mkdtempSync(join(tmpdir(), "purser-interop-"));
  return { name: "data folder", path, stop: async () => rmSync(path, { recursive: true, force: true }) };
}

/** What a person writes who uses a chain and a token that Purser does not know by itself. */
export function nameNetwork(folder, chain) {
  const networks = [{ network: "eip155:84532", rpc: chain.rpcUrl }];
  const asset = `eip155:84532/erc20:${chain.token.toLowerCase()}`;
  const tokens = [{ asset, symbol: "TUSD", decimals: 6, domainName: "Test USD", domainVersion: "1", methods: ["eip3009", "permit2"] }];
  writeFileSync(join(folder.path, "networks.json"), JSON.stringify({ version: 1, networks, tokens }), { mode: 0o600 });
}

async function serve(name, folder, args) {
  const ready = (line) => {
    try { return JSON.parse(line); } catch { return undefined; }
  };
  const process = await start(name, purser, [...args, "--data", folder.path, "--json"], ready);
  if (!process.ready.ok) {
    await process.stop();
    throw new Error(`${name}: ${JSON.stringify(process.ready)}`);
  }
  return { ...process, name, data: process.ready.data };
}

/** The sandbox; it deploys its test dollar itself and notes it in the data folder. */
export async function startSandbox(folder) {
  const node = await serve("purser sandbox", folder, ["sandbox", "--port", "0", "--chain-id", "84532"]);
  return { ...node, rpcUrl: node.data.rpcUrl, token: node.data.contracts.TestUSD };
}

/** The facilitator, sending with a development account. */
export async function startFacilitator(folder, chain) {
  const facilitator = await serve("purser facilitator", folder,
    ["facilitator", "--port", "0", "--rpc", chain.rpcUrl, "--dev-account", `${roles.facilitatorIndex}`]);
  return { ...facilitator, url: facilitator.data.url.replace(/\/$/, "") };
}

/** The program around our middleware that sells in every way it knows; built with the rest. */
const middleware = new URL("../../artifacts/bin/Purser.InteropShop/release/Purser.InteropShop", import.meta.url).pathname;

/** An operator at whom agents sign in; one account is linked. */
export async function startOperator(folder, account) {
  const ready = (line) => { try { return JSON.parse(line).url; } catch { return undefined; } };
  const process = await start("purser operator", middleware, ["signin", `${await freePort()}`, folder.path, account], ready);
  return { ...process, name: "purser operator", url: process.ready };
}

/** Runs a command to its end and gives what it printed and its exit code, whatever that is. */
export async function runPurser(folder, args, input = "") {
  const child = spawn(purser, [...args, "--data", folder.path, "--json"], { stdio: ["pipe", "pipe", "inherit"] });
  let out = "";
  child.stdin.on("error", () => {}); // it may end without reading
  child.stdin.end(input);
  child.stdout.on("data", (chunk) => { out += chunk; });
  const exit = await new Promise((resolve, reject) => { child.once("error", reject); child.once("close", resolve); });
  return { exit, answer: JSON.parse(out) };
}

/** A shop on the middleware. */
export async function startMiddlewareShop(folder, chain, facilitatorUrl, price, used, body = "json") {
  const ready = (line) => { try { return JSON.parse(line).url; } catch { return undefined; } };
  const process = await start("purser middleware", middleware,
    [chain.rpcUrl, facilitatorUrl, chain.token, roles.payee.address, folder.path, `${formatUnits(price, 6)} TUSD`, `${used}`, ...(body === "base64" ? [body] : [])], ready);
  const url = process.ready.replace(/\/$/, "");
  return { ...process, name: "purser middleware", url, served: async () => (await fetch(`${url}/served`)).json() };
}

/** The shop: a price in front of an upstream that knows nothing of it. */
export async function startShop(folder, chain, upstream, facilitatorUrl, price) {
  const shop = await serve("purser sell", folder, ["sell", "--port", "0", "--upstream", upstream.url, "--price", `${formatUnits(price, 6)} TUSD`,
    "--pay-to", roles.payee.address, "--facilitator", facilitatorUrl, "--rpc", chain.rpcUrl]);
  return { ...shop, url: shop.data.url.replace(/\/$/, ""), served: upstream.served };
}
