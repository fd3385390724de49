/** Bytes at the top; names of substrings, as words, below it. */
type Text = Uint8Array | Int32Array;

const BYTE_VALUES = 256;

/**
 * Start positions of all suffixes of `text` in lexicographic order, a shorter suffix before a longer one that
 * begins with it. Linear time; besides the array returned at most about 3 bytes per byte of text.
 * Source: Nong, Zhang, Chan, "Two Efficient Algorithms for Linear Time Suffix Array Construction" (SA-IS), 2011.
 */
export function sortSuffixes(text: Uint8Array): Int32Array {
  const order = new Int32Array(text.length);
  sortSuffixesInto(text, BYTE_VALUES, order);
  return order;
}

/**
 * As {@link sortSuffixes}, into an array that the caller keeps; `order` is as long as `text`.
 *
 * Suffixes are of type S (smaller than the next one) or L (larger). An S whose left neighbour is L is called
 * LMS; once the few LMS suffixes are in order, two passes induce all others. Within the passes 0 means empty
 * (suffix 0 induces nothing), and a negative entry waits for the other pass.
 */
export function sortSuffixesInto(text: Text, alphabetSize: number, order: Int32Array): void {
  const length = text.length;
  order.fill(0);
  if (length < 2) return;
  const counts = countSymbols(text, alphabetSize);
  const buckets = new Int32Array(alphabetSize);

  const lmsCount = placeLms(text, order, bucketEnds(counts, buckets));
  induceLmsSubstringsL(text, order, bucketStarts(counts, buckets));
  induceLmsSubstringsS(text, order, bucketEnds(counts, buckets));

  const names = nameLmsSubstrings(text, order, lmsCount);
  sortLms(text, order, lmsCount, names);

  spreadLms(text, order, lmsCount, bucketEnds(counts, buckets));
  induceL(text, order, bucketStarts(counts, buckets));
  induceS(text, order, bucketEnds(counts, buckets));
}

function countSymbols(text: Text, alphabetSize: number): Int32Array {
  const counts = new Int32Array(alphabetSize);
  for (let i = 0; i < text.length; i++) counts[text[i]!]!++;
  return counts;
}

function bucketStarts(counts: Int32Array, buckets: Int32Array): Int32Array {
  let total = 0;
  for (let symbol = 0; symbol < counts.length; symbol++) {
    buckets[symbol] = total;
    total += counts[symbol]!;
  }
  return buckets;
}

function bucketEnds(counts: Int32Array, buckets: Int32Array): Int32Array {
  let total = 0;
  for (let symbol = 0; symbol < counts.length; symbol++) {
    total += counts[symbol]!;
    buckets[symbol] = total;
  }
  return buckets;
}

/** Puts each LMS position at the end of its symbol's bucket; how many there are. */
function placeLms(text: Text, order: Int32Array, ends: Int32Array): number {
  let count = 0;
  let right = text[text.length - 1]!;
  let rightIsS = false;
  for (let i = text.length - 2; i >= 0; i--) {
    const symbol = text[i]!;
    if (symbol < right) {
      rightIsS = true;
    } else if (symbol > right && rightIsS) {
      rightIsS = false;
      order[--ends[right]!] = i + 1;
      count++;
    }
    right = symbol;
  }
  return count;
}

/** From LMS positions to the leftmost L of each run of L, in the order of the substrings that follow. */
function induceLmsSubstringsL(text: Text, order: Int32Array, starts: Int32Array): void {
  const last = text.length - 1; // the end of the text counts as the smallest LMS
  order[starts[text[last]!]!++] = text[last - 1]! < text[last]! ? -last : last;
  for (let i = 0; i < order.length; i++) {
    const right = order[i]!;
    if (right === 0) continue;
    if (right < 0) {
      order[i] = -right;
      continue;
    }
    order[i] = 0;
    const position = right - 1;
    const symbol = text[position]!;
    const slot = starts[symbol]!++;
    order[slot] = position > 0 && text[position - 1]! < symbol ? -position : position;
  }
}

/** From leftmost L positions back to LMS positions, now sorted by substring at the end of `order`. */
function induceLmsSubstringsS(text: Text, order: Int32Array, ends: Int32Array): void {
  let top = order.length;
  for (let i = order.length - 1; i >= 0; i--) {
    const right = order[i]!;
    if (right === 0) continue;
    order[i] = 0;
    if (right < 0) {
      order[--top] = -right;
      continue;
    }
    const position = right - 1;
    const symbol = text[position]!;
    const slot = --ends[symbol]!;
    order[slot] = position > 0 && text[position - 1]! > symbol ? -position : position;
  }
}

