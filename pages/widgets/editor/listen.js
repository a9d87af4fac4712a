// Keys, pointer, paste: what a person does with the editor, brought to the commands of editor.js.

const BAR = [
  ["accept", "Enter", "Accept"], ["skip", "Esc", "Skip"], ["back", "F2", "Back"],
  ["undo", "Shift+F2", "Take back"], ["reject", "F3", "Reject"],
  ["tags", "F4", "Troubles"], ["note", "F9", "Comment"], ["region", "F10", "Photo"], ["contrast", "F6", "Contrast"],
  ["invert", "F7", "Invert"], ["turn", "F8", "Turn"], ["zoomOut", "−", "Zoom", "Zoom out"],
  ["zoomIn", "+", "", "Zoom in"], ["help", "F1", "Keys"],
];

const KEYS = {
  Enter: "accept", Escape: "skip", F1: "help", F2: "back", F3: "reject", F4: "tags", F6: "contrast", F7: "invert",
  F8: "turn", F9: "note", F10: "region", "+": "zoomIn", "=": "zoomIn", "-": "zoomOut", " ": "repair",
};

// As Streamlit would name what has these keys: scripts and tests hold on to them.
const HOOKS = { accept: "save_label", skip: "skip_label", undo: "undo_label", reject: "reject_photo" };

function buildBar(bar) {
  for (const [action, key, words, name] of BAR) {
    const button = actionButton(action, key, words);
    if (name) button.setAttribute("aria-label", name);
    if (action === "accept") button.dataset.testid = "editor-save";
    const place = element("span", HOOKS[action] ? `st-key-${HOOKS[action]}` : "");
    place.append(button);
    bar.append(place);
  }
}

function buildHelp(help) {
  const columns = element("div", "columns");
  for (const [title, entries] of HELP) {
    const list = element("dl");
    for (const [keys, words] of entries) list.append(element("dt", "", keys), element("dd", "", words));
    const column = element("section");
    column.append(element("h3", "", title), list);
    columns.append(column);
  }
  const close = element("button", "", "Close");
  close.type = "button";
  close.append(element("kbd", "", "Esc"));
  close.onclick = () => help.close();
  help.append(columns, element("p", "hint", "Marks: ≠ the readers differ; ~ the check digit would not notice; I→1 what was pressed."), close);
}

function listen(state) {
  const { editor, keys, stage, strip, help, note, coach } = state.parts;
  // Streamlit has hotkeys of its own (r, c); what is typed here is none of its business.
  editor.addEventListener("keydown", (event) => event.stopPropagation());
  keys.addEventListener("keydown", (event) => pressed(state, event));
  keys.addEventListener("beforeinput", (event) => {
    event.preventDefault();
    for (const character of charactersOf(event.data ?? "")) type(state, character);
  });
  keys.addEventListener("paste", (event) => pasted(state, event));
  keys.addEventListener("copy", (event) => {
    event.clipboardData.setData("text/plain", state.work ? textOf(state.work).trim() : "");
    event.preventDefault();
  });
  keys.addEventListener("focus", () => editor.classList.add("focused"));
  keys.addEventListener("blur", () => {
    editor.classList.remove("focused");
    flush(state);
  });
  editor.addEventListener("click", (event) => clicked(state, event));
  help.addEventListener("close", () => focus(state));
  help.addEventListener("keydown", (event) => event.key === "F1" && (event.preventDefault(), help.close()));
  note.querySelector("textarea").addEventListener("keydown", (event) => {
    if (event.key !== "Escape" && !(event.key === "Enter" && !event.shiftKey)) return;
    event.preventDefault();
    event.target.blur(); // which keeps what was written
    note.hidden = true;
    focus(state);
  });
  note.querySelector("textarea").addEventListener("change", (event) => wrote(state, event.target.value));
  coach.addEventListener("mousedown", (event) => event.preventDefault());
  stage.addEventListener("wheel", (event) => wheeled(state, event), { passive: false });
  strip.addEventListener("pointerdown", (event) => dragged(state, event));
}

function wrote(state, text) {
  if (!state.work || state.work.note === text) return;
  state.work.note = text;
  later(state);
  draw(state);
}

function pressed(state, event) {
  if (event.isComposing) return;
  const done = state.menu ? inMenu(state, event) : arrows(state, event) || letters(state, event);
  if (done) event.preventDefault();
}

function inMenu(state, event) {
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1] ?? (/^\d$/.test(event.key) ? event.key : "");
  if (digit) choose(state, Number(digit) - 1);
  else if (event.key === "Tab") return false;
  else if (["Escape", "Enter", "F3", "F4"].includes(event.key)) closeMenu(state);
  return true;
}

