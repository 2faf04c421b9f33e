// The harness itself: a shop that says it settled and did not must be caught.
import assert from "node:assert/strict";
import { startCrookedShop } from "../world/crooked.mjs";
import { pay } from "./pay.mjs";

export async function crookedShopIsCaught({ chain, shop, price, check }) {
  // One honest payment gives a real transaction for the crooked shop to point at.
  let transaction;
  const url = `${shop.url}/report`;
  const settled = [];
  const watch = globalThis.fetch;
  globalThis.fetch = async (...args) => {
    const response = await watch(...args);
    const header = response.headers.get("PAYMENT-RESPONSE");
    if (header) settled.push(JSON.parse(Buffer.from(header, "base64")).transaction);
    return response;
  };
  const quiet = async (_, work) => { await work().catch(() => {}); };
  try {
    await pay({ chain, shop, price, atOnce: 0, repeat: "refused", check: quiet });
  } finally {
    globalThis.fetch = watch;
  }
  transaction = settled.find((hash) => hash?.startsWith("0x"));
  assert.ok(transaction, `no honest payment at ${url}`);

  const crooked = await startCrookedShop(shop, transaction);
  const caught = new Set();
  try {
    await pay({ chain, shop: crooked, price, atOnce: 2, repeat: "refused", check: async (name, work) => { try { await work(); } catch { caught.add(name); } } });
  } finally {
    await crooked.stop();
  }
  await check("a shop that says it settled and did not is caught by every check of money", async () => {
    for (const part of ["money is on the chain", "second settlement", "was used is refused", "changed after signing", "somebody else", "at once"]) {
      assert.ok([...caught].some((name) => name.includes(part)), `not caught: ${part}; caught: ${[...caught].join(" | ")}`);
    }
  });
}
