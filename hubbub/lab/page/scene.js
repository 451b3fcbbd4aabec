// The scene: what runs, and how it stands in the address, so that a scene can be sent as a link.

export const DEFAULTS = { server: "asyncio-broadcaster", policy: "disconnect", clients: 200, rate: 50, bytes: 200, speakers: 1, outbox: 256 };
export const NUMBERS = {
  clients: { label: "clients", from: 1, to: 5000, digits: 0, title: "How many clients are in the room" },
  rate: { label: "messages per second", from: 0.1, to: 5000, digits: 1, title: "How many messages all speakers together say per second. Each goes to every client." },
  bytes: { label: "bytes per message", from: 10, to: 65536, digits: 0, title: "How long a message is" },
  speakers: { label: "speakers", from: 1, to: 5000, digits: 0, title: "How many clients talk, in turns" },
  outbox: { label: "outbox, messages", from: 1, to: 4096, digits: 0, title: "How many messages may wait for one client. A change restarts the server." },
};

// Places 0 to 1000 of a slider stand for the values from `from` to `to`, on a log scale.
export const toPlace = (value, { from, to }) => Math.round(1000 * Math.log(Math.max(value, from) / from) / Math.log(to / from));
export const fromPlace = (place, number) => rounded(number.from * (number.to / number.from) ** (place / 1000), number);

export function rounded(value, { from, to, digits }) {
  const within = Math.min(to, Math.max(from, value)), scale = 10 ** Math.max(0, Math.floor(Math.log10(within)) - 1);
  const steps = within >= 100 ? Math.round(within / scale) * scale : within;  // two digits are enough for a slider
  return Number(Math.min(to, steps).toFixed(digits));
}

// The address: #server=trio-broadcaster&clients=1000&…&pins=0,7&story=one-stops&theme=dark
export function readAddress(hash = location.hash) {
  const given = new URLSearchParams(hash.slice(1)), scene = {};
  for (const name of ["server", "policy"]) if (given.get(name)) scene[name] = given.get(name);
  for (const [name, { from, to, digits }] of Object.entries(NUMBERS)) {
    const value = Number.parseFloat(given.get(name));
    if (Number.isFinite(value)) scene[name] = name === "rate" && value === 0 ? 0 : Number(Math.min(to, Math.max(from, value)).toFixed(digits));
  }
  const pins = given.get("pins")?.split(",").map(Number).filter(Number.isInteger).slice(0, 6);
  return { scene, pins, story: given.get("story"), theme: given.get("theme"), paused: given.has("paused") };
}

export function writeAddress({ scene, pins, story, theme, paused }) {
  const parts = ["server", "policy", ...Object.keys(NUMBERS)].filter(name => scene[name] != null).map(name => `${name}=${encodeURIComponent(scene[name])}`);
  if (pins.length) parts.push(`pins=${pins.join(",")}`);
  if (story) parts.push(`story=${encodeURIComponent(story)}`);
  if (theme) parts.push(`theme=${theme}`);
  if (paused) parts.push("paused");
  const address = `#${parts.join("&")}`;
  if (address !== location.hash) history.replaceState(null, "", `${location.pathname}${location.search}${address}`);
}

export const number = (value, digits = 0) => value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });

export function short(value) {
  if (value >= 1e6) return `${(value / 1e6).toFixed(value < 1e7 ? 1 : 0)} M`;
  if (value >= 1e4) return `${(value / 1e3).toFixed(value < 1e5 ? 1 : 0)} k`;
  return value >= 100 ? number(Math.round(value)) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
export const ms = value => value >= 1e3 ? `${(value / 1e3).toFixed(1)} s` : value >= 100 ? `${Math.round(value)} ms` : `${value.toFixed(value >= 10 ? 1 : 2)} ms`;

const RUNTIMES = { threads: ["#d55e00", "■"], asyncio: ["#1f83c9", "●"], trio: ["#009e73", "▲"] };  // as in every chart of the reports
const DASHES = { mutex: [8, 4], broadcaster: [], direct: [2, 3] };
export function look(server) {
  const [runtime, ownership] = (server ?? "").split("-"), [colour, marker] = RUNTIMES[runtime] ?? ["#8a6d5a", "◆"];
  return { colour, marker, dashes: DASHES[ownership]?.length ? DASHES[ownership] : [10, 4] };
}
