// Purser's command line pays a shop that is official on every side. Money is read from the chain by viem.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { getAddress } from "viem";
import { connect, payerKey, roles, tokenAbi } from "../world/chain.mjs";
import { purser } from "../world/purser.mjs";

/** @param {{ chain: any, shop: { url: string, served: () => number }, folder: { path: string }, price: bigint, check: Function }} run */
export async function purserPays({ chain, shop, folder, price, check }) {
  const url = `${shop.url}/report`;
  const { reader } = connect(chain.rpcUrl);
  const balance = (who) => reader.readContract({ address: chain.token, abi: tokenAbi, functionName: "balanceOf", args: [who.address] });
  const password = join(folder.path, "password");
  writeFileSync(password, "a password for one run\n", { mode: 0o600 });

  /** Runs a command to its end: its exit code and its one JSON object. */
  const run = (args, input = "") => new Promise((resolve, reject) => {
    const child = execFile(purser, [...args, "--data", folder.path, "--json"], (error, stdout, stderr) => {
      if (error && typeof error.code !== "number") return reject(error);
      try { resolve({ code: error?.code ?? 0, ...JSON.parse(stdout) }); } catch { reject(new Error(`${args.join(" ")}: ${stdout}${stderr}`)); }
    });
    child.stdin.end(input);
  });
  const moves = async (payments, work) => {
    const before = { payer: await balance(roles.payer), payee: await balance(roles.payee), served: shop.served() };
    await work();
    assert.equal(await balance(roles.payer) - before.payer, -BigInt(payments) * price, "what the payer paid");
    assert.equal(await balance(roles.payee) - before.payee, BigInt(payments) * price, "what the payee got");
    assert.equal(shop.served() - before.served, payments, "how often the goods were handed out");
  };

  await check("purser takes in the payer's key", async () => {
    const imported = await run(["wallet", "import", "payer", "--policy", "demo", "--password-file", password], `${payerKey()}\n`);
    assert.equal(imported.code, 0, JSON.stringify(imported));
    assert.equal(getAddress(imported.data.address), roles.payer.address);
  });

  let quote;
  await check("a quote names the official shop's price and pays nothing", () => moves(0, async () => {
    quote = await run(["pay", "quote", url]);
    assert.equal(quote.code, 3, JSON.stringify(quote));
    assert.equal(quote.pending.kind, "confirmation");
  }));

  await check("its confirmation pays once", () => moves(1, async () => {
    const paid = await run(["pay", "confirm", quote.pending.id, "--yes", "--password-file", password]);
    assert.equal(paid.code, 0, JSON.stringify(paid));
  }));

  await check("a fetch within the cap pays", () => moves(1, async () => {
    const paid = await run(["pay", "fetch", url, "--yes", "--max-amount", "0.01 TUSD", "--password-file", password]);
    assert.equal(paid.code, 0, JSON.stringify(paid));
  }));

  await check("a fetch above the cap is refused, and nothing moves", () => moves(0, async () => {
    const refused = await run(["pay", "fetch", url, "--yes", "--max-amount", `${price - 1n}`, "--password-file", password]);
    assert.notEqual(refused.code, 0);
    assert.equal(refused.ok, false);
  }));
}
