// The side panels of a ticket: drawn or moved by arrow keys, hidden by Enter; kept for the person.
import { csrfToken } from "./words.js";

const work = document.getElementById("work");
const STEP = 20;
let waiting = 0;

const bars = () => [...work.querySelectorAll(".splitter")];
const isShut = (bar) => work.classList.contains(`${bar.dataset.side}-shut`);
const width = (bar) => Number(bar.getAttribute("aria-valuenow"));

function resize(bar, asked) {
  const { side } = bar.dataset;
  const [least, most] = [Number(bar.getAttribute("aria-valuemin")), Number(bar.getAttribute("aria-valuemax"))];
  const next = Math.min(most, Math.max(least, Math.round(asked / STEP) * STEP));
  work.classList.remove(`${side}-shut`, ...[...work.classList].filter((name) => name.startsWith(`${side}-`)));
  work.classList.add(`${side}-${next}`);
  bar.setAttribute("aria-valuenow", next);
}

function toggle(bar) {
  work.classList.toggle(`${bar.dataset.side}-shut`);
}

function save() {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    const value = {};
    for (const bar of bars()) {
      const { side, usual } = bar.dataset;
      value[side] = width(bar) === Number(usual) ? null : width(bar);
      value[`${side}_collapsed`] = isShut(bar);
    }
    fetch(work.dataset.panels, {
      method: "PUT",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": csrfToken() },
      body: JSON.stringify({ value }),
      keepalive: true,
    });
  }, 300);
}

function drag(bar, event) {
  if (event.button) return;
  const from = event.clientX;
  let moved = false;
  const move = (to) => {
    moved ||= Math.abs(to.clientX - from) > 3;
    if (!moved) return;
    const frame = work.getBoundingClientRect();
    resize(bar, bar.dataset.side === "left" ? to.clientX - frame.left : frame.right - to.clientX);
  };
  bar.setPointerCapture(event.pointerId);
  bar.classList.add("is-held");
  bar.addEventListener("pointermove", move);
  bar.addEventListener("lostpointercapture", () => {
    bar.removeEventListener("pointermove", move);
    bar.classList.remove("is-held");
    if (!moved && isShut(bar)) toggle(bar);
    save();
  }, { once: true });
}

function key(bar, event) {
  const wider = bar.dataset.side === "left" ? "ArrowRight" : "ArrowLeft";
  const narrower = bar.dataset.side === "left" ? "ArrowLeft" : "ArrowRight";
  if (event.key === wider) resize(bar, width(bar) + STEP);
  else if (event.key === narrower) resize(bar, width(bar) - STEP);
  else if (event.key === "Home") resize(bar, 0);
  else if (event.key === "End") resize(bar, 9999);
  else if (event.key === "Enter") toggle(bar);
  else return;
  event.preventDefault();
  event.stopPropagation();
  save();
}

// Where the sections stand in a row, the open one is in sight.
function showOpen() {
  const row = document.querySelector("#ticket-sections .sections");
  const open = row?.querySelector("[aria-current]");
  if (open && row.scrollWidth > row.clientWidth) row.scrollLeft = open.offsetLeft - row.offsetLeft - (row.clientWidth - open.offsetWidth) / 2;
}

if (work) {
  showOpen();
  document.addEventListener("htmx:after:swap", showOpen);
  for (const bar of bars()) {
    bar.addEventListener("pointerdown", (event) => drag(bar, event));
    bar.addEventListener("keydown", (event) => key(bar, event));
    bar.addEventListener("dblclick", () => { toggle(bar); save(); });
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-panel]");
    if (!button) return;
    toggle(bars().find((bar) => bar.dataset.side === button.dataset.panel));
    button.closest("details").open = false;
    save();
  });
}
