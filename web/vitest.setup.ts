import { configure } from "@testing-library/dom";

// By default a second: a busy machine needs longer.
configure({ asyncUtilTimeout: 30_000 });
