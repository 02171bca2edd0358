// Passkeys: asks the browser, sends what it answers, says in plain words what went wrong.
import { csrfToken } from "./words.js";

const API = "/api/auth/passkeys/";
const PATHS = { "sign-in": "login", "second-step": "login", confirm: "confirm", add: "register" };
const isAble = Boolean(window.PublicKeyCredential && navigator.credentials);
let waiting = null;

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const known = (list = []) => list.map((key) => ({ ...key, id: bytes(key.id) }));

class Refused extends Error {
  constructor(told) {
    super(told.title);
    this.code = told.code;
  }
}

async function post(path, body) {
  const headers = { "Content-Type": "application/json", Accept: "application/json", "X-CSRF-Token": csrfToken() };
  const answer = await fetch(API + path, { method: "POST", headers, body: JSON.stringify(body) });
  const told = await answer.json();
  if (!answer.ok) throw new Refused(told);
  return told;
}

/** What the browser answered, as JSON. */
function plain(credential) {
  const { id, type, rawId, response, authenticatorAttachment } = credential;
  const told = { clientDataJSON: text(response.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[name]) told[name] = text(response[name]);
  }
  if (response.getTransports) told.transports = response.getTransports();
  return { id, type, rawId: text(rawId), response: told, ...(authenticatorAttachment && { authenticatorAttachment }) };
}

async function ask(place, options = {}) {
  const { passkey: kind, pending } = place.dataset;
  const more = pending ? { pending_login_id: pending } : {};
  const told = await post(`${PATHS[kind]}/options`, more);
  const publicKey = { ...told, challenge: bytes(told.challenge) };
  if (kind === "add") {
    publicKey.user = { ...told.user, id: bytes(told.user.id) };
    publicKey.excludeCredentials = known(told.excludeCredentials);
  } else publicKey.allowCredentials = known(told.allowCredentials);
  const credential = await navigator.credentials[kind === "add" ? "create" : "get"]({ publicKey, ...options });
  const remember = document.querySelector("#sign-in [name=remember_me]");
  if (kind === "sign-in" && remember) more.remember_me = remember.checked;
  await post(`${PATHS[kind]}/verify`, { credential: plain(credential), ...more });
  goOn(place);
}

function goOn(place) {
  const form = document.getElementById(place.dataset.form ?? "");
  if (form) return form.submit();
  const target = new URL(place.dataset.onward, location.href);
  const here = target.pathname === location.pathname && target.search === location.search;
  location.assign(target);
  if (here) location.reload();
}

function tell(place, sentence = "") {
  const line = place.querySelector("[role=alert]");
  line.querySelector("span").textContent = sentence;
  line.hidden = !sentence;
}

/** The sentence for an error of the browser, of the server, or of the line between. */
function words(place, error) {
  if (error instanceof Refused) return error.message;
  if (error instanceof TypeError) return place.dataset.away;
  if (error.name === "InvalidStateError") return place.dataset.known;
  return error.name === "SecurityError" ? place.dataset.forbidden : place.dataset.cancelled;
}

async function pressed(button) {
  const place = button.closest("[data-passkey]");
  if (button.getAttribute("aria-busy")) return;
  waiting?.abort();
  tell(place);
  button.setAttribute("aria-busy", "true");
  try { await ask(place); } catch (error) {
    if (error.code === "step_up_required" && place.dataset.confirm) return location.assign(place.dataset.confirm);
    tell(place, words(place, error));
    button.removeAttribute("aria-busy");
  }
}

/** Offer passkeys among the addresses that the browser suggests. */
async function suggest(place) {
  if (!await PublicKeyCredential.isConditionalMediationAvailable?.()) return;
  waiting = new AbortController();
  try { await ask(place, { mediation: "conditional", signal: waiting.signal }); } catch (error) {
    if (error instanceof Refused && place.isConnected) tell(place, error.message);
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-passkey-ask]");
  if (button) pressed(button);
});

if (isAble) {
  const place = document.querySelector('[data-passkey="sign-in"]');
  if (place) suggest(place);
} else {
  for (const part of document.querySelectorAll("[data-passkey], [data-passkey-only]")) part.hidden = true;
  for (const part of document.querySelectorAll("[data-no-passkeys]")) part.hidden = false;
}
