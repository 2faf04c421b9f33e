// The rows of the conformance matrix: what is paid how, and which programs can.

export const price = 2_500n; // minimal units: 0.0025 dollars
const domain = { name: "Test USD", version: "1" };

/**
 * @typedef {object} Kind
 * @property {string} name
 * @property {1 | 2} version of the protocol on the wire
 * @property {string} path the route of both shops
 * @property {string} scheme
 * @property {object} extra what the seller puts into the requirements
 * @property {bigint} charged what reaches the payee
 * @property {bigint} [used] what the handler says was used, where the scheme lets it
 * @property {string[]} clients
 * @property {string[]} shops
 * @property {string[]} facilitators
 * @property {(client: string, shop: string) => boolean} [meet] whether the two of them come to this kind; always unless it is given
 */

const both = ["purser", "official"];

/** @type {Kind[]} */
export const kinds = [
  {
    name: "exact, EIP-3009, version 2", version: 2, path: "/eip3009", scheme: "exact", extra: domain, charged: price,
    clients: both, shops: ["purser", "purser sell", "official"], facilitators: both,
  },
  {
    name: "exact, EIP-3009, version 2, settled in version 1", version: 2, path: "/eip3009", scheme: "exact", extra: domain, charged: price,
    clients: both, shops: ["purser", "purser sell"], facilitators: ["older"], // the official shop does not start there
  },
  {
    name: "exact, Permit2, version 2", version: 2, path: "/permit2", scheme: "exact", extra: { ...domain, assetTransferMethod: "permit2" }, charged: price,
    clients: both, shops: both, facilitators: both,
  },
  {
    name: "upto, Permit2, version 2", version: 2, path: "/upto", scheme: "upto", extra: domain, charged: 1_100n, used: 1_100n,
    clients: both, shops: both, facilitators: both,
  },
  {
    name: "exact, EIP-3009, version 1", version: 1, path: "/v1", scheme: "exact", extra: domain, charged: price,
    clients: ["purser", "official", "x402-fetch 1.2.0"], shops: both, facilitators: both,
    // Whoever reads version 2 finds it in the header of our 402 and takes it; that is the first kind.
    meet: (client, shop) => shop === "official" || client === "x402-fetch 1.2.0",
  },
];
