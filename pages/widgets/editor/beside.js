// What stands around the strip: the loupe, examples from other photos, the coach, and troubles.

function drawLoupe(state) {
  const { work, parts } = state;
  const slot = work.slots[work.at];
  parts.loupe.hidden = !slot || !state.photo.placed;
  if (parts.loupe.hidden) return;
  const [across, down] = work.picture.size;
  const [start, span] = spanOf(work, slot);
  const svg = parts.loupe.querySelector("svg");
  const wide = Math.max(span * across * 3.4, (down * svg.clientWidth) / (svg.clientHeight || 1));
  const left = Math.min(Math.max((start + span / 2) * across - wide / 2, 0), Math.max(across - wide, 0));
  svg.setAttribute("viewBox", `${left} 0 ${wide} ${down}`);
  const image = svg.querySelector("image");
  place(image, work, { x: 0, y: 0, width: across, height: down });
  image.style.filter = filterOf(state);
  const around = svg.querySelector(".around");
  const spot = { x: start * across, y: 2, width: span * across, height: down - 4 };
  for (const [key, value] of Object.entries(spot)) around.setAttribute(key, value);
  const shares = slot.read ? choicesOf(slot).map((c) => [c, sharesOf(slot, c)]) : [];
  const offered = shares.filter(([, share]) => share).slice(0, 5).map((pair) => pair.join(" ")).join("   ");
  parts.loupe.querySelector("figcaption").textContent = `Slot ${work.at + 1}${offered ? `:  ${offered}` : ""}`;
}

function sharesOf(slot, c) {
  const share = c === slot.read.character ? slot.read.confidence : slot.read.alternatives.find(([one]) => one === c)?.[1];
  return share === undefined || share < 0.01 ? "" : `${Math.min(99, Math.floor(100 * share))} %`;
}

/** The characters that a doubtful slot may hold, as they look on other photos of the maker. */
function drawExamples({ photo, work, parts }) {
  const slot = work.slots[work.at];
  const doubtful = slot?.read && (differs(slot) || Math.min(shareOf(slot), slot.read.confidence) < GRADES[1][0]);
  const likely = doubtful ? choicesOf(slot).filter((c) => photo.examples[c]).slice(0, 4) : [];
  parts.examples.hidden = !Object.keys(photo.examples).length;
  parts.examples.replaceChildren(
    element("p", "hint", likely.length ? "On other photos of this maker" : "Nothing to compare in this slot"),
    ...likely.map((c) => {
      const group = element("div", "several");
      group.append(element("b", c === slot.c ? "chosen" : "", c));
      for (const [key, id, approved] of photo.examples[c]) {
        const image = element("img");
        image.src = pictures.get(key) ?? "";
        image.alt = `${c} on photo ${id}`;
        image.title = `Photo ${id}, ${approved ? "approved" : "labelled"}`;
        group.append(image);
      }
      return group;
    }),
  );
}

const SIGNS = { valid: "✓", invalid: "✗", not_applicable: "–", open: "…" };

function drawCoach(state) {
  const { coach, work, parts } = state;
  parts.coach.replaceChildren();
  if (!coach) return;
  const fresh = coach.text === textOf(work);
  parts.coach.classList.toggle("stale", !fresh);
  const digit = element("p", `digit ${coach.digit}`);
  digit.append(element("b", "", SIGNS[coach.digit] ?? ""), element("span", "", coach.told));
  parts.coach.append(digit);
  if (work.repairs.length) {
    const list = element("div", "repairs");
    list.append(element("kbd", "", "Space"));
    work.repairs.forEach(([, words], place) => {
      const button = element("button", place === work.repair ? "chosen" : "", words);
      button.type = "button";
      button.dataset.repair = place;
      list.append(button);
    });
    parts.coach.append(list);
  }
  const facts = element("dl");
  for (const [name, words] of coach.facts) facts.append(element("dt", "", name), element("dd", "", words));
  parts.coach.append(facts);
  if (coach.unvouched.length && fresh) {
    const slots = coach.unvouched.map((slot) => slot + 1).join(", ");
    parts.coach.append(element("p", "hint", `~ The check digit would not notice a likely mistake in ${slots}: look there.`));
  }
  for (const twin of coach.twins) {
    const line = element("p", "twin", `This VIN exists already: photo ${twin.id} (${twin.state}), ${twin.name} `);
    if (twin === coach.twins[0]) {
      const button = element("button", "", "Show both");
      button.type = "button";
      button.dataset.action = "twin";
      line.append(button);
    }
    parts.coach.append(line);
  }
}

function drawTrouble({ photo, work, parts }) {
  const { trouble } = photo;
  parts.trouble.hidden = !trouble.kind;
  if (!trouble.kind) return parts.trouble.replaceChildren();
  if (trouble.kind !== "conflict") return parts.trouble.replaceChildren(element("p", "", trouble.told));
  const line = element("p");
  line.append(element("b", "", trouble.by), ` was faster: ${ACTIONS[trouble.action] ?? "changed this photo"}`);
  if (trouble.reason) line.append(` (${trouble.reason})`);
  const rows = [line];
  if (trouble.text) {
    const mine = textOf(work);
    for (const [whose, text, other] of [["Theirs", trouble.text, mine], ["Yours", mine, trouble.text]]) {
      const row = element("p", "versions");
      row.append(element("span", "whose", whose));
      [...text].forEach((c, place) => row.append(element("code", c === other[place] ? "" : "apart", c)));
      rows.push(row);
    }
  }
  const ways = element("p", "ways");
  for (const [action, key, words] of [
    ["accept", "Enter", "Save yours on top"], ["skip", "Esc", "Let theirs stand"],
    ...(trouble.text ? [["theirs", "Shift+Enter", "Take theirs into the editor"]] : []),
  ]) ways.append(actionButton(action, key, words));
  parts.trouble.replaceChildren(...rows, ways);
}

const ACTIONS = {
  label: "they saved", approve: "it was approved as", send_back: "it was sent back", reject: "it was rejected",
  undo: "they took a label back", restore: "an earlier label was restored",
};

function actionButton(action, key, words) {
  const button = element("button", action === "accept" ? "primary" : "", words);
  button.type = "button";
  button.dataset.action = action;
  button.append(element("kbd", "", key));
  button.setAttribute("aria-keyshortcuts", key.replace("Esc", "Escape"));
  return button;
}
