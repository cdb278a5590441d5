// What is asked of the server, one after the other, and how long it takes until the answer is on the screen.

import * as server from "./server.js";

export class Asking {
  constructor({ screen, state, show, say }) {
    Object.assign(this, { state, show, say });
    this.queue = Promise.resolve();
    this.asked = null; // {begun, isShown}
    screen.onComplete = () => this.complete();
  }

  perform(action, details = {}) {
    return this.inTurn(() => server.perform(this.state.place, action, details));
  }

  // What is done next is done to what this has left.
  inTurn(request) {
    const begun = performance.now();
    return this.after(() => this.answer(request, begun));
  }

  after(work) {
    this.queue = this.queue.then(work);
    return this.queue;
  }

  async answer(request, begun = performance.now()) {
    try {
      this.asked = { begun };
      document.body.dataset.state = "busy";
      this.show(await request());
      if (this.asked) this.asked.isShown = true;
      this.say("");
    } catch (error) {
      this.asked = null;
      document.body.dataset.state = "ready";
      if (!(error instanceof server.Refused)) throw error;
      this.say(error.message, true);
    }
  }

  complete() {
    if (!this.asked?.isShown) return;
    const ms = Math.round(performance.now() - this.asked.begun);
    this.asked = null;
    document.body.dataset.state = "ready";
    document.body.dataset.answeredMs = ms;
    document.getElementById("answered").textContent = `${ms} ms`;
  }

  // The number of materials: of many moves of the slider only the last counts.
  boost(n) {
    this.wantedK = n;
    document.getElementById("k-value").textContent = n ?? "…";
    this.inTurn(async () => {
      if (this.wantedK === undefined) return this.state.told;
      const k = this.wantedK;
      this.wantedK = undefined;
      return server.perform(this.state.place, "boost", { n_materials: k });
    });
  }
}
