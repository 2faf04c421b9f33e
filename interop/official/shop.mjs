// A shop behind the official express middleware.
import express from "express";
import { HTTPFacilitatorClient, x402ResourceServer } from "@x402/core/server";
import { ExactEvmScheme } from "@x402/evm/exact/server";
import { paymentMiddleware } from "@x402/express";
import { roles } from "../world/chain.mjs";
import { listen } from "./listen.mjs";
import { goods } from "../world/upstream.mjs";

export async function startOfficialShop(chain, facilitatorUrl, price) {
  const server = new x402ResourceServer(new HTTPFacilitatorClient({ url: facilitatorUrl }))
    .register("eip155:84532", new ExactEvmScheme());
  const app = express();
  let served = 0;
  app.use(paymentMiddleware({
    "GET /report": {
      accepts: {
        scheme: "exact",
        network: "eip155:84532",
        payTo: roles.payee.address,
        price: { asset: chain.token, amount: `${price}`, extra: { name: "Test USD", version: "1" } },
      },
      description: "One report",
      mimeType: "application/json",
    },
  }, server));
  app.get("/report", (_, response) => { served++; response.json(goods); });
  const shop = await listen("official shop", app);
  return { ...shop, served: () => served };
}
