import { MAX_SYMBOLS } from "./format.ts";

/** Shorter than the 20 bits that decoders accept, as in libbz2 since 1.0.3. */
const MAX_CODE_BITS = 17;
/** A weight is a frequency above a depth of 8 bits, so that of equal frequencies the flatter tree is joined first. */
const DEPTH_BITS = 8;
const DEPTH_MASK = (1 << DEPTH_BITS) - 1;

const weights = new Int32Array(MAX_SYMBOLS * 2);
const parents = new Int32Array(MAX_SYMBOLS * 2);
const heap = new Int32Array(MAX_SYMBOLS + 2);

/**
 * Lengths of a Huffman code for the frequencies, at most 17 bits; symbols that do not occur count as one.
 * Joins in the order of libbz2, so that both write the same bytes.
 */
export function assignCodeLengths(frequencies: Int32Array, lengths: Uint8Array): void {
  const symbols = frequencies.length;
  for (let i = 0; i < symbols; i++) weights[i + 1] = Math.max(frequencies[i]!, 1) << DEPTH_BITS;
  while (measureTree(buildTree(symbols), symbols, lengths) > MAX_CODE_BITS) {
    for (let i = 1; i <= symbols; i++) {
      weights[i] = (1 + Math.trunc((weights[i]! >> DEPTH_BITS) / 2)) << DEPTH_BITS;
    }
  }
}

/** Joins the two lightest nodes until one is left; fills `parents` and returns the root. Nodes count from 1. */
function buildTree(symbols: number): number {
  let size = 0;
  heap[0] = 0;
  weights[0] = 0; // below every other: stops the way up
  for (let node = 1; node <= symbols; node++) {
    heap[++size] = node;
    siftUp(size);
  }
  let node = symbols;
  while (size > 1) {
    const first = heap[1]!;
    heap[1] = heap[size--]!;
    siftDown(size);
    const second = heap[1];
    heap[1] = heap[size--]!;
    siftDown(size);
    node++;
    parents[first] = node;
    parents[second] = node;
    weights[node] = joinWeights(weights[first]!, weights[second]!);
    heap[++size] = node;
    siftUp(size);
  }
  return node;
}

function joinWeights(a: number, b: number): number {
  const depth = 1 + Math.max(a & DEPTH_MASK, b & DEPTH_MASK);
  return ((a & ~DEPTH_MASK) + (b & ~DEPTH_MASK)) | depth;
}

function siftUp(slot: number): void {
  const node = heap[slot]!;
  while (weights[node]! < weights[heap[slot >> 1]!]!) {
    heap[slot] = heap[slot >> 1]!;
    slot >>= 1;
  }
  heap[slot] = node;
}

function siftDown(size: number): void {
  const node = heap[1]!;
  let slot = 1;
  while (slot * 2 <= size) {
    let child = slot * 2;
    if (child < size && weights[heap[child + 1]!]! < weights[heap[child]!]!) child++;
    if (weights[node]! < weights[heap[child]!]!) break;
    heap[slot] = heap[child]!;
    slot = child;
  }
  heap[slot] = node;
}

/** Writes each symbol's depth; the greatest. */
function measureTree(root: number, symbols: number, lengths: Uint8Array): number {
  let greatest = 0;
  for (let symbol = 1; symbol <= symbols; symbol++) {
    let depth = 0;
    for (let node = symbol; node !== root; node = parents[node]!) depth++;
    lengths[symbol - 1] = depth;
    if (depth > greatest) greatest = depth;
  }
  return greatest;
}
