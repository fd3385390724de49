/** blockSequenceCounter of one download (ISO 14229-1:2020, 15.4.2). */
export class BlockCounter {
  /** Of the last block that was taken; none before the first. */
  #last: number | undefined;

  /** Whether a block with this counter is the one that came last (its answer was lost), the one due, or neither. */
  expects(counter: number): "repeated" | "due" | "wrong" {
    if (counter === this.#last) return "repeated";
    // The first is 01, and 00 follows FF.
    const due = this.#last === undefined ? 1 : (this.#last + 1) & 0xff;
    return counter === due ? "due" : "wrong";
  }

  took(counter: number): void {
    this.#last = counter;
  }
}
