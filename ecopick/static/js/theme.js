// Light, dark, high contrast, or as the system wants ("").
const YEAR = 31536000;

function choose(theme) {
  const root = document.documentElement;
  if (theme) root.dataset.theme = theme;
  else delete root.dataset.theme;
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `ecopick_theme=${theme}; path=/; max-age=${theme ? YEAR : 0}; samesite=lax${secure}`;
  mark();
}

function mark() {
  const now = document.documentElement.dataset.theme ?? "";
  for (const button of document.querySelectorAll("[data-theme-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === now));
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-theme-choice]");
  if (button) choose(button.dataset.themeChoice);
});
mark();
