// Which driver is on which job, remembered for a second.

const REMEMBERED_MS = 1000;

export class LiveJobs {
  #store;
  #remembered = new Map();

  constructor(store) {
    this.#store = store;
  }

  /** The last job of each of the drivers who had one. */
  of(drivers) {
    const now = Date.now();
    const unknown = drivers.filter((driver) => !(this.#remembered.get(driver)?.until > now));
    for (let i = 0; i < unknown.length; i += 500) {
      const some = unknown.slice(i, i + 500);
      const found = this.#store.getMany("livejobs", some);
      for (const driver of some) this.#remembered.set(driver, { until: now + REMEMBERED_MS, job: found.get(driver) });
    }
    const jobs = new Map();
    for (const driver of drivers) {
      const { job } = this.#remembered.get(driver);
      if (job !== undefined) jobs.set(driver, job);
    }
    return jobs;
  }
}
