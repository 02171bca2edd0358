// The keyboard. Single keys are off inside fields, and can be switched off for this device.
import { isTyping } from "./words.js";
import { currentRow, moveRow } from "./rows.js";

const OFF = "ecopick-keys-off";
const GO = { d: "dashboard", t: "tickets", b: "board", a: "approvals", r: "reports", s: "security" };
let waiting = 0;

const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
for (const hint of document.querySelectorAll("[data-mod-k]")) hint.textContent = isMac ? "⌘K" : "Ctrl K";
for (const hint of document.querySelectorAll("[data-mod-enter]")) hint.textContent = isMac ? "⌘↵" : "Ctrl ↵";

function off() {
  try { return localStorage.getItem(OFF) === "1"; } catch { return false; }
}

function visible(selector) {
  return [...document.querySelectorAll(selector)].find((item) => item.offsetParent !== null);
}

function press(selector) {
  const control = visible(selector);
  if (!control) return false;
  if (control.matches("input, textarea, select")) {
    control.focus();
    control.select?.();
  } else {
    control.click();
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
  return press(`[data-go="${CSS.escape(key)}"]`) || Boolean(name && press(`[data-nav="${name}"]`));
}

function single(key) {
  switch (key) {
    case "j": moveRow(1); return true;
    case "k": moveRow(-1); return true;
    case "x": return toggle();
    case "/": return press('[data-key="/"], .search .input, [data-palette]');
    case "?": return help();
    case "[": return section(-1);
    case "]": return section(1);
    case "z": return undo();
    default: return press(`[data-key="${CSS.escape(key)}"]`) || press(`[aria-keyshortcuts="${CSS.escape(key.toUpperCase())}"]`);
  }
}

function toggle() {
  const box = currentRow()?.querySelector("[data-row-check]");
  box?.click();
  return Boolean(box);
}

function undo() {
  const all = document.querySelectorAll("[data-undo]");
  all[all.length - 1]?.click();
  return all.length > 0;
}

function help() {
  const dialog = document.getElementById("shortcuts");
  if (!dialog || dialog.open) return false;
  dialog.querySelector("[data-keys-off]").checked = off();
  dialog.showModal();
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  const mod = event.metaKey || event.ctrlKey;
  if (mod && event.key === "Enter" && event.target.form) {
    event.preventDefault();
    event.target.form.requestSubmit();
    return;
  }
  if (mod && event.key.toLowerCase() === "k" && press("[data-palette]")) {
    event.preventDefault();
    return;
  }
  if (mod || event.altKey || isTyping(event.target) || off()) return;
  if (document.querySelector("dialog:modal") || event.key.length !== 1) return;
  const second = Date.now() < waiting;
  waiting = 0;
  if (second) {
    if (go(event.key)) event.preventDefault();
    return;
  }
  if (event.key === "g") {
    waiting = Date.now() + 1200;
    return;
  }
  if (single(event.key)) event.preventDefault();
});

document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-keys-off]")) return;
  try { localStorage.setItem(OFF, event.target.checked ? "1" : "0"); } catch { /* not kept in private mode */ }
});
