// What a person makes of one photo. Pure: no page and no network in here, so undo is a list of copies.

const GRADES = [[0.99, "sure"], [0.9, "likely"], [0.6, "doubtful"], [0, "unsure"]];
const TICKS = { sure: 4, likely: 3, doubtful: 2, unsure: 1, typed: 0, open: 0 };
const SMALLEST = 0.008; // of the line: a box that one can still take hold of
const STEP = 0.004;
const MOST_UNDO = 200;
const IDLE = 30; // seconds after which nobody is looking any more

/** Work on a photo as Python sent it. */
function workOf(photo) {
  const told = photo.turned ? photo.read_turned : photo.read;
  const read = told.length === photo.slots.length ? told : [];
  const work = {
    revision: photo.revision,
    picture: photo.picture,
    // A character that the reading does not say was typed, before a reload perhaps.
    slots: photo.slots.map(([c, part, left, width], place) => ({
      c, part, left, width, read: read[place] ?? null, typed: Boolean(c && read[place] && read[place].character !== c),
    })),
    turned: photo.turned,
    other: null, // the slots as they were before the turn, for the turn back
    readTurned: photo.turned && read.length > 0, // the strip was read again after the turn
    tags: [...photo.tags],
    note: photo.note,
    at: 0,
    undo: [],
    redo: [],
    seconds: photo.seconds,
    seen: 0, // when the person did something last; 0 while the photo is not on show
    zoom: 1,
    pan: 0, // left edge of the view, 0..1 of the picture
    repair: -1, // which of the coach's repairs stands now
    repairs: [],
  };
  work.at = Math.max(0, work.slots.findIndex((slot) => isDoubtful(slot)));
  return work;
}

function textOf(work) {
  return work.slots.map((slot) => slot.c || " ").join("");
}

/** Start and end of each part as the picture is shown, 0..1 of its width. */
function partsOf(work) {
  const parts = work.picture.parts;
  return work.turned ? parts.map(([start, end]) => [1 - end, 1 - start]).reverse() : parts;
}

/** Start and width of a slot, 0..1 of the picture's width. */
function spanOf(work, slot) {
  const parts = partsOf(work);
  const [start, end] = parts[slot.part] ?? parts[0];
  return [start + slot.left * (end - start), slot.width * (end - start)];
}

function gradeOf(slot) {
  if (!slot.c) return "open";
  if (slot.typed || !slot.read) return "typed";
  return GRADES.find(([least]) => shareOf(slot) >= least)[1];
}

function shareOf(slot) {
  if (!slot.read) return 0;
  if (slot.c === slot.read.character) return slot.read.confidence;
  return slot.read.alternatives.find(([c]) => c === slot.c)?.[1] ?? 0;
}

function differs(slot) {
  return slot.read !== null && new Set(Object.values(slot.read.opinions ?? {})).size > 1;
}

/** Worth a look: not typed yet, or read without certainty and not confirmed by typing. */
function isDoubtful(slot) {
  if (!slot.c) return true;
  return slot.read !== null && !slot.typed && (differs(slot) || shareOf(slot) < GRADES[1][0]);
}

/** Characters to choose from, best first: the reading's, then what stands there now. */
function choicesOf(slot) {
  const found = slot.read ? [slot.read.character, ...slot.read.alternatives.map(([c]) => c)] : [];
  const opinions = Object.values(slot.read?.opinions ?? {});
  const all = [...new Set([...found, ...opinions, ...(ALIKE[slot.c] ?? ""), slot.c].filter(Boolean))];
  return all.slice(0, 8);
}

/** Take a copy for undo, then change. */
function edit(work, change) {
  work.undo.push(copyOf(work));
  if (work.undo.length > MOST_UNDO) work.undo.shift();
  work.redo = [];
  change(work);
  work.at = Math.min(Math.max(work.at, 0), Math.max(work.slots.length - 1, 0));
}

function undo(work, from = work.undo, to = work.redo) {
  if (!from.length) return false;
  to.push(copyOf(work));
  Object.assign(work, from.pop());
  return true;
}

function copyOf({ slots, at, turned, tags, other }) {
  return { slots: slots.map((slot) => ({ ...slot })), at, turned, tags: [...tags], other };
}

