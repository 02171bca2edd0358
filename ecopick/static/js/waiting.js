// What waits on this device, as a list under the head of the page; both versions where something
// changed in the meantime. Loaded only when there is something to show.
import { isOff, leave, me } from "./line.js";
import { hasTile } from "./uploads.js";
import { icon, say } from "./words.js";

const { outbox } = self;
const LOOKS = {
  waiting: ["amber", "clock-arrow-up", "waits"],
  sending: ["slate", "upload", "sending"],
  signin: ["amber", "lock", "waitsSignIn"],
  conflict: ["violet", "git-compare", "changedMeanwhile"],
  refused: ["red", "circle-alert", "refused"],
  sent: ["green", "circle-check", "sent"],
};

function make(tag, className, ...inside) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...inside);
  return element;
}

function act(words, run, primary = false) {
  const button = make("button", `btn ${primary ? "btn-primary" : "btn-outline"} btn-sm`, make("span", "", words));
  button.type = "button";
  button.addEventListener("click", run);
  return button;
}

async function again(entry) {
  entry.after = 0;
  await outbox.set(entry, "waiting");
  leave();
}

function row(entry) {
  const [tone, name, key] = LOOKS[entry.state];
  const pictures = entry.kind === "request" && entry.files.length ? `, ${say(entry.files.length === 1 ? "onePhoto" : "photos", { n: entry.files.length })}` : "";
  const reason = entry.note ? `: ${entry.note}` : "";
  const text = make("span", "text", make("b", "", entry.title), make("span", "", say(key) + reason + pictures));
  const item = make("li", `tone-${tone}`, icon(name, 20), text);
  item.dataset.state = entry.state;
  if (entry.state === "conflict") item.append(act(say("compare"), () => compare(entry), true));
  else if (entry.state === "signin") {
    if (entry.user !== me) item.append(toSignIn());
    else item.append(act(say("sendNow"), () => again(entry)));
  } else if (entry.state === "sent") {
    const to = new URL(entry.link, location.href);
    const link = make("a", "btn btn-primary btn-sm", make("span", "", say("show")));
    link.href = to.pathname + to.search;
    link.addEventListener("click", () => outbox.drop(entry.id));
    item.append(link);
  } else if (entry.state !== "sending" && !isOff()) item.append(act(say("sendNow"), () => again(entry)));
  if (entry.state !== "sending") {
    const out = act("", async () => { await outbox.drop(entry.id); list((await outbox.all())); });
    out.className = "btn btn-quiet btn-icon btn-sm";
    out.replaceChildren(icon("trash-2", 16));
    out.setAttribute("aria-label", say("deleteIt", { name: entry.title }));
    item.append(out);
  }
  return item;
}

/** What others left here, as a number: what it says is theirs. */
function ofOthers(many) {
  const text = make("span", "text", make("b", "", say("othersWait", { n: many })));
  const item = make("li", "tone-slate", icon("lock", 20), text);
  item.dataset.others = String(many);
  if (!me) item.append(toSignIn());
  return item;
}

function toSignIn() {
  const link = make("a", "btn btn-outline btn-sm", make("span", "", say("signIn")));
  link.href = `/${document.documentElement.lang}/login`;
  return link;
}

/** Show what waits of this person; what a tile of this page shows already is not said twice. */
export function list(entries) {
  const place = document.querySelector("[data-queue-list]");
  if (!place) return;
  const mine = entries.filter((entry) => !entry.user || entry.user === me);
  const rows = mine.filter((entry) => !hasTile(entry.id)).map(row);
  if (mine.length < entries.length) rows.push(ofOthers(entries.length - mine.length));
  place.replaceChildren(...rows);
  place.hidden = !rows.length;
}

function dialog(title, ...inside) {
  const box = make("dialog", "dialog");
  const head = make("h2", "", title);
  head.id = "queue-dialog-title";
  box.setAttribute("aria-labelledby", head.id);
  box.append(head, ...inside);
  box.addEventListener("close", () => box.remove());
  document.body.append(box);
  box.showModal();
  return box;
}

/** Two versions side by side; the person decides which one counts. */
function compare(entry) {
  const side = (head, words, note) => make("div", "card pad", make("p", "t-13", head), make("b", "", words), make("p", "t-13", note));
  const at = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "short", timeStyle: "short" });
  const sides = make("div", "grid-2", side(say("yours"), entry.title, at.format(entry.at)), side(say("theirs"), entry.now?.label ?? "", entry.now?.note ?? ""));
  const mine = act(say("useMine"), async () => {
    await outbox.drop(entry.id);
    const fields = entry.fields.map(([name, value]) => [name, name === "seen" ? entry.now?.status ?? "" : value]);
    await outbox.put({ ...entry, id: crypto.randomUUID(), state: "waiting", fields, note: "" });
    box.close();
    leave();
  }, true);
  const theirs = act(say("useTheirs"), async () => {
    await outbox.drop(entry.id);
    list(await outbox.all());
    box.close();
  });
  const box = dialog(say("changedMeanwhile"), make("p", "", entry.note), sides, make("div", "acts", theirs, mine));
}

/** Ask before somebody signs out with something that has not left. */
export function askBeforeLeaving(many, goOn) {
  const stay = act(say("stay"), () => box.close(), true);
  const go = act(say("signOutAnyway"), () => { box.close(); goOn(); });
  go.className = "btn btn-danger btn-sm";
  const box = dialog(say("unsentTitle"), make("p", "", say("unsent", { n: many })), make("div", "acts", go, stay));
}

/** The forms that open on this device without a line. */
export async function forms() {
  const place = document.querySelector("[data-saved-forms]");
  const kept = new Set();
  for (const name of ["ecopick-public", "ecopick-own"]) {
    for (const key of await (await caches.open(name)).keys()) kept.add(new URL(key.url).pathname);
  }
  const found = (await outbox.all("forms")).filter((each) => kept.has(each.id)).reverse();
  place.replaceChildren(...found.map(({ href, title }) => {
    const link = make("a", "title", title);
    link.href = href;
    return make("div", "row", make("span", "main", link));
  }));
  const section = place.closest("section");
  section.hidden = !found.length;
  document.querySelector("[data-no-forms]").hidden = found.length > 0;
}
