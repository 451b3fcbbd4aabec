// The stories: each asks for a guess, runs its steps on a schedule, and shows what happened beside the guess.
// What happened is computed from the figures that came: nothing is typed in, so a story may also end with "not seen".

import { number } from "./scene.js";
import { told } from "./told.js";

// Steps: [seconds, what to do, words for the log]. `answer` gets what was seen and gives the choice that happened and words.
export const STORIES = {
  "one-stops": {
    title: "One client stops reading", hint: "What does the others' p99 do?",
    scene: { clients: 200, rate: 100, bytes: 2048, speakers: 1, outbox: 64 },
    question: "One of 200 clients stops reading. What does p99 of the other clients do?",
    choices: ["It stays below twice what it was", "It rises to more than twice, and falls back", "It stays high, or everything stops"],
    ends_s: 26, steps: [[8, { do: "stall", client: 150 }, "client 150 stops reading"], [24, { do: "wake", client: 150 }, "client 150 reads again"]],
    answer: told.oneStops,
  },
  knee: {
    title: "Cross the knee", hint: "25 → 3,200 per second in 32 s",
    scene: { clients: 200, rate: 25, bytes: 200, speakers: 1 }, pins: [],  // every line of a pinned client comes to this page: too much here
    question: "The rate doubles every four seconds. At which rate does the server stop keeping up?",
    choices: ["Below 200 messages per second", "From 200 to 800", "Above 800", "It keeps up with all of them"],
    ends_s: 34, steps: [50, 100, 200, 400, 800, 1600, 3200].map((rate, place) => [4 * (place + 1), { do: "scene", rate }, `${number(rate)} messages per second`]),
    answer: told.knee,
  },
  everyone: {
    title: "Everyone talks at once", hint: "Each client says one message",
    scene: { clients: 150, rate: 10, bytes: 200, speakers: 150 },
    question: "All 150 clients say one message at the same instant: 22,500 deliveries. How long does the worst second's p99 become?",
    choices: ["Less than 100 ms", "100 ms to 1 s", "More than 1 s"],
    ends_s: 16, steps: [[7, { do: "burst", count: 1 }, "everyone says one message"]],
    answer: told.everyone,
  },
  "await-in-fanout": {
    title: "An await in the fan-out", hint: "Do two clients hear one order?",
    scene: { server: "exhibit-await-in-fanout-trio", clients: 6, rate: 200, bytes: 64, speakers: 6 }, pins: [0, 1, 2, 3, 4, 5],
    question: "This server waits inside the loop that hands a message to every client. Will two clients hear two messages in different orders?",
    choices: ["No: each message is handed out in one loop", "Yes, within five seconds", "Yes, but later"],
    ends_s: 14, steps: [1, 3, 5, 7].map(at_s => [at_s, { do: "burst", count: 3 }, "each client says three messages at once"]), answer: told.awaitInFanout,
  },
  stop: {
    title: "Stop in good order", hint: "SIGTERM: who hears the rest?",
    scene: { clients: 200, rate: 100, bytes: 200, speakers: 1 },
    question: "The server gets SIGTERM while messages are on their way. How long does it take to end?",
    choices: ["Less than half a second", "Half a second to three seconds", "Longer"],
    ends_s: 16, steps: [[6, { do: "sigterm" }, "the server gets SIGTERM"], [14, { do: "restart" }, "start it again"]],
    answer: told.stop,
  },
  reconnect: {
    title: "500 clients reconnect at once", hint: "How long until all are back?",
    scene: { clients: 700, rate: 20, bytes: 200, speakers: 1 },
    question: "500 of 700 clients lose their connection and connect again at the same instant. How long until all are in the room?",
    choices: ["Less than one second", "One to five seconds", "Longer"],
    ends_s: 22, steps: [[8, { do: "reconnect", count: 500 }, "500 clients reconnect"]],
    answer: told.reconnect,
  },
};
const SETTLE_S = 2.5;  // after the first settings, before anything counts

