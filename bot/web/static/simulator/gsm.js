// How long a text is as an SMS: the same count as bot/gsm.py, for the meter under the screen.

const BASIC = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
);
const EXTENSION = new Set("\f^{}\\[~]|€");

/** The alphabet a text needs, the places it takes, the places there are in that many SMS, and how many SMS that is. */
export function measure(text) {
  const characters = [...text];
  const plain = characters.every((each) => BASIC.has(each) || EXTENSION.has(each));
  const widths = characters.map((each) => (plain ? (EXTENSION.has(each) ? 2 : 1) : each.length));
  const used = widths.reduce((sum, width) => sum + width, 0);
  const [one, part] = plain ? [160, 153] : [70, 67];
  const segments = used <= one ? Math.min(used, 1) : parts(widths, part);
  return { alphabet: plain ? "GSM-7" : "UCS-2", used, room: segments > 1 ? segments * part : one, segments };
}

/** A character that takes two places is never cut in half, so a part may end one place early. */
function parts(widths, part) {
  let count = 1;
  let filled = 0;
  for (const width of widths) {
    if (filled + width > part) {
      count += 1;
      filled = 0;
    }
    filled += width;
  }
  return count;
}
