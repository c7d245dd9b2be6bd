// A thread of messages, on the phone with buttons and in the chat alike: shown, sent, sent again when it failed.

import { newId, say } from "./line.js";

export class Thread {
  /** `memory` is a function: whose thread it is changes with the number. `heard` is told of every message from the bot. */
  constructor({ channel, list, memory, heard, trouble }) {
    Object.assign(this, { channel, list, memory, heard, trouble });
  }

  /** Show everything that was said, quietly: none of it is news. */
  show() {
    this.list.setAttribute("aria-live", "off");
    this.list.replaceChildren(...this.memory()[this.channel].map((message) => this.#item(message)));
    this.list.scrollTop = this.list.scrollHeight;
    requestAnimationFrame(() => this.list.setAttribute("aria-live", "polite"));
  }

  async send(text) {
    await this.#deliver({ mine: true, text, id: newId(), at: new Date().toISOString(), failed: false });
  }

  /** A message from the bot; `picture`, if there is one, is {name, words}. */
  receive(text, { at = new Date().toISOString(), memory = this.memory(), picture } = {}) {
    this.#add({ mine: false, text, at, ...(picture ? { picture } : {}) }, memory);
  }

  async #deliver(message) {
    const memory = this.memory();
    const item = this.#add(message, memory);
    this.list.classList.add("waiting");
    try {
      const { replies, picture } = await say({ phone: memory.phone, channel: this.channel, text: message.text, id: message.id });
      replies.forEach((reply, place) => this.receive(reply, { memory, picture: place === 0 ? picture : undefined }));
      item.classList.add("read");
      this.trouble(false);
    } catch {
      message.failed = true;
      memory.keep();
      item.replaceWith(this.#item(message));
      this.list.scrollTop = this.list.scrollHeight;
      this.trouble(true);
    } finally {
      this.list.classList.remove("waiting");
    }
  }

  #add(message, memory) {
    memory[this.channel].push(message);
    memory.keep();
    const item = this.#item(message);
    if (memory.phone !== this.memory().phone) return item; // the number was changed while the answer was on its way
    this.list.append(item);
    // The beginning of a long message comes before its end.
    const bottom = this.list.scrollHeight - this.list.clientHeight;
    this.list.scrollTop = message.mine ? bottom : Math.min(item.offsetTop - this.list.offsetTop - 4, bottom);
    if (!message.mine) this.heard(this.channel, message.text);
    return item;
  }

  #item(message) {
    const item = document.createElement("li");
    item.className = message.mine ? "mine read" : "theirs";
    if (message.picture) {
      const { name, words } = message.picture;
      item.append(Object.assign(document.createElement("img"), { src: `/media/${name}`, alt: words }));
    }
    item.append(Object.assign(document.createElement("p"), { textContent: message.text }));
    const at = new Date(message.at);
    const time = Object.assign(document.createElement("time"), {
      dateTime: message.at,
      textContent: at.toLocaleTimeString("ms", { hour: "2-digit", minute: "2-digit", hour12: false }),
    });
    item.append(message.failed ? this.#again(message) : time);
    return item;
  }

  #again(message) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: "! ↻" });
    button.setAttribute("aria-label", "Hantar semula · Send again");
    button.addEventListener("click", () => {
      const memory = this.memory();
      memory[this.channel] = memory[this.channel].filter((other) => other !== message);
      button.closest("li").remove();
      this.#deliver({ ...message, failed: false });
    });
    return button;
  }
}
