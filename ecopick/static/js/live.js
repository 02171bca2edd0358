// Live pages: the event stream (htmx's SSE extension, closed while the page is hidden) refreshes what it names.
import { announce, lastEvent, say } from "./words.js";
import { tick } from "./time.js";

const source = document.getElementById("events");
const pending = new WeakMap();
const spoken = [];
let retry = 1000;

function state(on) {
  for (const dot of document.querySelectorAll("[data-live-state]")) dot.dataset.state = on ? "on" : "off";
}

function parse(event) {
  if (event.detail?.id) lastEvent(event.detail.id);
  try { return JSON.parse(event.detail?.data ?? "{}"); } catch { return {}; }
}

/** Ask every element that shows `token` to refresh itself: at once, in a burst four times a second. */
function refresh(token) {
  const now = Date.now();
  for (const element of document.querySelectorAll(`[data-live~="${CSS.escape(token)}"]`)) {
    if (pending.get(element) > now) continue;
    const at = Math.max(now + 20, (pending.get(element) ?? 0) + 250);
    pending.set(element, at);
    setTimeout(() => { if (element.isConnected) window.htmx?.trigger(element, "live"); }, at - now);
  }
}

/** Whether the element was refreshed, or will be, after the moment `since`. */
export const refreshedSince = (element, since) => (pending.get(element) ?? 0) >= since;

function speak(data) {
  if (data.state === "past_due") announce(data.announce ?? say("pastDue", { number: data.number }), true);
  else if (data.number) spoken.push(data.announce ?? say("updated", { number: data.number }));
}
setInterval(() => { if (spoken.length) announce([...new Set(spoken.splice(0))].join(" ")); }, 5000);

function offerNew() {
  for (const place of document.querySelectorAll("[data-live-new]")) {
    const n = Number(place.dataset.count ?? 0) + 1;
    place.dataset.count = String(n);
    const link = document.createElement("a");
    link.className = "btn btn-outline btn-sm";
    link.href = place.dataset.href || location.href;
    link.textContent = say(n === 1 ? "newOne" : "newMany", { n });
    place.replaceChildren(link);
  }
}

// Someone is typing in a form of what changed: say so beside it instead of replacing it.
function offerShow(data) {
  for (const form of document.querySelectorAll(`form[hx-morph-skip][data-live-form="ticket:${CSS.escape(data.ticket_id ?? "")}"]`)) {
    if (form.querySelector("[data-live-offer]")) continue;
    const line = document.createElement("p");
    line.className = "alert tone-amber";
    line.dataset.liveOffer = "";
    // A form with a version is answered with both texts side by side: nothing typed is lost.
    const sends = form.elements.version;
    const link = document.createElement(sends ? "button" : "a");
    if (sends) Object.assign(link, { type: "submit", className: "as-link" });
    else link.href = location.href;
    link.textContent = say("show");
    const text = document.createElement("span");
    text.append(say("updatedBy", { name: data.by ?? say("someone") }), " ", link);
    line.append(text);
    form.prepend(line);
  }
}

document.addEventListener("ticket.updated", (event) => {
  const data = parse(event);
  if (data.ticket_id) refresh(`ticket:${data.ticket_id}`);
  refresh("tickets");
  speak(data);
  offerShow(data);
});
document.addEventListener("ticket.created", (event) => {
  const data = parse(event);
  offerNew();
  refresh("counts");
  speak(data);
});
document.addEventListener("notification.created", (event) => {
  parse(event);
  refresh("notifications");
});

// Whoever has this page open is shown to others as long as it asks who else has.
function viewing() {
  if (!document.hidden) refresh("viewing");
}
setInterval(viewing, 15000);
document.addEventListener("visibilitychange", viewing);

document.addEventListener("htmx:sse:after:connection", () => { retry = 1000; state(true); });
document.addEventListener("htmx:sse:close", () => { state(false); reopen(); });
document.addEventListener("htmx:sse:error", () => state(false));
document.addEventListener("htmx:after:swap", tick);

/** Open the stream as soon as htmx knows the element; the extension keeps it alive from then on. */
function open() {
  if (!source?.isConnected || document.hidden || source._htmx?.sse) return;
  if (source._htmx?.triggerSpecs?.length) window.htmx.trigger(source, "reopen");
  else setTimeout(open, 50);
}

/** A first connection that fails is not tried again by the extension: we do, ever more slowly. */
function reopen() {
  setTimeout(open, retry + Math.random() * 500);
  retry = Math.min(retry * 2, 60000);
}

if (source) {
  source.addEventListener("htmx:error", reopen);
  source.addEventListener("htmx:response:error", (event) => {
    const { status } = event.detail.ctx.response;
    if (status >= 500 || status === 429) reopen();
  });
  document.addEventListener("visibilitychange", open);
  open();
}
