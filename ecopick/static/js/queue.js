// Forms that may wait: reports, messages and changes of status leave at once or when the line is back,
// exactly once; what was begun is kept on this device.
import { forgetDrafts, forgetOwnDrafts } from "./forms.js";
import { enqueue, isOff, leave, me } from "./line.js";
import { clear, gather, progressOf, putBack } from "./photos.js";
import { showToast } from "./toasts.js";
import { announce, icon, say } from "./words.js";

const { outbox } = self;
const LONGEST = 2000;
// The forms of this page that are being sent, by the id of what was kept.
const going = new Map();

const textOf = (form) => [...form.querySelectorAll("textarea, input[type=text]")].map((field) => field.value.trim()).find(Boolean) ?? "";
const fieldsOf = (form, submitter) => [...new FormData(form, submitter)].filter(([, value]) => typeof value === "string");

function busy(form, on) {
  form.toggleAttribute("data-busy", on);
  for (const button of [...form.elements].filter((each) => each.type === "submit")) {
    if (on) button.setAttribute("aria-busy", "true");
    else button.removeAttribute("aria-busy");
  }
}

/** Say in the form why it was not taken; what was typed stays. */
function fail(form, body, note) {
  busy(form, false);
  progressOf(form, null);
  const errors = body?.errors ?? {};
  form.querySelector("[data-queue-error]")?.remove();
  const box = document.createElement("div");
  box.className = "alert tone-red";
  box.dataset.queueError = "";
  box.tabIndex = -1;
  box.setAttribute("role", "alert");
  const title = document.createElement("h2");
  title.textContent = body?.title || note || say("failed");
  const list = document.createElement("ul");
  for (const sentence of Object.values(errors)) list.append(Object.assign(document.createElement("li"), { textContent: sentence }));
  box.append(icon("circle-alert", 18), title);
  if (list.children.length) {
    const inner = document.createElement("div");
    inner.append(list);
    box.append(inner);
  }
  for (const name of Object.keys(errors)) document.getElementById(`f-${name}`)?.setAttribute("aria-invalid", "true");
  (form.querySelector("main") ?? form).prepend(box);
  box.focus();
}

function emptied(form) {
  outbox.drop(draftId(form), "drafts");
  forgetDrafts(form);
  form.reset();
  clear(form);
  busy(form, false);
  form.querySelector("[data-queue-error]")?.remove();
}

async function keep(form, submitter) {
  const kind = form.dataset.queue;
  const fields = fieldsOf(form, submitter);
  if (form.dataset.seen) fields.push(["seen", form.dataset.seen]);
  const title = form.dataset.queueTitle || textOf(form).slice(0, 120) || document.title;
  return enqueue(kind, { url: form.dataset.queueUrl || form.action, title, fields, files: await gather(form), own: ownerOf(form) });
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (event.defaultPrevented || !form.matches?.("form[data-queue]")) return;
  // A change of status goes the usual way while there is one: the next page shows it.
  if (form.dataset.queue === "status" && !isOff()) return;
  event.preventDefault();
  if (form.hasAttribute("data-busy")) return;
  busy(form, true);
  const entry = await keep(form, event.submitter);
  going.set(entry.id, form);
  await leave();
  // What did not get its turn waits.
  if (going.delete(entry.id)) kept(form);
}, true);

function kept(form) {
  if (form.dataset.queue === "status") busy(form, false);
  else emptied(form);
  draw().then(() => document.querySelector("[data-queue-list] li:last-child")?.scrollIntoView({ block: "nearest" }));
  announce(say("kept"), true);
}

async function gone(form, { id, link }) {
  emptied(form);
  if (link) {
    await outbox.drop(id);
    const to = new URL(link, location.href);
    return location.assign(to.pathname + to.search);
  }
  announce(say("sent"));
  const shown = document.querySelector("#main [data-live^=ticket]");
  if (shown && window.htmx) window.htmx.trigger(shown, "live");
  else location.reload();
}

