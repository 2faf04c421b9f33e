// What is for sale: a plain HTTP server that knows nothing of payments and counts how often it was asked.
import { createServer } from "node:http";

/** What a buyer gets. */
export const goods = { report: "calm sea, light wind", pages: 2 };

export async function startUpstream() {
  let served = 0;
  const server = createServer((_, response) => {
    served++;
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(goods));
  });
  await new Promise((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  return {
    name: "upstream",
    url: `http://127.0.0.1:${server.address().port}`,
    served: () => served,
    stop: () => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve); }),
  };
}
