// Signing in at our operator as the field does: the JavaScript of seed 003 with ethers, and siwe 3.0.0 on both sides (our messages read and verified by it, its messages read by ours).
import assert from "node:assert/strict";
import { ethers } from "ethers";
import { SiweMessage, generateNonce } from "siwe";
import { payerKey } from "../world/chain.mjs";
import { runPurser } from "../world/purser.mjs";

// Seed 003, "The Complete Flow", steps 1 to 3 as they are printed there.
async function completeFlow(serverUrl, wallet) {
  const challengeRes = await fetch(
    `${serverUrl}/api/auth/challenge?address=${wallet.address}`
  );
  const { message, nonce } = await challengeRes.json();
  const signature = await wallet.signMessage(message);
  const verifyRes = await fetch(`${serverUrl}/api/auth/verify`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({
      address: wallet.address,
      signature,
      nonce,
    }),
  });
  return { message, nonce, signature, status: verifyRes.status, answer: await verifyRes.json() };
}

/** @param {{ folder: any, operator: { url: string }, check: Function }} run */
export async function signIn({ folder, operator, check }) {
  const wallet = new ethers.Wallet(payerKey());
  const { host } = new URL(operator.url);

  let flow;
  await check("seed 003's flow signs in, and the token opens the session", async () => {
    flow = await completeFlow(operator.url, wallet);
    assert.equal(flow.status, 200, JSON.stringify(flow.answer));
    const { token, sessionId, expiresAt } = flow.answer;
    assert.ok(Math.abs(expiresAt - Date.now() / 1000 - 86_400) < 120, "24 hours, in seconds");
    const session = await fetch(`${operator.url}/api/auth/session`, { headers: { Authorization: `Bearer ${token}` } });
    assert.equal((await session.json()).sessionId, sessionId);
    assert.equal((await fetch(`${operator.url}/api/auth/session?token=${token}`)).status, 401);
  });

  await check("a second use of the same signature, and an account that is not linked, are refused", async () => {
    const again = await fetch(`${operator.url}/api/auth/verify`, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ address: wallet.address, signature: flow.signature, nonce: flow.nonce }),
    });
    assert.deepEqual([again.status, (await again.json()).code], [401, "AUTH_INVALID"]);
    const stranger = await completeFlow(operator.url, ethers.Wallet.createRandom());
    assert.deepEqual([stranger.status, stranger.answer.code], [403, "ACCOUNT_NOT_LINKED"]);
  });

  await check("siwe reads our message to the same text and verifies it with every field that it knows", async () => {
    const read = new SiweMessage(flow.message);
    assert.equal(read.prepareMessage(), flow.message);
    assert.deepEqual([read.scheme, read.domain, read.address, read.uri, read.chainId, read.nonce], ["http", host, wallet.address, operator.url, 8453, flow.nonce]);
    const expected = { signature: flow.signature, domain: host, nonce: flow.nonce, scheme: "http", time: new Date().toISOString() };
    assert.equal((await read.verify(expected)).success, true);
    for (const other of [{ domain: "evil.example" }, { nonce: "otherNonce1" }, { scheme: "https" }, { time: "2099-01-01T00:00:00Z" }]) {
      const result = await read.verify({ ...expected, ...other }, { suppressExceptions: true });
      assert.equal(result.success, false, JSON.stringify(other));
    }
  });

  await check("a siwe client signs in: it parses the challenge, holds it against where it is, and signs what it prepares", async () => {
    const { message, nonce } = await (await fetch(`${operator.url}/api/auth/challenge?address=${wallet.address}`)).json();
    const siwe = new SiweMessage(message);
    assert.equal(siwe.domain, host);
    const signature = await wallet.signMessage(siwe.prepareMessage());
    const answer = await fetch(`${operator.url}/api/auth/verify`, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ address: siwe.address, signature, nonce, message: siwe.prepareMessage() }),
    });
    assert.equal(answer.status, 200, await answer.clone().text());
  });

  await check("purser signin check reads and verifies what siwe writes, in every shape", async () => {
    const fields = {
      domain: "shop.example", address: wallet.address, uri: "https://shop.example/login", version: "1", chainId: 10, nonce: generateNonce(), issuedAt: "2026-05-06T07:08:09.123Z",
    };
    const further = {
      scheme: "https", statement: "Sign in, please!", expirationTime: "2026-05-06T08:00:00Z", notBefore: "2026-05-06T07:00:00Z", requestId: "r-1", resources: ["https://shop.example/a", "ipfs://b"],
    };
    const names = Object.keys(further);
    for (const chosen of [[], ...names.map((name) => [name]), names]) {
      const message = new SiweMessage({ ...fields, ...Object.fromEntries(chosen.map((name) => [name, further[name]])) });
      const text = message.prepareMessage();
      const signature = await wallet.signMessage(text);
      const args = ["signin", "check", "-", "--address", wallet.address, "--domain", fields.domain, "--uri", fields.uri, "--chain-id", "10", "--nonce", fields.nonce, "--time", "2026-05-06T07:30:00Z"];
      const { exit, answer } = await runPurser(folder, [...args, "--signature", signature], text);
      assert.equal(exit, 0, JSON.stringify(answer));
      const { signature: verdict, ...read } = answer.data;
      assert.equal(verdict, "valid");
      assert.deepEqual(read, { ...fields, ...Object.fromEntries(chosen.map((name) => [name, further[name]])) });
      const other = await runPurser(folder, [...args, "--signature", await wallet.signMessage(`${text} `)], text);
      assert.deepEqual([other.exit, other.answer.error.code], [1, "siwe_signature_invalid"]);
    }
  });
}
