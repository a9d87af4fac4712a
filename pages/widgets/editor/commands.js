// What a person does: commands of the keys and buttons, and the edits of model.js brought to the screen.

const COMMANDS = {
  accept(state) {
    const { work, photo } = state;
    const open = work.slots.findIndex((slot) => !slot.c);
    if (work.slots.length !== 17) return say(state, `A VIN has 17 characters, here are ${work.slots.length}.`);
    if (open >= 0) {
      work.at = open;
      say(state, `Slot ${open + 1} is empty: type its character, or ? where it cannot be read.`);
      return draw(state);
    }
    if (photo.trouble.kind === "broken") return say(state, photo.trouble.told);
    finish(state, "accept");
  },
  skip: (state) => finish(state, state.photo.trouble.kind === "conflict" ? "yield" : "skip"),
  theirs(state) {
    if (state.photo.trouble.text) changed(state, "write", state.photo.trouble.text);
  },
  back: (state) => post(state, "back"),
  undo: (state) => post(state, "undo"),
  reject: (state) => openMenu(state, "reject"),
  tags: (state) => openMenu(state, "tags"),
  note(state) {
    state.parts.note.hidden = false;
    state.parts.note.querySelector("textarea").focus();
  },
  region: (state) => post(state, "region"),
  twin: (state) => post(state, "twin"),
  help: (state) => state.parts.help.showModal(),
  contrast(state) { state.contrast = (state.contrast + 1) % 3; },
  invert(state) { state.inverted = !state.inverted; },
  turn: (state) => changed(state, "turn"),
  zoomIn: (state) => zoom(state, 1.4),
  zoomOut: (state) => zoom(state, 1 / 1.4),
  repair(state) {
    const { work } = state;
    if (!work.repairs.length) return say(state, "The coach has no repair for this text.");
    repairWith(state, (work.repair + 1) % work.repairs.length);
  },
};

const NEED_NO_PHOTO = ["back", "undo", "help"];

function run(state, name) {
  if (!state.photo && !NEED_NO_PHOTO.includes(name)) return;
  say(state, "");
  COMMANDS[name](state);
  draw(state);
}

function finish(state, kind, rest = {}) {
  clock(state.work);
  state.work.seen = 0;
  post(state, kind, rest);
  show(state);
}

function changed(state, name, ...values) {
  if (!state.work?.slots.length) return;
  const before = JSON.stringify(told(state.work).slots);
  clock(state.work);
  edit(state.work, (work) => EDITS[name](work, ...values));
  follow(state);
  draw(state);
  announce(state, spoken(state.work, state.work.at));
  if (JSON.stringify(told(state.work).slots) !== before || name === "turn") later(state);
  else state.work.undo.pop();
}

function repairWith(state, place) {
  const { repairs } = state.work;
  changed(state, "write", repairs[place][0]);
  Object.assign(state.work, { repairs, repair: place });
  draw(state);
}

function type(state, { c, from }) {
  changed(state, "put", c, from);
}

function go(state, at) {
  if (!state.work) return;
  clock(state.work);
  state.work.at = Math.min(Math.max(at, 0), state.work.slots.length - 1);
  follow(state);
  draw(state);
  announce(state, spoken(state.work, state.work.at));
}

/** The next slot worth a look in this direction; false where there is none. */
function goDoubtful(state, step) {
  const { slots, at } = state.work;
  for (let next = at + step; next >= 0 && next < slots.length; next += step) {
    if (isDoubtful(slots[next])) {
      go(state, next);
      return true;
    }
  }
  return false;
}

function zoom(state, factor, around = null) {
  const { work } = state;
  const middle = around ?? middleOf(work);
  const at = (middle - work.pan) * work.zoom; // where it is seen, 0..1 of the view
  work.zoom = Math.min(Math.max(work.zoom * factor, 1), 8);
  work.pan = middle - (around === null ? 0.5 : at) / work.zoom;
  draw(state);
}

function middleOf(work) {
  const [start, span] = spanOf(work, work.slots[work.at]);
  return start + span / 2;
}

/** Keep the active slot in view. */
function follow(state) {
  const { work } = state;
  if (work.zoom === 1) return;
  const middle = middleOf(work);
  const margin = 0.12 / work.zoom;
  if (middle < work.pan + margin || middle > work.pan + 1 / work.zoom - margin) work.pan = middle - 0.5 / work.zoom;
}

function openMenu(state, name) {
  const { menu } = state.parts;
  const words = state.data[name === "reject" ? "reasons" : "tags"];
  state.menu = name;
  menu.hidden = false;
  menu.replaceChildren(element("b", "", name === "reject" ? "Reject, because" : "Troubles of the picture"));
  words.forEach((word, place) => {
    const button = element("button", "", word);
    button.type = "button";
    button.prepend(element("kbd", "", String(place + 1)));
    if (name === "tags") button.setAttribute("aria-pressed", String(state.work.tags.includes(word)));
    button.onclick = () => choose(state, place);
    menu.append(button);
  });
  menu.append(element("span", "hint", "Esc closes"));
  announce(state, `${menu.firstChild.textContent}: ${words.map((word, place) => `${place + 1} ${word}`).join(", ")}`);
}

function choose(state, place) {
  const { menu, work, data } = state;
  if (menu === "reject" && data.reasons[place]) {
    closeMenu(state);
    finish(state, "reject", { reason: data.reasons[place] });
  } else if (menu === "tags" && data.tags[place]) {
    const tag = data.tags[place];
    edit(work, () => { work.tags = work.tags.includes(tag) ? work.tags.filter((one) => one !== tag) : [...work.tags, tag]; });
    later(state);
    openMenu(state, "tags");
  }
  focus(state);
  draw(state);
}

function closeMenu(state) {
  state.menu = "";
  state.parts.menu.hidden = true;
}
