// The service worker: the shell from this device, forms that may be kept, and what waits to leave.
// `self.shell` (the fingerprint, the files and the start pages) stands before this in /sw.js.
const SHELL = `ecopick-shell-${self.shell.mark}`;
// Forms that anybody may open, and those of whoever is signed in, which go at sign-out.
const KEPT = { public: "ecopick-public", own: "ecopick-own" };
const MOST_FORMS = 12;

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(SHELL);
    const wanted = [...self.shell.files, ...self.shell.pages];
    // Without cookies: nothing of a person gets into the shell.
    await cache.addAll(wanted.map((address) => new Request(address, { credentials: "omit" })));
    await self.skipWaiting();
  })());
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) {
      if (name.startsWith("ecopick-shell-") && name !== SHELL) await caches.delete(name);
    }
    await self.registration.navigationPreload?.enable();
    await self.clients.claim();
  })());
});

/** Keep a form that says that it may be kept; where it does not any longer, forget it. */
async function keep(address, answer) {
  const kind = KEPT[answer.headers?.get("X-Keep-Offline") ?? ""];
  if (!answer.ok || !kind) {
    if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 404 || answer.status === 410) {
      for (const name of Object.values(KEPT)) await (await caches.open(name)).delete(address);
    }
    return;
  }
  // Read to its end first: where the line breaks meanwhile, what was kept before stays.
  const whole = new Response(await answer.blob(), answer);
  const cache = await caches.open(kind);
  await cache.delete(address);
  await cache.put(address, whole);
  const keys = await cache.keys();
  for (const old of keys.slice(0, Math.max(0, keys.length - MOST_FORMS))) await cache.delete(old);
}

/** The page for an address without a line: the form kept there, the form behind a scanned code, or the start page. */
async function withoutLine(url) {
  for (const name of Object.values(KEPT)) {
    const found = await (await caches.open(name)).match(url.href);
    if (found) return found;
  }
  const code = /^\/q\/([^/]+)$/.exec(url.pathname)?.[1];
  for (const key of await (await caches.open(KEPT.public)).keys()) {
    const kept = new URL(key.url);
    if ((code && kept.searchParams.get("code") === code) || (!code && kept.pathname === url.pathname)) return Response.redirect(kept.href, 302);
  }
  const language = /^\/(\w\w)(\/|$)/.exec(url.pathname)?.[1] ?? self.navigator.language.slice(0, 2);
  const start = self.shell.pages.find((page) => page.startsWith(`/${language}/`)) ?? self.shell.pages[0];
  return (await caches.match(start)) ?? Response.error();
}

async function page(event, url) {
  let answer;
  try {
    answer = (await event.preloadResponse) ?? (await fetch(event.request));
  } catch {
    return withoutLine(url);
  }
  // Only what is kept is copied: a copy that nobody reads would hold a whole download in memory.
  const copy = answer.headers.has("X-Keep-Offline") ? answer.clone() : answer;
  // Whoever has to sign in is not, or no longer, the person whose forms are kept.
  event.waitUntil(/^\/\w\w\/login$/.test(url.pathname) ? caches.delete(KEPT.own) : keep(url.href, copy));
  return answer;
}

async function file(request) {
  const found = await caches.match(request.url, { cacheName: SHELL });
  return found ?? fetch(request);
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin) return;
  if (request.method === "GET" && url.pathname.startsWith(`/static/v-${self.shell.mark}/`)) event.respondWith(file(request));
  else if (request.method === "GET" && request.mode === "navigate" && !url.pathname.startsWith("/api/")) event.respondWith(page(event, url));
  else if (request.method === "POST" && /^\/(\w\w|api\/auth)\/logout$/.test(url.pathname)) event.waitUntil(self.outbox.forget());
});

// ---- what waits leaves from here when no page is open ----
async function csrf() {
  for (const name of ["ecopick_csrf", "__Host-ecopick_csrf"]) {
    const found = await self.cookieStore?.get(name).catch(() => null);
    if (found) return decodeURIComponent(found.value);
  }
  return "";
}

async function send(entry, headers, data) {
  try {
    const answer = await fetch(entry.url, { method: "POST", headers, body: data });
    return { status: answer.status, body: await answer.json().catch(() => null) };
  } catch { return { status: 0, body: null }; }
}

async function renew() {
  const ask = async () => (await fetch("/api/auth/refresh", { method: "POST", headers: { Accept: "application/json" } }).catch(() => null))?.ok === true;
  return self.navigator.locks ? navigator.locks.request("ecopick-refresh", ask) : ask();
}

async function user() {
  const ask = () => fetch("/api/auth/session", { headers: { "X-Background": "1", Accept: "application/json" } }).catch(() => null);
  let answer = await ask();
  if (answer?.status === 401 && await renew()) answer = await ask();
  return answer?.ok ? (await answer.json()).user : null;
}

self.addEventListener("sync", (event) => {
  if (event.tag === "ecopick-queue") event.waitUntil(self.outbox.flush({ send, csrf, renew, user }).then((gone) => { if (!gone) throw new Error("still without a line"); }));
});

self.addEventListener("message", (event) => {
  // The page from which this worker was installed was loaded before it could keep it.
  if (event.data?.keep) event.waitUntil(fetch(event.data.keep).then((answer) => keep(event.data.keep, answer)).catch(() => undefined));
});
