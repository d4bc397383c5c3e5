const eventMax = 2 ** 20; // characters; the longest of Fairlead's have a tenth of it

/**
 * An incremental parser of text/event-stream (WHATWG HTML, 9.2.6). Pure: text in, events out.
 * EventSource cannot send an Authorization header nor tell a status, so streams are read with fetch.
 */
export class SseParser {
  #buffer = '';
  #data: string[] = [];
  #dataLength = 0;
  #sawCarriageReturn = false;
  #started = false;
  readonly #onData: (data: string) => void;

  /** `onData` gets the data of each event. */
  constructor(onData: (data: string) => void) {
    this.#onData = onData;
  }

  /** Takes the next piece of decoded text, cut anywhere. Throws RangeError when an event does not end. */
  push(text: string): void {
    if (text.length === 0) return;
    if (!this.#started) {
      this.#started = true;
      if (text.charCodeAt(0) === 0xfeff) text = text.slice(1);
    }
    // A CR at the end of the last piece may have been the first half of a CR LF.
    const skip = this.#sawCarriageReturn && text.startsWith('\n');
    this.#sawCarriageReturn = text.endsWith('\r');
    if (skip) text = text.slice(1);

    const lines = (this.#buffer + text).split(/\r\n|\r|\n/);
    this.#buffer = lines.pop() ?? '';
    for (const line of lines) this.#line(line);
    if (this.#buffer.length + this.#dataLength > eventMax) throw new RangeError('endless event');
  }

  #line(line: string): void {
    if (line === '') {
      const data = this.#data;
      this.#data = [];
      this.#dataLength = 0;
      if (data.length > 0) this.#onData(data.join('\n'));
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return; // a comment: padding
    const field = colon < 0 ? line : line.slice(0, colon);
    let value = colon < 0 ? '' : line.slice(colon + 1);
    if (value.startsWith(' ')) value = value.slice(1);
    // `id` and `retry` say nothing here that the JSON of an event and `bye` do not.
    if (field !== 'data') return;
    this.#data.push(value);
    this.#dataLength += value.length;
  }
}
