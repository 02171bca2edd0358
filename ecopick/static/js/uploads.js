// Uploads: pick or drop, one tile a file with its real progress; what cannot leave now waits on this device.
import { enqueue, isOff, leave } from "./line.js";
import { shrink } from "./pictures.js";

const LOOKS = {
  idle: ["tone-slate", "file"],
  waiting: ["tone-amber", "clock-arrow-up"],
  sending: ["tone-slate", "upload"],
  scanning: ["tone-slate", "scan"],
  done: ["tone-green", "circle-check"],
  refused: ["tone-red", "circle-alert"],
};
const tiles = new Map();

/** The sentences of a form with files. */
export function words(form) {
  return form.querySelector("[data-upload-words]").dataset;
}

/** Let a tile say how its file stands. */
export function show(tile, state, note) {
  const [tone, name] = LOOKS[state];
  tile.className = `upload is-${state} ${tone}`;
  tile.dataset.uploadItem = state;
  tile.querySelector("[data-upload-note]").textContent = note;
  const use = tile.querySelector(".state use");
  use.setAttribute("href", `${use.getAttribute("href").split("#")[0]}#${name}`);
  const bar = tile.querySelector("progress");
  if (bar) bar.hidden = state !== "sending";
}

/** How much of a file has left, from 0 to 1. */
export function progress(tile, share, said) {
  const percent = Math.round(Math.max(0, Math.min(1, share)) * 100);
  tile.querySelector("progress").value = percent;
  tile.querySelector("[data-upload-note]").textContent = `${said.sending} ${percent} %`;
}

/** A tile for a file, with a picture where it is one that the browser can show. */
export function makeTile(form, file) {
  const tile = form.querySelector("[data-upload-template]").content.firstElementChild.cloneNode(true);
  const name = tile.querySelector(".name");
  name.textContent = file.name;
  name.title = file.name;
  tile.querySelector("progress")?.setAttribute("aria-label", file.name);
  if (file.type.startsWith("image/")) {
    const picture = document.createElement("img");
    picture.alt = "";
    picture.src = URL.createObjectURL(file);
    for (const type of ["load", "error"]) picture.addEventListener(type, () => URL.revokeObjectURL(picture.src), { once: true });
    picture.addEventListener("error", () => picture.remove(), { once: true });
    tile.prepend(picture);
  }
  form.querySelector("[data-upload-list]").append(tile);
  return tile;
}

async function take(form, chosen) {
  const input = form.querySelector("[data-upload-input]");
  const files = input.multiple ? [...chosen] : [...chosen].slice(0, 1);
  input.value = "";
  const made = files.map((file) => [file, makeTile(form, file)]);
  for (const [file, tile] of made) {
    if (file.size > Number(form.dataset.maxMb) * 1024 * 1024) {
      show(tile, "refused", words(form).tooLarge);
      continue;
    }
    show(tile, isOff() ? "waiting" : "sending", isOff() ? words(form).waiting : words(form).sending);
    const fields = [...form.querySelectorAll('input[type="hidden"]')].map((field) => [field.name, field.value]);
    const entry = await enqueue("file", { url: form.action, title: file.name, fields, files: [{ field: input.name, ...await shrink(file) }] });
    tiles.set(entry.id, { form, file, tile });
    leave();
  }
}

document.addEventListener("ecopick:queue", ({ detail }) => {
  const { id, state, loaded, total, body, note } = detail;
  const job = tiles.get(id);
  if (!job) return;
  const { form, file, tile } = job;
  const said = words(form);
  if (state === "sending" && total) progress(tile, loaded / total, said);
  else if (state === "sending") show(tile, "sending", said.sending);
  else if (state === "waiting" || state === "signin") show(tile, "waiting", said.waiting);
  else if (state === "refused") {
    tiles.delete(id);
    self.outbox.drop(id);
    show(tile, "refused", note || said.refused);
  } else if (state === "sent") {
    tiles.delete(id);
    const clean = !["pending", "scanning"].includes(body?.state ?? body?.scan_state);
    show(tile, clean ? "done" : "scanning", clean ? said.done : said.scanning);
    form.dispatchEvent(new CustomEvent("ecopick:uploaded", { bubbles: true, detail: { name: file.name, answer: body } }));
    for (const place of document.querySelectorAll('[data-live~="uploads"]')) window.htmx?.trigger(place, "live");
  }
});

/** Whether a file of this page's tiles has this id: it shows there how it stands. */
export const hasTile = (id) => tiles.get(id)?.tile.isConnected ?? false;

addEventListener("beforeunload", (event) => {
  if (document.querySelector('[data-upload-item="sending"]:not(template *)')) event.preventDefault();
});

document.addEventListener("change", (event) => {
  const input = event.target;
  if (input.matches("[data-upload-input]") && input.files.length) take(input.form, input.files);
});

for (const type of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(type, (event) => {
    const zone = event.target.closest?.("[data-drop]");
    if (!zone) return;
    event.preventDefault();
    zone.classList.toggle("is-over", type === "dragover");
    if (type === "drop" && event.dataTransfer.files.length) take(zone.closest("form"), event.dataTransfer.files);
  });
}
