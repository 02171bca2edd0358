// Times that move: how long ago, and how much is left. The server writes them first and in the same words.
import { say } from "./words.js";

const MINUTE = 60000;

/** A span of time as people say it: "38 min", "1 h 14 min", "11 h", "1 day 4 h", "2 days". */
export function span(ms) {
  const minutes = Math.floor(Math.abs(ms) / MINUTE);
  if (minutes < 60) return say("min", { n: minutes });
  const hours = Math.floor(minutes / 60);
  if (hours < 24) {
    const rest = minutes % 60;
    return hours < 10 && rest ? `${say("hour", { n: hours })} ${say("min", { n: String(rest).padStart(2, "0") })}` : say("hour", { n: hours });
  }
  const days = Math.floor(hours / 24);
  const words = say(days === 1 ? "day" : "days", { n: days });
  return days === 1 && hours % 24 ? `${words} ${say("hour", { n: hours % 24 })}` : words;
}

/** An age in its largest unit: "4 min", "3 h", "6 d". */
export function age(ms) {
  const minutes = Math.max(0, Math.floor(ms / MINUTE));
  if (minutes < 60) return say("min", { n: minutes });
  if (minutes < 48 * 60) return say("hour", { n: Math.floor(minutes / 60) });
  return say("dayShort", { n: Math.floor(minutes / (24 * 60)) });
}

const LOOKS = {
  running: ["chip-open", "clock"],
  at_risk: ["tone-amber", "timer"],
  past_due: ["tone-red", "triangle-alert"],
};

function tickChip(chip, now) {
  const due = Date.parse(chip.dataset.due);
  const amber = Date.parse(chip.dataset.amberFrom ?? "");
  const state = now >= due ? "past_due" : now >= amber ? "at_risk" : chip.dataset.sla === "at_risk" ? "at_risk" : "running";
  chip.querySelector("[data-sla-text]").textContent = say(state === "past_due" ? "over" : "left", { time: span(due - now) });
  if (state === chip.dataset.sla) return;
  chip.dataset.sla = state;
  chip.classList.remove(...Object.values(LOOKS).map(([name]) => name));
  const [look, name] = LOOKS[state];
  chip.classList.add(look);
  const use = chip.querySelector("use");
  use.setAttribute("href", `${use.getAttribute("href").split("#")[0]}#${name}`);
}

/** Renew every moving time in the page. */
export function tick() {
  const now = Date.now();
  for (const chip of document.querySelectorAll("[data-sla][data-due]")) tickChip(chip, now);
  for (const time of document.querySelectorAll("time[data-ago][datetime]")) {
    const ms = now - Date.parse(time.dateTime);
    if (time.dataset.ago === "short") time.textContent = age(ms);
    else time.textContent = ms < MINUTE ? say("now") : say("ago", { time: age(ms) });
  }
}

setTimeout(function every() {
  if (!document.hidden) tick();
  setTimeout(every, MINUTE - (Date.now() % MINUTE));
}, MINUTE - (Date.now() % MINUTE));
document.addEventListener("visibilitychange", () => { if (!document.hidden) tick(); });
