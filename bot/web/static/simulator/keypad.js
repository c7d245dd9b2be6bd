// Real keys: a digit at once, letters by tapping again, the other sign by holding, and # to change between them.

const TAPS = {
  1: ".,?!1'-:/@()", 2: "abc2", 3: "def3", 4: "ghi4", 5: "jkl5", 6: "mno6",
  7: "pqrs7", 8: "tuv8", 9: "wxyz9", 0: " 0\n", "*": "*+=%&;",
};
const MODES = ["123", "abc", "ABC"];
const AGAIN = 900; // milliseconds in which the same key means the next letter
const HELD = 500;

export class Keypad {
  /** `field` is a function: the field typed into changes with the screen. `actions` holds what the other keys do. */
  constructor({ keys, field, isDialling, actions, showMode }) {
    Object.assign(this, { keys, field, isDialling, actions, showMode });
    this.mode = MODES[0];
    this.last = null;
    for (const key of keys.querySelectorAll("[data-key]")) this.#listen(key);
  }

  /** Forget the letter being chosen: the next tap begins a new one. */
  settle() {
    this.last = null;
  }

  /** Press a key for the eye, when its sign was typed on the computer's keyboard. */
  flash(sign) {
    const key = [...this.keys.querySelectorAll("[data-key]")].find((each) => each.dataset.key === sign);
    if (!key) return;
    key.classList.add("down");
    setTimeout(() => key.classList.remove("down"), 140);
  }

  #listen(key) {
    const sign = key.dataset.key;
    let timer = 0;
    let held = false;
    key.addEventListener("mousedown", (event) => event.preventDefault()); // the field keeps the focus
    key.addEventListener("pointerdown", () => {
      held = false;
      timer = setTimeout(() => {
        held = true;
        this.#hold(sign);
      }, HELD);
    });
    for (const over of ["pointerup", "pointerleave", "pointercancel"]) {
      key.addEventListener(over, () => clearTimeout(timer));
    }
    key.addEventListener("contextmenu", (event) => event.preventDefault());
    key.addEventListener("click", () => {
      if (!held) this.#press(sign);
      held = false;
    });
  }

  #press(sign) {
    if (sign in this.actions) {
      this.settle();
      this.actions[sign]();
    } else if (sign === "#" && !this.isDialling()) {
      this.#changeMode();
    } else if (sign === "#" || this.mode === "123") {
      this.#type(sign);
    } else {
      this.#tap(sign);
    }
  }

  #hold(sign) {
    this.settle();
    if (sign === "clear") this.#replace("", this.field().value.length);
    else if (sign === "#") this.isDialling() ? this.#changeMode() : this.#type("#");
    else if (sign === "0" && this.mode === "123") this.#type("+");
    else if (!(sign in this.actions)) this.#type(sign);
  }

  #changeMode() {
    this.settle();
    this.mode = MODES[(MODES.indexOf(this.mode) + 1) % MODES.length];
    this.showMode(this.mode);
  }

  #tap(sign) {
    const letters = this.mode === "ABC" ? TAPS[sign].toUpperCase() : TAPS[sign];
    const now = performance.now();
    const again = this.last?.sign === sign && now - this.last.at < AGAIN;
    const step = again ? (this.last.step + 1) % letters.length : 0;
    this.#replace(letters[step], again ? 1 : 0);
    this.last = { sign, step, at: now };
  }

  #type(sign) {
    this.settle();
    this.#replace(sign, 0);
  }

  /** Put `text` where the caret is, in the place of the last `taken` characters. */
  #replace(text, taken) {
    const field = this.field();
    if (field.readOnly) return;
    const start = Math.max(0, field.selectionStart - taken);
    field.setRangeText(text, start, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** Take back what is before the caret. */
  erase() {
    const field = this.field();
    this.#replace("", field.selectionStart === field.selectionEnd ? 1 : 0);
  }
}
