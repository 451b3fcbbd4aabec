// The lab's page: it joins the connection, the scene in the address, the controls and the panels.
// Each import fits in one line, and each export line exports one name: so a tool can join the modules for a page that works offline.

import { makeArrivals } from "./arrivals.js";
import { connect } from "./connection.js";
import { makeControls } from "./controls.js";
import { makeFigures } from "./figures.js";
import { frames, readColours, redraw } from "./frame.js";
import { makeHeat } from "./heat.js";
import { makeLog } from "./log.js";
import { GONE, IN, STALLED, STATES, countStates, makeRoom, room } from "./room.js";
import { DEFAULTS, NUMBERS, look, ms, readAddress, short, writeAddress } from "./scene.js";
import { makeSpacetime } from "./spacetime.js";
import { makeStories } from "./stories.js";

const $ = id => document.getElementById(id);
const asked = readAddress();
const page = { scene: { ...DEFAULTS, ...asked.scene }, running: null, hello: null, state: "", paused: asked.paused, theme: asked.theme, story: asked.story, connected: false, evictedAt: null, verdicts: 0, heard: 0 };
room.pins = asked.pins ?? [];

const SILENT_S = 5;  // between two summaries for a screen reader
const names = new Map();
const heat = makeHeat(), figures = makeFigures(), arrivals = makeArrivals(), log = makeLog(), grid = makeRoom({ act, canAct });
const spacetime = makeSpacetime({ pins: () => room.pins, names }), controls = makeControls({ change });
const stories = makeStories({ change, send: message => lab.send(message), pin: setPins, event: log.event, address: id => { page.story = id; remember(); }, canAct, exhibitFor: word => page.hello?.exhibits.find(({ id }) => id.includes(word) && id.includes("asyncio"))?.id ?? page.hello?.exhibits.find(({ id }) => id.includes(word))?.id ?? page.scene.server });
const lab = connect({ hear: message => hearers[message.is]?.(message), depths, state: connection });

function canAct() { return page.connected && !page.hello?.recorded; }
function whyNot() {
  if (page.hello?.recorded) return "This is a recording: it can be watched, and nothing in it can be changed.";
  return page.connected ? "" : "The lab does not answer. Controls work again when it does.";
}
function remember() { writeAddress({ scene: page.scene, pins: room.pins, story: page.story, theme: page.theme, paused: page.paused }); }

function change(part) {
  page.scene = { ...page.scene, ...part };
  page.scene.speakers = Math.min(page.scene.speakers, page.scene.clients);
  controls.show(page.scene);
  remember();
  lab.send({ do: "scene", ...page.scene });
}

function setPins(clients) {
  room.pins = clients.slice(0, 6);
  spacetime.forget();
  lab.send({ do: "pin", clients: room.pins });
  remember();
  grid.changed();
}

function act(what, client) {
  if (!canAct()) return;
  if (what !== "pin") return lab.send({ do: what, client });
  if (room.pins.includes(client)) return setPins(room.pins.filter(one => one !== client));
  if (room.pins.length === 6) log.event({ t: null, kind: "note", text: `Six clients are pinned already: client ${room.pins[0]} is unpinned.` });
  setPins([...room.pins.slice(room.pins.length === 6 ? 1 : 0), client]);
}

// A client for the buttons: the one under the cursor, or one that reads and does not talk.
function anyClient() {
  if (room.cursor >= 0 && room.states[room.cursor] === IN) return room.cursor;
  const fit = [];
  for (let client = 0; client < room.count; client++) if (room.states[client] === IN && client >= page.scene.speakers && !room.pins.includes(client)) fit.push(client);
  return fit.length ? fit[Math.floor(Math.random() * fit.length)] : Math.max(0, room.states.findIndex((state, client) => state === IN && client < room.count));
}

const hearers = {
  hello(message) {
    const again = page.hello != null;
    page.hello = message;
    controls.hello(message);
    controls.disable(whyNot());
    $("sharing").textContent = message.shared_cores ? "Generator and server share cores: look, do not quote." : `Generator in ${message.generator === "c" ? "C" : "Python"}, on cores of its own.`;
    if (!again && canAct() && Object.keys(asked.scene).length) change({});
    if (!again && canAct()) lab.send({ do: "pin", clients: room.pins.length ? room.pins : (room.pins = [0, 1, 2, 3, 4, 5].slice(0, page.scene.clients)) });
    if (!again && canAct() && asked.paused) lab.send({ do: "pause" });
    if (!again && asked.story) stories.show(asked.story);
    showChecker(); showPause();
  },
  scene(message) {
    const before = page.running;
    page.running = message; page.state = message.state;
    if (before && before.server !== message.server) { heat.keepGhost(before.server); names.clear(); spacetime.forget(); page.verdicts = 0; page.heard = 0; page.evictedAt = null; }
    if (message.state === "starting") room.states.fill(0, 0, room.count);
    for (const name of ["server", "policy", ...Object.keys(NUMBERS)]) if (message[name] != null) page.scene[name] = message[name];
    room.speakers = page.scene.speakers;
    grid.resize(page.scene.clients);
    controls.show(page.scene);
    stories.scene(message);
    remember(); showStatus(); showChecker(); grid.changed();
  },
  column(message) {
    page.heard += message.heard;
    heat.column(message); stories.column(message);
    if (message.late_us != null) page.late_ms = message.late_us / 1000;
  },
  figures(message) {
    const evictedAgo = page.evictedAt == null ? null : Math.max(0, Math.round(message.t - page.evictedAt));
    figures.show(message, { ...page.scene, evictedAgo });
    stories.figures(message);
    const late = message.late_ms ?? page.late_ms;
    if (!document.hidden) $("lateness").textContent = late == null ? "Generator's own lateness: not measured." : `Generator's own lateness: ${ms(late)}.`;
    showChecker();
  },
  states({ changed }) {
    for (const [client, state] of changed) {
      if (client >= room.states.length) continue;
      if (client >= room.count) grid.resize(client + 1);
      room.states[client] = Math.max(0, STATES.indexOf(state));
      if (room.states[client] === GONE) room.depths[client] = 0;
    }
    stories.states(countStates());
    grid.changed();
  },
  last: message => arrivals.last(message),
  said: message => spacetime.said(message),
  heard: message => spacetime.heard(message),
  verdict(message) { page.verdicts += 1; page.rule = message.rule; spacetime.verdict(message); stories.verdict(message); showChecker(); },
  evicted(message) { evicted(message); },
  event(message) { log.event(message); heat.event(message); if (message.kind === "evict") evicted(message); },
};

