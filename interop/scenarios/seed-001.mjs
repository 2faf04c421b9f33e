// The JavaScript of seed 001 against our seller, step by step as it is written there: decode the base64 body, show and confirm, sign with ethers,
// assemble, replay. It knows nothing of headers in the 402 and echoes what it decoded, without `accepted`.
import assert from "node:assert/strict";
import { ethers } from "ethers";
import { connect, payerKey, roles, tokenAbi } from "../world/chain.mjs";
import { goods } from "../world/upstream.mjs";

const types = {
  TransferWithAuthorization: [
    { name: "from", type: "address" },
    { name: "to", type: "address" },
    { name: "value", type: "uint256" },
    { name: "validAfter", type: "uint256" },
    { name: "validBefore", type: "uint256" },
    { name: "nonce", type: "bytes32" },
  ],
};

/** Steps 1 to 5. confirm gets the card and says yes or no; change may spoil what is sent. */
async function flow(url, chain, confirm, change = (payload) => payload) {
  const first = await fetch(url);
  if (first.status !== 402) return { response: first };

  const rawBody = await first.text();
  const decoded = JSON.parse(atob(rawBody));
  const option = decoded.accepts[0];
  const value = option.amount ?? option.maxAmountRequired;
  if (!confirm({ network: option.network, token: option.asset, amount: value, payTo: option.payTo })) return { declined: true };

  const provider = new ethers.JsonRpcProvider(chain.rpcUrl, undefined, { staticNetwork: true });
  const wallet = new ethers.Wallet(payerKey());
  const token = new ethers.Contract(option.asset, ["function name() view returns (string)", "function version() view returns (string)"], provider);
  const domain = { name: await token.name(), version: await token.version(), chainId: Number(option.network.split(":")[1]), verifyingContract: option.asset };
  provider.destroy();
  const authorization = {
    from: wallet.address,
    to: option.payTo,
    value,
    validAfter: "0",
    validBefore: String(Math.floor(Date.now() / 1000) + (option.maxTimeoutSeconds ?? 300)),
    nonce: ethers.hexlify(ethers.randomBytes(32)),
  };
  const signature = await wallet.signTypedData(domain, types, authorization);

  const paymentPayload = change({ ...decoded, payload: { signature, authorization } });
  const headerName = decoded.x402Version >= 2 ? "PAYMENT-SIGNATURE" : "X-PAYMENT";
  const headers = { [headerName]: btoa(JSON.stringify(paymentPayload)) };
  return { headers, response: await fetch(url, { headers }) };
}

/** @param {{ chain: any, shop: { url: string, served: () => Promise<number> }, price: bigint, check: Function }} run */
export async function seed001({ chain, shop, price, check }) {
  const { reader } = connect(chain.rpcUrl);
  const url = `${shop.url}/eip3009`;
  const balance = (who) => reader.readContract({ address: chain.token, abi: tokenAbi, functionName: "balanceOf", args: [who.address] });
  const moves = async (payments, work) => {
    const before = { payer: await balance(roles.payer), payee: await balance(roles.payee), served: await shop.served() };
    const result = await work();
    assert.equal(await balance(roles.payer) - before.payer, -BigInt(payments) * price, "what the payer paid");
    assert.equal(await balance(roles.payee) - before.payee, BigInt(payments) * price, "what the payee got");
    assert.equal(await shop.served() - before.served, payments, "how often the goods were handed out");
    return result;
  };

  await check("what is free is answered at once (D2)", () => moves(0, async () => {
    const { response } = await flow(`${shop.url}/served`, chain, () => assert.fail("nothing was to be confirmed"));
    assert.equal(response.status, 200);
  }));

  let card;
  await check("a no stops everything (F6)", () => moves(0, async () => {
    const { declined } = await flow(url, chain, (shown) => { card = shown; return false; });
    assert.equal(declined, true);
    assert.deepEqual({ ...card, token: card.token.toLowerCase() }, { network: "eip155:84532", token: chain.token.toLowerCase(), amount: `${price}`, payTo: roles.payee.address });
  }));

  let sent;
  await check("a yes pays and returns the resource (H, I)", () => moves(1, async () => {
    const { response, headers } = await flow(url, chain, () => true);
    assert.equal(response.status, 200, await response.clone().text());
    assert.deepEqual(await response.json(), goods);
    sent = headers;
  }));

  await check("the same request once more, as after a network error (K6), gets the first reply and pays nothing", () => moves(0, async () => {
    const response = await fetch(url, { headers: sent });
    assert.equal(response.status, 200, await response.clone().text());
    assert.deepEqual(await response.json(), goods);
  }));

  await check("what is echoed counts for nothing: only what was signed does (I5)", () => moves(0, async () => {
    const cheaper = (payload) => {
      payload.accepts = payload.accepts.map((option) => ({ ...option, amount: "1" }));
      payload.payload.authorization.value = "1";
      return payload;
    };
    const { response } = await flow(url, chain, () => true, cheaper);
    assert.equal(response.status, 402, await response.clone().text());
    // A client of the seed reads the refusal as it read the challenge.
    assert.equal(JSON.parse(atob(await response.text())).accepts[0].amount, `${price}`);
  }));
}
