// A wire tap in front of a shop: requests go through as they are, and what was presented and answered is kept, so that a payment can be
// seen and sent again whichever client made it.
import { createServer, request as send } from "node:http";

/** The payment headers of x402, request and reply, in both versions. */
const pairs = { "payment-signature": "payment-response", "x-payment": "x-payment-response" };

/** @param {{ name: string, url: string }} shop */
export async function startTap(shop) {
  const target = new URL(shop.url);
  let last;
  const server = createServer((request, response) => {
    const forward = send({ host: target.hostname, port: target.port, method: request.method, path: request.url, headers: request.headers }, (reply) => {
      const name = Object.keys(pairs).find((header) => request.headers[header] !== undefined);
      const settled = reply.headers[pairs[name]];
      if (name) last = { name, headers: request.headers, path: request.url, status: reply.statusCode, settled: settled && JSON.parse(Buffer.from(settled, "base64")) };
      response.writeHead(reply.statusCode, reply.rawHeaders);
      reply.pipe(response);
    });
    forward.on("error", () => response.destroy());
    request.pipe(forward);
  });
  await new Promise((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  const ofTheConnection = ["host", "connection", "content-length", "transfer-encoding"];
  return {
    name: `tap of ${shop.name}`,
    url: `http://127.0.0.1:${server.address().port}`,
    /** The last request that brought a payment, and what it was answered. */
    last: () => last,
    /** Its headers, to be sent with a new request. */
    headers: () => Object.fromEntries(Object.entries(last.headers).filter(([name]) => !ofTheConnection.includes(name))),
    stop: () => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve); }),
  };
}
