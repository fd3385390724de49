import { assignCodeLengths } from "./code-lengths.ts";
import { GROUP_SYMBOLS, MAX_SYMBOLS, MAX_TABLES } from "./format.ts";
import type { RankedBlock } from "./rank-coder.ts";

const PASSES = 4;
const CHEAP_BITS = 0;
const DEAR_BITS = 15;
/** A group of 50 symbols costs at most 1000 bits: the costs under three tables add up side by side in 30 bits. */
const COST_BITS = 10;
const COST_MASK = (1 << COST_BITS) - 1;

/** Code lengths of 2 to 6 Huffman tables, and which one each group of 50 symbols uses. */
export interface TableChoice {
  readonly tables: readonly Uint8Array[];
  readonly selectors: Uint8Array;
}

/**
 * Begins with tables that each prefer one range of symbols; then four times gives each group its cheapest
 * table and fits each table to its groups (the method and the constants of libbz2).
 */
export function chooseTables(block: RankedBlock): TableChoice {
  const { symbols, frequencies } = block;
  const tables = rangesAsTables(frequencies, symbols.length, tableCount(symbols.length));
  const selectors = new Uint8Array(Math.ceil(symbols.length / GROUP_SYMBOLS));
  const tableFrequencies = tables.map(() => new Int32Array(frequencies.length));
  for (let pass = 0; pass < PASSES; pass++) {
    selectTables(symbols, tables, selectors);
    countPerTable(symbols, selectors, tableFrequencies);
    tables.forEach((lengths, t) => assignCodeLengths(tableFrequencies[t]!, lengths));
  }
  return { tables, selectors };
}

function tableCount(symbols: number): number {
  if (symbols < 200) return 2;
  if (symbols < 600) return 3;
  if (symbols < 1200) return 4;
  if (symbols < 2400) return 5;
  return MAX_TABLES;
}

/** Cuts the alphabet into ranges of about equal use; the last table prefers the first range. */
function rangesAsTables(frequencies: Int32Array, total: number, count: number): Uint8Array[] {
  const tables: Uint8Array[] = [];
  let remaining = total;
  let first = 0;
  for (let parts = count; parts > 0; parts--) {
    const wanted = Math.trunc(remaining / parts);
    let end = first;
    let sum = 0;
    while (sum < wanted && end < frequencies.length) sum += frequencies[end++]!;
    // Every second cut in the middle is rounded the other way.
    if (end > first + 1 && parts !== count && parts !== 1 && (count - parts) % 2 === 1) {
      sum -= frequencies[--end]!;
    }
    tables.unshift(new Uint8Array(frequencies.length).fill(DEAR_BITS).fill(CHEAP_BITS, first, end));
    first = end;
    remaining -= sum;
  }
  return tables;
}

/** Of equally cheap tables the first. */
function selectTables(symbols: Uint16Array, tables: readonly Uint8Array[], selectors: Uint8Array): void {
  const lowCosts = new Int32Array(MAX_SYMBOLS); // of tables 0, 1, 2
  const highCosts = new Int32Array(MAX_SYMBOLS); // of tables 3, 4, 5
  for (let symbol = 0; symbol < tables[0]!.length; symbol++) {
    for (let t = 0; t < MAX_TABLES; t++) {
      const costs = t < 3 ? lowCosts : highCosts;
      const bits = tables[t]?.[symbol] ?? 20; // a table that does not exist is dearest
      costs[symbol]! |= bits << ((t % 3) * COST_BITS);
    }
  }
  for (let group = 0, at = 0; group < selectors.length; group++) {
    const end = Math.min(at + GROUP_SYMBOLS, symbols.length);
    let low = 0;
    let high = 0;
    for (; at < end; at++) {
      const symbol = symbols[at]!;
      low += lowCosts[symbol]!;
      high += highCosts[symbol]!;
    }
    let best = 0;
    let bestCost = low & COST_MASK;
    for (let t = 1; t < MAX_TABLES; t++) {
      const cost = ((t < 3 ? low : high) >> ((t % 3) * COST_BITS)) & COST_MASK;
      if (cost < bestCost) {
        best = t;
        bestCost = cost;
      }
    }
    selectors[group] = best;
  }
}

function countPerTable(symbols: Uint16Array, selectors: Uint8Array, tableFrequencies: Int32Array[]): void {
  for (const frequencies of tableFrequencies) frequencies.fill(0);
  for (let group = 0, at = 0; group < selectors.length; group++) {
    const frequencies = tableFrequencies[selectors[group]!]!;
    const end = Math.min(at + GROUP_SYMBOLS, symbols.length);
    for (; at < end; at++) frequencies[symbols[at]!]!++;
  }
}
