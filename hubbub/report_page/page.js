// The page: what is shown (kept in the address), the two sliders, tables that sort, links.

const data = JSON.parse(document.getElementById("data").textContent);

const page = {
  styles: data.styles, rounds: data.rounds, hidden: new Set(), hiddenRounds: new Set(), highlighted: null, asked: null, charts: [], chosen: new Map(),

  settingsOf(plot) { return { view: plot.views[0].name, x: plot.xScale, y: plot.views[0].yScale, ...this.chosen.get(plot.name) }; },
  set(plot, name, value) { this.chosen.set(plot.name, { ...this.chosen.get(plot.name), [name]: value }); this.changed(); },
  toggle(server) { this.hidden.has(server) ? this.hidden.delete(server) : this.hidden.add(server); this.changed(); },
  only(server) { this.hidden = new Set(Object.keys(this.styles).filter(one => one !== server)); this.changed(); },
  show(servers, on) { for (const server of servers) on ? this.hidden.delete(server) : this.hidden.add(server); this.changed(); },
  highlight(server) {
    if (this.highlighted === server) return;
    this.highlighted = server;
    for (const chart of this.charts) chart.emphasise();
  },
  changed() { writeAddress(); for (const chart of this.charts) chart.draw(); },
};

// The address holds what differs from the page as it is made: #ANCHOR&hide=a,b&clients=1000&rate=500&knee=p50&knee-y=linear
let anchor = "";

function writeAddress() {
  const parts = anchor ? [anchor] : [], say = (name, value) => parts.push(`${name}=${encodeURIComponent(value).replaceAll("%2C", ",")}`);
  if (page.hidden.size) {
    const shown = Object.keys(page.styles).filter(server => !page.hidden.has(server));
    shown.length < page.hidden.size ? say("show", shown.join(",")) : say("hide", [...page.hidden].join(","));
  }
  if (page.asked && (page.asked.clients !== data.answers.start.clients || page.asked.rate !== data.answers.start.rate)) {
    say("clients", page.asked.clients);
    say("rate", page.asked.rate);
  }
  for (const plot of data.plots) {
    const chosen = page.chosen.get(plot.name) ?? {}, made = { view: plot.views[0].name, x: plot.xScale, y: plot.views[0].yScale };
    for (const name of ["view", "x", "y"]) if (chosen[name] && chosen[name] !== made[name]) say(name === "view" ? plot.name : `${plot.name}-${name}`, chosen[name]);
  }
  const address = parts.length ? `#${parts.join("&")}` : "#";
  history.replaceState(null, "", address);
  document.getElementById("permalink").href = address;
}

function readAddress() {
  const [first, ...rest] = location.hash.slice(1).split("&"), plain = !first.includes("=");
  anchor = plain ? first : "";
  const said = new URLSearchParams((plain ? rest : [first, ...rest]).join("&"));
  if (plain && !rest.length && page.charts.length) return writeAddress();  // a link inside the page: what is shown stays
  const servers = Object.keys(page.styles), listed = name => said.get(name)?.split(",") ?? [];
  page.hidden = new Set(said.has("show") ? servers.filter(one => !listed("show").includes(one)) : listed("hide").filter(one => one in page.styles));
  page.chosen = new Map(data.plots.map(plot => {
    const chosen = {};
    if (plot.views.some(view => view.name === said.get(plot.name))) chosen.view = said.get(plot.name);
    for (const name of ["x", "y"]) if (["log", "linear"].includes(said.get(`${plot.name}-${name}`))) chosen[name] = said.get(`${plot.name}-${name}`);
    return [plot.name, chosen];
  }));
  if (data.answers) ask(Number(said.get("clients")) || data.answers.start.clients, Number(said.get("rate")) || data.answers.start.rate);
  for (const chart of page.charts) chart.draw();
  if (anchor) document.getElementById(anchor)?.scrollIntoView();
}

// The two sliders. Python has made the answer for each of their positions; here it is only looked up.
const nearest = (values, wanted) => values.reduce((best, value, i) => (Math.abs(Math.log(value / wanted)) < Math.abs(Math.log(values[best] / wanted)) ? i : best), 0);

