// What happened in a story, computed from what came while it ran: columns, figures, states of clients, a verdict.
// Each function gives the choice that happened (null: this run cannot tell), words, and rows of a small table.

import { ms, number, short } from "./scene.js";

const between = (columns, from, to) => columns.filter(({ s }) => s >= from && s < to);
function median(values) {
  const kept = values.filter(value => value != null && !Number.isNaN(value)).sort((one, two) => one - two);
  return kept.length ? kept[kept.length >> 1] : null;
}
const most = values => { const kept = values.filter(value => value != null); return kept.length ? Math.max(...kept) : null; };
const p99s = columns => columns.map(({ p99 }) => p99);
const heardHz = (columns, seconds) => columns.reduce((sum, { heard }) => sum + heard, 0) / seconds;
const asMs = value => value == null ? null : ms(value);

// The greatest median of ten columns in a row: the worst second, which one late column does not decide.
function worstSecond(columns) {
  let worst = null;
  for (let at = 0; at + 10 <= columns.length; at++) { const one = median(p99s(columns.slice(at, at + 10))); if (one != null && (worst == null || one > worst)) worst = one; }
  return worst ?? most(p99s(columns));
}

export const told = {
  oneStops({ columns, figures, marks, evicted }) {
    const at = marks.stall ?? 8, before = between(columns, 1, at), after = between(columns, at, at + 12), late = between(columns, at + 12, at + 16);
    const was = median(p99s(before)), worst = worstSecond(after), now = median(p99s(late)), wasHz = heardHz(before, at - 1), nowHz = heardHz(late, 4);
    const rows = [["p99 before", asMs(was)], ["p99 in the worst second after", asMs(worst)], ["p99 12 s later", asMs(now)], ["deliveries per second before", short(wasHz)], ["deliveries per second 12 s later", short(nowHz)], ["clients cut off", number(evicted.size)]];
    const held = most(figures.map(one => one.held)), dropped = figures.at(-1)?.dropped;
    rows.push(["talkers held back, at most", held == null ? null : number(held)], ["messages dropped", dropped == null ? null : number(dropped)]);
    if (was == null) return { choice: null, words: "Nothing was delivered before the client stopped.", rows };
    const stopped = nowHz < wasHz / 2, high = now == null || now > 2 * was;
    const choice = stopped || high ? 2 : worst > 2 * was ? 1 : 0;
    return { choice, words: stopped ? "The other clients get less than half of what they got: they wait for the client that stopped." : `p99 was ${ms(was)}, ${worst == null ? "unknown" : ms(worst)} in the worst second, and ${asMs(now) ?? "unknown"} at the end.`, rows };
  },
  knee({ columns }) {
    const rates = [...new Set(columns.map(({ rate }) => rate))], calm = median(p99s(columns.filter(one => one.rate === rates[0] && one.s > 0)));
    let knee = null;
    const rows = rates.map(rate => {
      const all = columns.filter(one => one.rate === rate), half = all.slice(all.length >> 1), p99 = median(p99s(half)), missing = half.at(-1)?.missing ?? 0, sent = half.reduce((sum, one) => sum + one.sent, 0);
      const perColumn = half.length ? sent / half.length : 0, behind = perColumn < rate / 10 * 0.8;
      if (knee == null && calm != null && (p99 == null || p99 > 10 * calm || missing > 0 || behind)) knee = rate;
      return [`p99 at ${number(rate)} messages per second`, p99 == null ? null : `${ms(p99)}${behind ? ", the generator was held back" : missing ? `, ${number(missing)} deliveries overdue` : ""}`];
    });
    if (calm == null) return { choice: null, words: "Nothing was delivered at the first rate.", rows };
    return { choice: knee == null ? 3 : knee < 200 ? 0 : knee <= 800 ? 1 : 2, words: knee == null ? "p99 never passed ten times its first value, and no delivery was overdue." : `At ${number(knee)} messages per second the tail passed ten times its first value (${ms(calm)}), or deliveries were overdue.`, rows };
  },
  everyone({ columns, marks }) {
    const at = marks.burst ?? 7, was = median(p99s(between(columns, 1, at))), after = between(columns, at, at + 9), worst = most(p99s(after));
    const rows = [["p99 before", asMs(was)], ["greatest p99 of a tenth of a second after", asMs(worst)], ["deliveries in the second after", short(between(columns, at, at + 1).reduce((sum, { heard }) => sum + heard, 0))]];
    if (worst == null) return { choice: null, words: "Nothing was delivered after the burst.", rows };
    return { choice: worst < 100 ? 0 : worst < 1000 ? 1 : 2, words: `The last of these deliveries wait for all others before them: p99 went from ${asMs(was) ?? "unknown"} to ${ms(worst)}.`, rows };
  },
  awaitInFanout({ verdict_s, rule, text, columns }) {
    const heard = columns.reduce((sum, one) => sum + one.heard, 0), rows = [["broken rule", rule ?? "none seen"], ["seconds until the checker saw it", verdict_s == null ? "—" : verdict_s.toFixed(1)], ["deliveries in the story", number(heard)]];
    if (verdict_s == null && !heard) return { choice: null, words: "Nothing was delivered.", rows };
    return { choice: verdict_s == null ? 0 : verdict_s <= 5 ? 1 : 2, words: verdict_s == null ? "The checker saw no broken rule in this run. That is no proof that there is none." : `${text} While one message's loop waits, another message's loop overtakes it.`, rows };
  },
  stop({ columns, marks, gone_s, states }) {
    const at = marks.sigterm ?? 6, took = gone_s == null ? null : gone_s - at, after = between(columns, at, at + 8), overdue = most(after.map(({ missing }) => missing));
    const left = states.findLast(({ s }) => s < at + 8)?.counts[3];
    const rows = [["seconds from SIGTERM to the end", took == null ? "it had not ended after 8 s" : took.toFixed(2)], ["clients whose connection ended", left == null ? null : number(left)], ["deliveries after SIGTERM", number(after.reduce((sum, { heard }) => sum + heard, 0))], ["deliveries overdue, at most", overdue == null ? null : number(overdue)]];
    return { choice: took == null || took > 3 ? 2 : took < 0.5 ? 0 : 1, words: "A server that stops in good order takes no new client, delivers what it has accepted, says goodbye and closes.", rows };
  },
  reconnect({ columns, states, marks }) {
    const at = marks.reconnect ?? 8, whole = states.findLast(({ s }) => s < at)?.counts[1] ?? 0, low = states.findIndex(({ s, counts }) => s >= at && counts[1] < whole);
    const back = low < 0 ? null : states.slice(low).find(({ counts }) => counts[1] >= whole), took = back ? back.s - at : null;
    const was = median(p99s(between(columns, 1, at))), worst = worstSecond(between(columns, at, at + 8));
    const rows = [["clients in the room before", number(whole)], ["fewest in the room after", low < 0 ? null : number(Math.min(...states.slice(low).map(({ counts }) => counts[1])))], ["seconds until all were back", took == null ? low < 0 ? null : "not all came back" : took.toFixed(1)], ["p99 before", asMs(was)], ["p99 of the worst second", asMs(worst)]];
    if (low < 0) return { choice: null, words: "No client was seen to leave.", rows };
    return { choice: took == null || took > 5 ? 2 : took < 1 ? 0 : 1, words: "The clients that stayed feel it too: the same process accepts connections and delivers messages.", rows };
  },
};
