// Signs a challenge of this site with the browser's wallet (EIP-1193) and shows the token that comes of it. Nothing is kept: a reload forgets the token.
"use strict";

const panel = document.getElementById("sign");
const button = document.getElementById("connect");
const say = text => { document.getElementById("state").textContent = text; };

async function call(path, options) {
  const response = await fetch(panel.dataset.api + path, { credentials: "omit", cache: "no-store", ...options });
  const body = await response.json().catch(() => ({}));
  if (!response.ok) {
    throw new Error([body.title || body.message || "The server refused", body.hint].filter(Boolean).join(". "));
  }
  return body;
}

function toHex(text) {
  return "0x" + Array.from(new TextEncoder().encode(text), byte => byte.toString(16).padStart(2, "0")).join("");
}

// The wallet shows the message too; this refuses what is plainly not a sign-in to this very site by this very account.
function check(message, nonce, address) {
  const lines = message.split("\n");
  const greeting = `${location.protocol}//${location.host} wants you to sign in with your Ethereum account:`;
  const bare = `${location.host} wants you to sign in with your Ethereum account:`;
  if ((lines[0] !== greeting && lines[0] !== bare) || lines[1].toLowerCase() !== address.toLowerCase() || !lines.includes(`Nonce: ${nonce}`)) {
    throw new Error("The challenge is not for this site and account; nothing was signed");
  }
}

async function sign() {
  const wallet = window.ethereum;
  if (!wallet) {
    throw new Error("This browser has no wallet (no EIP-1193 provider)");
  }
  const [address] = await wallet.request({ method: "eth_requestAccounts" });
  const { message, nonce } = await call(`/challenge?address=${encodeURIComponent(address)}`);
  check(message, nonce, address);
  const shown = document.getElementById("message");
  shown.textContent = message;
  shown.hidden = false;
  say("Your wallet asks you to sign this message.");
  const signature = await wallet.request({ method: "personal_sign", params: [toHex(message), address] });
  const grant = await call("/verify", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ address, signature, nonce }),
  });
  document.getElementById("token").value = grant.token;
  document.getElementById("expires").textContent = new Date(grant.expiresAt * 1000).toISOString();
  document.getElementById("result").hidden = false;
  say("Signed in.");
}

button.addEventListener("click", async () => {
  button.disabled = true;
  say("");
  try {
    await sign();
  } catch (error) {
    say(`It did not work: ${error.message}`);
  } finally {
    button.disabled = false;
  }
});
