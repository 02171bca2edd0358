// Writing on a ticket: files with their progress, names, two audiences with a draft each; nothing typed is lost.
import { draftOf, forgetDrafts, keepDraft, restoreDrafts } from "./forms.js";
import { enqueue, leave } from "./line.js";
import { refreshedSince } from "./live.js";
import { renew } from "./session.js";
import { makeTile, show, words } from "./uploads.js";
import { announce, csrfToken, icon, say } from "./words.js";

const chosen = new WeakMap();
const filesOf = (form) => chosen.get(form) ?? chosen.set(form, []).get(form);
const text = (form) => form.querySelector("textarea");

// ---- files: picked, dropped or pasted; sent with the message ----
function add(form, files) {
  const said = words(form);
  for (const file of files) {
    const tile = makeTile(form, file);
    const job = { file, tile, tooLarge: file.size > Number(form.dataset.maxMb) * 1024 * 1024 };
    const out = document.createElement("button");
    out.type = "button";
    out.className = "drop-it";
    out.setAttribute("aria-label", said.remove.replace("{name}", file.name));
    out.append(icon("x", 14));
    out.addEventListener("click", () => {
      filesOf(form).splice(filesOf(form).indexOf(job), 1);
      tile.remove();
      text(form).focus();
    });
    tile.append(out);
    show(tile, job.tooLarge ? "refused" : "done", job.tooLarge ? said.tooLarge : said.done);
    filesOf(form).push(job);
  }
  form.setAttribute("hx-morph-skip", "");
}

function progress(form, loaded) {
  let before = 0;
  for (const { file, tile } of filesOf(form)) {
    const share = Math.max(0, Math.min(1, (loaded - before) / (file.size || 1)));
    before += file.size;
    tile.querySelector("progress").value = Math.round(share * 100);
  }
}

function fail(form, problem = {}) {
  const errors = problem.errors ?? {};
  const sentence = errors.body ?? errors.file ?? errors.mentions ?? problem.title ?? say("failed");
  const place = form.querySelector("[data-composer-error]");
  if (place) {
    const line = document.createElement("span");
    line.textContent = sentence;
    place.replaceChildren(icon("circle-alert", 14), line);
  } else announce(sentence, true);
  for (const { tile } of filesOf(form)) show(tile, errors.file ? "refused" : "done", errors.file ?? words(form).done);
  keepDraft(text(form));
  text(form).focus();
}

function sent(form, began, words = form.querySelector("[data-upload-words]")?.dataset.sent) {
  forgetDrafts(form);
  for (const { tile } of filesOf(form).splice(0)) tile.remove();
  for (const field of form.querySelectorAll("input[name=mentions]")) field.remove();
  text(form).value = "";
  form.querySelector("[data-composer-error]")?.replaceChildren();
  form.removeAttribute("hx-morph-skip");
  count(form);
  announce(words);
  stick = true;
  // The stream tells of one's own message too; without a stream it is asked for.
  setTimeout(() => {
    const centre = document.getElementById("ticket-centre");
    if (centre && !refreshedSince(centre, began)) window.htmx?.trigger(centre, "live");
  }, 300);
}

/** No line: the message waits on this device, and leaves by itself. */
async function later(form, data, files) {
  const fields = [...data].filter(([, value]) => typeof value === "string");
  const kept = files.map(({ file }) => ({ field: "file", name: file.name, blob: file }));
  await enqueue("message", { url: form.action, title: data.get("body").trim().slice(0, 120) || files[0].file.name, fields, files: kept, id: form.dataset.attempt });
  busy(form, false);
  delete form.dataset.attempt;
  sent(form, Date.now(), say("kept"));
  document.dispatchEvent(new CustomEvent("ecopick:queue", { detail: { state: "waiting" } }));
  leave();
}

function busy(form, on) {
  form.toggleAttribute("data-busy", on);
  const button = form.querySelector("[type=submit]");
  if (on) button.setAttribute("aria-busy", "true");
  else button.removeAttribute("aria-busy");
}