document.addEventListener("ecopick:queue", ({ detail }) => {
  const form = going.get(detail.id);
  if (form && detail.state === "sending") progressOf(form, detail.loaded ?? 0);
  else if (form) {
    going.delete(detail.id);
    if (detail.state === "sent") return gone(form, detail);
    if (detail.state === "refused") outbox.drop(detail.id).then(() => fail(form, detail.body, detail.note));
    else kept(form);
  } else if (detail.state === "sent" && detail.kind !== "file") {
    showToast(say("sent"));
    const shown = document.querySelector("#main [data-live^=ticket]");
    if (shown) window.htmx?.trigger(shown, "live");
  }
  if (!detail.total) draw();
});

/** Draw what waits; `waiting.js` does, once there is something. */
async function draw() {
  const entries = (await outbox.all()).filter((entry) => !going.has(entry.id));
  if (!entries.length && !document.querySelector("[data-queue-list] li")) return;
  const { list } = await import("./waiting.js");
  list(entries);
}

// ---- what was begun ----
const ownerOf = (form) => (form.hasAttribute("data-queue-public") ? null : me);
const draftId = (form) => `${location.pathname}#${form.id}#${ownerOf(form) ?? ""}`;
let timer;

document.addEventListener("input", (event) => {
  const form = event.target.form ?? event.target;
  if (!form?.matches?.('form[data-queue="request"]')) return;
  clearTimeout(timer);
  timer = setTimeout(async () => {
    if (form.hasAttribute("data-busy")) return;
    const fields = fieldsOf(form).filter(([name]) => !["csrf_token", "idempotency_key"].includes(name) && !form.elements[name]?.matches?.("[type=hidden]"));
    outbox.put({ id: draftId(form), at: Date.now(), user: ownerOf(form), fields, files: await gather(form) }, "drafts");
  }, 400);
});

async function restore(form) {
  await outbox.expire();
  const draft = await outbox.get(draftId(form), "drafts");
  if (!draft || document.querySelector("[data-error-summary]") || (draft.user && draft.user !== me)) return;
  for (const [name, value] of draft.fields) {
    for (const field of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
      if (field.type === "radio" || field.type === "checkbox") field.checked ||= field.value === value;
      else if (field.type !== "file") field.value ||= value;
    }
  }
  putBack(form, draft.files);
}

for (const form of document.querySelectorAll('form[data-queue="request"]')) {
  restore(form);
  const title = document.querySelector(".phone-head .titles b")?.textContent ?? document.title;
  outbox.put({ id: location.pathname, at: Date.now(), user: ownerOf(form), href: location.href, title }, "forms");
}

// ---- signing out forgets what is one's own; with something unsent it asks first ----
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.action?.endsWith?.("/logout") || form.dataset.forgotten) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const own = (await soon(outbox.all(), [])).filter((entry) => entry.user === me && me && entry.state !== "sent").length;
  if (!own) return signOut(form);
  const { askBeforeLeaving } = await import("./waiting.js");
  askBeforeLeaving(own, () => signOut(form));
}, true);

/** The answer, or `otherwise`: a database that does not answer keeps nobody from signing out. */
const soon = (answer, otherwise) => Promise.race([answer, new Promise((done) => { setTimeout(done, LONGEST, otherwise); })]);

async function signOut(form) {
  forgetOwnDrafts();
  await soon(outbox.forget(me));
  form.dataset.forgotten = "1";
  form.requestSubmit();
}

outbox.channel?.addEventListener("message", (event) => {
  if (event.data.state === "sent" || event.data.state === "forgotten" || !event.data.loaded) draw();
});
document.addEventListener("ecopick:line", draw);
draw();
outbox.expire();
if (document.querySelector("[data-saved-forms]")) import("./waiting.js").then(({ forms }) => forms());
if (!isOff()) leave();
