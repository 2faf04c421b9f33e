// The official client pays a shop. What is asserted holds for every shop and facilitator; money is read from the chain by viem.
import assert from "node:assert/strict";
import { ExactEvmScheme } from "@x402/evm/exact/client";
import { decodePaymentResponseHeader, wrapFetchWithPayment, x402Client, x402HTTPClient } from "@x402/fetch";
import { decodeEventLog, getAddress } from "viem";
import { connect, roles, tokenAbi } from "../world/chain.mjs";
import { goods } from "../world/upstream.mjs";

/**
 * @param {{ chain: any, shop: { url: string, served: () => number }, price: bigint, atOnce: number, repeat: "refused" | "first reply", check: Function }} run
 * atOnce: how many requests bring one header at the same moment; 0 where the shop does not promise to serve only one.
 * repeat: what a shop does with a payment that it has settled: refuse it, or give the very same request its first reply again.
 */
export async function pay({ chain, shop, price, atOnce, repeat, check }) {
  const url = `${shop.url}/report`;
  const { reader } = connect(chain.rpcUrl);
  const balance = (who) => reader.readContract({ address: chain.token, abi: tokenAbi, functionName: "balanceOf", args: [who.address] });
  const client = new x402Client()
    .register("eip155:84532", new ExactEvmScheme(roles.payer))
    // The packages pay in tokens that they know; ours is opened by name and with a cap.
    .setSpendControls({ allowedAssets: [{ network: "eip155:84532", asset: chain.token, maxAmountPerPayment: `${price}` }] });

  let lastHeader;
  const watched = (input, init) => {
    const request = new Request(input, init);
    lastHeader = request.headers.get("PAYMENT-SIGNATURE") ?? lastHeader;
    return fetch(request);
  };
  const payingFetch = wrapFetchWithPayment(watched, client);

  /** Runs the work and asserts what it moved, as multiples of the price, and how often the goods were handed out. */
  const moves = async (payments, work) => {
    const before = { payer: await balance(roles.payer), payee: await balance(roles.payee), served: shop.served() };
    await work();
    assert.equal(await balance(roles.payer) - before.payer, -BigInt(payments) * price, "what the payer paid");
    assert.equal(await balance(roles.payee) - before.payee, BigInt(payments) * price, "what the payee got");
    assert.equal(shop.served() - before.served, payments, "how often the goods were handed out");
  };

  const paid = async () => {
    const response = await payingFetch(url);
    assert.equal(response.status, 200, await response.clone().text());
    assert.deepEqual(await response.json(), goods);
    const settled = decodePaymentResponseHeader(response.headers.get("PAYMENT-RESPONSE"));
    assert.equal(settled.success, true);
    assert.equal(settled.network, "eip155:84532");
    assert.equal(getAddress(settled.payer), roles.payer.address);
    const receipt = await reader.getTransactionReceipt({ hash: settled.transaction });
    assert.equal(receipt.status, "success");
    const transfers = receipt.logs.filter((log) => getAddress(log.address) === getAddress(chain.token)).flatMap((log) => {
      try { return [decodeEventLog({ abi: tokenAbi, ...log })]; } catch { return []; } // AuthorizationUsed stands beside it
    });
    assert.deepEqual(transfers.map(({ args }) => [args.from, args.to, args.value]), [[roles.payer.address, roles.payee.address, price]]);
    return settled.transaction;
  };

  await check("an unpaid request is answered with a 402 that the official client reads", () => moves(0, async () => {
    const response = await fetch(url);
    assert.equal(response.status, 402);
    const required = new x402HTTPClient(client).getPaymentRequiredResponse((name) => response.headers.get(name), undefined);
    assert.equal(required.x402Version, 2);
    const [offer] = required.accepts;
    assert.deepEqual([offer.scheme, offer.network, offer.amount], ["exact", "eip155:84532", `${price}`]);
    assert.equal(getAddress(offer.asset), getAddress(chain.token));
    assert.equal(getAddress(offer.payTo), roles.payee.address);
    assert.deepEqual([offer.extra.name, offer.extra.version], ["Test USD", "1"]);
  }));

  let first;
  await check("the official client pays, is served, and the money is on the chain", () => moves(1, async () => { first = await paid(); }));

  if (repeat === "first reply") {
    await check("the same request with the same payment gets its first reply again, and nothing moves", () => moves(0, async () => {
      const response = await fetch(url, { headers: { "PAYMENT-SIGNATURE": lastHeader } });
      assert.equal(response.status, 200);
      assert.deepEqual(await response.json(), goods);
      assert.equal(decodePaymentResponseHeader(response.headers.get("PAYMENT-RESPONSE")).transaction, first);
    }));
  }

  await check("a payment that was used is refused for anything else, and nothing moves", () => moves(0, async () => {
    const response = await fetch(repeat === "first reply" ? `${url}?page=2` : url, { headers: { "PAYMENT-SIGNATURE": lastHeader } });
    assert.ok([402, 409].includes(response.status), `status ${response.status}`);
    assert.notDeepEqual(await response.json().catch(() => undefined), goods);
  }));

  await check("a second payment is a second settlement", () => moves(1, async () => { assert.notEqual(await paid(), first); }));

  await check("a payment whose amount was changed after signing is refused, and nothing moves", () => moves(0, async () => {
    const payload = JSON.parse(Buffer.from(await signedHeader(), "base64"));
    payload.payload.authorization.value = `${price - 1n}`;
    await refused(payload);
  }));

  await check("a payment to somebody else is refused, and nothing moves", () => moves(0, async () => {
    const payload = JSON.parse(Buffer.from(await signedHeader(), "base64"));
    payload.payload.authorization.to = roles.minter.address;
    await refused(payload);
  }));

  if (atOnce > 0) {
    await check(`one payment brought ${atOnce} times at once is settled once and served once`, () => moves(1, async () => {
      const header = await signedHeader();
      const responses = await Promise.all(Array.from({ length: atOnce }, () => fetch(url, { headers: { "PAYMENT-SIGNATURE": header } })));
      const served = responses.filter((response) => response.status === 200);
      assert.ok(served.length >= 1, responses.map((response) => response.status).join(" "));
      assert.deepEqual(responses.filter(({ status }) => status >= 500 && status !== 503).map(({ status }) => status), []);
    }));
  }

  async function signedHeader() {
    const response = await fetch(url);
    const http = new x402HTTPClient(client);
    const payload = await client.createPaymentPayload(http.getPaymentRequiredResponse((name) => response.headers.get(name), undefined));
    return http.encodePaymentSignatureHeader(payload)["PAYMENT-SIGNATURE"];
  }

  async function refused(payload) {
    const header = Buffer.from(JSON.stringify(payload)).toString("base64");
    const response = await fetch(url, { headers: { "PAYMENT-SIGNATURE": header } });
    assert.ok(response.status >= 400 && response.status < 500, `status ${response.status}`);
  }
}
