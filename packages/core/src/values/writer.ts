/** Growing byte buffer in the serialisation's little-endian, LEB128 form. */
export class Writer {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(1024);
  #view: DataView = new DataView(this.#bytes.buffer);
  length = 0;

  u8(value: number): void {
    if (this.length === this.#bytes.length) this.#grow(1);
    this.#bytes[this.length++] = value;
  }

  /** Unsigned, up to 32 bits. */
  leb(value: number): void {
    let rest = value >>> 0;
    this.#reserve(5);
    while (rest > 0x7f) {
      this.#bytes[this.length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.length++] = rest;
  }

  /** Signed, 32 bits, zigzag. */
  sleb(value: number): void {
    this.leb((value << 1) ^ (value >> 31));
  }

  f64(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.length);
    this.length += value.length;
  }

  /** Latin-1 when every unit fits a byte, else UTF-16; lone surrogates and NUL stay. */
  string(value: string): void {
    const { length } = value;
    this.leb(length << 1);
    this.#reserve(length * 2 + 5);
    const start = this.length;
    const bytes = this.#bytes;
    for (let i = 0; i < length; i++) {
      const unit = value.charCodeAt(i);
      if (unit > 0xff) return this.#wide(value, start);
      bytes[start + i] = unit;
    }
    this.length = start + length;
  }

  /** Drops what was written, keeps the memory unless it grew beyond a megabyte. */
  reset(): void {
    this.length = 0;
    if (this.#bytes.length > 1 << 20) this.#allocate(1024);
  }

  view(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.length);
  }

  /** The length prefix has the same size in both forms: only its lowest bit differs. */
  #wide(value: string, start: number): void {
    this.#bytes[start - lebSize(value.length << 1)]! |= 1;
    for (let i = 0; i < value.length; i++) this.#view.setUint16(start + i * 2, value.charCodeAt(i), true);
    this.length = start + value.length * 2;
  }

  #reserve(count: number): void {
    if (this.length + count > this.#bytes.length) this.#grow(count);
  }

  #grow(count: number): void {
    const old = this.view();
    this.#allocate(Math.max(this.#bytes.length * 2, this.length + count));
    this.#bytes.set(old);
  }

  #allocate(size: number): void {
    this.#bytes = new Uint8Array(size);
    this.#view = new DataView(this.#bytes.buffer);
  }
}

function lebSize(value: number): number {
  let size = 1;
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) size++;
  return size;
}
