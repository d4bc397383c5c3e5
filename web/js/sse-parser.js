// An incremental parser of text/event-stream (WHATWG HTML, 9.2.6). Pure: text in, events out.
// EventSource cannot send an Authorization header, and a token never goes into a URL, so the page
// reads the stream with fetch and needs this.

export class SseParser {
  #buffer = '';
  #data = [];
  #type = '';
  #sawCarriageReturn = false;
  #started = false;
  #onEvent;
  #onRetry;

  lastEventId = '';

  /** @param onEvent called with {type, data, lastEventId}; onRetry with milliseconds. */
  constructor({ onEvent, onRetry = () => {} }) {
    this.#onEvent = onEvent;
    this.#onRetry = onRetry;
  }

  /** Takes the next piece of decoded text, cut anywhere. */
  push(text) {
    if (!this.#started && text.length > 0) {
      this.#started = true;
      if (text.charCodeAt(0) === 0xfeff) text = text.slice(1);
    }
    // A CR at the end of the last piece may have been the first half of a CR LF.
    if (text.length > 0) {
      const skip = this.#sawCarriageReturn && text.startsWith('\n');
      this.#sawCarriageReturn = text.endsWith('\r');
      if (skip) text = text.slice(1);
    }

    const lines = (this.#buffer + text).split(/\r\n|\r|\n/);
    this.#buffer = lines.pop();
    for (const line of lines) this.#line(line);
  }

  #line(line) {
    if (line === '') return this.#dispatch();
    if (line.startsWith(':')) return undefined;
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    let value = colon < 0 ? '' : line.slice(colon + 1);
    if (value.startsWith(' ')) value = value.slice(1);

    if (field === 'data') this.#data.push(value);
    else if (field === 'event') this.#type = value;
    else if (field === 'id' && !value.includes('\0')) this.lastEventId = value;
    else if (field === 'retry' && /^\d+$/.test(value)) this.#onRetry(Number(value));
    return undefined;
  }

  #dispatch() {
    const data = this.#data.join('\n');
    const type = this.#type || 'message';
    const empty = this.#data.length === 0;
    this.#data = [];
    this.#type = '';
    if (!empty) this.#onEvent({ type, data, lastEventId: this.lastEventId });
  }
}