const EDITS = {
  put(work, c, from = "") {
    const slot = work.slots[work.at];
    Object.assign(slot, { c, typed: true, from });
    if (work.at < work.slots.length - 1) work.at += 1;
  },
  choose(work, step) {
    const slot = work.slots[work.at];
    const all = choicesOf(slot);
    if (all.length < 2) return;
    const c = all[(all.indexOf(slot.c) + step + all.length) % all.length];
    Object.assign(slot, { c, typed: true, from: "" });
  },
  clearBefore(work) {
    if (work.slots[work.at]?.c === "" || work.at === work.slots.length - 1) {
      // At the end the caret cannot stand behind the last slot: the first press clears it.
      if (work.slots[work.at].c === "") work.at = Math.max(0, work.at - 1);
    } else work.at = Math.max(0, work.at - 1);
    Object.assign(work.slots[work.at], { c: "", typed: true, from: "" });
  },
  remove(work) {
    if (work.slots.length > 1) work.slots.splice(work.at, 1);
  },
  add(work) {
    // Half of the slot on the left of the new one; the reading's opinions stay where they were.
    const slot = work.slots[work.at];
    const half = Math.max(slot.width / 2, SMALLEST);
    work.slots.splice(work.at, 0, { c: "", part: slot.part, left: slot.left - half / 2, width: half, read: null });
  },
  split(work) {
    const slot = work.slots[work.at];
    const half = slot.width / 2;
    slot.width = half;
    work.slots.splice(work.at + 1, 0, { c: "", part: slot.part, left: slot.left + half, width: half, read: null });
    work.at += 1;
  },
  merge(work) {
    const [slot, next] = [work.slots[work.at], work.slots[work.at + 1]];
    if (!next || next.part !== slot.part) return;
    const end = Math.max(slot.left + slot.width, next.left + next.width);
    slot.left = Math.min(slot.left, next.left);
    slot.width = end - slot.left;
    work.slots.splice(work.at + 1, 1);
  },
  move(work, left, right) {
    // Both edges by so much of the line; a box never turns inside out.
    const slot = work.slots[work.at];
    const start = Math.min(Math.max(slot.left + left, -0.4), 1.4);
    const end = Math.min(Math.max(slot.left + slot.width + right, -0.4), 1.4);
    if (end - start < SMALLEST) return;
    Object.assign(slot, { left: start, width: end - start });
  },
  turn(work) {
    // Upside down nothing that was read holds; Python reads it again. Turned back, everything is as it was.
    const before = work.slots.map((slot) => ({ ...slot }));
    const count = work.picture.parts.length;
    work.slots = work.other ?? work.slots.reverse().map((slot) => ({
      ...slot, part: count - 1 - slot.part, left: 1 - slot.left - slot.width, read: null, typed: false, from: "",
    }));
    work.other = before;
    work.turned = !work.turned;
    work.at = 0;
  },
  write(work, text) {
    // A whole text at once: boxes stay, and where there are too few or too many they are spread evenly.
    if (text.length === work.slots.length) {
      work.slots.forEach((slot, place) => {
        if (slot.c !== text[place]) Object.assign(slot, { c: text[place], typed: true, from: "" });
      });
      return;
    }
    work.slots = spread(work.slots, text);
  },
};

/** Take what was read after a turn; what was typed since then stays. False where there is nothing to take. */
function readAgain(work, read) {
  if (!work.turned || work.readTurned || !read.length) return false;
  const typed = work.slots.some((slot) => slot.typed);
  if (typed && read.length !== work.slots.length) return false;
  const at = work.at;
  edit(work, () => {
    work.slots = read.map((one, place) => (typed && work.slots[place].typed
      ? { ...work.slots[place], read: one }
      : { c: one.character, part: one.part, left: one.box[0], width: one.box[2], read: one, typed: false }));
  });
  work.readTurned = true;
  if (!typed && at === 0) work.at = Math.max(0, work.slots.findIndex(isDoubtful));
  return true;
}

/** Boxes for another number of characters: what stays the same at both ends keeps its box. */
function spread(slots, text) {
  const one = slots.map((slot) => slot.c);
  let head = 0;
  while (head < Math.min(one.length, text.length) && one[head] === text[head]) head += 1;
  let tail = 0;
  while (tail < Math.min(one.length, text.length) - head && one[one.length - 1 - tail] === text[text.length - 1 - tail]) tail += 1;
  const kept = slots.slice(head, slots.length - tail);
  const wanted = text.slice(head, text.length - tail);
  const part = (kept[0] ?? slots[Math.max(0, head - 1)] ?? { part: 0 }).part;
  const start = head ? slots[head - 1].left + slots[head - 1].width : kept[0]?.left ?? 0;
  const end = tail ? slots[slots.length - tail].left : kept.length ? kept.at(-1).left + kept.at(-1).width : 1;
  const width = Math.max((end - start) / Math.max(wanted.length, 1), SMALLEST);
  const middle = [...wanted].map((c, place) => (
    { c: c.trim(), part, left: start + place * width, width, read: null, typed: true }
  ));
  return [...slots.slice(0, head), ...middle, ...slots.slice(slots.length - tail)];
}

/** Time that a person spent here, without what they spent away. */
function clock(work) {
  const now = performance.now() / 1000;
  if (work.seen) work.seconds += Math.min(now - work.seen, IDLE);
  work.seen = now;
}

/** The form that Python checks. */
function told(work) {
  return {
    slots: work.slots.map((slot) => [slot.c, slot.part, round(slot.left), round(slot.width)]),
    turned: work.turned,
    tags: work.tags,
    note: work.note,
    seconds: round(work.seconds),
  };
}

function round(value) {
  return Math.round(value * 1e4) / 1e4;
}
