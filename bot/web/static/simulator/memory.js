// What each number has said and heard in this tab, so that a reload loses nothing and numbers can be switched.

const PREFIX = "titian.simulator.";

/** The memory of one number: its threads, and the last pushed message it has seen. */
export class Memory {
  constructor(phone) {
    this.phone = phone;
    const kept = JSON.parse(sessionStorage.getItem(PREFIX + phone) ?? "{}");
    this.sms = kept.sms ?? [];
    this.whatsapp = kept.whatsapp ?? [];
    this.after = kept.after ?? "0";
  }

  keep() {
    const { sms, whatsapp, after } = this;
    sessionStorage.setItem(PREFIX + this.phone, JSON.stringify({ sms, whatsapp, after }));
  }

  /** Forget what was said, but not which pushed messages were seen. */
  wipe() {
    this.sms = [];
    this.whatsapp = [];
    this.keep();
  }

  static known(phone) {
    return sessionStorage.getItem(PREFIX + phone) !== null;
  }
}
