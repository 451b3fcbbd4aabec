// The controls: the server as runtime and ownership, the policy, and one slider with a number beside it per number of the scene.

import { NUMBERS, fromPlace, look, toPlace } from "./scene.js";

const POLICIES = { disconnect: ["disconnect", "Cut the slow client off"], "drop-oldest": ["drop oldest", "Throw away its oldest waiting message"], "drop-newest": ["drop newest", "Throw away the message that finds its outbox full"], block: ["block", "Hold the talkers back until there is room"] };
const OWNERSHIPS = { mutex: "A lock guards the room: each talker's task changes it", broadcaster: "One task owns the room: talkers send it their messages", direct: "The reading task writes to every client itself" };
const DRAG_MS = 150;  // while a slider moves, the scene is sent at most this often

// `change(part, restarts)` is called with what the user changed.
export function makeControls({ change }) {
  const $ = id => document.getElementById(id);
  const sliders = {};
  let scene = {}, touched = {}, timer = 0, waiting = {};

  const radio = (box, value, words, title, picked) => {
    const label = document.createElement("label"), input = Object.assign(document.createElement("input"), { type: "radio", name: box.id, value });
    label.title = title;
    input.onchange = () => picked(value);
    label.append(input, Object.assign(document.createElement("span"), { textContent: words }));
    box.append(label);
    return label;
  };
  const pick = (box, value) => { for (const input of box.querySelectorAll("input")) input.checked = input.value === value; };
  const chosen = box => box.querySelector("input:checked")?.value;

  function hello({ servers, exhibits, command, policies, limits }) {
    for (const id of ["runtimes", "ownerships", "policies"]) $(id).querySelectorAll("label").forEach(label => label.remove());
    const ours = () => change({ server: `${chosen($("runtimes")) ?? "asyncio"}-${chosen($("ownerships")) ?? "broadcaster"}` });
    for (const runtime of new Set(servers.map(server => server.runtime))) radio($("runtimes"), runtime, runtime, `A server that uses ${runtime}`, ours).style.setProperty("--mark", look(runtime).colour);
    for (const ownership of new Set(servers.map(server => server.ownership))) radio($("ownerships"), ownership, ownership, OWNERSHIPS[ownership] ?? "", ours);
    for (const policy of policies) radio($("policies"), policy, POLICIES[policy]?.[0] ?? policy, POLICIES[policy]?.[1] ?? "", () => change({ policy }));
    $("wrong").replaceChildren(new Option("wrong on purpose…", ""), ...exhibits.map(({ id, title }) => Object.assign(new Option(id.replace(/^exhibit-/, ""), id), { title })));
    $("wrong").onchange = () => $("wrong").value ? change({ server: $("wrong").value }) : ours();
    $("command").hidden = !command;
    if (command) $("command").title = `The server that you gave with --command: ${command}`;
    $("command").onclick = () => change({ server: "command" });
    for (const name of Object.keys(NUMBERS)) {
      const most = name === "speakers" ? limits.clients : limits[name];
      if (most) NUMBERS[name].to = most;
      sliders[name].box.max = NUMBERS[name].to;
    }
    show(scene);
  }

  for (const [name, about] of Object.entries(NUMBERS)) {
    const row = document.createElement("div"), label = Object.assign(document.createElement("label"), { textContent: about.label, htmlFor: `${name}-slider` });
    const slider = Object.assign(document.createElement("input"), { type: "range", id: `${name}-slider`, min: name === "rate" ? -1 : 0, max: 1000, step: 1 });
    const box = Object.assign(document.createElement("input"), { type: "number", id: name, min: name === "rate" ? 0 : about.from, max: about.to, step: "any" });
    row.className = "slider"; row.title = about.title;
    box.setAttribute("aria-label", about.label);
    for (const input of [slider, box]) input.dataset.live = "";
    const valueOf = () => slider.value < 0 ? 0 : fromPlace(Number(slider.value), about);  // the lowest place of the rate is silence
    slider.addEventListener("input", () => { const value = valueOf(); box.value = value; fill(slider); slider.setAttribute("aria-valuetext", `${value} ${about.label}`); touched[name] = performance.now(); if (name !== "outbox") soon({ [name]: value }); });
    slider.addEventListener("change", () => { touched[name] = 0; soon({ [name]: valueOf() }, true); });
    box.addEventListener("change", () => {
      const value = Number.parseFloat(box.value);
      if (!Number.isFinite(value)) return show(scene);
      const within = name === "rate" && value <= 0 ? 0 : Number(Math.min(about.to, Math.max(about.from, value)).toFixed(about.digits));
      soon({ [name]: within }, true);
    });
    row.append(label, box, slider);
    $("sliders").append(row);
    sliders[name] = { slider, box };
  }

  function soon(part, now) {
    waiting = { ...waiting, ...part };
    if (now) { clearTimeout(timer); timer = 0; const all = waiting; waiting = {}; change(all); }
    else timer ||= setTimeout(() => { timer = 0; const all = waiting; waiting = {}; if (Object.keys(all).length) change(all); }, DRAG_MS);
  }
  const fill = slider => slider.style.setProperty("--filled", `${(slider.value - slider.min) / (slider.max - slider.min) * 100}%`);

  function show(now) {
    scene = now;
    const [runtime, ownership] = (now.server ?? "").split("-"), ours = !now.server?.startsWith("exhibit") && now.server !== "command";
    pick($("runtimes"), ours ? runtime : null);
    pick($("ownerships"), ours ? ownership : null);
    pick($("policies"), now.policy);
    const exhibit = ours || now.server === "command" ? "" : now.server;
    if (exhibit && ![...$("wrong").options].some(option => option.value === exhibit)) $("wrong").append(new Option(exhibit.replace(/^exhibit-/, ""), exhibit));
    $("wrong").value = exhibit ?? "";
    $("wrong").classList.toggle("on", Boolean(exhibit));
    $("command").setAttribute("aria-pressed", String(now.server === "command"));
    for (const [name, { slider, box }] of Object.entries(sliders)) {
      if (now[name] == null || performance.now() - (touched[name] ?? -1e6) < 1000) continue;  // never move a slider under the user's hand
      slider.value = name === "rate" && now[name] === 0 ? -1 : toPlace(now[name], NUMBERS[name]);
      slider.setAttribute("aria-valuetext", `${now[name]} ${NUMBERS[name].label}`);
      fill(slider);
      if (document.activeElement !== box || !box.matches(":focus-visible:invalid")) box.value = now[name];
    }
  }

  // Controls that cannot work now are disabled and say why in their tooltip.
  function disable(why) {
    for (const control of document.querySelectorAll("[data-live]")) {
      control.disabled = Boolean(why);
      control.dataset.title ??= control.title;
      control.title = why || control.dataset.title;
    }
  }
  return { hello, show, disable };
}
