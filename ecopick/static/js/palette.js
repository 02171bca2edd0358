// The palette: a combobox over everything one may see, and over what can be done with the tickets at hand.
import { currentRow } from "./rows.js";

const TICKET = /\/tickets\/([0-9a-f]{8}-[0-9a-f-]{27})(?:$|[?#])/;
const PAUSE = 90;
const dialog = document.getElementById("palette");
const field = dialog?.querySelector("input");
const found = dialog?.querySelector("[data-palette-found]");
let about = "", at = {}, active = null, going = null, timer = 0, running = null;

const options = () => [...found.querySelectorAll("[role=option]")];
const idIn = (address) => TICKET.exec(address ?? "")?.[1];

/** What acts are meant for: the selected rows, else the current row's ticket, else the one that is open. */
function target() {
  const bar = [...document.querySelectorAll("[data-bulk]")].find((each) => each.checkVisibility());
  const chosen = bar ? bar.closest("form, main, body").querySelectorAll("[data-row-check]:checked").length : 0;
  if (chosen) return { bar, chosen };
  const row = currentRow();
  const on = idIn((row?.querySelector(".row-link") ?? row)?.href) ?? idIn(location.pathname);
  return on ? { on } : {};
}

/** Open it; `kind` asks for one kind of act with the ticket at hand. Whether there was anything to open. */
export function openPalette(kind = "") {
  if (!dialog || dialog.open) return false;
  at = target();
  if (kind && !at.on) return false;
  about = kind;
  field.value = "";
  going = null;
  dialog.showModal();
  field.focus();
  load();
  return true;
}

export function closePalette() {
  if (!dialog?.open) return false;
  dialog.close();
  return true;
}

function address() {
  const asked = new URLSearchParams();
  if (field.value.trim()) asked.set("q", field.value.trim());
  if (at.on) asked.set("on", at.on);
  if (at.chosen) asked.set("chosen", at.chosen);
  if (about) asked.set("about", about);
  return `${field.form.action}?${asked}`;
}

/** Ask anew; an answer that is still on its way is given up. */
async function load() {
  clearTimeout(timer);
  running?.abort();
  const mine = running = new AbortController();
  found.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(address(), { headers: { "HX-Request-Type": "partial" }, signal: mine.signal });
    if (!answer.ok) throw new Error(String(answer.status));
    const text = await answer.text();
    if (mine === running) show(new DOMParser().parseFromString(text, "text/html").body);
  } catch {
    if (mine === running && !mine.signal.aborted) fail();
  }
}

function show(page) {
  done();
  const chip = dialog.querySelector("[data-palette-about]");
  const words = page.querySelector("[data-found-about]")?.textContent ?? "";
  chip.hidden = !words;
  chip.firstElementChild.textContent = words;
  say(page.querySelector("[data-found-count]")?.textContent ?? "");
  found.replaceChildren(...page.childNodes);
  if (at.bar) offerSelection(found.querySelector("[data-found-list]"));
  found.scrollTop = 0;
  choose(options()[0]);
  if (going) follow(going.tab);
}

/** What the bar of the selected rows holds, as options that press it: all of it where no word fits. */
function offerSelection(list) {
  const typed = field.value.toLowerCase().split(/\s+/);
  const all = [...at.bar.querySelectorAll("[data-act]")];
  const fitting = all.filter((each) => typed.every((word) => each.textContent.toLowerCase().includes(word)));
  const group = document.createElement("div");
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", at.bar.getAttribute("aria-label"));
  const title = document.createElement("div");
  title.className = "found-title";
  title.textContent = at.bar.getAttribute("aria-label");
  group.append(title);
  (fitting.length ? fitting : all).forEach((control, place) => {
    const option = document.createElement("button");
    Object.assign(option, { type: "button", className: "found", id: `selected-${place}`, tabIndex: -1 });
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    const words = document.createElement("span"), name = document.createElement("span");
    words.className = "words";
    name.className = "name";
    words.append(name);
    name.textContent = control.querySelector("span")?.textContent ?? "";
    const parts = [control.querySelector("svg:not(.spin)"), control.querySelector("kbd")].map((part) => part?.cloneNode(true) ?? "");
    option.append(parts[0], words, parts[1]);
    option.addEventListener("click", () => control.click());
    group.append(option);
  });
  list.insertBefore(group, field.value ? list.children[1] ?? null : list.firstElementChild);
  list.hidden = false;
  found.querySelector("[data-found-none]")?.remove();
}

function fail() {
  done();
  going = null;
  found.replaceChildren(dialog.querySelector("[data-palette-error]").content.cloneNode(true));
  choose(null);
}

function done() {
  running = null;
  found.removeAttribute("aria-busy");
}

// Said once for each change: the option itself is read through aria-activedescendant.
function say(text) {
  const place = dialog.querySelector("[data-palette-status]");
  if (place.textContent !== text) place.textContent = text;
}

function choose(option) {
  active?.setAttribute("aria-selected", "false");
  active = option ?? null;
  field.setAttribute("aria-expanded", String(Boolean(active)));
  if (!active) return field.removeAttribute("aria-activedescendant");
  active.setAttribute("aria-selected", "true");
  field.setAttribute("aria-activedescendant", active.id);
  active.scrollIntoView({ block: "nearest" });
}

function move(step) {
  const all = options();
  if (all.length) choose(all[(all.indexOf(active) + step + all.length) % all.length]);
}

/** Do what the active option says; pressed before the answer is there, as soon as it is. */
function follow(tab) {
  if (running || timer) {
    going = { tab };
    return;
  }
  const option = active;
  going = null;
  if (!option) return;
  if (tab && option.href) {
    window.open(option.href, "_blank", "noopener");
    return;
  }
  dialog.close();
  option.click();
}

field?.addEventListener("input", () => {
  clearTimeout(timer);
  going = null;
  timer = setTimeout(() => { timer = 0; load(); }, PAUSE);
});

field?.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229) return;
  if (event.key === "ArrowDown") move(1);
  else if (event.key === "ArrowUp") move(-1);
  else if (event.key === "Enter" && !event.repeat) follow(event.metaKey || event.ctrlKey);
  else if (event.key === "Backspace" && !field.value && about) {
    about = "";
    load();
  } else if (event.key !== "Enter") return;
  event.preventDefault();
});

dialog?.addEventListener("click", (event) => {
  if (event.target.closest("[data-palette-again]")) {
    field.focus();
    load();
  } else if (event.target === dialog || event.target.closest("[data-palette-close], [data-dialog]")) dialog.close();
  else if (event.target.closest("[role=option]") && !event.ctrlKey && !event.metaKey) dialog.close();
});

dialog?.addEventListener("close", () => {
  clearTimeout(timer);
  timer = 0;
  running?.abort();
  running = null;
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-palette]");
  if (link && !event.ctrlKey && !event.metaKey && openPalette()) {
    link.closest("[popover]")?.hidePopover?.();
    event.preventDefault();
  }
});
