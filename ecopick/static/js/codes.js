// One-time codes: a pasted code loses its blanks, a whole one is sent by itself.
document.addEventListener("paste", (event) => {
  const field = event.target;
  if (!field.matches?.("[data-code]")) return;
  const digits = (event.clipboardData?.getData("text") ?? "").replace(/\D/g, "");
  if (digits.length !== field.maxLength) return;
  event.preventDefault();
  field.value = digits;
  sendWhole(field);
});

document.addEventListener("input", (event) => {
  if (event.target.matches?.("[data-code]")) sendWhole(event.target);
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) print();
});

function sendWhole(field) {
  if (/^\d+$/.test(field.value) && field.value.length === field.maxLength) field.form.requestSubmit();
}

// Typed or filled in before this script ran; what a reload or the way back restores was sent already.
if (performance.getEntriesByType("navigation")[0]?.type === "navigate") {
  for (const field of document.querySelectorAll("[data-code]")) sendWhole(field);
}
