// The keyboard. Single keys are off inside fields, and can be switched off for good.
import { isTyping } from "./words.js";
import { currentRow, moveRow } from "./rows.js";
import { closePalette, openPalette } from "./palette.js";

const GO = { d: "dashboard", t: "tickets", b: "board", a: "approvals", r: "reports", s: "security" };
const ACTS = { a: "assign", s: "status", p: "priority", v: "vendor" };
// Where the brackets stand on an American keyboard: others have them behind AltGr only.
const PLACES = { BracketLeft: "[", BracketRight: "]" };
const root = document.documentElement;
const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
let waiting = 0, wantsReply = false;

for (const hint of document.querySelectorAll("[data-mod-k]")) hint.textContent = isMac ? "⌘K" : "Ctrl K";
for (const hint of document.querySelectorAll("[data-mod-enter]")) hint.textContent = isMac ? "⌘↵" : "Ctrl ↵";

const shown = (selector) => [...document.querySelectorAll(selector)].find((item) => item.checkVisibility({ visibilityProperty: true }));

function press(selector) {
  const control = shown(selector);
  if (!control) return false;
  if (control.matches("input, textarea, select")) {
    control.focus();
    control.select?.();
  } else {
    control.click();
    control.closest("details[open]")?.querySelector(".menu-list :is(a, button, input, select, textarea)")?.focus();
  }
  return true;
}

function section(step) {
  const links = [...document.querySelectorAll("[data-section]")];
  const at = links.findIndex((link) => link.hasAttribute("aria-current"));
  const next = links[(at + step + links.length) % links.length];
  next?.click();
  return Boolean(next);
}

function go(key) {
  const name = GO[key];
  const link = document.querySelector(`[data-go="${CSS.escape(key)}"], .nav [data-nav="${name}"]`);
  if (name) link?.click();
  return Boolean(name && link);
}

function toggle() {
  const box = currentRow()?.querySelector("[data-row-check]");
  box?.click();
  return Boolean(box);
}

/** Write to everybody: here, in the section with the messages, or on the current row's page. */
function reply() {
  if (press('[data-key="r"]')) return true;
  const messages = document.querySelector("[data-section=activity]");
  if (messages) {
    wantsReply = true;
    messages.click();
    return true;
  }
  const row = currentRow()?.querySelector(".row-link");
  if (row?.pathname.includes("/tickets/")) location.assign(`${row.pathname}?section=activity#reply`);
  return Boolean(row);
}

document.addEventListener("htmx:after:swap", () => {
  if (wantsReply && press('[data-key="r"]')) wantsReply = false;
});

function create() {
  const address = document.getElementById("shortcuts")?.dataset.create;
  if (press('[data-key="c"]')) return true;
  if (address) location.assign(address);
  return Boolean(address);
}

function undo() {
  const all = document.querySelectorAll("[data-undo]");
  all[all.length - 1]?.click();
  return all.length > 0;
}

/** The sheet of keys: only what does something on this page. */
function help() {
  const dialog = document.getElementById("shortcuts");
  if (!dialog || dialog.open) return false;
  for (const row of dialog.querySelectorAll("[data-where]")) row.hidden = !document.querySelector(row.dataset.where);
  for (const part of dialog.querySelectorAll("[data-keys-part]")) part.hidden = !part.querySelector("dl > div:not([hidden])");
  dialog.showModal();
  return true;
}

function open() {
  const row = currentRow();
  const link = row?.querySelector(".row-link, .title[href]") ?? row;
  if (link?.href) link.click();
  return Boolean(link?.href);
}

/** Out of the field, then out of the selection, then to where one came from. */
function back(event) {
  if (isTyping(event.target)) {
    event.target.blur();
    return true;
  }
  const clear = document.querySelector("[data-row-check]:checked") && shown("[data-bulk-clear]");
  if (clear) clear.click();
  return Boolean(clear) || press("[data-back]");
}

function single(key) {
  switch (key) {
    case "j": return moveRow(1);
    case "k": return moveRow(-1);
    case "x": return toggle();
    case "c": return create();
    case "r": return reply();
    case "/": return press('[data-key="/"], .search .input') || openPalette();
    case "?": return help();
    case "[": return section(-1);
    case "]": return section(1);
    case "z": return undo();
    default: return press(`[data-bulk] [data-key="${CSS.escape(key)}"]`) || (ACTS[key] && openPalette(ACTS[key])) || press(`[data-key="${CSS.escape(key)}"]`);
  }
}

function named(event) {
  if (event.key.length === 1) return event.shiftKey ? event.key : event.key.toLowerCase();
  return event.key;
}

document.addEventListener("keydown", (event) => {
  // While a character is being composed, and with AltGr (on Windows Ctrl and Alt at once), it is typing.
  if (event.defaultPrevented || event.isComposing || event.keyCode === 229 || event.getModifierState("AltGraph")) return;
  if (event.altKey) return;
  if (event.metaKey || event.ctrlKey) combined(event);
  else alone(event);
});

function combined(event) {
  if (event.shiftKey || event.repeat) return;
  if (event.key === "Enter" && event.target.form && !event.target.closest("dialog.palette")) {
    event.preventDefault();
    event.target.form.requestSubmit();
  } else if (event.key.toLowerCase() === "k" && (closePalette() || (!document.querySelector("dialog:modal") && openPalette()))) {
    event.preventDefault();
  }
}

function alone(event) {
  if (document.querySelector("dialog:modal")) return;
  const inMenu = document.querySelector("details[data-menu][open], [popover]:popover-open:not(.session-warning)");
  if (event.key === "Escape") {
    if (!inMenu && !document.querySelector("[data-drawer]") && back(event)) event.preventDefault();
    return;
  }
  if (isTyping(event.target) || root.dataset.keys === "off") return;
  if (event.key === "Enter") {
    if (event.target === document.body && open()) event.preventDefault();
    return;
  }
  const placed = !event.shiftKey && (event.key === "Dead" || !/[a-z/?]/i.test(event.key)) && PLACES[event.code];
  const key = placed || named(event);
  if (key.length !== 1 || (event.repeat && key !== "j" && key !== "k")) return;
  const second = Date.now() < waiting;
  waiting = 0;
  if (second) {
    if (go(key)) event.preventDefault();
  } else if (key === "g") {
    waiting = Date.now() + 1200;
  } else if (single(key)) {
    event.preventDefault();
  }
}

document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-keys-switch]")) return;
  if (event.target.checked) delete root.dataset.keys;
  else root.dataset.keys = "off";
  for (const other of document.querySelectorAll("[data-keys-switch]")) other.checked = event.target.checked;
});
