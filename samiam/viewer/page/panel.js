// What stands beside the image: regions, what is under the pointer, the log.

const byId = (id) => document.getElementById(id);

export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

const percent = (share) => (share > 0 && share < 0.0005 ? "<0.1 %" : `${(100 * share).toFixed(1)} %`);
const clock = (utc) => new Date(utc).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

export function showRegions(told, chosen, onChoose, onRename) {
  const items = told.regions.map((region, place) => {
    const notes = [
      place < 9 ? `key ${place + 1}` : null,
      region.confidence === null ? null : `confidence ${region.confidence.toFixed(2)}`,
      region.by_hand ? "by hand" : null,
      region.is_part ? `part of material ${region.material}` : null,
    ].filter(Boolean).join(" · ");
    const swatch = element("span", { className: "swatch" });
    swatch.style.background = `rgb(${region.colour.join(",")})`;
    const name = element("div", { className: "name", title: "Double click, or N, to rename" }, region.called, element("small", { textContent: notes }));
    const item = element("li", {}, swatch, name, element("span", { className: "share", textContent: percent(region.share) }));
    item.dataset.region = region.number;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", String(chosen.includes(region.number)));
    item.addEventListener("click", (event) => onChoose(region.number, event.shiftKey || event.ctrlKey || event.metaKey));
    item.addEventListener("dblclick", () => onRename(region.number));
    return item;
  });
  byId("regions").replaceChildren(...(items.length ? items : [element("li", { className: "empty", textContent: told.remark || "nothing is segmented" })]));
  const how = told.n_materials_given ? "given" : "estimated";
  byId("summary").textContent = `${told.regions.length} of ${told.n_materials} ${how}`;
}

// A field in the list in which the name is written; `done` gets it, or null where it was left.
export function askName(number, before, done) {
  const item = document.querySelector(`#regions li[data-region="${number}"]`);
  if (!item) return;
  const field = element("input", { type: "text", value: before || "", maxLength: 80, placeholder: "as SrTiO3" });
  field.setAttribute("aria-label", "Name of the material");
  let isOver = false;
  const end = (name) => {
    if (isOver) return;
    isOver = true;
    done(name);
  };
  field.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Enter") end(field.value);
    if (event.key === "Escape") end(null);
  });
  field.addEventListener("blur", () => end(field.value === (before || "") ? null : field.value));
  field.addEventListener("click", (event) => event.stopPropagation());
  item.querySelector(".name").replaceChildren(field);
  field.focus();
  field.select();
}

export function showSteps(told) {
  const items = told.steps.map((step) =>
    element("li", { title: `${step.n_pixels.toLocaleString("en")} px changed` }, step.text, " ", element("small", { textContent: `${step.who}, ${clock(step.when_utc)}` })));
  byId("steps").replaceChildren(...(items.length ? items.reverse() : [element("li", { className: "empty", textContent: "the automatic result, as it is" })]));
  byId("n-steps").textContent = told.n_steps || "";
}

export function showVerdict(told) {
  const { verdict } = told;
  byId("verdict").textContent = verdict ? `${verdict.accepted ? "✓ accepted" : "✗ rejected"} by ${verdict.who}, ${clock(verdict.when_utc)}` : "";
  byId("accept").setAttribute("aria-pressed", String(verdict?.accepted === true));
  byId("reject").setAttribute("aria-pressed", String(verdict?.accepted === false));
  byId("save").textContent = told.is_saved ? "save" : "save •";
}

// That another number of materials has replaced what was done by hand, as long as that is the last step.
export function showReplaced(told) {
  const n = told.undo_what === "boost" ? told.steps.at(-1).details.steps_replaced : 0;
  const [steps, them] = n === 1 ? ["1 step by hand was", "it"] : [`${n} steps by hand were`, "them"];
  byId("replaced").textContent = n ? `${steps} replaced by the automatic result; undo brings ${them} back.` : "";
  byId("notice").hidden = !n;
}

export function showHere(at, told) {
  const region = told.regions.find(({ number }) => number === at.region);
  const rows = [
    ["grey value", at.value.toFixed(3)],
    ["region", region ? region.called : "none"],
    ...at.masks.map((mask) => [`mask ${mask.mask}`, wordsOf(mask)]),
    ...at.steps.map((step) => ["step", `${step.text}, ${step.who}`]),
  ];
  const cells = rows.map(([name, text]) => element("tr", {}, element("td", { textContent: name }), element("td", { textContent: text })));
  byId("here").replaceChildren(element("table", {}, ...cells));
}

function wordsOf(mask) {
  const rule = mask.rule.replaceAll("_", " ");
  const compared = mask.threshold || mask.value ? `, ${round(mask.value)} against ${round(mask.threshold)}` : "";
  const quality = mask.quality === null ? "" : `; quality ${mask.quality}`;
  return `${mask.action}: ${rule}${compared}${quality}`;
}

const round = (value) => Number(value.toPrecision(3)).toLocaleString("en");
