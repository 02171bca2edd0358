// The session's end: said in time, and survived without losing what was typed.
// What a page asks for by itself and gets 401 is asked again once, after one refresh for all windows.
import { announce, csrfToken } from "./words.js";

const WARN = 120;
const LONGEST = 6 * 3600;
const REFRESHED = "ecopick-refreshed";
const source = document.querySelector('meta[name="ecopick-session"]');
const start = source ? JSON.parse(source.content) : null;
const warning = document.getElementById("session-warning");
const overDialog = document.getElementById("session-over");
const raw = window.fetch.bind(window);
const channel = start && window.BroadcastChannel ? new BroadcastChannel("ecopick-session") : null;
let timer, ticker, ends = 0, isOver = false;

const left = () => Math.round((ends - Date.now()) / 1000);
const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });
const post = (path) => window.fetch(path, { method: "POST", headers: { "X-CSRF-Token": csrfToken(), Accept: "application/json" } });

/** Plan for what the server says is left; tell the other windows of this browser too. */
function plan(told, tell = false) {
  if (told.user !== start.user) return location.reload();
  const idle = told.idle_seconds ?? Infinity;
  ends = Date.now() + Math.min(idle, told.ends_seconds) * 1000;
  warning.querySelector("[data-when=idle]").hidden = told.ends_seconds <= idle;
  warning.querySelector("[data-when=end]").hidden = told.ends_seconds > idle;
  warning.querySelector("[data-session-stay]").hidden = told.ends_seconds <= idle;
  if (isOver) document.dispatchEvent(new CustomEvent("ecopick:back"));
  isOver = false;
  if (overDialog.open) overDialog.close();
  clearTimeout(timer);
  if (left() > WARN) {
    hush();
    timer = setTimeout(check, Math.min(left() - WARN, LONGEST) * 1000);
  } else warn();
  if (tell) channel?.postMessage(told);
}

/** Ask the server, which knows of other windows; asking keeps nothing alive. */
async function check() {
  let answer;
  try { answer = await raw("/api/auth/session", { headers: { "X-Background": "1", Accept: "application/json" } }); } catch { return retry(); }
  if (answer.ok) return plan(await answer.json());
  if (answer.status !== 401) return retry();
  if (await refresh() === false) over();
}

function retry() {
  clearTimeout(timer);
  timer = setTimeout(check, 30000);
}

function warn() {
  if (!warning.matches(":popover-open")) {
    warning.showPopover();
    announce(warning.querySelector("h2").textContent);
  }
  clearInterval(ticker);
  ticker = setInterval(tick, 1000);
  tick();
}

function tick() {
  const seconds = Math.max(0, left());
  warning.querySelector("[data-session-left]").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  if (seconds > 0) return;
  clearInterval(ticker);
  check();
}

function hush() {
  clearInterval(ticker);
  if (warning.matches(":popover-open")) warning.hidePopover();
}

function over() {
  hush();
  clearTimeout(timer);
  isOver = true;
  if (!overDialog.open) overDialog.showModal();
}

/** Refresh once for all windows: true if the session goes on, false if it is over, null if nobody knows. */
function refresh() {
  const work = async () => {
    try {
      if (Date.now() - Number(localStorage.getItem(REFRESHED)) < 5000) return true;
    } catch { /* private mode: each window refreshes for itself */ }
    let answer;
    try { answer = await raw("/api/auth/refresh", { method: "POST", headers: { Accept: "application/json" } }); } catch { return null; }
    if (answer.status === 409) return pause(500).then(() => true);
    if (answer.status === 401) return false;
    if (!answer.ok) return null;
    try { localStorage.setItem(REFRESHED, String(Date.now())); } catch { /* see above */ }
    plan(await answer.json(), true);
    return true;
  };
  return navigator.locks ? navigator.locks.request("ecopick-refresh", work) : work();
}

/** For what is not sent by fetch and got 401: whether it can be sent again now. */
export async function renew() {
  if (!start || isOver) return false;
  const goesOn = await refresh();
  if (goesOn === false) over();
  return goesOn === true;
}

/** The same request with the token of the session as it is now. */
function renewed(init) {
  const headers = new Headers(init?.headers);
  if (headers.has("X-CSRF-Token")) headers.set("X-CSRF-Token", csrfToken());
  return { ...init, headers };
}

async function fetchAgain(input, init) {
  const answer = await raw(input, init);
  const address = new URL(input instanceof Request ? input.url : input, location.href);
  if (answer.status !== 401 || address.origin !== location.origin || input instanceof Request) return answer;
  const goesOn = await refresh();
  if (goesOn === null) return answer;
  const second = goesOn ? await raw(input, renewed(init)) : answer;
  if (second.status === 401) over();
  return second;
}

async function stay() {
  const answer = await post("/api/auth/keep-alive");
  if (answer.ok) plan(await answer.json(), true);
}

async function signInAgain(form) {
  const error = form.querySelector("[data-session-error]");
  const { email, password } = Object.fromEntries(new FormData(form));
  const say = (text) => { error.textContent = text; error.hidden = !text; };
  say("");
  let answer, told;
  try {
    answer = await raw("/api/auth/login", {
      method: "POST", headers: { "Content-Type": "application/json", Accept: "application/json" }, body: JSON.stringify({ email, password }),
    });
    told = await answer.json();
  } catch { return; }
  form.querySelector("[name=password]").value = "";
  if (!answer.ok) return say(told.title ?? "");
  if (told.two_factor_required) return say(error.dataset.secondStep);
  const session = await raw("/api/auth/session", { headers: { "X-Background": "1" } });
  if (session.ok) plan(await session.json(), true);
}

if (start) {
  window.fetch = fetchAgain;
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches("[data-session-again]")) {
      event.preventDefault();
      event.stopImmediatePropagation();
      signInAgain(form);
    } else if (isOver && form.method === "post") {
      event.preventDefault();
      event.stopImmediatePropagation();
      over();
    } else {
      // Whoever signed in again has a new token; the form may still hold the old one.
      const field = form.querySelector("input[name=csrf_token]");
      if (field && csrfToken()) field.value = csrfToken();
    }
  }, true);
  warning.querySelector("[data-session-stay]").addEventListener("click", stay);
  document.addEventListener("visibilitychange", () => { if (!document.hidden && left() <= WARN) check(); });
  channel?.addEventListener("message", (event) => plan(event.data));
  plan(start, true);
}
