// Runs before the first paint: says that scripts work, and keeps the chosen theme.
(function () {
  var root = document.documentElement;
  root.classList.add("js");
  var chosen = /(?:^|; )ecopick_theme=(light|dark|contrast)/.exec(document.cookie);
  if (chosen) root.dataset.theme = chosen[1];
})();
