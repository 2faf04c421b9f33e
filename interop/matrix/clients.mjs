// Who pays, each behind the same call: pay(url) asks for the URL, pays what it costs and gives the reply's status and body.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ExactEvmScheme } from "@x402/evm/exact/client";
import { ExactEvmSchemeV1 } from "@x402/evm/exact/v1/client";
import { UptoEvmScheme } from "@x402/evm/upto/client";
import { wrapFetchWithPayment, x402Client } from "@x402/fetch";
import { wrapFetchWithPayment as wrapFetchOfVersion1 } from "x402-fetch";
import { connect, payerKey, roles } from "../world/chain.mjs";
import { purser } from "../world/purser.mjs";

const reply = async (response) => ({ status: response.status, body: await response.json() });

/** @x402/fetch 2.27.0, which pays in both versions. */
export function officialClient(chain, cap) {
  const client = new x402Client()
    .register("eip155:84532", new ExactEvmScheme(roles.payer))
    .register("eip155:84532", new UptoEvmScheme(roles.payer))
    .registerV1("base-sepolia", new ExactEvmSchemeV1(roles.payer))
    // The packages pay in tokens that they know; ours is opened by name and with a cap, under either spelling of the network.
    .setSpendControls({ allowedAssets: ["eip155:84532", "base-sepolia"].map((network) => ({ network, asset: chain.token, maxAmountPerPayment: `${cap}` })) });
  const paying = wrapFetchWithPayment(fetch, client);
  return { name: "@x402/fetch", pay: async (url) => reply(await paying(url)) };
}

/** x402-fetch 1.2.0, the package of version 1. */
export function officialClientOfVersion1(chain, cap) {
  const paying = wrapFetchOfVersion1(fetch, connect(chain.rpcUrl).wallet(roles.payer), cap);
  return { name: "x402-fetch 1.2.0", pay: async (url) => reply(await paying(url)) };
}

/** Purser's command line, with a data folder that knows the chain and the token. */
export async function purserClient(folder, cap) {
  const password = join(folder.path, "password");
  writeFileSync(password, "a password for one run\n", { mode: 0o600 });
  const run = (args, input = "") => new Promise((resolve, reject) => {
    const child = execFile(purser, [...args, "--data", folder.path, "--json"], (error, stdout, stderr) => {
      if (error && typeof error.code !== "number") return reject(error);
      try { resolve({ code: error?.code ?? 0, said: `${stdout}${stderr}`, ...JSON.parse(stdout) }); } catch { reject(new Error(`${args.join(" ")}: ${stdout}${stderr}`)); }
    });
    child.stdin.end(input);
  });
  const imported = await run(["wallet", "import", "payer", "--policy", "demo", "--password-file", password], `${payerKey()}\n`);
  assert.equal(imported.code, 0, imported.said);
  return {
    name: "purser pay",
    async pay(url) {
      const paid = await run(["pay", "fetch", url, "--yes", "--max-amount", `${cap}`, "--password-file", password]);
      assert.equal(paid.code, 0, paid.said);
      return { status: paid.data.status, body: JSON.parse(paid.data.body) };
    },
  };
}
