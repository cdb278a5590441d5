// The buttons of the tools, and the knobs that change nothing of the regions: brush, strictness, how they are drawn.

import { element } from "./panel.js";
import { TOOLS } from "./tools.js";

const byId = (id) => document.getElementById(id);
const DRAWN = ["outline", "fill", "both", "none"];

// The slider of the brush goes from 0.5 to 400 px in equal ratios.
const brushOf = (at) => 0.5 * 800 ** (at / 100);
const placeOfBrush = (radius) => (100 * Math.log(radius / 0.5)) / Math.log(800);
const bounded = (value, low, high) => Math.min(high, Math.max(low, value));

export class Knobs {
  constructor(screen, state, onPick) {
    Object.assign(this, { screen, state });
    const brush = slider("brush", "brush", 0, 100, 1, 50, (at) => this.setBrush(brushOf(at)));
    const strict = slider("strict", "alike", 0.1, 0.9, 0.05, 0.5, (value) => this.setStrict(value));
    const buttons = Object.entries(TOOLS).map(([name, tool]) => toolButton(name, tool, onPick));
    byId("tools").replaceChildren(...buttons, element("hr"), brush, strict);
    byId("opacity").addEventListener("input", () => this.setOpacity(Number(byId("opacity").value)));
    for (const button of drawnButtons()) button.addEventListener("click", () => this.setDrawn(button.dataset.drawn));
    this.setBrush(state.radius);
    this.setStrict(state.strictness);
    this.setDrawn("outline");
  }

  setBrush(radius) {
    this.state.radius = bounded(radius, 0.5, 400);
    byId("brush").value = placeOfBrush(this.state.radius);
    byId("brush-value").textContent = `${Math.round(2 * this.state.radius)} px`;
    this.screen.redraw();
  }

  setStrict(strictness) {
    this.state.strictness = bounded(Math.round(strictness * 100) / 100, 0.1, 0.9);
    byId("strict").value = this.state.strictness;
    byId("strict-value").textContent = this.state.strictness.toFixed(2);
  }

  setDrawn(drawn) {
    this.screen.drawn = drawn;
    for (const button of drawnButtons()) button.setAttribute("aria-pressed", String(button.dataset.drawn === drawn));
    this.screen.redraw();
  }

  nextDrawn() {
    this.setDrawn(DRAWN[(DRAWN.indexOf(this.screen.drawn) + 1) % DRAWN.length]);
  }

  hide() {
    const before = this.screen.drawn;
    this.setDrawn(before === "none" ? this.shownBefore || "outline" : "none");
    this.shownBefore = before;
  }

  setOpacity(opacity) {
    this.screen.opacity = bounded(opacity, 0, 1);
    byId("opacity").value = this.screen.opacity;
    this.screen.redraw();
  }
}

const drawnButtons = () => document.querySelectorAll("[data-drawn]");

function toolButton(name, tool, onPick) {
  const button = element("button", { title: `${tool.hint} (${tool.key})`, onclick: () => onPick(name) }, tool.name, element("kbd", { textContent: tool.key }));
  button.dataset.tool = name;
  return button;
}

function slider(id, text, low, high, step, value, onInput) {
  const field = element("input", { id, type: "range", min: low, max: high, step, value, oninput: () => onInput(Number(field.value)) });
  const label = element("label", { title: text }, element("span", { textContent: text }), element("span", { id: `${id}-value` }), field);
  label.style.flexWrap = "wrap";
  return label;
}
