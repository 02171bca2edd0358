// Pictures in place: a dialog with the next and the one before; links where there is no dialog.
const box = () => document.getElementById("lightbox");
const links = () => [...document.querySelectorAll("main a[data-lightbox]")];
let at = 0, opener = null;

function shown(place) {
  const all = links();
  at = (place + all.length) % all.length;
  const link = all[at];
  const picture = box().querySelector("img");
  picture.src = link.href;
  picture.alt = link.querySelector("img")?.alt ?? link.textContent.trim();
  box().querySelector("[data-caption]").textContent = link.dataset.lightbox;
  box().querySelector("[data-place]").textContent = `${at + 1} / ${all.length}`;
  box().querySelector("[data-open]").href = link.href;
  for (const step of box().querySelectorAll("[data-step]")) step.hidden = all.length < 2;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("main a[data-lightbox]");
  if (link && box()?.showModal && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    opener = link;
    shown(links().indexOf(link));
    box().showModal();
    return;
  }
  const step = event.target.closest("#lightbox [data-step]");
  if (step) shown(at + Number(step.dataset.step));
  else if (event.target === box() || event.target.closest("#lightbox [data-close]")) box().close();
});

document.addEventListener("keydown", (event) => {
  if (!box()?.open) return;
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  shown(at + step);
});

document.addEventListener("close", (event) => {
  if (event.target.id !== "lightbox") return;
  event.target.querySelector("img").removeAttribute("src");
  if (opener?.isConnected) opener.focus();
}, true);
