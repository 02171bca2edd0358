// Dialogs, drawers and menus: open in place, close with Escape, give the focus back.
let opener = null;

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-dialog]");
  if (link && !event.ctrlKey && !event.metaKey) {
    const dialog = document.getElementById(link.dataset.dialog);
    if (dialog?.showModal) {
      event.preventDefault();
      opener = link;
      if (!dialog.open) dialog.showModal();
      return;
    }
  }
  const closer = event.target.closest("[data-dialog-close]");
  if (closer) {
    const dialog = closer.closest("dialog");
    if (dialog?.matches(":modal")) {
      event.preventDefault();
      dialog.close();
    }
    return;
  }
  // A click beside an open menu, or on one of its entries, closes it.
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    const inside = menu.contains(event.target);
    if (!inside || event.target.closest(".menu-list a, .menu-list [type=submit]")) menu.open = false;
  }
});

// A dialog that was fetched into its place (#…-dialog) opens; closed, it goes.
document.addEventListener("htmx:after:swap", () => {
  const dialog = document.querySelector("[id$='-dialog'] > dialog:not([open])");
  if (!dialog?.showModal) return;
  opener = document.activeElement;
  dialog.showModal();
});

document.addEventListener("close", (event) => {
  if (!event.target.matches?.("dialog")) return;
  if (event.target.matches("[id$='-dialog'] > dialog")) event.target.remove();
  if (opener?.isConnected) opener.focus();
  opener = null;
}, true);

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented) return;
  const menu = document.querySelector("details[data-menu][open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
    event.preventDefault();
    return;
  }
  if (document.querySelector("dialog:modal, [popover]:popover-open")) return;
  const close = document.querySelector("[data-drawer] [data-drawer-close]");
  if (close) {
    event.preventDefault();
    close.click();
  }
});

// Arrow keys move inside an open menu.
document.addEventListener("keydown", (event) => {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const menu = event.target.closest?.("details[data-menu][open]");
  if (!menu) return;
  const items = [...menu.querySelectorAll(".menu-item")].filter((item) => item.offsetParent);
  const at = items.indexOf(document.activeElement);
  const next = items[(at + (event.key === "ArrowDown" ? 1 : -1) + items.length) % items.length];
  next?.focus();
  event.preventDefault();
});

// A dialog that was fetched into its place opens at once; closed, the focus goes back.
document.addEventListener("htmx:after:swap", (event) => {
  const { target, sourceElement } = event.detail.ctx ?? {};
  const dialog = target?.matches?.("[data-opens-dialog]") && target.querySelector("dialog");
  if (!dialog?.showModal || dialog.open) return;
  opener = sourceElement;
  dialog.showModal();
});
