// The connection to the lab: one WebSocket that is opened again when it is lost, or a recording in this file.

const FIRST_WAIT_S = 0.5, LONGEST_WAIT_S = 8;

// `hear` gets each message, `depths` each binary frame, `state` what happens to the connection: "open", "lost" (with the seconds until the next try).
export function connect({ hear, depths, state }) {
  const recording = document.getElementById("recording");
  if (recording) return playEmbedded(recording.textContent, { hear, depths, state });
  let socket = null, wait_s = FIRST_WAIT_S, timer = 0;

  function open() {
    clearTimeout(timer);
    const token = new URLSearchParams(location.search).get("token") ?? "";
    socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/live?token=${encodeURIComponent(token)}`);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => { wait_s = FIRST_WAIT_S; state("open"); };
    socket.onmessage = ({ data }) => typeof data === "string" ? hear(JSON.parse(data)) : depths(new Uint8Array(data));
    socket.onclose = () => {
      state("lost", wait_s);
      timer = setTimeout(open, wait_s * 1000);
      wait_s = Math.min(LONGEST_WAIT_S, wait_s * 2);
    };
  }
  open();
  return { send: message => socket.readyState === WebSocket.OPEN && socket.send(JSON.stringify(message)) };
}

export const fromBase64 = text => Uint8Array.from(atob(text), letter => letter.charCodeAt(0));

// A recording is lines of [seconds, message]; the depths are base64. It is played again and again.
function playEmbedded(text, { hear, depths, state }) {
  const lines = text.trim().split("\n").map(line => JSON.parse(line));
  let at = 0, began = performance.now();
  function next() {
    if (at === lines.length) { at = 0; began = performance.now() + 1000; }
    const [seconds, message] = lines[at];
    const wait = began + seconds * 1000 - performance.now();
    if (wait > 4) return setTimeout(next, wait);
    at += 1;
    if (message.is === "depths") depths(fromBase64(message.base64 ?? message.data));
    else hear(message.is === "hello" ? { ...message, recorded: true } : message);
    next.depth = (next.depth ?? 0) + 1;
    next.depth % 50 ? next() : setTimeout(next);
  }
  setTimeout(() => { state("open"); next(); });
  return { send: () => false };
}
