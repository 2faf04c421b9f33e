// A shop behind the official express middleware of version 1 (x402-express 1.2.0).
import express from "express";
import { paymentMiddleware } from "x402-express";
import { roles } from "../world/chain.mjs";
import { listen } from "./listen.mjs";
import { goods } from "../world/upstream.mjs";

/** @param {{ path: string, price: bigint, extra: { name: string, version: string } }[]} routes */
export async function startOfficialShopV1(chain, facilitatorUrl, routes) {
  const app = express();
  let served = 0;
  app.use(paymentMiddleware(roles.payee.address, Object.fromEntries(routes.map((route) => [`GET ${route.path}`, {
    price: { amount: `${route.price}`, asset: { address: chain.token, decimals: 6, eip712: { name: route.extra.name, version: route.extra.version } } },
    network: "base-sepolia",
    config: { description: "One report", mimeType: "application/json" },
  }])), { url: facilitatorUrl }));
  for (const route of routes) app.get(route.path, (_, response) => { served++; response.json(goods); });
  const shop = await listen("official shop of version 1", app);
  return { ...shop, served: () => served };
}