function send(form) {
  const files = filesOf(form);
  if (form.hasAttribute("data-busy") || (!text(form).value.trim() && !files.length)) return text(form).focus();
  for (const field of form.querySelectorAll("input[name=mentions]")) {
    if (!text(form).value.includes(field.dataset.name)) field.remove();
  }
  const data = new FormData(form);
  data.delete("file");
  for (const { file, tile } of files) {
    data.append("file", file, file.name);
    show(tile, "sending", words(form).sending);
  }
  // The same attempt twice, after a broken line, makes one message.
  form.dataset.attempt ||= crypto.randomUUID?.() ?? String(Math.random());
  const request = new XMLHttpRequest();
  const began = Date.now();
  request.open("POST", form.action);
  for (const [name, value] of [["Accept", "application/json"], ["X-Requested-With", "fetch"], ["X-CSRF-Token", csrfToken()], ["Idempotency-Key", form.dataset.attempt]]) {
    request.setRequestHeader(name, value);
  }
  request.upload.onprogress = (event) => progress(form, event.loaded);
  request.onload = () => {
    busy(form, false);
    delete form.dataset.attempt;
    if (request.status < 300) return sent(form, began);
    if (request.status === 401) renew().then((goesOn) => { if (goesOn) send(form); });
    let problem;
    try { problem = JSON.parse(request.responseText); } catch { /* a page instead of JSON */ }
    fail(form, problem);
  };
  request.onerror = () => later(form, data, files);
  busy(form, true);
  request.send(data);
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-composer]")) return;
  event.preventDefault();
  send(event.target);
}, true);

document.addEventListener("change", (event) => {
  const form = event.target.closest?.("[data-composer]");
  if (!form) return;
  if (event.target.type === "file") {
    add(form, event.target.files);
    event.target.value = "";
  } else if (event.target.name === "visibility") audience(form, true);
});

document.addEventListener("paste", (event) => {
  const form = event.target.closest?.("[data-composer]");
  if (!form || !form.querySelector("[data-upload-list]") || !event.clipboardData.files.length) return;
  event.preventDefault();
  add(form, event.clipboardData.files);
});

