// The conformance matrix: each client with each shop with each facilitator, for each kind of payment that they share, on one chain.
// Every cell reads balances of payer, payee and facilitators from the chain, before and after.
import assert from "node:assert/strict";
import { decodeEventLog, getAddress } from "viem";
import { kinds } from "../matrix/kinds.mjs";
import { connect, roles, tokenAbi } from "../world/chain.mjs";
import { goods } from "../world/upstream.mjs";

/**
 * @param {{ chain: any, clients: Record<string, any>, shops: (kind: any, shop: string, facilitator: string) => any,
 *           facilitators: Record<string, any>, check: Function }} world as openMatrix made it
 */
export async function matrix({ chain, clients, shops, facilitators, check }) {
  for (const kind of kinds) {
    for (const facilitator of kind.facilitators) {
      for (const shop of kind.shops) {
        for (const client of kind.clients.filter((name) => kind.meet?.(name, shop) ?? true)) {
          const cell = { chain, kind, client: clients[client], shop: shops(kind, shop, facilitator), facilitator: facilitators[facilitator] };
          await run(cell, shop !== "official", Object.values(facilitators), (name, work) => check(`${kind.name}: ${cell.client.name}, ${cell.shop.name}, ${cell.facilitator.name}: ${name}`, work));
        }
      }
    }
  }
}

async function run({ chain, kind, client, shop, facilitator }, isOurs, facilitators, check) {
  const { reader } = connect(chain.rpcUrl);
  const url = shop.tap.url + kind.path;
  const tokens = (who) => reader.readContract({ address: chain.token, abi: tokenAbi, functionName: "balanceOf", args: [who] });

  /** What an account holds: tokens, and the ether that pays for gas. */
  const holdings = async () => ({
    served: await shop.served(),
    payer: await tokens(roles.payer.address),
    payee: await tokens(roles.payee.address),
    facilitators: await Promise.all(facilitators.map(async ({ account }) => ({ tokens: await tokens(account.address), ether: await reader.getBalance({ address: account.address }) }))),
  });

  /** Runs the work and asserts what it moved: so many payments settled, by this facilitator and no other, and the goods handed out as often. */
  const moves = async (payments, work) => {
    const before = await holdings();
    const result = await work();
    const after = await holdings();
    const moved = BigInt(payments) * kind.charged;
    assert.equal(after.payer - before.payer, -moved, "what the payer paid");
    assert.equal(after.payee - before.payee, moved, "what the payee got");
    assert.equal(after.served - before.served, payments, "how often the goods were handed out");
    facilitators.forEach((who, i) => {
      assert.equal(after.facilitators[i].tokens, before.facilitators[i].tokens, `tokens of ${who.name}`);
      const paidGas = after.facilitators[i].ether < before.facilitators[i].ether;
      assert.equal(paidGas, who === facilitator && payments > 0, `whether ${who.name} paid gas`);
    });
    return result;
  };

  const pays = async () => {
    const { status, body } = await client.pay(url);
    assert.equal(status, 200, JSON.stringify(body));
    assert.deepEqual(body, goods);
    const { name, settled } = shop.tap.last();
    assert.equal(name, kind.version === 1 ? "x-payment" : "payment-signature");
    assert.equal(settled.success, true);
    assert.equal(settled.network, kind.version === 1 ? "base-sepolia" : "eip155:84532");
    assert.equal(getAddress(settled.payer), roles.payer.address);
    const receipt = await reader.getTransactionReceipt({ hash: settled.transaction });
    assert.equal(receipt.status, "success");
    assert.equal(getAddress(receipt.from), facilitator.account.address);
    const transfers = receipt.logs.filter((log) => getAddress(log.address) === getAddress(chain.token)).flatMap((log) => {
      try { return [decodeEventLog({ abi: tokenAbi, ...log })]; } catch { return []; } // what a token logs beside its transfers
    });
    assert.deepEqual(transfers.map(({ args }) => [args.from, args.to, args.value]), [[roles.payer.address, roles.payee.address, kind.charged]]);
    return settled.transaction;
  };

  let first;
  await check("the money moves and the goods are handed out", async () => { first = await moves(1, pays); });
  if (first === undefined) return; // nothing to send again

  const sent = shop.tap.headers();
  const again = (path, headers = sent) => moves(0, () => fetch(shop.tap.url + path, { headers }));
  if (isOurs) {
    await check("the very same request gets its first reply again", async () => {
      const response = await again(kind.path);
      assert.equal(response.status, 200, await response.clone().text());
      assert.deepEqual(await response.json(), goods);
      assert.equal(shop.tap.last().settled.transaction, first);
    });
    const { "idempotency-key": own, ...others } = sent;
    if (own !== undefined) {
      await check("who saw its payment but not its idempotency key gets no reply", async () => {
        const response = await again(kind.path, others);
        assert.equal(response.status, 402, await response.clone().text());
      });
    }
  } else {
    await check("the very same request is refused", async () => {
      const response = await again(kind.path);
      assert.equal(response.status, 402, await response.clone().text());
    });
  }
  await check("its payment is refused for another route", async () => {
    const response = await again(`${kind.path}/other`);
    assert.ok([402, 409].includes(response.status), `status ${response.status}`);
  });
  await check("the next request is the next payment", async () => { assert.notEqual(await moves(1, pays), first); });
}
