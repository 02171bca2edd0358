// The photos of a form: chosen, shown as tiles, left out again; without scripts a plain field.
import { isOff } from "./line.js";
import { shrink } from "./pictures.js";
import { makeTile, progress, show, words } from "./uploads.js";
import { announce, icon } from "./words.js";

const chosen = new WeakMap();
const field = (form) => form.querySelector("[data-photos]");

/** The photos of a form, as they are going to be sent. */
export const photosOf = (form) => chosen.get(form) ?? chosen.set(form, []).get(form);

function count(form) {
  const box = field(form);
  const place = box.querySelector("[data-photo-count]");
  const many = photosOf(form).length;
  place.textContent = many ? place.dataset.words.replace("{n}", String(many)) : place.dataset.none;
  box.querySelector("[data-photo-add]").hidden = many >= Number(box.dataset.max);
}

function rest(photo, form) {
  if (isOff()) show(photo.tile, "waiting", words(form).waiting);
  else show(photo.tile, "idle", words(form).done);
}

function leaveOut(form, photo) {
  photosOf(form).splice(photosOf(form).indexOf(photo), 1);
  photo.tile.remove();
  count(form);
  field(form).querySelector("input[type=file]").focus();
  form.dispatchEvent(new Event("input", { bubbles: true }));
}

function place(form, file) {
  const tile = makeTile(form, file);
  const photo = { name: file.name, tile };
  const out = document.createElement("button");
  out.type = "button";
  out.className = "drop-it";
  out.setAttribute("aria-label", words(form).remove.replace("{name}", file.name));
  out.append(icon("x", 14));
  out.addEventListener("click", () => leaveOut(form, photo));
  tile.append(out);
  photosOf(form).push(photo);
  count(form);
  return photo;
}

async function add(form, files) {
  const box = field(form);
  for (const file of files) {
    if (photosOf(form).length >= Number(box.dataset.max)) {
      announce(words(form).most, true);
      break;
    }
    const photo = place(form, file);
    if (file.size > Number(box.dataset.maxMb) * 1024 * 1024) {
      show(photo.tile, "refused", words(form).tooLarge);
      photo.refused = true;
      continue;
    }
    show(photo.tile, "idle", "");
    photo.ready = shrink(file).then((made) => { Object.assign(photo, made); rest(photo, form); }, () => show(photo.tile, "refused", words(form).refused));
  }
  await Promise.all(photosOf(form).map((photo) => photo.ready));
  form.dispatchEvent(new Event("input", { bubbles: true }));
}

/** What is to be sent, once every picture is made smaller. */
export async function gather(form) {
  const box = field(form);
  if (!box) return [];
  await Promise.all(photosOf(form).map((photo) => photo.ready));
  const name = box.querySelector("input[type=file]").name;
  return photosOf(form).filter((photo) => photo.blob).map((photo) => ({ field: name, name: photo.name, blob: photo.blob }));
}

/** Put photos back that were kept on this device. */
export function putBack(form, files) {
  if (!field(form)) return;
  for (const { name, blob } of files) {
    const photo = place(form, new File([blob], name, { type: blob.type }));
    Object.assign(photo, { blob });
    rest(photo, form);
  }
}

export function clear(form) {
  if (!field(form)) return;
  for (const photo of photosOf(form).splice(0)) photo.tile.remove();
  count(form);
}

/** Show on the tiles how far a form has left; `null`: it is not being sent. */
export function progressOf(form, loaded) {
  let before = 0;
  for (const photo of photosOf(form)) {
    if (loaded === null) rest(photo, form);
    else {
      if (photo.tile.dataset.uploadItem !== "sending") show(photo.tile, "sending", words(form).sending);
      progress(photo.tile, (loaded - before) / (photo.blob?.size || 1), words(form));
      before += photo.blob?.size ?? 0;
    }
  }
}

document.addEventListener("change", (event) => {
  const input = event.target;
  if (!input.closest?.("[data-photos]") || input.type !== "file" || !input.files.length) return;
  const files = [...input.files];
  input.value = "";
  add(input.form, files);
});

document.addEventListener("ecopick:line", () => {
  for (const box of document.querySelectorAll("[data-photos]")) {
    const form = box.closest("form");
    for (const photo of photosOf(form)) if (photo.blob && photo.tile.dataset.uploadItem !== "sending") rest(photo, form);
  }
});
