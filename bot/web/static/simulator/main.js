// The bench: puts the two phones together, listens to the keyboard, changes numbers and asks for pushed messages.

import { measure } from "./gsm.js";
import { Keypad } from "./keypad.js";
import { pushed } from "./line.js";
import { Memory } from "./memory.js";
import { Thread } from "./thread.js";
import { Ussd } from "./ussd.js";

const EVERY = 3000; // milliseconds between two looks for pushed messages
const AT_MOST = 15_000; // … while the server does not answer
const wide = matchMedia("(min-width: 48em)");
const by = (id) => document.getElementById(id);
const smsField = by("sms-field");
const ussdField = by("ussd-field");
const chatField = by("chat-field");

let memory = new Memory(plain(by("number").value));
let typingInto = "handset"; // or "chat": where the keyboard goes when no field has the focus
let meters = { sms: [], ussd: [] };
let paid = 0;

// --- what is shown ---------------------------------------------------------------------------------------------------

const handsetShows = () => document.body.dataset.handset;
const isShown = (channel) =>
  wide.matches ? channel === "whatsapp" || channel === handsetShows() : channel === document.body.dataset.view;

function view(channel) {
  document.body.dataset.view = channel;
  typingInto = channel === "whatsapp" ? "chat" : "handset";
  if (channel !== "whatsapp") document.body.dataset.handset = channel;
  by("sms-screen").hidden = handsetShows() !== "sms";
  by("ussd-screen").hidden = handsetShows() !== "ussd";
  by("lcd-title").textContent = handsetShows().toUpperCase();
  if (channel === "sms") sms.show();
  if (channel === "whatsapp") chat.show();
  markViews();
  showMeter();
  if (wide.matches) field().focus({ preventScroll: true });
}

function markViews() {
  for (const button of document.querySelectorAll("[data-show]")) {
    const channel = button.dataset.show;
    const pressed = channel === (wide.matches ? handsetShows() : document.body.dataset.view);
    button.setAttribute("aria-pressed", String(pressed));
    if (isShown(channel)) delete button.dataset.unread;
  }
}

function setMeter(channel, parts) {
  meters[channel] = parts;
  showMeter();
}

function clearMeter() {
  paid = 0;
  setMeter("sms", []);
}

function showMeter() {
  const parts = meters[handsetShows()].map(([text, kind]) =>
    Object.assign(document.createElement("span"), { textContent: text, className: kind }),
  );
  by("meter").replaceChildren(...parts);
}

/** A message came: its length under the screen, and a mark on a channel that is not in sight. */
function heard(channel, text) {
  if (channel === "sms") setMeter("sms", lengthOf(text));
  if (isShown(channel)) return;
  const button = document.querySelector(`[data-show=${channel}]`);
  button.dataset.unread = String(Number(button.dataset.unread ?? 0) + 1);
}

/** The length of an SMS, and what everything since her last message is paid for as. */
function lengthOf(text) {
  const { used, room, segments, alphabet } = measure(text);
  paid += segments;
  const parts = [[`${used}/${room}`, ""], [`${segments} SMS`, segments > 1 ? "over" : ""], [alphabet, alphabet === "UCS-2" ? "over" : ""]];
  return paid > segments ? [...parts, [`Σ ${paid} SMS`, ""]] : parts;
}

const trouble = (there) => (by("trouble").hidden = !there);

// --- the phones ------------------------------------------------------------------------------------------------------

const shared = { memory: () => memory, heard, trouble };
const sms = new Thread({ channel: "sms", list: by("sms-thread"), ...shared });
const chat = new Thread({ channel: "whatsapp", list: by("chat-thread"), ...shared });
const ussd = new Ussd({
  text: by("ussd-text"), field: ussdField, left: by("ussd-left"),
  meter: (parts) => setMeter("ussd", parts), phone: () => memory.phone, trouble,
});

const field = () => (typingInto === "chat" ? chatField : handsetShows() === "ussd" ? ussdField : smsField);
const handsetField = () => (handsetShows() === "ussd" ? ussdField : smsField);
const scrolled = () => (handsetShows() === "ussd" ? by("ussd-text") : by("sms-thread"));

function sendFrom(thread, from) {
  const text = from.value.trim();
  if (text === "") return;
  from.value = "";
  from.dispatchEvent(new Event("input", { bubbles: true }));
  if (thread === sms) paid = 0;
  thread.send(text);
}

const send = () => (handsetShows() === "ussd" ? ussd.send() : sendFrom(sms, smsField));

