// The page at work: reads the QR's address, asks the network what it can, and shows one verdict once all is known.
import { check, dayOf, read, written } from "./reading.js";

const KEPT = "titian.issuers", PATIENCE = 5000; // ms that an answer may take; a weak signal is no signal
const GONE = ["revoked", "replaced", "unknown"], STANDS = ["valid", "expired"];
const stage = document.getElementById("stage");
let turns = 0;

/** Show a template of the page. What is in the QR goes into text alone, never into markup. */
function show(word, gaps = {}, more = []) {
  const made = [word, ...more].map((id) => document.getElementById(id).content.cloneNode(true));
  for (const part of made) {
    for (const each of part.querySelectorAll("[data-when]")) if (!gaps[each.dataset.when]) each.remove();
    for (const each of part.querySelectorAll("[data-gap]")) each.textContent = gaps[each.dataset.gap];
  }
  stage.replaceChildren(...made);
  stage.dataset.verdict = word;
  document.title = stage.querySelector("h1").innerText.replace(/\s+/g, " ");
  if (gaps.code) document.getElementById("code").value = gaps.code;
}

/** The JSON at an address; null without a network, or where something else answers. */
async function fetched(address) {
  if (navigator.onLine === false) return null;
  const stop = new AbortController(), bell = setTimeout(() => stop.abort(), PATIENCE);
  try {
    return await (await fetch(address, { cache: "no-cache", redirect: "error", signal: stop.signal })).json();
  } catch {
    return null;
  } finally {
    clearTimeout(bell);
  }
}

/** Every issuer of the list with its did.json, fetched now and kept in the phone; null unless all of them came. */
async function refreshed(listed) {
  if (!listed || !listed.issuers) return null;
  const issuers = await Promise.all(listed.issuers.map(async (each) => ({ ...each, document: await fetched(each.keys) })));
  if (!issuers.every(({ document }) => document && document.verificationMethod)) return null;
  const kept = { at: Date.now(), issuers };
  try {
    localStorage.setItem(KEPT, JSON.stringify(kept));
  } catch {
    // A private window keeps nothing: it checks now, and not later.
  }
  return kept;
}

function stored() {
  try {
    return JSON.parse(localStorage.getItem(KEPT));
  } catch {
    return null;
  }
}

/** What our records say of a code now; null where they could not be asked. */
async function recorded(code) {
  const answer = await fetched(`/verify/${code}.json`);
  return answer && answer.code === code && [...STANDS, ...GONE].includes(answer.verdict) ? answer.verdict : null;
}

function lasting(minutes, [hour, hours, minute, many]) {
  const whole = Math.floor(minutes / 60), left = minutes % 60, parts = whole ? [`${whole} ${whole > 1 ? hours : hour}`] : [];
  if (left || !whole) parts.push(`${left} ${left === 1 ? minute : many}`);
  return parts.join(" ");
}

function gapsOf(said, issuer, standing, kept) {
  const gaps = { code: said.code, live: standing, offline: !standing };
  if (!issuer) return gaps;
  Object.assign(gaps, {
    name: said.name, nameless: !said.name, title_ms: said.title.ms, title_en: said.title.en,
    issuer_ms: issuer.name.ms, issuer_en: issuer.name.en, registration: issuer.registration,
    translated: said.title.ms !== said.title.en,
    single: said.kind === "course", whole: said.kind === "programme",
    expires: said.expires, participation: !said.level,
    completion: said.level && said.kind === "course", programme: said.level && said.kind === "programme",
    long_ms: lasting(said.minutes, ["jam", "jam", "minit", "minit"]),
    long_en: lasting(said.minutes, ["hour", "hours", "minute", "minutes"]),
    [`level_${said.level}`]: true,
  });
  for (const language of ["ms", "en"]) {
    gaps[`issued_${language}`] = written(said.issued, language);
    gaps[`until_${language}`] = said.expires ? written(said.expires, language) : "";
    gaps[`kept_${language}`] = written(dayOf(new Date(kept.at)), language);
  }
  return gaps;
}

async function run() {
  const turn = (turns += 1), digits = location.hash.slice(1), said = digits ? read(digits) : null;
  if (digits && !said) return show("damaged");
  if (said) show("checking");
  const listed = await fetched("issuers.json"), fresh = await refreshed(listed), kept = fresh || stored();
  if (!said) return turn === turns && (await welcome(kept));
  const found = kept ? await check(said, kept.issuers, dayOf(new Date())) : { verdict: "no-keys" };
  if (found.verdict === "no-key" && fresh) found.verdict = "strange";
  // A stranger's code is nobody's to ask about; and where the list did not come, there is no network to wait for again.
  const standing = found.issuer && listed ? await recorded(said.code) : null;
  if (turn !== turns) return; // another QR came meanwhile
  const verdict = standing || found.verdict;
  const stands = found.issuer && !GONE.includes(verdict); // what does not stand is nobody's any more: no name is shown with it
  show(verdict, gapsOf(said, found.issuer, standing, kept), stands ? ["facts"] : []);
}

/** Without a QR: whether this phone could check one with no network. */
async function welcome(kept) {
  const able = kept && kept.issuers.length && navigator.serviceWorker && (await navigator.serviceWorker.ready);
  const on = kept ? dayOf(new Date(kept.at)) : 0;
  show(able ? "ready" : "not-ready", { kept_ms: written(on, "ms"), kept_en: written(on, "en") });
}

const start = () => run().catch(() => show("unable"));
if (navigator.serviceWorker) navigator.serviceWorker.register("keeper.js").catch(() => {});
addEventListener("hashchange", start);
start();
