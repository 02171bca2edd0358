// Uploads: pick or drop, one tile a file with its real progress; what cannot leave now waits for the line.
import { renew } from "./session.js";
import { csrfToken } from "./words.js";

const LOOKS = {
  waiting: ["tone-amber", "cloud-off"],
  sending: ["tone-slate", "upload"],
  scanning: ["tone-slate", "scan"],
  done: ["tone-green", "circle-check"],
  refused: ["tone-red", "circle-alert"],
};
const queue = [];

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

/** A tile for a file, with a picture where it is one. */
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
    picture.addEventListener("load", () => URL.revokeObjectURL(picture.src), { once: true });
    tile.prepend(picture);
  }
  form.querySelector("[data-upload-list]").append(tile);
  return tile;
}

function take(form, files) {
  const input = form.querySelector("[data-upload-input]");
  for (const file of input.multiple ? files : [...files].slice(0, 1)) {
    const tile = makeTile(form, file);
    if (file.size > Number(form.dataset.maxMb) * 1024 * 1024) show(tile, "refused", words(form).tooLarge);
    else send({ form, file, tile, key: crypto.randomUUID?.() ?? String(Math.random()) });
  }
  input.value = "";
}

function send(job) {
  const { form, file, tile, key } = job;
  if (!navigator.onLine) return wait(job);
  const said = words(form);
  const data = new FormData();
  for (const field of form.querySelectorAll('input[type="hidden"]')) data.append(field.name, field.value);
  data.append(form.querySelector("[data-upload-input]").name, file);
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "application/json");
  request.setRequestHeader("X-Requested-With", "fetch");
  request.setRequestHeader("X-CSRF-Token", csrfToken());
  request.setRequestHeader("Idempotency-Key", key);
  show(tile, "sending", said.sending);
  request.upload.onprogress = (event) => {
    if (!event.lengthComputable) return;
    const percent = Math.round((event.loaded / event.total) * 100);
    tile.querySelector("progress").value = percent;
    tile.querySelector("[data-upload-note]").textContent = `${said.sending} ${percent} %`;
  };
  request.onload = () => finish(job, request);
  request.onerror = () => wait(job);
  request.send(data);
}

function finish(job, request) {
  const { form, file, tile } = job;
  const said = words(form);
  if (request.status === 401) {
    // It waits like a file without a line, and leaves once the person is signed in again.
    wait(job);
    renew().then((goesOn) => { if (goesOn) queue.splice(0).forEach(send); });
    return;
  }
  let answer = {};
  try { answer = JSON.parse(request.responseText); } catch { /* an error page instead of JSON */ }
  if (request.status >= 400) {
    const sentence = answer.errors ? Object.values(answer.errors)[0] : answer.title;
    show(tile, "refused", sentence || said.refused);
    return;
  }
  const clean = (answer.state ?? answer.scan_state ?? "clean") !== "pending";
  show(tile, clean ? "done" : "scanning", clean ? said.done : said.scanning);
  form.dispatchEvent(new CustomEvent("ecopick:uploaded", { bubbles: true, detail: { name: file.name, answer } }));
  for (const place of document.querySelectorAll('[data-live~="uploads"]')) window.htmx?.trigger(place, "live");
}

function wait(job) {
  show(job.tile, "waiting", words(job.form).waiting);
  if (!queue.includes(job)) queue.push(job);
}

addEventListener("online", () => queue.splice(0).forEach(send));
// The line may be back without the browser saying so.
setInterval(() => { if (navigator.onLine) queue.splice(0).forEach(send); }, 15000);
addEventListener("beforeunload", (event) => {
  if (queue.length || document.querySelector('[data-upload-item="sending"]:not(template *)')) event.preventDefault();
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