export function makeStories({ change, send, pin, event, address, canAct, exhibitFor }) {
  const list = document.getElementById("stories"), box = document.getElementById("story");
  let running = null, open = null;

  for (const [id, { title, hint }] of Object.entries(STORIES)) {
    const button = document.createElement("button");
    button.className = "storybutton"; button.dataset.live = ""; button.dataset.story = id; button.title = hint;
    button.append(title, Object.assign(document.createElement("small"), { textContent: hint }));
    button.onclick = () => show(id);
    list.append(button);
  }

  const make = (tag, given = {}, ...inside) => { const one = Object.assign(document.createElement(tag), given); one.append(...inside); return one; };

  function show(id) {
    const story = STORIES[id];
    if (!story) return;
    stop();
    open = id;
    address(id);
    const form = make("form", {}, make("fieldset", {}, make("legend", { textContent: story.question }), ...story.choices.map((words, place) => make("label", {}, make("input", { type: "radio", name: "guess", value: place, required: true }), words))));
    const begin = make("button", { textContent: "Run it", className: "go" }), close = make("button", { textContent: "Close", type: "button", onclick: hide, className: "quiet" });
    begin.dataset.live = ""; begin.disabled = !canAct();
    form.append(make("div", { className: "buttons" }, begin, close));
    form.onsubmit = submitted => { submitted.preventDefault(); if (canAct()) run(id, Number(new FormData(form).get("guess"))); };
    box.replaceChildren(make("h2", { id: "story-title", textContent: `${story.title}: what is your guess?` }), form);
    box.hidden = false;
    box.querySelector("input").focus({ preventScroll: true });
  }
  function hide() { stop(); open = null; box.hidden = true; address(null); }
  function stop() { if (running) { running.timers.forEach(clearTimeout); clearInterval(running.ticker); running = null; } }

  function run(id, guess) {
    const story = STORIES[id], began = performance.now() / 1000 + SETTLE_S;
    const scene = story.scene.server ? { ...story.scene, server: exhibitFor(story.scene.server) } : story.scene;
    running = { id, guess, began, columns: [], figures: [], states: [], verdict_s: null, gone_s: null, evicted: new Set(), timers: [], marks: {} };
    if (story.pins) pin(story.pins);
    send({ do: "resume" });
    change(scene);
    const says = make("p", { className: "progress" }), bar = make("progress", { max: story.ends_s + SETTLE_S, value: 0 });
    bar.setAttribute("aria-label", "How far the story is");
    box.replaceChildren(make("h2", { id: "story-title", textContent: story.title }), make("p", { textContent: `Your guess: ${story.choices[guess]}.` }), bar, says, make("div", { className: "buttons" }, make("button", { textContent: "Stop the story", onclick: () => show(id) })));
    says.textContent = "The settings of the story settle.";
    const mine = running;
    for (const [at_s, message, words] of story.steps) mine.timers.push(setTimeout(() => {
      if (message.do === "scene") { const { do: _, ...part } = message; change(part); mine.rate = part.rate; } else send(message);
      mine.marks[message.do] ??= elapsed(mine);
      says.textContent = `${at_s} s: ${words}.`;
      event({ t: null, kind: "story", text: words });
    }, (at_s + SETTLE_S) * 1000));
    mine.rate = scene.rate;
    mine.ticker = setInterval(() => { bar.value = elapsed(mine) + SETTLE_S; }, 250);
    mine.timers.push(setTimeout(() => end(id, mine), (story.ends_s + SETTLE_S) * 1000));
  }
  const elapsed = one => performance.now() / 1000 - one.began;

  function end(id, mine) {
    const story = STORIES[id];
    stop();
    const { choice, words, rows = [] } = story.answer(mine);
    const right = choice === mine.guess, happened = choice == null ? "This run cannot tell." : `${story.choices[choice]}.`;
    const table = make("table", {}, make("tbody", {}, ...rows.map(([name, value]) => make("tr", {}, make("th", { textContent: name, scope: "row" }), make("td", { textContent: value ?? "not measured" })))));
    box.replaceChildren(make("h2", { id: "story-title", textContent: story.title }),
      make("div", { className: "beside" }, make("p", {}, make("small", { textContent: "Your guess" }), `${story.choices[mine.guess]}.`), make("p", { className: choice == null ? "" : right ? "right" : "wrong" }, make("small", { textContent: choice == null ? "What happened" : right ? "✓ What happened: as you guessed" : "✕ What happened: not as you guessed" }), happened)),
      make("p", { textContent: words }), table, make("div", { className: "buttons" }, make("button", { textContent: "Again", onclick: () => show(id), className: "go" }), make("button", { textContent: "Close", onclick: hide, className: "quiet" })));
    event({ t: null, kind: "story", text: `${story.title}: ${happened}` });
  }

  return {
    show, stop, open: () => open,
    column(message) { if (running) running.columns.push({ s: elapsed(running), rate: running.rate, p50: message.p50_ms, p99: message.p99_ms, heard: message.heard, sent: message.sent, missing: message.missing }); },
    figures(message) { if (running) running.figures.push({ s: elapsed(running), ...message }); },
    states(counts) { if (running) running.states.push({ s: elapsed(running), counts }); },
    verdict(message) { if (running && running.verdict_s == null && elapsed(running) > -SETTLE_S) { running.verdict_s = elapsed(running) + SETTLE_S; running.rule = message.rule; running.text = message.text; } },
    evicted(client) { if (running) running.evicted.add(client); },  // the generator and the lab may both say it
    scene({ state }) { if (running && (state === "gone" || state === "failed") && running.marks.sigterm != null) running.gone_s ??= elapsed(running); },
  };
}
