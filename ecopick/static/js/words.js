// The few sentences that scripts say, in the page's language (meta ecopick-words).
const source = document.querySelector('meta[name="ecopick-words"]');
const words = source ? JSON.parse(source.content) : {};
const session = document.querySelector('meta[name="ecopick-session"]');

/** Who is signed in on this page, null for nobody. */
export const me = session ? JSON.parse(session.content).user : null;

/** The sentence `key` with {name} filled from `values`. */
export function say(key, values = {}) {
  return (words[key] ?? "").replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** Read `text` aloud politely, or at once. */
export function announce(text, now = false) {
  const region = document.getElementById(now ? "live-now" : "live");
  if (!region || !text) return;
  region.textContent = "";
  requestAnimationFrame(() => { region.textContent = text; });
}

/** The value of a readable cookie, '' if there is none. */
export function cookie(name) {
  const found = document.cookie.split("; ").find((part) => part.startsWith(name + "="));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
}

/** The token that changes must carry. */
export function csrfToken() {
  return cookie("ecopick_csrf") || cookie("__Host-ecopick_csrf")
    || document.querySelector('meta[name="csrf-token"]')?.content || "";
}

const LAST = "ecopick-last-event";

/** The id of the newest event of the stream that this tab has seen. */
export function lastEvent(id) {
  try {
    if (id) sessionStorage.setItem(LAST, id);
    return sessionStorage.getItem(LAST) ?? "";
  } catch { return ""; }
}

/** An icon of the sprite as an element. */
export function icon(name, size = 16) {
  const any = document.querySelector("svg.icon use");
  const sprite = any ? any.getAttribute("href").split("#")[0] : "/static/vendor/lucide/sprite.svg";
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", `icon icon-${size}`);
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${sprite}#${name}`);
  svg.append(use);
  return svg;
}

/** Whether `target` is a place where people type. */
export function isTyping(target) {
  return target instanceof Element
    && target.closest("input:not([type=checkbox], [type=radio], [type=file], [type=submit]), textarea, select, [contenteditable]") !== null;
}
