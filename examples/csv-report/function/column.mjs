// What is seen of one column while the file goes by.

const NUMBER = /^[-+]?(\d+(\.\d*)?|\.\d+)(e[-+]?\d+)?$/i;
const DATE = /^\d{4}-\d{2}(-\d{2})?$/;
const ASCII = /^[\x00-\x7f]*$/;

export class Column {
  #name;
  #counts = new Map();
  #filled = 0;
  #missing = 0;
  #numbers = 0;
  #dates = 0;
  #linesWithin = 0;
  #beyondAscii = 0;
  #longest = 0;
  #least;
  #most;

  constructor(name) {
    this.#name = name;
  }

  add(field) {
    if (field === "") {
      this.#missing += 1;
      return;
    }
    this.#filled += 1;
    this.#counts.set(field, (this.#counts.get(field) ?? 0) + 1);
    this.#longest = Math.max(this.#longest, [...field].length);
    if (field.includes("\n")) this.#linesWithin += 1;
    if (!ASCII.test(field)) this.#beyondAscii += 1;
    if (NUMBER.test(field)) this.#number(Number(field));
    else if (DATE.test(field)) this.#date(field);
  }

  /** The column as JSON, with its `most` commonest values. */
  told(most) {
    const kind = this.#kind();
    return {
      name: this.#name,
      kind,
      filled: this.#filled,
      missing: this.#missing,
      distinct: this.#counts.size,
      longest: this.#longest,
      with_line_breaks: this.#linesWithin,
      beyond_ascii: this.#beyondAscii,
      ...(kind === "text" || kind === "empty" ? {} : { least: this.#least, most: this.#most }),
      common: [...this.#counts].sort((a, b) => b[1] - a[1]).slice(0, most),
    };
  }

  #kind() {
    if (this.#filled === 0) return "empty";
    if (this.#numbers === this.#filled) return "number";
    return this.#dates === this.#filled ? "date" : "text";
  }

  #number(value) {
    this.#numbers += 1;
    this.#span(value);
  }

  #date(text) {
    this.#dates += 1;
    this.#span(text);
  }

  #span(value) {
    if (this.#least === undefined || value < this.#least) this.#least = value;
    if (this.#most === undefined || value > this.#most) this.#most = value;
  }
}