function endKey() {
  if (handsetShows() === "ussd") return ussd.hangUp();
  smsField.value = "";
  return smsField.dispatchEvent(new Event("input", { bubbles: true }));
}

const keypad = new Keypad({
  keys: by("handset"),
  field: handsetField,
  isDialling: () => handsetShows() === "ussd",
  showMode: (mode) => document.querySelectorAll(".mode").forEach((each) => (each.textContent = mode)),
  actions: {
    call: send, ok: send, end: endKey,
    clear: () => keypad.erase(),
    up: () => scrolled().scrollBy({ top: -66 }),
    down: () => scrolled().scrollBy({ top: 66 }),
  },
});

// --- the keyboard ----------------------------------------------------------------------------------------------------

function onEnter(element, act) {
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    act();
  });
}
onEnter(smsField, send);
onEnter(ussdField, send);
onEnter(chatField, () => sendFrom(chat, chatField));
by("chat-form").addEventListener("submit", (event) => {
  event.preventDefault();
  sendFrom(chat, chatField);
});

smsField.addEventListener("input", () => {
  const { used, room, segments } = measure(smsField.value);
  by("sms-count").textContent = segments > 1 ? `${used}/${room} (${segments})` : `${used}/${room}`;
});
for (const area of [smsField, chatField]) {
  area.addEventListener("input", () => {
    area.style.height = "auto";
    area.style.height = `${Math.min(area.scrollHeight, 84)}px`;
  });
}

by("handset").addEventListener("focusin", () => (typingInto = "handset"));
by("smartphone").addEventListener("focusin", () => (typingInto = "chat"));
document.addEventListener("keydown", (event) => {
  const inField = event.target.matches("input, textarea");
  if (typingInto === "handset" && (!inField || event.target === handsetField())) {
    keypad.settle();
    keypad.flash({ Enter: "call", Escape: "end", Backspace: "clear" }[event.key] ?? event.key);
    if (event.key === "Escape") endKey();
  }
  const isTyped = event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey;
  if (!inField && isTyped) field().focus(); // the sign itself then lands in the field
});

// --- numbers ---------------------------------------------------------------------------------------------------------

function plain(number) {
  const digits = number.replace(/[^\d+]/g, "");
  return digits.startsWith("0") ? `+6${digits}` : digits.startsWith("+") ? digits : `+${digits}`;
}

const grouped = (phone) => phone.replace(/^(\+60)(\d\d)(\d{4})(\d{4})$/, "$1 $2-$3 $4");

function change(phone) {
  const input = by("number");
  const usable = /^\+\d{7,15}$/.test(phone);
  input.setAttribute("aria-invalid", String(!usable));
  if (!usable || phone === memory.phone) return;
  input.value = grouped(phone);
  memory = new Memory(phone);
  sessionStorage.setItem("titian.number", phone);
  clearMeter();
  ussd.hangUp();
  sms.show();
  chat.show();
  look();
}

by("number").addEventListener("change", (event) => change(plain(event.target.value)));
by("number-form").addEventListener("submit", (event) => event.preventDefault());
by("another").addEventListener("click", () => {
  let next = BigInt(memory.phone.slice(1)) + 1n;
  while (Memory.known(`+${next}`)) next += 1n;
  change(`+${next}`);
});
by("wipe").addEventListener("click", () => {
  memory.wipe();
  clearMeter();
  ussd.hangUp();
  sms.show();
  chat.show();
});

// --- pushed messages -------------------------------------------------------------------------------------------------

let timer = 0;
let wait = EVERY;

async function look() {
  clearTimeout(timer);
  const mine = memory;
  try {
    for (const message of await pushed(mine.phone, mine.after)) {
      if (BigInt(message.id) <= BigInt(mine.after)) continue; // another look was quicker
      mine.after = message.id;
      const thread = message.channel === "whatsapp" ? chat : sms;
      thread.receive(message.text, { at: message.at, memory: mine, picture: message.picture });
    }
    wait = EVERY;
    trouble(false);
  } catch {
    wait = Math.min(wait * 1.5, AT_MOST);
    trouble(true);
  }
  clearTimeout(timer);
  if (!document.hidden) timer = setTimeout(look, wait);
}

document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : look()));
wide.addEventListener("change", () => view(wide.matches ? handsetShows() : document.body.dataset.view));
for (const button of document.querySelectorAll("[data-show]")) {
  button.addEventListener("click", () => view(button.dataset.show));
}

const kept = sessionStorage.getItem("titian.number");
if (kept) {
  memory = new Memory(kept);
  by("number").value = grouped(kept);
}
chat.show();
view("sms");
look();
