// An express application on a free port of loopback.
export async function listen(name, app) {
  const server = await new Promise((resolve, reject) => {
    const starting = app.listen(0, "127.0.0.1", () => resolve(starting));
    starting.once("error", reject);
  });
  return {
    name,
    url: `http://127.0.0.1:${server.address().port}`,
    stop: () => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve); }),
  };
}
