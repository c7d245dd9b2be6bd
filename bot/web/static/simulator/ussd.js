// A USSD call: dialled, answered screen by screen, and closed by the bot, by the red key or by the clock of the network.

import { newId, say } from "./line.js";
import { measure } from "./gsm.js";

const CODE = "*384#";
const LASTS = 180; // seconds; networks close a call after two or three minutes
const SCREEN = 182; // characters

export class Ussd {
  constructor({ text, field, left, meter, phone, trouble }) {
    Object.assign(this, { text, field, left, meter, phone, trouble });
    this.hangUp();
  }

  /** The green key and OK: dial, answer, or put away a screen that has ended. */
  async send() {
    if (this.waiting) return;
    if (this.state === "ended") return this.hangUp();
    const typed = this.field.value.trim();
    if (this.state === "idle") return this.#dial(typed || CODE);
    if (typed === "") return undefined;
    this.answers.push(typed);
    return this.#ask();
  }

  /** The red key: nobody is told, as on a real network. */
  hangUp() {
    this.call = null; // an answer that is still on its way belongs to no call any more
    this.waiting = false;
    clearInterval(this.clock);
    this.left.textContent = "";
    this.left.removeAttribute("data-low");
    this.#show("idle", "");
    this.field.value = CODE;
  }

  async #dial(code) {
    if (code !== CODE) return this.#show("ended", `${code}\n\nKod MMI tidak sah\nInvalid MMI code`, "");
    this.call = newId();
    this.answers = [];
    this.#countDown();
    return this.#ask();
  }

  async #ask() {
    const call = this.call;
    this.field.value = "";
    this.waiting = true;
    this.text.classList.add("waiting");
    const turn = { phone: this.phone(), channel: "ussd", text: this.answers.join("*"), session: call };
    const answer = await say({ ...turn, id: `${call}-${this.answers.length}` }).catch(() => null);
    if (this.call !== call) return;
    this.waiting = false;
    this.trouble(answer === null);
    if (answer === null) this.#close("Masalah sambungan\nConnection problem");
    else if (answer.ends) this.#close(answer.replies.join("\n"), "END");
    else this.#show("open", answer.replies.join("\n"), "CON");
  }

  #close(words, sign = "") {
    clearInterval(this.clock);
    this.left.textContent = "";
    this.#show("ended", words, sign);
  }

  #countDown() {
    let seconds = LASTS;
    const tick = () => {
      this.left.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
      this.left.toggleAttribute("data-low", seconds <= 30);
      if (seconds === 0) {
        this.call = null;
        this.waiting = false;
        this.#close("Masa tamat\nSession timed out");
      }
      seconds -= 1;
    };
    clearInterval(this.clock);
    this.clock = setInterval(tick, 1000);
    tick();
  }

  #show(state, words, sign = "") {
    this.state = state;
    this.text.classList.remove("waiting");
    this.text.textContent = words;
    this.text.scrollTop = 0;
    this.field.readOnly = state === "ended";
    this.field.closest(".composer").classList.toggle("off", state === "ended");
    this.text.parentElement.dataset.state = state;
    const { used } = measure(words);
    this.meter(sign ? [[sign, sign.toLowerCase()], [`${used}/${SCREEN}`, used > SCREEN ? "over" : ""]] : []);
  }
}