for (const type of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(type, (event) => {
    const form = event.target.closest?.("[data-composer]");
    if (!form?.querySelector("[data-upload-list]") || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    form.classList.toggle("is-over", type === "dragover");
    if (type === "drop") add(form, event.dataTransfer.files);
  });
}

// ---- audience: each has a draft; a text goes along where the other has none ----
function audience(form, asked) {
  const field = text(form);
  const team = form.elements.visibility.value === "team";
  const own = field.dataset.draftEveryone ??= field.dataset.draft;
  const key = team ? field.dataset.draftTeam : own;
  if (asked && key !== field.dataset.draft) {
    const waiting = draftOf(key);
    if (waiting) {
      keepDraft(field);
      field.value = waiting;
    } else forgetDrafts(form);
  }
  field.dataset.draft = key;
  if (asked) keepDraft(field);
  field.placeholder = team ? field.dataset.hintTeam : field.dataset.hint;
  const label = form.querySelector("[data-send]");
  label.textContent = team ? label.dataset.team : label.dataset.everyone;
  count(form);
}

function count(form) {
  const place = form.querySelector("[data-count]");
  if (!place) return;
  const left = text(form).maxLength - text(form).value.length;
  place.textContent = left < 800 ? place.dataset.words.replace("{n}", String(left)) : "";
}

// ---- names ----
const picker = (form) => form.querySelector("[data-mention-picker]");
const options = (box) => [...box.querySelectorAll("[role=option]:not([hidden])")];

async function openPicker(form) {
  const box = picker(form);
  if (!box) return;
  const find = box.querySelector("input");
  box.hidden = false;
  find.value = "";
  find.setAttribute("aria-expanded", "true");
  find.focus();
  const to = form.elements.visibility.value;
  const answer = await fetch(`${box.dataset.href}?audience=${to}`).catch(() => null);
  if (answer?.ok) box.querySelector("ul").replaceChildren(...new DOMParser().parseFromString(await answer.text(), "text/html").body.childNodes);
  narrow(box);
}

function narrow(box) {
  const find = box.querySelector("input");
  const wanted = find.value.trim().toLocaleLowerCase();
  for (const option of box.querySelectorAll("[role=option]")) option.hidden = !option.dataset.name.toLocaleLowerCase().includes(wanted);
  const found = options(box);
  box.querySelector("[data-none]").hidden = found.length > 0;
  mark(box, found[0]);
}

function mark(box, option) {
  for (const each of box.querySelectorAll("[aria-selected=true]")) each.setAttribute("aria-selected", "false");
  const find = box.querySelector("input");
  if (!option) return find.removeAttribute("aria-activedescendant");
  option.setAttribute("aria-selected", "true");
  option.scrollIntoView({ block: "nearest" });
  find.setAttribute("aria-activedescendant", option.id);
}

function closePicker(form, option) {
  const box = picker(form);
  const field = text(form);
  box.hidden = true;
  box.querySelector("input").setAttribute("aria-expanded", "false");
  if (option) {
    const at = field.selectionStart;
    const from = field.value.slice(0, at).endsWith("@") ? at - 1 : at;
    const before = from > 0 && !/\s$/.test(field.value.slice(0, from)) ? " " : "";
    field.setRangeText(`${before}@${option.dataset.name} `, from, at, "end");
    const named = document.createElement("input");
    named.type = "hidden";
    named.name = "mentions";
    named.value = option.dataset.id;
    named.dataset.name = `@${option.dataset.name}`;
    if (![...form.querySelectorAll("input[name=mentions]")].some((each) => each.value === named.value)) form.append(named);
  }
  field.focus();
  if (option) field.dispatchEvent(new InputEvent("input", { bubbles: true }));
}

document.addEventListener("input", (event) => {
  const form = event.target.closest?.("[data-composer]");
  if (!form) return;
  if (event.target === text(form)) {
    delete form.dataset.attempt;
    count(form);
    const before = text(form).value.slice(0, text(form).selectionStart);
    if (event.data === "@" && /(^|\s)@$/.test(before)) openPicker(form);
  } else if (event.target.closest("[data-mention-picker]")) narrow(picker(form));
});

document.addEventListener("keydown", (event) => {
  const box = event.target.closest?.("[data-mention-picker]");
  if (!box) return;
  const form = box.closest("form");
  const found = options(box);
  const at = found.findIndex((each) => each.getAttribute("aria-selected") === "true");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && found.length) mark(box, found[(at + step + found.length) % found.length]);
  else if (event.key === "Enter" || (event.key === "Tab" && found[at])) closePicker(form, found[at]);
  else if (event.key === "Escape") closePicker(form);
  else return;
  event.preventDefault();
  event.stopPropagation();
}, true);

document.addEventListener("pointerdown", (event) => {
  const option = event.target.closest?.("[data-mention-picker] [role=option]");
  if (option) {
    event.preventDefault();
    closePicker(option.closest("form"), option);
  }
});

document.addEventListener("focusout", (event) => {
  const box = event.target.closest?.("[data-mention-picker]");
  if (box && !box.contains(event.relatedTarget)) box.hidden = true;
});

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-mention-open]");
  if (opener) openPicker(opener.closest("form"));
});

// ---- the newest message stays in sight for whoever reads at the end ----
let stick = true;
const scroller = () => document.getElementById("feed") && document.getElementById("main");

function toEnd() {
  const main = scroller();
  if (main && stick && !location.hash) main.scrollTop = main.scrollHeight;
}

document.addEventListener("scroll", (event) => {
  if (event.target.id === "main") stick = event.target.scrollHeight - event.target.scrollTop - event.target.clientHeight < 60;
}, true);

function start() {
  restoreDrafts(document);
  for (const form of document.querySelectorAll("[data-composer]")) {
    const field = text(form);
    if (form.elements.visibility?.tagName === "SELECT") {
      if (!field.value && draftOf(field.dataset.draftTeam)) {
        form.elements.visibility.value = "team";
        field.value = draftOf(field.dataset.draftTeam);
      }
      audience(form, false);
    }
  }
  toEnd();
}
document.addEventListener("htmx:after:swap", (event) => {
  if (event.detail.ctx?.target?.id === "main") start();
});
start();
