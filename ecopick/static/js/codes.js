// One-time codes: a pasted code loses its blanks, a whole one is sent by itself.
document.addEventListener("paste", (event) => {
  const field = event.target;
  if (!field.matches?.("[data-code]")) return;
  const digits = (event.clipboardData?.getData("text") ?? "").replace(/\D/g, "");
  if (digits.length !== field.maxLength) return;
  event.preventDefault();
  field.value = digits;
  field.dispatchEvent(new Event("input", { bubbles: true }));
});

document.addEventListener("input", (event) => {
  const field = event.target;
  if (!field.matches?.("[data-code]")) return;
  if (/^\d+$/.test(field.value) && field.value.length === field.maxLength) field.form.requestSubmit();
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) print();
});
