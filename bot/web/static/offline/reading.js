// What an offline certificate says, and whether its issuer signed it; docs/credentials.md has each byte.
const PREFIX = "titian offline certificate, form 1; this is not a Data Integrity proof\n";
const SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const HEAD = 20, SIGNATURE = 64, LONGEST = 700, DAY = 864e5;

const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

function bytesOf(number, length) {
  const digits = number.toString(16);
  const made = Uint8Array.from((digits.length % 2 ? "0" + digits : digits).match(/../g), (pair) => parseInt(pair, 16));
  if (length && made.length !== length) throw new Error("length");
  return made;
}

/** What the digits say, whoever wrote them; null where they are not whole, or nothing of ours. */
export function read(digits) {
  if (!/^[1-9]\d*$/.test(digits) || digits.length > 2.5 * LONGEST) return null;
  const whole = bytesOf(BigInt(digits));
  if (whole.length <= HEAD + SIGNATURE || whole.length > LONGEST || whole[0] !== 1) return null;
  const body = whole.subarray(0, -SIGNATURE), view = new DataView(body.buffer), what = body[1];
  const code = codeOf(body.subarray(2, 10));
  if (!code || (what & 3) > 2 || what > 7) return null;
  let lines;
  try {
    lines = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body.subarray(HEAD)).split("\n");
  } catch {
    return null;
  }
  if (lines.length !== 3) return null;
  return {
    code,
    level: what & 3,
    kind: what & 4 ? "programme" : "course",
    minutes: view.getUint16(10),
    issued: view.getUint16(12),
    expires: view.getUint16(14),
    key: hex(body.subarray(16, HEAD)),
    name: lines[0],
    title: { ms: lines[1], en: lines[2] || lines[1] },
    body,
    signature: whole.subarray(-SIGNATURE),
  };
}

/** The code as it is written; null where its check symbol does not fit. */
function codeOf(bytes) {
  let number = BigInt("0x" + hex(bytes)), symbols = "", left = 0;
  if (number >> 60n) return null;
  for (; symbols.length < 12; number >>= 5n) symbols = SYMBOLS[Number(number & 31n)] + symbols;
  for (const symbol of symbols) {
    left = (left ^ SYMBOLS.indexOf(symbol)) << 1;
    if (left & 32) left ^= 0b100101;
  }
  return left ? null : symbols.match(/..../g).join("-");
}

/**
 * Whether an issuer signed it: {verdict, issuer}, the verdict a word of the page's templates.
 * `today` is the day by this phone's clock, counted from 1970.
 */
export async function check(said, issuers, today) {
  // First of all: a did.json from a cache on the way may still have the key.
  if (issuers.some((issuer) => issuer.given_up.includes(said.key))) return { verdict: "given-up" };
  let known = false;
  for (const issuer of issuers) {
    for (const key of keysOf(issuer.document)) {
      if (hex(key.subarray(0, 4)) !== said.key) continue;
      known = true;
      const words = new TextEncoder().encode(PREFIX + issuer.document.id + "\n");
      const message = new Uint8Array([...words, ...said.body]);
      if (await signed(key, said.signature, message)) return { verdict: stands(said, today), issuer };
    }
  }
  return { verdict: known ? "forged" : "no-key" };
}

function stands(said, today) {
  if (said.issued > today + 1) return "clock";
  return said.expires && said.expires < today ? "expired" : "valid";
}

/** The keys by which an issuer signs, out of its own document and from nowhere else. */
function keysOf({ id, verificationMethod, assertionMethod }) {
  const keys = [];
  for (const method of verificationMethod) {
    if (method.controller !== id || !assertionMethod.includes(method.id)) continue;
    let number = 0n;
    for (const symbol of method.publicKeyMultibase.slice(1)) number = number * 58n + BigInt(BASE58.indexOf(symbol));
    const bytes = bytesOf(number, 34);
    if (bytes[0] === 0xed && bytes[1] === 1) keys.push(bytes.subarray(2));
  }
  return keys;
}

/** By the browser where it can; Chrome before 137, the last for Android 7 among them, has to be taught. */
async function signed(key, signature, message) {
  let ready;
  try {
    ready = await crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
  } catch {
    const { verifyAsync } = await import("./ed25519.js");
    return verifyAsync(signature, message, key, { zip215: false });
  }
  return crypto.subtle.verify({ name: "Ed25519" }, ready, signature, message);
}

/** The day of a moment where this phone is, counted from 1970. */
export const dayOf = (moment) => Math.floor((moment.getTime() - moment.getTimezoneOffset() * 6e4) / DAY);

/** A counted day for people: "24 November 2026". */
export const written = (day, language) =>
  new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" }).format(day * DAY);
