// Rows: selection with the bulk bar, and the row that the keyboard stands on.
const boxes = (form) => [...form.querySelectorAll("[data-row-check]")];

function count(form) {
  if (!form) return;
  const all = boxes(form);
  const chosen = all.filter((box) => box.checked).length;
  for (const place of form.querySelectorAll("[data-bulk-count]")) place.textContent = String(chosen);
  const head = form.querySelector("[data-check-all]");
  if (head) {
    head.checked = chosen > 0 && chosen === all.length;
    head.indeterminate = chosen > 0 && chosen < all.length;
  }
}

let last = null;

document.addEventListener("change", (event) => {
  const box = event.target;
  if (box.matches("[data-check-all]")) {
    for (const item of boxes(box.form)) item.checked = box.checked;
    count(box.form);
  } else if (box.matches("[data-row-check]")) {
    count(box.form);
  }
});

// Shift-click selects everything in between.
document.addEventListener("click", (event) => {
  const box = event.target.closest("[data-row-check]");
  if (!box) return;
  if (event.shiftKey && last?.form === box.form) {
    const all = boxes(box.form);
    const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
    for (const item of all.slice(from, to + 1)) item.checked = box.checked;
    count(box.form);
  }
  last = box;
});

document.addEventListener("reset", (event) => setTimeout(() => count(event.target)));
document.addEventListener("htmx:after:swap", () => refresh());
addEventListener("pageshow", () => refresh());

function refresh() {
  // Rows that were drawn anew: the keyboard still stands on the one that has the focus.
  if (!currentRow()) document.activeElement?.closest("tr:has(.row-link), .rows > .row")?.classList.add("is-current");
  for (const bar of document.querySelectorAll("[data-bulk]")) count(bar.closest("form"));
}

/** All rows that the keyboard can walk. */
export function rows() {
  return [...document.querySelectorAll("tr:has(.row-link), .rows > .row")].filter((row) => row.offsetParent);
}

/** The row that is current, if any. */
export function currentRow() {
  return document.querySelector("tr.is-current, .row.is-current");
}

/** Move the current row by `step` and show it; focus goes to its link. Whether there are rows. */
export function moveRow(step) {
  const all = rows();
  if (!all.length) return false;
  const at = all.indexOf(currentRow());
  const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
  currentRow()?.classList.remove("is-current");
  next.classList.add("is-current");
  (next.querySelector(".row-link, .title[href]") ?? next).focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
  return true;
}

refresh();
