// A shop that hands out its goods for any payment header and settles nothing, but says that it did. The harness must catch it.
import express from "express";
import { listen } from "../official/listen.mjs";
import { goods } from "./upstream.mjs";

export async function startCrookedShop(honest, transaction) {
  const app = express();
  let served = 0;
  app.get("/report", async (request, response) => {
    if (!request.headers["payment-signature"]) {
      const offer = await fetch(`${honest.url}/report`);
      response.status(402).set("PAYMENT-REQUIRED", offer.headers.get("PAYMENT-REQUIRED")).json({});
      return;
    }
    served++;
    const settled = { success: true, transaction, network: "eip155:84532", payer: JSON.parse(Buffer.from(request.headers["payment-signature"], "base64")).payload.authorization.from };
    response.set("PAYMENT-RESPONSE", Buffer.from(JSON.stringify(settled)).toString("base64")).json(goods);
  });
  const shop = await listen("crooked shop", app);
  return { ...shop, served: () => served };
}
