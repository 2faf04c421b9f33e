// Everything that the matrix needs, each once: a chain, two facilitators, the shops of both sides for each of them, the clients.
import { startOfficialFacilitator } from "../official/facilitator.mjs";
import { startOfficialShop } from "../official/shop.mjs";
import { startOfficialShopV1 } from "../official/shop-v1.mjs";
import { account, approvePermit2, roles } from "../world/chain.mjs";
import { dataFolder, nameNetwork, startFacilitator, startMiddlewareShop, startSandbox, startShop } from "../world/purser.mjs";
import { startTap } from "../world/tap.mjs";
import { startUpstream } from "../world/upstream.mjs";
import { officialClient, officialClientOfVersion1, purserClient } from "./clients.mjs";
import { kinds, price } from "./kinds.mjs";

/** @param {(starting: any) => Promise<any>} open keeps what it is given, to be stopped */
export async function openMatrix(open) {
  const chain = await open(startSandbox(await open(dataFolder())));
  const folder = async () => {
    const made = await open(dataFolder());
    nameNetwork(made, chain);
    return made;
  };
  await approvePermit2(chain);
  // A sender each, so that it can be told who settled.
  const [ours, theirs, older, buyer] = await Promise.all([
    folder().then((made) => open(startFacilitator(made, chain))),
    open(startOfficialFacilitator(chain, account(4))),
    open(startOfficialFacilitator(chain, account(5), [1])),
    folder().then((made) => purserClient(made, price)),
  ]);
  const facilitators = { purser: { ...ours, account: roles.facilitator }, official: theirs, older };

  const shops = {};
  const used = kinds.find((kind) => kind.used !== undefined).used;
  const tapped = async (starting) => {
    const shop = await open(starting);
    return { ...shop, tap: await open(startTap(shop)) };
  };
  // A shop asks its facilitator at its start whether it settles what the routes name.
  const routes = (version, facilitator) => kinds.filter((kind) => kind.version === version && kind.facilitators.includes(facilitator))
    .flatMap((kind) => [kind.path, `${kind.path}/other`].map((path) => ({ path, scheme: kind.scheme, price, extra: kind.extra, used: kind.used })));
  await Promise.all(Object.entries(facilitators).map(async ([name, facilitator]) => {
    const official = name !== "older";
    const [mine, proxy, second, firstVersion] = await Promise.all([
      folder().then((made) => tapped(startMiddlewareShop(made, chain, facilitator.url, price, used))),
      Promise.all([folder(), open(startUpstream())]).then(([made, upstream]) => tapped(startShop(made, chain, upstream, facilitator.url, price))),
      official && tapped(startOfficialShop(chain, facilitator.url, price, routes(2, name))),
      official && tapped(startOfficialShopV1(chain, facilitator.url, routes(1, name))),
    ]);
    shops[name] = { purser: () => mine, "purser sell": () => proxy, official: (kind) => (kind.version === 1 ? firstVersion : second) };
  }));
  return {
    chain, facilitators,
    shops: (kind, shop, facilitator) => shops[facilitator][shop](kind),
    clients: { purser: buyer, official: officialClient(chain, price), "x402-fetch 1.2.0": officialClientOfVersion1(chain, price) },
  };
}
