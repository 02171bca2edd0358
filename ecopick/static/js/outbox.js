// What waits on this device until it can leave, and the one way by which it leaves. Pages and the
// service worker run this same file: it imports and exports nothing, its parts stand in `self.outbox`.
(() => {
  const STORES = ["waiting", "drafts", "forms"];
  // After an answer that something is away or asks for patience.
  const PAUSE = 30000;
  // Drafts of forms without an account are nobody's: the next person on this device is somebody else.
  const DAY = 24 * 3600 * 1000;
  const channel = self.BroadcastChannel ? new BroadcastChannel("ecopick-queue") : null;
  // Where there is no database, as in some private windows, what waits is kept while the page is open.
  const memory = Object.fromEntries(STORES.map((name) => [name, new Map()]));
  let opened;

  function open() {
    opened ??= new Promise((done) => {
      let asked;
      try { asked = indexedDB.open("ecopick", 1); } catch { return done(null); }
      asked.onupgradeneeded = () => { for (const name of STORES) asked.result.createObjectStore(name, { keyPath: "id" }); };
      asked.onsuccess = () => {
        asked.result.onversionchange = () => { asked.result.close(); opened = undefined; };
        done(asked.result);
      };
      asked.onerror = () => done(null);
    });
    return opened;
  }

  async function work(store, mode, act) {
    const base = await open();
    if (!base) return undefined;
    return new Promise((done, fail) => {
      const transaction = base.transaction(store, mode);
      const asked = act(transaction.objectStore(store));
      transaction.oncomplete = () => done(asked.result);
      transaction.onabort = () => fail(transaction.error);
    });
  }

  /** Keep `value` under its id; what the database refuses (it may be full) is kept while the page is open. */
  async function put(value, store = "waiting") {
    try {
      if (await open()) {
        await work(store, "readwrite", (place) => place.put(value));
        memory[store].delete(value.id);
        return value;
      }
    } catch { /* see above */ }
    memory[store].set(value.id, value);
    return value;
  }

  async function get(id, store = "waiting") {
    return memory[store].get(id) ?? await work(store, "readonly", (place) => place.get(id)).catch(() => undefined);
  }

  /** Everything that is kept, the oldest first. */
  async function all(store = "waiting") {
    const found = await work(store, "readonly", (place) => place.getAll()).catch(() => []);
    return [...(found ?? []), ...memory[store].values()].sort((a, b) => a.at - b.at);
  }

  async function drop(id, store = "waiting") {
    memory[store].delete(id);
    await work(store, "readwrite", (place) => place.delete(id)).catch(() => undefined);
  }

  /** Say in every window how an entry stands. */
  function tell(entry, more = {}) {
    const said = { id: entry.id, kind: entry.kind, state: entry.state, note: entry.note, ...more };
    channel?.postMessage(said);
    if (self.document) document.dispatchEvent(new CustomEvent("ecopick:queue", { detail: said }));
  }

  async function set(entry, state, note = "", more = {}) {
    Object.assign(entry, { state, note });
    await put(entry);
    tell(entry, more);
  }

  async function post(entry, line) {
    const data = new FormData();
    for (const [name, value] of entry.fields) data.append(name, name === "idempotency_key" ? entry.id : value);
    for (const file of entry.files) data.append(file.field, file.blob, file.name);
    const headers = { Accept: "application/json", "Accept-Language": entry.language, "X-Requested-With": "fetch", "Idempotency-Key": entry.id };
    const token = await line.csrf();
    if (token) headers["X-CSRF-Token"] = token;
    return line.send(entry, headers, data);
  }

  /** A page that was open for long: its proof is taken anew from the page as it is now. */
  async function freshen(entry) {
    const field = entry.fields.find(([name]) => name === "nonce");
    if (!field || !entry.page) return false;
    try {
      const page = await (await fetch(entry.page)).text();
      const found = /name="nonce" value="([^"]+)"/.exec(page);
      if (found) field[1] = found[1];
      return Boolean(found);
    } catch { return false; }
  }

  /** Send one entry; answers "offline" where nothing came through, else what the server said. */
  async function attempt(entry, line) {
    await set(entry, "sending");
    let answer = await post(entry, line);
    if (answer.status === 401 && await line.renew()) answer = await post(entry, line);
    if (["page_outdated", "csrf"].includes(answer.body?.code) && (await freshen(entry) || answer.body.code === "csrf")) {
      answer = await post(entry, line);
    }
    const { status, body } = answer;
    if (status >= 200 && status < 300) {
      const link = body?.status_url ?? body?.url;
      if (entry.kind === "request" && link) {
        // It may have left while nobody looked: the way to its page is kept until it was followed.
        Object.assign(entry, { link, fields: [], files: [] });
        await set(entry, "sent", "", { link });
      } else {
        await drop(entry.id);
        tell({ ...entry, state: "sent" }, { body });
      }
    } else if (status === 401) await set(entry, "signin");
    else if (status === 409 && body?.code === "stale_status") {
      entry.now = body.now;
      await set(entry, "conflict", body.title);
    } else if (!status || status === 408 || status === 425 || status === 429 || status >= 500 || body?.code === "in_progress") {
      entry.after = status ? Date.now() + PAUSE : 0;
      await set(entry, "waiting", body?.title ?? "");
    } else await set(entry, "refused", Object.values(body?.errors ?? {})[0] ?? body?.title ?? "", { body });
    return status ? answer : "offline";
  }

  /**
   * Send what waits, the oldest first, in one window at a time.
   * `line` sends: {send, csrf, renew, user}; what somebody else left here stays.
   */
  function flush(line) {
    const run = async () => {
      for (const each of await all()) {
        const entry = await get(each.id);
        if (!entry || !["waiting", "sending", "signin"].includes(entry.state) || entry.after > Date.now()) continue;
        if (entry.user && entry.user !== await line.user()) {
          if (entry.state !== "signin") await set(entry, "signin");
          continue;
        }
        if (await attempt(entry, line) === "offline") return false;
      }
      return true;
    };
    return self.navigator.locks ? navigator.locks.request("ecopick-queue", run) : run();
  }

  /**
   * Forget what belongs to `user`, without one to whoever was signed in last: their pages, what
   * they began and what they left unsent. What others left here stays.
   */
  async function forget(user) {
    const who = user ?? (await get("me", "forms"))?.user;
    await self.caches?.delete("ecopick-own");
    for (const store of STORES) {
      for (const each of await all(store)) if (who && each.user === who) await drop(each.id, store);
    }
    channel?.postMessage({ state: "forgotten" });
  }

  /** Forget what was begun without an account a day ago. */
  async function expire() {
    for (const each of await all("drafts")) if (!each.user && each.at < Date.now() - DAY) await drop(each.id, "drafts");
  }

  self.outbox = { put, get, all, drop, set, flush, forget, expire, channel };
})();
