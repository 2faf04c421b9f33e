// A shop behind the official express middleware of version 2.
import express from "express";
import { HTTPFacilitatorClient, x402ResourceServer } from "@x402/core/server";
import { ExactEvmScheme } from "@x402/evm/exact/server";
import { UptoEvmScheme } from "@x402/evm/upto/server";
import { paymentMiddleware, setSettlementOverrides } from "@x402/express";
import { roles } from "../world/chain.mjs";
import { listen } from "./listen.mjs";
import { goods } from "../world/upstream.mjs";

/** One route that is paid in exact with EIP-3009. */
const report = (price) => ({ path: "/report", scheme: "exact", price, extra: { name: "Test USD", version: "1" } });

/**
 * @param {{ token: string }} chain
 * @param {string} facilitatorUrl
 * @param {bigint} price of GET /report
 * @param {{ path: string, scheme: string, price: bigint, extra: object, used?: bigint }[]} [routes] instead of the report; used: what a handler says was used
 */
export async function startOfficialShop(chain, facilitatorUrl, price, routes = [report(price)]) {
  const server = new x402ResourceServer(new HTTPFacilitatorClient({ url: facilitatorUrl }))
    .register("eip155:84532", new ExactEvmScheme())
    .register("eip155:84532", new UptoEvmScheme());
  const app = express();
  let served = 0;
  app.use(paymentMiddleware(Object.fromEntries(routes.map((route) => [`GET ${route.path}`, {
    accepts: {
      scheme: route.scheme,
      network: "eip155:84532",
      payTo: roles.payee.address,
      price: { asset: chain.token, amount: `${route.price}`, extra: route.extra },
    },
    description: "One report",
    mimeType: "application/json",
  }])), server));
  for (const route of routes) {
    app.get(route.path, (_, response) => {
      served++;
      if (route.used !== undefined) setSettlementOverrides(response, { amount: `${route.used}` });
      response.json(goods);
    });
  }
  const shop = await listen("official shop", app);
  return { ...shop, served: () => served };
}
