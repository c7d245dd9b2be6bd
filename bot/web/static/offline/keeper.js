// The service worker: keeps the page in the phone, whole and of one edition. It answers for this folder and nothing else.
const KEPT = "luar-@mark@";
const FILES = ["./", "page.js", "reading.js", "ed25519.js"];
const ours = new Set(FILES.map((file) => new URL(file, self.location).pathname));

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(KEPT)
      .then((cache) => cache.addAll(FILES.map((file) => new Request(file, { cache: "reload" }))))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => /^luar-/.test(name) && name !== KEPT).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

// What is kept is answered at once: a bar of signal that carries nothing would keep her waiting for a minute.
self.addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  const { origin, pathname } = new URL(url);
  if (method === "GET" && origin === self.location.origin && ours.has(pathname)) {
    event.respondWith(
      caches.match(pathname, { cacheName: KEPT, ignoreVary: true }).then((found) => found || fetch(event.request)),
    );
  }
});