function arrows(state, event) {
  const { key, altKey, shiftKey, ctrlKey, metaKey } = event;
  const { work } = state;
  if (!work) return false;
  if (altKey && key.startsWith("Arrow")) {
    const by = STEP * (ctrlKey ? 4 : 1) * (key === "ArrowLeft" || key === "ArrowDown" ? -1 : 1);
    if (key === "ArrowUp" || key === "ArrowDown") changed(state, "move", -by / 2, by / 2);
    else changed(state, "move", shiftKey ? 0 : by, by);
    return true;
  }
  if (ctrlKey || metaKey) return false;
  if (shiftKey && (key === "ArrowLeft" || key === "ArrowRight")) {
    work.pan += (key === "ArrowLeft" ? -0.25 : 0.25) / work.zoom;
    draw(state);
    return true;
  }
  const steps = { ArrowLeft: work.at - 1, ArrowRight: work.at + 1, Home: 0, End: work.slots.length - 1 };
  if (key in steps) go(state, steps[key]);
  else if (key === "ArrowUp" || key === "ArrowDown") changed(state, "choose", key === "ArrowUp" ? -1 : 1);
  else if (key === "Tab") return goDoubtful(state, shiftKey ? -1 : 1); // none left: the browser's own way out
  else return false;
  return true;
}

function letters(state, event) {
  const { key, code, ctrlKey, metaKey, altKey, shiftKey } = event;
  if (ctrlKey || metaKey) return chords(state, event);
  const character = characterOf(event);
  if (character) {
    if (state.work) type(state, character);
    return true;
  }
  if (altKey) return false;
  const edits = { Backspace: "clearBefore", Delete: "remove", Insert: "add", ",": "split", ".": "merge" };
  // On layouts whose comma is a letter, the key itself counts.
  const name = edits[key] ?? { Comma: "split", Period: "merge" }[/\p{L}/u.test(key) && key.length === 1 ? code : ""];
  if (name) changed(state, name);
  else if (key === "Enter" && shiftKey) run(state, "theirs");
  else if (key === "F2" && shiftKey) run(state, "undo");
  // A key that is held down must not accept photo after photo.
  else if (KEYS[key] && !(event.repeat && ["Enter", "Escape", " "].includes(key))) run(state, KEYS[key]);
  else return Boolean(KEYS[key]);
  return true;
}

function chords(state, { key, code, shiftKey }) {
  const letter = /^[a-z]$/i.test(key) ? key.toLowerCase() : code.replace("Key", "").toLowerCase();
  if (letter !== "z" && letter !== "y") return false;
  const { work } = state;
  if (!work) return true;
  const back = letter === "z" && !shiftKey;
  if (back ? undo(work) : undo(work, work.redo, work.undo)) later(state);
  draw(state);
  announce(state, spoken(work, work.at));
  return true;
}

function pasted(state, event) {
  event.preventDefault();
  const found = charactersOf(event.clipboardData.getData("text"));
  if (!state.work || !found.length) return;
  if (found.length === state.work.slots.length) changed(state, "write", found.map(({ c }) => c).join(""));
  else for (const character of found) type(state, character);
}

function clicked(state, event) {
  const button = event.target.closest("button");
  if (button?.dataset.action) run(state, button.dataset.action);
  if (button?.dataset.repair) repairWith(state, Number(button.dataset.repair));
  const elsewhere = event.target.closest("textarea, label, dialog, .menu");
  if (!elsewhere && !state.parts.help.open && button?.dataset.action !== "note") focus(state);
}

function wheeled(state, event) {
  // Only with a modifier, or once zoomed in: the page must still scroll under the pointer.
  if (!state.work || !(event.ctrlKey || state.work.zoom > 1)) return;
  event.preventDefault();
  const { left, width } = state.parts.strip.getBoundingClientRect();
  const around = state.work.pan + (event.clientX - left) / width / state.work.zoom;
  if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
    state.work.pan += event.deltaX / width / state.work.zoom;
    draw(state);
  } else zoom(state, event.deltaY < 0 ? 1.15 : 1 / 1.15, around);
}

/** Boxes and their edges are dragged, everything else pans; Python hears of it once, at the end. */
function dragged(state, event) {
  const { work } = state;
  if (!work || event.button !== 0) return;
  const { strip } = state.parts;
  const place = event.target.closest(".box");
  const edge = event.target.dataset?.edge ?? "";
  const spot = event.target.closest("[data-at]");
  if (spot) go(state, Number(spot.dataset.at));
  const [start, end] = place ? partsOf(work)[work.slots[work.at].part] : [0, 1];
  const width = strip.clientWidth * work.zoom;
  let last = event.clientX;
  let begun = false;
  const move = (now) => {
    const by = (now.clientX - last) / width;
    if (!begun && Math.abs(now.clientX - event.clientX) < 3) return;
    if (!begun) strip.setPointerCapture(event.pointerId);
    last = now.clientX;
    if (!place) work.pan -= by;
    else {
      if (!begun) work.undo.push(copyOf(work));
      const share = by / (end - start);
      EDITS.move(work, edge === "right" ? 0 : share, edge === "left" ? 0 : share);
    }
    begun = true;
    draw(state);
  };
  const stop = () => {
    for (const name of ["pointerup", "pointercancel"]) window.removeEventListener(name, stop);
    strip.removeEventListener("pointermove", move);
    if (begun && place) later(state);
    draw(state);
    focus(state);
  };
  strip.addEventListener("pointermove", move);
  // On the window: before the first move nothing is captured, and the button may be let go anywhere.
  window.addEventListener("pointerup", stop, { once: true });
  window.addEventListener("pointercancel", stop, { once: true });
}
