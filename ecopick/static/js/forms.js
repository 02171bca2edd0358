// Forms: one submit at a time, drafts kept on the device, typed-in forms left alone by live updates.
import { me } from "./words.js";

// What somebody typed is theirs: whoever signs in next on this device begins with empty fields.
const DRAFT = `ecopick-draft:${me ?? ""}:`;

document.addEventListener("submit", (event) => {
  const form = event.target;
  const button = event.submitter;
  if (form.matches("[hx-post],[hx-put],[hx-patch],[hx-delete],[hx-get]")) {
    if (button) button.dataset.submitted = "";
    return;
  }
  if (event.defaultPrevented || form.method === "dialog") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  if (form.method === "post") {
    form.dataset.sent = "1";
    button?.setAttribute("aria-busy", "true");
    forgetDrafts(form);
  }
});

document.addEventListener("htmx:finally:request", (event) => {
  const { ctx } = event.detail;
  const form = ctx.sourceElement.closest?.("form");
  for (const button of form?.querySelectorAll("[data-submitted]") ?? []) delete button.dataset.submitted;
  if (form && ctx.request.method !== "GET" && ctx.response && ctx.response.status < 400) {
    forgetDrafts(form);
    form.removeAttribute("hx-morph-skip");
  }
});

// The back button brings pages back as they were left: undo the busy state.
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("[aria-busy=true]")) button.removeAttribute("aria-busy");
  }
});

document.addEventListener("input", (event) => {
  const field = event.target;
  if (field.matches?.("[data-draft]")) keepDraft(field);
  // A form that someone types in is not morphed away under the hands.
  const form = field.form;
  if (form && form.method === "post" && !field.matches("[data-row-check], [data-check-all]")) form.setAttribute("hx-morph-skip", "");
});

document.addEventListener("reset", (event) => event.target.removeAttribute("hx-morph-skip"));

/** Keep what is typed on this device. */
export function keepDraft(field) {
  try {
    if (field.value) localStorage.setItem(DRAFT + field.dataset.draft, field.value);
    else localStorage.removeItem(DRAFT + field.dataset.draft);
  } catch { /* private mode or a full store: the draft stays in the field only */ }
}

/** Forget the drafts of a form that was sent. */
export function forgetDrafts(form) {
  for (const field of form.querySelectorAll("[data-draft]")) {
    try { localStorage.removeItem(DRAFT + field.dataset.draft); } catch { return; }
  }
}

/** Forget every draft of whoever is signed in. */
export function forgetOwnDrafts() {
  if (!me) return;
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith(DRAFT)) localStorage.removeItem(key);
  } catch { /* nothing could be kept either */ }
}

/** What was typed into the field with this key before, '' for nothing. */
export function draftOf(key) {
  try { return localStorage.getItem(DRAFT + key) ?? ""; } catch { return ""; }
}

/** Fill empty fields with what was typed before. */
export function restoreDrafts(root) {
  for (const field of root.querySelectorAll("[data-draft]")) {
    field.value ||= draftOf(field.dataset.draft);
  }
}

document.addEventListener("click", (event) => {
  const reveal = event.target.closest("[data-reveal]");
  if (reveal) {
    const field = document.getElementById(reveal.dataset.reveal);
    const shown = field.type === "text";
    field.type = shown ? "password" : "text";
    reveal.setAttribute("aria-pressed", String(!shown));
    return;
  }
  const copy = event.target.closest("[data-copy]");
  if (copy) navigator.clipboard?.writeText(copy.dataset.copy);
  // A control that is not available says why and does nothing.
  if (event.target.closest(".btn[aria-disabled=true]")) event.preventDefault();
});

document.addEventListener("change", (event) => {
  const field = event.target;
  if (field.matches?.("[data-submit-on-change]")) field.form?.requestSubmit();
});

restoreDrafts(document);
document.querySelector("[data-error-summary]")?.focus();