/**
 * Writes for each LMS position p the rank of its substring, from 1, at `order[p >> 1]` (two LMS positions are
 * never neighbours); how many different ranks there are.
 */
function nameLmsSubstrings(text: Text, order: Int32Array, lmsCount: number): number {
  const first = order.length - lmsCount;
  measureLmsSubstrings(text, order);
  let name = 0;
  let previous = -1;
  let previousLength = -1;
  for (let i = first; i < order.length; i++) {
    const position = order[i]!;
    const length = order[position >> 1]!;
    if (length !== previousLength || length === 0 || !sameSymbols(text, previous, position, length)) name++;
    order[position >> 1] = name;
    previous = position;
    previousLength = length;
  }
  return name;
}

/** Length of each LMS substring up to and with the next LMS symbol; 0 for the last, which equals no other. */
function measureLmsSubstrings(text: Text, order: Int32Array): void {
  let next = 0;
  let right = text[text.length - 1]!;
  let rightIsS = false;
  for (let i = text.length - 2; i >= 0; i--) {
    const symbol = text[i]!;
    if (symbol < right) {
      rightIsS = true;
    } else if (symbol > right && rightIsS) {
      rightIsS = false;
      const position = i + 1;
      order[position >> 1] = next === 0 ? 0 : next - position + 1;
      next = position;
    }
    right = symbol;
  }
}

function sameSymbols(text: Text, a: number, b: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (text[a + i] !== text[b + i]) return false;
  return true;
}

/** Brings the LMS suffixes into order in the first `lmsCount` entries, recursively where names repeat. */
function sortLms(text: Text, order: Int32Array, lmsCount: number, names: number): void {
  const first = order.length - lmsCount;
  if (names === lmsCount) {
    order.copyWithin(0, first);
    return;
  }
  let slot = order.length;
  for (let i = order.length >> 1; i >= 0; i--) {
    const name = i < first ? order[i]! : 0;
    if (name > 0) order[--slot] = name - 1;
  }
  const sorted = order.subarray(0, lmsCount);
  sortSuffixesInto(order.subarray(first), names, sorted);
  listLms(text, order);
  for (let i = 0; i < lmsCount; i++) order[i] = order[first + order[i]!]!;
}

/** Writes the LMS positions in the order of the text to the end of `order`. */
function listLms(text: Text, order: Int32Array): void {
  let slot = order.length;
  let right = text[text.length - 1]!;
  let rightIsS = false;
  for (let i = text.length - 2; i >= 0; i--) {
    const symbol = text[i]!;
    if (symbol < right) {
      rightIsS = true;
    } else if (symbol > right && rightIsS) {
      rightIsS = false;
      order[--slot] = i + 1;
    }
    right = symbol;
  }
}

/** Moves the sorted LMS suffixes to the ends of their buckets; everything else becomes empty. */
function spreadLms(text: Text, order: Int32Array, lmsCount: number, ends: Int32Array): void {
  order.fill(0, lmsCount);
  for (let i = lmsCount - 1; i >= 0; i--) {
    const position = order[i]!;
    order[i] = 0;
    order[--ends[text[position]!]!] = position;
  }
}

function induceL(text: Text, order: Int32Array, starts: Int32Array): void {
  const last = text.length - 1;
  order[starts[text[last]!]!++] = text[last - 1]! < text[last]! ? -last : last;
  for (let i = 0; i < order.length; i++) {
    const right = order[i]!;
    if (right <= 0) continue;
    const position = right - 1;
    const symbol = text[position]!;
    const slot = starts[symbol]!++;
    order[slot] = position > 0 && text[position - 1]! < symbol ? -position : position;
  }
}

function induceS(text: Text, order: Int32Array, ends: Int32Array): void {
  for (let i = order.length - 1; i >= 0; i--) {
    if (order[i]! >= 0) continue;
    const right = -order[i]!;
    order[i] = right;
    const position = right - 1;
    const symbol = text[position]!;
    const slot = --ends[symbol]!;
    order[slot] = position > 0 && text[position - 1]! <= symbol ? -position : position;
  }
}
