// Runs the interop scenarios and ends with one line: interop: N passed, N failed, N skipped.
// Each but the last is a chain, a client, a shop and a facilitator; the first is all official and shows that the harness itself is right.
import { startOfficialFacilitator } from "./official/facilitator.mjs";
import { startOfficialShop } from "./official/shop.mjs";
import { crookedShopIsCaught } from "./scenarios/canary.mjs";
import { matrix } from "./scenarios/matrix.mjs";
import { differential } from "./scenarios/differential.mjs";
import { pay } from "./scenarios/pay.mjs";
import { seed001 } from "./scenarios/seed-001.mjs";
import { signIn } from "./scenarios/sign-in.mjs";
import { purserPays } from "./scenarios/purser-pays.mjs";
import { openMatrix } from "./matrix/world.mjs";
import { fund, roles, startAnvil } from "./world/chain.mjs";
import { nodeParity } from "./node/scenario.mjs";
import { startOurs, startTheirs } from "./node/twins.mjs";
import { killAll } from "./world/processes.mjs";
import { dataFolder, nameNetwork, startFacilitator, startMiddlewareShop, startOperator, startSandbox, startShop } from "./world/purser.mjs";
import { startUpstream } from "./world/upstream.mjs";

const price = 2_500n; // minimal units: 0.0025 dollars
const scenarios = [
  {
    name: "control: official client, official shop, official facilitator, anvil",
    atOnce: 0, // the official shop runs its handler more than once
    repeat: "refused",
    async open(open) {
      const chain = await open(startAnvil());
      const facilitator = await open(startOfficialFacilitator(chain));
      return { chain, shop: await open(startOfficialShop(chain, facilitator.url, price)) };
    },
  },
  {
    name: "ours: official client, purser sell, purser facilitator, purser sandbox",
    atOnce: 20,
    repeat: "first reply",
    async open(open) {
      const folder = await open(dataFolder());
      const chain = await open(startSandbox(folder));
      const facilitator = await open(startFacilitator(folder, chain));
      return { chain, shop: await open(startShop(folder, chain, await open(startUpstream()), facilitator.url, price)) };
    },
  },
  {
    name: "facilitator: official client, official shop, purser facilitator, purser sandbox",
    atOnce: 0,
    repeat: "refused",
    async open(open) {
      const folder = await open(dataFolder());
      const chain = await open(startSandbox(folder));
      const facilitator = await open(startFacilitator(folder, chain));
      return { chain, shop: await open(startOfficialShop(chain, facilitator.url, price)) };
    },
  },
  {
    name: "shop: official client, purser sell, official facilitator, purser sandbox",
    atOnce: 20,
    repeat: "first reply",
    async open(open) {
      const folder = await open(dataFolder());
      const chain = await open(startSandbox(folder));
      const facilitator = await open(startOfficialFacilitator(chain));
      return { chain, shop: await open(startShop(folder, chain, await open(startUpstream()), facilitator.url, price)) };
    },
  },
  {
    name: "client: purser pay, official shop, official facilitator, anvil",
    checks: purserPays,
    async open(open) {
      const folder = await open(dataFolder());
      const chain = await open(startAnvil());
      nameNetwork(folder, chain);
      const facilitator = await open(startOfficialFacilitator(chain));
      return { chain, folder, shop: await open(startOfficialShop(chain, facilitator.url, price)) };
    },
  },
  {
    name: "matrix: official and purser's clients, shops and facilitators, each with each, purser sandbox",
    checks: matrix,
    open: openMatrix,
  },
  {
    name: "seed 001: its JavaScript flow with ethers, purser middleware, purser facilitator, purser sandbox",
    checks: seed001,
    async open(open) {
      const folder = await open(dataFolder());
      const chain = await open(startSandbox(folder));
      const facilitator = await open(startFacilitator(folder, chain));
      return { chain, shop: await open(startMiddlewareShop(await open(dataFolder()), chain, facilitator.url, price, price, "base64")) };
    },
  },
  {
    name: "sign-in: seed 003's JavaScript with ethers, siwe 3.0.0, purser's operator and purser signin",
    checks: signIn,
    async open(open) {
      const folder = await open(dataFolder());
      return { folder, operator: await open(startOperator(folder, roles.payer.address)) };
    },
  },
  {
    name: "canary: a crooked shop, anvil",
    checks: crookedShopIsCaught,
    async open(open) {
      const chain = await open(startAnvil());
      const facilitator = await open(startOfficialFacilitator(chain));
      return { chain, shop: await open(startOfficialShop(chain, facilitator.url, price)) };
    },
  },
  {
    name: "differential: our codecs, viem and ethers on drawn cases",
    checks: differential,
    async open() {
      return {};
    },
  },
  {
    name: "node: viem, ethers, cast and forge drive purser sandbox and anvil side by side",
    checks: nodeParity,
    async open(open) {
      const folder = await open(dataFolder());
      return { folder, ours: await open(startOurs(folder)), theirs: await open(startTheirs()) };
    },
  },
];

let passed = 0;
let failed = 0;
const wanted = process.argv.slice(2);
process.on("exit", killAll);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(1));

for (const scenario of scenarios.filter(({ name }) => wanted.length === 0 || wanted.some((word) => name.includes(word)))) {
  console.log(`${scenario.name}`);
  const opened = [];
  const check = async (name, work) => {
    try {
      await work();
      passed++;
      console.log(`  passed  ${name}`);
    } catch (error) {
      failed++;
      console.log(`  FAILED  ${name}\n${String(error?.stack ?? error).replace(/^/gm, "          ")}`);
    }
  };
  const before = failed;
  try {
    const parts = await scenario.open(async (starting) => { const part = await starting; opened.push(part); return part; });
    if (parts.chain) await fund(parts.chain, 100n * price);
    await (scenario.checks ?? pay)({ ...parts, price, atOnce: scenario.atOnce, repeat: scenario.repeat, check });
  } catch (error) {
    await check("the parts start", () => { throw error; });
  }
  // What the processes said is worth reading only when something failed.
  for (const part of opened.reverse()) {
    if (failed > before && part.log) console.log(`── ${part.name}\n${part.log()}`);
    await part.stop();
  }
}
console.log(`interop: ${passed} passed, ${failed} failed, 0 skipped`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
