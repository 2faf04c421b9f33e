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
 */

/** @type {Kind[]} */
export const kinds = [
  {
    name: "exact, EIP-3009, version 2", version: 2, path: "/eip3009", scheme: "exact", extra: domain, charged: price,
    clients: ["purser", "official"], shops: ["purser", "official"], facilitators: ["purser", "official"],
  },
  {
    name: "exact, Permit2, version 2", version: 2, path: "/permit2", scheme: "exact", extra: { ...domain, assetTransferMethod: "permit2" }, charged: price,
    clients: ["official"], shops: ["official"], facilitators: ["official"],
  },
  {
    name: "upto, Permit2, version 2", version: 2, path: "/upto", scheme: "upto", extra: domain, charged: 1_100n, used: 1_100n,
    clients: ["official"], shops: ["official"], facilitators: ["official"],
  },
  {
    name: "exact, EIP-3009, version 1", version: 1, path: "/v1", scheme: "exact", extra: domain, charged: price,
    clients: ["x402-fetch 1.2.0", "official"], shops: ["official"], facilitators: ["official"],
  },
];
