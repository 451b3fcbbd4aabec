// A peer: Deno, a set of sockets; each message is sent to every open one.
//
// Pattern: https://docs.deno.com/examples/http-server-websocket/ for the upgrade, and the chat of
// https://docs.deno.com/examples/chat_app_tutorial/ for the loop over the clients.
//
// Usage: deno run --allow-net server.js [--ws HOST:PORT]

import { parseArgs } from "node:util";

const { values } = parseArgs({
  args: Deno.args,
  options: { ws: { type: "string", default: "127.0.0.1:0" } },
});
const [hostname, port] = values.ws.split(":");
const clients = new Set();

Deno.serve(
  {
    hostname,
    port: Number(port),
    onListen: ({ hostname, port }) =>
      console.log(`peer deno-set ready ws=${hostname}:${port}`),
  },
  (request) => {
    if (request.headers.get("upgrade") !== "websocket") {
      return new Response("a WebSocket, please", { status: 426 });
    }
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onopen = () => clients.add(socket);
    socket.onclose = () => clients.delete(socket);
    socket.onerror = () => {}; // a client hangs up: 'close' follows
    socket.onmessage = ({ data }) => {
      for (const client of clients) {
        if (client.readyState === WebSocket.OPEN) client.send(data);
      }
    };
    return response;
  },
);
