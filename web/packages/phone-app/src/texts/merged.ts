interface Tree {
  readonly [key: string]: string | Tree;
}

/** Both trees of texts in one; where both have a group, it holds the keys of both. */
export function merged<A extends Tree, B extends Tree>(shared: A, own: B): A & B {
  const result: Record<string, string | Tree> = { ...shared };
  for (const [key, value] of Object.entries(own)) {
    const before = result[key];
    result[key] = typeof value === "object" && typeof before === "object" ? merged(before, value) : value;
  }
  return result as A & B;
}
