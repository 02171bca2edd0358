// Toasts: gone after 8 s, not while hovered or focused; errors stay until closed.
import { icon, say } from "./words.js";

const LIFE = 8000;
const stack = document.getElementById("toasts");
const timers = new WeakMap();

/** Show a toast made here; the server's own toasts arrive as markup. */
export function showToast(text, { tone = "done" } = {}) {
  if (!stack) return;
  const same = [...stack.children].find((item) => item.dataset.text === text);
  same?.remove();
  const item = document.createElement("div");
  item.className = `toast is-in${tone === "error" ? " toast-error" : ""}`;
  item.dataset.toast = tone;
  item.dataset.text = text;
  if (tone === "error") item.setAttribute("role", "alert");
  const words = document.createElement("span");
  words.className = "text";
  words.textContent = text;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "btn btn-quiet btn-icon";
  close.dataset.toastClose = "";
  close.setAttribute("aria-label", say("close"));
  close.append(icon("x"));
  item.append(icon(tone === "error" ? "circle-alert" : "check"), words, close);
  stack.append(item);
}

function start(item) {
  if (item.dataset.toast === "error") return;
  stop(item);
  timers.set(item, setTimeout(() => item.remove(), LIFE));
}

function stop(item) {
  clearTimeout(timers.get(item));
}

function adopt(item) {
  if (!(item instanceof HTMLElement) || !item.matches(".toast")) return;
  if (!item.hasAttribute("role")) item.setAttribute("role", "status");
  item.addEventListener("mouseenter", () => stop(item));
  item.addEventListener("mouseleave", () => { if (!item.contains(document.activeElement)) start(item); });
  item.addEventListener("focusin", () => stop(item));
  item.addEventListener("focusout", () => { if (!item.matches(":hover")) start(item); });
  start(item);
}

if (stack) {
  new MutationObserver((changes) => {
    for (const change of changes) change.addedNodes.forEach(adopt);
  }).observe(stack, { childList: true });
  [...stack.children].forEach(adopt);
}

document.addEventListener("click", (event) => {
  event.target.closest("[data-toast-close]")?.closest(".toast")?.remove();
});
