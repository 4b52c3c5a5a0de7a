// The same store, tuned further: writes that come close together share a transaction and its flush of the
// disk, off the event loop.
import { GroupCommit } from "../common/group-commit.mjs";
import { CachedStore } from "./cached-store.mjs";

export class GroupingStore extends CachedStore {
  #writes;

  constructor(file, redis) {
    super(file, redis);
    this.#writes = new GroupCommit(file);
  }

  write(...statements) {
    return this.#writes.write(...statements);
  }
}
