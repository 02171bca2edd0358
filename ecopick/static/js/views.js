// Tabs that do not fit side by side: the current one is scrolled into sight.
for (const tab of document.querySelectorAll(".views > [aria-current]")) {
  const row = tab.parentElement.getBoundingClientRect();
  const own = tab.getBoundingClientRect();
  if (own.right > row.right) tab.parentElement.scrollLeft += own.right - row.right + 24;
}
