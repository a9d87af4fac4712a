// Keys to characters and commands. Letters that a VIN does not have, and Cyrillic ones, are exchanged, and the
// slot shows what was pressed.

const LOOK_ALIKES = Object.fromEntries(
  [..."АВЕЗКМНОРСТУХЅІЈҮԜΑΒΕΖΗΙΚΜΝΟΡΤΥΧ"].map((c, place) => [c, "ABE3KMH0PCTYXS1JYWABEZH1KMN0PTYX"[place]]),
);
const NOT_IN_A_VIN = { I: "1", O: "0", Q: "0", "Ø": "0" };

// Offered by up and down where the readers offer nothing; the worst mistakes of people and readers.
const ALIKE = {
  0: "D", D: "0", 8: "B", B: "8", 5: "S6", S: "5", 2: "Z", Z: "2", 6: "G5", G: "6C", C: "G", F: "PE", P: "FR",
  M: "NH", N: "MH", V: "UY", U: "V", H: "MN", 1: "7JLT", J: "1", L: "1", T: "1", 7: "1Z", 3: "8", 4: "A", A: "4",
  E: "F", K: "X", X: "K", R: "P", Y: "V",
};

/**
 * The character that a key means, with what was pressed where that is another: {c, from}; null for no character.
 * A letter of another script means the Latin letter on the same key; only keys without one go by their look.
 */
function characterOf({ key, code = "", shiftKey = false, ctrlKey = false, metaKey = false, altKey = false }) {
  if (ctrlKey || metaKey || altKey) return null;
  if (key === "?" || (code === "Slash" && shiftKey)) return { c: "?", from: "" };
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(code)?.[1];
  if (key.length !== 1) {
    const physical = /^Key([A-Z])$/.exec(code)?.[1];
    return (key === "Dead" || key === "Process" || key === "Unidentified") && physical ? exchanged(physical, physical) : null;
  }
  const upper = key.toUpperCase();
  if (/^[0-9A-Z]$/.test(upper)) return exchanged(upper, upper);
  if (/\p{L}/u.test(upper)) {
    const physical = /^Key([A-Z])$/.exec(code)?.[1] ?? digit;
    if (physical) return exchanged(physical, upper);
    const alike = LOOK_ALIKES[upper] ?? NOT_IN_A_VIN[upper];
    return alike ? { c: alike, from: upper } : null;
  }
  return digit && !shiftKey ? { c: digit, from: "" } : null;
}

function exchanged(latin, pressed) {
  const c = NOT_IN_A_VIN[latin] ?? latin;
  return { c, from: c === pressed ? "" : pressed };
}

/** All characters of a text that was pasted or came from an input method. */
function charactersOf(text) {
  return [...text.normalize("NFKC")].map((key) => characterOf({ key })).filter(Boolean);
}

// Command -> keys for the help sheet, and words. What a key does stands in editor.js under the same name.
const HELP = [
  ["Read on", [
    ["Enter", "Accept and show the next photo"],
    ["Esc", "Skip: leave it to others"],
    ["F2", "Back to the photo before"],
    ["Shift+F2", "Take back what you did last; what you typed stays as a draft"],
    ["F3", "Reject, with a reason by number"],
    ["F4", "Troubles of the picture, by number"],
    ["F9", "Comment for the reviewer; Esc comes back"],
    ["F10", "The whole photo, to draw where the VIN is"],
  ]],
  ["Characters", [
    ["A–Z 0–9", "Replace and move on; I, O, Q become 1, 0, 0; other scripts go by the key"],
    ["?", "Cannot be read"],
    ["← →", "Slot to slot; Home and End to the ends"],
    ["Tab", "Next doubtful or differing slot, then out of the editor; Shift+Tab back"],
    ["↑ ↓", "Alternatives of the readers, then look-alikes"],
    ["Space", "The coach's repair; again for the next one"],
    ["Backspace", "Clear the slot before"],
    ["Ctrl+Z, Ctrl+Y", "Undo, redo"],
    ["Ctrl+V, Ctrl+C", "Paste or copy the whole VIN"],
  ]],
  ["Extents", [
    ["Alt+← →", "Move"],
    ["Alt+↑ ↓", "Wider, narrower"],
    ["Alt+Shift+← →", "Right edge"],
    [",", "Split in two"],
    [".", "Merge with the next"],
    ["Insert", "Add a slot before"],
    ["Delete", "Remove the slot"],
  ]],
  ["View", [
    ["+ −", "Zoom; Ctrl and the wheel as well"],
    ["Shift+← →", "Pan; so does dragging"],
    ["F6", "Contrast"],
    ["F7", "Invert"],
    ["F8", "Turn by 180° and read again"],
    ["F1", "This sheet"],
  ]],
  ["How to label", [
    ["As it is", "What is stamped or printed counts, not what would be right"],
    ["In doubt", "? for a character that you would not swear to: a guess would teach the guess"],
    ["Extents", "From the first to the last stroke; only where they are clearly off"],
    ["Hopeless", "Reject a photo in which nobody could read half of the VIN"],
    ["Wrong line", "Type approvals and engine numbers are no VIN: F10 draws the region"],
  ]],
];
