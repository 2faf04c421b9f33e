// What a comparison collects: each answer of another library against ours, differences by what was compared.

export class Comparison {
  counts = {};
  differences = [];

  /** Compares one answer. The other library's refusal of what we took is a difference like any other. */
  equal(what, seed, ours, theirs) {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
    let given;
    try {
      given = theirs();
    } catch (error) {
      given = `refused: ${error.shortMessage ?? error.message}`;
    }
    const [left, right] = [text(ours), text(given)];
    if (left !== right) this.differences.push({ what, seed, ours: left, theirs: right });
  }

  get compared() {
    return Object.values(this.counts).reduce((sum, count) => sum + count, 0);
  }
}

/** The same text for the same value: numbers of any kind in decimal, addresses and bytes in lower case. */
export function text(value) {
  if (Array.isArray(value)) return `[${value.map(text).join(",")}]`;
  if (typeof value === "bigint" || typeof value === "number") return String(value);
  if (typeof value === "string" && /^0x[0-9a-fA-F]*$/.test(value)) return value.toLowerCase();
  return value === null || value === undefined ? "null" : JSON.stringify(value).replace(/^"(-?\d+)"$/, "$1");
}
