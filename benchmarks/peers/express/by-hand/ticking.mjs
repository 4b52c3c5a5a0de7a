/** Calls `work` a moment after the first nudge, and waits longer when the work takes long. */
export class Ticking {
  #work;
  #least;
  #most;
  #wait;
  #waiting = false;

  constructor(work, leastMs, mostMs) {
    this.#work = work;
    this.#least = leastMs;
    this.#most = mostMs;
    this.#wait = leastMs;
  }

  nudge() {
    if (this.#waiting) return;
    this.#waiting = true;
    setTimeout(() => this.#tick(), this.#wait).unref();
  }

  async #tick() {
    this.#waiting = false;
    const began = performance.now();
    await this.#work();
    this.#wait = Math.min(this.#most, Math.max(this.#least, (performance.now() - began) * 4));
  }
}
