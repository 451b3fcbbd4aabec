// A peer: the broadcast from the documentation of `ws`, and nothing else.
//
// Each message is sent to every open client in turn. There is no outbox and no policy for slow
// consumers: Node keeps in memory what a socket does not take. Compression is off.
//
// Usage: node server.mjs MODULES [--ws HOST:PORT]; MODULES is the node_modules folder with `ws`.
// Node itself raises its soft limit of file descriptors to the hard limit when it starts.

import { createServer } from "node:http";
import { createRequire } from "node:module";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  options: { ws: { type: "string", default: "127.0.0.1:0" } },
  allowPositionals: true,
});
const { WebSocket, WebSocketServer } = createRequire(`${positionals[0]}/`)("ws");

const [host, port] = values.ws.split(":");
const http = createServer((request, response) => response.writeHead(426).end());
const server = new WebSocketServer({ server: http, perMessageDeflate: false });

server.on("connection", (socket) => {
  socket.on("error", () => {}); // a client hangs up or breaks the protocol: 'close' follows
  socket.on("message", (message, isBinary) => {
    if (isBinary) return;
    for (const client of server.clients) {
      if (client.readyState === WebSocket.OPEN) client.send(message, { binary: false });
    }
  });
});

http.listen({ host, port: Number(port), backlog: 4096 }, () => {
  const { address, port } = http.address();
  console.log(`peer node-ws ready ws=${address}:${port}`);
});
