// A peer: the broadcast that the documentation of `ws` shows, and nothing more.
//
// Each message is sent to every open client in turn. There is no outbox and no policy for slow
// consumers: what a socket does not take, Node keeps in memory. Compression is off.
//
// Usage: node server.mjs MODULES [--ws HOST:PORT], with MODULES the node_modules that has `ws`.
// Node raises the soft limit of descriptors to the hard one by itself when it starts.

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
  socket.on("error", () => {}); // a peer that hangs up, or speaks nonsense: 'close' follows
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