function ask(clients, rate) {
  const { answers } = data, section = document.getElementById("answer-box");
  const c = nearest(answers.clients, clients), r = nearest(answers.rates, rate);
  page.asked = { clients: answers.clients[c], rate: answers.rates[r] };
  for (const [name, index] of [["clients", c], ["rate", r]]) {
    const input = section.querySelector(`input[name=${name}]`), text = numberText(page.asked[name]);
    input.value = index;
    input.setAttribute("aria-valuetext", text);
    section.querySelector(`output[name=${name}]`).textContent = text;
    section.querySelector(`.asked [data-${name}]`).textContent = text;
  }
  const { kept, ...left } = answers.cells[c][r], body = section.querySelector(".ranking tbody");
  const most = Math.max(...kept.map(row => row[1]));
  body.replaceChildren(...kept.map(([server, p99, p50, core, measured, word], number) => {
    const row = make("tr");
    const name = make("th", { scope: "row" }, row);
    swatch(page.styles[answers.servers[server]], name);
    make("span", { class: "name" }, name, answers.servers[server]);
    make("td", { class: measured ? "bar" : "bar guess", style: `--part: ${(100 * p99 / most).toFixed(1)}%` }, row, valueText(p99));
    make("td", { class: "p50" }, row, p50 === null ? "-" : valueText(p50));
    make("td", {}, row, core === null ? "-" : String(Math.round(core)));
    make("td", {}, row, number === 0 ? "first" : word === "tied" ? word : (p99 / kept[0][1]).toFixed(1) + (word === "?" ? " ?" : ""));
    make("td", { class: measured ? "how" : "how guess" }, row, measured ? "measured" : "interpolated");
    row.addEventListener("pointerenter", () => page.highlight(answers.servers[server]));
    row.addEventListener("pointerleave", () => page.highlight(null));
    return row;
  }));
  for (const [name, servers] of Object.entries(left)) {
    const line = section.querySelector(`.${name}`);
    line.hidden = !servers.length;
    line.querySelector("span").textContent = servers.map(server => answers.servers[server]).join(", ");
  }
}

if (data.answers) {
  const section = document.getElementById("answer-box");
  for (const input of section.querySelectorAll("input[type=range]")) {
    input.disabled = input.max === "0";
    input.addEventListener("input", () => {
      const index = name => Number(section.querySelector(`input[name=${name}]`).value);
      ask(data.answers.clients[index("clients")], data.answers.rates[index("rate")]);
      writeAddress();
      page.charts.find(chart => chart.plot.name === "knee")?.draw();
    });
  }
}

document.documentElement.classList.add("scripts");
if (matchMedia("(max-width: 71.99rem)").matches) document.querySelector("nav details").open = false;
readAddress();
for (const box of document.querySelectorAll("[data-plot]")) {
  const plot = data.plots.find(one => one.name === box.dataset.plot);
  if (plot) page.charts.push(new Chart(box, plot, page));
}
for (const chart of page.charts) chart.draw();
writeAddress();
if (anchor) document.getElementById(anchor)?.scrollIntoView();
addEventListener("hashchange", readAddress);

for (const box of document.querySelectorAll("input[data-round]")) {
  box.addEventListener("change", () => {
    box.checked ? page.hiddenRounds.delete(box.dataset.round) : page.hiddenRounds.add(box.dataset.round);
    for (const chart of page.charts) chart.draw();
  });
}

// The files to download are made from what the page holds.
for (const [id, type, text] of [
  ["save-json", "application/json", () => document.getElementById("data").textContent],
  ["save-csv", "text/csv", () => document.getElementById("csv").textContent],
]) {
  const link = document.getElementById(id);
  link.addEventListener("click", () => { link.href = URL.createObjectURL(new Blob([text()], { type })); });
}

// Say how old the numbers are: machines, kernels and libraries change.
for (const made of document.querySelectorAll("time")) {
  const days = Math.floor((Date.now() - Date.parse(made.dateTime)) / 864e5);
  made.after(days < 1 ? ", today" : days === 1 ? ", yesterday" : `, ${days} days ago${days > 365 ? ": measure again" : ""}`);
}

// A click on a heading, or Enter, sorts its table; a second click reverses the order.
for (const head of document.querySelectorAll("table.figures th[scope=col]")) {
  head.tabIndex = 0;
  head.addEventListener("keydown", event => { if (event.key === "Enter" && event.target === head) head.click(); });
  head.addEventListener("click", event => {
    if (event.target.closest("a")) return;
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const other of head.parentNode.children) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const body = head.closest("table").tBodies[0], at = head.cellIndex;
    const key = row => { const text = row.cells[at].textContent.trim().replaceAll(/[,≥]/g, "").trim(), number = parseFloat(text); return Number.isNaN(number) ? text : number; };
    const order = (a, b) => { const x = key(a), y = key(b);
      if (typeof x !== typeof y) return typeof x === "number" ? -1 : 1;
      return (x < y ? -1 : x > y ? 1 : 0) * (down ? -1 : 1); };
    body.append(...[...body.rows].sort(order));
  });
}
