// The official TypeScript facilitator over HTTP: three routes around the packages' own verify, settle and supported.
import express from "express";
import { x402Facilitator } from "@x402/core/facilitator";
import { toFacilitatorEvmSigner } from "@x402/evm";
import { registerExactEvmScheme } from "@x402/evm/exact/facilitator";
import { connect, roles } from "../world/chain.mjs";
import { listen } from "./listen.mjs";

export async function startOfficialFacilitator(chain) {
  const wallet = connect(chain.rpcUrl).wallet(roles.facilitator);
  const signer = toFacilitatorEvmSigner({
    address: roles.facilitator.address,
    readContract: (args) => wallet.readContract(args),
    verifyTypedData: (args) => wallet.verifyTypedData(args),
    writeContract: (args) => wallet.writeContract(args),
    sendTransaction: (args) => wallet.sendTransaction(args),
    waitForTransactionReceipt: (args) => wallet.waitForTransactionReceipt(args),
    getCode: (args) => wallet.getCode(args),
  });
  const facilitator = new x402Facilitator();
  registerExactEvmScheme(facilitator, { signer, networks: "eip155:84532" });

  const app = express();
  app.use(express.json());
  const answer = (work) => async (request, response) => {
    try {
      response.json(await work(request.body));
    } catch (error) {
      response.status(500).json({ error: String(error?.message ?? error) });
    }
  };
  app.post("/verify", answer((body) => facilitator.verify(body.paymentPayload, body.paymentRequirements)));
  app.post("/settle", answer((body) => facilitator.settle(body.paymentPayload, body.paymentRequirements)));
  app.get("/supported", answer(() => facilitator.getSupported()));
  return listen("official facilitator", app);
}
