// htmx: the CSRF header on every request, and failures said in one place.
import { csrfToken, lastEvent, say } from "./words.js";
import { showToast } from "./toasts.js";

document.addEventListener("htmx:config:request", (event) => {
  const { request, sourceElement } = event.detail.ctx;
  if (request.method !== "GET") request.headers["X-CSRF-Token"] = csrfToken();
  if (sourceElement.id === "events") {
    const last = lastEvent();
    if (last) request.headers["Last-Event-ID"] = last;
  }
});

/** What asks by itself, the stream and the parts that refresh: it tries again, nobody is told. */
const isQuiet = (element) => element.id === "events" || element.matches("[data-live], [data-quiet]");

/** What a failed answer says: the fragment's own words, or the problem's title. */
function message(ctx) {
  const type = ctx.response.headers.get("Content-Type") ?? "";
  if (type.includes("json")) {
    try {
      const problem = JSON.parse(ctx.text);
      return { text: problem.title, reference: problem.request_id?.slice(0, 8).toUpperCase() };
    } catch { return {}; }
  }
  const page = new DOMParser().parseFromString(ctx.text ?? "", "text/html");
  return {
    text: page.querySelector("[data-error-message]")?.textContent.trim(),
    reference: page.querySelector("[data-error-reference]")?.textContent.trim(),
  };
}

document.addEventListener("htmx:response:error", (event) => {
  const { ctx } = event.detail;
  if (isQuiet(ctx.sourceElement) || ctx.response.status === 422) return;
  if (ctx.response.status === 401 && document.querySelector("#session-over[open]")) return;
  if (ctx.hx?.redirect || ctx.hx?.location) return;
  const { text, reference } = message(ctx);
  const more = reference ? ` ${say("reference", { number: reference })}` : "";
  showToast((text || say("failed")) + more, { tone: "error" });
});

document.addEventListener("htmx:error", (event) => {
  const source = event.detail.ctx?.sourceElement;
  if (!source || isQuiet(source)) return;
  showToast(say("offline"), { tone: "error" });
});

// A form that came back with errors: the reader hears and sees them first.
document.addEventListener("htmx:after:swap", (event) => {
  const target = event.detail.ctx?.target;
  const summary = target?.querySelector?.("[data-error-summary]");
  const field = target?.querySelector?.("[aria-invalid=true]");
  (summary ?? field)?.focus();
});
