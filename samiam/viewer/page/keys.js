// All keys, what they do, and the list of them.

import { element } from "./panel.js";
import { TOOLS } from "./tools.js";

const isTyping = (target) => target.matches?.("input[type=text], textarea");

// `deeds`: functions by name, as `main.js` has them.
export function listen(deeds) {
  document.addEventListener("keydown", (event) => {
    if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
    const deed = deedOf(event, deeds);
    if (!deed) return;
    event.preventDefault();
    deed();
  });
}

const STEP_PX = 12; // of the cross on the screen; 2 with Alt

function deedOf(event, deeds) {
  const { key, code, shiftKey: shift, altKey } = event;
  const lower = key.length === 1 ? key.toLowerCase() : key;
  if (event.ctrlKey || event.metaKey) {
    return { z: shift ? deeds.redo : deeds.undo, y: deeds.redo, s: deeds.save }[lower];
  }
  if (event.target.matches?.("select, input[type=range]") && key.startsWith("Arrow")) return null;
  if (event.target.matches?.("button, select") && ["Enter", " "].includes(key)) return null;
  const step = altKey ? 2 : STEP_PX;
  const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
  if (moves[key]) return () => deeds.moveCross(...moves[key]);
  if (/^Digit[1-9]$/.test(code) && !altKey) return () => deeds.chooseNth(Number(code.slice(5)) - 1, shift);
  const tool = Object.keys(TOOLS).find((name) => TOOLS[name].key.toLowerCase() === lower);
  if (tool && !altKey) return () => deeds.pick(tool);
  return {
    " ": () => deeds.pressCross(shift), Enter: deeds.settle, Escape: deeds.escape,
    m: deeds.merge, s: deeds.split, n: deeds.rename, Delete: deeds.delete, Backspace: deeds.delete,
    a: deeds.accept, r: deeds.reject, o: deeds.nextDrawn, h: deeds.hide,
    ",": () => deeds.fade(-0.1), ".": () => deeds.fade(0.1),
    "[": () => deeds.brush(1 / 1.25), "]": () => deeds.brush(1.25),
    "<": () => deeds.strict(-0.1), ">": () => deeds.strict(0.1),
    "-": () => deeds.boostBy(-1), "+": () => deeds.boostBy(1), "=": () => deeds.boostBy(1), 0: deeds.estimate,
    z: () => deeds.zoom(1.5), x: () => deeds.zoom(1 / 1.5), w: deeds.fit, i: deeds.actualSize,
    PageUp: () => deeds.turn(-1), PageDown: () => deeds.turn(1), "?": deeds.help,
  }[lower];
}

const LIST = [
  ["Pointing without a mouse", [
    ["← ↑ ↓ →", "move a cross over the image, finely with Alt"],
    ["Space", "click there; with tools that drag, begin and end"],
    ["Shift Space", "click: not this"],
    ["Enter", "the answer is right; the next click is another"],
    ["Esc", "let go of the drawing, the answer, the choice"],
  ]],
  ["Regions", [
    ["1 … 9", "choose a region, with Shift one more"],
    ["M", "merge the chosen ones into the first"], ["S", "split by texture"],
    ["N", "name the material"], ["Delete", "give its pixels to none"],
    ["+ −", "one material more, fewer"], ["0", "as many as are estimated"],
  ]],
  ["Looking", [
    ["wheel, Z X", "zoom"], ["W, I", "whole image, pixel for pixel"],
    ["Ctrl drag", "move the image with any tool"],
    ["O", "outline, tint, both, none"], ["H", "hide and show the regions"], [", .", "opacity"],
    ["[ ]", "brush"], ["< >", "how alike textures have to be"],
  ]],
  ["Work", [
    ["Ctrl Z, Ctrl Y", "undo, redo"], ["A, R", "accept, reject"], ["Ctrl S", "save"],
    ["Page Up, Page Down", "previous, next image"], ["?", "this list"],
  ]],
];

export function showList(dialog) {
  const tools = ["Tools", Object.values(TOOLS).map(({ key, name, hint }) => [key, `${name}: ${hint[0].toLowerCase()}${hint.slice(1)}`])];
  const parts = [tools, ...LIST].map(([title, keys]) => element("div", {}, element("h2", { textContent: title }),
    element("table", {}, ...keys.map(([key, text]) => element("tr", {}, element("td", {}, element("kbd", { textContent: key })), element("td", { textContent: text }))))));
  const close = element("button", { textContent: "close", autofocus: true, onclick: () => dialog.close() });
  dialog.replaceChildren(element("div", { className: "columns" }, ...parts), close);
  dialog.showModal();
}