function evicted({ t, client }) { page.evictedAt = t; stories.evicted(client); }

function depths(frame) {
  room.kind = frame[0];
  const count = Math.min(frame.length - 1, room.depths.length);
  if (count > room.count) grid.resize(count);
  room.depths.set(frame.subarray(1, count + 1));
  $("ramp-says").textContent = room.kind === 2 ? "send queue in the kernel: empty → full" : "outbox: empty → full";
  grid.changed();
}

function connection(state, wait_s) {
  page.connected = state === "open";
  if (!page.connected) page.wait_s = wait_s;
  controls.disable(whyNot());
  showStatus();
}

const WORDS = { starting: "is starting", running: "is running", stopping: "is stopping", gone: "has ended", failed: "did not start" };
function showStatus() {
  const status = $("status"), { server } = page.scene, bad = !page.connected || page.state === "gone" || page.state === "failed";
  status.classList.toggle("bad", bad);
  if (!page.connected) status.textContent = page.wait_s ? `The lab does not answer: is it still running? Next try in ${page.wait_s} s.` : "Connecting to the lab…";
  else status.textContent = `${page.hello?.recorded ? "Recording: " : ""}${look(server).marker} ${server} ${WORDS[page.state] ?? ""}${page.running?.why ? `: ${page.running.why}` : ""}${page.state === "gone" ? ". Restart starts it again." : ""}`;
}
function showChecker() {
  const checker = $("checker");
  checker.classList.toggle("bad", page.verdicts > 0);
  checker.textContent = page.verdicts ? `✕ Checker: ${page.rule} is broken.` : room.pins.length ? "✓ Checker: no broken rule seen." : "Checker: pin a client, and it reads along.";
}
function showPause() { $("pause").textContent = page.paused ? "Go on" : "Pause"; $("pause").setAttribute("aria-pressed", String(page.paused)); }

$("pause").onclick = () => { page.paused = !page.paused; lab.send({ do: page.paused ? "pause" : "resume" }); showPause(); remember(); };
$("stall").onclick = () => act("stall", anyClient());
$("wake").onclick = () => { for (let client = 0; client < room.count; client++) if (room.states[client] === STALLED) act("wake", client); };
$("kill").onclick = () => act("kill", anyClient());
$("burst").onclick = () => lab.send({ do: "burst", count: 1 });
$("sigterm").onclick = () => lab.send({ do: "sigterm" });
$("restart").onclick = () => lab.send({ do: "restart" });

const dark = matchMedia("(prefers-color-scheme: dark)");
function showTheme() {
  if (page.theme) document.documentElement.dataset.theme = page.theme; else delete document.documentElement.dataset.theme;
  readColours(); heat.recolour();
}
$("theme").onclick = () => { page.theme = (page.theme ?? (dark.matches ? "dark" : "light")) === "dark" ? "light" : "dark"; showTheme(); remember(); };
dark.addEventListener("change", showTheme);

addEventListener("hashchange", () => {  // a link to another scene, opened in the same tab
  const given = readAddress();
  page.theme = given.theme; page.story = given.story;
  showTheme();
  if (given.pins) setPins(given.pins);
  if (given.story) stories.show(given.story);
  if (canAct()) change(given.scene);
});

setInterval(() => {
  const f = figures.last(), [joining, inside, stalled, gone] = countStates();
  if (document.hidden || !page.connected) return;
  $("summary").textContent = [`${page.scene.server} ${WORDS[page.state] ?? ""}`, `${inside} clients read`, joining && `${joining} join`, stalled && `${stalled} stalled`, gone && `${gone} gone`, f.p99_ms != null && `p99 ${ms(f.p99_ms)}`, f.deliveries_hz != null && `${short(f.deliveries_hz)} deliveries per second`, page.verdicts ? `rule ${page.rule} is broken` : "no broken rule seen"].filter(Boolean).join(", ");
}, SILENT_S * 1000);

window.hubbubLab = { frames, page, room };  // for tests and for the curious
controls.show(page.scene);
showTheme(); showStatus(); showPause(); redraw();
