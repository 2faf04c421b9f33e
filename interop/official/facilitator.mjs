// The official TypeScript facilitator over HTTP: three routes around the packages' own verify, settle and supported.
// It settles exact (EIP-3009 and Permit2) and upto in version 2, and exact in version 1; or in version 1 alone.
import express from "express";
import { x402Facilitator } from "@x402/core/facilitator";
import { toFacilitatorEvmSigner } from "@x402/evm";
import { ExactEvmScheme } from "@x402/evm/exact/facilitator";
import { ExactEvmSchemeV1 } from "@x402/evm/exact/v1/facilitator";
import { UptoEvmScheme } from "@x402/evm/upto/facilitator";
import { connect, roles } from "../world/chain.mjs";
import { listen } from "./listen.mjs";

/** @param {{ rpcUrl: string }} chain @param {any} [account] that sends and pays the gas @param {number[]} [versions] that it settles in */
export async function startOfficialFacilitator(chain, account = roles.facilitator, versions = [1, 2]) {
  const wallet = connect(chain.rpcUrl).wallet(account);
  const signer = toFacilitatorEvmSigner({
    address: account.address,
    readContract: (args) => wallet.readContract(args),
    verifyTypedData: (args) => wallet.verifyTypedData(args),
    writeContract: (args) => wallet.writeContract(args),
    sendTransaction: (args) => wallet.sendTransaction(args),
    waitForTransactionReceipt: (args) => wallet.waitForTransactionReceipt(args),
    getCode: (args) => wallet.getCode(args),
  });
  const facilitator = new x402Facilitator();
  if (versions.includes(2)) facilitator.register("eip155:84532", new ExactEvmScheme(signer)).register("eip155:84532", new UptoEvmScheme(signer));
  if (versions.includes(1)) facilitator.registerV1("base-sepolia", new ExactEvmSchemeV1(signer));

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
  return { ...await listen(versions.includes(2) ? "official facilitator" : "official facilitator of version 1", app), account };
}
