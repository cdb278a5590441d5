// What is under the pointer.

import { lengthUnit } from "./lengths.js";
import * as server from "./server.js";
import * as panel from "./panel.js";

const REST_MS = 60; // for which the pointer has to stay before the server is asked

export class Here {
  constructor({ state, say, isDrawing }) {
    Object.assign(this, { state, say, isDrawing });
    this.last = null; // place on the image
    this.timer = 0;
  }

  hover(point) {
    const { told } = this.state;
    if (!told) return;
    this.last = isInside(point, told) ? point : null;
    this.showWhere();
    clearTimeout(this.timer);
    if (this.last && !this.isDrawing()) this.timer = setTimeout(() => this.look(), REST_MS);
  }

  showWhere() {
    const { told } = this.state;
    const size = told.pixel_size_nm;
    const { x, y } = this.last ?? {};
    const [factor, unit] = lengthUnit(told.width * size);
    const said = (px) => ((px * size) / factor).toFixed(unit === "nm" ? 2 : 3);
    const length = size ? `   ${said(x)}, ${said(y)} ${unit}` : "";
    const where = this.last ? `x ${Math.floor(x)}, y ${Math.floor(y)}${length}` : `${told.width} × ${told.height} px, ${told.scale}`;
    document.getElementById("where").textContent = where;
  }

  async look() {
    const at = this.last && (await this.pixelAt(this.last));
    if (at && this.state.told) panel.showHere(at, this.state.told);
  }

  // What the server says of a pixel, null outside of the image.
  async pixelAt(point) {
    const { told, place } = this.state;
    if (!told || !isInside(point, told)) return null;
    try {
      return await server.at(place, Math.floor(point.x), Math.floor(point.y));
    } catch (error) {
      this.say(error.message, true);
      return null;
    }
  }
}

const isInside = ({ x, y }, told) => x >= 0 && y >= 0 && x < told.width && y < told.height;
