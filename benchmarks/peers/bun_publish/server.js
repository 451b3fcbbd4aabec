// A peer: Bun, whose server publishes each message to a topic that every client subscribes to.
//
// Pattern: https://bun.com/docs/runtime/http/websockets (publish and subscribe). The limits are
// Bun's own defaults; Bun itself is built on uWebSockets.
//
// Usage: bun server.js [--ws HOST:PORT]

import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { ws: { type: "string", default: "127.0.0.1:0" } } });
const [hostname, port] = values.ws.split(":");

const server = Bun.serve({
  hostname,
  port: Number(port),
  fetch(request, server) {
    return server.upgrade(request) ? undefined : new Response("a WebSocket, please", { status: 426 });
  },
  websocket: {
    open(client) {
      client.subscribe("room");
    },
    message(_client, message) {
      server.publish("room", message);
    },
  },
});

console.log(`peer bun-publish ready ws=${server.hostname}:${server.port}`);
