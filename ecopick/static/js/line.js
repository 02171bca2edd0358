// The line: whether there is one, and how what waits on this device leaves by it.
import "./outbox.js";
import { renew } from "./session.js";
import { csrfToken, me } from "./words.js";

const { outbox } = self;
const SYNC = "ecopick-queue";
const LONGEST = 180000;
let off = !navigator.onLine;

export { me };
export const isOff = () => off;

function turn(now) {
  off = now;
  document.documentElement.classList.toggle("is-offline", now);
  for (const element of document.querySelectorAll("[data-offline-only]")) element.hidden = !now;
  for (const label of document.querySelectorAll("[data-offline-label]")) {
    const words = label.querySelector("span") ?? label;
    label.dataset.onlineLabel ??= words.textContent;
    words.textContent = now ? label.dataset.offlineLabel : label.dataset.onlineLabel;
  }
  document.dispatchEvent(new CustomEvent("ecopick:line", { detail: { off: now } }));
}

function parse(text) {
  try { return JSON.parse(text); } catch { return null; }
}

function send(entry, headers, data) {
  return new Promise((done) => {
    const request = new XMLHttpRequest();
    const broken = () => { turn(true); done({ status: 0, body: null }); };
    request.open("POST", entry.url);
    request.timeout = LONGEST;
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => {
      document.dispatchEvent(new CustomEvent("ecopick:queue", { detail: { id: entry.id, kind: entry.kind, state: "sending", loaded, total } }));
    };
    request.onload = () => { turn(false); done({ status: request.status, body: parse(request.responseText) }); };
    request.onerror = request.ontimeout = request.onabort = broken;
    request.send(data);
  });
}

/** Send what waits; what cannot leave now is left to the browser, which knows when the line is back. */
export async function leave() {
  if (!off && await outbox.flush({ send, renew, csrf: csrfToken, user: () => me })) return;
  const registration = await navigator.serviceWorker?.getRegistration();
  await registration?.sync?.register(SYNC).catch(() => undefined);
}

/** Keep something until it has left. `files` are {field, name, blob}. */
export async function enqueue(kind, { url, title, fields, files = [], own = me, ...more }) {
  const entry = {
    id: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`, at: Date.now(), state: "waiting", note: "",
    kind, url, title, files, user: own, language: document.documentElement.lang, page: location.href.split("#")[0], fields: fields.filter(([name]) => name !== "csrf_token"), ...more,
  };
  return outbox.put(entry);
}

// The line may be back without the browser saying so.
async function look() {
  if (!navigator.onLine || document.hidden) return;
  if (off) {
    const answer = await fetch("/healthz", { method: "HEAD", cache: "no-store" }).catch(() => null);
    if (!answer) return;
    turn(false);
  }
  if ((await outbox.all()).some((entry) => entry.state === "waiting" || entry.state === "sending")) leave();
}

// Whoever is signed in again sends what waited for that.
document.addEventListener("ecopick:back", () => setTimeout(leave));
addEventListener("online", () => { turn(false); leave(); });
addEventListener("offline", () => turn(true));
document.addEventListener("visibilitychange", look);
setInterval(look, 15000);

async function install() {
  if (!navigator.serviceWorker || !isSecureContext) return;
  const isFirst = !navigator.serviceWorker.controller;
  try { await navigator.serviceWorker.register("/sw.js"); } catch { return; }
  if (!isFirst || !document.querySelector('form[data-queue="request"]')) return;
  const { active } = await navigator.serviceWorker.ready;
  active.postMessage({ keep: location.href.split("#")[0] });
}

turn(off);
// Whose the browser is now: the service worker forgets what is theirs when they sign out.
if (me) outbox.put({ id: "me", at: Date.now(), user: me }, "forms");
if (document.readyState === "complete") install();
else addEventListener("load", install);
